//! What a plan is made from: everything that was found out beforehand.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::bookmarks::Bookmarks;
use crate::model::commit::{DroppedPartition, LivePartition};
use crate::model::input_file::ScannedFile;
use crate::model::ledger::Ledger;
use crate::model::names::SourceName;
use crate::model::plan::Recovery;
use crate::model::run::RunNumber;
use crate::model::source::SourceDefinition;
use crate::model::transform::Transforms;
use crate::model::wish::Wish;
use crate::snapshots::Published;

use super::context::ExportRequest;

/// What lies at a key, held against what the last commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// The bytes that were committed.
    AsCommitted,
    /// Nothing.
    Missing,
    /// Other bytes.
    Differs,
}

/// A dropped partition whose key holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub partition: DroppedPartition,
    /// Whether a run of some copy of this project put it there, so that it may be
    /// taken away.
    pub ours: bool,
}

/// All of it, as values. Planning reads nothing else.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub request: &'a ExportRequest,
    /// The number the run would get.
    pub run: RunNumber,
    pub today: NaiveDate,
    /// The target as the user wrote it.
    pub target: String,
    pub sources: &'a [SourceDefinition],
    pub transforms: &'a Transforms,
    pub ledger: &'a Ledger,
    pub bookmarks: &'a Bookmarks,
    pub published: &'a Published,
    /// True if the target is there and another one was used before.
    pub target_is_new: bool,
    pub recover: Vec<Recovery>,
    /// The files that each source's pattern shows.
    pub scanned: &'a BTreeMap<SourceName, Vec<ScannedFile>>,
    /// What is asked for and not carried out yet.
    pub wishes: &'a [Wish],
    /// By key: those of the ingest date, and the suspect ones.
    pub keys: BTreeMap<String, KeyState>,
    /// Suspect keys that hold something and that no commit speaks of.
    pub orphans: Vec<String>,
    /// Files that match a source's pattern and are left out.
    pub left_out: &'a [String],
    /// Suspect keys that are not as committed, and can be put right.
    pub repairable: Vec<LivePartition>,
    /// Dropped partitions whose keys hold something again.
    pub returned: Vec<Returned>,
}
