//! Dates and times as they are written, from the numbers and separators of a
//! value to the formats that it fits.

use super::cell::month;

/// A part of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    /// Of two digits.
    ShortYear,
    Month,
    Day,
    /// A month by its name: in full, or not.
    Name(bool),
    Hour,
    /// Of twelve, with AM or PM behind it.
    Hour12,
    Minute,
    Second,
    Fraction,
}

/// A way to write a date, a time or both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Format {
    /// In the letters of `strptime`.
    pub text: String,
    /// It has a time of day.
    pub is_timestamp: bool,
    /// The same with day and month exchanged fits the same shapes.
    pub other_order: Option<String>,
}

/// The date part of a value: separators between its numbers, and what they are.
const DATES: [(&str, &str); 19] = [
    ("0-0-0", "%Y-%m-%d"),
    ("0-0-0", "%d-%m-%Y"),
    ("0-0-0", "%m-%d-%Y"),
    ("0-0-0", "%d-%m-%y"),
    ("0-0-0", "%m-%d-%y"),
    ("0/0/0", "%d/%m/%Y"),
    ("0/0/0", "%m/%d/%Y"),
    ("0/0/0", "%Y/%m/%d"),
    ("0/0/0", "%d/%m/%y"),
    ("0/0/0", "%m/%d/%y"),
    ("0.0.0", "%d.%m.%Y"),
    ("0.0.0", "%Y.%m.%d"),
    ("0.0.0", "%d.%m.%y"),
    ("0-a-0", "%d-%b-%Y"),
    ("0-a-0", "%d-%b-%y"),
    ("0 a 0", "%d %b %Y"),
    ("a 0, 0", "%b %d, %Y"),
    ("0/a/0", "%d/%b/%Y"),
    ("0-a-0", "%Y-%b-%d"),
];

const TIMES: [(&str, &str); 5] = [
    ("0:0:0.0", "%H:%M:%S.%f"),
    ("0:0:0", "%H:%M:%S"),
    ("0:0", "%H:%M"),
    ("0:0:0 a", "%I:%M:%S %p"),
    ("0:0 a", "%I:%M %p"),
];

/// Runs of digits in a value.
pub const RUNS: usize = 7;

/// The numbers in a value, in order, and how many digits each has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    pub values: [u64; RUNS],
    pub digits: [u8; RUNS],
    pub count: usize,
    /// There are more of them.
    pub more: bool,
}

/// A format, ready to be held against values of one shape.
#[derive(Debug, Clone)]
pub struct Reading {
    pub format: Format,
    parts: Vec<Part>,
}

/// The formats that values like this one may be written in. Which of them it is
/// its numbers tell.
pub fn readings(value: &[u8], numbers: &Numbers) -> Vec<Reading> {
    let Some((outline, full)) = outline(value) else {
        return Vec::new();
    };
    if outline == "0" {
        return compact(numbers);
    }
    let mut found = Vec::new();
    for (date, written) in DATES {
        let Some(rest) = outline.strip_prefix(date) else {
            continue;
        };
        let written = if full {
            written.replace("%b", "%B")
        } else {
            written.to_owned()
        };
        if rest.is_empty() {
            found.push(reading(written.clone(), false));
        }
        for separator in [" ", "T"] {
            let Some(time) = rest.strip_prefix(separator) else {
                continue;
            };
            for (shape, time_written) in TIMES {
                if shape == time {
                    found.push(reading(format!("{written}{separator}{time_written}"), true));
                }
            }
        }
    }
    found.retain(|reading| reading.has_digits_for(numbers));
    found
}

fn compact(numbers: &Numbers) -> Vec<Reading> {
    match numbers.digits[0] {
        8 => vec![reading("%Y%m%d".to_owned(), false)],
        _ => Vec::new(),
    }
}

fn reading(text: String, is_timestamp: bool) -> Reading {
    let mut parts = Vec::new();
    for letter in text.split('%').skip(1) {
        parts.push(match letter.as_bytes()[0] {
            b'Y' => Part::Year,
            b'y' => Part::ShortYear,
            b'm' => Part::Month,
            b'd' => Part::Day,
            b'b' => Part::Name(false),
            b'B' => Part::Name(true),
            b'H' => Part::Hour,
            b'I' => Part::Hour12,
            b'M' => Part::Minute,
            b'S' => Part::Second,
            b'f' => Part::Fraction,
            _ => continue,
        });
    }
    let exchanged = text
        .replace("%d", "%x")
        .replace("%m", "%d")
        .replace("%x", "%m");
    let has_other = DATES.iter().any(|(_, date)| exchanged.starts_with(date));
    Reading {
        format: Format {
            other_order: (has_other && exchanged != text && text.contains("%m"))
                .then_some(exchanged),
            text,
            is_timestamp,
        },
        parts,
    }
}

