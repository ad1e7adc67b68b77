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
        for (value, by) in other.rows {
            self.note(Some(&value), by);
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
        let null = (None, self.nulls);
        let rows = self.rows.into_iter().map(|(value, by)| (Some(value), by));
        let (mut came, mut went) = (Vec::new(), Vec::new());
        for (value, by) in rows.chain([null]) {
            let value = value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            match by {
                0 => {}
                1.. => came.push((value, by.unsigned_abs())),
                _ => went.push((value, by.unsigned_abs())),
            }
        }
        let distinct = Pair::new(went.len() as u64, came.len() as u64);
        for values in [&mut came, &mut went] {
            values.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
            values.truncate(TOLD);
        }
        Values {
            came,
            went,
            distinct,
            too_many: false,
        }
    }
}
