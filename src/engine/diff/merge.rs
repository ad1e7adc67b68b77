//! Two sides, each sorted by key, walked through side by side.

use std::cmp::Ordering;
use std::ops::Range;

use duckdb::arrow::array::RecordBatch;

use super::lane::{self, Lane, Values};
use crate::engine::error::{EngineError, ErrorKind};

/// Why two sides could not be walked through.
#[derive(Debug)]
pub(super) enum MergeError {
    Engine(EngineError),
    /// A side is not sorted by its key, or a key is NULL or repeated.
    OutOfOrder,
    /// Whoever takes the rows wants no more.
    Enough,
}

impl From<EngineError> for MergeError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<duckdb::Error> for MergeError {
    fn from(error: duckdb::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// A key, kept.
pub(super) type Key = Vec<KeyPart>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyPart {
    Word(u64),
    Wide(i128),
    Bytes(Vec<u8>),
}

/// One side, of which a few thousand rows are there at a time.
pub(super) struct Cursor<I> {
    batches: I,
    /// How many of the columns are the key: the first ones.
    keys: usize,
    lanes: Vec<Lane>,
    /// Rows that are there, and the next one of them.
    len: usize,
    at: usize,
    /// Of the first row that is there.
    row: u64,
    first: Option<Key>,
    last: Option<Key>,
}

impl<I: Iterator<Item = duckdb::Result<RecordBatch>>> Cursor<I> {
    /// Walks through `batches`, whose first row has the number `row`.
    pub(super) fn new(batches: I, keys: usize, row: u64) -> Self {
        Self {
            batches,
            keys,
            lanes: Vec::new(),
            len: 0,
            at: 0,
            row,
            first: None,
            last: None,
        }
    }

    /// The first key and the last, once all rows have been seen.
    pub(super) fn ends(self) -> Option<(Key, Key)> {
        self.first.zip(self.last)
    }

    /// Sees to it that a row is there. False at the end.
    fn fill(&mut self) -> Result<bool, MergeError> {
        while self.at == self.len {
            let Some(batch) = self.batches.next() else {
                return Ok(false);
            };
            let batch = batch?;
            self.row += self.len as u64;
            (self.len, self.at) = (batch.num_rows(), 0);
            self.lanes.resize_with(batch.num_columns(), Lane::default);
            for (lane, array) in self.lanes.iter_mut().zip(batch.columns()) {
                *lane = std::mem::take(lane).with(array).ok_or_else(|| {
                    let ty = array.data_type();
                    EngineError::new(ErrorKind::Other, format!("{ty} cannot be compared"))
                })?;
            }
            if self.len > 0 {
                self.check_order()?;
            }
        }
        Ok(true)
    }

    /// Keys ascend, from the row before the first to the last.
    fn check_order(&mut self) -> Result<(), MergeError> {
        let keys = &self.lanes[..self.keys];
        let ascends = match keys {
            _ if keys.iter().any(Lane::has_nulls) => false,
            [
                Lane {
                    values: Values::Words(words),
                    ..
                },
            ] => ascend(words),
            keys => (1..self.len).all(|row| order(keys, row - 1, keys, row).is_lt()),
        };
        let first = key(keys, 0);
        if !ascends || self.last.as_ref().is_some_and(|last| *last >= first) {
            return Err(MergeError::OutOfOrder);
        }
        self.last = Some(key(keys, self.len - 1));
        self.first.get_or_insert(first);
        Ok(())
    }
}

/// Without a branch per pair, so that it is done several at a time.
fn ascend(words: &[u64]) -> bool {
    let pairs = words.iter().zip(&words[1..]);
    pairs.fold(true, |all, (a, b)| all & (a < b))
}

fn key(lanes: &[Lane], row: usize) -> Key {
    let part = |lane: &Lane| match &lane.values {
        Values::Words(words) => KeyPart::Word(words[row]),
        Values::Wide(values) => KeyPart::Wide(values[row]),
        Values::Bytes { .. } => KeyPart::Bytes(lane.bytes(row).to_vec()),
    };
    lanes.iter().map(part).collect()
}

fn order(a: &[Lane], i: usize, b: &[Lane], j: usize) -> Ordering {
    let parts = a.iter().zip(b).map(|(a, b)| lane::order(a, i, b, j));
    parts
        .into_iter()
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// How many of the next `n` rows have the same keys.
fn same_from(a: &[Lane], i: usize, b: &[Lane], j: usize, n: usize) -> usize {
    a.iter()
        .zip(b)
        .fold(n, |n, (a, b)| lane::same_from(a, i, b, j, n))
}

/// What was found next, in the order of the keys. Rows are counted within the
/// block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// `n` rows from `before` on and from `after` on have the same keys. They are
    /// the pairs from `pair` on.
    Both {
        before: usize,
        after: usize,
        n: usize,
        pair: usize,
    },
    Removed {
        before: usize,
        n: usize,
    },
    Added {
        after: usize,
        n: usize,
    },
}

/// Some rows of both sides, paired.
pub(super) struct Block<'b> {
    pub before: Window<'b>,
    pub after: Window<'b>,
    pub events: &'b [Event],
    /// How many rows are paired.
    pub pairs: usize,
}

/// Some rows of one side.
pub(super) struct Window<'b> {
    /// The compared columns.
    pub lanes: &'b [Lane],
    /// The rows of `lanes` that are meant.
    pub rows: Range<usize>,
    /// The number of the row that `lanes` begin with.
    pub first: u64,
}

