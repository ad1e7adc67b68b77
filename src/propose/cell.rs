//! What a single cell looks like, at a glance: enough to tell whether a text was
//! cut into cells in the right places, and whether a row is a header.

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing, or a word that stands for nothing.
    Empty,
    Number,
    /// A date, a time, or both.
    Date,
    /// `true` or `false`.
    Boolean,
    Text,
}

/// Words that stand for a missing value.
pub const NULL_WORDS: [&str; 18] = [
    "NA", "N/A", "n/a", "na", "#N/A", "NULL", "null", "Null", "None", "none", "NaN", "nan", "-",
    "--", "?", ".", "\\N", "missing",
];

impl Kind {
    /// Whether it is more than text.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Number | Self::Date | Self::Boolean)
    }

    /// Looks at a cell.
    pub fn of(text: &[u8]) -> Self {
        let text = text.trim_ascii();
        if text.is_empty() || is_null_word(text) {
            Self::Empty
        } else if text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false") {
            Self::Boolean
        } else if is_number(text) {
            Self::Number
        } else if is_date(text) {
            Self::Date
        } else {
            Self::Text
        }
    }
}

/// Whether it is one of [`NULL_WORDS`].
pub fn is_null_word(text: &[u8]) -> bool {
    text.len() <= 7 && NULL_WORDS.iter().any(|word| word.as_bytes() == text)
}

/// Digits with at most one decimal mark, thousands in groups of three, a sign, a
/// currency or per cent sign, an exponent.
fn is_number(text: &[u8]) -> bool {
    let text = ["$", "€", "£", "¥"]
        .iter()
        .find_map(|sign| text.strip_prefix(sign.as_bytes()))
        .unwrap_or(text)
        .trim_ascii();
    let text = text.strip_suffix(b"%").unwrap_or(text).trim_ascii();
    let text = match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    };
    let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let exponent_fits = exponent.is_none_or(|digits| {
        let digits = match digits {
            [b'+' | b'-', rest @ ..] => rest,
            _ => digits,
        };
        !digits.is_empty() && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit)
    });
    exponent_fits && is_mantissa(mantissa)
}

fn is_mantissa(text: &[u8]) -> bool {
    if !text.iter().any(u8::is_ascii_digit) || text.len() > 40 {
        return false;
    }
    let marks: Vec<usize> = (0..text.len())
        .filter(|at| !text[*at].is_ascii_digit())
        .collect();
    if marks.iter().any(|at| !b".,' ".contains(&text[*at])) {
        return false;
    }
    match marks.as_slice() {
        [] => true,
        [one] => text[*one] != b' ' && text[*one] != b'\'' || text.len() - one == 4,
        [first, .., last] => {
            // All but the last stand between thousands.
            let grouped = marks.windows(2).all(|pair| pair[1] - pair[0] == 4);
            let same = marks[..marks.len() - 1]
                .iter()
                .all(|at| text[*at] == text[*first]);
            let ends = text[*last] != text[*first] || text.len() - last == 4;
            grouped && same && ends && (1..=3).contains(first)
        }
    }
}

/// Digits in groups with `-`, `/`, `.` or `:` between them, or a month's name.
fn is_date(text: &[u8]) -> bool {
    if !(4..=40).contains(&text.len()) {
        return false;
    }
    let (mut groups, mut separators, mut letters) = (0, 0, 0);
    let mut run = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                groups += u32::from(run == 0);
                run += 1;
                if run > 9 || (run > 4 && !text[..at].contains(&b'.')) {
                    return false;
                }
                continue;
            }
            b'-' | b'/' | b'.' | b':' | b'+' => separators += 1,
            b' ' | b',' => {}
            b if b.is_ascii_alphabetic() => letters += 1,
            _ => return false,
        }
        run = 0;
    }
    let named = letters >= 3 && month(text).is_some();
    // More than three numbers are a date only with a time.
    let counts = if text.contains(&b':') {
        groups >= 3 || is_clock(text)
    } else {
        groups == 3
    };
    groups >= 2 && (named || (separators >= 1 && letters <= 3 && counts))
}

fn is_clock(text: &[u8]) -> bool {
    matches!(text, [_, _, b':', _, _] | [_, b':', _, _])
}

/// The month that the first word in a text names: its number, and whether the
/// name is written in full.
pub fn month(text: &[u8]) -> Option<(u64, bool)> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let from = text.iter().position(u8::is_ascii_alphabetic)?;
    let word = text[from..].split(|b| !b.is_ascii_alphabetic()).next()?;
    let at = MONTHS.iter().position(|month| {
        word.eq_ignore_ascii_case(month.as_bytes())
            || word.eq_ignore_ascii_case(&month.as_bytes()[..3])
    })?;
    Some((at as u64 + 1, word.len() > 3))
}

/// How much a cell speaks for having been cut in the right places, from 0 to 1.
/// `delimiter` is what it was cut at.
pub fn credit(text: &[u8], quoted: bool, delimiter: u8) -> f64 {
    if quoted {
        return 0.97;
    }
    if text.is_empty() {
        return 0.85;
    }
    if memchr::memchr2(b'"', b'\n', text).is_some() {
        return 0.2;
    }
    let kind = Kind::of(text);
    let padded = text[0] == b' ' && text.len() > 1;
    let padding = if padded { 0.9 } else { 1.0 };
    if kind != Kind::Text {
        return padding;
    }
    if text.len() > 1 && text[0] == b'\'' && text[text.len() - 1] == b'\'' {
        return 0.4;
    }
    let others = text.iter().enumerate().filter(|(_, b)| **b != delimiter);
    for (at, byte) in others {
        match byte {
            b';' | b'\t' | b'|' => return 0.3,
            // As in prose, or not.
            b',' if text.get(at + 1) == Some(&b' ') => return 0.6,
            b',' => return 0.3,
            _ => {}
        }
    }
    0.93 * padding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_look_like_what_they_are() {
        for (kind, texts) in [
            (Kind::Empty, "||-|N/A|NULL"),
            (Kind::Boolean, "true|False"),
            (
                Kind::Number,
                "1|-5|+3.25|1,234.50|1.234,50|1 234|0,5|.5|1e-5|$1,000|50%|1'000'000|7.",
            ),
            (
                Kind::Date,
                "2024-01-31|31/1/2024|1.2.24|2024-01-31 10:00|2024-01-31T10:00:00.000000Z|10:30|\
                 12-Jan-2024|January 5, 2024|2024-01-31T10:00:00+01:00|10:30:15|5 March 2024",
            ),
            (
                Kind::Text,
                "a|12a|1-60559-539-X|0-254-97850-9|Unit 5|1.2.3.4.5.6789012|1,2,3|x@y.z|12 34 5|99999-1",
            ),
        ] {
            for text in texts.split('|') {
                assert_eq!(Kind::of(text.as_bytes()), kind, "{text}");
            }
        }
    }
}
