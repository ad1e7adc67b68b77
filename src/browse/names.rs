//! What a person calls a row: an account by its company, not by its number.

use std::collections::HashMap;

use super::error::BrowseError;
use super::page::read;
use super::table::Table;
use crate::engine::{Session, quote};
use crate::model::column::Column;

/// Of more rows names are not read: it would take longer than to look one up.
const MOST: u64 = 1_000_000;

/// Names by the key's values as text: the first text column that is no part of the
/// key. Empty where there is none, or too many rows.
///
/// # Errors
/// Any error of the engine.
pub fn of(
    session: &Session,
    table: &Table,
) -> Result<HashMap<Vec<Option<String>>, String>, BrowseError> {
    let is_name = |c: &&Column| c.ty == "VARCHAR" && !table.key.contains(&c.name);
    let Some(name) = table.columns.iter().find(is_name) else {
        return Ok(HashMap::new());
    };
    if table.rows > MOST || table.key.is_empty() {
        return Ok(HashMap::new());
    }
    let of_key = table.columns.iter().filter(|c| table.key.contains(&c.name));
    let mut columns: Vec<Column> = of_key.cloned().collect();
    // In the order of the key.
    columns.sort_by_key(|c| table.key.iter().position(|key| *key == c.name));
    columns.push(name.clone());
    let sql = format!(
        "SELECT {} FROM {} WHERE {} IS NOT NULL",
        quote::idents(columns.iter().map(|c| &c.name)),
        table.scan(),
        quote::ident(&name.name)
    );
    let rows = read(session, &sql, &columns)?.into_iter();
    let named = rows.filter_map(|mut row| {
        let name = row.pop()??;
        Some((row, name))
    });
    Ok(named.collect())
}
