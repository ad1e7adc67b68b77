//! One look through a whole file: what it is encoded in, and text from all parts
//! of it to tell its dialect by.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use super::work::Work;
use crate::ingest::text;
use crate::model::dialect::Encoding;

/// Bytes at the start of a file that are always part of the sample.
const HEAD: usize = 512 * 1024;
/// Bytes of each piece behind it.
const PIECE: usize = 16 * 1024;
/// Above twice this, every other piece is let go.
const PIECES: usize = 24;
/// Bytes by which UTF-16 without a mark is told.
const START: usize = 4096;

/// Text in UTF-8 from all parts of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub encoding: Encoding,
    /// No byte is outside ASCII: other encodings would do as well.
    pub is_ascii: bool,
    /// Bytes that are no text in the encoding.
    pub bad_bytes: u64,
    /// The file from its first line; all of it if there is nothing else.
    pub head: Vec<u8>,
    /// Whole lines from further on, as far as lines can be told.
    pub pieces: Vec<Vec<u8>>,
    /// The head ends in the middle of the file.
    pub is_cut: bool,
    /// Bytes of text.
    pub bytes: u64,
    /// It holds bytes that are zero, and is not UTF-16.
    pub has_zeros: bool,
}

impl Sample {
    /// A sample of a file that is all there.
    ///
    /// # Errors
    /// A compressed file that is cut.
    pub fn of(bytes: &[u8]) -> io::Result<Self> {
        Self::taken(|| Ok(bytes), || Ok(()))
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// What reading it says; a compressed file that is cut is one.
    pub fn read(path: &Path, work: &Work<'_>) -> io::Result<Self> {
        Self::taken(|| Ok(work.counting(File::open(path)?)), || work.go_on())
    }

    fn taken<R: Read>(
        open: impl Fn() -> io::Result<R>,
        go_on: impl Fn() -> io::Result<()>,
    ) -> io::Result<Self> {
        let mut two = Vec::new();
        open()?.take(2).read_to_end(&mut two)?;
        let marked = two == [0xff, 0xfe] || two == [0xfe, 0xff];
        let encoding = if marked || is_utf16(text::open(open()?, Encoding::Utf8)?)? {
            Encoding::Utf16
        } else {
            Encoding::Utf8
        };
        let mut text = text::open(open()?, encoding)?;
        let mut taking = Taking::default();
        loop {
            let block = text.fill_buf()?;
            if block.is_empty() {
                return taking.finish(encoding);
            }
            taking.take(block);
            let size = block.len();
            text.consume(size);
            go_on()?;
        }
    }
}

/// Whether every other byte is zero, as in UTF-16 of Latin letters.
fn is_utf16(text: impl Read) -> io::Result<bool> {
    let mut start = Vec::new();
    text.take(START as u64).read_to_end(&mut start)?;
    let zeros = |from: usize| {
        start
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let half = start.len() / 2;
    Ok(half > 0
        && (even * 10 > half * 7 && odd * 10 < half) | (odd * 10 > half * 7 && even * 10 < half))
}

#[derive(Default)]
struct Taking {
    head: Vec<u8>,
    pieces: Vec<Vec<u8>>,
    /// The piece that is being filled.
    open: Option<Vec<u8>>,
    /// Bytes from one piece to the next.
    stride: u64,
    next: u64,
    seen: u64,
    valid: u64,
    bad: u64,
    ascii: bool,
    zeros: bool,
    /// A character that was cut by the end of a block.
    rest: Vec<u8>,
}

impl Taking {
    fn take(&mut self, block: &[u8]) {
        if self.seen == 0 {
            (self.ascii, self.stride, self.next) = (true, 64 * PIECE as u64, HEAD as u64);
        }
        self.judge(block);
        let room = HEAD.saturating_sub(self.head.len()).min(block.len());
        self.head.extend_from_slice(&block[..room]);
        let mut at = room;
        while at < block.len() {
            let position = self.seen + at as u64;
            if let Some(open) = &mut self.open {
                let size = (PIECE - open.len()).min(block.len() - at);
                open.extend_from_slice(&block[at..at + size]);
                at += size;
                if open.len() == PIECE {
                    self.pieces.extend(self.open.take());
                    self.thin_out();
                }
            } else if position >= self.next {
                self.next = position + self.stride;
                self.open = Some(Vec::with_capacity(PIECE));
            } else {
                at += (self.next - position).min((block.len() - at) as u64) as usize;
            }
        }
        self.seen += block.len() as u64;
    }

    fn thin_out(&mut self) {
        if self.pieces.len() > 2 * PIECES {
            let mut at = 0;
            self.pieces.retain(|_| {
                at += 1;
                at % 2 == 0
            });
            self.stride *= 2;
        }
    }

    /// Counts characters outside ASCII, and bytes that are none in UTF-8.
    fn judge(&mut self, block: &[u8]) {
        self.zeros = self.zeros || memchr::memchr(0, block).is_some();
        if self.rest.is_empty() && block.is_ascii() {
            return;
        }
        self.ascii = false;
        let joined = [self.rest.as_slice(), block].concat();
        self.rest.clear();
        let mut rest = joined.as_slice();
        loop {
            let (whole, error) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), Some(error)),
            };
            self.valid += rest[..whole].iter().filter(|b| **b >= 0xc0).count() as u64;
            match error.map(|e| e.error_len()) {
                None => return,
                Some(None) => {
                    self.rest = rest[whole..].to_vec();
                    return;
                }
                Some(Some(size)) => {
                    self.bad += 1;
                    rest = &rest[whole + size..];
                }
            }
        }
    }

    fn finish(mut self, encoding: Encoding) -> io::Result<Sample> {
        self.bad += u64::from(!self.rest.is_empty());
        let is_cut = self.seen > self.head.len() as u64;
        self.pieces.extend(self.open.take());
        let pieces = self.pieces.iter().filter_map(|piece| whole_lines(piece));
        let mut sample = Sample {
            encoding,
            is_ascii: self.ascii,
            bad_bytes: self.bad,
            pieces: pieces.map(<[u8]>::to_vec).collect(),
            head: self.head,
            is_cut,
            bytes: self.seen,
            has_zeros: self.zeros,
        };
        // Letters of Latin-1 hardly ever make characters of UTF-8 by chance.
        if encoding == Encoding::Utf8 && self.bad > self.valid && !self.zeros {
            sample.encoding = Encoding::Latin1;
            sample.bad_bytes = 0;
            for text in sample.pieces.iter_mut().chain([&mut sample.head]) {
                let mut converted = Vec::new();
                text::open(text.as_slice(), Encoding::Latin1)?.read_to_end(&mut converted)?;
                *text = converted;
            }
        }
        Ok(sample)
    }
}

