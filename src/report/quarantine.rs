//! What the quarantine tells.

use serde_json::{Value, json};

use super::listing::{Cell, Listing, number, text};
use super::table;
use super::words::grouped;
use crate::engine::rows::Rows;
use crate::pipeline::quarantine::Quarantined;

/// What is in it, as JSON.
pub fn json_list(all: &[Quarantined]) -> Value {
    all.iter()
        .map(|q| {
            json!({
                "source": q.source,
                "records": q.records,
                "files": q.files,
                "column": q.column,
                "since_run": q.since,
            })
        })
        .collect()
}

/// What is in it.
pub fn listing(all: &[Quarantined]) -> Listing {
    let mut listing = Listing::new([
        text("source", "source"),
        number("records", "records"),
        number("files", "files"),
        number("since_run", "since run"),
        text("column", "mostly in column"),
    ]);
    listing.rows.extend(all.iter().map(|q| {
        vec![
            Cell::plain(&q.source),
            Cell::shown(q.records, grouped(q.records)),
            Cell::shown(q.files, grouped(q.files)),
            Cell::plain(q.since),
            q.column.as_ref().map_or(Cell::none(""), Cell::plain),
        ]
    }));
    listing
}

/// The list for people.
pub fn text_list(listing: &Listing, width: Option<u16>) -> String {
    if listing.rows.is_empty() {
        return "Nothing is in the quarantine.\n".to_owned();
    }
    listing.table(width)
}

/// Records that were refused: file, line, column, reason and text of each.
pub fn records(rows: &Rows) -> Listing {
    let mut listing = Listing::new([
        text("file", "file"),
        number("line", "line"),
        text("column", "column"),
        text("reason", "reason"),
        text("raw", "raw"),
    ]);
    listing.rows.extend(rows.rows.iter().map(|row| {
        row.iter()
            .map(|cell| match cell {
                Some(value) => Cell::shown(value, table::shown(Some(value))),
                None => Cell::none(table::NULL),
            })
            .collect()
    }));
    listing
}

/// The same as JSON.
pub fn json_records(rows: &Rows) -> Value {
    rows.rows
        .iter()
        .map(|row| {
            let cell = |at: usize| row.get(at).and_then(Option::as_deref);
            json!({
                "file": cell(0),
                "line": cell(1).and_then(|line| line.parse::<u64>().ok()),
                "column": cell(2),
                "reason": cell(3),
                "raw": cell(4),
            })
        })
        .collect()
}
