//! How the values of a column are spread: exact, in one pass and a few kilobytes,
//! but for quartiles of many distinct values, which need another pass over a
//! small part of them (`quartiles.rs`).

use std::ops::Range;

use super::lane::{Domain, Lane, NAN, Values, float, float_word, signed_word};
use crate::model::difference::{Figure, Spread};

/// Values are counted in so many buckets of equal width.
pub(super) const BUCKETS: u64 = 4096;

/// Words from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub low: u64,
    pub high: u64,
}

impl Span {
    pub(super) const ALL: Self = Self {
        low: 0,
        high: u64::MAX,
    };

    /// How far words are shifted so that the span has no more than [`BUCKETS`].
    pub(super) fn shift(self) -> u32 {
        let bits = u64::BITS - (self.high - self.low).leading_zeros();
        bits.saturating_sub(BUCKETS.ilog2())
    }
}

/// One column of one side, as far as it was seen.
#[derive(Debug, Clone)]
pub(super) struct SpreadSoFar {
    domain: Domain,
    /// Wide numbers are taken for floating ones: divided by this.
    unit: f64,
    low: u64,
    shift: u32,
    /// Below `low`, the buckets from there on, and above them.
    buckets: Vec<u64>,
    values: u64,
    nulls: u64,
    nans: u64,
    seen: Option<Span>,
    /// Of words that stand for whole numbers.
    sum: u128,
    /// Of floating numbers, of each range that is done.
    sums: Vec<(usize, f64)>,
    open: Compensated,
}

impl SpreadSoFar {
    /// Nothing so far of a column whose values probably lie in `expected`.
    pub(super) fn new(domain: Domain, is_wide: bool, expected: Span) -> Self {
        Self {
            domain: if is_wide { Domain::Float } else { domain },
            unit: domain.unit(),
            low: expected.low,
            shift: expected.shift(),
            buckets: vec![0; BUCKETS as usize + 2],
            values: 0,
            nulls: 0,
            nans: 0,
            seen: None,
            sum: 0,
            sums: Vec::new(),
            open: Compensated::default(),
        }
    }

    /// Counts some rows of a column.
    pub(super) fn add(&mut self, lane: &Lane, rows: Range<usize>) {
        let valid = lane.valid.as_ref().map(|valid| &valid[rows.clone()]);
        match (&lane.values, valid) {
            (Values::Words(words), None) => self.words(&words[rows]),
            (Values::Words(words), Some(valid)) => {
                let kept = words[rows].iter().zip(valid).filter(|(_, valid)| **valid);
                let kept: Vec<u64> = kept.map(|(word, _)| *word).collect();
                self.nulls += (valid.len() - kept.len()) as u64;
                self.words(&kept);
            }
            (Values::Wide(values), valid) => {
                let is_valid = |at: usize| valid.is_none_or(|valid| valid[at]);
                let kept = values[rows].iter().enumerate();
                let all = kept.len();
                let kept: Vec<u64> = kept
                    .filter(|(at, _)| is_valid(*at))
                    .map(|(_, value)| wide_word(*value, self.unit))
                    .collect();
                self.nulls += (all - kept.len()) as u64;
                self.words(&kept);
            }
            (Values::Bytes { .. }, _) => {}
        }
    }

    fn words(&mut self, words: &[u64]) {
        if self.domain == Domain::Float {
            return self.floats(words);
        }
        let mut sum = 0u128;
        for word in words {
            sum += u128::from(*word);
        }
        self.sum += sum;
        self.count(words);
    }

    fn floats(&mut self, words: &[u64]) {
        let numbers: Vec<u64>;
        let words = if words.contains(&NAN) {
            numbers = words.iter().copied().filter(|w| *w != NAN).collect();
            self.nans += (words.len() - numbers.len()) as u64;
            &numbers
        } else {
            words
        };
        self.open.add(words.iter().map(|word| float(*word)).sum());
        self.count(words);
    }

    fn count(&mut self, words: &[u64]) {
        let Some(first) = words.first() else { return };
        self.values += words.len() as u64;
        let seen = self.seen.get_or_insert(Span {
            low: *first,
            high: *first,
        });
        for word in words {
            seen.low = seen.low.min(*word);
            seen.high = seen.high.max(*word);
        }
        for word in words {
            let at = if *word < self.low {
                0
            } else {
                1 + ((word - self.low) >> self.shift).min(BUCKETS)
            };
            self.buckets[at as usize] += 1;
        }
    }

    /// Says that the rows of a range have all been counted.
    pub(super) fn end_range(&mut self, range: usize) {
        let sum = std::mem::take(&mut self.open).total();
        if self.domain == Domain::Float {
            self.sums.push((range, sum));
        }
    }

