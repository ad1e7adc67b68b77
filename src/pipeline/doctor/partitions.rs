//! Does each partition hold at its key what its commit says, and is a copy kept?

use std::collections::BTreeSet;
use std::path::Path;

use super::files::is_same;
use super::finding::{Finding, named};
use super::subject::{Subject, TargetFacts};
use crate::model::commit::LivePartition;
use crate::model::hash::ContentHash;
use crate::model::progress::Progress;
use crate::pipeline::error::{RunError, count};
use crate::store::{Store, Tag, files};

/// How the bytes of a partition are to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Those that were committed.
    AsCommitted,
    Missing,
    /// Others.
    Differs,
}

/// A live partition, at its key and among the kept objects.
#[derive(Debug, Clone)]
pub(super) struct Seen<'a> {
    pub live: &'a LivePartition,
    pub key: Held,
    pub kept: Held,
}

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let Some(target) = &subject.target.there else {
        return Ok(vec![Finding::skipped(
            subject.target.why_not.clone().unwrap_or_default(),
        )]);
    };
    if !target.chronicle.is_whole() {
        return Ok(vec![Finding::skipped(
            "what is published is not known while commits cannot be read",
        )]);
    }
    if let Some(who) = &subject.at_work {
        return Ok(vec![Finding::skipped(format!("a run is at work: {who}"))]);
    }
    let mut found = Vec::new();
    // What a run that died put at its keys is its own until it is settled.
    let open = target.chronicle.open_intent();
    let being_replaced = |key: &str| open.is_some_and(|i| i.keys.iter().any(|k| k.key == key));
    for seen in all(subject, target)? {
        if !being_replaced(&seen.live.partition.path) {
            found.extend(judged(subject, &seen));
        }
    }
    // A bucket keeps earlier bytes by its own versions, or not.
    if subject.target.folder.is_some() {
        found.extend(kept_history(subject, target)?);
    }
    if found.is_empty() {
        let live = target.chronicle.published.partitions.len() as u64;
        let how = if subject.deep {
            ", byte by byte"
        } else {
            ", by size and time (`--deep` reads them)"
        };
        found.push(Finding::ok(match live {
            0 => "nothing is published yet".to_owned(),
            _ => format!("{} as committed{how}", count(live, "partition")),
        }));
    }
    Ok(found)
}

/// All live partitions, looked at; by their contents if that is asked for.
///
/// # Errors
/// Of the store, and a wish to stop.
pub(super) fn all<'a>(
    subject: &Subject<'_>,
    target: &'a TargetFacts,
) -> Result<Vec<Seen<'a>>, RunError> {
    let live = &target.chronicle.published.partitions;
    let total = live.values().map(|l| l.partition.staged.bytes).sum();
    let mut done = 0;
    let mut all = Vec::with_capacity(live.len());
    for live in live.values() {
        all.push(one(&*target.store, live, subject.deep)?);
        done += live.partition.staged.bytes;
        if subject.deep {
            tell(subject, done, total)?;
        }
    }
    Ok(all)
}

fn tell(subject: &Subject<'_>, done: u64, total: u64) -> Result<(), RunError> {
    if subject.ctx.interrupt.is_requested() {
        return Err(RunError::Interrupted { run: None });
    }
    let progress = &subject.ctx.progress;
    progress.report(Progress::Hashing { done, total });
    Ok(())
}

fn one<'a>(store: &dyn Store, live: &'a LivePartition, deep: bool) -> Result<Seen<'a>, RunError> {
    let committed = &live.partition;
    let expected = committed.staged.blake3;
    let key = match store.head(&committed.path)? {
        None => Held::Missing,
        Some(head) if head.tag == Tag(committed.tag.clone()) && !deep => Held::AsCommitted,
        Some(_) if store.hash(&committed.path)? == Some(expected) => Held::AsCommitted,
        Some(_) => Held::Differs,
    };
    let kept = match store.retained(&expected) {
        None => Held::Missing,
        Some(object) => match store.path(&committed.path) {
            // One file under two names was hashed already, or its tag vouches for it.
            Some(path) if key != Held::Missing && is_same(&object, &path) => key,
            _ => content(&object, &expected, committed.staged.bytes, deep),
        },
    };
    Ok(Seen { live, key, kept })
}

