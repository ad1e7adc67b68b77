//! Do state, ledger and commits tell the same story?

use std::collections::BTreeSet;

use super::finding::{Finding, named};
use super::subject::{StateFacts, Subject, WarehouseFacts, WarehouseSeen};
use crate::model::commit::LivePartition;
use crate::model::snapshot;
use crate::pipeline::error::{RunError, count};

const REBUILD: &str =
    "`workbench rebuild`, or restore `.workbench` as a whole from a backup of one moment";

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    if let Some(who) = &subject.at_work {
        return Ok(vec![Finding::skipped(format!("a run is at work: {who}"))]);
    }
    let state = subject.state();
    let none = WarehouseFacts::default();
    let warehouse = match &subject.warehouse {
        WarehouseSeen::There(facts) => Some(&**facts),
        // Then what state knows of it is not to be had.
        WarehouseSeen::Missing if !subject.has_run() => Some(&none),
        _ => None,
    };
    let mut found = Vec::new();
    found.extend(owners(subject, state, warehouse));
    match (state, warehouse) {
        (Some(state), Some(warehouse)) => found.extend(state_and_ledger(state, warehouse)),
        (None, Some(warehouse)) if warehouse.ledger.entries.is_empty() => {}
        (state, _) => {
            let what = if state.is_none() {
                "state"
            } else {
                "the warehouse"
            };
            found.push(Finding::skipped(format!(
                "there is no {} to compare",
                what.trim_start_matches("the ")
            )));
        }
    }
    if let Some(warehouse) = warehouse {
        found.extend(ledger_and_commits(subject, warehouse));
    }
    if let Some(state) = state {
        found.extend(snapshots(subject, state)?);
    }
    if found.is_empty() {
        found.push(Finding::ok("state, ledger and commits tell the same story"));
    }
    Ok(found)
}

/// Whether they are all of one project.
fn owners(
    subject: &Subject<'_>,
    state: Option<&StateFacts>,
    warehouse: Option<&WarehouseFacts>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let of_state = state.and_then(|s| s.project.as_ref());
    let of_warehouse = warehouse.and_then(|w| w.project.as_ref());
    if let (Some(one), Some(other)) = (of_state, of_warehouse)
        && one != other
    {
        found.push(
            Finding::error("`state.db` and `warehouse.duckdb` belong to different projects")
                .run(REBUILD),
        );
        return found;
    }
    let target = &subject.target;
    let owner = target
        .there
        .as_ref()
        .and_then(|t| t.owner.as_ref().ok()?.as_ref());
    if let Some(owner) = owner
        && let Some(ours) = of_state.or(of_warehouse)
        && *ours != owner.project
    {
        found.push(
            Finding::error(format!(
                "the target `{}` belongs to the project `{}`, and not to this one",
                target.url, owner.project_name
            ))
            .run("set `[target] url` to a folder of this project's own"),
        );
    }
    found
}

fn state_and_ledger(state: &StateFacts, warehouse: &WarehouseFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    let ledger = &warehouse.ledger;
    let lost: Vec<String> = state
        .runs
        .iter()
        .rev()
        .filter(|r| r.committed() && ledger.run(r.number).is_none())
        .map(|r| r.number.to_string())
        .collect();
    if !lost.is_empty() {
        // What follows would only say so again.
        return vec![
            Finding::error(format!(
                "the warehouse does not have what run {} committed",
                lost.join(", ")
            ))
            .run(REBUILD),
        ];
    }
    let known: BTreeSet<u64> = state
        .runs
        .iter()
        .filter(|r| r.committed())
        .map(|r| r.number)
        .collect();
    let unknown: Vec<String> = ledger
        .runs()
        .filter(|r| !known.contains(&r.run))
        .map(|r| r.run.to_string())
        .collect();
    if !unknown.is_empty() {
        found.push(
            Finding::warning(format!(
                "state does not know that run {} committed",
                unknown.join(", ")
            ))
            .mendable(),
        );
    }
    let end = ledger.end();
    let in_step = state.bookmarks_end == Some(end)
        || (state.bookmarks_end.is_none() && ledger.entries.is_empty());
    if !in_step {
        found.push(
            Finding::warning(format!(
                "state's bookmarks are a copy of the ledger up to event {}, and it has {}",
                state.bookmarks_end.map_or(0, |(seq, _)| seq),
                end.0
            ))
            .mendable(),
        );
    } else if state.bookmarks != warehouse.bookmarks {
        found.push(
            Finding::warning("state's bookmarks are not what the ledger says: they were changed")
                .mendable(),
        );
    }
    let done: Vec<&str> = state
        .wishes
        .iter()
        .filter(|w| ledger.has_wish(&w.id))
        .map(|w| w.short_id())
        .collect();
    if !done.is_empty() {
        found.push(
            Finding::warning(format!(
                "state still has wishes that were carried out: {}",
                named(&done)
            ))
            .mendable(),
        );
    }
    found
}

