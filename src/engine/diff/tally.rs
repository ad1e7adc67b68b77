//! What is counted while two sides are walked through.

use std::collections::HashMap;

use super::buckets::{Guess, Span};
use super::lane::{self, Lane, Tolerance, Values};
use super::merge::{Block, Event};
use super::spread::SpreadSoFar;
use super::texts::Texts;
use super::word::Domain;
use crate::model::difference::{Beside, Pair, RowCounts};

/// More combinations of columns that changed together are not kept apart.
const COMBINATIONS: usize = 4096;

/// A compared column, as it is counted.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub domain: Domain,
    /// Its numbers need more than 64 bits.
    pub is_wide: bool,
    /// Where its values probably lie on each side.
    pub expected: Pair<Span>,
    /// Where its quartiles probably lie on both.
    pub guess: Guess,
    pub tolerance: Option<f64>,
}

/// Which columns differ in each pair of a block: a bit per column, in planes of 64
/// columns.
#[derive(Debug, Default)]
pub(super) struct Masks {
    planes: Vec<Vec<u64>>,
}

impl Masks {
    /// Compares all pairs of a block.
    pub(super) fn compare(&mut self, block: &Block<'_>, columns: &[Counted]) {
        self.planes
            .resize_with(columns.len().div_ceil(64), Vec::new);
        for plane in &mut self.planes {
            plane.clear();
            plane.resize(block.pairs, 0);
        }
        for (at, column) in columns.iter().enumerate() {
            let tolerance = Tolerance::of(column.domain, column.tolerance);
            let (before, after) = (&block.before.lanes, &block.after.lanes);
            for event in block.events {
                let Event::Both {
                    before: i,
                    after: j,
                    n,
                    pair,
                } = *event
                else {
                    continue;
                };
                lane::mark_differences(
                    (&before[at], i),
                    (&after[at], j),
                    1 << (at % 64),
                    &mut self.planes[at / 64][pair..pair + n],
                    tolerance,
                );
            }
        }
    }

    /// Whether any column of a pair differs.
    pub(super) fn is_changed(&self, pair: usize) -> bool {
        self.planes.iter().any(|plane| plane[pair] != 0)
    }

    /// The columns of a pair that differ.
    pub(super) fn columns(&self, pair: usize) -> impl Iterator<Item = usize> {
        let planes = self.planes.iter().enumerate();
        planes.flat_map(move |(at, plane)| {
            let mut bits = plane[pair];
            std::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(at * 64 + bit)
            })
        })
    }

    fn only_plane(&self) -> Option<&[u64]> {
        match self.planes.as_slice() {
            [plane] => Some(plane),
            _ => None,
        }
    }
}

/// Counts so far.
pub(super) struct Tally {
    pub rows: RowCounts,
    /// Per column.
    pub changed: Vec<u64>,
    pub texts: Vec<Option<Texts>>,
    pub spreads: Pair<Vec<Option<SpreadSoFar>>>,
    /// Rows per combination of columns that changed; None if there are too many.
    combinations: Option<HashMap<u64, u64>>,
    columns: Vec<Counted>,
    masks: Masks,
}

impl Tally {
    /// Nothing so far. With `moved` it is also counted how values moved as a whole.
    pub(super) fn new(columns: &[Counted], moved: bool) -> Self {
        let spreads = |side: fn(&Pair<Span>) -> Span| -> Vec<Option<SpreadSoFar>> {
            let spread = |c: &Counted| {
                let is_spread = moved && c.domain.is_spread();
                let expected = side(&c.expected);
                is_spread.then(|| SpreadSoFar::new(c.domain, c.is_wide, expected, &c.guess))
            };
            columns.iter().map(spread).collect()
        };
        let texts = |c: &Counted| {
            let is_text = matches!(c.domain, Domain::Text | Domain::Boolean);
            (moved && is_text).then(Texts::default)
        };
        Self {
            rows: RowCounts::default(),
            changed: vec![0; columns.len()],
            texts: columns.iter().map(texts).collect(),
            spreads: Pair::new(spreads(|e| e.before), spreads(|e| e.after)),
            combinations: (columns.len() <= 64).then(HashMap::new),
            columns: columns.to_vec(),
            masks: Masks::default(),
        }
    }