impl Reading {
    /// Whether the numbers have as many digits as the format wants.
    fn has_digits_for(&self, numbers: &Numbers) -> bool {
        if self.format.text == "%Y%m%d" {
            return true;
        }
        let mut digits = numbers.digits[..numbers.count].iter();
        self.parts.iter().all(|part| match part {
            Part::Name(_) => true,
            Part::Year => digits.next() == Some(&4),
            Part::ShortYear => digits.next() == Some(&2),
            Part::Fraction => digits.next().is_some_and(|n| *n <= 9),
            _ => digits.next().is_some_and(|n| (1..=2).contains(n)),
        })
    }

    /// Whether a value of the shape is a day and a time that exist.
    pub fn accepts(&self, value: &[u8], numbers: &Numbers) -> bool {
        let (mut year, mut month_no, mut day) = (2000, 1, 1);
        if self.format.text == "%Y%m%d" {
            let number = numbers.values[0];
            return exists(number / 10_000, number / 100 % 100, number % 100)
                && (1900..2100).contains(&(number / 10_000));
        }
        let mut values = numbers.values[..numbers.count].iter();
        for part in &self.parts {
            if let Part::Name(full) = part {
                match month(value) {
                    // May is as long as its short form.
                    Some((no, is_full)) if is_full == *full || no == 5 => month_no = no,
                    _ => return false,
                }
                continue;
            }
            let Some(number) = values.next().copied() else {
                return false;
            };
            let fits = match part {
                Part::Hour => number < 24,
                Part::Hour12 => (1..=12).contains(&number),
                Part::Minute | Part::Second => number < 60,
                _ => true,
            };
            match part {
                Part::Year => year = number,
                Part::Month => month_no = number,
                Part::Day => day = number,
                _ => {}
            }
            if !fits {
                return false;
            }
        }
        exists(year, month_no, day)
    }
}

fn exists(year: u64, month: u64, day: u64) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day) && year > 0
}

/// A value with each run of digits as `0` and each word as `a`, and whether a
/// month is written in full. None if it has other characters than dates have.
fn outline(value: &[u8]) -> Option<(String, bool)> {
    let mut out = String::new();
    let mut before = 0;
    let mut full = false;
    for (at, byte) in value.iter().enumerate() {
        let kind = match byte {
            b'0'..=b'9' => b'0',
            // Between date and time.
            b'T' if before == b'0' && value.get(at + 1).is_some_and(u8::is_ascii_digit) => b'T',
            b if b.is_ascii_alphabetic() => b'a',
            b'-' | b'/' | b'.' | b':' | b' ' | b',' => *byte,
            _ => return None,
        };
        if kind != before || !matches!(kind, b'0' | b'a') {
            out.push(char::from(kind));
        }
        if kind == b'a' && before != b'a' {
            full |= month(&value[at..]).is_some_and(|(no, full)| full && no != 5);
        }
        before = kind;
    }
    Some((out, full))
}

#[cfg(test)]
mod tests {
    use super::super::shape::numbers;
    use super::*;

    fn fit(text: &str) -> String {
        let value = text.as_bytes();
        let numbers = numbers(value);
        let found = readings(value, &numbers);
        let fit = found.iter().filter(|r| r.accepts(value, &numbers));
        fit.map(|r| r.format.text.as_str())
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn dates_fit_their_formats() {
        for (text, formats) in [
            ("2024-02-29", "%Y-%m-%d"),
            ("2023-02-29", ""),
            ("03/10/2016", "%d/%m/%Y|%m/%d/%Y"),
            ("3/10/2016", "%d/%m/%Y|%m/%d/%Y"),
            ("27/10/2018", "%d/%m/%Y"),
            ("10/27/2018", "%m/%d/%Y"),
            ("30/02/2020", ""),
            ("2018/10/27", "%Y/%m/%d"),
            ("27.10.2018", "%d.%m.%Y"),
            ("27.10.18", "%d.%m.%y"),
            ("13/10/18", "%d/%m/%y"),
            ("20181027", "%Y%m%d"),
            ("20181327", ""),
            ("30001027", ""),
            ("27-Oct-2018", "%d-%b-%Y"),
            ("27 October 2018", "%d %B %Y"),
            ("Oct 7, 2018", "%b %d, %Y"),
            ("27-Okt-2018", ""),
            ("2018-10-27 13:05", "%Y-%m-%d %H:%M"),
            ("2018-10-27T13:05:59.125", "%Y-%m-%dT%H:%M:%S.%f"),
            ("2018-10-27 24:05", ""),
            ("27/10/2018 1:05:00 PM", "%d/%m/%Y %I:%M:%S %p"),
            ("2018-10-27T13:05:59Z", ""),
            ("1.5", ""),
            ("192.168.1.1", ""),
        ] {
            assert_eq!(fit(text), formats, "{text}");
        }
    }
}
