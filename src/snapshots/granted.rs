//! What is published, told from the files alone: for who may read a dataset's prefix,
//! and not `_workbench/`.
//!
//! Day and version stand in the key, rows and columns in the footer, the run in the
//! mark that was put beside the bytes. Keys, SQL, what was known, and all that was
//! replaced or dropped only commits tell.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::documents;
use super::error::PublishError;
use crate::engine::{Session, Settings, parquet};
use crate::model::at_once;
use crate::model::commit::{
    Commit, CommitStatus, CommittedPartition, FORMAT, Inputs, StagedPartition,
};
use crate::model::hash::ContentHash;
use crate::model::interrupt::Interrupt;
use crate::model::ledger;
use crate::model::names::TransformName;
use crate::model::partition::PartitionId;
use crate::model::run::{Known, RunKind, RunNumber};
use crate::model::token::WriterToken;
use crate::store::{Footer, Store};

/// Footers that are asked for at once.
const AT_ONCE: usize = 16;

/// What one file tells.
struct Told {
    run: RunNumber,
    modified: DateTime<Utc>,
    partition: CommittedPartition,
}

/// Commits that would publish what lies there, by sequence number: one for each run
/// that put any of it. `name` is what the last folder of the target is called, which
/// may be a dataset's own. Empty if no partition lies there.
///
/// # Errors
/// Of listing and reading; a file that is no Parquet.
pub fn commits(store: &dyn Store, name: &str) -> Result<Vec<Commit>, PublishError> {
    let keys = store.list("")?;
    let named: Vec<(String, PartitionId)> = keys
        .into_iter()
        .filter_map(|key| {
            let id = partition(&key, name)?;
            Some((key, id))
        })
        .collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let session = Session::in_memory(&Settings::default(), &Interrupt::default());
    let session = session.map_err(|error| unreadable(&named[0].0, error.to_string()))?;
    let mut runs: BTreeMap<RunNumber, Vec<Told>> = BTreeMap::new();
    // Each is an answer that is waited for.
    let footers = at_once::try_each(&named, AT_ONCE, |(key, _)| store.footer(key))?;
    for ((key, id), footer) in named.iter().zip(footers) {
        let told = match footer {
            Some(footer) => told(store, &session, key, id.clone(), footer)?,
            // It is not there any more.
            None => None,
        };
        if let Some(told) = told {
            runs.entry(told.run).or_default().push(told);
        }
    }
    let commits = runs.into_values().zip(1..);
    Ok(commits.map(|(told, seq)| commit(seq, told)).collect())
}

fn commit(seq: u64, told: Vec<Told>) -> Commit {
    let newest = told.iter().map(|t| t.partition.staged.id.ingest_date).max();
    Commit {
        run: told.first().map_or(0, |t| t.run),
        ingest_date: newest.unwrap_or_default(),
        committed: told.iter().map(|t| t.modified).max().unwrap_or_default(),
        partitions: told.into_iter().map(|t| t.partition).collect(),
        ..empty(seq)
    }
}

/// A commit that publishes nothing.
pub(super) fn empty(seq: u64) -> Commit {
    Commit {
        format: FORMAT,
        seq,
        status: CommitStatus::Published,
        parent: None,
        run: 0,
        kind: RunKind::default(),
        token: WriterToken::from_stored("told by files"),
        ingest_date: NaiveDate::default(),
        known: Known::Now,
        committed: DateTime::default(),
        program: String::new(),
        engine: String::new(),
        events: Vec::new(),
        head: ledger::empty_head(),
        head_seq: 0,
        transforms: Vec::new(),
        checks: Vec::new(),
        partitions: Vec::new(),
        dropped: Vec::new(),
    }
}

/// The partition that a key is of.
fn partition(key: &str, name: &str) -> Option<PartitionId> {
    let mut parts = key.rsplit('/');
    (parts.next()? == "part-0.parquet").then_some(())?;
    let day = parts.next()?.strip_prefix("ingest_day=")?.parse().ok()?;
    let month = parts.next()?.strip_prefix("ingest_month=")?.parse().ok()?;
    let year = parts.next()?.strip_prefix("ingest_year=")?.parse().ok()?;
    let ingest_date = NaiveDate::from_ymd_opt(year, month, day)?;
    let folder = parts.next().unwrap_or(name);
    let (stem, version) = match folder.rsplit_once("-v") {
        Some((stem, version)) => match version.parse() {
            Ok(version) => (stem, version),
            Err(_) => (folder, 1),
        },
        None => (folder, 1),
    };
    let id = PartitionId {
        dataset: stem.replace('-', "_").parse().ok()?,
        version,
        ingest_date,
    };
    parts.next().is_none().then_some(id)
}

/// None if it is not there any more.
fn told(
    store: &dyn Store,
    session: &Session,
    key: &str,
    id: PartitionId,
    footer: Footer,
) -> Result<Option<Told>, PublishError> {
    let read = parquet::footer(session, &footer.file);
    let read = read.map_err(|error| unreadable(key, error.to_string()))?;
    let blake3 = match &footer.head.mark {
        Some(mark) => mark.blake3,
        None => match store.hash(key)? {
            Some(blake3) => blake3,
            None => return Ok(None),
        },
    };
    let run = footer.head.mark.and_then(|mark| {
        let (run, _) = mark.token.as_str().split_once('-')?;
        run.parse().ok()
    });
    let of_footer = |name: &str| {
        let pair = read.metadata.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.clone())
    };
    let dataset: Option<TransformName> =
        of_footer("workbench.transform").and_then(|n| n.parse().ok());
    let fingerprint = of_footer("workbench.fingerprint").and_then(|f| f.parse().ok());
    let run = run.unwrap_or(0);
    Ok(Some(Told {
        run,
        modified: footer.modified.unwrap_or_default(),
        partition: CommittedPartition {
            staged: StagedPartition {
                id: PartitionId {
                    dataset: dataset.unwrap_or(id.dataset),
                    ..id
                },
                revision: 0,
                blake3,
                bytes: footer.head.size,
                rows: read.rows,
                key: Vec::new(),
                schema: read.columns,
                inputs: Inputs {
                    fingerprint: fingerprint.unwrap_or_else(|| ContentHash::of(b"")),
                    generations: BTreeMap::new(),
                    history: BTreeMap::new(),
                    checks: ContentHash::of(b""),
                },
                computed_by: run,
                computed_known: None,
                raw: BTreeMap::new(),
            },
            path: key.to_owned(),
            tag: footer.head.tag.0,
            // Its day is read as it is: to ask for versions needs a grant of its own.
            version_id: None,
        },
    }))
}

fn unreadable(key: &str, reason: String) -> PublishError {
    PublishError::Document {
        key: key.to_owned(),
        reason,
    }
}

/// The documents that say so, by key.
///
/// # Errors
/// As for [`commits`].
pub fn documents(store: &dyn Store, name: &str) -> Result<BTreeMap<String, Vec<u8>>, PublishError> {
    let mut all = BTreeMap::new();
    for commit in commits(store, name)? {
        let key = documents::commit_key(commit.seq);
        let bytes = documents::encode(&key, &commit)?;
        all.insert(key, bytes);
    }
    Ok(all)
}
