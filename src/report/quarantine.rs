//! What the quarantine tells.

use serde_json::{Value, json};

use super::table;
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

/// What is in it, for people.
pub fn text_list(all: &[Quarantined], width: Option<u16>) -> String {
    if all.is_empty() {
        return "Nothing is in the quarantine.\n".to_owned();
    }
    let lines = all
        .iter()
        .map(|q| {
            vec![
                q.source.to_string(),
                grouped(q.records),
                grouped(q.files),
                q.since.to_string(),
                q.column.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::plain(
        &[
            "source",
            "records",
            "files",
            "since run",
            "mostly in column",
        ],
        &[1, 2, 3],
        lines,
        width,
    )
}