fn ledger_and_commits(subject: &Subject<'_>, warehouse: &WarehouseFacts) -> Vec<Finding> {
    let Some(target) = &subject.target.there else {
        return Vec::new();
    };
    let published = &target.chronicle.published;
    if warehouse.ledger.ever_had(&published.head) {
        return Vec::new();
    }
    vec![
        Finding::error(format!(
            "commit {} at `{}` was made from a ledger that this project does not have: it was \
             restored from a backup, or another copy of it publishes there",
            published.seq, subject.target.url
        ))
        .run(REBUILD),
    ]
}

/// State's copy of what is published.
pub(super) fn snapshots(
    subject: &Subject<'_>,
    state: &StateFacts,
) -> Result<Vec<Finding>, RunError> {
    let Some(target) = subject.target.there.as_ref() else {
        return Ok(Vec::new());
    };
    let Ok(Some(owner)) = &target.owner else {
        return Ok(Vec::new());
    };
    if state.project.as_ref().is_some_and(|p| *p != owner.project) || !target.chronicle.is_whole() {
        return Ok(Vec::new());
    }
    let published = &target.chronicle.published;
    let newest = state.state.newest_seq(&owner.target)?;
    let url = &subject.target.url;
    if newest < published.seq {
        return Ok(vec![
            Finding::warning(format!(
                "state knows of commit {newest} at `{url}`, and the newest is {}",
                published.seq
            ))
            .mendable(),
        ]);
    }
    if newest > published.seq {
        // One whose intent is still there is put again: `runs` tells.
        let put_again = target.chronicle.open_intent().is_some() && newest == published.seq + 1;
        return Ok(if put_again {
            Vec::new()
        } else {
            vec![
                Finding::error(format!(
                    "state knows of commit {newest} at `{url}`, and the newest there is {}: the \
                     target was restored from a backup",
                    published.seq
                ))
                .run("bring the target back as it was; or `workbench rebuild`, to go on from what is there"),
            ]
        });
    }
    let copied = state.state.snapshots(&owner.target)?;
    let there: Vec<LivePartition> = published.partitions.values().cloned().collect();
    let mut dropped = state.state.dropped(&owner.target)?;
    dropped.sort_by(|a, b| a.partition.id.cmp(&b.partition.id));
    // What lists read is beside the documents, in columns of its own.
    let listed = state.state.listed_snapshots(&owner.target)?;
    if listed == snapshot::listed(&there)
        && sorted(copied) == sorted(there)
        && dropped.iter().eq(published.dropped.values())
    {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::warning(format!(
            "state's copy of what is published at `{url}` ({}) is not what the commits say",
            count(newest, "commit")
        ))
        .mendable(),
    ])
}

fn sorted(mut partitions: Vec<LivePartition>) -> Vec<LivePartition> {
    partitions.sort_by(|a, b| a.partition.staged.id.cmp(&b.partition.staged.id));
    partitions
}
