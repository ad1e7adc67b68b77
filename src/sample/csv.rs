//! Writes CSV files fast: millions of rows pass through here for the benchmark,
//! so values go into one buffer, without `format!` and without allocation.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Written to the file whenever the buffer holds this many bytes.
const BLOCK: usize = 1 << 18;

/// CSV that is being written.
pub struct Csv<W> {
    out: W,
    buffer: Vec<u8>,
    row_begins: bool,
}

impl Csv<File> {
    /// Creates the file, or empties it, and writes the header.
    pub fn create(path: &Path, header: &str) -> io::Result<Self> {
        Ok(Self::new(File::create(path)?, header))
    }
}

impl<W: Write> Csv<W> {
    /// Begins with the header.
    pub fn new(out: W, header: &str) -> Self {
        let mut buffer = Vec::with_capacity(BLOCK + 4096);
        buffer.extend_from_slice(header.as_bytes());
        buffer.push(b'\n');
        Self {
            out,
            buffer,
            row_begins: true,
        }
    }

    fn comma(&mut self) {
        if self.row_begins {
            self.row_begins = false;
        } else {
            self.buffer.push(b',');
        }
    }

    /// A value that is text, in quotes only where CSV needs them.
    pub fn text(&mut self, text: &str) {
        self.comma();
        if text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n')) {
            self.buffer.push(b'"');
            for byte in text.bytes() {
                if byte == b'"' {
                    self.buffer.push(b'"');
                }
                self.buffer.push(byte);
            }
            self.buffer.push(b'"');
        } else {
            self.buffer.extend_from_slice(text.as_bytes());
        }
    }

    /// A value that is a whole number.
    pub fn integer(&mut self, number: u64) {
        self.comma();
        self.digits(number, 1);
    }

    /// A price given in billionths: up to nine decimals, none that are idle.
    pub fn price(&mut self, billionths: u64) {
        self.integer(billionths / 1_000_000_000);
        let mut rest = billionths % 1_000_000_000;
        if rest == 0 {
            return;
        }
        let mut decimals = 9;
        while rest.is_multiple_of(10) {
            rest /= 10;
            decimals -= 1;
        }
        self.buffer.push(b'.');
        self.digits(rest, decimals);
    }

    fn digits(&mut self, mut number: u64, at_least: usize) {
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        while number > 0 {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        first = first.min(digits.len() - at_least);
        self.buffer.extend_from_slice(&digits[first..]);
    }

    /// Ends the row.
    pub fn end_row(&mut self) -> io::Result<()> {
        self.buffer.push(b'\n');
        self.row_begins = true;
        if self.buffer.len() >= BLOCK {
            self.out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Writes what is left. A `Csv` that is dropped without it is cut short.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&self.buffer)?;
        Ok(self.out)
    }
}