/// How an object stands: by its size, or by its bytes.
fn content(object: &Path, expected: &ContentHash, bytes: u64, deep: bool) -> Held {
    let same_size = object.metadata().is_ok_and(|m| m.len() == bytes);
    let same = same_size && (!deep || files::hash(object).is_ok_and(|h| h == *expected));
    if same {
        Held::AsCommitted
    } else {
        Held::Differs
    }
}

fn judged(subject: &Subject<'_>, seen: &Seen<'_>) -> Option<Finding> {
    let live = seen.live;
    let key = &live.partition.path;
    let staged = &live.partition.staged;
    let dataset = subject
        .transforms()
        .and_then(|t| t.feature(staged.id.dataset.as_str()));
    let again = match dataset {
        // An earlier version, or one that nobody computes any more.
        Some(dataset) if dataset.header.version != staged.id.version => None,
        None if subject.transforms().is_some() => None,
        _ => Some(format!(
            "`workbench export --date {}`",
            staged.id.ingest_date
        )),
    };
    let backup = "bring it back from a backup of the target: no SQL of it is left";
    let publish = again
        .clone()
        .map_or(backup.to_owned(), |a| format!("{a} computes it again"));
    let object = format!("`_workbench/objects/{}.part`", staged.blake3);
    Some(match (seen.key, seen.kept) {
        (Held::AsCommitted, Held::AsCommitted) => return None,
        (Held::AsCommitted, _) if subject.target.folder.is_none() => return None,
        (Held::AsCommitted, Held::Missing) => {
            Finding::warning(format!("the kept copy of `{key}` is gone: {object}")).mendable()
        }
        (Held::AsCommitted, Held::Differs) => {
            Finding::warning(format!("the kept copy of `{key}` was changed: {object}")).mendable()
        }
        (Held::Missing, Held::AsCommitted) => {
            Finding::error(format!("`{key}` is gone, and its bytes are kept"))
                .run("`workbench doctor --fix` puts them back")
                .mendable()
        }
        (Held::Differs, Held::AsCommitted) => {
            let found = Finding::error(format!(
                "`{key}` is not what run {} published there; its bytes are kept in {object}",
                live.run
            ));
            match (&subject.target.folder, again) {
                (Some(_), _) => found
                    .run("`workbench doctor --fix` puts them back, and keeps what lies there elsewhere")
                    .mendable(),
                (None, Some(again)) => found.run(format!("{again} replaces it")),
                (None, None) => found.run(backup),
            }
        }
        (Held::Missing, _) => {
            Finding::error(format!("`{key}` is gone, and so is the copy that was kept"))
                .run(publish)
        }
        (Held::Differs, _) => Finding::error(format!(
            "`{key}` is not what run {} published there, and no copy was kept",
            live.run
        ))
        .run(publish),
    })
}

/// The bytes of days that were replaced since: queries as of a run read them.
fn kept_history(subject: &Subject<'_>, target: &TargetFacts) -> Result<Vec<Finding>, RunError> {
    let published = &target.chronicle.published;
    let live = published.partitions.values();
    let live: BTreeSet<ContentHash> = live.map(|l| l.partition.staged.blake3).collect();
    let earlier = target.chronicle.named.iter();
    let earlier: Vec<_> = earlier.filter(|(hash, _)| !live.contains(hash)).collect();
    let total = earlier.iter().map(|(_, by)| by.bytes).sum();
    let (mut gone, mut changed) = (Vec::new(), Vec::new());
    let mut done = 0;
    for (hash, by) in earlier {
        let shown = format!("{} (run {})", by.id, by.run);
        match target.store.retained(hash) {
            None => gone.push(shown),
            Some(object) => {
                if content(&object, hash, by.bytes, subject.deep) != Held::AsCommitted {
                    changed.push(shown);
                }
            }
        }
        done += by.bytes;
        if subject.deep {
            tell(subject, done, total)?;
        }
    }
    let told = |what: &str, days: &[String]| {
        Finding::warning(format!(
            "bytes of days that were replaced since are {what}: {}",
            named(days)
        ))
        .run("queries as of these runs need them: bring `_workbench/objects/` back from a backup")
    };
    let mut found = Vec::new();
    if !gone.is_empty() {
        found.push(told("gone", &gone));
    }
    if !changed.is_empty() {
        found.push(told("changed", &changed));
    }
    Ok(found)
}
