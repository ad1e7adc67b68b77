//! What runs tell.

use serde_json::{Value, json};

use super::table;
use super::words::seconds;
use crate::state::{RunRow, StepRow};

/// A list of runs as JSON.
pub fn json_list(rows: &[RunRow]) -> Value {
    Value::Array(rows.iter().map(|row| json_row(row, None)).collect())
}

/// One run as JSON.
pub fn json_row(row: &RunRow, steps: Option<&[StepRow]>) -> Value {
    let mut value = json!({
        "run": row.number,
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

fn took(row: &RunRow) -> String {
    row.finished.map_or("-".to_owned(), |finished| {
        seconds((finished - row.started).num_milliseconds() as f64 / 1000.0)
    })
}

fn first_line(row: &RunRow) -> String {
    let line = row.error.as_deref().and_then(|e| e.lines().next());
    line.unwrap_or_default().trim_end_matches(':').to_owned()
}

/// A list of runs for people.
/// A run that is not over while none is at work has died.
pub fn text_list(rows: &[RunRow], running: bool, width: Option<u16>) -> String {
    if rows.is_empty() {
        return "No runs yet. `workbench export` begins the first.\n".to_owned();
    }
    let lines = rows
        .iter()
        .map(|row| {
            vec![
                row.number.to_string(),
                row.ingest_date.to_string(),
                row.status.to_string(),
                row.started.format("%Y-%m-%d %H:%M:%S").to_string(),
                took(row),
                row.target_url.clone().unwrap_or_default(),
                if !row.status.is_over() && !running {
                    "died; the next export settles it".to_owned()
                } else {
                    first_line(row)
                },
            ]
        })
        .collect();
    table::plain(
        &[
            "run",
            "ingest date",
            "status",
            "started (UTC)",
            "took",
            "target",
            "error",
        ],
        &[0, 4],
        lines,
        width,
    )
}

/// One run for people.
pub fn text_row(row: &RunRow, steps: &[StepRow]) -> String {
    let mut out = format!(
        "Run {} of {}: {}\n\nstarted   {} UTC\ntook      {}\nplanned   on {}, data as known {}\n",
        row.number,
        row.ingest_date,
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
