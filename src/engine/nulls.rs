//! How many values of a column are NULL: from a file's statistics, or counted.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::EngineError;
use super::quote;
use super::session::Session;
use crate::model::column::Column;

/// How many values of each column of a file are NULL, as its footer tells it.
/// Columns whose footer does not, and those that hold others, are left out.
///
/// # Errors
/// Any error of the engine.
pub fn in_footer(
    session: &Session,
    file: &Path,
    columns: &[Column],
) -> Result<BTreeMap<String, u64>, EngineError> {
    let flat = columns.iter().filter(|c| !c.is_nested());
    let names = quote::literals(flat.map(|c| &c.name));
    let rows = session.texts(&format!(
        "SELECT path_in_schema, sum(stats_null_count)::VARCHAR FROM parquet_metadata({}) \
         WHERE list_contains({names}::VARCHAR[], path_in_schema) \
         GROUP BY 1 HAVING count(stats_null_count) = count(*)",
        quote::literal(&file.to_string_lossy()),
    ))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter().flatten();
            Some((cells.next()?, cells.next()?.parse().ok()?))
        })
        .collect())
}

/// How many rows `from` has, and how many values of each column are NULL: read
/// from the rows.
///
/// # Errors
/// Any error of the engine.
pub fn counted(
    session: &Session,
    from: &str,
    columns: &[Column],
) -> Result<(u64, BTreeMap<String, u64>), EngineError> {
    let counts = columns
        .iter()
        .map(|c| format!("count({})::VARCHAR", quote::ident(&c.name)));
    let counts = quote::join(std::iter::once("count(*)::VARCHAR".to_owned()).chain(counts));
    let rows = session.texts(&format!("SELECT {counts} FROM {from}"))?;
    let mut counts = rows.into_iter().flatten().map(|cell| {
        let count = cell.and_then(|c| c.parse::<u64>().ok());
        count.unwrap_or(0)
    });
    let rows = counts.next().unwrap_or(0);
    let nulls = columns
        .iter()
        .zip(counts)
        .map(|(column, count)| (column.name.clone(), rows.saturating_sub(count)));
    Ok((rows, nulls.collect()))
}
