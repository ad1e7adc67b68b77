//! What is published, day by day: from state where it knows all of it, so that
//! nobody waits for a thousand commits to be read.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::snapshot_error::SnapshotError;
use super::vanished;
use crate::model::commit::{GonePartition, Owner};
use crate::model::names::TransformName;
use crate::model::nearest::nearest;
use crate::model::run::RunNumber;
use crate::model::snapshot::{self, ListedPartition};
use crate::model::token::RandomId;
use crate::project::TargetUrl;
use crate::snapshots::documents::{self, commit_key};
use crate::snapshots::{Published, moment};
use crate::state::{State, StateError};
use crate::store::Store;

/// What is to be listed.
#[derive(Debug, Clone, Default)]
pub struct ListRequest {
    /// None: all of them.
    pub dataset: Option<TransformName>,
    /// As it stood when this run had published; None: now.
    pub as_of: Option<RunNumber>,
    /// None: the project's.
    pub target: Option<TargetUrl>,
}

/// Live partitions, newest day first, then by dataset and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The target as the user wrote it.
    pub url: String,
    pub partitions: Vec<ListedPartition>,
}

impl Listing {
    /// Keeps only the newest days. Returns how many there were.
    pub fn keep_days(&mut self, most: usize) -> usize {
        let days: BTreeSet<NaiveDate> = self.partitions.iter().map(|l| l.id.ingest_date).collect();
        let first = days.iter().nth(days.len().saturating_sub(most)).copied();
        self.partitions
            .retain(|l| first.is_some_and(|first| l.id.ingest_date >= first));
        days.len()
    }
}

/// Lists what is published. Opens neither the warehouse nor an engine.
///
/// # Errors
/// [`SnapshotError::NotPublished`] for a dataset that has no snapshot.
pub fn list(ctx: &Context, request: &ListRequest) -> Result<Listing, RunError> {
    let target = request.target.as_ref().unwrap_or(&ctx.project.target);
    let store = ctx.store_to_read(target)?;
    let mut all = match request.as_of {
        Some(run) => snapshot::listed(moment::until_run(&*store, run)?.0.partitions.values()),
        None => match knowing_state(ctx, &*store)? {
            Some((state, target)) => state.listed_snapshots(&target)?,
            None => snapshot::listed(Published::read(&*store)?.partitions.values()),
        },
    };
    if all.is_empty() {
        vanished::refuse_as_known(ctx, &*store)?;
        // Of one that is named something is expected.
        if request.target.is_some() {
            return Err(RunError::NothingPublished { url: store.url() });
        }
    }
    if let Some(name) = &request.dataset {
        let published = all.iter().map(|l| &l.id.dataset);
        refuse_unknown(published, name, &store.url())?;
        all.retain(|l| l.id.dataset == *name);
    }
    Ok(Listing {
        url: store.url(),
        partitions: all,
    })
}

/// Misses what was published to the project's target, if nothing of it is there.
///
/// # Errors
/// [`RunError::TargetVanished`]; of reading state and target.
pub fn miss(ctx: &Context) -> Result<(), RunError> {
    vanished::refuse_as_known(ctx, &*ctx.store(&ctx.project.target)?)
}

/// What was dropped and not published since, newest day first, then by dataset and
/// version.
///
/// # Errors
/// Of reading state and target.
pub fn dropped(ctx: &Context, target: Option<&TargetUrl>) -> Result<Vec<GonePartition>, RunError> {
    let store = ctx.store_to_read(target.unwrap_or(&ctx.project.target))?;
    if let Some((state, target)) = knowing_state(ctx, &*store)? {
        return Ok(state.dropped(&target)?);
    }
    let published = Published::read(&*store)?;
    let mut dropped: Vec<GonePartition> = published.dropped.into_values().collect();
    dropped.sort_by_key(|gone| Reverse(gone.partition.id.ingest_date));
    Ok(dropped)
}

/// State and the target's identity, if state knows the target that lies there and
/// no commit was put that it was not told of.
fn knowing_state(ctx: &Context, store: &dyn Store) -> Result<Option<(State, RandomId)>, RunError> {
    let state = match State::open_for_reading(&ctx.layout.state()) {
        Ok(Some(state)) => state,
        // The commits say the same until an export has brought it up to date.
        Ok(None) | Err(StateError::Older { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some((owner, _)) = documents::read::<Owner>(store, documents::OWNER)? else {
        return Ok(None);
    };
    let newest = state.newest_seq(&owner.target)?;
    let is_there = |seq| Ok::<_, RunError>(store.head(&commit_key(seq))?.is_some());
    if newest == 0 || !is_there(newest)? || is_there(newest + 1)? {
        return Ok(None);
    }
    Ok(Some((state, owner.target)))
}

/// Refuses a dataset that is none of those that are published, or were.
pub(super) fn refuse_unknown<'p>(
    published: impl Iterator<Item = &'p TransformName> + Clone,
    name: &TransformName,
    url: &str,
) -> Result<(), RunError> {
    if published.clone().any(|known| known == name) {
        return Ok(());
    }
    let nearest = nearest(name.as_str(), published.map(TransformName::as_str));
    Err(SnapshotError::NotPublished {
        name: name.clone(),
        url: url.to_owned(),
        nearest: nearest.map(str::to_owned),
    }
    .into())
}
