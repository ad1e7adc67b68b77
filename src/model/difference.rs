//! What is different between two sides of a dataset, whose rows are paired by key.

use std::fmt;

use chrono::{DateTime, NaiveDate};

/// Something of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pair<T> {
    pub before: T,
    pub after: T,
}

impl<T> Pair<T> {
    /// Of the two sides.
    pub fn new(before: T, after: T) -> Self {
        Self { before, after }
    }

    /// What `f` makes of each side.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair::new(f(self.before), f(self.after))
    }

    /// The same, by reference.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair::new(&self.before, &self.after)
    }

    /// Both with what belongs to each.
    pub fn zip<U>(self, other: Pair<U>) -> Pair<(T, U)> {
        Pair::new((self.before, other.before), (self.after, other.after))
    }

    /// First before, then after.
    pub fn both(self) -> [T; 2] {
        [self.before, self.after]
    }
}

impl<T: PartialEq> Pair<T> {
    /// Whether the sides agree.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }
}

impl<T, E> Pair<Result<T, E>> {
    /// The first error, or both.
    ///
    /// # Errors
    /// The first of the two.
    pub fn ok(self) -> Result<Pair<T>, E> {
        Ok(Pair::new(self.before?, self.after?))
    }
}

/// Rows, counted. `removed + changed + unchanged` are the rows before that were
/// compared, `added + changed + unchanged` those after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    pub added: u64,
    pub removed: u64,
    /// With the same key, and another value in at least one compared column.
    pub changed: u64,
    pub unchanged: u64,
    /// Rows that were not compared, because part of their key is NULL.
    pub without_key: Pair<u64>,
    /// Rows that were not compared, because several rows of a side have their key.
    pub repeated: Pair<u64>,
}

impl RowCounts {
    /// Rows whose key is on both sides.
    pub fn in_both(&self) -> u64 {
        self.changed + self.unchanged
    }

    /// All rows of each side.
    pub fn rows(&self) -> Pair<u64> {
        let compared = Pair::new(self.removed + self.in_both(), self.added + self.in_both());
        compared
            .zip(self.without_key)
            .zip(self.repeated)
            .map(|((compared, without), repeated)| compared + without + repeated)
    }

    /// Whether no difference was found, nor rows that could not be compared.
    pub fn is_same(&self) -> bool {
        self.added + self.removed + self.changed == 0
            && self.without_key == Pair::default()
            && self.repeated == Pair::default()
    }
}

/// What is different in one column that both sides have.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDifference {
    pub name: String,
    /// Its type on each side.
    pub types: Pair<String>,
    /// The type in which values were compared; None: their own.
    pub compared_as: Option<String>,
    /// Rows on both sides whose values differ.
    pub changed: u64,
    pub moved: Moved,
}

/// How the values of a column moved as a whole.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one per column")]
pub enum Moved {
    /// Numbers and points in time.
    Spread(Pair<Spread>),
    /// Of other columns: the values that more rows have than before, and those
    /// that fewer have, by how many.
    Values(Values),
    /// It was not looked at: nothing changed, or times of a day.
    Unknown,
}

/// How the values of one side of a column are spread. NULL and NaN are counted
/// and left out of the rest, which is None if there is no value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spread {
    pub values: u64,
    pub nulls: u64,
    pub nans: u64,
    pub mean: Option<Figure>,
    pub min: Option<Figure>,
    /// The first quartile, the median and the third. Of numbers they lie between
    /// two values where no value is in the middle, as `quantile_cont` has it; of
    /// dates they are a value, as `quantile_disc` has it.
    pub quartiles: Option<[Figure; 3]>,
    pub max: Option<Figure>,
}

/// Values that came and went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// The most gained first. None is NULL.
    pub came: Vec<(Option<String>, u64)>,
    pub went: Vec<(Option<String>, u64)>,
    /// How many distinct values gained or lost rows.
    pub distinct: Pair<u64>,
    /// There were too many to keep count of: nothing is told of them.
    pub too_many: bool,
}

/// A number or a point in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    Integer(i128),
    /// `value / 10^scale`.
    Decimal {
        value: i128,
        scale: u8,
    },
    Float(f64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01.
    Timestamp(i64),
}

impl Figure {
    /// As a number; a point in time has none.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(value as f64),
            Self::Decimal { value, scale } => Some(value as f64 / 10f64.powi(scale.into())),
            Self::Float(value) => Some(value),
            Self::Date(_) | Self::Timestamp(_) => None,
        }
    }
}

/// Exact, and as the engine writes it.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Integer(value) => write!(f, "{value}"),
            Self::Decimal { value, scale: 0 } => write!(f, "{value}"),
            Self::Decimal { value, scale } => {
                let sign = if value < 0 { "-" } else { "" };
                let unit = 10u128.pow(scale.into());
                let (whole, rest) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
                write!(
                    f,
                    "{sign}{whole}.{rest:0width$}",
                    width = usize::from(scale)
                )
            }
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Date(i32::MAX) | Self::Timestamp(i64::MAX) => f.write_str("infinity"),
            Self::Date(days) if days == -i32::MAX => f.write_str("-infinity"),
            Self::Timestamp(micros) if micros == -i64::MAX => f.write_str("-infinity"),
            Self::Date(days) => match NaiveDate::from_epoch_days(days) {
                Some(date) => write!(f, "{date}"),
                None => write!(f, "{days} days from 1970-01-01"),
            },
            Self::Timestamp(micros) => match DateTime::from_timestamp_micros(micros) {
                Some(at) => write!(f, "{}", at.naive_utc()),
                None => write!(f, "{micros} µs from 1970-01-01"),
            },
        }
    }
}

/// What was found out about two sides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Difference {
    pub rows: RowCounts,
    /// In the order of the side after.
    pub columns: Vec<ColumnDifference>,
    /// None if no column changed in most rows, or it could not be told.
    pub beside: Option<Beside>,
}

/// What is left if one does not look at columns that changed in more than half of
/// the rows, such as an age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// These columns, by their place in [`Difference::columns`].
    pub columns: Vec<usize>,
    /// Rows in which another column changed.
    pub changed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        let decimal = |value, scale| Figure::Decimal { value, scale }.to_string();
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(1250, 2), "12.50");
        assert_eq!(decimal(7, 0), "7");
        assert_eq!(Figure::Float(3.0).to_string(), "3.0");
        assert_eq!(Figure::Date(19_999).to_string(), "2024-10-03");
        let at = Figure::Timestamp(1_727_913_600_500_000);
        assert_eq!(at.to_string(), "2024-10-03 00:00:00.500");
        assert_eq!(Figure::Date(i32::MAX).to_string(), "infinity");
    }
}
