//! What the quarantine tells.

use serde_json::{Value, json};

use super::listing::{Cell, Listing, number, text};
use super::words::grouped;
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
