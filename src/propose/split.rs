//! A text that is all in memory, cut into rows and cells as one dialect reads it.
//!
//! The rules are those of [`crate::ingest::records`], which reads files. Here
//! cells are not unescaped, and what is odd about a row is one bit.

use memchr::{memchr2, memchr3};

/// How cells and rows are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub delimiter: String,
    pub quote: Option<u8>,
    pub escape: Option<u8>,
}

/// A cell as it stands in the text, without the quotes around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'t> {
    pub text: &'t [u8],
    pub quoted: bool,
    /// A space stands in front of its quote.
    pub spaced: bool,
}

/// A row.
#[derive(Debug)]
pub struct Row<'r, 't> {
    /// The line it begins in, from 1.
    pub line: u32,
    /// As it stands in the text, without its end.
    pub raw: &'t [u8],
    pub cells: &'r [Cell<'t>],
    /// A quote is not closed, or text goes on behind one.
    pub flawed: bool,
    /// Behind it comes nothing, not even a line end.
    pub is_last: bool,
}

/// Calls `take` for each row until it returns false. Empty lines are none.
pub fn rows<'t>(text: &'t [u8], form: &Form, mut take: impl FnMut(&Row<'_, 't>) -> bool) {
    let mut cells = Vec::new();
    let mut cut = Cut {
        text,
        form,
        at: 0,
        line: 1,
    };
    while cut.at < text.len() {
        let (start, line) = (cut.at, cut.line);
        cells.clear();
        let mut flawed = false;
        let mut ended = false;
        loop {
            flawed |= !cut.cell(&mut cells);
            if cut.at == text.len() {
                break;
            }
            if cut.is_delimiter() {
                cut.at += form.delimiter.len();
                if cut.at == text.len() {
                    cells.push(Cell {
                        text: &[],
                        quoted: false,
                        spaced: false,
                    });
                    break;
                }
                continue;
            }
            ended = true;
            break;
        }
        let raw = &text[start..cut.at];
        if ended {
            cut.line_end();
        }
        let row = Row {
            line,
            raw,
            cells: &cells,
            flawed,
            is_last: !ended,
        };
        if !raw.is_empty() && !take(&row) {
            return;
        }
    }
}

struct Cut<'f, 't> {
    text: &'t [u8],
    form: &'f Form,
    at: usize,
    line: u32,
}

impl<'t> Cut<'_, 't> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn is_delimiter(&self) -> bool {
        self.text[self.at..].starts_with(self.form.delimiter.as_bytes())
    }

    fn line_end(&mut self) {
        let pair = self.text[self.at..].starts_with(b"\r\n");
        self.at += if pair { 2 } else { 1 };
        self.line += 1;
    }

    /// Goes to the end of the cell. Returns whether it is as it should be.
    fn cell(&mut self, cells: &mut Vec<Cell<'t>>) -> bool {
        let start = self.at;
        if let Some(quote) = self.form.quote
            && !self.is_delimiter()
        {
            let spaced = self.byte(start) == Some(b' ') && self.byte(start + 1) == Some(quote);
            if spaced || self.byte(start) == Some(quote) {
                return self.quoted(start, spaced, quote, cells);
            }
        }
        self.plain();
        let text = &self.text[start..self.at];
        cells.push(Cell {
            text,
            quoted: false,
            spaced: false,
        });
        true
    }

    fn quoted(&mut self, start: usize, spaced: bool, quote: u8, cells: &mut Vec<Cell<'t>>) -> bool {
        let inner = start + 1 + usize::from(spaced);
        let escape = self.form.escape.unwrap_or(quote);
        self.at = inner;
        let end = loop {
            let rest = &self.text[self.at..];
            let Some(found) = memchr3(quote, escape, b'\n', rest) else {
                self.at = self.text.len();
                let text = &self.text[inner..];
                cells.push(Cell {
                    text,
                    quoted: true,
                    spaced,
                });
                return false;
            };
            let at = self.at + found;
            let next = self.byte(at + 1);
            let byte = self.text[at];
            self.at = at + 1;
            if byte == b'\n' {
                self.line += 1;
            } else if byte == quote {
                if next != Some(quote) {
                    break at;
                }
                self.at += 1;
            } else if let Some(next) = next
                && (next == quote
                    || next == escape
                    || self.text[at + 1..].starts_with(self.form.delimiter.as_bytes()))
            {
                self.at += 1;
            }
        };
        while self.byte(self.at) == Some(b' ') && !self.is_delimiter() {
            self.at += 1;
        }
        let done = match self.byte(self.at) {
            None | Some(b'\n' | b'\r') => true,
            Some(_) => self.is_delimiter(),
        };
        if done {
            let text = &self.text[inner..end];
            cells.push(Cell {
                text,
                quoted: true,
                spaced,
            });
        } else {
            self.plain();
            let text = &self.text[start..self.at];
            cells.push(Cell {
                text,
                quoted: false,
                spaced,
            });
        }
        done
    }

    /// Goes to the next delimiter or line end.
    fn plain(&mut self) {
        let first = self.form.delimiter.as_bytes()[0];
        let escape = self.form.escape.filter(|_| self.form.quote.is_none());
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let found = memchr3(first, b'\n', b'\r', rest).unwrap_or(rest.len());
            let escaped = escape.and_then(|escape| memchr2(escape, escape, &rest[..found]));
            if let Some(escaped) = escaped {
                self.at = (self.at + escaped + 2).min(self.text.len());
                continue;
            }
            self.at += found;
            match self.byte(self.at) {
                Some(byte) if byte == first && !self.is_delimiter() => self.at += 1,
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    fn cut(text: &str, delimiter: &str, quote: Option<u8>, escape: Option<u8>) -> String {
        let form = Form {
            delimiter: delimiter.to_owned(),
            quote,
            escape,
        };
        let mut out = String::new();
        rows(text.as_bytes(), &form, |row| {
            write!(out, "{}", row.line).unwrap();
            for cell in row.cells {
                write!(out, "[{}]", String::from_utf8_lossy(cell.text)).unwrap();
            }
            out += if row.flawed { "! " } else { " " };
            true
        });
        out.trim_end().to_owned()
    }

    #[test]
    fn texts_are_cut_as_files_are_read() {
        let quote = Some(b'"');
        for (text, expected) in [
            ("a,b\r\n1,2\r\n", "1[a][b] 2[1][2]"),
            ("a,b\r1,", "1[a][b] 2[1][]"),
            ("a\n\n\nb", "1[a] 4[b]"),
            ("\"a\nb\",c\nd", "1[a\nb][c] 3[d]"),
            ("\"a\"\"b\" ,c", "1[a\"\"b][c]"),
            ("\"a\"b,c\nd", "1[\"a\"b][c]! 2[d]"),
            ("a, \"b,c\"", "1[a][b,c]"),
            ("a,  \"b,c\"", "1[a][  \"b][c\"]"),
            ("a,\"b", "1[a][b]!"),
            ("5\" pipe,x", "1[5\" pipe][x]"),
        ] {
            assert_eq!(cut(text, ",", quote, None), expected, "{text:?}");
        }
        assert_eq!(cut("a||b|c||d", "||", quote, None), "1[a][b|c][d]");
        assert_eq!(cut(r#""a\"b",c"#, ",", quote, Some(b'\\')), r#"1[a\"b][c]"#);
        assert_eq!(cut("a\\,b,c", ",", None, Some(b'\\')), "1[a\\,b][c]");
        assert_eq!(cut("1 \"a b\" 2", " ", quote, None), "1[1][a b][2]");
    }
}
