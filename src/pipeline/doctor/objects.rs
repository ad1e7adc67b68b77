//! Are there kept files that no commit names?

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::files::{entries, hash_of_name, objects_folder, size};
use super::finding::{Finding, named};
use super::runs::unsettled;
use super::subject::{Subject, TargetFacts};
use crate::model::hash::ContentHash;
use crate::pipeline::error::{RunError, count};

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let target = match judgeable(subject) {
        Ok(target) => target,
        Err(why) => return Ok(vec![Finding::skipped(why)]),
    };
    let Some(folder) = objects_folder(&subject.target) else {
        return Ok(vec![Finding::skipped("this target keeps no objects")]);
    };
    let there = entries(&folder).map_err(|source| RunError::Io {
        path: folder.clone(),
        source,
    })?;
    let needed = needed(subject, target);
    let mut found = Vec::new();
    let orphans = orphans(&there, &needed);
    if !orphans.is_empty() {
        let bytes: u64 = orphans.iter().map(|o| size(o)).sum();
        found.push(
            Finding::warning(format!(
                "{} in `_workbench/objects/` that no commit names ({bytes} bytes): {}",
                count(orphans.len() as u64, "file"),
                named(&names(&orphans))
            ))
            .mendable(),
        );
    }
    let strange: Vec<PathBuf> = there
        .iter()
        .filter(|path| hash_of_name(path).is_none())
        .cloned()
        .collect();
    if !strange.is_empty() {
        found.push(
            Finding::warning(format!(
                "`_workbench/objects/` holds what the program did not put there: {}",
                named(&names(&strange))
            ))
            .run("move it away"),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok(format!(
            "{} kept, each named by a commit",
            count(there.len() as u64, "object")
        )));
    }
    Ok(found)
}

/// The target, if it can be told what belongs there.
pub(super) fn judgeable<'s>(subject: &'s Subject<'_>) -> Result<&'s TargetFacts, String> {
    let target = &subject.target;
    let Some(there) = &target.there else {
        return Err(target.why_not.clone().unwrap_or_default());
    };
    if let Some(who) = &subject.at_work {
        return Err(format!("a run is at work: {who}"));
    }
    if !there.chronicle.is_whole() {
        return Err("what belongs there is not known while commits cannot be read".to_owned());
    }
    if !subject.is_ours(there) {
        return Err("it is not known to be this project's target".to_owned());
    }
    let head = &there.chronicle.published.head;
    if subject
        .warehouse()
        .is_some_and(|w| !w.ledger.ever_had(head))
    {
        return Err("what another copy of this project still needs there is not known".to_owned());
    }
    if unsettled(subject).is_none() {
        return Err(
            "without state and warehouse it cannot be told what a run that died still needs"
                .to_owned(),
        );
    }
    Ok(there)
}

/// The contents that a commit names, or that a run needs to be completed.
pub(super) fn needed(subject: &Subject<'_>, target: &TargetFacts) -> BTreeSet<ContentHash> {
    let mut needed: BTreeSet<ContentHash> = target.chronicle.named.keys().copied().collect();
    if let Some(open) = target.chronicle.open_intent() {
        needed.extend(open.keys.iter().map(|k| k.blake3));
    }
    for recovery in unsettled(subject).unwrap_or_default() {
        let record = subject.warehouse().and_then(|w| w.ledger.run(recovery.run));
        let partitions = record.map_or(&[][..], |(_, record)| &record.partitions);
        needed.extend(partitions.iter().map(|p| p.blake3));
    }
    needed
}

/// The objects among `there` that nobody needs.
pub(super) fn orphans(there: &[PathBuf], needed: &BTreeSet<ContentHash>) -> Vec<PathBuf> {
    let is_orphan = |path: &&PathBuf| hash_of_name(path).is_some_and(|h| !needed.contains(&h));
    there.iter().filter(is_orphan).cloned().collect()
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    let names = paths.iter().filter_map(|p| p.file_name());
    names.map(|n| n.to_string_lossy().into_owned()).collect()
}
