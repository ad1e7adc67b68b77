//! Questions of the app: each is run once, in a session of its own, and its rows
//! are kept, to be looked at like those of a snapshot.

mod answer;
pub mod compare;
pub mod feature;
pub mod history;
pub mod saved;
mod spare;
pub mod tabs;
mod values;
pub mod vocabulary;

use spare::Spare;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use crate::browse::answers::Answers;
use crate::browse::{Browser, Page, Table};
use crate::engine::explain::Plan;
use crate::engine::param::Param;
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;

/// What is asked: one statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub sql: String,
    /// Those that the statement does not have are passed over.
    pub params: Vec<Param>,
    /// It is run to see what it costs.
    pub measures: bool,
    /// The day that `features.x` means. None: the newest one.
    pub as_of: Option<NaiveDate>,
}

/// What is told while an answer comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// At once: what the rows will have.
    Columns(Vec<Column>),
    /// The first rows, as soon as there are any, long before the last ones.
    First(Page),
    /// How many there are so far.
    Rows(u64),
    /// The engine's estimate of how far it is, 0 to 1. It may never know.
    Share(f64),
}

/// What came of a question.
#[derive(Debug, Clone)]
pub enum Answered {
    /// All rows, kept; the first ones; and how long it took.
    Rows(Arc<Table>, Page, Duration),
    /// The same of those that had come when it was cancelled.
    Part(Arc<Table>, Page, Duration),
    /// What the engine does, or did, to answer.
    Plan(Plan, Duration),
}

impl Answered {
    /// How long it took.
    pub fn took(&self) -> Duration {
        match self {
            Self::Rows(_, _, took) | Self::Part(_, _, took) | Self::Plan(_, took) => *took,
        }
    }

    /// How many rows there are; None of a plan.
    pub fn rows(&self) -> Option<u64> {
        match self {
            Self::Rows(table, ..) | Self::Part(table, ..) => Some(table.rows),
            Self::Plan(..) => None,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The statement, at a place in it.
    #[error("{message}")]
    Sql { message: String, at: Range<usize> },
    /// These parameters have no value.
    #[error("without a value: {}", .0.join(", "))]
    Params(Vec<String>),
    /// It needs more memory than it may have; with what can be done.
    #[error("{0}")]
    Memory(String),
    #[error("cancelled")]
    Interrupted,
    #[error(transparent)]
    Other(RunError),
}

/// Answers questions. Cheap to clone, and shared by threads.
#[derive(Clone)]
pub struct Asker {
    ctx: Arc<Context>,
    browser: Browser,
    folder: Option<Arc<Answers>>,
    spare: Spare,
    kept: Arc<Mutex<tabs::Kept>>,
    /// The end of all: then rows are kept no more.
    end: Interrupt,
}

impl Asker {
    /// Of a project; answers are kept by the browser.
    pub(crate) fn new(ctx: Context, browser: Browser, folder: Option<Arc<Answers>>) -> Self {
        Self {
            ctx: Arc::new(ctx),
            browser,
            folder,
            spare: Spare::default(),
            kept: Arc::default(),
            end: Interrupt::default(),
        }
    }

    /// Nobody will look at answers any more: of what is cancelled from now on nothing is
    /// kept.
    pub fn end(&self) {
        self.end.request();
    }
}
