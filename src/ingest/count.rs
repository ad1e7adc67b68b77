//! Counting the records of a CSV file, block by block, without the engine that
//! loads it: what it says it loaded is held against this count.
//!
//! Files in simple dialects only: others are counted by [`super::records`]. It also
//! tells whether a file is *plain*, which means that no two readers could differ
//! about where its fields and records end, and that it has as many fields as its
//! header asks for: then the engine may read it as it lies.
//!
//! - A line feed, a carriage return, or both ends a record; inside quotes
//!   neither does. The last record needs no end.
//! - A quote opens at the start of a field, or after one space there (DuckDB
//!   2.0 reads it so). Elsewhere outside quotes it is a character like others.
//!   A file in which that matters is not plain.
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

use memchr::{memchr, memchr2_iter};

use super::text::BOM;

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
    delimiter: u8,
    quote: u8,
    at: At,
    /// The byte before was a carriage return that ended a line.
    after_cr: bool,
    /// How much of a byte order mark was seen, while all bytes were of one.
    bom: Option<usize>,
    in_header: bool,
    /// Columns of the header, as far as it was read.
    columns: usize,
    records: u64,
    /// Delimiters outside quotes, behind the header.
    delimiters: u64,
    oddities: Oddities,
}

/// What keeps a file from being plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Oddities {
    /// Lines end in a line feed.
    line_feeds: bool,
    /// Lines end in a carriage return and a line feed.
    both: bool,
    /// Anything else: a lone carriage return, a quote in an odd place, a zero.
    others: bool,
}

impl Oddities {
    fn are_none(self) -> bool {
        !(self.others || (self.line_feeds && self.both))
    }
}

/// What a [`RecordCounter`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Records without the header.
    pub records: u64,
    /// The file ends inside a quoted field.
    pub ends_inside_quote: bool,
    /// Nobody could read it in another way.
    pub plain: bool,
}

impl RecordCounter {
    /// A counter at the start of a file.
    pub fn new((delimiter, quote): (u8, u8)) -> Self {
        Self {
            delimiter,
            quote,
            at: At::Record,
            after_cr: false,
            bom: Some(0),
            in_header: true,
            columns: 1,
            records: 0,
            delimiters: 0,
            oddities: Oddities::default(),
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, block: &[u8]) {
        let mut rest = block;
        self.oddities.others = self.oddities.others || memchr(0, block).is_some();
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
        let ends_inside_quote = self.at == At::Quoted;
        let records = self.records + u64::from(open && !self.in_header);
        // The engine takes a record with an empty field too many without a word.
        let whole = self.delimiters == (self.columns as u64 - 1) * records;
        Count {
            records,
            ends_inside_quote,
            plain: self.oddities.are_none() && !self.after_cr && !ends_inside_quote && whole,
        }
    }

    /// The next byte.
    fn step(&mut self, byte: u8) {
        let Self {
            delimiter, quote, ..
        } = *self;
        let after_cr = std::mem::replace(&mut self.after_cr, false);
        self.look_at(byte, after_cr);
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
                self.delimiters += u64::from(!self.in_header);
                At::Field
            }
            (At::Record | At::Field, b' ') => At::Space,
            _ => At::Plain,
        };
    }

    /// Notes what is odd about the next byte where it stands.
    fn look_at(&mut self, byte: u8, after_cr: bool) {
        let odd = &mut self.oddities;
        odd.others |= after_cr && byte != b'\n';
        match self.at {
            At::Quoted => {}
            _ if byte == b'\n' && after_cr => odd.both = true,
            _ if byte == b'\n' => odd.line_feeds = true,
            At::Space | At::Plain => odd.others |= byte == self.quote,
            At::Quote => {
                odd.others |= ![self.quote, self.delimiter, b'\r'].contains(&byte);
            }
            At::Record | At::Field => {}
        }
    }

    /// Notes what is odd about the ends of lines, all outside quotes.
    fn look_at_ends(&mut self, bytes: &[u8]) {
        if !self.oddities.are_none() {
            return;
        }
        let odd = &mut self.oddities;
        odd.others |= self.after_cr && bytes.first() != Some(&b'\n');
        let mut before = if self.after_cr { Some(0) } else { None };
        if before.is_none() && memchr(b'\r', bytes).is_none() {
            odd.line_feeds = odd.line_feeds || memchr(b'\n', bytes).is_some();
            return;
        }
        // `before` is where a line feed makes a pair with a carriage return.
        for at in memchr2_iter(b'\r', b'\n', bytes) {
            if bytes[at] == b'\r' {
                odd.others |= bytes.get(at + 1).is_some_and(|next| *next != b'\n');
                before = Some(at + 1);
            } else if before == Some(at) {
                odd.both = true;
            } else {
                odd.line_feeds = true;
            }
        }
    }

    /// The next bytes, after the header. `EVERY`: empty lines count.
    fn body<const EVERY: bool>(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let mut few_quotes = true;
        while let Some((word, after)) = rest.split_first_chunk() {
            if few_quotes && !matches!(self.at, At::Quoted | At::Quote) {
                let quote = memchr(self.quote, rest).unwrap_or(rest.len());
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
        self.look_at_ends(bytes);
        self.delimiters += how_many(bytes, self.delimiter);
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
        let Self {
            delimiter, quote, ..
        } = *self;
        let quotes = bits(word, |byte| byte == quote);
        let was_inside = self.at == At::Quoted;
        if quotes == 0 && was_inside {
            return false;
        }
        // For each byte, whether it is inside quotes: those that open are.
        let inside = parity(quotes) ^ if was_inside { u64::MAX } else { 0 };
        let all_ends = bits(word, ends);
        let opening = quotes & inside;
        // The second of two quotes seems to open again, which is as well.
        let closing = quotes & !inside;
        let delimiters = bits(word, |byte| byte == delimiter);
        let separators = delimiters | all_ends;
        let may_open = matches!(self.at, At::Record | At::Field | At::Quote);
        let before = ((separators & !inside) | closing) << 1 | u64::from(may_open);
        let behind = closing << 1 | u64::from(self.at == At::Quote);
        if opening & !before != 0 || behind & !(separators | quotes) != 0 {
            word.iter().for_each(|byte| self.step(*byte));
            return true;
        }
        self.look_at_bits(word, inside);
        self.delimiters += u64::from((delimiters & !inside).count_ones());
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

    /// Notes what is odd about the ends of lines that are not `inside` quotes.
    #[inline]
    fn look_at_bits(&mut self, word: &[u8; 64], inside: u64) {
        let feeds = bits(word, |byte| byte == b'\n') & !inside;
        let returns = bits(word, |byte| byte == b'\r') & !inside;
        let due = returns << 1 | u64::from(self.after_cr);
        let odd = &mut self.oddities;
        odd.both |= feeds & due != 0;
        odd.line_feeds |= feeds & !due != 0;
        odd.others |= due & !feeds != 0;
    }

    /// Sets where the next byte is, after these two. The last is outside quotes,
    /// or closes them.
    fn arrive(&mut self, before: u8, last: u8) {
        let Self {
            delimiter, quote, ..
        } = *self;
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

/// How often a byte is there.
fn how_many(bytes: &[u8], wanted: u8) -> u64 {
    bytes
        .chunks(255)
        .map(|chunk| u64::from(chunk.iter().fold(0u8, |n, b| n + u8::from(*b == wanted))))
        .sum()
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
