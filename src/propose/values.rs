//! All values of a column, by their shapes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::cell::is_null_word;
use super::dates::{self, Reading};
use super::numbers::{self, Size, WRITINGS};
use super::shape::{self, LONGEST};

/// Shapes that are kept of a column. What has more is text.
const SHAPES: usize = 2048;
/// Values after which it is asked whether a column is text.
const ASK: u64 = 8192;

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    /// Which of the source's files.
    pub file: usize,
    pub line: u64,
    pub text: String,
}

/// Values of one shape.
#[derive(Debug, Clone)]
pub struct ShapeCount {
    pub shape: Vec<u8>,
    pub count: u64,
    pub first: Example,
    /// How large they are as numbers, in each writing.
    pub sizes: [Option<Size>; WRITINGS.len()],
    /// The formats they may be dates in, how many fit, and the first that does not.
    pub readings: Vec<(Reading, u64, Option<Example>)>,
    /// Of only digits: how many begin with a zero, and are not one.
    pub leading_zeros: u64,
    /// Of only digits: how many a BIGINT does not hold.
    pub too_large: u64,
    /// How many have no other digit than zero.
    pub zeros: u64,
}

impl ShapeCount {
    /// Whether values of this shape could be more than text.
    fn is_plausible(&self) -> bool {
        self.sizes.iter().any(Option::is_some)
            || !self.readings.is_empty()
            || self.is_boolean()
            || self.is_null_word()
    }

    pub fn is_boolean(&self) -> bool {
        self.shape.eq_ignore_ascii_case(b"true") || self.shape.eq_ignore_ascii_case(b"false")
    }

    pub fn is_null_word(&self) -> bool {
        is_null_word(&self.shape)
    }
}

/// All values of a column.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Of rows that have the column.
    pub empty: u64,
    pub filled: u64,
    pub shapes: Vec<ShapeCount>,
    /// Values whose shape was not kept, and the first of them.
    pub others: u64,
    pub first_other: Option<Example>,
    /// It was seen to be text before its end, and shapes were not counted on.
    pub is_text: bool,
    index: HashMap<Vec<u8>, usize, BuildHasherDefault<Fnv>>,
    /// The shape of the value before.
    last: usize,
    buffer: Vec<u8>,
}

impl Values {
    /// Takes the next value.
    pub fn take(&mut self, value: &[u8], file: usize, line: u64) {
        let value = value.trim_ascii();
        if value.is_empty() {
            self.empty += 1;
            return;
        }
        self.filled += 1;
        if self.is_text {
            return;
        }
        let example = || Example {
            file,
            line,
            text: String::from_utf8_lossy(value).into_owned(),
        };
        let mut buffer = std::mem::take(&mut self.buffer);
        let numbers = shape::shape(value, &mut buffer);
        let at = match numbers {
            None => None,
            Some(_)
                if self
                    .shapes
                    .get(self.last)
                    .is_some_and(|s| s.shape == buffer) =>
            {
                Some(self.last)
            }
            Some(numbers) => self.index.get(&buffer).copied().or_else(|| {
                (self.shapes.len() < SHAPES).then(|| {
                    self.index.insert(buffer.clone(), self.shapes.len());
                    let readings = dates::readings(value, &numbers);
                    self.shapes.push(ShapeCount {
                        shape: buffer.clone(),
                        count: 0,
                        first: example(),
                        sizes: WRITINGS.map(|writing| numbers::size(&buffer, writing)),
                        readings: readings.into_iter().map(|r| (r, 0, None)).collect(),
                        leading_zeros: 0,
                        too_large: 0,
                        zeros: 0,
                    });
                    self.shapes.len() - 1
                })
            }),
        };
        self.buffer = buffer;
        match (at, numbers) {
            (Some(at), Some(numbers)) => {
                self.last = at;
                let found = &mut self.shapes[at];
                found.count += 1;
                for (reading, fits, first_misfit) in &mut found.readings {
                    if reading.accepts(value, &numbers) {
                        *fits += 1;
                    } else if first_misfit.is_none() {
                        *first_misfit = Some(example());
                    }
                }
                if numbers.count == 1 {
                    let digits = usize::from(numbers.digits[0]);
                    let is_plain =
                        value.len() == digits || (value.len() == digits + 1 && value[0] == b'-');
                    let first = value[value.len() - digits..][0];
                    found.leading_zeros += u64::from(is_plain && digits > 1 && first == b'0');
                    found.too_large += u64::from(numbers.values[0] > i64::MAX as u64);
                }
                if numbers.count > 0 && numbers.values.iter().all(|n| *n == 0) {
                    found.zeros += 1;
                }
            }
            _ => {
                self.others += 1;
                if self.first_other.is_none() {
                    let mut first = example();
                    first.text = first.text.chars().take(LONGEST).collect();
                    self.first_other = Some(first);
                }
            }
        }
        if self.filled == ASK {
            let plausible = self.shapes.iter().filter(|s| s.is_plausible());
            self.is_text = plausible.map(|s| s.count).sum::<u64>() * 5 < self.filled * 4;
        }
    }
}

/// A hash that is quick for a few bytes; whoever writes the file can make it
/// slow, and nothing worse.
#[derive(Debug, Clone)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
