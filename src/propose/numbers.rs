//! Numbers as they are written: what stands before the decimals, and between
//! thousands.

/// A way to write numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    pub decimal: u8,
    pub thousands: Option<u8>,
}

/// In the order in which they are preferred.
pub const WRITINGS: [Writing; 7] = [
    Writing {
        decimal: b'.',
        thousands: None,
    },
    Writing {
        decimal: b'.',
        thousands: Some(b','),
    },
    Writing {
        decimal: b',',
        thousands: None,
    },
    Writing {
        decimal: b',',
        thousands: Some(b'.'),
    },
    Writing {
        decimal: b'.',
        thousands: Some(b' '),
    },
    Writing {
        decimal: b',',
        thousands: Some(b' '),
    },
    Writing {
        decimal: b'.',
        thousands: Some(b'\''),
    },
];

/// What a number needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Digits before the decimals.
    pub whole: usize,
    pub decimals: usize,
    /// It has an exponent.
    pub exponent: bool,
}

/// How large a number is, if `text` is one in this writing. Its digits may all be
/// zeros.
pub fn size(text: &[u8], writing: Writing) -> Option<Size> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent
            .strip_prefix(b"-")
            .or(exponent.strip_prefix(b"+"))
            .unwrap_or(exponent);
        if !(1..=3).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
    }
    let point = mantissa.iter().rposition(|b| *b == writing.decimal);
    let (whole, decimals) = match point {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &[][..]),
    };
    if !decimals.iter().all(u8::is_ascii_digit) || whole.len() + decimals.len() == 0 {
        return None;
    }
    Some(Size {
        whole: digits(whole, writing.thousands)?,
        decimals: decimals.len(),
        exponent: exponent.is_some(),
    })
}

/// How many digits there are, if those between marks are in groups of three.
fn digits(text: &[u8], thousands: Option<u8>) -> Option<usize> {
    if text.iter().all(u8::is_ascii_digit) {
        return Some(text.len());
    }
    let thousands = thousands?;
    let mut groups = text.split(|b| *b == thousands);
    let first = groups.next()?;
    let mut count = first.len();
    if !(1..=3).contains(&count) || !first.iter().all(u8::is_ascii_digit) {
        return None;
    }
    for group in groups {
        if group.len() != 3 || !group.iter().all(u8::is_ascii_digit) {
            return None;
        }
        count += 3;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writings_are_told_apart() {
        let fits = |text: &str| -> Vec<(usize, usize, usize)> {
            let sizes = WRITINGS.iter().enumerate().filter_map(|(at, writing)| {
                let size = size(text.as_bytes(), *writing)?;
                Some((at, size.whole, size.decimals))
            });
            sizes.take(2).collect()
        };
        assert_eq!(fits("12"), [(0, 2, 0), (1, 2, 0)]);
        assert_eq!(fits("-1.5"), [(0, 1, 1), (1, 1, 1)]);
        assert_eq!(fits("1,234.50"), [(1, 4, 2)]);
        assert_eq!(fits("1.234,50"), [(3, 4, 2)]);
        assert_eq!(fits("1,234"), [(1, 4, 0), (2, 1, 3)]);
        assert_eq!(fits("1 234,5"), [(5, 4, 1)]);
        assert_eq!(fits("1'234.5"), [(6, 4, 1)]);
        assert_eq!(fits("12,34.5"), []);
        assert_eq!(fits("1e5"), [(0, 1, 0), (1, 1, 0)]);
        for bad in ["", "-", ".", "1e", "1-2", "a", "1..2", "+5"] {
            assert_eq!(fits(bad), [], "{bad}");
        }
    }
}
