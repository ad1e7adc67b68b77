//! Values at places among the sorted ones, where the first pass only knows
//! between which two words they lie.

use super::buckets::{BUCKETS, Span};
use super::lane::{Lane, Values};
use super::spread::{SpreadSoFar, wide_word};

/// So many values are collected and sorted; more are counted in buckets again.
const COLLECTED: u64 = 1 << 18;

/// For each quartile the word at its place, and the one behind it.
pub(super) type Quartiles = [(u64, u64); 3];

/// What is looked for in the columns of one side.
pub(super) struct Search {
    hunts: Vec<Hunt>,
    /// Of each column, as far as they are known: two words per quartile.
    words: Vec<[Option<u64>; 6]>,
}

/// Values of a column that lie in a span.
struct Hunt {
    column: usize,
    unit: f64,
    span: Span,
    /// Which of the six words, and the place of its value in the span.
    asked: Vec<(usize, u64)>,
    found: Found,
}

enum Found {
    Words(Vec<u64>),
    Counts { shift: u32, buckets: Vec<u64> },
}

impl Search {
    /// Whether a pass over these columns is needed, and over which.
    pub(super) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.hunts.iter().map(|hunt| hunt.column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Looks for the quartiles of columns of which so much is known.
    pub(super) fn of(spreads: &[Option<SpreadSoFar>]) -> Self {
        let mut search = Self {
            hunts: Vec::new(),
            words: vec![[None; 6]; spreads.len()],
        };
        for (column, spread) in spreads.iter().enumerate() {
            let Some(spread) = spread else { continue };
            for (quartile, (place, share)) in spread.places().into_iter().enumerate() {
                for (slot, place) in [(0, place), (1, place + u64::from(share > 0.0))] {
                    if let Some((span, count, within)) = spread.at(place) {
                        let asked = (2 * quartile + slot, within);
                        search.ask(column, spread.unit(), span, count, asked);
                    }
                }
            }
        }
        search
    }

    fn ask(&mut self, column: usize, unit: f64, span: Span, count: u64, asked: (usize, u64)) {
        if span.low == span.high {
            self.words[column][asked.0] = Some(span.low);
            return;
        }
        let known = self
            .hunts
            .iter_mut()
            .find(|hunt| hunt.column == column && hunt.span == span);
        match known {
            Some(hunt) => hunt.asked.push(asked),
            None => self.hunts.push(Hunt {
                column,
                unit,
                span,
                asked: vec![asked],
                found: if count <= COLLECTED {
                    Found::Words(Vec::new())
                } else {
                    Found::Counts {
                        shift: span.shift(),
                        buckets: vec![0; BUCKETS as usize],
                    }
                },
            }),
        }
    }

    /// Looks at some rows of a column.
    pub(super) fn look(&mut self, column: usize, lane: &Lane) {
        for hunt in &mut self.hunts {
            if hunt.column == column {
                hunt.look(lane);
            }
        }
    }

    /// Ends a pass: what was looked for is known, or narrowed down.
    pub(super) fn end_pass(&mut self) {
        for hunt in std::mem::take(&mut self.hunts) {
            match hunt.found {
                Found::Words(mut words) => {
                    words.sort_unstable();
                    for (slot, place) in hunt.asked {
                        self.words[hunt.column][slot] = words.get(place as usize).copied();
                    }
                }
                Found::Counts { shift, buckets } => {
                    for (slot, place) in hunt.asked {
                        let mut before = 0;
                        let at = buckets.iter().position(|count| {
                            before += count;
                            before > place
                        });
                        let Some(at) = at else { continue };
                        let low = hunt.span.low + ((at as u64) << shift);
                        let span = Span {
                            low,
                            high: hunt.span.high.min(low + ((1 << shift) - 1)),
                        };
                        let place = place - (before - buckets[at]);
                        self.ask(hunt.column, hunt.unit, span, buckets[at], (slot, place));
                    }
                }
            }
        }
    }

    /// The quartiles of a column, once nothing is looked for any more.
    pub(super) fn quartiles(&self, column: usize) -> Option<Quartiles> {
        let word = |slot: usize| self.words[column][slot];
        let pair = |quartile: usize| Some((word(2 * quartile)?, word(2 * quartile + 1)?));
        Some([pair(0)?, pair(1)?, pair(2)?])
    }
}

impl Hunt {
    fn look(&mut self, lane: &Lane) {
        let is_valid = |at: usize| lane.valid.as_ref().is_none_or(|valid| valid[at]);
        match &lane.values {
            Values::Words(words) => {
                for (at, word) in words.iter().enumerate() {
                    if self.holds(*word) && is_valid(at) {
                        self.take(*word);
                    }
                }
            }
            Values::Wide(values) => {
                for (at, value) in values.iter().enumerate() {
                    let word = wide_word(*value, self.unit);
                    if self.holds(word) && is_valid(at) {
                        self.take(word);
                    }
                }
            }
            Values::Bytes { .. } => {}
        }
    }

