//! Do the checkpoints say what the commits say?

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::{RunError, count};
use crate::snapshots::Chronicle;
use crate::snapshots::documents::checkpoint_key;

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let Some(target) = &subject.target.there else {
        return Ok(vec![Finding::skipped(
            subject.target.why_not.clone().unwrap_or_default(),
        )]);
    };
    let chronicle = &target.chronicle;
    if !chronicle.is_whole() {
        return Ok(vec![Finding::skipped(
            "what a checkpoint should say is not known while commits cannot be read",
        )]);
    }
    let mut found: Vec<Finding> = wrong(chronicle)
        .map(|(seq, why)| {
            let key = checkpoint_key(seq);
            Finding::error(format!("`{key}` {why}: readers begin with it")).mendable()
        })
        .collect();
    if found.is_empty() && is_due(chronicle) && subject.at_work.is_none() {
        found.push(
            Finding::warning(
                "a checkpoint is due and was not written: readers read more commits than they need",
            )
            .run("`workbench export` writes it, and so does `workbench doctor --fix`")
            .mendable(),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok(match chronicle.checkpoints.len() {
            0 => "none is due yet".to_owned(),
            1 => "1 checkpoint says what the commits say".to_owned(),
            n => format!("{} say what the commits say", count(n as u64, "checkpoint")),
        }));
    }
    Ok(found)
}

/// Those that do not say what the commits say, and what is wrong with each.
pub(super) fn wrong(chronicle: &Chronicle) -> impl Iterator<Item = (u64, &str)> {
    let notes = chronicle.checkpoints.iter();
    notes.filter_map(|note| Some((note.seq, note.wrong.as_deref()?)))
}

/// The newest one that can be believed; 0 if there is none.
pub(super) fn newest_right(chronicle: &Chronicle) -> u64 {
    let right = chronicle.checkpoints.iter().filter(|c| c.wrong.is_none());
    right.map(|c| c.seq).max().unwrap_or(0)
}

/// Whether that one is too old.
fn is_due(chronicle: &Chronicle) -> bool {
    let mut published = chronicle.published.clone();
    published.checkpoint = newest_right(chronicle);
    published.checkpoint_is_due()
}
