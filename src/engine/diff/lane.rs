//! One column of a few thousand rows, in a form in which values are compared,
//! ordered and counted by plain loops over numbers.

use std::cmp::Ordering;

use duckdb::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use duckdb::arrow::buffer::{Buffer, OffsetBuffer};
use duckdb::arrow::compute::cast;
use duckdb::arrow::datatypes as ty;
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

pub(super) fn signed_word(value: i64) -> u64 {
    value as u64 ^ SIGN
}

/// One column of some rows.
#[derive(Debug)]
pub(super) struct Lane {
    pub values: Values,
    /// None: no value is NULL. Where one is, its word is 0 and it has no bytes.
    pub valid: Option<Vec<bool>>,
}

#[derive(Debug)]
pub(super) enum Values {
    /// Ordered as the values are.
    Words(Vec<u64>),
    /// Numbers that need more than 64 bits.
    Wide(Vec<i128>),
    Bytes {
        offsets: OffsetBuffer<i32>,
        data: Buffer,
    },
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            values: Values::Words(Vec::new()),
            valid: None,
        }
    }
}

impl Lane {
    /// An array that the engine made; None for a type that has no [`Domain`].
    pub(super) fn of(array: &ArrayRef) -> Option<Self> {
        Self::default().with(array)
    }

    /// The same, in the memory of this one.
    pub(super) fn with(self, array: &ArrayRef) -> Option<Self> {
        let valid: Option<Vec<bool>> = array
            .nulls()
            .filter(|nulls| nulls.null_count() > 0)
            .map(|nulls| nulls.iter().collect());
        let room = match self.values {
            Values::Words(words) => words,
            _ => Vec::new(),
        };
        let values = match array.data_type() {
            DataType::Int8 => words::<ty::Int8Type>(array, room, |v| signed_word(v.into())),
            DataType::Int16 => words::<ty::Int16Type>(array, room, |v| signed_word(v.into())),
            DataType::Int32 => words::<ty::Int32Type>(array, room, |v| signed_word(v.into())),
            DataType::Int64 => words::<ty::Int64Type>(array, room, signed_word),
            DataType::UInt8 => words::<ty::UInt8Type>(array, room, u64::from),
            DataType::UInt16 => words::<ty::UInt16Type>(array, room, u64::from),
            DataType::UInt32 => words::<ty::UInt32Type>(array, room, u64::from),
            DataType::UInt64 => words::<ty::UInt64Type>(array, room, |v| v),
            DataType::Float32 => words::<ty::Float32Type>(array, room, |v| float_word(v.into())),
            DataType::Float64 => words::<ty::Float64Type>(array, room, float_word),
            DataType::Date32 => words::<ty::Date32Type>(array, room, |v| signed_word(v.into())),
            DataType::Decimal32(..) => {
                words::<ty::Decimal32Type>(array, room, |v| signed_word(v.into()))
            }
            DataType::Decimal64(..) => words::<ty::Decimal64Type>(array, room, signed_word),
            DataType::Time64(TimeUnit::Microsecond) => {
                words::<ty::Time64MicrosecondType>(array, room, signed_word)
            }
            DataType::Time64(TimeUnit::Nanosecond) => {
                words::<ty::Time64NanosecondType>(array, room, signed_word)
            }
            DataType::Timestamp(unit, _) => match unit {
                TimeUnit::Second => words::<ty::TimestampSecondType>(array, room, signed_word),
                TimeUnit::Millisecond => {
                    words::<ty::TimestampMillisecondType>(array, room, signed_word)
                }
                TimeUnit::Microsecond => {
                    words::<ty::TimestampMicrosecondType>(array, room, signed_word)
                }
                TimeUnit::Nanosecond => {
                    words::<ty::TimestampNanosecondType>(array, room, signed_word)
                }
            },
            DataType::Boolean => {
                let values = array.as_boolean().values();
                Values::Words(values.iter().map(u64::from).collect())
            }
            DataType::Decimal128(..) => {
                let array = array.as_primitive::<ty::Decimal128Type>();
                Values::Wide(array.values().to_vec())
            }
            DataType::Utf8 => {
                let array = array.as_string::<i32>();
                Values::Bytes {
                    offsets: array.offsets().clone(),
                    data: array.values().clone(),
                }
            }
            DataType::BinaryView => {
                let array = cast(array, &DataType::Binary).ok()?;
                let array = array.as_binary::<i32>();
                Values::Bytes {
                    offsets: array.offsets().clone(),
                    data: array.values().clone(),
                }
            }
            _ => return None,
        };
        let mut lane = Self { values, valid };
        lane.blank();
        Some(lane)
    }

