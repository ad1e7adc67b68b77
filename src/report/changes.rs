//! What is told of days that are dropped, or put back.

use chrono::NaiveDate;
use serde_json::Value;

use super::listing::{Cell, Listing, number, text};
use super::words::{bytes, count, grouped, seconds};
use crate::model::run::{RunKind, RunStatus};
use crate::model::summary::{ChangeSummary, PartitionChange};
use crate::pipeline::change::Change;

/// What was done, as JSON.
pub fn json(changed: &ChangeSummary) -> Value {
    serde_json::to_value(changed).unwrap_or_default()
}

/// The partitions that would change.
pub fn outlook(partitions: &[PartitionChange], width: Option<u16>) -> String {
    format!("{}\n", partitions_table(partitions, width))
}

pub(super) fn partitions_table(partitions: &[PartitionChange], width: Option<u16>) -> String {
    let mut listing = Listing::new([
        text("dataset", "dataset"),
        number("version", "version"),
        number("rows", "rows"),
        number("bytes", "size"),
        number("published_by", "by run"),
        number("replaces", "instead of run"),
    ]);
    listing.rows.extend(partitions.iter().map(|p| {
        vec![
            Cell::plain(&p.id.dataset),
            Cell::plain(p.id.version),
            Cell::shown(p.rows, grouped(p.rows)),
            Cell::shown(p.bytes, bytes(p.bytes)),
            Cell::plain(p.published_by),
            Cell::maybe(p.replaces),
        ]
    }));
    if listing.all_are("version", "1") {
        listing.leave_out("version");
    }
    if partitions.iter().all(|p| p.replaces.is_none()) {
        listing.leave_out("replaces");
    }
    listing.table(width)
}

/// What is asked before it is done.
pub fn question(change: Change, date: NaiveDate, partitions: &[PartitionChange]) -> String {
    let what = format!("{} of {date}", these(partitions));
    let size = format!(
        "({}, {})",
        count(partitions.iter().map(|p| p.rows).sum(), "row"),
        bytes(partitions.iter().map(|p| p.bytes).sum()),
    );
    match change {
        Change::Drop => match datasets(partitions, false) {
            lost if lost.is_empty() => format!("Drop {what} {size}?"),
            lost => format!(
                "The bucket keeps no version of `{}`: deleted for good, it can only be computed anew.\n\
                 Drop {what} {size}?",
                lost.join("`, `")
            ),
        },
        Change::Restore { .. } => format!("Put {what} back {size}?"),
    }
}

/// The datasets of those partitions whose bytes stay, or do not.
fn datasets(partitions: &[PartitionChange], is_kept: bool) -> Vec<String> {
    let some = partitions.iter().filter(|p| p.is_kept == is_kept);
    some.map(|p| p.id.dataset.to_string()).collect()
}

fn these(partitions: &[PartitionChange]) -> String {
    match partitions.len() {
        1 => "this partition".to_owned(),
        n => format!("these {} partitions", grouped(n as u64)),
    }
}

/// What was done, for people. `with_table` says what changed, for who was not asked.
pub fn told(changed: &ChangeSummary, with_table: bool, width: Option<u16>) -> String {
    let mut out = String::new();
    for run in &changed.recovered {
        let how = match run.status {
            RunStatus::Succeeded => "was completed first",
            RunStatus::Abandoned => "was given up",
            _ => "was undone: nothing of it remains",
        };
        out += &format!(
            "Run {} of {}, which had died, {how}.\n",
            run.run, run.ingest_date
        );
    }
    for note in &changed.notes {
        out += &format!("Note: {note}.\n");
    }
    if !out.is_empty() {
        out.push('\n');
    }
    if with_table && !changed.partitions.is_empty() {
        out += &outlook(&changed.partitions, width);
    }
    out + &last_lines(changed)
}

fn last_lines(changed: &ChangeSummary) -> String {
    let ChangeSummary {
        ingest_date: date,
        target,
        ..
    } = changed;
    let took = seconds(changed.seconds);
    let Some(run) = changed.run else {
        return match changed.as_of_run {
            None => {
                format!("Nothing to do: the snapshot of {date} at {target} is dropped already.\n")
            }
            Some(run) => {
                format!(
                    "Nothing to do: {date} at {target} is as it was when run {run} had published.\n"
                )
            }
        };
    };
    if changed.kind != RunKind::Drop {
        return format!("Run {run} put {date} back at {target} in {took}.\n");
    }
    let partitions = &changed.partitions;
    let lost = datasets(partitions, false);
    let kept = partitions.iter().filter(|p| p.is_kept);
    let newest = kept.map(|p| p.published_by).max();
    let restore = newest.map_or(String::new(), |newest| {
        let only = match lost.is_empty() {
            true => String::new(),
            false => format!(" {}", datasets(partitions, true).join(" ")),
        };
        let restore = format!("workbench snapshots restore {date}{only} --run {newest}");
        format!("  {restore:<46}   puts it back as it was\n")
    });
    let kept = match lost.is_empty() {
        true => "What was published is kept".to_owned(),
        false => format!(
            "Of `{}` nothing is kept, for the bucket has no version",
            lost.join("`, `")
        ),
    };
    let export = format!("workbench export --date {date}");
    format!(
        "Run {run} dropped {date} at {target} in {took}. {kept}:\n\n{restore}\
         \x20 {export:<46}   computes it anew\n"
    )
}
