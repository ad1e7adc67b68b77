//! The warehouse: the DuckDB database file with the raw rows and the ledger.

use std::path::Path;

use super::error::{EngineError, ErrorKind};
use super::quote;
use super::session::{Session, Settings};
use crate::model::column::Column;
use crate::model::hash::ContentHash;
use crate::model::interrupt::Interrupt;
use crate::model::ledger::{BrokenLedger, Entry, Ledger, empty_head};
use crate::model::run::{Known, RunNumber};
use crate::model::token::RandomId;

/// The columns that every row carries besides its values: the input file, the
/// run that added it, the run that retired it.
pub const FILE: &str = "_wb_file";
/// See [`FILE`].
pub const ADDED: &str = "_wb_added";
/// See [`FILE`].
pub const RETIRED: &str = "_wb_retired";

/// Events that are written by one statement.
const AT_ONCE: usize = 100;

/// Why the warehouse cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the ledger is damaged: {0}")]
    Ledger(#[from] BrokenLedger),
}

/// The warehouse, open for writing.
pub struct Warehouse {
    pub session: Session,
}

impl Warehouse {
    /// Opens the file, creating it where it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another process has it open.
    pub fn open(
        path: &Path,
        settings: &Settings,
        interrupt: &Interrupt,
    ) -> Result<Self, EngineError> {
        let session = Session::open(path, settings, interrupt)?;
        session.batch(
            "BEGIN;
             CREATE SCHEMA IF NOT EXISTS raw;
             CREATE SCHEMA IF NOT EXISTS intervals;
             CREATE SCHEMA IF NOT EXISTS ledger;
             CREATE TABLE IF NOT EXISTS ledger.project (id VARCHAR NOT NULL, format INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS ledger.events (
                 seq BIGINT NOT NULL, run BIGINT NOT NULL, event VARCHAR NOT NULL, head VARCHAR NOT NULL);
             COMMIT;",
        )?;
        Ok(Self { session })
    }

    /// The project it belongs to; None while it is new.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn project(&self) -> Result<Option<RandomId>, EngineError> {
        project(&self.session, None)
    }

    /// Says whose it is, once.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn set_project(&self, id: &RandomId) -> Result<(), EngineError> {
        self.session.batch(&format!(
            "INSERT INTO ledger.project SELECT {}, 1 WHERE NOT EXISTS (FROM ledger.project)",
            quote::literal(id.as_str())
        ))
    }

    /// The whole ledger, its chain verified.
    ///
    /// # Errors
    /// [`WarehouseError::Ledger`] if it was tampered with.
    pub fn ledger(&self) -> Result<Ledger, WarehouseError> {
        ledger(&self.session, None)
    }

    /// The same where its beginning was read before: only what follows is read,
    /// and that it does follow is verified.
    ///
    /// # Errors
    /// As for [`Warehouse::ledger`].
    pub fn ledger_after(&self, known: Ledger) -> Result<Ledger, WarehouseError> {
        read_on(&self.session, None, known)
    }

    /// The same as a new connection sees it: what is really committed.
    ///
    /// # Errors
    /// As for [`Warehouse::ledger`].
    pub fn reread(&self, known: Ledger) -> Result<Ledger, WarehouseError> {
        read_on(&self.session.again()?, None, known)
    }

    /// Adds events inside the open transaction.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn append(&self, entries: &[Entry]) -> Result<(), EngineError> {
        for entries in entries.chunks(AT_ONCE) {
            let rows = entries.iter().map(|entry| {
                format!(
                    "({}, {}, {}, {})",
                    entry.seq,
                    entry.run,
                    quote::literal(&entry.text),
                    quote::literal(&entry.head.to_string())
                )
            });
            self.session.execute(&format!(
                "INSERT INTO ledger.events VALUES {}",
                quote::join(rows)
            ))?;
        }
        Ok(())
    }

    /// The value columns of a raw table; empty if the table does not exist.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn raw_columns(&self, source: &str) -> Result<Vec<Column>, EngineError> {
        raw_columns(&self.session, source)
    }
}

/// The value columns of a raw table in this session's own database.
///
/// # Errors
/// Any error of the engine.
pub fn raw_columns(session: &Session, source: &str) -> Result<Vec<Column>, EngineError> {
    columns_in(session, "current_database()", source)
}

