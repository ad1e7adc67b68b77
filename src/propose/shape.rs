//! The shape of a value: digits as `0`, words as `a`. A column has many values
//! and few shapes, unless it is text.

use super::dates::{Numbers, RUNS};

/// Bytes. A longer value is text.
pub const LONGEST: usize = 32;
/// Bytes. A value this short without digits is its own shape: a word that may
/// stand for a missing value, or `true`.
const WORD: usize = 10;

/// Writes the shape of a value, and returns its numbers. None: it is too long.
pub fn shape(value: &[u8], into: &mut Vec<u8>) -> Option<Numbers> {
    into.clear();
    if value.len() > LONGEST {
        return None;
    }
    let mut numbers = Numbers::default();
    let mut has_digits = false;
    let mut was_digit = false;
    for byte in value {
        let digit = byte.is_ascii_digit();
        if digit {
            has_digits = true;
            add(&mut numbers, *byte, was_digit);
        }
        into.push(if digit { b'0' } else { *byte });
        was_digit = digit;
    }
    if has_digits || value.len() > WORD {
        fold_words(into);
    }
    Some(numbers)
}

/// Words of three letters and more are all the same; shorter ones mean something
/// (`T`, `PM`, `e`).
fn fold_words(shape: &mut Vec<u8>) {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || b >= 0x80;
    let (mut read, mut write) = (0, 0);
    while read < shape.len() {
        if !is_letter(shape[read]) {
            shape[write] = shape[read];
            (read, write) = (read + 1, write + 1);
            continue;
        }
        let end = shape[read..]
            .iter()
            .position(|b| !is_letter(*b))
            .map_or(shape.len(), |n| read + n);
        if end - read > 2 {
            shape[write] = b'a';
            write += 1;
        } else {
            shape.copy_within(read..end, write);
            write += end - read;
        }
        read = end;
    }
    shape.truncate(write);
}

/// The numbers in a value.
#[cfg(test)]
pub fn numbers(value: &[u8]) -> Numbers {
    shape(value, &mut Vec::new()).unwrap_or_default()
}

fn add(numbers: &mut Numbers, digit: u8, goes_on: bool) {
    if !goes_on {
        if numbers.count == RUNS {
            // More than any date has.
            numbers.more = true;
        } else {
            numbers.count += 1;
        }
    }
    if numbers.more {
        return;
    }
    let at = numbers.count - 1;
    let value = &mut numbers.values[at];
    *value = value
        .saturating_mul(10)
        .saturating_add(u64::from(digit - b'0'));
    numbers.digits[at] = numbers.digits[at].saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_shapes() {
        for (value, expected) in [
            ("12", "00"),
            ("-1,234.50", "-0,000.00"),
            ("true", "true"),
            ("N/A", "N/A"),
            ("12-Jan-2024 5 PM", "00-a-0000 0 PM"),
            ("1.5e-7", "0.0e-0"),
            ("AB-123", "AB-000"),
            ("Calloway Panel", "a a"),
            ("Größe 12", "a 00"),
        ] {
            let mut found = Vec::new();
            shape(value.as_bytes(), &mut found).unwrap();
            assert_eq!(String::from_utf8_lossy(&found), expected);
        }
        let found = numbers(b"31/12/2024 10:05:09.123456");
        assert_eq!(found.values, [31, 12, 2024, 10, 5, 9, 123_456]);
        assert_eq!(found.digits[..3], [2, 2, 4]);
        assert_eq!(shape(&[b'1'; 40], &mut Vec::new()), None);
    }
}