    fn holds(&self, word: u64) -> bool {
        word.wrapping_sub(self.span.low) <= self.span.high - self.span.low
    }

    fn take(&mut self, word: u64) {
        match &mut self.found {
            Found::Words(words) => words.push(word),
            Found::Counts { shift, buckets } => {
                buckets[((word - self.span.low) >> *shift) as usize] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::buckets::Guess;
    use super::super::word::{Domain, float_word, signed_word};
    use super::*;
    use proptest::prelude::*;

    /// The quartiles, found in as many passes as it takes.
    fn found(domain: Domain, words: Vec<u64>, expected: Span, guess: &Guess) -> Option<Quartiles> {
        let lane = Lane {
            values: Values::Words(words),
            valid: None,
        };
        let Values::Words(words) = &lane.values else {
            return None;
        };
        let mut spread = SpreadSoFar::new(domain, false, expected, guess);
        spread.add(&lane, 0..words.len());
        spread.end();
        let mut search = Search::of(&[Some(spread)]);
        while !search.columns().is_empty() {
            search.look(0, &lane);
            search.end_pass();
        }
        search.quartiles(0)
    }

    fn sorted(domain: Domain, mut words: Vec<u64>) -> Quartiles {
        words.sort_unstable();
        let spread = {
            let mut spread = SpreadSoFar::new(domain, false, Span::ALL, &Guess::default());
            let lane = Lane {
                values: Values::Words(words.clone()),
                valid: None,
            };
            spread.add(&lane, 0..words.len());
            spread
        };
        spread.places().map(|(place, share)| {
            let next = place + u64::from(share > 0.0);
            (words[place as usize], words[next as usize])
        })
    }

    proptest! {
        #[test]
        fn quartiles_are_those_of_the_sorted_values(
            values in prop::collection::vec(prop_oneof![any::<i64>(), -5..5i64], 1..300),
            low in any::<i64>(),
            width in 0..1_000_000u64,
        ) {
            let words: Vec<u64> = values.iter().map(|v| signed_word(*v)).collect();
            let low = signed_word(low);
            let expected = Span { low, high: low.saturating_add(width) };
            for domain in [Domain::Signed, Domain::Date] {
                prop_assert_eq!(
                    found(domain, words.clone(), expected, &Guess::default()),
                    Some(sorted(domain, words.clone()))
                );
            }
        }
    }

    #[test]
    fn a_guess_helps_or_is_not_believed() {
        let values: Vec<u64> = (0..50_000u64)
            .map(|n| signed_word((n * 7919 % 9973) as i64))
            .collect();
        let expected = Span {
            low: signed_word(-100),
            high: signed_word(20_000),
        };
        let far: Vec<u64> = values.iter().map(|word| word + 5_000).collect();
        for sample in [values.clone(), far] {
            let guess = Guess::from(sample, 50_000, 1);
            for domain in [Domain::Signed, Domain::Date] {
                assert_eq!(
                    found(domain, values.clone(), expected, &guess),
                    Some(sorted(domain, values.clone()))
                );
            }
        }
    }

    #[test]
    fn many_equal_and_many_distinct_values_need_more_passes() {
        // More than are collected, all in one bucket of the first pass.
        let values = (0..COLLECTED * 3).map(|n| 1.0 + (n * 7919 % 1_000_003) as f64 / 1e9);
        let words: Vec<u64> = values.chain([0.0, 1e300]).map(float_word).collect();
        assert_eq!(
            found(Domain::Float, words.clone(), Span::ALL, &Guess::default()),
            Some(sorted(Domain::Float, words))
        );
    }
}
