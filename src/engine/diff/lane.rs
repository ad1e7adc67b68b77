//! One column of a few thousand rows, in a form in which values are compared,
//! ordered and counted by plain loops over numbers.

use std::cmp::Ordering;

use duckdb::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use duckdb::arrow::buffer::{Buffer, OffsetBuffer};
use duckdb::arrow::compute::cast;
use duckdb::arrow::datatypes as ty;
use duckdb::arrow::datatypes::{DataType, TimeUnit};

use super::word::{Domain, float, float_word, signed_word};

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
            _ => {
                let apart = (float(x) - float(y)).abs();
                apart.partial_cmp(&self.most).is_none_or(Ordering::is_gt)
            }
        }
    }
}
