//! The documents of a target, and the record of a run that they are made from.
//!
//! `docs/snapshot-format.md` is the contract; these types are its shape.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::column::Column;
use super::ended::EndedRun;
use super::hash::ContentHash;
use super::names::{SourceName, TransformName};
use super::partition::PartitionId;
use super::run::{Known, RunKind, RunNumber};
use super::source::SourceDefinition;
use super::token::{RandomId, WriterToken};
use super::transform::TransformKind;

/// The version of the documents that this program writes. A newer one may be
/// read, never written.
pub const FORMAT: u32 = 1;

/// `_workbench/owner.json`: whose target this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub format: u32,
    pub project: RandomId,
    pub project_name: String,
    pub target: RandomId,
}

/// A transform or check as it was when a run used it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformRecord {
    pub kind: TransformKind,
    pub name: TransformName,
    pub fingerprint: ContentHash,
    /// The number of this meaning; None for checks, which have none.
    pub revision: Option<u32>,
    /// The file, verbatim.
    pub text: String,
}

/// All that decides the bytes of a partition besides its date: equal inputs
/// need no new computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    pub fingerprint: ContentHash,
    /// The generation of every source it reads, directly or not.
    pub generations: BTreeMap<SourceName, ContentHash>,
    /// The hash over the earlier partitions it reads, by dataset.
    pub history: BTreeMap<TransformName, ContentHash>,
    /// The hash over the texts of all its checks.
    pub checks: ContentHash,
}

/// One staged output of a run, on its way to its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedPartition {
    #[serde(flatten)]
    pub id: PartitionId,
    pub revision: u32,
    pub blake3: ContentHash,
    pub bytes: u64,
    pub rows: u64,
    pub key: Vec<String>,
    pub schema: Vec<Column>,
    pub inputs: Inputs,
    /// The run whose bytes these are, where a day is published again from a
    /// kept object; otherwise the run itself.
    pub computed_by: RunNumber,
    /// What was known when it was computed, where an earlier run did that;
    /// otherwise as its commit says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed_known: Option<Known>,
    /// The generation of every source of the project when it was computed, also
    /// of those it does not read. Empty where an older program computed it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub raw: BTreeMap<SourceName, ContentHash>,
}

/// A check's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutcome {
    pub name: TransformName,
    pub severity: super::transform::Severity,
    /// Offending rows.
    pub failed: u64,
}

/// Where a run publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetRecord {
    pub id: RandomId,
    pub url: String,
    /// The sequence number of its intent and commit.
    pub seq: u64,
    /// The hash of the commit before it; None for the first.
    pub parent: Option<ContentHash>,
}

/// A partition that is taken out of what is published: what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedPartition {
    #[serde(flatten)]
    pub id: PartitionId,
    pub path: String,
    pub blake3: ContentHash,
    pub bytes: u64,
    pub rows: u64,
    /// The run that had published it last: what it can be put back as.
    pub published_by: RunNumber,
}

impl DroppedPartition {
    /// A live partition, on its way out.
    pub fn of(live: &LivePartition) -> Self {
        let staged = &live.partition.staged;
        Self {
            id: staged.id.clone(),
            path: live.partition.path.clone(),
            blake3: staged.blake3,
            bytes: staged.bytes,
            rows: staged.rows,
            published_by: live.run,
        }
    }
}

/// A run's own row in the ledger: everything needed to finish it after a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    pub run: RunNumber,
    #[serde(default, skip_serializing_if = "RunKind::is_export")]
    pub kind: RunKind,
    pub token: WriterToken,
    pub ingest_date: NaiveDate,
    /// The day on which it was planned, in the project's time zone.
    pub planned_on: NaiveDate,
    pub known: Known,
    pub started: DateTime<Utc>,
    pub program: String,
    pub engine: String,
    /// None if there was nothing to publish.
    pub target: Option<TargetRecord>,
    /// The sources the project had, with the hash of their definitions.
    pub sources: BTreeMap<SourceName, ContentHash>,
    /// The definitions of those that the ledger did not have before, or had
    /// otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<SourceName, SourceDefinition>,
    /// How earlier runs ended, of which the ledger was not told yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<EndedRun>,
    pub transforms: Vec<TransformRecord>,
    pub checks: Vec<CheckOutcome>,
    pub partitions: Vec<StagedPartition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DroppedPartition>,
}

/// One key that an intent is about to replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntendedKey {
    pub key: String,
    pub blake3: ContentHash,
    /// What the key held when the intent was written; None: nothing.
    pub replaces: Option<String>,
}

/// One key that an intent is about to empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntendedRemoval {
    pub key: String,
    /// What the key held when the intent was written; None: nothing.
    pub removes: Option<String>,
}

/// `_workbench/intents/<seq>.json`: what a run is about to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub format: u32,
    pub seq: u64,
    pub run: RunNumber,
    pub token: WriterToken,
    pub host: String,
    pub keys: Vec<IntendedKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removals: Vec<IntendedRemoval>,
}

