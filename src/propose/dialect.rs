//! Which dialect a text is written in.
//!
//! Each dialect that could be meant is tried, and the one is taken under which the
//! text is most like a table: as in the measure of van den Burg, Nazábal and Sutton
//! ("Wrangling messy CSV files by detecting row and type patterns", 2019), how
//! alike the rows are in their number of cells, times how many of the cells are
//! values of a known type. Unlike there, only the most frequent number of cells
//! counts, so that lines above or below a table do not hide it.

use std::collections::BTreeMap;

use memchr::memmem;

use super::cell;
use super::sample::Sample;
use super::split::{self, Form};

/// Delimiters that are hardly ever anything else.
const STRONG: [u8; 7] = [b',', b';', b'\t', b'|', 1, 0x1e, 0x1f];
/// Characters that are more often part of a text.
const WEAK: [u8; 14] = [
    b' ', b':', b'~', b'^', b'#', b'&', b'!', b'*', b'@', b'%', b'=', b'+', b'$', b'`',
];
/// Of these, those that are not.
const RARE: [u8; 3] = [b'~', b'^', b'`'];
/// The same outside ASCII.
const WIDE: [&str; 3] = ["¦", "§", "¬"];
/// Lines that an open quote may swallow before it speaks against the dialect.
const SWALLOWED: usize = 50;

/// What a dialect makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    pub form: Form,
    /// Cells per row, in most rows.
    pub width: usize,
    /// How much it is like a table, from 0 to 1.
    pub score: f64,
}

/// The dialect under which a sample is most like a table. Its quote is `"` where
/// nothing speaks for another.
pub fn guess(sample: &Sample) -> Guess {
    let texts: Vec<&[u8]> = std::iter::once(&sample.head)
        .chain(&sample.pieces)
        .map(Vec::as_slice)
        .collect();
    let mut best: Option<Guess> = None;
    for (delimiter, prior) in delimiters(&texts) {
        for (quote, escape, doubt) in quotes(&texts, &delimiter) {
            let form = Form {
                delimiter: delimiter.clone(),
                quote,
                escape,
            };
            let Some((width, score)) = score(sample, &texts, &form) else {
                continue;
            };
            // One column has no delimiter that could be doubted.
            let score = if width == 1 {
                score * doubt
            } else {
                score * prior * doubt
            };
            if best.as_ref().is_none_or(|best| score > best.score + 1e-9) {
                best = Some(Guess { form, width, score });
            }
        }
    }
    best.unwrap_or_else(|| Guess {
        form: Form {
            delimiter: ",".to_owned(),
            quote: Some(b'"'),
            escape: None,
        },
        width: 1,
        score: 0.0,
    })
}

fn count(texts: &[&[u8]], what: &[u8]) -> usize {
    let finder = memmem::Finder::new(what);
    texts
        .iter()
        .map(|text| finder.find_iter(text).count())
        .sum()
}

/// Those that occur, with what is to be said for each.
fn delimiters(texts: &[&[u8]]) -> Vec<(String, f64)> {
    if let Some(told) = texts[0].strip_prefix(b"sep=")
        && let Some(byte) = told
            .first()
            .filter(|b| b.is_ascii() && !b.is_ascii_alphanumeric())
    {
        // Excel tells itself so.
        return vec![(char::from(*byte).to_string(), 1.0)];
    }
    let lines = count(texts, b"\n").max(count(texts, b"\r")).max(1);
    let mut found = Vec::new();
    // What does not occur makes one column of everything.
    let absent = STRONG.iter().find(|byte| count(texts, &[**byte]) == 0);
    found.extend(absent.map(|byte| (char::from(*byte).to_string(), 1.0)));
    for byte in STRONG {
        let single = count(texts, &[byte]);
        if single == 0 {
            continue;
        }
        let one = char::from(byte).to_string();
        if byte == b'|' && comes_in_pairs(texts, byte) {
            found.push((one.repeat(2), 1.0));
            continue;
        }
        found.push((one.clone(), 1.0));
        for (compound, prior) in [(format!("{one} "), 0.99), (format!(" {one} "), 0.995)] {
            if byte > b' ' && count(texts, compound.as_bytes()) * 10 > single * 6 {
                found.push((compound, prior));
            }
        }
    }
    for byte in WEAK {
        let one = char::from(byte).to_string();
        if count(texts, &[byte]) * 2 < lines {
            continue;
        }
        if byte != b' ' && comes_in_pairs(texts, byte) {
            found.push((one.repeat(2), 0.99));
        } else {
            found.push((one, if RARE.contains(&byte) { 0.95 } else { 0.8 }));
        }
    }
    for wide in WIDE {
        if count(texts, wide.as_bytes()) * 2 >= lines {
            found.push((wide.to_owned(), 0.9));
        }
    }
    found
}