    /// What stands where a value is NULL is anything; it must not be seen.
    fn blank(&mut self) {
        let Some(valid) = &self.valid else { return };
        match &mut self.values {
            Values::Words(words) => {
                for (word, valid) in words.iter_mut().zip(valid) {
                    *word *= u64::from(*valid);
                }
            }
            Values::Wide(values) => {
                for (value, valid) in values.iter_mut().zip(valid) {
                    *value *= i128::from(*valid);
                }
            }
            Values::Bytes { .. } => {}
        }
    }

    pub(super) fn has_nulls(&self) -> bool {
        self.valid.is_some()
    }

    pub(super) fn is_valid(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid[row])
    }

    /// The bytes of a value; none where it is NULL, or not of bytes.
    pub(super) fn bytes(&self, row: usize) -> &[u8] {
        match &self.values {
            Values::Bytes { offsets, data } if self.is_valid(row) => slice(offsets, data, row),
            _ => &[],
        }
    }
}

fn words<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    mut room: Vec<u64>,
    word: impl Fn(T::Native) -> u64,
) -> Values {
    let values = array.as_primitive::<T>().values();
    room.clear();
    room.extend(values.iter().map(|v| word(*v)));
    Values::Words(room)
}

fn slice<'b>(offsets: &OffsetBuffer<i32>, data: &'b Buffer, row: usize) -> &'b [u8] {
    &data[offsets[row] as usize..offsets[row + 1] as usize]
}

/// Compares two values that are not NULL.
pub(super) fn order(a: &Lane, i: usize, b: &Lane, j: usize) -> Ordering {
    match (&a.values, &b.values) {
        (Values::Words(a), Values::Words(b)) => a[i].cmp(&b[j]),
        (Values::Wide(a), Values::Wide(b)) => a[i].cmp(&b[j]),
        _ => a.bytes(i).cmp(b.bytes(j)),
    }
}

/// How many of the next `n` values, none of them NULL, are the same.
pub(super) fn same_from(a: &Lane, i: usize, b: &Lane, j: usize, n: usize) -> usize {
    fn prefix<T: PartialEq>(a: &[T], b: &[T]) -> usize {
        const BLOCK: usize = 64;
        let n = a.len();
        let mut at = 0;
        while at + BLOCK <= n && a[at..at + BLOCK] == b[at..at + BLOCK] {
            at += BLOCK;
        }
        at + a[at..]
            .iter()
            .zip(&b[at..])
            .take_while(|(a, b)| a == b)
            .count()
    }
    match (&a.values, &b.values) {
        (Values::Words(a), Values::Words(b)) => prefix(&a[i..i + n], &b[j..j + n]),
        (Values::Wide(a), Values::Wide(b)) => prefix(&a[i..i + n], &b[j..j + n]),
        _ => (0..n)
            .take_while(|k| a.bytes(i + k) == b.bytes(j + k))
            .count(),
    }
}

