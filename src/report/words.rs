//! How numbers are written for people, and what is said in several places.

use chrono::NaiveDate;

/// That another day is shown than the one that was asked for.
pub fn of_an_earlier_day(dataset: &str, asked: NaiveDate, newest: NaiveDate) -> String {
    format!("note: {asked} has no snapshot of `{dataset}`: the newest before it is {newest}\n")
}

/// `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `999 B`, `12.3 kB`, `4.5 MB`: powers of 1000.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `0.42 s`, `12.3 s`, `3 min 05 s`.
pub fn seconds(s: f64) -> String {
    if s < 10.0 {
        format!("{s:.2} s")
    } else if s < 60.0 {
        format!("{s:.1} s")
    } else {
        let whole = s.round() as u64;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// `4.2 ms`, and from a tenth of a second on as [`seconds`].
pub fn short(s: f64) -> String {
    match s < 0.1 {
        true => format!("{:.1} ms", s * 1_000.0),
        false => seconds(s),
    }
}

/// `1 file`, `2 files`, `1,000 files`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// That a listing, newest first, ends before all were shown.
pub fn newest_of(shown: usize, all: usize, noun: &str) -> String {
    let which = match shown {
        1 => "newest".to_owned(),
        n => format!("newest {}", grouped(n as u64)),
    };
    let all_of_them = count(all as u64, noun);
    let is = if shown == 1 { "is" } else { "are" };
    format!("The {which} of {all_of_them} {is} shown; `--limit {all}` shows all.\n")
}

/// A word as a shell reads it back.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(seconds(0.4), "0.40 s");
        assert_eq!(seconds(185.0), "3 min 05 s");
        assert_eq!(count(1, "file"), "1 file");
    }
}
