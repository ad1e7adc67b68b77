//! Parquet out and in.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::error::EngineError;
use super::quote;
use super::session::Session;
use super::stream::Query;
use crate::model::column::Column;

/// Bytes of a page. A reader of one row unpacks the pages that have it and passes the
/// others by; with the engine's own pages of 100 MB it unpacks all of a row group.
const PAGE: u32 = 32 << 10;

/// Writes the rows of `select` to a Parquet file and returns how many there were.
///
/// The bytes depend on nothing but the rows, their order, `footer` and the
/// build of the engine: not on threads, time or place.
///
/// # Errors
/// Any error of the engine; the file is then worthless.
pub fn write(
    session: &Session,
    select: &str,
    file: &Path,
    footer: &[(&str, String)],
) -> Result<u64, EngineError> {
    let metadata = quote::join(
        footer
            .iter()
            .map(|(name, value)| format!("{}: {}", quote::literal(name), quote::literal(value))),
    );
    session.execute(&format!(
        "COPY ({select}\n) TO {} (FORMAT parquet, COMPRESSION zstd, DATA_PAGE_SIZE_LIMIT {PAGE}, \
         KV_METADATA {{{metadata}}})",
        quote::literal(&file.to_string_lossy()),
    ))
}

/// Writes the rows of a user's query to a Parquet file and returns how many there
/// were.
///
/// # Errors
/// As for [`Session::describe`], and any error of the engine on the way; the file
/// is then worthless.
pub fn write_query(session: &Session, query: Query<'_>, file: &Path) -> Result<u64, EngineError> {
    let limit = query.limit.map_or(String::new(), |n| format!(" LIMIT {n}"));
    session.execute_around(
        query,
        "COPY (SELECT * FROM (",
        &format!(
            "\n){limit}) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
            quote::literal(&file.to_string_lossy())
        ),
    )
}

/// What a Parquet file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    pub rows: u64,
    pub columns: Vec<Column>,
    /// The pairs that its writer put there.
    pub metadata: Vec<(String, String)>,
}

/// Reads a file's footer. Nothing else of it need be there.
///
/// # Errors
/// Any error of the engine.
pub fn footer(session: &Session, file: &Path) -> Result<Footer, EngineError> {
    let path = quote::literal(&file.to_string_lossy());
    let rows = session.number(&format!(
        "SELECT num_rows::BIGINT FROM parquet_file_metadata({path})"
    ))?;
    let columns = session.columns(&format!("SELECT * FROM {}", scan(file)))?;
    let pairs = session.texts(&format!(
        "SELECT decode(key), decode(value) FROM parquet_kv_metadata({path})"
    ))?;
    let metadata = pairs.into_iter().filter_map(|pair| {
        let mut cells = pair.into_iter();
        Some((cells.next()??, cells.next()??))
    });
    Ok(Footer {
        rows,
        columns,
        metadata: metadata.collect(),
    })
}

/// A file and the day that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedFile {
    pub path: PathBuf,
    pub date: NaiveDate,
}

/// A SELECT over files of one schema, with the day of each as the column `date`.
/// No file may come twice. `taken` are the names of the files' own columns.
///
/// The engine decides by the files' names which ones a filter on that column
/// needs: the day is looked up by the name, which is a constant per file.
pub fn select_dated(files: &[DatedFile], date: &str, taken: &[&str]) -> String {
    let name = |file: &DatedFile| quote::literal(&file.path.to_string_lossy());
    let days = files
        .iter()
        .map(|file| format!("{}: DATE '{}'", name(file), file.date));
    let mut column = "_wb_path".to_owned();
    while taken.iter().any(|t| t.eq_ignore_ascii_case(&column)) {
        column.push('_');
    }
    format!(
        "SELECT * EXCLUDE ({column}), MAP {{{}}}[{column}] AS {} FROM read_parquet([{}], \
         filename = {}, hive_partitioning = false)",
        quote::join(days),
        quote::ident(date),
        quote::join(files.iter().map(name)),
        quote::literal(&column),
    )
}

/// An expression for FROM that reads one Parquet file.
pub fn scan(file: &Path) -> String {
    // Dataset folders look like Hive partitions; the file alone is what counts.
    format!(
        "read_parquet({}, hive_partitioning = false)",
        quote::literal(&file.to_string_lossy())
    )
}
