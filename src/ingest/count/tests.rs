use proptest::prelude::*;

use super::*;

/// Slow and plain: reads the text from the front, one field after the other,
/// and keeps what is a record.
fn plainly(text: &[u8]) -> Count {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut at = 0;
    let mut records: Vec<usize> = Vec::new();
    let mut ends_inside_quote = false;
    while at < text.len() {
        let start = at;
        let mut fields = 1;
        let mut ended = false;
        while !ended {
            let quoted = match &text[at..] {
                [b'"', ..] => Some(1),
                [b' ', b'"', ..] => Some(2),
                _ => None,
            };
            if let Some(opening) = quoted {
                at += opening;
                loop {
                    match &text[at..] {
                        [] => {
                            ends_inside_quote = true;
                            break;
                        }
                        [b'"', b'"', ..] => at += 2,
                        [b'"', ..] => {
                            at += 1;
                            break;
                        }
                        _ => at += 1,
                    }
                }
            }
            while at < text.len() && !b",\r\n".contains(&text[at]) {
                at += 1;
            }
            if text.get(at) == Some(&b',') {
                at += 1;
                fields += 1;
            } else {
                ended = true;
            }
        }
        let empty = at == start;
        at += match &text[at..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        let counts = match records.first() {
            Some(1) => true,
            _ => !empty,
        };
        if counts {
            records.push(fields);
        }
    }
    Count {
        records: records.len().saturating_sub(1) as u64,
        ends_inside_quote,
        plain: is_plain(text),
    }
}

/// Whether all fields are bare, without a quote, or enclosed in quotes from end to
/// end, and all lines end alike: what follows a byte order mark, which is none itself.
fn is_plain(text: &[u8]) -> bool {
    let ends = [b"\n".as_slice(), b"\r\n"];
    ends.iter().any(|end| {
        let mut rest = text;
        // Fields of each line that has something in it.
        let mut lines: Vec<usize> = Vec::new();
        let (mut fields, mut begin) = (1, text.len());
        loop {
            rest = match rest {
                [b'"', quoted @ ..] => {
                    let Some(behind) = after_quotes(quoted) else {
                        return false;
                    };
                    behind
                }
                bare => {
                    let size = bare.iter().take_while(|b| !b"\",\r\n".contains(b)).count();
                    &bare[size..]
                }
            };
            rest = match rest {
                [] => {
                    lines.extend((begin > 0).then_some(fields));
                    return are_as_wide(&lines);
                }
                [b',', behind @ ..] => {
                    fields += 1;
                    behind
                }
                _ => match rest.strip_prefix(*end) {
                    Some(behind) => {
                        lines.extend((begin > rest.len()).then_some(fields));
                        (fields, begin) = (1, behind.len());
                        behind
                    }
                    None => return false,
                },
            };
        }
    })
}

/// Whether the lines have as many fields as if each had those of the first.
fn are_as_wide(lines: &[usize]) -> bool {
    let Some((first, others)) = lines.split_first() else {
        return true;
    };
    others.iter().sum::<usize>() == first * others.len()
}

fn after_quotes(mut quoted: &[u8]) -> Option<&[u8]> {
    loop {
        match quoted {
            [] => return None,
            [b'"', b'"', behind @ ..] => quoted = behind,
            [b'"', behind @ ..] => return Some(behind),
            [_, behind @ ..] => quoted = behind,
        }
    }
}

fn in_blocks(text: &[u8], sizes: &[usize]) -> Count {
    let mut counter = RecordCounter::new((b',', b'"'));
    let mut rest = text;
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(rest.len()).min(rest.len());
        counter.update(&rest[..size]);
        rest = &rest[size..];
    }
    counter.finish()
}

fn records(text: &str) -> u64 {
    let count = in_blocks(text.as_bytes(), &[]);
    assert_eq!(count, in_blocks(text.as_bytes(), &[1]), "{text:?}");
    assert_eq!(count, plainly(text.as_bytes()), "{text:?}");
    count.records
}