/// Whether it hardly ever comes alone.
fn comes_in_pairs(texts: &[&[u8]], byte: u8) -> bool {
    let (mut runs, mut odd) = (0, 0);
    for text in texts {
        let mut run = 0;
        let ends = text.iter().copied().chain([!byte]);
        for next in ends {
            if next == byte {
                run += 1;
            } else if run > 0 {
                runs += 1;
                odd += run % 2;
                run = 0;
            }
        }
    }
    runs > 0 && odd * 100 <= runs
}

/// Quote and escape, with what is to be said for each pair.
fn quotes(texts: &[&[u8]], delimiter: &str) -> Vec<(Option<u8>, Option<u8>, f64)> {
    let occurs = |bytes: &[u8]| texts.iter().any(|text| memmem::find(text, bytes).is_some());
    let mut found = vec![(Some(b'"'), None, 1.0)];
    let double = occurs(b"\"");
    if double && occurs(b"\\\"") {
        found.push((Some(b'"'), Some(b'\\'), 1.0));
    }
    let single = occurs(b"'");
    if single {
        found.push((Some(b'\''), None, 0.99));
        if occurs(b"\\'") {
            found.push((Some(b'\''), Some(b'\\'), 0.99));
        }
    }
    if double || single {
        found.push((None, None, 0.97));
    }
    let escaped = [b"\\", delimiter.as_bytes()].concat();
    if occurs(&escaped) {
        found.push((None, Some(b'\\'), 0.97));
    }
    found
}

