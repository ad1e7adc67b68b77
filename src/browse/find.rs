//! Looking for a text in any column.

use super::error::BrowseError;
use super::page::{self, View};
use super::row_index::RowIndex;
use super::table::Table;
use crate::engine::param::{Param, ParamValue};
use crate::engine::{Session, quote};

/// Where it is looked for.
pub struct Among<'a> {
    pub table: &'a Table,
    pub view: &'a View,
    /// Of the view; without it a view that is not plain cannot be searched.
    pub index: Option<&'a RowIndex>,
}

/// The next row from `from` on that has the text in a column, whatever its case;
/// if there is none, the first one from the other end.
///
/// # Errors
/// Any error of the engine.
pub fn text(
    session: &Session,
    among: &Among<'_>,
    text: &str,
    from: u64,
    backwards: bool,
) -> Result<Option<u64>, BrowseError> {
    let sign = if backwards { "<=" } else { ">=" };
    let onward = Some(format!("{sign} {from}"));
    match search(session, among, text, onward.as_deref(), backwards)? {
        Some(row) => Ok(Some(row)),
        None => search(session, among, text, None, backwards),
    }
}

fn search(
    session: &Session,
    among: &Among<'_>,
    text: &str,
    onward: Option<&str>,
    backwards: bool,
) -> Result<Option<u64>, BrowseError> {
    let table = among.table;
    let position = table.position();
    let holds = table.columns.iter().map(|column| {
        let name = quote::ident(&column.name);
        format!("contains(lower(CAST(t.{name} AS VARCHAR)), lower($1))")
    });
    let holds = holds.collect::<Vec<_>>().join(" OR ");
    let numbered = table.numbered();
    let place = match among.index {
        Some(_) => "i.at".to_owned(),
        None => format!("t.{position}"),
    };
    let onward = onward.map_or(String::new(), |onward| format!("{place} {onward} AND "));
    let rows = match among.index {
        Some(index) => format!(
            "SELECT i.at FROM {} AS i JOIN {numbered} AS t ON t.{position} = i.place \
             WHERE {onward}({holds})",
            index.numbered()
        ),
        None if among.view.is_plain() => {
            format!("SELECT t.{position} FROM {numbered} AS t WHERE {onward}({holds})")
        }
        None => return Ok(None),
    };
    let sql = match (backwards, among.index) {
        // Rows come as they are stored: the first one that is found ends it.
        (false, None) => format!("{rows} LIMIT 1"),
        (false, Some(_)) => format!("SELECT min(r) AS number FROM ({rows}) AS found(r)"),
        (true, _) => format!("SELECT max(r) AS number FROM ({rows}) AS found(r)"),
    };
    let params = [Param {
        name: "1".to_owned(),
        value: ParamValue::Text(text.to_owned()),
    }];
    page::number(session, &sql, &params)
}

/// The first of a row's cells, by their places, that has the text.
pub fn column(row: &[Option<String>], text: &str) -> Option<usize> {
    let text = text.to_lowercase();
    let has = |cell: &Option<String>| {
        let cell = cell.as_ref();
        cell.is_some_and(|cell| cell.to_lowercase().contains(&text))
    };
    row.iter().position(has)
}
