//! Finding the partitions that a drop takes out, or a restore puts back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::change::{Change, ChangeRequest};
use super::error::RunError;
use super::facts::KeyState;
use super::scan::key_state;
use super::snapshot_error::SnapshotError;
use super::snapshots::refuse_unknown;
use crate::model::commit::{Commit, CommitStatus, LivePartition};
use crate::model::names::TransformName;
use crate::model::partition::PartitionId;
use crate::model::run::RunNumber;
use crate::model::summary::PartitionChange;
use crate::snapshots::documents::{self, commit_key, commit_seqs};
use crate::snapshots::{PublishError, Published, moment, open};
use crate::store::Store;

/// One partition, and what is to be known to change it.
pub(super) struct Found {
    pub change: PartitionChange,
    /// As it stands, or as it stood.
    pub live: LivePartition,
    /// Where the bytes are that are put back.
    pub file: Option<PathBuf>,
}

/// The partitions that would change. None if all is as it is asked for already.
///
/// # Errors
/// A day that is not there, or whose bytes are not to be had.
pub(super) fn find(
    store: &dyn Store,
    published: &Published,
    request: &ChangeRequest,
) -> Result<Vec<Found>, RunError> {
    for name in &request.datasets {
        let live = published.partitions.keys().map(|id| &id.dataset);
        let known = live.chain(published.dropped.keys().map(|id| &id.dataset));
        refuse_unknown(known, name, &store.url())?;
    }
    match request.change {
        Change::Drop => to_drop(store, published, request),
        Change::Restore { run: Some(run) } => to_restore(store, published, request, run),
        Change::Restore { run: None } => Err(which_run(store, published, request)?.into()),
    }
}

impl ChangeRequest {
    fn is_meant(&self, id: &PartitionId) -> bool {
        id.ingest_date == self.date
            && (self.datasets.is_empty() || self.datasets.contains(&id.dataset))
    }
}

fn to_drop(
    store: &dyn Store,
    published: &Published,
    request: &ChangeRequest,
) -> Result<Vec<Found>, RunError> {
    let live = published.partitions.iter();
    let found: Vec<Found> = live
        .filter(|(id, _)| request.is_meant(id))
        .map(|(_, live)| Found {
            change: change(store, live, None),
            live: live.clone(),
            file: None,
        })
        .collect();
    // To ask twice is no mistake; to ask for a day that never was is one.
    let gone = published.dropped.keys().filter(|id| request.is_meant(id));
    let there: Vec<&PartitionId> = found.iter().map(|f| &f.change.id).chain(gone).collect();
    let missing = |name: &TransformName| !there.iter().any(|id| id.dataset == *name);
    let dataset = request.datasets.iter().find(|name| missing(name)).cloned();
    if there.is_empty() || dataset.is_some() {
        return Err(SnapshotError::NoSuchDay {
            date: request.date,
            dataset,
            url: store.url(),
        }
        .into());
    }
    Ok(found)
}

fn to_restore(
    store: &dyn Store,
    published: &Published,
    request: &ChangeRequest,
    run: RunNumber,
) -> Result<Vec<Found>, RunError> {
    let (then, _) = moment::until_run(store, run)?;
    let stood = then.partitions.iter();
    let stood: Vec<&LivePartition> = stood
        .filter(|(id, _)| request.is_meant(id))
        .map(|(_, live)| live)
        .collect();
    let missing =
        |name: &TransformName| !stood.iter().any(|l| l.partition.staged.id.dataset == *name);
    let dataset = request.datasets.iter().find(|name| missing(name)).cloned();
    if stood.is_empty() || dataset.is_some() {
        return Err(SnapshotError::NotThereThen {
            date: request.date,
            published_by: publishers(store, request)?,
            dataset,
            run,
        }
        .into());
    }
    let (mut found, mut gone) = (Vec::new(), Vec::new());
    for live in stood {
        let id = &live.partition.staged.id;
        let now = published.partitions.get(id);
        if let Some(now) = now
            && now.partition.staged.blake3 == live.partition.staged.blake3
            && key_state(store, now)? == KeyState::AsCommitted
        {
            continue;
        }
        match open::file_of(store, live) {
            Ok(file) => found.push(Found {
                change: change(store, live, now),
                live: live.clone(),
                file: Some(file),
            }),
            Err(PublishError::Replaced { .. }) => gone.push(id.dataset.clone()),
            Err(other) => return Err(other.into()),
        }
    }
    if gone.is_empty() {
        return Ok(found);
    }
    Err(SnapshotError::NotKept {
        date: request.date,
        run,
        datasets: gone,
    }
    .into())
}

