//! What a run did, for people and for programs. Its JSON is a contract.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::commit::CheckOutcome;
use super::hash::ContentHash;
use super::ledger::SchemaDrift;
use super::names::{SourceName, TransformName};
use super::partition::PartitionId;
use super::run::{RunKind, RunNumber, RunStatus};

/// Files of a source, by what the run made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileCounts {
    pub new: u64,
    pub rewritten: u64,
    pub renamed: u64,
    pub unchanged: u64,
    pub duplicate: u64,
    pub vanished: u64,
    /// Taken before, and again because a wish says so.
    #[serde(default)]
    pub again: u64,
    /// Count as taken from now on, and were not loaded.
    #[serde(default)]
    pub processed: u64,
    /// Held, and left as they are.
    #[serde(default)]
    pub held: u64,
}

/// Records of a source, over the files that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowTotals {
    pub read: u64,
    pub taken: u64,
    pub quarantined: u64,
}

/// One source of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceSummary {
    pub name: SourceName,
    pub files: FileCounts,
    pub rows: RowTotals,
}

/// What became of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatasetStatus {
    Published,
    Unchanged,
    Skipped,
}

/// One dataset of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetSummary {
    pub name: TransformName,
    pub version: u32,
    pub revision: u32,
    /// None where the run did not compute it and nothing is published.
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    /// The key at the target.
    pub path: String,
    pub status: DatasetStatus,
    pub reason: String,
}

/// One partition that was dropped, or put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionChange {
    #[serde(flatten)]
    pub id: PartitionId,
    pub blake3: ContentHash,
    pub rows: u64,
    pub bytes: u64,
    /// The run that had published these bytes.
    pub published_by: RunNumber,
    /// The run whose bytes give way to them, where a day is put back that stands.
    pub replaces: Option<RunNumber>,
    /// Whether its bytes stay, to be put back: in a folder they do, in a bucket as
    /// versions, if it has any. Said while it is done, and not written down.
    #[serde(skip)]
    pub is_kept: bool,
}

/// What a drop or a restore did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeSummary {
    /// None if nothing was to be done.
    pub run: Option<RunNumber>,
    pub kind: RunKind,
    pub ingest_date: NaiveDate,
    /// The run as which a day is put back.
    pub as_of_run: Option<RunNumber>,
    pub target: String,
    pub seconds: f64,
    pub partitions: Vec<PartitionChange>,
    pub recovered: Vec<RecoveredRun>,
    pub notes: Vec<String>,
}

/// A run that died before, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveredRun {
    pub run: RunNumber,
    pub ingest_date: NaiveDate,
    pub status: RunStatus,
}

/// A schema change of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaEvent {
    pub source: SourceName,
    #[serde(flatten)]
    pub drift: SchemaDrift,
}

/// How long a step took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    pub step: String,
    pub seconds: f64,
}

/// The whole of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportSummary {
    /// None if it ended before a run was begun, or nothing was to be done.
    pub run: Option<RunNumber>,
    pub status: RunStatus,
    pub ingest_date: Option<NaiveDate>,
    /// `now`, or `then` with the run whose knowledge was used.
    pub known: String,
    pub target: String,
    pub seconds: f64,
    pub recovered: Vec<RecoveredRun>,
    pub sources: Vec<SourceSummary>,
    pub checks: Vec<CheckOutcome>,
    pub schema_events: Vec<SchemaEvent>,
    pub datasets: Vec<DatasetSummary>,
    pub steps: Vec<StepTime>,
    pub notes: Vec<String>,
}

impl ExportSummary {
    /// Of an export that could not even be tried.
    pub fn not_begun() -> Self {
        Self {
            run: None,
            status: RunStatus::Failed,
            ingest_date: None,
            known: "now".to_owned(),
            target: String::new(),
            seconds: 0.0,
            recovered: Vec::new(),
            sources: Vec::new(),
            checks: Vec::new(),
            schema_events: Vec::new(),
            datasets: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
        }
    }
}
