//! What the catalogue tells.

use serde_json::{Value, json};

use super::table;
use crate::pipeline::catalog::{ColumnEntry, SourceEntry};

/// All sources as JSON.
pub fn json(all: &[SourceEntry]) -> Value {
    all.iter()
        .map(|source| {
            let columns: Vec<Value> = source.columns.iter().map(json_column).collect();
            let events: Vec<Value> = source
                .events
                .iter()
                .map(|note| {
                    let mut value = serde_json::to_value(&note.event).unwrap_or_default();
                    value["run"] = json!(note.run);
                    value["ingest_date"] = json!(note.ingest_date);
                    value
                })
                .collect();
            json!({"source": source.name, "columns": columns, "schema_events": events})
        })
        .collect()
}

fn json_column(column: &ColumnEntry) -> Value {
    json!({
        "name": column.name,
        "type": column.ty,
        "declared": column.declared,
        "since_run": column.since,
        "widened_by_run": column.widened,
    })
}

/// All sources for people.
pub fn text(all: &[SourceEntry], width: Option<u16>) -> String {
    let mut out = String::new();
    for source in all {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &format!("source {}\n\n", source.name);
        let run = |run: Option<u64>| run.map_or(String::new(), |run| format!("run {run}"));
        let rows = source
            .columns
            .iter()
            .map(|c| {
                let by = if c.declared {
                    "workbench.toml"
                } else {
                    "its values"
                };
                vec![
                    c.name.clone(),
                    c.ty.clone(),
                    by.to_owned(),
                    run(c.since),
                    run(c.widened),
                ]
            })
            .collect();
        out += &table::plain(
            &["column", "type", "type from", "new in", "widened in"],
            &[],
            rows,
            width,
        );
        if !source.events.is_empty() {
            out.push('\n');
        }
        for note in &source.events {
            out += &format!("run {} of {}: {}\n", note.run, note.ingest_date, note.text);
        }
    }
    out
}
