//! What runs tell.

use serde_json::{Value, json};

use super::listing::{Cell, Listing, number, text};
use super::words::seconds;
use super::{changes, table};
use crate::model::located::printable;
use crate::model::run::{RunKind, RunNumber};
use crate::model::summary::ChangeSummary;
use crate::pipeline::log::LogLine;
use crate::state::{RunRow, StepRow};

/// A list of runs as JSON.
pub fn json_list(rows: &[RunRow]) -> Value {
    Value::Array(rows.iter().map(|row| json_row(row, None)).collect())
}

/// One run as JSON.
pub fn json_row(row: &RunRow, steps: Option<&[StepRow]>) -> Value {
    let mut value = json!({
        "run": row.number,
        "kind": kind(row),
        "status": row.status,
        "ingest_date": row.ingest_date,
        "planned_on": row.planned_on,
        "known": row.known.to_string(),
        "target": row.target_url,
        "commit": row.target_seq,
        "started": row.started,
        "finished": row.finished,
        "error": row.error,
    });
    if let Some(steps) = steps {
        value["steps"] = steps
            .iter()
            .map(|s| json!({"step": s.step, "seconds": s.seconds}))
            .collect();
        value["summary"] = row.summary.clone().unwrap_or(Value::Null);
    }
    value
}

/// What it was for: one that has no target only loaded.
fn kind(row: &RunRow) -> &'static str {
    match &row.target_url {
        None if row.kind.is_export() => "load",
        _ => row.kind.as_str(),
    }
}

fn took(row: &RunRow) -> String {
    row.finished.map_or("-".to_owned(), |finished| {
        seconds((finished - row.started).num_milliseconds() as f64 / 1000.0)
    })
}

fn first_line(row: &RunRow) -> String {
    let line = row.error.as_deref().and_then(|e| e.lines().next());
    line.unwrap_or_default().trim_end_matches(':').to_owned()
}

/// A list of runs.
/// A run that is not over while none is at work has died.
pub fn listing(rows: &[RunRow], running: bool) -> Listing {
    let mut listing = Listing::new([
        number("run", "run"),
        text("kind", "kind"),
        text("ingest_date", "ingest date"),
        text("status", "status"),
        text("started", "started (UTC)"),
        number("seconds", "took"),
        text("target", "target"),
        text("error", "error"),
    ]);
    for row in rows {
        let error = if !row.status.is_over() && !running {
            "died; the next export settles it".to_owned()
        } else {
            first_line(row)
        };
        let took = row.finished.map(|finished| {
            let lasted = (finished - row.started).num_milliseconds() as f64 / 1000.0;
            Cell::shown(format!("{lasted:.3}"), seconds(lasted))
        });
        listing.rows.push(vec![
            Cell::plain(row.number),
            Cell::plain(kind(row)),
            Cell::plain(row.ingest_date),
            Cell::plain(row.status),
            Cell::shown(
                row.started.to_rfc3339(),
                row.started.format("%Y-%m-%d %H:%M:%S").to_string(),
            ),
            took.unwrap_or_else(|| Cell::none("-")),
            row.target_url.as_ref().map_or(Cell::none(""), Cell::plain),
            Some(error)
                .filter(|e| !e.is_empty())
                .map_or(Cell::none(""), Cell::plain),
        ]);
    }
    listing
}

/// The list for people: without their kind, where all are exports.
pub fn text_list(listing: &Listing, width: Option<u16>) -> String {
    if listing.rows.is_empty() {
        return "No runs yet. `workbench export` begins the first.\n".to_owned();
    }
    let mut listing = listing.clone();
    if listing.all_are("kind", RunKind::Export.as_str()) {
        listing.leave_out("kind");
    }
    listing.table(width)
}

/// What a drop or a restore did.
fn change(row: &RunRow) -> Option<ChangeSummary> {
    let changes = matches!(row.kind, RunKind::Drop | RunKind::Restore);
    let summary = row.summary.clone().filter(|_| changes)?;
    serde_json::from_value(summary).ok()
}

/// One run for people.
pub fn text_row(row: &RunRow, steps: &[StepRow], width: Option<u16>) -> String {
    let mut out = format!(
        "Run {} of {} ({}): {}\n\nstarted   {} UTC\ntook      {}\nplanned   on {}, data as known {}\n",
        row.number,
        row.ingest_date,
        kind(row),
        row.status,
        row.started.format("%Y-%m-%d %H:%M:%S"),
        took(row),
        row.planned_on,
        row.known,
    );
    if let Some(target) = &row.target_url {
        out += &format!("target    {target}\n");
    }
    if let Some(seq) = row.target_seq {
        out += &format!("commit    {seq}\n");
    }
    if let Some(error) = &row.error {
        out += &format!("error     {error}\n");
    }
    if let Some(change) = change(row).filter(|change| !change.partitions.is_empty()) {
        out += &format!("\n{}", changes::partitions_table(&change.partitions, width));
    }
    if !steps.is_empty() {
        out.push('\n');
        let lines = steps
            .iter()
            .map(|s| vec![s.step.clone(), seconds(s.seconds)])
            .collect();
        out += &table::plain(&["step", "took"], &[1], lines, None);
    }
    out
}

/// The log of a run as JSON.
pub fn json_log(run: RunNumber, lines: &[LogLine]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| json!({"at": line.at, "text": line.text}))
        .collect();
    json!({"run": run, "log": lines})
}

/// The log of a run for people.
pub fn text_log(lines: &[LogLine]) -> String {
    lines
        .iter()
        .map(|line| format!("{}  {}\n", line.at, printable(&line.text)))
        .collect()
}
