//! Loading a file that the engine cannot read as it lies, or that has records which
//! do not fit: by way of a clean copy, and a table of text in which nothing fails.
//!
//! A statement that fails loses the transaction, so a plain file is tried at once,
//! and read carefully in a second transaction if that did not go well. Before that
//! one the others are tried outside of any, for each failure costs a transaction.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::columns::{declared, plain_file, text_columns};
use super::copy::{self, CleanCopy};
use super::header::{self, MatchedHeader};
use super::infer;
use super::load::{Loader, io_error, wanted};
use super::load_error::LoadError;
use super::refused::RefusedRecord;
use crate::engine::csv::{CsvFile, LINE, RECORD};
use crate::engine::values::TextColumns;
use crate::engine::warehouse::{ADDED, FILE, RETIRED};
use crate::engine::{EngineError, ErrorKind, quarantine, quote};
use crate::model::input_file::ScannedFile;
use crate::model::names::SourceName;
use crate::model::plan::SourcePlan;
use crate::model::source::BadRows;

/// The text of all good records.
const TEXT: &str = "temp.wb_text";
/// Those of them that do not fit: number, position of the column.
const MISFIT: &str = "temp.wb_misfit";

/// Which files are to be read carefully.
#[derive(Debug, Clone, Default)]
pub struct Careful {
    files: BTreeSet<(SourceName, String)>,
    /// Plain files that did go well.
    fine: RefCell<BTreeSet<(SourceName, String)>>,
}

impl Careful {
    /// Whether a file is.
    pub fn needs(&self, source: &SourceName, file: &ScannedFile) -> bool {
        !file.plain || self.files.contains(&(source.clone(), file.path.clone()))
    }

    /// A plain file went well: it will again.
    pub fn went_well(&self, source: &SourceName, path: &str) {
        self.fine
            .borrow_mut()
            .insert((source.clone(), path.to_owned()));
    }

    /// Whether it is not known yet how a file goes.
    fn is_open(&self, source: &SourceName, file: &ScannedFile) -> bool {
        let known = (source.clone(), file.path.clone());
        !self.needs(source, file) && !self.fine.borrow().contains(&known)
    }

    /// A file did not go well.
    pub fn learn(&mut self, source: &SourceName, path: &str) {
        self.files.insert((source.clone(), path.to_owned()));
    }
}

/// What became of the records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inserted {
    pub taken: u64,
    pub refused: u64,
}

/// A file on its way through the clean copy.
pub(super) struct CarefulFile<'a> {
    pub number: u64,
    pub file: &'a ScannedFile,
    pub header: &'a MatchedHeader,
    pub columns: &'a TextColumns,
}

