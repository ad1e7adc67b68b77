//! Reading the records of a CSV file in any dialect, one by one, with where they
//! stand, what they say, and what is wrong with them.
//!
//! The rules are those of [`super::count`], which counts the records of files in
//! simple dialects faster. Beyond these:
//!
//! - An escape takes the meaning of a delimiter, quote or escape behind it, and
//!   of a line end outside quotes. In front of anything else it is a character.
//!   Outside quotes it is one too, unless the dialect has no quotes.
//! - A line that begins with the comment character is no record.
//! - A delimiter may have several bytes.
//! - Spaces between a closing quote and the end of its field are passed over.
//!
//! No record is left out because of what is wrong with it: that is told, and the
//! caller decides.

mod input;

use std::io::{self, BufRead};

use memchr::{memchr, memchr3};

use self::input::Input;
use super::dialect::LineEnd;
use super::text::NO_TEXT;
use crate::model::dialect::Dialect;

/// Bytes. What a longer record says is not kept.
pub const LONGEST_RECORD: usize = 1 << 30;
/// Bytes that are shown of a record that is longer than the limit.
const SHOWN: usize = 64 * 1024;

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// A quote is never closed: it opens in this line.
    OpenQuote { line: u64 },
    /// A field goes on after its closing quote.
    AfterQuote { column: usize },
    /// Bytes that are no text in the file's encoding.
    NoText,
    /// A byte that is zero.
    Nul,
    /// It has so many bytes.
    TooLong { bytes: u64 },
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// From 1, in the order of the file, the header not counted.
    pub number: u64,
    /// The line it begins in, from 1.
    pub line: u64,
    /// The first thing that is wrong with it.
    pub flaw: Option<Flaw>,
    /// How it ends; None if the file ends with it.
    pub line_end: Option<LineEnd>,
    /// As it stands in the file, without its end.
    pub raw: Vec<u8>,
    values: Vec<u8>,
    ends: Vec<usize>,
}

impl Record {
    /// How many fields it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no field. It never is, once it was read.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// What its fields say, without quotes.
    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(from, to)| &self.values[from..*to])
    }

    fn clear(&mut self) {
        self.flaw = None;
        self.line_end = None;
        self.raw.clear();
        self.values.clear();
        self.ends.clear();
    }

    fn flawed(&mut self, flaw: Flaw) {
        self.flaw.get_or_insert(flaw);
    }
}

/// Where in a record the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Nothing of this record was seen.
    Record,
    /// At the start of a field.
    Field,
    /// After one space at the start of a field.
    Space,
    /// Inside a field without quotes.
    Plain,
    /// Inside quotes.
    Quoted,
    /// After a quote inside quotes: the end, or the first of two.
    Quote,
    /// After spaces that follow a closing quote.
    After,
}

/// Reads records from text in UTF-8.
pub struct Records<R> {
    text: Input<R>,
    dialect: Dialect,
    limit: usize,
    /// Of one column, an empty line is a record whose one value is missing.
    columns: usize,
    record: Record,
    next_number: u64,
    /// Records that were read, the header not counted.
    read: u64,
    empty_lines: u64,
    begun: bool,
}

impl<R: BufRead> Records<R> {
    /// Reads from the start of a text. The header, where the dialect has one, is
    /// the first record, with the number 0.
    pub fn new(text: R, dialect: &Dialect) -> Self {
        Self {
            text: Input::new(text),
            next_number: u64::from(!dialect.header),
            dialect: dialect.clone(),
            limit: LONGEST_RECORD,
            columns: 0,
            record: Record::default(),
            read: 0,
            empty_lines: 0,
            begun: false,
        }
    }

