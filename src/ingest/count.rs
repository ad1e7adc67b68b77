//! Counting the records of a CSV file, block by block, without the engine that
//! loads it: what it says it loaded is held against this count.
//!
//! - A line feed, a carriage return, or both ends a record; inside quotes
//!   neither does. The last record needs no end.
//! - A quote opens at the start of a field, or after one space there (DuckDB
//!   2.0 reads it so). Elsewhere outside quotes it is a character like others.
//! - A line with nothing in it is a record only if the header has one column:
//!   there it is a row whose one value is missing, as DuckDB reads it too.
//! - A byte order mark and the empty lines before the header are passed over;
//!   the header is the first record after them, and is not counted.
//!
//! The rules are those of [`RecordCounter::step`], byte by byte. What follows
//! the header is counted faster: bytes without quotes in one sweep, which
//! compilers turn into vector instructions, and others 64 at a time with a bit
//! for each, and quotes by their parity. That is right as long as every quote
//! that opens is where one may; where it is not, those bytes are stepped through.

use memchr::memchr;

use super::dialect::{BOM, Dialect};

/// Where in a record the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing of this record was seen.
    Record,
    /// At the start of a field that is not the first.
    Field,
    /// After one space at the start of a field.
    Space,
    /// Inside a field without quotes, or after a closed one.
    Plain,
    /// Inside quotes.
    Quoted,
    /// After a quote inside quotes: the end, or the first of two.
    Quote,
}

/// Counts the records in bytes that arrive in blocks.
#[derive(Debug, Clone)]
pub struct RecordCounter {
    dialect: Dialect,
    at: At,
    /// The byte before was a carriage return that ended a line.
    after_cr: bool,
    /// How much of a byte order mark was seen, while all bytes were of one.
    bom: Option<usize>,
    in_header: bool,
    /// Columns of the header, as far as it was read.
    columns: usize,
    records: u64,
}

/// What a [`RecordCounter`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Records without the header.
    pub records: u64,
    /// The file ends inside a quoted field.
    pub ends_inside_quote: bool,
}

