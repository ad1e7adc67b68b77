//! Natural order: `day-2` before `day-10`. The order in which files that arrive
//! together are taken, so it must be the same everywhere and for ever.

use std::cmp::Ordering;

/// Compares two paths with runs of digits as numbers, everything else byte by
/// byte. Texts that differ only in leading zeros are ordered by their bytes:
/// only equal texts are equal.
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    by_value(a.as_bytes(), b.as_bytes()).then_with(|| a.cmp(b))
}

fn by_value(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (Some(x), Some(y)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len());
        };
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (number(&mut a), number(&mut b));
            // Without leading zeros the longer number is the greater one.
            m.len().cmp(&n.len()).then_with(|| m.cmp(n))
        } else {
            let order = x.cmp(y);
            (a, b) = (&a[1..], &b[1..]);
            order
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Cuts the digits off the front of `text`, and returns them without leading
/// zeros.
fn number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let end = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(end);
    *text = rest;
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_numbers() {
        let ordered = [
            "",
            "a",
            "a/b-2.csv",
            "a/b-10.csv",
            "a0",
            "a00",
            "a00x",
            "a0x1",
            "a01",
            "a1",
            "a1.5",
            "a1b",
            "a002",
            "a2",
            "a99999999999999999999999999",
            "a100000000000000000000000000",
            "b",
            "é",
        ];
        let mut sorted = ordered.to_vec();
        sorted.reverse();
        sorted.sort_by(|a, b| natural_cmp(a, b));
        assert_eq!(sorted, ordered);
    }

    fn text() -> impl Strategy<Value = String> {
        "[0129a/é.-]{0,7}"
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn only_equal_texts_are_equal(a in text(), b in text()) {
            prop_assert_eq!(natural_cmp(&a, &b).is_eq(), a == b);
            prop_assert_eq!(natural_cmp(&a, &a), Ordering::Equal);
        }

        #[test]
        fn turned_round_it_is_the_reverse(a in text(), b in text()) {
            prop_assert_eq!(natural_cmp(&a, &b), natural_cmp(&b, &a).reverse());
        }

        #[test]
        fn it_is_transitive(a in text(), b in text(), c in text()) {
            let mut three = [a, b, c];
            three.sort_by(|a, b| natural_cmp(a, b));
            let [a, b, c] = &three;
            prop_assert!(natural_cmp(a, b).is_le());
            prop_assert!(natural_cmp(b, c).is_le());
            prop_assert!(natural_cmp(a, c).is_le());
        }

        #[test]
        fn numbers_are_compared_by_value(a: u32, b: u32, zeros in 0usize..4) {
            prop_assume!(a != b);
            let padded = format!("x{}{a}y", "0".repeat(zeros));
            prop_assert_eq!(natural_cmp(&padded, &format!("x{b}y")), a.cmp(&b));
        }
    }
}