    /// Keeps nothing of records that have more than `limit` bytes.
    #[must_use]
    pub fn limited(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Says how many columns there are. Until then empty lines are passed over.
    pub fn set_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// Lines with nothing in them before the first record.
    pub fn empty_lines(&self) -> u64 {
        self.empty_lines
    }

    /// Records read so far, the header not counted.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The next record; None at the end of the text.
    ///
    /// # Errors
    /// What reading the text says.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> io::Result<Option<&Record>> {
        if !self.begun {
            self.begun = true;
            for _ in 0..self.dialect.skip {
                self.pass_line()?;
            }
        }
        loop {
            if let Some(comment) = self.dialect.comment
                && self.text.peek()? == Some(comment)
            {
                self.pass_line()?;
                continue;
            }
            match self.one()? {
                None => return Ok(None),
                // An empty line.
                Some(false) if self.columns != 1 || self.in_header() => {
                    self.empty_lines +=
                        u64::from(self.next_number == u64::from(!self.dialect.header));
                }
                Some(_) => break,
            }
        }
        self.record.number = self.next_number;
        self.read += u64::from(self.next_number > 0);
        self.next_number += 1;
        self.look_at_bytes();
        Ok(Some(&self.record))
    }

    fn in_header(&self) -> bool {
        self.next_number == 0
    }

    fn pass_line(&mut self) -> io::Result<()> {
        while let Some(byte) = self.text.next()? {
            if byte == b'\n' || byte == b'\r' {
                self.text.line_end(byte)?;
                break;
            }
        }
        Ok(())
    }

    /// Reads up to the next line end outside quotes. None at the end of the text;
    /// else whether there was anything before it.
    fn one(&mut self) -> io::Result<Option<bool>> {
        self.record.clear();
        self.record.line = self.text.line;
        let mut at = At::Record;
        let mut opened = 0;
        let mut bytes = 0u64;
        let quote = self.dialect.quote;
        let delimiter = self.dialect.delimiter.as_bytes()[0];
        loop {
            bytes += self.run(at)?;
            let Some(byte) = self.text.next()? else {
                if at == At::Record {
                    return Ok(None);
                }
                if at == At::Quoted {
                    // Worse than what came before it.
                    self.record.flaw = Some(Flaw::OpenQuote { line: opened });
                }
                self.end_record(bytes);
                return Ok(Some(true));
            };
            let quoted = at == At::Quoted;
            if !quoted && (byte == b'\n' || byte == b'\r') {
                self.record.line_end = Some(self.text.line_end(byte)?);
                self.end_record(bytes);
                return Ok(Some(at != At::Record));
            }
            bytes += 1;
            self.keep_raw(&[byte]);
            if !quoted && byte == delimiter && self.rest_of_delimiter()? {
                bytes += self.dialect.delimiter.len() as u64 - 1;
                self.end_field();
                at = At::Field;
                continue;
            }
            if Some(byte) == self.dialect.escape
                && (quoted || quote.is_none())
                && let Some(escaped) = self.escaped()?
            {
                bytes += 1;
                self.keep_raw(&[escaped]);
                self.keep(&[escaped]);
                at = if quoted { At::Quoted } else { At::Plain };
                continue;
            }
            if quoted && (byte == b'\n' || (byte == b'\r' && self.text.peek()? != Some(b'\n'))) {
                self.text.line += 1;
            }
            at = match at {
                At::Quoted if Some(byte) == quote => At::Quote,
                At::Quoted => {
                    self.keep(&[byte]);
                    At::Quoted
                }
                At::Quote if Some(byte) == quote => {
                    self.keep(&[byte]);
                    At::Quoted
                }
                At::Record | At::Field if Some(byte) == quote => {
                    opened = self.text.line;
                    At::Quoted
                }
                At::Space if Some(byte) == quote => {
                    opened = self.text.line;
                    self.record.values.pop();
                    At::Quoted
                }
                At::Quote | At::After if byte == b' ' => At::After,
                At::Quote | At::After => {
                    let column = self.record.ends.len() + 1;
                    self.record.flawed(Flaw::AfterQuote { column });
                    self.keep(&[byte]);
                    At::Plain
                }
                At::Record | At::Field if byte == b' ' => {
                    self.keep(&[byte]);
                    At::Space
                }
                _ => {
                    self.keep(&[byte]);
                    At::Plain
                }
            };
        }
    }

