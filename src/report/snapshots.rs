//! What is told of snapshots.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::listing::{Cell, Listing, number, text};
use super::words::{bytes, grouped};
use crate::model::commit::GonePartition;
use crate::model::names::TransformName;
use crate::model::run::{Known, RunNumber};
use crate::model::snapshot::ListedPartition;
use crate::pipeline::snapshots;

/// A live partition, as programs read it.
#[derive(Serialize)]
struct Line<'p> {
    ingest_date: NaiveDate,
    dataset: &'p TransformName,
    version: u32,
    revision: u32,
    rows: u64,
    bytes: u64,
    run: RunNumber,
    computed_by: RunNumber,
    known: String,
    mixed: bool,
    committed: DateTime<Utc>,
    path: String,
}

/// Live partitions as JSON.
pub fn json_list(all: &[ListedPartition]) -> String {
    let lines: Vec<Line<'_>> = all
        .iter()
        .map(|l| Line {
            ingest_date: l.id.ingest_date,
            dataset: &l.id.dataset,
            version: l.id.version,
            revision: l.revision,
            rows: l.rows,
            bytes: l.bytes,
            run: l.run,
            computed_by: l.computed_by,
            known: known(l.known),
            mixed: l.mixed,
            committed: l.committed,
            path: l.id.key(),
        })
        .collect();
    let text = serde_json::to_string_pretty(&lines).unwrap_or_default();
    format!("{text}\n")
}

/// As the summary of an export has it.
pub(super) fn known(known: Known) -> String {
    match known {
        Known::Now => "now".to_owned(),
        Known::AtRun(run) => format!("then (run {run})"),
    }
}

/// Live partitions.
pub fn listing(all: &[ListedPartition]) -> Listing {
    let mut listing = Listing::new([
        text("ingest_date", "ingest date"),
        text("dataset", "dataset"),
        number("version", "version"),
        number("revision", "revision"),
        number("rows", "rows"),
        number("bytes", "size"),
        number("run", "run"),
        text("known", "known"),
        text("mixed", "mixed"),
    ]);
    listing.rows.extend(all.iter().map(|l| {
        vec![
            Cell::plain(l.id.ingest_date),
            Cell::plain(&l.id.dataset),
            Cell::plain(l.id.version),
            Cell::plain(l.revision),
            Cell::shown(l.rows, grouped(l.rows)),
            Cell::shown(l.bytes, bytes(l.bytes)),
            Cell::plain(l.run),
            Cell::plain(known(l.known)),
            Cell::shown(l.mixed, if l.mixed { "mixed" } else { "" }),
        ]
    }));
    listing
}

/// What was dropped, as JSON.
pub fn json_dropped(all: &[GonePartition]) -> Value {
    all.iter()
        .map(|gone| {
            json!({
                "ingest_date": gone.partition.id.ingest_date,
                "dataset": gone.partition.id.dataset,
                "version": gone.partition.id.version,
                "rows": gone.partition.rows,
                "bytes": gone.partition.bytes,
                "published_by": gone.partition.published_by,
                "dropped_by": gone.run,
                "dropped": gone.committed,
            })
        })
        .collect()
}

/// What was dropped.
pub fn dropped(all: &[GonePartition]) -> Listing {
    let mut listing = Listing::new([
        text("ingest_date", "ingest date"),
        text("dataset", "dataset"),
        number("version", "version"),
        number("rows", "rows"),
        number("bytes", "size"),
        number("published_by", "by run"),
        number("dropped_by", "dropped by"),
        text("dropped", "dropped (UTC)"),
    ]);
    listing.rows.extend(all.iter().map(|gone| {
        let was = &gone.partition;
        vec![
            Cell::plain(was.id.ingest_date),
            Cell::plain(&was.id.dataset),
            Cell::plain(was.id.version),
            Cell::shown(was.rows, grouped(was.rows)),
            Cell::shown(was.bytes, bytes(was.bytes)),
            Cell::plain(was.published_by),
            Cell::plain(gone.run),
            Cell::shown(
                gone.committed.to_rfc3339(),
                gone.committed.format("%Y-%m-%d %H:%M").to_string(),
            ),
        ]
    }));
    listing
}

/// What was dropped, for people.
pub fn text_dropped(all: &[GonePartition], in_bucket: bool, width: Option<u16>) -> String {
    let Some(first) = all.first() else {
        return "Nothing is dropped.\n".to_owned();
    };
    let mut listing = dropped(all);
    listing.leave_out("bytes");
    if listing.all_are("version", "1") {
        listing.leave_out("version");
    }
    let day = first.partition.id.ingest_date;
    let of_the_day = all.iter().filter(|g| g.partition.id.ingest_date == day);
    let newest = of_the_day.map(|g| g.partition.published_by).max();
    let if_kept = match in_bucket {
        true => ", if the bucket keeps versions",
        false => "",
    };
    format!(
        "{}\n`workbench snapshots restore {day} --run {}` puts that day back as it was{if_kept}.\n",
        listing.table(width),
        newest.unwrap_or(first.partition.published_by)
    )
}

/// The list for people: without the columns that say the same of each row.
pub fn text_list(all: &snapshots::Listing, width: Option<u16>) -> String {
    let partitions = &all.partitions;
    if partitions.is_empty() {
        return format!(
            "Nothing is published at {} yet. `workbench export` publishes the first snapshot.\n",
            all.url
        );
    }
    let mut listing = listing(partitions);
    if listing.all_are("version", "1") {
        listing.leave_out("version");
    }
    let Some(mixed) = partitions.iter().find(|l| l.mixed) else {
        listing.leave_out("mixed");
        return listing.table(width);
    };
    format!(
        "{}\nThe datasets of a mixed day were computed from different states of the raw data; \
         `workbench export --date {}` computes those anew that lag behind.\n",
        listing.table(width),
        mixed.id.ingest_date
    )
}
