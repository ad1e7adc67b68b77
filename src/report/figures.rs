//! Numbers and days for people: as short as they can be and still tell two apart.

use crate::model::difference::Figure;

use super::words::grouped;

/// So many digits are shown, unless more are needed.
const DIGITS: usize = 4;
/// As many digits as a computed number can be relied upon for.
const MOST_DIGITS: usize = 15;

/// A figure of each side. Both are written out as far as it takes to see that they
/// differ, if they do.
pub fn pair(before: Option<Figure>, after: Option<Figure>) -> (String, String) {
    let (Some(one), Some(other)) = (before, after) else {
        let alone = |figure: Option<Figure>| figure.map_or("-".to_owned(), |f| short(f, DIGITS));
        return (alone(before), alone(after));
    };
    let digits = if one == other {
        DIGITS
    } else {
        let differ = |digits: &usize| short(one, *digits) != short(other, *digits);
        (DIGITS..=MOST_DIGITS).find(differ).unwrap_or(MOST_DIGITS)
    };
    (short(one, digits), short(other, digits))
}

fn short(figure: Figure, digits: usize) -> String {
    match figure.number() {
        Some(number) => self::number(number, digits),
        None => {
            let text = figure.to_string();
            // Points in time are shown to the minute, if that tells them apart.
            match text.split_once(' ') {
                Some((day, time)) if digits == DIGITS => match time.get(..5) {
                    Some("00:00") | None => day.to_owned(),
                    Some(minute) => format!("{day} {minute}"),
                },
                _ => text,
            }
        }
    }
}

/// `2,403.5`, `1.235M`, `0.01`: so many digits, but all of those before the point
/// up to a million, and no zeros at the end.
pub fn number(value: f64, digits: usize) -> String {
    const UNITS: [(f64, &str); 3] = [(1e12, "T"), (1e9, "B"), (1e6, "M")];
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.*e}", digits - 1);
    }
    let (unit, letter) = UNITS
        .into_iter()
        .find(|(unit, _)| size >= *unit)
        .unwrap_or((1.0, ""));
    let scaled = size / unit;
    let before = if scaled < 1.0 {
        // Zeros behind the point are no digits.
        1 + scaled.max(f64::MIN_POSITIVE).log10().floor() as i32
    } else {
        scaled.log10().floor() as i32 + 1
    };
    let behind = (digits as i32 - before).max(0) as usize;
    let text = format!("{scaled:.behind$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let whole = whole.parse().map_or(whole.to_owned(), grouped);
    let point = if rest.is_empty() { "" } else { "." };
    let is_zero = whole == "0" && rest.is_empty();
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    format!("{sign}{whole}{point}{rest}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let four = |value| number(value, 4);
        assert_eq!(four(0.0), "0");
        assert_eq!(four(-0.0), "0");
        assert_eq!(four(2403.46), "2,403");
        assert_eq!(four(12.5), "12.5");
        assert_eq!(four(-3.71828), "-3.718");
        assert_eq!(four(0.012345), "0.01235");
        assert_eq!(four(123_456.7), "123,457");
        assert_eq!(four(1_234_567.0), "1.235M");
        assert_eq!(four(7e9), "7B");
        assert_eq!(four(0.00001), "1.000e-5");
        assert_eq!(four(f64::NAN), "NaN");
    }

    #[test]
    fn what_differs_looks_different() {
        let float = |value| Some(Figure::Float(value));
        let texts = |(a, b): (String, String)| format!("{a} {b}");
        assert_eq!(texts(pair(float(2403.1), float(2403.4))), "2,403.1 2,403.4");
        assert_eq!(texts(pair(float(2403.1), float(2403.1))), "2,403 2,403");
        assert_eq!(texts(pair(None, float(1.0))), "- 1");
        let at = |micros| Some(Figure::Timestamp(micros));
        assert_eq!(
            texts(pair(at(0), at(86_400_000_000 + 60_000_000))),
            "1970-01-01 1970-01-02 00:01"
        );
        assert_eq!(
            texts(pair(at(0), at(1_000_000))),
            "1970-01-01 00:00:00 1970-01-01 00:00:01"
        );
    }
}
