//! Do the folders of datasets hold anything that no commit put there? Whoever reads
//! them by a glob reads it too.

use std::collections::BTreeSet;

use super::finding::{Finding, named};
use super::objects::judgeable;
use super::subject::{Subject, TargetFacts};
use crate::model::partition::dataset_prefix;
use crate::pipeline::error::{RunError, count};

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let target = match judgeable(subject) {
        Ok(target) => target,
        Err(why) => return Ok(vec![Finding::skipped(why)]),
    };
    let url = &subject.target.url;
    let Unknown {
        left,
        strange,
        looked_at,
    } = find(subject, target)?;
    let mut found = Vec::new();
    if !left.is_empty() {
        found.push(
            Finding::error(format!(
                "a run that was given up left partitions at `{url}` that no commit names: {}",
                named(&left)
            ))
            .mendable(),
        );
    }
    if !strange.is_empty() {
        found.push(
            Finding::error(format!(
                "the folders of datasets at `{url}` hold {} that no commit names, and readers that \
                 glob read: {}",
                count(strange.len() as u64, "file"),
                named(&strange)
            ))
            .run("move what is not live data to another folder"),
        );
    }
    if found.is_empty() {
        found.push(Finding::ok(format!(
            "the folders of datasets hold {}, each named by a commit",
            count(looked_at, "file")
        )));
    }
    Ok(found)
}

/// What no commit names.
pub(super) struct Unknown {
    /// Keys that a run put there which was given up: nobody else's bytes.
    pub left: Vec<String>,
    pub strange: Vec<String>,
    /// Files in all.
    pub looked_at: u64,
}

/// Looks through the folders of all datasets.
///
/// # Errors
/// Only of the store.
pub(super) fn find(subject: &Subject<'_>, target: &TargetFacts) -> Result<Unknown, RunError> {
    let chronicle = &target.chronicle;
    let live = chronicle.published.partitions.values();
    let mut known: BTreeSet<&str> = live.map(|l| l.partition.path.as_str()).collect();
    if let Some(open) = chronicle.open_intent() {
        known.extend(open.keys.iter().map(|k| k.key.as_str()));
    }
    let ids = chronicle.named.values().map(|named| &named.id);
    let mut prefixes: BTreeSet<String> = ids
        .map(|id| dataset_prefix(&id.dataset, id.version))
        .collect();
    let features = subject.transforms().map_or(&[][..], |t| &t.features);
    prefixes.extend(
        features
            .iter()
            .map(|f| dataset_prefix(&f.name, f.header.version)),
    );
    let mut unknown = Unknown {
        left: Vec::new(),
        strange: Vec::new(),
        looked_at: 0,
    };
    for prefix in prefixes {
        for key in target.store.list(&format!("{prefix}/"))? {
            unknown.looked_at += 1;
            if known.contains(key.as_str()) {
                continue;
            }
            let intended = chronicle.intents.values().rev();
            let intended = intended.flat_map(|i| &i.keys).find(|k| k.key == key);
            let ours = match intended {
                Some(intended) => target.store.hash(&key)? == Some(intended.blake3),
                None => false,
            };
            if ours {
                unknown.left.push(key);
            } else {
                unknown.strange.push(key);
            }
        }
    }
    Ok(unknown)
}
