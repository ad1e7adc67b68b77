//! Finding out what the sources' paths show, and what lies at the target.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::facts::{KeyState, Returned};
use super::space;
use crate::ingest::error::ScanError;
use crate::ingest::hash::HashedFiles;
use crate::ingest::scan::Found;
use crate::ingest::{buckets, hash};
use crate::model::commit::LivePartition;
use crate::model::input_file::ScannedFile;
use crate::model::names::SourceName;
use crate::model::partition::PartitionId;
use crate::model::progress::Progress;
use crate::model::source::{SourceDefinition, settle_text};
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

/// Whether files that may still be written to are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// As long as their source's `settle` says.
    ToSettle,
    No,
}

/// How often such a file is looked at again.
const PAUSE: Duration = Duration::from_millis(200);

/// The files of every source, hashed and counted where they are not known.
///
/// # Errors
/// Whatever keeps files from being read, of all sources: reading nothing because
/// of an error is an error.
pub fn sources(ctx: &Context, state: Option<&State>, wait: Wait) -> Result<Scanned, RunError> {
    let mut scanned = Scanned::default();
    let mut errors = Vec::new();
    for source in &ctx.project.sources {
        match scanned.add(ctx, state, source, wait) {
            Err(RunError::Scan(error)) if !matches!(error, ScanError::Interrupted) => {
                errors.push(error);
            }
            added => added?,
        }
    }
    ScanError::check(errors)?;
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
    scanned.add(ctx, state, source, Wait::No)?;
    Ok(scanned)
}

impl Scanned {
    fn add(
        &mut self,
        ctx: &Context,
        state: Option<&State>,
        source: &SourceDefinition,
        wait: Wait,
    ) -> Result<(), RunError> {
        let mut found = ctx.places().find(source)?;
        let known = match state {
            Some(state) => state.known_files(&source.name)?,
            None => Default::default(),
        };
        let mut hashed = hashed(ctx, source, &mut found, &known)?;
        let give_up = Instant::now() + source.settle;
        let mut said = BTreeSet::new();
        while let Some(path) = unsettled(source, &hashed, wait)
            && Instant::now() < give_up
        {
            if said.insert(path.to_owned()) {
                let settle = settle_text(source.settle);
                ctx.progress.report(Progress::Waiting {
                    reason: format!(
                        "`{path}` ends in the middle, and may still be written to: it has {settle}"
                    ),
                });
            }
            pause(ctx)?;
            hashed = self::hashed(ctx, source, &mut found, &known)?;
        }
        self.left_out.extend(found.left_out);
        self.files.insert(source.name.clone(), hashed.files);
        self.known.insert(source.name.clone(), hashed.known);
        Ok(())
    }
}

/// Hashes the files of a source that are not known. Objects among them are fetched for
/// that; one that was replaced since it was listed is in `found` as it is now.
///
/// # Errors
/// Whatever keeps files from being fetched or read, of all of them.
pub fn hashed(
    ctx: &Context,
    source: &SourceDefinition,
    found: &mut Found,
    known: &HashMap<String, KnownFile>,
) -> Result<HashedFiles, RunError> {
    let buckets = &*ctx.buckets;
    space::check_private(ctx, buckets::missing(buckets, source, found, known))?;
    let (progress, interrupt) = (&*ctx.progress, &ctx.interrupt);
    buckets::fetch(buckets, source, found, known, progress, interrupt)?;
    Ok(hash::hash_all(source, found, known, progress, interrupt)?)
}

/// Fetches copies of files that were hashed before and are to be read, where they are
/// not kept any more.
///
/// # Errors
/// [`RunError::FileChanged`] for an object that is not what was hashed; whatever keeps
/// one from being fetched.
pub fn bring<'f>(
    ctx: &Context,
    files: impl IntoIterator<Item = &'f ScannedFile>,
) -> Result<(), RunError> {
    match buckets::bring(&*ctx.buckets, files, &*ctx.progress, &ctx.interrupt) {
        Err(ScanError::Changed { path }) => Err(RunError::FileChanged { path }),
        brought => Ok(brought?),
    }
}

/// A file that is not whole, and was changed a moment ago.
fn unsettled<'h>(
    source: &SourceDefinition,
    hashed: &'h HashedFiles,
    wait: Wait,
) -> Option<&'h str> {
    if wait == Wait::No {
        return None;
    }
    // By the clock of the file system, not by the day that the run is for.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX));
    let settle = i64::try_from(source.settle.as_nanos()).unwrap_or(i64::MAX);
    hashed
        .files
        .iter()
        .find(|f| f.fault.is_some() && f.stat.mtime.saturating_add(settle) > now)
        .map(|f| f.path.as_str())
}

fn pause(ctx: &Context) -> Result<(), RunError> {
    std::thread::sleep(PAUSE);
    if ctx.interrupt.is_requested() {
        return Err(RunError::Interrupted { run: None });
    }
    Ok(())
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

/// What the key of a live partition holds.
///
/// # Errors
/// Only of the store.
pub fn key_state(store: &dyn Store, live: &LivePartition) -> Result<KeyState, RunError> {
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

/// Suspect keys that hold something of which no commit speaks; for those of dropped
/// partitions see [`returned`].
///
/// # Errors
/// Only of the store.
pub fn orphans(store: &dyn Store, published: &Published) -> Result<Vec<String>, RunError> {
    let mut orphans = Vec::new();
    let dropped: BTreeSet<&str> = published
        .dropped
        .values()
        .map(|gone| gone.partition.path.as_str())
        .collect();
    for key in &published.suspect {
        if !dropped.contains(key.as_str())
            && published.at_key(key).is_none()
            && store.head(key)?.is_some()
        {
            orphans.push(key.clone());
        }
    }
    Ok(orphans)
}

/// Dropped partitions whose keys hold something. A writer that was given up may have
/// put it there, or somebody who copied the file back.
///
/// # Errors
/// Only of the store.
pub fn returned(store: &dyn Store, published: &Published) -> Result<Vec<Returned>, RunError> {
    let mut returned = Vec::new();
    for gone in published.dropped.values() {
        let partition = &gone.partition;
        let Some(head) = store.head(&partition.path)? else {
            continue;
        };
        let kept = |hash| store.retained(&hash).is_some();
        returned.push(Returned {
            ours: head.mark.is_some() || store.hash(&partition.path)?.is_some_and(kept),
            partition: partition.clone(),
        });
    }
    Ok(returned)
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