/// The number of cells of most rows, and how much the text is like a table of
/// such rows. None if there are no rows.
fn score(sample: &Sample, texts: &[&[u8]], form: &Form) -> Option<(usize, f64)> {
    #[derive(Default)]
    struct Rows {
        rows: usize,
        cells: usize,
        typed: usize,
        credit: f64,
    }
    let mut widths: BTreeMap<usize, Rows> = BTreeMap::new();
    let mut all = 0;
    let mut first = None;
    let delimiter = form.delimiter.as_bytes()[0];
    let is_weak =
        WEAK.contains(&delimiter) && !RARE.contains(&delimiter) && form.delimiter.len() == 1;
    for (at, text) in texts.iter().enumerate() {
        let is_cut = at > 0 || sample.is_cut;
        split::rows(text, form, |row| {
            if row.is_last && is_cut {
                let lines = row.raw.iter().filter(|b| **b == b'\n').count();
                all += if lines > SWALLOWED { lines } else { 0 };
                return true;
            }
            all += 1;
            if row.flawed {
                // It counts for as many rows as it swallowed.
                all += row.raw.iter().filter(|b| **b == b'\n').count();
                return true;
            }
            first.get_or_insert(row.cells.len());
            let same = widths.entry(row.cells.len()).or_default();
            same.rows += 1;
            for cell in row.cells {
                let credit = cell::credit(cell.text, cell.quoted, delimiter);
                let spaced = if cell.spaced { 0.9 } else { 1.0 };
                same.credit += credit * spaced;
                same.cells += 1;
            }
            if row.cells.len() == 1 {
                same.typed += usize::from(cell::Kind::of(row.cells[0].text).is_typed());
            }
            true
        });
    }
    let scores = widths.iter().map(|(width, rows)| {
        let alike = rows.rows as f64 / all as f64;
        let shape = match *width {
            1 if rows.typed * 20 >= rows.rows * 19 => 0.45,
            1 => 0.25,
            width => (width - 1) as f64 / width as f64,
        };
        let credit = rows.credit / rows.cells as f64;
        // Two words are rather one text than two cells, and a header has as many
        // as its rows.
        let words = match *width {
            2 if is_weak && credit < 0.985 => 0.5,
            2 if is_weak => 0.75,
            width if is_weak && width > 2 && first != Some(width) => 0.8,
            _ => 1.0,
        };
        (*width, alike * shape * credit * words)
    });
    scores.max_by(|a, b| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(text: &str, delimiter: &str, quote: Option<char>, escape: Option<char>, width: usize) {
        let found = guess(&Sample::of(text.as_bytes()).unwrap());
        let byte = |c: Option<char>| c.map(|c| c as u8);
        let form = Form {
            delimiter: delimiter.to_owned(),
            quote: byte(quote),
            escape: byte(escape),
        };
        assert_eq!((found.form, found.width), (form, width), "{text}");
    }

    #[test]
    fn dialects_are_told_apart() {
        let double = Some('"');
        is("id,name,paid\n1,Ann,5.50\n2,Bob,\n", ",", double, None, 3);
        is(
            "id;name;paid\n1;Ann, A.;5,50\n2;Bob, B.;1,25\n",
            ";",
            double,
            None,
            3,
        );
        is(
            "id\tname\n1\tAnn, Lee, and Co\n2\tBob\n",
            "\t",
            double,
            None,
            2,
        );
        is("id|name\n1|a\n2|b\n", "|", double, None, 2);
        is(
            "1 2.5 Ann\n2 3.5 Bob\n3 4.5 \"Cy Do\"\n",
            " ",
            double,
            None,
            3,
        );
        is(
            "id, name, paid\n1, Ann, 5\n2, Bob, 6\n",
            ", ",
            double,
            None,
            3,
        );
        is(
            "\"id\", \"name\"\n\"1\", \"Ann\"\n\"2\", \"Bob\"\n",
            ", ",
            double,
            None,
            2,
        );
        is("a||b||c\n1||2||3\n4||5||6\n", "||", double, None, 3);
        is("id~name~x\n1~Ann~3\n2~Bob~4\n", "~", double, None, 3);
        is("a:b:c\n1:2:x\n3:4:y\n", ":", double, None, 3);
        is(
            "id\u{1}name\n1\u{1}Ann\n2\u{1}Bob\n",
            "\u{1}",
            double,
            None,
            2,
        );
        is("sep=;\na;b\n1;2\n", ";", double, None, 2);
    }

    #[test]
    fn quotes_and_escapes_are_told_apart() {
        let double = Some('"');
        is(
            "a,b\n1,\"x, y\"\n2,\"z \"\"q\"\" w\"\n",
            ",",
            double,
            None,
            2,
        );
        is("a,b\n1,'x, y'\n2,'z'\n3,'w'\n", ",", Some('\''), None, 2);
        is(
            "a,b\n1,\"x \\\"y\\\", z\"\n2,\"w\"\n",
            ",",
            double,
            Some('\\'),
            2,
        );
        is("a,b\n1,x\\, y\n2,z\n3,w\\,\n", ",", None, Some('\\'), 2);
        is("size,n\n5\" pipe,1\n6\" pipe,2\n", ",", double, None, 2);
        is(
            "size,n\n\"Big\" pipe,1\n\"Old\" pipe,2\nx,3\n",
            ",",
            None,
            None,
            2,
        );
        is("a,b\nit's,1\nthat's,2\n", ",", double, None, 2);
        is(
            "a,b\n\"C:\\x\\\",1\n\"D:\\\",2\n\"E\\\"\" x\",3\n",
            ",",
            double,
            None,
            2,
        );
    }

    #[test]
    fn what_is_no_delimiter_is_none() {
        let double = Some('"');
        is(
            "day,at\n2024-01-01 10:00:00,1\n2024-01-02 11:00:00,2\n",
            ",",
            double,
            None,
            2,
        );
        is(
            "name\nNew York\nParis\nLos Angeles, CA\n",
            ";",
            double,
            None,
            1,
        );
        is("at\n10:00\n11:30\n12:45\n", ",", double, None, 1);
        is(
            "note\nhello world\nit is a long line\nshort\nvery short one\n",
            ",",
            double,
            None,
            1,
        );
        is(
            "5 rows\nReport of today\n\na;b;c\n1;2;3\n4;5;6\n7;8;9\nTotal 3\n",
            ";",
            double,
            None,
            3,
        );
        is("id,note\n1,a;b;c\n2,d;e;f\n3,g;h;i\n", ",", double, None, 2);
    }
}
