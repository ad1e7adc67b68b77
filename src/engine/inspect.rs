//! Looking a warehouse over that is attached read-only: which tables it has, whose
//! rows count, and whether every block can be read.

use std::collections::BTreeMap;

use super::error::EngineError;
use super::quote;
use super::session::Session;
use super::warehouse::{FILE, RETIRED};

/// A table with rows, of the warehouse attached as the catalog it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTable {
    /// `intervals` for raw rows, `refused` for the quarantine.
    pub schema: String,
    /// The source.
    pub name: String,
}

impl RowTable {
    fn qualified(&self, catalog: &str) -> String {
        format!(
            "{}.{}",
            quote::ident(catalog),
            quote::qualified(&self.schema, &self.name)
        )
    }
}

/// The tables that hold rows of sources.
///
/// # Errors
/// Any error of the engine.
pub fn row_tables(session: &Session, catalog: &str) -> Result<Vec<RowTable>, EngineError> {
    let rows = session.texts(&format!(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = {} \
         AND schema_name IN ('intervals', 'refused') ORDER BY 1, 2",
        quote::literal(catalog)
    ))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            Some(RowTable {
                schema: cells.next()??,
                name: cells.next()??,
            })
        })
        .collect())
}

/// How many rows of a table count, by input file.
///
/// # Errors
/// Any error of the engine.
pub fn rows_by_file(
    session: &Session,
    catalog: &str,
    table: &RowTable,
) -> Result<BTreeMap<u64, u64>, EngineError> {
    let rows = session.texts(&format!(
        "SELECT {FILE}::VARCHAR, count(*)::VARCHAR FROM {} WHERE {RETIRED} IS NULL GROUP BY 1",
        table.qualified(catalog)
    ))?;
    let number = |cell: Option<&Option<String>>| cell?.as_deref()?.parse().ok();
    Ok(rows
        .iter()
        .filter_map(|row| Some((number(row.first())?, number(row.get(1))?)))
        .collect())
}

/// How many keys come more than once among the rows that count.
///
/// # Errors
/// Any error of the engine, also if there is no such column.
pub fn repeated_keys(
    session: &Session,
    catalog: &str,
    table: &RowTable,
    key: &[String],
) -> Result<u64, EngineError> {
    let columns = quote::idents(key);
    session.number(&format!(
        "SELECT count(*) FROM (SELECT {columns} FROM {} WHERE {RETIRED} IS NULL \
         GROUP BY {columns} HAVING count(*) > 1)",
        table.qualified(catalog)
    ))
}

/// Reads every value of a table, so that every block is held against its checksum.
///
/// # Errors
/// What the engine says of a block that is damaged.
pub fn read_through(session: &Session, catalog: &str, table: &RowTable) -> Result<(), EngineError> {
    session.text(&format!(
        "SELECT bit_xor(hash(t))::VARCHAR FROM {} AS t",
        table.qualified(catalog)
    ))?;
    Ok(())
}
