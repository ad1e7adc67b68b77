//! A clean copy of a file that is not plain: its records as the engine reads them
//! without doubt, and beside it those that are none. Nothing is left out of both.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::header::MatchedHeader;
use super::records::{Flaw, Record, Records};
use super::text;
use crate::model::dialect::Dialect;
use crate::model::input_file::ScannedFile;
use crate::model::interrupt::Interrupt;

/// Records between two looks at whether to stop.
const PATIENCE: u64 = 4096;

/// A copy of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanCopy {
    /// Number, line, and the fields that the header names, of every good record.
    pub good: PathBuf,
    /// Number, line, column, reason and text of every other.
    pub bad: PathBuf,
    /// How many records there are in all.
    pub records: u64,
    pub bad_records: u64,
    /// Bytes of the longest record, as either copy has it.
    pub longest: u64,
}

/// Copies a file into `folder`; `number` names the copies.
///
/// # Errors
/// What reading or writing says; [`io::ErrorKind::Interrupted`] if stopping was
/// asked for.
pub fn clean(
    file: &ScannedFile,
    dialect: &Dialect,
    header: &MatchedHeader,
    folder: &Path,
    number: u64,
    interrupt: &Interrupt,
) -> io::Result<CleanCopy> {
    std::fs::create_dir_all(folder)?;
    let create = |suffix: &str| -> io::Result<(PathBuf, BufWriter<File>)> {
        let path = folder.join(format!("{number}.{suffix}.csv"));
        let writer = BufWriter::with_capacity(256 * 1024, File::create(&path)?);
        Ok((path, writer))
    };
    let (good, mut to_good) = create("good")?;
    let (bad, mut to_bad) = create("bad")?;
    let mut copy = CleanCopy {
        good,
        bad,
        records: 0,
        bad_records: 0,
        longest: 0,
    };
    let mut line = Vec::new();
    let columns = header.columns.len();
    let mut records = open(file, dialect, header)?;
    while let Some(record) = records.next()? {
        if record.number == 0 {
            continue;
        }
        copy.records = record.number;
        if record.number.is_multiple_of(PATIENCE) && interrupt.is_requested() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        line.clear();
        write!(line, "{},{}", record.number, record.line)?;
        match problem(record, header) {
            None => {
                for field in record.fields().take(columns) {
                    line.push(b',');
                    quoted(field, &mut line);
                }
                line.push(b'\n');
                to_good.write_all(&line)?;
            }
            Some((column, reason)) => {
                copy.bad_records += 1;
                let column = column.and_then(|at| header.columns.get(at));
                for field in [column.map_or("", String::as_str), &reason] {
                    line.push(b',');
                    quoted(field.as_bytes(), &mut line);
                }
                line.push(b',');
                quoted(&printable(&record.raw), &mut line);
                line.push(b'\n');
                to_bad.write_all(&line)?;
            }
        }
        copy.longest = copy.longest.max(line.len() as u64);
    }
    to_good
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    to_bad
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    Ok(copy)
}

/// Writes number and text of the records with these numbers, which ascend, as a CSV
/// file without a header. Returns the bytes of its longest record.
///
/// # Errors
/// As for [`clean`].
pub fn texts(
    file: &ScannedFile,
    dialect: &Dialect,
    header: &MatchedHeader,
    numbers: &[u64],
    to: &Path,
) -> io::Result<u64> {
    let mut writer = BufWriter::new(File::create(to)?);
    let mut records = open(file, dialect, header)?;
    let mut wanted = numbers.iter().peekable();
    let mut line = Vec::new();
    let mut longest = 0;
    while wanted.peek().is_some()
        && let Some(record) = records.next()?
    {
        if wanted.next_if(|number| **number == record.number).is_none() {
            continue;
        }
        line.clear();
        write!(line, "{},", record.number)?;
        quoted(&printable(&record.raw), &mut line);
        line.push(b'\n');
        writer.write_all(&line)?;
        longest = longest.max(line.len() as u64);
    }
    writer.flush()?;
    Ok(longest)
}

/// The records of a file, of which the header is the first where it has one.
///
/// # Errors
/// What reading the file says.
pub fn open(
    file: &ScannedFile,
    dialect: &Dialect,
    header: &MatchedHeader,
) -> io::Result<Records<Box<dyn io::BufRead>>> {
    let bytes = BufReader::new(File::open(&file.absolute)?);
    let mut records = Records::new(text::open(bytes, dialect.encoding)?, dialect);
    records.set_columns(header.columns.len() + header.unnamed);
    Ok(records)
}

/// What keeps a record from being a row, and the column it is about, from 0.
pub fn problem(record: &Record, header: &MatchedHeader) -> Option<(Option<usize>, String)> {
    let columns = header.columns.len();
    let flawed = |reason: String| Some((None, reason));
    match &record.flaw {
        Some(Flaw::OpenQuote { line }) => {
            return flawed(format!(
                "the quote that opens in line {line} is never closed"
            ));
        }
        Some(Flaw::AfterQuote { column }) => {
            return Some((
                Some(column - 1),
                "the field goes on after its closing quote".to_owned(),
            ));
        }
        Some(Flaw::NoText) => {
            return flawed("it holds bytes that are no text in the file's encoding".to_owned());
        }
        Some(Flaw::Nul) => return flawed("it holds a zero byte".to_owned()),
        Some(Flaw::TooLong { bytes }) => {
            return flawed(format!("it has {bytes} bytes, which is too long"));
        }
        None => {}
    }
    // A field too many, though empty, may have moved the others.
    let fields = record.len();
    let mut unnamed = record.fields().skip(columns);
    if fields < columns || fields > columns + header.unnamed || unnamed.any(|f| !f.is_empty()) {
        return flawed(format!(
            "the record has {fields} fields, and the header {columns}"
        ));
    }
    let again = !header.written.is_empty()
        && record
            .fields()
            .take(columns)
            .eq(header.written.iter().map(String::as_bytes));
    again.then(|| (None, "it is the header again".to_owned()))
}

fn quoted(field: &[u8], into: &mut Vec<u8>) {
    if field.is_empty() {
        return;
    }
    into.push(b'"');
    let mut rest = field;
    while let Some(at) = memchr::memchr(b'"', rest) {
        into.extend_from_slice(&rest[..=at]);
        into.push(b'"');
        rest = &rest[at + 1..];
    }
    into.extend_from_slice(rest);
    into.push(b'"');
}

/// The text of a record as it can be kept: what is none is shown as such.
fn printable(raw: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(raw);
    text.replace('\0', "\u{2400}").into_bytes()
}
