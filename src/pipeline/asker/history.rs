//! What was asked before, of this project: one line of JSON each.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Asker;

/// A question that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub at: DateTime<Utc>,
    pub sql: String,
    pub seconds: f64,
    /// None: it did not get so far, or has none.
    pub rows: Option<u64>,
    pub outcome: PastOutcome,
    /// None: the newest day.
    pub as_of: Option<NaiveDate>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastOutcome {
    Done,
    Cancelled,
    /// With its error.
    Failed(String),
}

impl Asker {
    /// Adds one.
    ///
    /// # Errors
    /// Of the file system.
    pub fn remember(&self, past: &Past) -> std::io::Result<()> {
        let _ = past;
        todo!()
    }

    /// All that are known, the newest first. What cannot be read is left out.
    pub fn history(&self) -> Vec<Past> {
        todo!()
    }
}