/// Hands the rows of both sides to `each`, block after block.
///
/// # Errors
/// Of the engine, of `each`, and [`MergeError::OutOfOrder`].
pub(super) fn merge<A, B>(
    before: &mut Cursor<A>,
    after: &mut Cursor<B>,
    mut each: impl FnMut(&Block<'_>) -> Result<(), MergeError>,
) -> Result<(), MergeError>
where
    A: Iterator<Item = duckdb::Result<RecordBatch>>,
    B: Iterator<Item = duckdb::Result<RecordBatch>>,
{
    let mut events = Vec::new();
    loop {
        events.clear();
        let there = (before.fill()?, after.fill()?);
        let (from, other_from) = (before.at, after.at);
        let pairs = match there {
            (false, false) => return Ok(()),
            (true, false) => {
                let n = before.len - before.at;
                events.push(Event::Removed { before: from, n });
                before.at = before.len;
                0
            }
            (false, true) => {
                let n = after.len - after.at;
                events.push(Event::Added {
                    after: other_from,
                    n,
                });
                after.at = after.len;
                0
            }
            (true, true) => pair_up(before, after, &mut events),
        };
        each(&Block {
            before: Window {
                lanes: before.lanes.get(before.keys..).unwrap_or_default(),
                rows: from..before.at,
                first: before.row,
            },
            after: Window {
                lanes: after.lanes.get(after.keys..).unwrap_or_default(),
                rows: other_from..after.at,
                first: after.row,
            },
            events: &events,
            pairs,
        })?;
    }
}

/// Pairs rows until one side has none left that is there. Returns how many pairs
/// there are.
fn pair_up<A, B>(before: &mut Cursor<A>, after: &mut Cursor<B>, events: &mut Vec<Event>) -> usize {
    let a = &before.lanes[..before.keys];
    let b = &after.lanes[..after.keys];
    let (mut i, mut j, mut pairs) = (before.at, after.at, 0);
    while i < before.len && j < after.len {
        let n = same_from(a, i, b, j, (before.len - i).min(after.len - j));
        if n > 0 {
            events.push(Event::Both {
                before: i,
                after: j,
                n,
                pair: pairs,
            });
            (i, j, pairs) = (i + n, j + n, pairs + n);
            continue;
        }
        if order(a, i, b, j).is_lt() {
            match events.last_mut() {
                Some(Event::Removed { n, .. }) => *n += 1,
                _ => events.push(Event::Removed { before: i, n: 1 }),
            }
            i += 1;
        } else {
            match events.last_mut() {
                Some(Event::Added { n, .. }) => *n += 1,
                _ => events.push(Event::Added { after: j, n: 1 }),
            }
            j += 1;
        }
    }
    (before.at, after.at) = (i, j);
    pairs
}
