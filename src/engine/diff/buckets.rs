//! Words, counted by where they lie. Those that probably lie where a quartile is
//! are collected, so that most often no second walk is needed to know the
//! quartiles. If that was guessed wrong it costs the walk, and nothing else.

/// Values are counted in so many buckets of equal width.
pub(super) const BUCKETS: u64 = 4096;
/// Before and behind them there is one more.
const ALL: usize = BUCKETS as usize + 2;
/// All words that are collected on a walk take about so many bytes.
const BYTES: usize = 48 << 20;
/// So large a share of the values is collected to either side of a quartile.
const MARGIN: f64 = 0.012;

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

    fn one(word: u64) -> Self {
        Self {
            low: word,
            high: word,
        }
    }
}

/// Where the quartiles of a column probably lie, and how many words may be
/// collected.
#[derive(Debug, Clone, Default)]
pub(super) struct Guess {
    spans: Vec<Span>,
    most: usize,
}

impl Guess {
    /// From a sample of `rows` values. `columns` share the memory.
    pub(super) fn from(mut sample: Vec<u64>, rows: u64, columns: usize) -> Self {
        /// A sample of fewer says too little.
        const FEWEST: usize = 4096;
        if sample.len() < FEWEST {
            return Self::default();
        }
        sample.sort_unstable();
        let most = BYTES / size_of::<u64>() / (columns.max(1) * 2);
        let margin = MARGIN.min(most as f64 / rows as f64 / 12.0);
        let last = sample.len() - 1;
        let at = |share: f64| sample[((last as f64 * share) as usize).min(last)];
        let span = |share: f64| Span {
            low: at(share - margin),
            high: at(share + margin),
        };
        Self {
            spans: [0.25, 0.5, 0.75].map(span).into(),
            most,
        }
    }
}

/// Words, counted by where they lie.
#[derive(Debug, Clone)]
pub(super) struct Buckets {
    low: u64,
    shift: u32,
    /// Below `low`, [`BUCKETS`] from there on, and above them.
    counts: Vec<u64>,
    /// Buckets whose words are collected.
    wanted: Vec<bool>,
    most: usize,
    words: Vec<u64>,
    /// Words that were collected before, sorted, and how often.
    runs: Vec<(u64, u64)>,
}

impl Buckets {
    /// Buckets for words that probably lie in `expected`.
    pub(super) fn over(expected: Span, guess: &Guess) -> Self {
        let mut buckets = Self {
            low: expected.low,
            shift: expected.shift(),
            counts: vec![0; ALL],
            wanted: vec![false; ALL],
            most: guess.most,
            words: Vec::new(),
            runs: Vec::new(),
        };
        for span in &guess.spans {
            let (first, last) = (buckets.place(span.low), buckets.place(span.high));
            buckets.wanted[first..=last].fill(true);
        }
        buckets
    }

    /// Whether every expected word has a bucket of its own.
    pub(super) fn are_exact(&self) -> bool {
        self.shift == 0
    }

    /// The bucket of a word.
    pub(super) fn place(&self, word: u64) -> usize {
        if word < self.low {
            0
        } else {
            1 + ((word - self.low) >> self.shift).min(BUCKETS) as usize
        }
    }

    /// Counts words that each have a bucket of their own; the others go to `rest`.
    pub(super) fn add_exact(&mut self, words: &[u64], mut rest: impl FnMut(u64)) {
        for word in words {
            let at = word.wrapping_sub(self.low);
            if at < BUCKETS {
                self.counts[1 + at as usize] += 1;
            } else {
                let at = self.place(*word);
                self.counts[at] += 1;
                rest(*word);
            }
        }
    }

    /// Counts words.
    pub(super) fn add(&mut self, words: &[u64]) {
        for word in words {
            let at = self.place(*word);
            self.counts[at] += 1;
            if self.wanted[at] {
                self.words.push(*word);
            }
        }
        if self.words.len() > self.most {
            self.pack();
        }
    }

    /// Sorts what was collected, equal words together. If that is too much, no
    /// more is collected.
    fn pack(&mut self) {
        let mut all = std::mem::take(&mut self.runs);
        all.extend(self.words.drain(..).map(|word| (word, 1)));
        all.sort_unstable_by_key(|(word, _)| *word);
        for (word, n) in all {
            match self.runs.last_mut() {
                Some((last, count)) if *last == word => *count += n,
                _ => self.runs.push((word, n)),
            }
        }
        if self.runs.len() > self.most / 2 {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.wanted.fill(false);
        (self.words, self.runs) = (Vec::new(), Vec::new());
    }

    /// Counts what somebody else counted in the same buckets.
    pub(super) fn join(&mut self, other: Self) {
        for (own, more) in self.counts.iter_mut().zip(other.counts) {
            *own += more;
        }
        self.words.extend(other.words);
        self.runs.extend(other.runs);
        // Of a bucket all words are there, or none can be used.
        if self.wanted != other.wanted {
            self.give_up();
        }
    }

    /// Says that all words were counted. Hands each that has a bucket of its own
    /// to `each`, with how often it came.
    pub(super) fn end(&mut self, mut each: impl FnMut(u64, u64)) {
        self.pack();
        if self.are_exact() {
            let expected = self.counts[1..ALL - 1].iter().enumerate();
            for (at, count) in expected.filter(|(_, count)| **count > 0) {
                each(self.low + at as u64, *count);
            }
        }
    }

    /// What is known of the word at a place among all: between which two it lies,
    /// how many lie there, and the place among these.
    pub(super) fn at(&self, place: u64) -> Option<(Span, u64, u64)> {
        let mut before = 0;
        let at = self.counts.iter().position(|count| {
            before += count;
            before > place
        })?;
        let count = self.counts[at];
        let within = place - (before - count);
        let span = self.span(at);
        if self.wanted[at] {
            let mut seen = 0;
            let words = self.runs.iter().filter(|(word, _)| self.place(*word) == at);
            let found = words.into_iter().find(|(_, n)| {
                seen += n;
                seen > within
            });
            return found.map(|(word, _)| (Span::one(*word), 1, 0));
        }
        Some((span, count, within))
    }

    /// The words of a bucket.
    fn span(&self, at: usize) -> Span {
        let begin = |at: u64| self.low.checked_add(at.checked_shl(self.shift)?);
        match at as u64 {
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
        }
    }
}