/// What lies between the first and the last line end.
fn whole_lines(piece: &[u8]) -> Option<&[u8]> {
    let first = memchr::memchr2(b'\n', b'\r', piece)?;
    let last = memchr::memrchr2(b'\n', b'\r', piece)?;
    (first < last).then(|| &piece[first + 1..=last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_of_a_long_text_are_seen() {
        let text: String = (0..3_000_000).map(|n| format!("{n},x\n")).collect();
        let sample = Sample::of(text.as_bytes()).unwrap();
        assert!(sample.is_cut && sample.is_ascii && sample.encoding == Encoding::Utf8);
        let first = |piece: &Vec<u8>| -> u64 {
            let line = piece.split(|b| *b == b',').next().unwrap();
            std::str::from_utf8(line).unwrap().parse().unwrap()
        };
        let firsts: Vec<u64> = sample.pieces.iter().map(first).collect();
        assert!((20..=50).contains(&firsts.len()), "{firsts:?}");
        assert!(firsts.is_sorted() && *firsts.last().unwrap() > 2_800_000);
        for (before, after) in firsts.iter().zip(&firsts[1..]) {
            assert!(after - before < 400_000, "{firsts:?}");
        }
    }

    #[test]
    fn letters_tell_the_encoding() {
        let encoding = |bytes: &[u8]| Sample::of(bytes).unwrap().encoding;
        assert_eq!(encoding("a;é;ü\n".as_bytes()), Encoding::Utf8);
        assert_eq!(encoding(b"a;\xe9;\xfc\n"), Encoding::Latin1);
        // One mangled letter among many is a mangled letter.
        let sample = Sample::of("é;ü;ö\n\u{fffd}".as_bytes()).unwrap();
        assert_eq!(sample.bad_bytes, 0);
        let mangled = [b"\xff".as_slice(), "é;ü;ö\n".as_bytes()].concat();
        let sample = Sample::of(&mangled).unwrap();
        assert_eq!((sample.encoding, sample.bad_bytes), (Encoding::Utf8, 1));
        assert_eq!(Sample::of(b"a;\xe9\n").unwrap().head, "a;é\n".as_bytes());
    }
}