fn change(
    store: &dyn Store,
    live: &LivePartition,
    replaces: Option<&LivePartition>,
) -> PartitionChange {
    let staged = &live.partition.staged;
    PartitionChange {
        id: staged.id.clone(),
        blake3: staged.blake3,
        rows: staged.rows,
        bytes: staged.bytes,
        published_by: live.run,
        replaces: replaces.map(|now| now.run),
        // What lies in the cache may be gone tomorrow.
        is_kept: live.partition.version_id.is_some() || store.path(&live.partition.path).is_some(),
    }
}

/// Names the runs that what is meant can be put back as: of what was dropped, that
/// which had published it last; else that before what stands.
fn which_run(
    store: &dyn Store,
    published: &Published,
    request: &ChangeRequest,
) -> Result<SnapshotError, RunError> {
    let mut dropped: BTreeMap<RunNumber, (RunNumber, BTreeSet<TransformName>)> = BTreeMap::new();
    for (id, gone) in &published.dropped {
        if request.is_meant(id) {
            let (run, datasets) = dropped.entry(gone.run).or_default();
            *run = gone.partition.published_by.max(*run);
            datasets.insert(id.dataset.clone());
        }
    }
    let ids = published.partitions.keys().chain(published.dropped.keys());
    let of_the_day = ids.filter(|id| id.ingest_date == request.date);
    let of_the_day: BTreeSet<&TransformName> = of_the_day.map(|id| &id.dataset).collect();
    let command = |run: RunNumber, datasets: &BTreeSet<TransformName>| {
        let mut words = format!("workbench snapshots restore {}", request.date);
        // What else there is of the day stays as it is.
        if datasets.len() < of_the_day.len() {
            datasets
                .iter()
                .for_each(|name| words += &format!(" {name}"));
        }
        words += &format!(" --run {run}");
        if let Some(target) = &request.target {
            words += &format!(" --target {target}");
        }
        words
    };
    let live = published.partitions.iter();
    let live = live.filter(|(id, _)| request.is_meant(id));
    let stands = live.map(|(_, live)| live.run).max();
    let published_by = publishers(store, request)?;
    let before = published_by.iter().filter(|run| Some(**run) < stands).max();
    let asked = request.datasets.iter().cloned().collect::<BTreeSet<_>>();
    let all = of_the_day.iter().map(|name| (*name).clone()).collect();
    let meant = if asked.is_empty() { &all } else { &asked };
    let before = before.filter(|_| dropped.is_empty());
    Ok(SnapshotError::WhichRun {
        date: request.date,
        dropped: dropped
            .iter()
            .map(|(by, (run, datasets))| (*by, command(*run, datasets)))
            .collect(),
        before: before.map(|run| command(*run, meant)),
        published_by,
    })
}

/// The runs that published any of what is meant, oldest first.
fn publishers(store: &dyn Store, request: &ChangeRequest) -> Result<Vec<RunNumber>, RunError> {
    let mut runs = Vec::new();
    for seq in commit_seqs(store)? {
        let Some((commit, _)) = documents::read::<Commit>(store, &commit_key(seq))? else {
            continue;
        };
        let mut partitions = commit.partitions.iter();
        if commit.status == CommitStatus::Published
            && partitions.any(|p| request.is_meant(&p.staged.id))
        {
            runs.push(commit.run);
        }
    }
    Ok(runs)
}