impl Loader<'_> {
    /// Tries the plain files of a plan of which it is not known yet how they go,
    /// outside of a transaction. Returns the paths of those that need a careful look.
    ///
    /// # Errors
    /// Headers that are refused, and errors of the engine that are not about a file.
    pub fn try_all(&self, plan: &SourcePlan) -> Result<Vec<String>, LoadError> {
        let mut found = Vec::new();
        let mut known = if plan.refresh {
            declared(self.source)
        } else {
            self.known_columns()?
        };
        for wanted in wanted(plan) {
            let file = wanted.file;
            for drift in infer::drift(self.source, file, &known, self.interrupt)? {
                infer::follow(&mut known, &drift);
            }
            let header = header::match_file(self.source, file, &known)?;
            let Some(csv) = plain_file(self.source, file, &header)
                .filter(|_| self.careful.is_open(&self.source.name, file))
            else {
                continue;
            };
            let columns = text_columns(self.source, &header.columns, &known);
            // Whatever is not looked at is not converted.
            let rows = self.session.number(&format!(
                "SELECT count(*) FILTER (hash({}) IS NOT NULL) FROM {}",
                columns.strict_values(&header.written),
                columns.cast(&csv.scan()),
            ));
            match rows {
                Ok(rows) if rows == file.records => {
                    self.careful.went_well(&self.source.name, &file.path);
                }
                Err(error) if !is_about_a_file(&error) => return Err(error.into()),
                Ok(_) | Err(_) => found.push(file.path.clone()),
            }
        }
        Ok(found)
    }

    /// Reads a file into `table`. What does not fit goes into the quarantine, or is
    /// noted, so that the run fails in the end.
    pub(super) fn insert_carefully(
        &self,
        table: &str,
        careful: &CarefulFile<'_>,
    ) -> Result<Inserted, LoadError> {
        let CarefulFile {
            number,
            file,
            header,
            columns,
        } = careful;
        let copied = copy::clean(
            file,
            &self.source.dialect,
            header,
            self.scratch,
            *number,
            self.interrupt,
        )
        .map_err(|e| io_error(&file.path, e))?;
        if copied.records != file.records {
            return Err(LoadError::Miscounted {
                path: file.path.clone(),
                counted: file.records,
                loaded: copied.records,
            });
        }
        self.read_text(&copied, header)?;
        let cast = columns.cast(TEXT);
        self.session.batch(&format!(
            "CREATE OR REPLACE TEMP TABLE wb_misfit AS
             SELECT {RECORD}, _wb_misfit FROM (SELECT {RECORD}, {} AS _wb_misfit FROM {cast})
             WHERE _wb_misfit IS NOT NULL",
            columns.misfit()
        ))?;
        let misfits = self
            .session
            .number(&format!("SELECT count(*) FROM {MISFIT}"))?;
        let good = if misfits == 0 {
            String::new()
        } else {
            format!("WHERE {RECORD} NOT IN (SELECT {RECORD} FROM {MISFIT})")
        };
        let taken = self.session.execute(&format!(
            "INSERT INTO {table} ({}, {FILE}, {ADDED}, {RETIRED})
             SELECT {}, {number}::INTEGER, {}::INTEGER, NULL::INTEGER FROM {cast} {good}
             ORDER BY {RECORD}::BIGINT",
            quote::idents(columns.0.iter().map(|c| &c.name)),
            columns.values(),
            self.run,
        ))?;
        let refused = copied.bad_records + misfits;
        if refused > 0 {
            let texts = self.texts(careful, misfits)?;
            match self.source.bad_rows {
                BadRows::Fail => self.note(careful, &copied, &texts, refused)?,
                BadRows::Quarantine => self.set_aside(careful, &copied, &texts)?,
            }
        }
        self.session
            .batch(&format!("DROP TABLE {TEXT}; DROP TABLE {MISFIT}"))?;
        for path in [&copied.good, &copied.bad] {
            std::fs::remove_file(path).map_err(|e| io_error(&file.path, e))?;
        }
        Ok(Inserted { taken, refused })
    }

    /// The good records of a copy, as text.
    fn read_text(&self, copied: &CleanCopy, header: &MatchedHeader) -> Result<(), LoadError> {
        let scan = if copied.records == copied.bad_records {
            // The engine takes an empty file for an error.
            let columns = header
                .columns
                .iter()
                .map(|c| format!("NULL::VARCHAR AS {}", quote::ident(c)));
            format!(
                "(SELECT NULL::VARCHAR AS {RECORD}, NULL::VARCHAR AS {LINE}, {} LIMIT 0)",
                quote::join(columns)
            )
        } else {
            CsvFile::copy(&copied.good, &header.columns, copied.longest).scan()
        };
        self.session.batch(&format!(
            "CREATE OR REPLACE TEMP TABLE wb_text AS FROM {scan}"
        ))?;
        let read = self
            .session
            .number(&format!("SELECT count(*) FROM {TEXT}"))?;
        let good = copied.records - copied.bad_records;
        if read != good {
            return Err(LoadError::Miscounted {
                path: copied.good.display().to_string(),
                counted: good,
                loaded: read,
            });
        }
        Ok(())
    }

    /// An expression for FROM: number and text, as it stands in the file, of the
    /// records that do not fit.
    fn texts(&self, careful: &CarefulFile<'_>, misfits: u64) -> Result<Texts, LoadError> {
        let none =
            "(SELECT NULL::VARCHAR AS _wb_number, NULL::VARCHAR AS _wb_raw LIMIT 0)".to_owned();
        if misfits == 0 {
            return Ok(Texts {
                from: none,
                path: None,
            });
        }
        let limit = match self.source.bad_rows {
            BadRows::Fail => format!("LIMIT {}", self.bad.borrow().room()),
            BadRows::Quarantine => String::new(),
        };
        let numbers = self.session.texts(&format!(
            "SELECT {RECORD} FROM {MISFIT} ORDER BY {RECORD}::BIGINT {limit}"
        ))?;
        let numbers: Vec<u64> = numbers
            .into_iter()
            .filter_map(|row| row.into_iter().next()??.parse().ok())
            .collect();
        if numbers.is_empty() {
            return Ok(Texts {
                from: none,
                path: None,
            });
        }
        let path = self.scratch.join(format!("{}.texts.csv", careful.number));
        let longest = copy::texts(
            careful.file,
            &self.source.dialect,
            careful.header,
            &numbers,
            &path,
        )
        .map_err(|e| io_error(&careful.file.path, e))?;
        let names = ["_wb_number", "_wb_raw"].map(str::to_owned);
        Ok(Texts {
            from: plain_copy(&path, &names, longest),
            path: Some(path),
        })
    }

    /// Line, number, column, reason and text of all refused records, and for those
    /// that only do not fit also their fields.
    fn refused_records(
        &self,
        careful: &CarefulFile<'_>,
        copied: &CleanCopy,
        texts: &Texts,
    ) -> String {
        let CarefulFile {
            header, columns, ..
        } = careful;
        let at = "m._wb_misfit";
        let names = quote::literals(columns.0.iter().map(|c| &c.name));
        let fields = quote::idents(&header.columns);
        let mut all = format!(
            "SELECT t.{LINE}::BIGINT AS line, t.{RECORD}::BIGINT AS record, {names}[{at} + 1] AS \"column\",
                    {} AS reason, r._wb_raw AS raw, {names} AS columns, [{fields}] AS fields
             FROM {MISFIT} m JOIN {} t ON t.{RECORD} = m.{RECORD} LEFT JOIN {} r ON r._wb_number = m.{RECORD}",
            columns.reason(at),
            columns.cast(TEXT),
            texts.from,
        );
        if copied.bad_records > 0 {
            let bad = ["record", "line", "column", "reason", "raw"].map(str::to_owned);
            all += &format!(
                " UNION ALL SELECT line::BIGINT, record::BIGINT, \"column\", reason, raw, NULL, NULL FROM {}",
                plain_copy(&copied.bad, &bad, copied.longest)
            );
        }
        format!("({all})")
    }

    fn set_aside(
        &self,
        careful: &CarefulFile<'_>,
        copied: &CleanCopy,
        texts: &Texts,
    ) -> Result<(), LoadError> {
        let source = self.source.name.as_str();
        quarantine::ensure(self.session, source)?;
        self.session.execute(&format!(
            "INSERT INTO {} (path, line, record, \"column\", reason, raw, columns, fields, {FILE}, {ADDED})
             SELECT {}, line, record, \"column\", reason, raw, columns, fields, {}, {} FROM {} ORDER BY record",
            quarantine::table(source),
            quote::literal(&careful.file.path),
            careful.number,
            self.run,
            self.refused_records(careful, copied, texts),
        ))?;
        texts.remove();
        Ok(())
    }

    fn note(
        &self,
        careful: &CarefulFile<'_>,
        copied: &CleanCopy,
        texts: &Texts,
        total: u64,
    ) -> Result<(), LoadError> {
        let room = self.bad.borrow().room();
        let rows = self.session.texts(&format!(
            "SELECT line::VARCHAR, \"column\", reason, raw FROM {} ORDER BY record LIMIT {room}",
            self.refused_records(careful, copied, texts),
        ))?;
        texts.remove();
        let first = rows
            .into_iter()
            .map(|row| {
                let mut cells = row.into_iter();
                let mut next = || cells.next().flatten();
                RefusedRecord {
                    path: careful.file.path.clone(),
                    line: next().and_then(|l| l.parse().ok()).unwrap_or(0),
                    column: next().filter(|c| !c.is_empty()),
                    reason: next().unwrap_or_default(),
                    text: next().unwrap_or_default(),
                }
            })
            .collect();
        self.bad.borrow_mut().add(&self.source.name, first, total);
        Ok(())
    }
}

/// Whether an error of the engine says that a file is not as it was told.
pub(super) fn is_about_a_file(error: &EngineError) -> bool {
    error.kind == ErrorKind::Data || error.csv_line.is_some()
}

/// The texts of records, in a file of ours.
struct Texts {
    from: String,
    path: Option<PathBuf>,
}

impl Texts {
    fn remove(&self) {
        if let Some(path) = &self.path {
            // It goes with its folder at the latest.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// An expression for FROM over a file of ours without numbers of its own.
fn plain_copy(path: &std::path::Path, columns: &[String], longest: u64) -> String {
    CsvFile {
        columns: columns.to_vec(),
        ..CsvFile::copy(path, &[], longest)
    }
    .scan()
}
