use proptest::prelude::*;

use super::super::count::RecordCounter;
use super::*;

fn dialect(change: impl FnOnce(&mut Dialect)) -> Dialect {
    let mut dialect = Dialect::default();
    change(&mut dialect);
    dialect
}

fn read_all(text: &[u8], dialect: &Dialect, block: usize) -> Vec<Record> {
    let mut records = Records::new(io::BufReader::with_capacity(block, text), dialect);
    let mut all = Vec::new();
    while let Some(record) = records.next().unwrap().cloned() {
        if all.is_empty() {
            records.set_columns(record.len());
        }
        all.push(record);
    }
    all
}

/// The fields of each record, the header's first, whatever the block size.
fn fields(text: &str, dialect: &Dialect) -> Vec<Vec<String>> {
    let all = read_all(text.as_bytes(), dialect, 8192);
    for block in [1, 2, 3, 7] {
        assert_eq!(read_all(text.as_bytes(), dialect, block), all, "{text:?}");
    }
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    all.iter().map(|r| r.fields().map(text).collect()).collect()
}

#[test]
fn every_dialect_is_read() {
    let plain = Dialect::default();
    let cases: [(&str, Dialect, &[&[&str]]); 12] = [
        ("a,b\n1,\"2\"\n", plain.clone(), &[&["a", "b"], &["1", "2"]]),
        (
            "\n\na,b\r\n\r\n1,\r\n",
            plain.clone(),
            &[&["a", "b"], &["1", ""]],
        ),
        ("a\n1\n\n3", plain.clone(), &[&["a"], &["1"], &[""], &["3"]]),
        ("a,b\r1,2\r", plain.clone(), &[&["a", "b"], &["1", "2"]]),
        (
            "a;b\n\"x;y\";2\n",
            dialect(|d| d.delimiter = ";".to_owned()),
            &[&["a", "b"], &["x;y", "2"]],
        ),
        (
            "a, b\n1,2, \"3, 4\"\n",
            dialect(|d| d.delimiter = ", ".to_owned()),
            &[&["a", "b"], &["1,2", "3, 4"]],
        ),
        (
            "a,b\n'x,\n''y''',2\n",
            dialect(|d| d.quote = Some(b'\'')),
            &[&["a", "b"], &["x,\n'y'", "2"]],
        ),
        (
            "a,b\n\"x\\\"y\\\\\",C:\\d\n",
            dialect(|d| d.escape = Some(b'\\')),
            &[&["a", "b"], &["x\"y\\", "C:\\d"]],
        ),
        (
            "a,b\n\"x\",1\\,2\n",
            dialect(|d| {
                d.quote = None;
                d.escape = Some(b'\\');
            }),
            &[&["a", "b"], &["\"x\"", "1,2"]],
        ),
        (
            "# hello, \"\na,b\n#1,2\n1,#2\n",
            dialect(|d| d.comment = Some(b'#')),
            &[&["a", "b"], &["1", "#2"]],
        ),
        (
            "Report \"A\nof today\na,b\n1,2\n",
            dialect(|d| d.skip = 2),
            &[&["a", "b"], &["1", "2"]],
        ),
        (
            "1,2\n\n3,4\n",
            dialect(|d| d.header = false),
            &[&["1", "2"], &["3", "4"]],
        ),
    ];
    for (text, dialect, expected) in cases {
        assert_eq!(fields(text, &dialect), expected, "{text:?}");
    }
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_left_out() {
    let found = |text: &[u8]| -> Vec<(u64, u64, Option<Flaw>, String)> {
        read_all(text, &Dialect::default(), 8192)
            .into_iter()
            .skip(1)
            .map(|r| {
                let raw = String::from_utf8_lossy(&r.raw).into_owned();
                (r.number, r.line, r.flaw, raw)
            })
            .collect()
    };
    let good = |number, line, raw: &str| (number, line, None, raw.to_owned());
    let bad = |number, line, flaw, raw: &str| (number, line, Some(flaw), raw.to_owned());
    assert_eq!(
        found(b"a,b\n\"1\n2\",3\n4,\"5\n6,7\n"),
        [
            good(1, 2, "\"1\n2\",3"),
            bad(2, 4, Flaw::OpenQuote { line: 4 }, "4,\"5\n6,7\n"),
        ]
    );
    assert_eq!(
        found(b"a,b\n\"1\"x,2\n\"3\" ,4\n"),
        [
            bad(1, 2, Flaw::AfterQuote { column: 1 }, "\"1\"x,2"),
            good(2, 3, "\"3\" ,4"),
        ]
    );
    assert_eq!(
        found(b"a,b\n1,caf\xe9\n1,\0\n3,4"),
        [
            bad(1, 2, Flaw::NoText, "1,caf\u{fffd}"),
            bad(2, 3, Flaw::Nul, "1,\0"),
            good(3, 4, "3,4"),
        ]
    );
}

#[test]
fn a_record_that_is_too_long_is_counted_only() {
    let text = format!("a,b\n1,\"{}\"\n3,4\n", "x\n".repeat(500));
    let mut records = Records::new(text.as_bytes(), &Dialect::default()).limited(100);
    records.next().unwrap();
    records.set_columns(2);
    let long = records.next().unwrap().unwrap();
    assert_eq!(long.flaw, Some(Flaw::TooLong { bytes: 1004 }));
    assert_eq!(long.len(), 2);
    let next = records.next().unwrap().unwrap();
    assert_eq!((next.number, next.line), (2, 503));
    assert_eq!(next.fields().collect::<Vec<_>>(), [b"3", b"4"]);
}

/// Any text that has much of what means something.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(&b"a\",\n\r a\",\n\xc3\xa4"[..]);
    let header = prop::sample::select(&["a\n", "a,b\n", "", "\n\na,\"b\"\r\n"][..]);
    (header, prop::collection::vec(byte, 0..120))
        .prop_map(|(header, bytes)| [header.as_bytes(), &bytes].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn it_counts_what_the_counter_counts(text in any_text(), block in 1usize..20) {
        let mut counter = RecordCounter::new((b',', b'"'));
        counter.update(&text);
        let count = counter.finish();
        let all = read_all(&text, &Dialect::default(), block);
        prop_assert_eq!(all.len().saturating_sub(1) as u64, count.records);
        let open = all.last().is_some_and(|r| matches!(r.flaw, Some(Flaw::OpenQuote { .. })));
        prop_assert_eq!(open, count.ends_inside_quote);
        if count.plain {
            // A plain file has nothing wrong with it but the number of its fields.
            let flaws: Vec<_> = all.iter().filter_map(|r| r.flaw.clone()).collect();
            prop_assert!(flaws.iter().all(|f| *f == Flaw::NoText), "{:?}", flaws);
        }
        // All bytes are there again, but for the ends of lines and empty lines.
        let kept: usize = all.iter().map(|r| r.raw.len()).sum();
        let ends = text.iter().filter(|b| **b == b'\n' || **b == b'\r').count();
        prop_assert!(kept <= text.len() && text.len() - kept <= ends);
    }

    #[test]
    fn what_is_written_is_read(
        rows in prop::collection::vec(prop::collection::vec("[a\",\n\r ;']{0,6}", 2..4), 1..8),
        crlf in any::<bool>(),
        escape in any::<bool>(),
    ) {
        let mut text = String::new();
        for row in &rows {
            for (at, field) in row.iter().enumerate() {
                let quoted = field.replace('"', if escape { "\\\"" } else { "\"\"" });
                text += if at > 0 { "," } else { "" };
                text += &format!("\"{quoted}\"");
            }
            text += if crlf { "\r\n" } else { "\n" };
        }
        let dialect = dialect(|d| {
            d.header = false;
            d.escape = escape.then_some(b'\\');
        });
        prop_assert_eq!(fields(&text, &dialect), rows);
    }
}
