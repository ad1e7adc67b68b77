//! Words: values as numbers of 64 bits that are ordered as the values are.

use duckdb::arrow::datatypes::{DataType, TimeUnit};

use crate::model::difference::Figure;

/// The highest bit: signed numbers are ordered as unsigned ones without it.
const SIGN: u64 = 1 << 63;
/// Not a number, which the engine takes for one value, above all others.
pub(super) const NAN: u64 = u64::MAX;

/// What the words of a column stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    Signed,
    Unsigned,
    Float,
    Boolean,
    Decimal {
        scale: u8,
    },
    Date,
    /// Per second.
    Timestamp {
        ticks: i64,
    },
    /// Of a day.
    Time,
    /// Not words, but bytes: of text, or of anything.
    Text,
    Blob,
}

impl Domain {
    /// What a column of this type is; None if it cannot be compared as it is.
    pub(super) fn of(ty: &DataType) -> Option<Self> {
        Some(match ty {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Signed,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
                Self::Unsigned
            }
            DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Boolean => Self::Boolean,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale) => Self::Decimal {
                scale: u8::try_from(*scale).ok()?,
            },
            DataType::Date32 => Self::Date,
            DataType::Timestamp(unit, _) => Self::Timestamp {
                ticks: match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                },
            },
            DataType::Time64(_) => Self::Time,
            DataType::Utf8 => Self::Text,
            DataType::BinaryView => Self::Blob,
            _ => return None,
        })
    }

    /// Whether its values are numbers or points in time.
    pub(super) fn is_spread(self) -> bool {
        !matches!(self, Self::Boolean | Self::Time | Self::Text | Self::Blob)
    }

    /// Whether a value may lie between two others.
    pub(super) fn is_number(self) -> bool {
        self.is_spread() && !matches!(self, Self::Date | Self::Timestamp { .. })
    }

    /// What numbers of this domain are counted in.
    pub(super) fn unit(self) -> f64 {
        match self {
            Self::Decimal { scale } => 10f64.powi(scale.into()),
            _ => 1.0,
        }
    }

    /// What a word stands for.
    pub(super) fn figure(self, word: u64) -> Figure {
        let signed = signed(word);
        match self {
            Self::Unsigned | Self::Text | Self::Blob => Figure::Integer(word.into()),
            Self::Float => Figure::Float(float(word)),
            Self::Decimal { scale } => Figure::Decimal {
                value: signed.into(),
                scale,
            },
            Self::Date => Figure::Date(signed as i32),
            // The engine's infinities are the ends of every scale.
            Self::Timestamp { .. } if signed.unsigned_abs() == i64::MAX as u64 => {
                Figure::Timestamp(signed)
            }
            Self::Timestamp { ticks } => {
                let micros = i128::from(signed) * 1_000_000 / i128::from(ticks);
                Figure::Timestamp(micros.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
            }
            Self::Signed | Self::Boolean | Self::Time => Figure::Integer(signed.into()),
        }
    }
}

/// The number that a word stands for, if it is a signed one.
pub(super) fn signed(word: u64) -> i64 {
    (word ^ SIGN) as i64
}

/// The number that a word stands for, if it is a floating one.
pub(super) fn float(word: u64) -> f64 {
    f64::from_bits(if word & SIGN == 0 { !word } else { word ^ SIGN })
}

/// The word of a floating number: ordered as the engine orders them, with one
/// zero and one NaN.
pub(super) fn float_word(value: f64) -> u64 {
    if value.is_nan() {
        return NAN;
    }
    // Adding zero makes -0.0 what it is equal to.
    let bits = (value + 0.0).to_bits();
    if bits & SIGN == 0 { bits ^ SIGN } else { !bits }
}

/// The word of a signed number.
pub(super) fn signed_word(value: i64) -> u64 {
    value as u64 ^ SIGN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_ordered_as_the_engine_orders_floats() {
        let sorted = [
            f64::NEG_INFINITY,
            -1e300,
            -1.5,
            -f64::MIN_POSITIVE,
            0.0,
            f64::MIN_POSITIVE,
            1.5,
            1e300,
            f64::INFINITY,
            f64::NAN,
        ];
        let words: Vec<u64> = sorted.iter().map(|v| float_word(*v)).collect();
        assert!(words.is_sorted_by(|a, b| a < b), "{words:?}");
        for value in &sorted[..9] {
            assert_eq!(float(float_word(*value)), *value);
        }
        assert_eq!(float_word(-0.0), float_word(0.0));
        assert_eq!(float_word(-f64::NAN), NAN);
    }
}
