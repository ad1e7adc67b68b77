//! The quarantine in the warehouse: records that were refused, kept as intervals
//! like raw rows. `quarantine.<source>` shows those that are refused now.

use super::error::EngineError;
use super::quote;
use super::session::Session;
use super::warehouse::{ADDED, FILE, RETIRED};

/// The table of the refused records of a source.
pub fn table(source: &str) -> String {
    quote::qualified("refused", source)
}

/// Whether a source ever had a refused record.
///
/// # Errors
/// Any error of the engine.
pub fn exists(session: &Session, source: &str) -> Result<bool, EngineError> {
    Ok(session.number(&format!(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() \
         AND schema_name = 'refused' AND table_name = {}",
        quote::literal(source)
    ))? > 0)
}

/// Makes table and view of a source, if they are not there.
///
/// # Errors
/// Any error of the engine.
pub fn ensure(session: &Session, source: &str) -> Result<(), EngineError> {
    session.batch(&format!(
        "CREATE SCHEMA IF NOT EXISTS refused; CREATE SCHEMA IF NOT EXISTS quarantine;
         CREATE TABLE IF NOT EXISTS {table} (
             path VARCHAR, line BIGINT, record BIGINT, \"column\" VARCHAR, reason VARCHAR, raw VARCHAR,
             columns VARCHAR[], fields VARCHAR[], {FILE} INTEGER, {ADDED} INTEGER, {RETIRED} INTEGER);
         CREATE OR REPLACE VIEW {view} AS {shown}",
        table = table(source),
        view = quote::qualified("quarantine", source),
        shown = shown(&table(source)),
    ))
}

/// The rows of `quarantine.<source>`: what is refused now, of the refused records
/// in `table`.
pub fn shown(table: &str) -> String {
    format!(
        "SELECT path AS file, line, record, \"column\", reason, raw, {ADDED} AS run
         FROM {table} WHERE {RETIRED} IS NULL"
    )
}

/// Forgets the refused records of a source.
///
/// # Errors
/// Any error of the engine.
pub fn drop(session: &Session, source: &str) -> Result<(), EngineError> {
    if !exists(session, source)? {
        return Ok(());
    }
    session.batch(&format!(
        "DROP VIEW IF EXISTS {}; DROP TABLE {}",
        quote::qualified("quarantine", source),
        table(source)
    ))
}
