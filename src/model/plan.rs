//! The plan of a run: a value that says what would be done, and why.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::commit::{DroppedPartition, Inputs, StagedPartition};
use super::hash::ContentHash;
use super::input_file::{InputFile, Place, ScannedFile};
use super::ledger::Event;
use super::names::{SourceName, TransformName};
use super::run::{Known, RunNumber, RunStatus};
use super::wish::Granted;

/// What is done about one file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileStep {
    /// A content that was not taken yet.
    Take {
        number: u64,
        place: Place,
        file: ScannedFile,
    },
    /// A content that counts as taken from now on, and is not loaded.
    Process {
        number: u64,
        place: Place,
        file: ScannedFile,
        /// Which of the wishes for it.
        wish: usize,
    },
    /// A path's content changed: the new one takes over its place.
    Rewrite {
        number: u64,
        replaces: InputFile,
        file: ScannedFile,
    },
    /// A taken content is carried by other paths now. Nothing is loaded.
    Rename { file: InputFile, paths: Vec<String> },
    /// A path shows a content that counts already, or that another path of this
    /// scan brings. Nothing is loaded.
    Duplicate {
        path: String,
        /// The input file with this content.
        number: u64,
        /// All paths that carry it now.
        paths: Vec<String>,
    },
    /// A path of a taken content shows another one now; these carry it still.
    /// Nothing is loaded.
    FewerPaths { file: InputFile, paths: Vec<String> },
    /// All paths of a taken content vanished. Its rows stay.
    Vanished { file: InputFile },
    /// All paths of a taken content vanished, and its rows go.
    Retract { file: InputFile },
}

impl FileStep {
    /// The file that is to be read for it.
    pub fn reads(&self) -> Option<&ScannedFile> {
        match self {
            Self::Take { file, .. } | Self::Rewrite { file, .. } => Some(file),
            _ => None,
        }
    }

    /// The file of a content that is new, or takes the place of another.
    pub fn file(&self) -> Option<&ScannedFile> {
        match self {
            FileStep::Take { file, .. }
            | FileStep::Process { file, .. }
            | FileStep::Rewrite { file, .. } => Some(file),
            _ => None,
        }
    }
}

/// What is done about one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePlan {
    pub name: SourceName,
    pub steps: Vec<FileStep>,
    /// Files that are as they were taken.
    pub unchanged: u64,
    /// Empty the raw table and load all live files again.
    pub refresh: bool,
    /// The generation as this run reads it.
    pub generation: ContentHash,
    /// What the ledger is told before what the steps tell it.
    pub first: Vec<Event>,
    /// Input files whose rows are retired first: a step takes each again.
    pub again: Vec<u64>,
    /// Records in the quarantine are tried again.
    pub replay: bool,
    /// Paths that are held, and left as they are.
    pub held: Vec<String>,
    /// The wishes that are carried out.
    pub wishes: Vec<Granted>,
}

impl SourcePlan {
    /// Whether the run changes raw rows or bookmarks of this source.
    pub fn changes(&self) -> bool {
        self.refresh
            || !self.first.is_empty()
            || self
                .steps
                .iter()
                .any(|step| !matches!(step, FileStep::Vanished { .. }))
    }

    /// Whether the run reads files of this source.
    pub fn loads(&self) -> bool {
        self.refresh
            || self
                .steps
                .iter()
                .any(|step| matches!(step, FileStep::Take { .. } | FileStep::Rewrite { .. }))
    }
}

/// What is done about a dataset on the ingest date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatasetAction {
    /// Compute it and put it at its key.
    Publish,
    /// What is published is what would be computed.
    Unchanged,
    /// Left out by `--only`.
    Skipped,
}

/// One dataset of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetPlan {
    pub name: TransformName,
    pub version: u32,
    pub revision: u32,
    pub action: DatasetAction,
    /// Why, as a sentence fragment.
    pub reason: String,
    pub inputs: Inputs,
    pub warnings: Vec<String>,
}

/// A key that does not hold what its last commit says, and is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    pub partition: StagedPartition,
    pub reason: String,
}

/// A run that died, and what becomes of it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    pub run: RunNumber,
    pub ingest_date: NaiveDate,
    pub was: RunStatus,
    /// True: its snapshot is published now. False: nothing of it remains.
    pub complete: bool,
}

/// All that a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The number the run would get.
    pub run: RunNumber,
    pub ingest_date: NaiveDate,
    pub planned_on: NaiveDate,
    pub known: Known,
    /// The target as the user wrote it.
    pub target: String,
    pub recover: Vec<Recovery>,
    pub sources: Vec<SourcePlan>,
    /// Of every source, as this run reads it.
    pub generations: BTreeMap<SourceName, ContentHash>,
    pub datasets: Vec<DatasetPlan>,
    pub repairs: Vec<Repair>,
    /// Dropped partitions that lie at their keys again, and are taken away.
    pub removals: Vec<DroppedPartition>,
    /// Checks that the run would make. A plan makes none.
    pub checks: u64,
    /// What the user should know, as sentences.
    pub notes: Vec<String>,
}

impl Plan {
    /// Whether a run would change anything at all.
    pub fn is_empty(&self) -> bool {
        self.repairs.is_empty()
            && self.removals.is_empty()
            && !self.sources.iter().any(SourcePlan::changes)
            && !self
                .datasets
                .iter()
                .any(|d| d.action == DatasetAction::Publish)
    }
}
