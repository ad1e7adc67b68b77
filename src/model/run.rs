//! Runs: one execution each, with a number and a status.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The number of a run within its project, from 1.
pub type RunNumber = u64;

/// A run, and the day that it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOf {
    pub run: RunNumber,
    pub ingest_date: NaiveDate,
}

impl fmt::Display for RunOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} of {}", self.run, self.ingest_date)
    }
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Decided, nothing done.
    Planned,
    /// Inside the warehouse's transaction.
    Loading,
    /// Committed in the warehouse; its partitions are on their way.
    Publishing,
    /// All of it is done.
    Succeeded,
    /// Ended by an error before the warehouse committed: nothing changed.
    Failed,
    /// Died before the warehouse committed: nothing changed.
    Undone,
    /// Committed in the warehouse, but its snapshot is not to be published.
    Abandoned,
}

impl RunStatus {
    const ALL: [(RunStatus, &'static str); 7] = [
        (RunStatus::Planned, "planned"),
        (RunStatus::Loading, "loading"),
        (RunStatus::Publishing, "publishing"),
        (RunStatus::Succeeded, "succeeded"),
        (RunStatus::Failed, "failed"),
        (RunStatus::Undone, "undone"),
        (RunStatus::Abandoned, "abandoned"),
    ];

    /// The word for it, in messages and documents.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Whether nothing remains to be done for the run.
    pub fn is_over(self) -> bool {
        !matches!(
            self,
            RunStatus::Planned | RunStatus::Loading | RunStatus::Publishing
        )
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RunStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .find(|(_, word)| *word == text)
            .map(|(status, _)| *status)
            .ok_or_else(|| format!("`{text}` is not a run status"))
    }
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// To load and to compute.
    #[default]
    Export,
    /// To take a day out of what is published.
    Drop,
    /// To put a day back as an earlier run had published it.
    Restore,
}

impl RunKind {
    /// The word for it, in messages and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Drop => "drop",
            Self::Restore => "restore",
        }
    }

    /// Whether it is the kind of most runs, which documents leave out.
    pub fn is_export(&self) -> bool {
        *self == Self::Export
    }
}

impl fmt::Display for RunKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RunKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Export, Self::Drop, Self::Restore]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of run"))
    }
}

/// Which raw data a run computes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// The raw tables as they are after this run's own load.
    Now,
    /// The raw tables as they were after that run.
    AtRun(RunNumber),
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Known::Now => f.write_str("now"),
            Known::AtRun(run) => write!(f, "as of run {run}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back() {
        for (status, word) in RunStatus::ALL {
            assert_eq!(status.as_str(), word);
            assert_eq!(word.parse::<RunStatus>().unwrap(), status);
        }
    }
}
