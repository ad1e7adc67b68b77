//! A query's result as text, row after row as it comes.

use std::io::{self, Write};

use super::csv;
use super::listing::{markdown_head, markdown_line};
use super::table::NULL;
use crate::engine::stream::{Nested, TextBatch};
use crate::model::column::Column;

/// The formats that are written row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    /// One array of objects.
    Json,
    /// One object per line.
    Jsonl,
    Markdown,
}

impl Format {
    /// How lists, structs and maps are to come.
    pub fn nested(self) -> Nested {
        match self {
            Self::Json | Self::Jsonl => Nested::Json,
            Self::Csv | Self::Markdown => Nested::Engine,
        }
    }
}

/// Writes a result.
pub struct Writer<W: Write> {
    out: W,
    format: Format,
    /// What stands before the first row; None once it is written.
    head: Option<String>,
    columns: Vec<Cells>,
    rows: u64,
    line: String,
}

/// A column, as JSON needs to know it.
struct Cells {
    /// Its name as JSON, with the colon.
    key: String,
    kind: Kind,
}

/// How a value is written as JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Boolean,
    /// It is JSON already.
    Json,
    Text,
}

impl Kind {
    pub(super) fn of(column: &Column) -> Self {
        match column.ty.as_str() {
            _ if column.is_number() => Self::Number,
            _ if column.is_nested() => Self::Json,
            "BOOLEAN" => Self::Boolean,
            _ => Self::Text,
        }
    }
}

impl<W: Write> Writer<W> {
    /// A result of these columns. Nothing is written before the first row is
    /// there, or the end.
    pub fn new(out: W, format: Format, columns: &[Column]) -> Self {
        let head = match format {
            Format::Csv => {
                let names = columns.iter().map(|c| Some(c.name.clone())).collect();
                csv::of_lines(&[names])
            }
            Format::Markdown => {
                let heads: Vec<(String, bool)> = columns
                    .iter()
                    .map(|c| (c.name.clone(), c.is_number()))
                    .collect();
                markdown_head(&heads)
            }
            Format::Json => "[".to_owned(),
            Format::Jsonl => String::new(),
        };
        let columns = columns
            .iter()
            .zip(keys(columns))
            .map(|(column, key)| Cells {
                key: format!("{}:", quoted(&key)),
                kind: Kind::of(column),
            })
            .collect();
        Self {
            out,
            format,
            head: Some(head),
            columns,
            rows: 0,
            line: String::new(),
        }
    }

    /// Whether anything was written.
    pub fn has_begun(&self) -> bool {
        self.head.is_none()
    }

    fn begin(&mut self) -> io::Result<()> {
        match self.head.take() {
            Some(head) => self.out.write_all(head.as_bytes()),
            None => Ok(()),
        }
    }

    /// Writes some rows.
    ///
    /// # Errors
    /// Of writing.
    pub fn batch(&mut self, batch: &TextBatch) -> io::Result<()> {
        self.begin()?;
        for row in 0..batch.rows() {
            self.line.clear();
            match self.format {
                Format::Csv => {
                    let cells = (0..batch.width()).map(|at| batch.cell(row, at));
                    csv::line(&mut self.line, cells);
                }
                Format::Markdown => {
                    let cell = |at| batch.cell(row, at).unwrap_or(NULL).to_owned();
                    let cells: Vec<String> = (0..batch.width()).map(cell).collect();
                    self.line += &markdown_line(&cells);
                }
                Format::Json => {
                    self.line += if self.rows == 0 { "\n" } else { ",\n" };
                    self.object(batch, row);
                }
                Format::Jsonl => {
                    self.object(batch, row);
                    self.line.push('\n');
                }
            }
            self.rows += 1;
            self.out.write_all(self.line.as_bytes())?;
        }
        Ok(())
    }

    fn object(&mut self, batch: &TextBatch, row: usize) {
        self.line.push('{');
        for (at, column) in self.columns.iter().enumerate() {
            if at > 0 {
                self.line.push(',');
            }
            self.line += &column.key;
            match batch.cell(row, at) {
                None => self.line += "null",
                Some(text) => value(&mut self.line, column.kind, text),
            }
        }
        self.line.push('}');
    }

    /// Ends the result, and returns what it was written to.
    ///
    /// # Errors
    /// Of writing.
    pub fn end(mut self) -> io::Result<W> {
        self.begin()?;
        if self.format == Format::Json {
            let end: &[u8] = if self.rows == 0 { b"]\n" } else { b"\n]\n" };
            self.out.write_all(end)?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A value as JSON. What JSON has no number for (`NaN`, `Infinity`) is a string.
pub(super) fn value(line: &mut String, kind: Kind, text: &str) {
    let as_it_is = match kind {
        Kind::Boolean => true,
        Kind::Number => {
            let finite = text.bytes().all(|b| !b.is_ascii_alphabetic() || b == b'e');
            finite && !text.is_empty()
        }
        Kind::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
        Kind::Text => false,
    };
    if as_it_is {
        line.push_str(text);
    } else {
        line.push_str(&quoted(text));
    }
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The keys of an object: names that come twice get a number.
fn keys(columns: &[Column]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for column in columns {
        let mut key = column.name.clone();
        let mut n = 1;
        while keys.contains(&key) {
            key = format!("{}_{n}", column.name);
            n += 1;
        }
        keys.push(key);
    }
    keys
}