#[test]
fn records_are_counted_outside_quotes() {
    for (text, expected) in [
        ("", 0),
        ("\n\n", 0),
        ("a,b", 0),
        ("a,b\n", 0),
        ("a,b\n1,2", 1),
        ("a,b\n1,2\n", 1),
        ("a,b\r\n1,2\r\n3,4\r\n", 2),
        ("a,b\r1,2\r3,4\r", 2),
        ("a,b\n1,2\r\n3,4\r5,6", 3),
        ("a,b\n\n1,2\n\r\n\r3,4\n\n\n", 2),
        ("\n\r\na,b\n1,2\n", 1),
        ("\u{feff}a,b\n1,2\n", 1),
        ("\u{feff}", 0),
        ("\u{feff}\"a\n\",b\n1,2\n", 1),
        ("\"a\n\",\"b\r\"\n1,2\n", 1),
        ("a,b\n\"1\n\n\",\"\r\n\"\n3,4", 2),
        ("a,b\n\"1\"\"\n\"\"\",2\n", 1),
        ("a,b\nx\"y,2\n3\",4\n", 2),
        ("a,b\n \"x\n\", \"y\n\"\n", 1),
        ("a,b\n  \"x\n3,\"\n", 2),
        ("a,b\n\"\"\n", 1),
        (",\n,\n", 1),
        ("a,b\n \n", 1),
    ] {
        assert_eq!(records(text), expected, "{text:?}");
    }
}

#[test]
fn with_one_column_every_line_counts() {
    for (text, expected) in [
        ("a\n1\n\n3\n", 3),
        ("a\r\n1\r\n\r\n3\r\n", 3),
        ("a\r1\r\r3\r", 3),
        ("a\n\n", 1),
        ("a\n\"\"\n1\n", 2),
        ("\n\na\n1", 1),
        ("\"a,\nb\"\n\n", 1),
        ("a\n\"\r\n\"\n\r\n", 2),
    ] {
        assert_eq!(records(text), expected, "{text:?}");
    }
}

#[test]
fn a_file_may_end_inside_a_quote() {
    for (text, expected) in [
        ("a,b\n1,\"2\n", true),
        ("a,b\n1,\"2\"\"\n", true),
        ("a,b\n1,\"2\"", false),
        ("a,b\n1,\"2\"\"\"", false),
        ("a,b\n1,2\"\n", false),
        ("a,\"b\n", true),
    ] {
        let count = in_blocks(text.as_bytes(), &[]);
        assert_eq!(count.ends_inside_quote, expected, "{text:?}");
        assert_eq!(count, plainly(text.as_bytes()), "{text:?}");
    }
}

#[test]
fn long_stretches_are_swept() {
    let mut text = "a,b\n".to_owned();
    for row in 0..5_000 {
        text += &format!("{row},{}\n", "x".repeat(row % 300));
    }
    assert_eq!(records(&text), 5_000);
    let empty_lines = format!("a\n{}", "\n".repeat(100_000));
    assert_eq!(records(&empty_lines), 100_000);
}

#[test]
fn a_block_may_end_anywhere() {
    for header in ["a\r\n", "a,b\r\n"] {
        let line = format!("{}\r\n\r\n", "x".repeat(80));
        let text = format!("{header}{}", line.repeat(4));
        let expected = plainly(text.as_bytes());
        for size in 1..text.len() {
            let sizes = [size, text.len()];
            assert_eq!(in_blocks(text.as_bytes(), &sizes), expected, "{size}");
        }
    }
}

fn csv_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(&b"a\",\n\r a\",\n\xef\xbb\xbf"[..]);
    let bytes = prop::collection::vec(byte, 0..200);
    let header = prop::sample::select(&["", "a\n", "a,b\n", "\u{feff}", "\u{feff}a,b\r\n"][..]);
    (header, bytes).prop_map(|(header, bytes)| [header.as_bytes(), &bytes].concat())
}

/// Fields that are mostly well-formed, in lines long enough for whole words.
fn csv_lines() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        6 => "[a ]{0,9}",
        6 => "\"([a,\r\n ]|\"\"){0,9}\"",
        1 => " \"[a,\n]{0,5}\"",
        1 => "[a\" ,]{0,4}",
    ];
    let end = prop::sample::select(&["\n", "\r\n", "\r", "\n\n", ",", ",", ","][..]);
    let fields = prop::collection::vec((field, end), 0..60);
    let header = prop::sample::select(&["a\n", "a,b\n", ""][..]);
    (header, fields).prop_map(|(header, fields)| {
        let fields: String = fields
            .iter()
            .map(|(field, end)| format!("{field}{end}"))
            .collect();
        [header.as_bytes(), fields.as_bytes()].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn it_counts_lines_as_the_plain_one(
        text in csv_lines(),
        sizes in prop::collection::vec(60usize..140, 1..3),
    ) {
        prop_assert_eq!(in_blocks(&text, &[]), plainly(&text));
        prop_assert_eq!(in_blocks(&text, &sizes), plainly(&text));
    }

    #[test]
    fn it_counts_what_the_plain_one_counts(
        text in csv_bytes(),
        sizes in prop::collection::vec(1usize..99, 1..5),
    ) {
        prop_assert_eq!(in_blocks(&text, &[]), plainly(&text));
        prop_assert_eq!(in_blocks(&text, &sizes), plainly(&text));
    }
}