impl Intent {
    /// Every key that it speaks of.
    pub fn announced(&self) -> impl Iterator<Item = &str> {
        let put = self.keys.iter().map(|k| k.key.as_str());
        put.chain(self.removals.iter().map(|r| r.key.as_str()))
    }
}

/// One published partition, as a commit names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedPartition {
    #[serde(flatten)]
    pub staged: StagedPartition,
    pub path: String,
    /// What the store answered for the key: an ETag, or what stands in for one.
    pub tag: String,
    pub version_id: Option<String>,
}

/// One event of the ledger, as it travels in a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedEvent {
    pub seq: u64,
    pub run: RunNumber,
    /// The event's text, byte for byte: it is what the head is made of.
    pub text: String,
}

/// How an intent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitStatus {
    Published,
    /// Given up. Nothing in it counts; its intent's keys are suspect.
    Abandoned,
}

/// `_workbench/commits/<seq>.json`: what was published. Readers trust only this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    pub format: u32,
    pub seq: u64,
    pub status: CommitStatus,
    /// The hash of the commit document before it; None for the first.
    pub parent: Option<ContentHash>,
    pub run: RunNumber,
    #[serde(default, skip_serializing_if = "RunKind::is_export")]
    pub kind: RunKind,
    pub token: WriterToken,
    pub ingest_date: NaiveDate,
    pub known: Known,
    pub committed: DateTime<Utc>,
    pub program: String,
    pub engine: String,
    /// The ledger's events since the last commit at this target.
    pub events: Vec<CarriedEvent>,
    /// The ledger's head after them; the head before, if there are none.
    pub head: ContentHash,
    /// The position of the last event that this target has been told of.
    pub head_seq: u64,
    pub transforms: Vec<TransformRecord>,
    pub checks: Vec<CheckOutcome>,
    pub partitions: Vec<CommittedPartition>,
    /// Partitions that are published no longer. Nothing lies at their keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DroppedPartition>,
}

/// A commit without the ledger's events, the SQL and the checks. They are most of its
/// bytes, and whoever only reads what is published passes them over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CommitOutline(#[serde(with = "Outline")] pub Commit);

/// The fields of [`Commit`], as an outline is read.
#[derive(Deserialize)]
#[serde(remote = "Commit")]
struct Outline {
    format: u32,
    seq: u64,
    status: CommitStatus,
    parent: Option<ContentHash>,
    run: RunNumber,
    #[serde(default)]
    kind: RunKind,
    token: WriterToken,
    ingest_date: NaiveDate,
    known: Known,
    committed: DateTime<Utc>,
    program: String,
    engine: String,
    #[serde(skip)]
    events: Vec<CarriedEvent>,
    head: ContentHash,
    head_seq: u64,
    #[serde(skip)]
    transforms: Vec<TransformRecord>,
    #[serde(skip)]
    checks: Vec<CheckOutcome>,
    partitions: Vec<CommittedPartition>,
    #[serde(default)]
    dropped: Vec<DroppedPartition>,
}

/// A partition that was dropped and not published since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GonePartition {
    /// The commit that dropped it.
    pub seq: u64,
    pub run: RunNumber,
    pub committed: DateTime<Utc>,
    #[serde(flatten)]
    pub partition: DroppedPartition,
}

impl GonePartition {
    /// A partition as a commit drops it.
    pub fn of(commit: &Commit, dropped: &DroppedPartition) -> Self {
        Self {
            seq: commit.seq,
            run: commit.run,
            committed: commit.committed,
            partition: dropped.clone(),
        }
    }
}

/// A partition and the commit that last published it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePartition {
    pub seq: u64,
    pub run: RunNumber,
    /// The ledger's head it was committed with.
    pub head: ContentHash,
    pub known: Known,
    pub committed: DateTime<Utc>,
    #[serde(flatten)]
    pub partition: CommittedPartition,
}

impl LivePartition {
    /// A partition as a commit publishes it.
    pub fn of(commit: &Commit, partition: &CommittedPartition) -> Self {
        Self {
            seq: commit.seq,
            run: commit.run,
            head: commit.head,
            known: commit.known,
            committed: commit.committed,
            partition: partition.clone(),
        }
    }

    /// What was known when its bytes were computed.
    pub fn computed_known(&self) -> Known {
        self.partition.staged.computed_known.unwrap_or(self.known)
    }
}

/// `_workbench/checkpoints/<seq>.json`: all live partitions after that commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub format: u32,
    pub seq: u64,
    /// The hash of the commit document of that number.
    pub commit: ContentHash,
    pub head: ContentHash,
    pub head_seq: u64,
    pub partitions: Vec<LivePartition>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<GonePartition>,
    /// Keys of abandoned intents that no later commit has settled.
    pub suspect: Vec<String>,
}
