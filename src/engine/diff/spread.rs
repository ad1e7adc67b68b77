//! How the values of a column are spread: exact, in one pass and a few kilobytes,
//! but for quartiles of many distinct values, which need another pass over a
//! small part of them (`quartiles.rs`).

use std::ops::Range;

use super::buckets::{Buckets, Guess, Span};
use super::lane::{Lane, Values};
use super::word::{Domain, NAN, float, float_word, signed_word};
use crate::model::difference::{Figure, Spread};

/// One column of one side, as far as it was seen.
#[derive(Debug, Clone)]
pub(super) struct SpreadSoFar {
    domain: Domain,
    /// Wide numbers are taken for floating ones: divided by this.
    unit: f64,
    buckets: Buckets,
    values: u64,
    nulls: u64,
    nans: u64,
    seen: Option<Span>,
    /// Of words that stand for whole numbers.
    sum: u128,
    /// Of floating numbers, of each range that is done.
    sums: Vec<(usize, f64)>,
    open: Compensated,
    /// Words of rows some of which are NULL.
    whole: Vec<u64>,
}

impl SpreadSoFar {
    /// Nothing so far of a column whose values probably lie in `expected`.
    pub(super) fn new(domain: Domain, is_wide: bool, expected: Span, guess: &Guess) -> Self {
        Self {
            domain: if is_wide { Domain::Float } else { domain },
            unit: domain.unit(),
            buckets: Buckets::over(expected, guess),
            values: 0,
            nulls: 0,
            nans: 0,
            seen: None,
            sum: 0,
            sums: Vec::new(),
            open: Compensated::default(),
            whole: Vec::new(),
        }
    }

    /// Counts some rows of a column.
    pub(super) fn add(&mut self, lane: &Lane, rows: Range<usize>) {
        let valid = lane.valid.as_ref().map(|valid| &valid[rows.clone()]);
        let all = rows.len();
        let mut whole = std::mem::take(&mut self.whole);
        whole.clear();
        let words = match (&lane.values, valid) {
            (Values::Words(words), None) => &words[rows],
            (Values::Words(words), Some(valid)) => {
                let kept = words[rows].iter().zip(valid).filter(|(_, valid)| **valid);
                whole.extend(kept.map(|(word, _)| *word));
                &whole
            }
            (Values::Wide(values), valid) => {
                let is_valid = |at: usize| valid.is_none_or(|valid| valid[at]);
                let kept = values[rows].iter().enumerate();
                let kept = kept.filter(|(at, _)| is_valid(*at));
                whole.extend(kept.map(|(_, value)| wide_word(*value, self.unit)));
                &whole
            }
            (Values::Bytes { .. }, _) => return,
        };
        self.nulls += (all - words.len()) as u64;
        if self.domain == Domain::Float {
            self.floats(words);
        } else {
            self.count(words);
        }
        self.whole = whole;
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
        self.values += words.len() as u64;
        if self.domain != Domain::Float && self.buckets.are_exact() {
            // The buckets will tell the rest.
            let (sum, seen) = (&mut self.sum, &mut self.seen);
            self.buckets.add_exact(words, |word| {
                *sum += u128::from(word);
                see(seen, word);
            });
            return;
        }
        self.buckets.add(words);
        let Some(first) = words.first() else { return };
        let (mut low, mut high, mut sum) = (*first, *first, 0u128);
        for word in words {
            low = low.min(*word);
            high = high.max(*word);
            sum += u128::from(*word);
        }
        self.sum += sum;
        see(&mut self.seen, low);
        see(&mut self.seen, high);
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
        self.values += other.values;
        self.nulls += other.nulls;
        self.nans += other.nans;
        self.sum += other.sum;
        self.sums.extend(other.sums);
        if let Some(seen) = other.seen {
            see(&mut self.seen, seen.low);
            see(&mut self.seen, seen.high);
        }
        self.buckets.join(other.buckets);
    }

    /// Says that all rows have been counted.
    pub(super) fn end(&mut self) {
        let is_counted = self.domain == Domain::Float;
        let (sum, seen) = (&mut self.sum, &mut self.seen);
        self.buckets.end(|word, count| {
            if !is_counted {
                *sum += u128::from(word) * u128::from(count);
                see(seen, word);
            }
        });
    }

    /// What is known of the value at a place: the words it may be, how many values
    /// are among these, and the place among them.
    pub(super) fn at(&self, place: u64) -> Option<(Span, u64, u64)> {
        let seen = self.seen?;
        let (span, count, place) = self.buckets.at(place)?;
        let span = Span {
            low: span.low.max(seen.low),
            high: span.high.min(seen.high),
        };
        Some((span, count, place))
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

    /// What wide numbers are divided by.
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

fn see(seen: &mut Option<Span>, word: u64) {
    let seen = seen.get_or_insert(Span {
        low: word,
        high: word,
    });
    seen.low = seen.low.min(word);
    seen.high = seen.high.max(word);
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
