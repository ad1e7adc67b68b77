//! What a rebuild cannot bring back.

use serde::Serialize;

use crate::model::names::SourceName;
use crate::model::run::RunNumber;

/// What kind of thing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// Rows that count now: the file they came from is gone or was changed.
    Rows,
    /// Rows that counted once, so that what was known then cannot be shown again.
    History,
    /// A file gives other rows than it gave then.
    Changed,
    /// By which rules a source was read is not known any more: all of it is loaded
    /// anew by the next export.
    Rules,
    /// A run that no commit tells of.
    Run,
}

/// One thing that is lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Loss {
    pub kind: LossKind,
    pub source: Option<SourceName>,
    /// The run that took the file, or that is lost.
    pub run: RunNumber,
    /// As a sentence without its full stop.
    pub what: String,
    /// The input files whose rows are lost.
    #[serde(skip)]
    pub numbers: Vec<u64>,
}