/// The SQL that makes a temporary table like a raw one. By its columns: into a table
/// that was made by a SELECT without rows DuckDB 2.0.0 inserts more rows than a row
/// group holds, says so, and has none of them.
///
/// # Errors
/// Any error of the engine.
pub fn like_raw(session: &Session, source: &str, name: &str) -> Result<String, EngineError> {
    let values = raw_columns(session, source)?.into_iter();
    let values = values.map(|c| format!("{} {}, ", quote::ident(&c.name), c.ty));
    let values: String = values.collect();
    Ok(format!(
        "CREATE TEMP TABLE {name} ({values}{FILE} INTEGER, {ADDED} INTEGER, {RETIRED} INTEGER)"
    ))
}

/// The value columns of a raw table of the warehouse attached as `catalog`.
///
/// # Errors
/// Any error of the engine.
pub fn attached_columns(
    session: &Session,
    catalog: &str,
    source: &str,
) -> Result<Vec<Column>, EngineError> {
    columns_in(session, &quote::literal(catalog), source)
}

fn columns_in(session: &Session, catalog: &str, source: &str) -> Result<Vec<Column>, EngineError> {
    let rows = session.texts(&format!(
        "SELECT column_name, data_type FROM duckdb_columns() \
         WHERE database_name = {catalog} AND schema_name = 'intervals' AND table_name = {} \
         ORDER BY column_index",
        quote::literal(source)
    ))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            Some(Column {
                name: cells.next()??,
                ty: cells.next()??,
            })
        })
        .filter(|c| ![FILE, ADDED, RETIRED].contains(&c.name.as_str()))
        .collect())
}

fn in_catalog(catalog: Option<&str>, table: &str) -> String {
    catalog.map_or(table.to_owned(), |c| format!("{}.{table}", quote::ident(c)))
}

/// The project of the warehouse attached as `catalog`, or of the session's own.
///
/// # Errors
/// Any error of the engine.
pub fn project(session: &Session, catalog: Option<&str>) -> Result<Option<RandomId>, EngineError> {
    if !has_ledger(session, catalog)? {
        return Ok(None);
    }
    Ok(session
        .text(&format!(
            "SELECT id FROM {} LIMIT 1",
            in_catalog(catalog, "ledger.project")
        ))?
        .map(RandomId::from_stored))
}

/// Whether the tables are there: who created the file may have died at once.
fn has_ledger(session: &Session, catalog: Option<&str>) -> Result<bool, EngineError> {
    let catalog = catalog.map_or("current_database()".to_owned(), quote::literal);
    Ok(session.number(&format!(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = {catalog} AND schema_name = 'ledger'"
    ))? == 2)
}

/// The ledger of the warehouse attached as `catalog`, or of the session's own.
///
/// # Errors
/// [`WarehouseError::Ledger`] if its chain does not hold.
pub fn ledger(session: &Session, catalog: Option<&str>) -> Result<Ledger, WarehouseError> {
    if !has_ledger(session, catalog)? {
        return Ok(Ledger::default());
    }
    read_on(session, catalog, Ledger::default())
}

/// The ledger whose beginning is `known`. The last of what is known is read
/// again: that its head is the same there vouches for all before it.
fn read_on(
    session: &Session,
    catalog: Option<&str>,
    known: Ledger,
) -> Result<Ledger, WarehouseError> {
    let mut entries = known.entries;
    let last = entries.pop();
    let mut rows = session.texts(&format!(
        "SELECT seq::VARCHAR, run::VARCHAR, event, head FROM {} AS e WHERE e.seq > {}",
        in_catalog(catalog, "ledger.events"),
        entries.len(),
    ))?;
    // They come in order as a rule; to sort them, the engine would copy all texts.
    let seq = |row: &Vec<Option<String>>| row.first()?.as_ref()?.parse::<u64>().ok();
    rows.sort_by_key(seq);
    if let Some(last) = &last
        && rows.is_empty()
    {
        return Err(BrokenLedger::Chain { seq: last.seq }.into());
    }
    let mut before = entries.last().map_or_else(empty_head, |e| e.head);
    entries.reserve(rows.len());
    for row in rows {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let seq = cells.next().and_then(|s| s.parse().ok()).unwrap_or(0);
        let run = cells.next().and_then(|s| s.parse().ok()).unwrap_or(0);
        let text = cells.next().unwrap_or_default();
        let head: ContentHash = cells
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|_| BrokenLedger::Chain { seq })?;
        if seq != entries.len() as u64 + 1 {
            return Err(BrokenLedger::Chain { seq }.into());
        }
        entries.push(Entry::stored(&before, seq, run, text, head)?);
        before = head;
        if let Some(last) = &last
            && last.seq == seq
            && last.head != head
        {
            return Err(BrokenLedger::Chain { seq }.into());
        }
    }
    Ok(Ledger { entries })
}

