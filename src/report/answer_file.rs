//! Rows that are looked at, written into a file: those of a view, in its order.

use std::path::Path;

use super::result::{self, Writer};
use crate::browse::{Browser, Table, View};
use crate::engine::arrow::ArrowError;
use crate::engine::stream::Query;
use crate::engine::{EngineError, ErrorKind, arrow, parquet};
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::pipeline::draft::Draft;
use crate::pipeline::error::RunError;

/// What a file of rows is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Row after row.
    Rows(result::Format),
    Parquet,
    /// Arrow IPC, as a stream.
    Arrow,
}

impl FileFormat {
    /// What is said of a name that tells none.
    pub const ENDINGS: &str =
        "the ending says how it is written: .csv, .json, .jsonl, .md, .parquet or .arrow";

    /// By the ending of a file's name.
    pub fn of(file: &Path) -> Option<Self> {
        let ending = file.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "csv" => Self::Rows(result::Format::Csv),
            "json" => Self::Rows(result::Format::Json),
            "jsonl" | "ndjson" => Self::Rows(result::Format::Jsonl),
            "md" => Self::Rows(result::Format::Markdown),
            "parquet" => Self::Parquet,
            "arrow" | "arrows" => Self::Arrow,
            _ => return None,
        })
    }
}

/// What is written.
pub struct Written<'a> {
    pub browser: &'a Browser,
    pub table: &'a Table,
    pub view: &'a View,
    /// The places of its columns in the table, in the order in which they are written.
    pub columns: &'a [usize],
    /// What is there is written over, once the new one is whole.
    pub file: &'a Path,
    pub format: FileFormat,
}

/// Writes a file, whole or not at all, and returns how many rows it has. `tell` hears
/// the share that is done, 0 to 1, where the engine knows.
///
/// # Errors
/// Of the engine and of the file system; a wish to stop.
pub fn write(
    what: &Written<'_>,
    interrupt: &Interrupt,
    tell: impl Fn(f64) + Send,
) -> Result<u64, RunError> {
    let session = what.browser.session(interrupt)?;
    what.view.check(&session, what.table)?;
    let columns = what.columns.iter();
    let columns: Vec<Column> = columns
        .filter_map(|at| what.table.columns.get(*at).cloned())
        .collect();
    let select = what.view.select(what.table, &columns);
    let draft = Draft::of(what.file);
    let rows = session.watched(tell, |session| -> Result<u64, RunError> {
        let query = Query::of(&select);
        match what.format {
            FileFormat::Parquet => {
                // The engine makes the file; that it can be made is seen first.
                drop(draft.create()?);
                Ok(parquet::write_query(session, query, draft.path())?)
            }
            FileFormat::Arrow => match arrow::write_stream(session, query, draft.create()?) {
                Ok(rows) => Ok(rows),
                Err(ArrowError::Engine(error)) => Err(error.into()),
                Err(ArrowError::Write(error)) => Err(draft.failed(error)),
            },
            FileFormat::Rows(format) => {
                let mut writer = Writer::new(draft.create()?, format, &columns);
                let query = Query {
                    nested: format.nested(),
                    ..query
                };
                let streamed = session.stream(query, &columns, |batch| {
                    writer.batch(batch).map_err(|e| draft.failed(e))
                })?;
                writer.end().map_err(|e| draft.failed(e))?;
                Ok(streamed.rows)
            }
        }
    })?;
    if interrupt.is_requested() {
        // What was stopped may have ended early without an error.
        return Err(EngineError::new(ErrorKind::Interrupted, "interrupted").into());
    }
    draft.keep()?;
    Ok(rows)
}
