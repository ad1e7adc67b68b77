//! How earlier runs ended, as a later run tells the ledger: what only state knows
//! otherwise, so that it is not lost with it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::run::{Known, RunKind, RunNumber, RunStatus};
use super::summary::SchemaEvent;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedRun {
    pub run: RunNumber,
    pub status: RunStatus,
    pub finished: DateTime<Utc>,
    /// The first line of why it failed: what follows may show rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// None for a run that the ledger has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncommitted: Option<Uncommitted>,
}

/// What a run was that changed nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uncommitted {
    #[serde(default, skip_serializing_if = "RunKind::is_export")]
    pub kind: RunKind,
    pub ingest_date: NaiveDate,
    pub planned_on: NaiveDate,
    pub known: Known,
    pub started: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_url: Option<String>,
    /// Schema changes that it was refused for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<SchemaEvent>,
}