/// Creates the raw table of a source, or adds the columns it lacks.
///
/// # Errors
/// Any error of the engine.
pub fn ensure_raw_table(
    session: &Session,
    source: &str,
    columns: &[Column],
) -> Result<(), EngineError> {
    let table = quote::qualified("intervals", source);
    let existing = raw_columns(session, source)?;
    if existing.is_empty() {
        let values = quote::join(
            columns
                .iter()
                .map(|c| format!("{} {}", quote::ident(&c.name), c.ty)),
        );
        session.batch(&format!(
            "CREATE TABLE {table} ({values}, {FILE} INTEGER, {ADDED} INTEGER, {RETIRED} INTEGER)"
        ))?;
    }
    for column in columns {
        if !existing.is_empty() && existing.iter().all(|c| c.name != column.name) {
            session.batch(&format!(
                "ALTER TABLE {table} ADD COLUMN {} {}",
                quote::ident(&column.name),
                column.ty
            ))?;
        }
    }
    show_raw(session, source, None)
}

/// Gives a column of a raw table a wider type.
///
/// # Errors
/// Any error of the engine.
pub fn widen_raw_column(
    session: &Session,
    source: &str,
    column: &str,
    ty: &str,
) -> Result<(), EngineError> {
    if raw_columns(session, source)?
        .iter()
        .all(|c| c.name != column)
    {
        return Ok(());
    }
    session.batch(&format!(
        "ALTER TABLE {} ALTER COLUMN {} TYPE {ty}",
        quote::qualified("intervals", source),
        quote::ident(column),
    ))
}

/// Drops a raw table without a single row: it was made for views to stand on,
/// and its types may have been declared anew since.
///
/// # Errors
/// Any error of the engine.
pub fn drop_if_empty(session: &Session, source: &str) -> Result<(), EngineError> {
    if raw_columns(session, source)?.is_empty() {
        return Ok(());
    }
    let table = quote::qualified("intervals", source);
    if session.number(&format!("SELECT count(*) FROM (FROM {table} LIMIT 1)"))? == 0 {
        session.batch(&format!(
            "DROP VIEW IF EXISTS {}; DROP TABLE {table}",
            quote::qualified("raw", source)
        ))?;
    }
    Ok(())
}

/// Defines `raw.<source>` as what is current, or what was after a run.
///
/// # Errors
/// Any error of the engine.
pub fn show_raw(
    session: &Session,
    source: &str,
    known: Option<RunNumber>,
) -> Result<(), EngineError> {
    let columns = raw_columns(session, source)?;
    if columns.is_empty() {
        return Ok(());
    }
    session.batch(&format!(
        "CREATE OR REPLACE VIEW {} AS SELECT {} FROM {} WHERE {}",
        quote::qualified("raw", source),
        quote::idents(columns.iter().map(|c| &c.name)),
        quote::qualified("intervals", source),
        counts_at(known.map_or(Known::Now, Known::AtRun)),
    ))
}

/// The condition under which a row counts.
pub fn counts_at(known: Known) -> String {
    match known {
        Known::Now => format!("{RETIRED} IS NULL"),
        Known::AtRun(run) => {
            format!("{ADDED} <= {run} AND ({RETIRED} IS NULL OR {RETIRED} > {run})")
        }
    }
}

/// Whether an error says that another process has the file open.
pub fn is_locked(error: &EngineError) -> bool {
    error.kind == ErrorKind::Locked
}
