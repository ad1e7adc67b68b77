//! The bytes that records are made of.

use std::io::{self, BufRead};

use crate::ingest::dialect::LineEnd;

/// Text byte by byte, with the line it is in, and a look ahead.
pub(super) struct Input<R> {
    text: R,
    /// The line that the next byte is in, from 1.
    pub line: u64,
    /// Bytes that were looked at, where those of the buffer were too few.
    held: Vec<u8>,
}

impl<R: BufRead> Input<R> {
    pub fn new(text: R) -> Self {
        Self {
            text,
            line: 1,
            held: Vec::new(),
        }
    }

    /// What lies in the buffer; nothing while bytes are held.
    pub fn buffer(&mut self) -> io::Result<&[u8]> {
        if self.held.is_empty() {
            self.text.fill_buf()
        } else {
            Ok(&[])
        }
    }

    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.ahead(1)?.first().copied())
    }

    pub fn next(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        self.pass(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// The next `size` bytes, or fewer at the end of the text.
    pub fn ahead(&mut self, size: usize) -> io::Result<&[u8]> {
        if self.held.is_empty() && self.text.fill_buf()?.len() >= size {
            return Ok(&self.text.fill_buf()?[..size]);
        }
        while self.held.len() < size {
            let Some(byte) = self.text.fill_buf()?.first().copied() else {
                break;
            };
            self.text.consume(1);
            self.held.push(byte);
        }
        Ok(&self.held[..size.min(self.held.len())])
    }

    /// Goes past bytes that were looked at.
    pub fn pass(&mut self, size: usize) {
        if self.held.is_empty() {
            self.text.consume(size);
        } else {
            self.held.drain(..size);
        }
    }

    /// The kind of a line end that begins with `byte`, gone past.
    pub fn line_end(&mut self, byte: u8) -> io::Result<LineEnd> {
        self.line += 1;
        if byte == b'\n' {
            return Ok(LineEnd::Lf);
        }
        if self.peek()? == Some(b'\n') {
            self.pass(1);
            return Ok(LineEnd::CrLf);
        }
        Ok(LineEnd::Cr)
    }
}
