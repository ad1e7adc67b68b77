//! Finding out what the sources' paths show, and what lies at the target.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::facts::KeyState;
use crate::ingest::{hash, scan};
use crate::model::commit::LivePartition;
use crate::model::input_file::ScannedFile;
use crate::model::names::SourceName;
use crate::model::partition::PartitionId;
use crate::model::source::SourceDefinition;
use crate::model::transform::Transforms;
use crate::snapshots::{Published, open};
use crate::state::{KnownFile, State};
use crate::store::{Store, Tag};

/// What the paths of all sources show.
#[derive(Debug, Default)]
pub struct Scanned {
    pub files: BTreeMap<SourceName, Vec<ScannedFile>>,
    /// Matching files that are hidden or temporary.
    pub left_out: Vec<String>,
    /// What is to be remembered, so that the next run need not hash it again.
    known: BTreeMap<SourceName, Vec<(String, KnownFile)>>,
}

/// The files of every source, hashed and counted where they are not known.
///
/// # Errors
/// Whatever keeps a file from being read: reading nothing because of an error
/// is an error.
pub fn sources(ctx: &Context, state: Option<&State>) -> Result<Scanned, RunError> {
    let mut scanned = Scanned::default();
    for source in &ctx.project.sources {
        scanned.add(ctx, state, source)?;
    }
    Ok(scanned)
}

/// The files of one source.
///
/// # Errors
/// As for [`sources`].
pub fn source(
    ctx: &Context,
    state: Option<&State>,
    source: &SourceDefinition,
) -> Result<Scanned, RunError> {
    let mut scanned = Scanned::default();
    scanned.add(ctx, state, source)?;
    Ok(scanned)
}

impl Scanned {
    fn add(
        &mut self,
        ctx: &Context,
        state: Option<&State>,
        source: &SourceDefinition,
    ) -> Result<(), RunError> {
        let found = scan::scan(&ctx.project.root, &source.path)?;
        let known = match state {
            Some(state) => state.known_files(&source.name)?,
            None => Default::default(),
        };
        let hashed = hash::hash_all(source, &found, &known, &*ctx.progress, &ctx.interrupt)?;
        self.left_out.extend(found.left_out);
        self.files.insert(source.name.clone(), hashed.files);
        self.known.insert(source.name.clone(), hashed.known);
        Ok(())
    }
}

/// Remembers what was hashed.
///
/// # Errors
/// Only of state.
pub fn remember(state: &State, scanned: &Scanned) -> Result<(), RunError> {
    for (source, files) in &scanned.known {
        state.remember_files(source, files)?;
    }
    Ok(())
}

/// What the keys of a day hold, and the suspect ones.
///
/// # Errors
/// Only of the store.
pub fn keys(
    store: &dyn Store,
    published: &Published,
    transforms: &Transforms,
    day: NaiveDate,
) -> Result<BTreeMap<String, KeyState>, RunError> {
    let mut keys = BTreeMap::new();
    let of_the_day = transforms.features.iter().filter_map(|d| {
        published.partitions.get(&PartitionId {
            dataset: d.name.clone(),
            version: d.header.version,
            ingest_date: day,
        })
    });
    let suspect = published.suspect.iter().filter_map(|k| published.at_key(k));
    for live in of_the_day.chain(suspect) {
        keys.insert(live.partition.path.clone(), key_state(store, live)?);
    }
    Ok(keys)
}

fn key_state(store: &dyn Store, live: &LivePartition) -> Result<KeyState, RunError> {
    let partition = &live.partition;
    let Some(head) = store.head(&partition.path)? else {
        return Ok(KeyState::Missing);
    };
    if head.tag == Tag(partition.tag.clone())
        || store.hash(&partition.path)? == Some(partition.staged.blake3)
    {
        return Ok(KeyState::AsCommitted);
    }
    Ok(KeyState::Differs)
}

/// Suspect keys that hold something of which no commit speaks.
///
/// # Errors
/// Only of the store.
pub fn orphans(store: &dyn Store, published: &Published) -> Result<Vec<String>, RunError> {
    let mut orphans = Vec::new();
    for key in &published.suspect {
        if published.at_key(key).is_none() && store.head(key)?.is_some() {
            orphans.push(key.clone());
        }
    }
    Ok(orphans)
}

/// Suspect keys that are not as committed and whose bytes were kept.
pub fn repairable(
    store: &dyn Store,
    published: &Published,
    keys: &BTreeMap<String, KeyState>,
) -> Vec<LivePartition> {
    published
        .suspect
        .iter()
        .filter(|key| keys.get(*key).is_some_and(|s| *s != KeyState::AsCommitted))
        .filter_map(|key| published.at_key(key))
        .filter(|live| open::file_of(store, live).is_ok())
        .cloned()
        .collect()
}
