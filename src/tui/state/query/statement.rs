//! What is done with a statement: what is offered while it is written, how it is run,
//! what is made of it.

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDate;

use super::answer::Answer;
use crate::assist::Completion;
use crate::model::column::Column;
use crate::pipeline::asker::feature::{Feature, Looked};
use crate::tui::state::grid::GridId;
use crate::tui::state::jobs::JobId;

/// What is offered at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popup {
    /// The tab, and the changes of its text, that it is for.
    pub of: (u64, u64),
    pub completion: Completion,
    pub chosen: usize,
    /// It was gone to: then enter takes it, and begins no line.
    pub is_chosen: bool,
}

/// What is to be done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Run,
    /// Run to see what it costs.
    Measure,
}

/// A statement that is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub tab: u64,
    pub sql: String,
    /// Where it stands in the text, and at which of its changes.
    pub at: usize,
    pub changes: u64,
    pub how: How,
    pub params: BTreeMap<String, String>,
    /// As of when it is asked, and which day that is.
    pub as_of: Option<NaiveDate>,
    pub day: Option<NaiveDate>,
    /// What it was asked for together with has the same: it ends with it.
    pub together: u64,
    /// The answer whose place the new one takes.
    pub instead: Option<GridId>,
}

/// A statement whose parameters are being asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    pub statement: Statement,
    /// Those that are still to be asked for, the next first.
    pub names: VecDeque<String>,
}

/// A feature that is being made of a statement. What was answered about it stays for the
/// next try, until it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    pub feature: Feature,
    /// What is known of the statement; None: it is being looked at.
    pub looked: Option<Looked>,
    /// All was answered: what is asked again is asked alone.
    pub is_answered: bool,
    pub tab: u64,
    /// Where the statement stands in the text, and at which of its changes.
    pub at: usize,
    pub changes: u64,
}

/// A statement at work.
pub struct Running {
    pub job: JobId,
    pub statement: Statement,
    pub columns: Vec<Column>,
    pub rows: Option<u64>,
    /// The answer that has its first rows.
    pub answer: Option<GridId>,
    /// What was in its place: there again if nothing comes of this.
    pub replaced: Option<Answer>,
}
