//! All rows of a source's files, read as they will be loaded: what its columns
//! hold, what does not fit, and which columns tell rows apart.

use std::fs::File;

use super::error::ProposeError;
use super::keys::Keys;
use super::layout::short;
use super::sniff::Sniffed;
use super::values::Values;
use super::work::Work;
use crate::ingest::records::{Flaw, Record, Records};
use crate::ingest::text;
use crate::model::dialect::Dialect;

/// Bad rows that are told of.
const SHOWN: usize = 3;
/// Records from one look at the interrupt to the next.
const OFTEN: u64 = 4096;
/// Bytes of a record that is kept whole.
const LONGEST_RECORD: usize = 64 * 1024 * 1024;

/// What a source's files hold.
pub struct Profile {
    /// The columns of all files, in the order in which they came up.
    pub columns: Vec<String>,
    pub values: Vec<Values>,
    pub keys: Keys,
    /// Records, bad ones included.
    pub rows: u64,
    /// Of each file.
    pub file_rows: Vec<u64>,
    /// Records that are no row of the table, and the first of them.
    pub bad_rows: u64,
    pub first_bad: Vec<String>,
    /// Rows that are the header again.
    pub header_again: u64,
    /// Files that lack a column: `column`, how many.
    pub missing: Vec<(String, usize)>,
    /// Bytes that are no text in the encoding.
    pub bad_bytes: u64,
}

/// Reads all files of a source.
///
/// # Errors
/// A file that cannot be read, and being interrupted.
pub fn profile(
    name: &str,
    dialect: &Dialect,
    files: &[Sniffed],
    work: &Work<'_>,
) -> Result<Profile, ProposeError> {
    let mut columns: Vec<String> = Vec::new();
    for file in files {
        for column in &file.layout.columns {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
    }
    let lacks = |column: &String| {
        let lacking = files.iter().filter(|f| !f.layout.columns.contains(column));
        lacking.count()
    };
    let missing = columns
        .iter()
        .map(|c| (c.clone(), lacks(c)))
        .filter(|(_, n)| *n > 0);
    let mut profile = Profile {
        values: columns.iter().map(|_| Values::default()).collect(),
        keys: Keys::new(name, &columns),
        missing: missing.collect(),
        columns,
        rows: 0,
        file_rows: Vec::new(),
        bad_rows: 0,
        first_bad: Vec::new(),
        header_again: 0,
        bad_bytes: files.iter().map(|f| f.bad_bytes).sum(),
    };
    for (at, file) in files.iter().enumerate() {
        profile.file(at, file, dialect, work)?;
    }
    Ok(profile)
}

impl Profile {
    fn file(
        &mut self,
        at: usize,
        file: &Sniffed,
        dialect: &Dialect,
        work: &Work<'_>,
    ) -> Result<(), ProposeError> {
        let failed = |source| {
            if work.was_stopped() {
                return ProposeError::Interrupted;
            }
            ProposeError::Io {
                path: file.file.absolute.clone(),
                source,
            }
        };
        let open = File::open(&file.file.absolute).map_err(failed)?;
        let text = text::open(work.counting(open), dialect.encoding).map_err(failed)?;
        let mut records = Records::new(text, dialect).limited(LONGEST_RECORD);
        let places: Vec<usize> = file
            .layout
            .columns
            .iter()
            .map(|column| self.columns.iter().position(|c| c == column).unwrap_or(0))
            .collect();
        let mut width = places.len();
        records.set_columns(width);
        let mut header = Vec::new();
        let before = self.rows;
        while let Some(record) = records.next().map_err(failed)? {
            if record.number == 0 {
                header.extend_from_slice(&record.raw);
                width = record.len().max(width);
                continue;
            }
            self.rows += 1;
            if self.rows.is_multiple_of(OFTEN) {
                work.go_on().map_err(failed)?;
            }
            if dialect.header && record.raw == header {
                self.header_again += 1;
                self.bad(file, record, "the header again");
                continue;
            }
            if let Some(what) = wrong(record, width, places.len()) {
                self.bad(file, record, &what);
                continue;
            }
            self.row(at, record, &places);
        }
        let Self { keys, values, .. } = self;
        keys.end_file(|column| may_be_key(&values[column]));
        self.file_rows.push(self.rows - before);
        Ok(())
    }

    fn row(&mut self, file: usize, record: &Record, places: &[usize]) {
        // Fields by column of the source.
        let mut cells: Vec<&[u8]> = vec![&[]; self.columns.len()];
        for (field, place) in record.fields().zip(places) {
            cells[*place] = field;
            self.values[*place].take(field, file, record.line);
        }
        let Self { keys, values, .. } = self;
        keys.take(|column| cells[column], |column| may_be_key(&values[column]));
    }

    fn bad(&mut self, file: &Sniffed, record: &Record, what: &str) {
        self.bad_rows += 1;
        if self.first_bad.len() < SHOWN {
            let text = String::from_utf8_lossy(&record.raw[..record.raw.len().min(400)]);
            self.first_bad.push(format!(
                "{} line {}: {what}: {}",
                file.file.path,
                record.line,
                short(&text)
            ));
        }
    }
}

/// What keeps a record from being a row.
fn wrong(record: &Record, width: usize, columns: usize) -> Option<String> {
    match &record.flaw {
        Some(Flaw::OpenQuote { .. }) => return Some("a quote is never closed".to_owned()),
        Some(Flaw::AfterQuote { .. }) => return Some("text goes on behind a quote".to_owned()),
        Some(Flaw::NoText) => return Some("it holds bytes that are no text".to_owned()),
        Some(Flaw::Nul) => return Some("it holds a zero byte".to_owned()),
        Some(Flaw::TooLong { .. }) => return Some("it is too long".to_owned()),
        None => {}
    }
    // A field too many, though empty, may have moved the others.
    let surplus = record.fields().skip(columns).any(|field| !field.is_empty());
    if record.len() != width || surplus {
        return Some(format!("{} fields instead of {columns}", record.len()));
    }
    None
}

/// Amounts, times and truths tell nothing apart, even if none comes twice.
fn may_be_key(values: &Values) -> bool {
    let is_odd = |shape: &super::values::ShapeCount| {
        let size = shape.sizes[0];
        shape.is_boolean() || size.is_some_and(|s| s.decimals > 0 || s.exponent)
    };
    let odd: u64 = values
        .shapes
        .iter()
        .filter(|s| is_odd(s))
        .map(|s| s.count)
        .sum();
    odd * 2 <= values.filled
}