    /// Takes bytes that mean nothing but themselves, all at once.
    fn run(&mut self, at: At) -> io::Result<u64> {
        let buffer = self.text.buffer()?;
        let size = match at {
            At::Plain => {
                let delimiter = self.dialect.delimiter.as_bytes()[0];
                let end = memchr3(delimiter, b'\n', b'\r', buffer).unwrap_or(buffer.len());
                match self.dialect.escape {
                    Some(escape) if self.dialect.quote.is_none() => {
                        memchr(escape, &buffer[..end]).unwrap_or(end)
                    }
                    _ => end,
                }
            }
            At::Quoted => {
                let quote = self.dialect.quote.unwrap_or(b'"');
                let end = memchr3(quote, b'\n', b'\r', buffer).unwrap_or(buffer.len());
                match self.dialect.escape {
                    Some(escape) => memchr(escape, &buffer[..end]).unwrap_or(end),
                    None => end,
                }
            }
            _ => 0,
        };
        if size == 0 {
            return Ok(0);
        }
        let room = self.limit.saturating_sub(self.record.raw.len()).min(size);
        let taken = &self.text.buffer()?[..size];
        self.record.raw.extend_from_slice(&taken[..room]);
        self.record.values.extend_from_slice(&taken[..room]);
        self.text.pass(size);
        Ok(size as u64)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.record.raw.len() < self.limit {
            self.record.values.extend_from_slice(bytes);
        }
    }

    fn keep_raw(&mut self, bytes: &[u8]) {
        if self.record.raw.len() < self.limit {
            self.record.raw.extend_from_slice(bytes);
        }
    }

    fn end_field(&mut self) {
        let end = self.record.values.len();
        self.record.ends.push(end);
    }

    fn end_record(&mut self, bytes: u64) {
        self.end_field();
        if bytes > self.limit as u64 {
            self.record.flaw = Some(Flaw::TooLong { bytes });
            self.record.raw.truncate(SHOWN);
            self.record.values.clear();
            self.record.ends.iter_mut().for_each(|end| *end = 0);
        }
    }

    /// Whether the bytes behind the first of a delimiter are its others.
    fn rest_of_delimiter(&mut self) -> io::Result<bool> {
        let size = self.dialect.delimiter.len() - 1;
        if size == 0 {
            return Ok(true);
        }
        let rest = &self.dialect.delimiter.as_bytes()[1..];
        if self.text.ahead(size)? != rest {
            return Ok(false);
        }
        self.text.pass(size);
        self.record.raw.extend_from_slice(rest);
        Ok(true)
    }

    /// The character that an escape stands in front of, if that gives it another
    /// meaning.
    fn escaped(&mut self) -> io::Result<Option<u8>> {
        let Some(next) = self.text.peek()? else {
            return Ok(None);
        };
        let dialect = &self.dialect;
        let special = Some(next) == dialect.quote
            || Some(next) == dialect.escape
            || next == dialect.delimiter.as_bytes()[0]
            || (dialect.quote.is_none() && (next == b'\n' || next == b'\r'));
        if special {
            self.text.pass(1);
            self.text.line += u64::from(next == b'\n');
        }
        Ok(special.then_some(next))
    }

    fn look_at_bytes(&mut self) {
        let raw = self.record.raw.as_slice();
        if memchr(NO_TEXT, raw).is_some()
            || (!raw.is_ascii() && std::str::from_utf8(whole(raw)).is_err())
        {
            self.record.flawed(Flaw::NoText);
        } else if memchr(0, raw).is_some() {
            self.record.flawed(Flaw::Nul);
        }
    }
}

/// A text that was cut may end inside a character.
fn whole(raw: &[u8]) -> &[u8] {
    match std::str::from_utf8(raw) {
        Err(error) if error.error_len().is_none() && raw.len() == SHOWN => {
            &raw[..error.valid_up_to()]
        }
        _ => raw,
    }
}

#[cfg(test)]
mod tests;