/// Which of `masks.len()` pairs of values differ: there, `bit` is set. NULL
/// differs from every value. Numbers may be `tolerance` apart.
pub(super) fn mark_differences(
    (a, i): (&Lane, usize),
    (b, j): (&Lane, usize),
    bit: u64,
    masks: &mut [u64],
    tolerance: Option<Tolerance>,
) {
    let n = masks.len();
    if a.has_nulls() || b.has_nulls() {
        for (k, mask) in masks.iter_mut().enumerate() {
            if a.is_valid(i + k) != b.is_valid(j + k) {
                *mask |= bit;
            }
        }
    }
    match (&a.values, &b.values) {
        (Values::Words(x), Values::Words(y)) => {
            let (x, y) = (&x[i..i + n], &y[j..j + n]);
            match tolerance {
                _ if x == y => {}
                None => mark(x, y, bit, masks, |x, y| x != y),
                Some(t) => mark(x, y, bit, masks, |x, y| x != y && t.is_exceeded_by(*x, *y)),
            }
        }
        (Values::Wide(x), Values::Wide(y)) => {
            let (x, y) = (&x[i..i + n], &y[j..j + n]);
            match tolerance {
                _ if x == y => {}
                None => mark(x, y, bit, masks, |x, y| x != y),
                Some(t) => mark(x, y, bit, masks, |x, y| x.abs_diff(*y) > t.units),
            }
        }
        (
            Values::Bytes { offsets, data },
            Values::Bytes {
                offsets: other_offsets,
                data: other_data,
            },
        ) => mark_bytes(
            (&offsets[i..=i + n], data),
            (&other_offsets[j..=j + n], other_data),
            bit,
            masks,
        ),
        // Both come from one type.
        _ => masks.iter_mut().for_each(|mask| *mask |= bit),
    }
}

fn mark<T>(x: &[T], y: &[T], bit: u64, masks: &mut [u64], differ: impl Fn(&T, &T) -> bool) {
    for ((x, y), mask) in x.iter().zip(y).zip(masks) {
        *mask |= bit * u64::from(differ(x, y));
    }
}

type Texts<'b> = (&'b [i32], &'b Buffer);

/// Halves the values until both sides have the same bytes, cut at the same
/// places. Most often that is so at once.
fn mark_bytes(a: Texts<'_>, b: Texts<'_>, bit: u64, masks: &mut [u64]) {
    const FEW: usize = 8;
    fn bytes<'b>(t: Texts<'b>, from: usize, to: usize) -> &'b [u8] {
        &t.1[t.0[from] as usize..t.0[to] as usize]
    }
    let n = masks.len();
    if n <= FEW {
        for (k, mask) in masks.iter_mut().enumerate() {
            *mask |= bit * u64::from(bytes(a, k, k + 1) != bytes(b, k, k + 1));
        }
        return;
    }
    let (from, other_from) = (a.0[0], b.0[0]);
    let cuts = || {
        let cuts = a.0.iter().zip(b.0);
        cuts.map(|(x, y)| (x - from) ^ (y - other_from))
            .fold(0, |all, one| all | one)
            == 0
    };
    if bytes(a, 0, n) == bytes(b, 0, n) && cuts() {
        return;
    }
    let half = n / 2;
    let (first, second) = masks.split_at_mut(half);
    mark_bytes((&a.0[..=half], a.1), (&b.0[..=half], b.1), bit, first);
    mark_bytes((&a.0[half..], a.1), (&b.0[half..], b.1), bit, second);
}

/// How far apart two numbers may be and still count as the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tolerance {
    domain: Domain,
    most: f64,
    /// The same in units of the last decimal.
    units: u128,
}

impl Tolerance {
    /// For columns that are not exact: the others are to be equal.
    pub(super) fn of(domain: Domain, most: Option<f64>) -> Option<Self> {
        let most = most?;
        let units = match domain {
            Domain::Decimal { scale } => (most * 10f64.powi(scale.into())).round() as u128,
            Domain::Float => 0,
            _ => return None,
        };
        Some(Self {
            domain,
            most,
            units,
        })
    }

    fn is_exceeded_by(self, x: u64, y: u64) -> bool {
        match self.domain {
            Domain::Decimal { .. } => u128::from(x.abs_diff(y)) > self.units,
            // True also where one is NaN, or both are infinite.
            _ => !((float(x) - float(y)).abs() <= self.most),
        }
    }
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