    /// Counts a block. Returns which columns differ in its pairs.
    pub(super) fn add(&mut self, block: &Block<'_>) -> &Masks {
        self.masks.compare(block, &self.columns);
        let mut changed = 0;
        let mut last = (0, 0);
        for event in block.events {
            match *event {
                Event::Both {
                    before,
                    after,
                    n,
                    pair,
                } => {
                    for k in 0..n {
                        if self.masks.is_changed(pair + k) {
                            changed += 1;
                            self.pair(block, before + k, after + k, pair + k, &mut last);
                        }
                    }
                }
                Event::Removed { before, n } => {
                    self.rows.removed += n as u64;
                    self.texts_of(block.before.lanes, before..before + n, -1);
                }
                Event::Added { after, n } => {
                    self.rows.added += n as u64;
                    self.texts_of(block.after.lanes, after..after + n, 1);
                }
            }
        }
        self.note(last);
        self.rows.changed += changed;
        self.rows.unchanged += block.pairs as u64 - changed;
        let sides = [
            (&block.before, &mut self.spreads.before),
            (&block.after, &mut self.spreads.after),
        ];
        for (window, spreads) in sides {
            for (lane, spread) in window.lanes.iter().zip(spreads) {
                if let Some(spread) = spread {
                    spread.add(lane, window.rows.clone());
                }
            }
        }
        &self.masks
    }

    /// Counts a pair of which some columns differ. `last` is the combination of
    /// the pair before, and how often it came in a row.
    fn pair(&mut self, block: &Block<'_>, i: usize, j: usize, pair: usize, last: &mut (u64, u64)) {
        for column in self.masks.columns(pair) {
            self.changed[column] += 1;
            if let Some(texts) = &mut self.texts[column] {
                texts.note(text(&block.before.lanes[column], i), -1);
                texts.note(text(&block.after.lanes[column], j), 1);
            }
        }
        let Some(plane) = self.masks.only_plane() else {
            return;
        };
        if plane[pair] == last.0 {
            last.1 += 1;
        } else {
            let ended = std::mem::replace(last, (plane[pair], 1));
            self.note(ended);
        }
    }

    fn note(&mut self, (combination, rows): (u64, u64)) {
        let Some(known) = self.combinations.as_mut().filter(|_| rows > 0) else {
            return;
        };
        *known.entry(combination).or_default() += rows;
        if known.len() > COMBINATIONS {
            self.combinations = None;
        }
    }

    fn texts_of(&mut self, lanes: &[Lane], rows: std::ops::Range<usize>, by: i64) {
        for (lane, texts) in lanes.iter().zip(&mut self.texts) {
            let Some(texts) = texts else { continue };
            for row in rows.clone() {
                texts.note(text(lane, row), by);
            }
        }
    }

    /// Says that the rows of a range have all been counted.
    pub(super) fn end_range(&mut self, range: usize) {
        self.each_spread(|spread| spread.end_range(range));
    }

    /// Says that all rows have been counted.
    pub(super) fn end(&mut self) {
        self.each_spread(SpreadSoFar::end);
    }

    fn each_spread(&mut self, each: impl Fn(&mut SpreadSoFar)) {
        for spreads in [&mut self.spreads.before, &mut self.spreads.after] {
            spreads.iter_mut().flatten().for_each(&each);
        }
    }

    /// Counts what somebody else counted of other ranges.
    pub(super) fn join(&mut self, other: Self) {
        self.rows.added += other.rows.added;
        self.rows.removed += other.rows.removed;
        self.rows.changed += other.rows.changed;
        self.rows.unchanged += other.rows.unchanged;
        for (own, more) in self.changed.iter_mut().zip(other.changed) {
            *own += more;
        }
        for (own, more) in self.texts.iter_mut().zip(other.texts) {
            if let (Some(own), Some(more)) = (own, more) {
                own.join(more);
            }
        }
        let sides = [
            (&mut self.spreads.before, other.spreads.before),
            (&mut self.spreads.after, other.spreads.after),
        ];
        for (own, more) in sides {
            for (own, more) in own.iter_mut().zip(more) {
                if let (Some(own), Some(more)) = (own, more) {
                    own.join(more);
                }
            }
        }
        match other.combinations {
            Some(more) => more.into_iter().for_each(|one| self.note(one)),
            None => self.combinations = None,
        }
    }

    /// What is left beside the columns that changed in more than half of the rows.
    pub(super) fn beside(&self) -> Option<Beside> {
        let both = self.rows.changed + self.rows.unchanged;
        let in_most = |at: &usize| self.changed[*at] * 2 > both;
        let columns: Vec<usize> = (0..self.changed.len()).filter(in_most).collect();
        let combinations = self.combinations.as_ref()?;
        if columns.is_empty() {
            return None;
        }
        let most = columns.iter().fold(0, |bits, at| bits | 1u64 << at);
        let others = combinations.iter().filter(|(bits, _)| *bits & !most != 0);
        Some(Beside {
            columns,
            changed: others.map(|(_, rows)| rows).sum(),
        })
    }
}

/// A value as text; None if it is NULL.
fn text(lane: &Lane, row: usize) -> Option<&[u8]> {
    lane.is_valid(row).then(|| match &lane.values {
        Values::Words(words) if words[row] == 0 => b"false".as_slice(),
        Values::Words(_) => b"true",
        _ => lane.bytes(row),
    })
}