impl RecordCounter {
    /// A counter at the start of a file.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            at: At::Record,
            after_cr: false,
            bom: Some(0),
            in_header: true,
            columns: 1,
            records: 0,
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, block: &[u8]) {
        let mut rest = block;
        while let (Some(seen), Some(byte)) = (self.bom, rest.first()) {
            if BOM.get(seen) == Some(byte) {
                self.bom = Some(seen + 1);
                rest = &rest[1..];
            } else {
                // Part of a mark is text.
                self.bom = None;
                if (1..BOM.len()).contains(&seen) {
                    self.at = At::Plain;
                }
            }
        }
        while let (true, Some((byte, after))) = (self.in_header, rest.split_first()) {
            self.step(*byte);
            rest = after;
        }
        if self.columns == 1 {
            self.body::<true>(rest);
        } else {
            self.body::<false>(rest);
        }
    }

    /// What the bytes so far hold, if the file ends with them.
    pub fn finish(&self) -> Count {
        let open = self.at != At::Record;
        Count {
            records: self.records + u64::from(open && !self.in_header),
            ends_inside_quote: self.at == At::Quoted,
        }
    }

    /// The next byte.
    fn step(&mut self, byte: u8) {
        let Dialect { delimiter, quote } = self.dialect;
        let after_cr = std::mem::replace(&mut self.after_cr, false);
        self.at = match (self.at, byte) {
            (At::Quoted, byte) if byte == quote => At::Quote,
            (At::Quoted, _) => At::Quoted,
            (At::Quote, byte) if byte == quote => At::Quoted,
            (At::Record | At::Field | At::Space, byte) if byte == quote => At::Quoted,
            (at, b'\n' | b'\r') => {
                self.after_cr = byte == b'\r';
                let second = byte == b'\n' && after_cr;
                if at != At::Record {
                    self.records += u64::from(!self.in_header);
                    self.in_header = false;
                } else if !second && !self.in_header && self.columns == 1 {
                    self.records += 1;
                }
                At::Record
            }
            (_, byte) if byte == delimiter => {
                self.columns += usize::from(self.in_header);
                At::Field
            }
            (At::Record | At::Field, b' ') => At::Space,
            _ => At::Plain,
        };
    }

    /// The next bytes, after the header. `EVERY`: empty lines count.
    fn body<const EVERY: bool>(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let mut few_quotes = true;
        while let Some((word, after)) = rest.split_first_chunk() {
            if few_quotes && !matches!(self.at, At::Quoted | At::Quote) {
                let quote = memchr(self.dialect.quote, rest).unwrap_or(rest.len());
                let (swept, after) = rest.split_at(quote - quote % word.len());
                if !swept.is_empty() {
                    self.sweep::<EVERY>(swept);
                    rest = after;
                    continue;
                }
            }
            few_quotes = !self.word::<EVERY>(word);
            rest = after;
        }
        rest.iter().for_each(|byte| self.step(*byte));
    }

    /// The next bytes, after the header: outside quotes, and without any.
    fn sweep<const EVERY: bool>(&mut self, bytes: &[u8]) {
        let [first, .., before, last] = bytes else {
            return bytes.iter().for_each(|byte| self.step(*byte));
        };
        self.records += if EVERY {
            u64::from(*first == b'\r' || (*first == b'\n' && !self.after_cr)) + lines(bytes)
        } else {
            u64::from(ends(*first) && self.at != At::Record) + ends_of_text(bytes)
        };
        self.arrive(*before, *last);
    }

    /// The next 64 bytes, after the header. Returns whether there are quotes.
    #[inline]
    fn word<const EVERY: bool>(&mut self, word: &[u8; 64]) -> bool {
        let Dialect { delimiter, quote } = self.dialect;
        let quotes = bits(word, |byte| byte == quote);
        let was_inside = self.at == At::Quoted;
        if quotes == 0 && was_inside {
            return false;
        }
        // For each byte, whether it is inside quotes: those that open are.
        let inside = parity(quotes) ^ if was_inside { u64::MAX } else { 0 };
        let all_ends = bits(word, ends);
        let opening = quotes & inside;
        if opening != 0 {
            let separators = bits(word, |byte| byte == delimiter) | all_ends;
            // The second of two quotes seems to open again, which is as well.
            let closing = quotes & !inside;
            let may_open = matches!(self.at, At::Record | At::Field | At::Quote);
            let before = ((separators & !inside) | closing) << 1 | u64::from(may_open);
            if opening & !before != 0 {
                word.iter().for_each(|byte| self.step(*byte));
                return true;
            }
        }
        let ends = all_ends & !inside;
        let uncounted = if EVERY {
            let returns = bits(word, |byte| byte == b'\r') & ends;
            let seconds = returns << 1 | u64::from(self.after_cr);
            (ends & !returns) & seconds
        } else {
            ends & (ends << 1 | u64::from(self.at == At::Record))
        };
        self.records += u64::from(ends.count_ones() - uncounted.count_ones());
        if inside >> 63 == 1 {
            self.at = At::Quoted;
            self.after_cr = false;
        } else {
            self.arrive(word[62], word[63]);
        }
        quotes != 0
    }

    /// Sets where the next byte is, after these two. The last is outside quotes,
    /// or closes them.
    fn arrive(&mut self, before: u8, last: u8) {
        let Dialect { delimiter, quote } = self.dialect;
        self.after_cr = last == b'\r';
        self.at = match last {
            last if last == quote => At::Quote,
            last if last == delimiter => At::Field,
            b'\n' | b'\r' => At::Record,
            b' ' if ends(before) || before == delimiter => At::Space,
            _ => At::Plain,
        };
    }
}

fn ends(byte: u8) -> bool {
    (byte == b'\n') | (byte == b'\r')
}

/// Pairs of bytes of which the second ends a line that the first is part of.
fn ends_of_text(bytes: &[u8]) -> u64 {
    pairs(bytes, |before, byte| ends(byte) & !ends(before))
}

/// Pairs of bytes of which the second ends a line, empty or not: all but the
/// line feed of a carriage return.
fn lines(bytes: &[u8]) -> u64 {
    pairs(bytes, |before, byte| {
        (byte == b'\r') | ((byte == b'\n') & (before != b'\r'))
    })
}

fn pairs(bytes: &[u8], counts: impl Fn(u8, u8) -> bool) -> u64 {
    let Some((_, seconds)) = bytes.split_first() else {
        return 0;
    };
    // Sums of at most 255 fit into a byte, which makes for wide vectors.
    bytes
        .chunks(255)
        .zip(seconds.chunks(255))
        .map(|(befores, bytes)| {
            let pairs = befores.iter().zip(bytes);
            u64::from(pairs.fold(0u8, |sum, (b, a)| sum + u8::from(counts(*b, *a))))
        })
        .sum()
}

/// A bit for each byte, the first byte's lowest.
#[inline]
fn bits(word: &[u8; 64], is: impl Fn(u8) -> bool) -> u64 {
    /// Gathers the lowest bits of eight bytes in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut found = [0u8; 64];
    for (found, byte) in found.iter_mut().zip(word) {
        *found = u8::from(is(*byte));
    }
    let (eights, _) = found.as_chunks::<8>();
    eights.iter().rev().fold(0, |bits, eight| {
        bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56
    })
}

/// For each bit, whether the number of set bits up to it is odd.
#[inline]
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests;
