//! Which values of a column more rows have than before, and which fewer. Only
//! rows that differ can tell.

use std::collections::HashMap;

use crate::model::difference::{Pair, Values};

/// So many bytes of distinct values are kept count of.
const MOST_BYTES: usize = 64 << 20;
/// What a value takes besides its bytes.
const PER_VALUE: usize = 48;
/// So many values are told.
const TOLD: usize = 10;

/// Rows per value: those after less those before.
#[derive(Debug, Default)]
pub(super) struct Texts {
    rows: HashMap<Box<[u8]>, i64>,
    nulls: i64,
    bytes: usize,
    too_many: bool,
}

impl Texts {
    /// Counts `by` rows more that have a value; None is NULL.
    pub(super) fn note(&mut self, value: Option<&[u8]>, by: i64) {
        let Some(value) = value else {
            self.nulls += by;
            return;
        };
        if let Some(rows) = self.rows.get_mut(value) {
            *rows += by;
        } else if !self.too_many {
            self.bytes += value.len() + PER_VALUE;
            self.rows.insert(value.into(), by);
            if self.bytes > MOST_BYTES {
                self.too_many = true;
                self.rows = HashMap::new();
            }
        }
    }

    /// Counts what somebody else counted.
    pub(super) fn join(&mut self, other: Self) {
        self.nulls += other.nulls;
        self.too_many |= other.too_many;
        if self.rows.is_empty() {
            (self.rows, self.bytes) = (other.rows, other.bytes);
        } else {
            for (value, by) in other.rows {
                self.note(Some(&value), by);
            }
        }
        if self.too_many {
            self.rows = HashMap::new();
        }
    }

    /// The values that gained and lost most rows.
    pub(super) fn finish(self) -> Values {
        if self.too_many {
            return Values {
                too_many: true,
                ..Values::default()
            };
        }
        let (mut came, mut went) = (Most::default(), Most::default());
        let rows = self.rows.iter().map(|(value, by)| (Some(&**value), *by));
        for (value, by) in rows.chain([(None, self.nulls)]) {
            match by {
                0 => {}
                1.. => came.add(value, by.unsigned_abs()),
                _ => went.add(value, by.unsigned_abs()),
            }
        }
        Values {
            distinct: Pair::new(went.distinct, came.distinct),
            came: came.finish(),
            went: went.finish(),
            too_many: false,
        }
    }
}

/// The values with most rows; of those with equally many, the first.
#[derive(Default)]
struct Most<'v> {
    distinct: u64,
    /// No more than [`TOLD`], the most first.
    values: Vec<(Option<&'v [u8]>, u64)>,
}

impl<'v> Most<'v> {
    fn add(&mut self, value: Option<&'v [u8]>, rows: u64) {
        self.distinct += 1;
        let comes_before = |(other, n): &(Option<&[u8]>, u64)| {
            (std::cmp::Reverse(*n), *other) < (std::cmp::Reverse(rows), value)
        };
        let at = self.values.partition_point(comes_before);
        if at < TOLD {
            self.values.truncate(TOLD - 1);
            self.values.insert(at, (value, rows));
        }
    }

    fn finish(self) -> Vec<(Option<String>, u64)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let values = self.values.into_iter();
        values
            .map(|(value, rows)| (value.map(text), rows))
            .collect()
    }
}