    /// Counts what somebody else counted of other ranges.
    pub(super) fn join(&mut self, other: Self) {
        for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *own += more;
        }
        self.values += other.values;
        self.nulls += other.nulls;
        self.nans += other.nans;
        self.sum += other.sum;
        self.sums.extend(other.sums);
        self.seen = match (self.seen, other.seen) {
            (Some(a), Some(b)) => Some(Span {
                low: a.low.min(b.low),
                high: a.high.max(b.high),
            }),
            (a, b) => a.or(b),
        };
    }

    /// The places of the quartiles among the sorted values: each lies a share of
    /// the way from one place to the next.
    pub(super) fn places(&self) -> [(u64, f64); 3] {
        let of = |share: f64| {
            let n = self.values;
            if self.domain.is_number() {
                let place = (n.saturating_sub(1)) as f64 * share;
                (place.floor() as u64, place.fract())
            } else {
                ((n as f64 * share).ceil().max(1.0) as u64 - 1, 0.0)
            }
        };
        [0.25, 0.5, 0.75].map(of)
    }

    /// The bucket in which the value at `place` lies: the words it may be, how
    /// many values lie in it, and the place among them.
    pub(super) fn bucket_of(&self, place: u64) -> Option<(Span, u64, u64)> {
        let seen = self.seen?;
        let mut before = 0;
        let at = self.buckets.iter().position(|count| {
            before += count;
            before > place
        })?;
        let count = self.buckets[at];
        let begin = |at: u64| self.low.checked_add(at.checked_shl(self.shift)?);
        let span = match at as u64 {
            0 => Span {
                low: 0,
                high: self.low.saturating_sub(1),
            },
            at => Span {
                low: begin(at - 1).unwrap_or(u64::MAX),
                high: if at > BUCKETS {
                    u64::MAX
                } else {
                    begin(at).map_or(u64::MAX, |next| next - 1)
                },
            },
        };
        let span = Span {
            low: span.low.max(seen.low),
            high: span.high.min(seen.high),
        };
        Some((span, count, place - (before - count)))
    }

    /// The words of a lane as this counts them.
    pub(super) fn unit(&self) -> f64 {
        self.unit
    }

    /// What came of it. `quartiles` are the words at [`SpreadSoFar::places`] and
    /// behind them.
    pub(super) fn finish(&self, quartiles: Option<[(u64, u64); 3]>) -> Spread {
        let figure = |word| self.domain.figure(word);
        let quartile = |at: usize, (one, next): (u64, u64)| {
            let share = self.places()[at].1;
            if share == 0.0 || one == next {
                return figure(one);
            }
            match (figure(one).number(), figure(next).number()) {
                (Some(one), Some(next)) => Figure::Float(one * (1.0 - share) + next * share),
                _ => figure(one),
            }
        };
        Spread {
            values: self.values,
            nulls: self.nulls,
            nans: self.nans,
            mean: self.mean(),
            min: self.seen.map(|seen| figure(seen.low)),
            quartiles: quartiles.map(|q| [quartile(0, q[0]), quartile(1, q[1]), quartile(2, q[2])]),
            max: self.seen.map(|seen| figure(seen.high)),
        }
    }

    fn mean(&self) -> Option<Figure> {
        if self.values == 0 {
            return None;
        }
        let n = self.values;
        // Of the numbers that the words stand for: all words are shifted by the
        // same, so their sum can be shifted back.
        let shift = if self.domain == Domain::Unsigned {
            0
        } else {
            1u128 << 63
        };
        let sum = self.sum as i128 - (u128::from(n) * shift) as i128;
        Some(match self.domain {
            Domain::Float => {
                let mut sums = self.sums.clone();
                sums.sort_by_key(|(range, _)| *range);
                let mut total = Compensated::default();
                sums.iter().for_each(|(_, sum)| total.add(*sum));
                Figure::Float(total.total() / n as f64)
            }
            Domain::Decimal { scale } => {
                Figure::Float(sum as f64 / n as f64 / 10f64.powi(scale.into()))
            }
            Domain::Date | Domain::Timestamp { .. } => {
                let mean = sum.div_euclid(n.into()) as i64;
                self.domain.figure(signed_word(mean))
            }
            _ => Figure::Float(sum as f64 / n as f64),
        })
    }
}

/// A wide number as a word of a floating one.
pub(super) fn wide_word(value: i128, unit: f64) -> u64 {
    float_word(value as f64 / unit)
}

/// A sum of floating numbers that keeps what rounding takes away.
#[derive(Debug, Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        if sum.is_finite() {
            self.lost += if self.sum.abs() >= value.abs() {
                (self.sum - sum) + value
            } else {
                (value - sum) + self.sum
            };
        }
        self.sum = sum;
    }

    fn total(self) -> f64 {
        self.sum + self.lost
    }
}
