//! What an export tells: a table for people, one JSON document for programs.

use serde_json::{Value, json};

use super::failure::Failure;
use super::words::{bytes, count, grouped, seconds};
use super::{table, words};
use crate::model::run::RunStatus;
use crate::model::summary::{DatasetStatus, ExportSummary, FileCounts};
use crate::model::transform::Severity;

/// One document on every outcome.
pub fn json(summary: &ExportSummary, failure: Option<&Failure>) -> Value {
    let mut document = serde_json::to_value(summary).unwrap_or_else(|_| json!({}));
    document["error"] = failure.map_or(Value::Null, Failure::json);
    document
}

/// The summary for people: what was loaded, checked, published.
pub fn text(summary: &ExportSummary, width: Option<u16>) -> String {
    let mut out = String::new();
    for run in &summary.recovered {
        out += &format!(
            "Run {} of {}, which had died, {}.\n",
            run.run,
            run.ingest_date,
            match run.status {
                RunStatus::Succeeded => "was completed",
                RunStatus::Abandoned => "was given up: its load stands, its snapshot does not",
                _ => "was undone: nothing of it remains",
            }
        );
    }
    for note in &summary.notes {
        out += &format!("Note: {note}.\n");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    if !summary.sources.is_empty() {
        out += &sources(summary, width);
        out.push('\n');
    }
    out += &checks(summary);
    if !summary.datasets.is_empty() {
        out += &datasets(summary, width);
        out.push('\n');
    }
    out += &last_line(summary);
    out
}

fn sources(summary: &ExportSummary, width: Option<u16>) -> String {
    let rows = summary
        .sources
        .iter()
        .map(|s| {
            vec![
                s.name.to_string(),
                files(&s.files),
                grouped(s.rows.read),
                grouped(s.rows.taken),
                grouped(s.rows.quarantined),
            ]
        })
        .collect();
    table::plain(
        &["source", "files", "read", "taken", "quarantined"],
        &[2, 3, 4],
        rows,
        width,
    )
}

/// `2 new, 1 unchanged`; `none` if there are none.
pub fn files(files: &FileCounts) -> String {
    let parts: Vec<String> = [
        (files.new, "new"),
        (files.again, "taken again"),
        (files.processed, "set as processed"),
        (files.rewritten, "rewritten"),
        (files.renamed, "renamed"),
        (files.duplicate, "duplicate"),
        (files.vanished, "vanished"),
        (files.unchanged, "unchanged"),
        (files.held, "held"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{} {word}", grouped(n)))
    .collect();
    if parts.is_empty() {
        return "none".to_owned();
    }
    parts.join(", ")
}

fn checks(summary: &ExportSummary) -> String {
    if summary.checks.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    let held = summary.checks.iter().filter(|c| c.failed == 0).count() as u64;
    let all = summary.checks.len() as u64;
    out += &match (held == all, all) {
        (true, 1) => "The check holds.\n".to_owned(),
        (true, _) => format!("All {} hold.\n", count(all, "check")),
        (false, _) => format!("{} of {} hold.\n", grouped(held), count(all, "check")),
    };
    for check in summary.checks.iter().filter(|c| c.failed > 0) {
        let word = match check.severity {
            Severity::Warn => "warning",
            Severity::Fail => "failed",
        };
        out += &format!(
            "  {word}: `{}` found {}\n",
            check.name,
            words::count(check.failed, "row")
        );
    }
    out.push('\n');
    out
}

fn datasets(summary: &ExportSummary, width: Option<u16>) -> String {
    let not_done = match summary.status {
        RunStatus::Succeeded => "skipped",
        // Some of its keys may hold the new bytes already.
        RunStatus::Publishing => "pending",
        _ => "not published",
    };
    let done = if previewed(summary) {
        "previewed"
    } else {
        "published"
    };
    let rows = summary
        .datasets
        .iter()
        .map(|d| {
            let status = match d.status {
                DatasetStatus::Published => done,
                DatasetStatus::Unchanged => "unchanged",
                DatasetStatus::Skipped => not_done,
            };
            vec![
                d.name.to_string(),
                d.version.to_string(),
                d.revision.to_string(),
                d.rows.map_or("-".to_owned(), grouped),
                d.bytes.map_or("-".to_owned(), bytes),
                status.to_owned(),
                d.reason.clone(),
            ]
        })
        .collect();
    table::plain(
        &[
            "dataset", "version", "revision", "rows", "size", "status", "because",
        ],
        &[1, 2, 3, 4],
        rows,
        width,
    )
}

/// A preview computes and has no run.
fn previewed(summary: &ExportSummary) -> bool {
    summary.run.is_none() && summary.steps.iter().any(|s| s.step == "compute")
}

fn last_line(summary: &ExportSummary) -> String {
    let day = summary
        .ingest_date
        .map_or(String::new(), |d| format!(" of {d}"));
    let took = seconds(summary.seconds);
    let published = summary
        .datasets
        .iter()
        .any(|d| d.status == DatasetStatus::Published);
    match (summary.run, summary.status) {
        (Some(run), RunStatus::Succeeded) if summary.datasets.is_empty() => {
            format!("Run {run}{day} loaded what came; nothing is published by it ({took}).\n")
        }
        (Some(run), RunStatus::Succeeded) if !published => {
            format!("Run {run}{day} wrote down what came; nothing was to be published ({took}).\n")
        }
        (Some(run), RunStatus::Succeeded) => {
            format!(
                "Run {run}{day} published to {} in {took}.\n",
                summary.target
            )
        }
        (None, RunStatus::Succeeded) if previewed(summary) => {
            format!(
                "Preview{day} written to {} in {took}. Nothing else was changed.\n",
                summary.target
            )
        }
        (None, RunStatus::Succeeded) if summary.datasets.is_empty() => {
            format!("Nothing to load: every file is as it was taken ({took}).\n")
        }
        (None, RunStatus::Succeeded) => format!(
            "Nothing to do for the snapshot{day} at {}: it is up to date ({took}).\n",
            summary.target
        ),
        (Some(run), RunStatus::Publishing) => {
            format!("Run {run}{day} is committed and not wholly published after {took}.\n")
        }
        (Some(run), status) => format!("Run {run}{day} ended as `{status}` after {took}.\n"),
        // Only a preview plans something without a number for its run.
        (None, RunStatus::Failed) if !summary.datasets.is_empty() => {
            format!("The preview{day} came to nothing after {took}. Nothing was changed.\n")
        }
        // Nothing was begun: the error says all there is to say.
        (None, _) => String::new(),
    }
}
