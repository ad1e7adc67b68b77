//! A run as it is written, and as it is read back.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Row;
use serde::Deserialize;

use super::convert::{json_or_null, parsed, parsed_or_null, uint, uint_or_null};
use crate::model::run::{Known, RunKind, RunNumber, RunOf, RunStatus};
use crate::model::summary::SchemaEvent;
use crate::model::token::{RandomId, WriterToken};

/// A run that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    pub number: RunNumber,
    pub kind: RunKind,
    pub ingest_date: NaiveDate,
    /// The day on which it was planned, in the project's time zone.
    pub planned_on: NaiveDate,
    pub known: Known,
    /// None too if the run publishes nothing.
    pub target_id: Option<RandomId>,
    /// None if the run publishes nothing.
    pub target_url: Option<String>,
    pub started: DateTime<Utc>,
}

/// A run as the state knows it. Moments are kept to the microsecond.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub number: RunNumber,
    pub kind: RunKind,
    pub status: RunStatus,
    pub ingest_date: NaiveDate,
    pub planned_on: NaiveDate,
    pub known: Known,
    pub target_id: Option<RandomId>,
    pub target_url: Option<String>,
    pub started: DateTime<Utc>,
    pub finished: Option<DateTime<Utc>>,
    /// Why it failed, or could not be completed so far.
    pub error: Option<String>,
    pub summary: Option<serde_json::Value>,
    /// Where its row lies in the ledger; None if the state knows of none.
    pub ledger_seq: Option<u64>,
    /// From here on: only if its row is in the ledger.
    pub token: Option<WriterToken>,
    /// The number of its intent and commit; None too if there was nothing to publish.
    pub target_seq: Option<u64>,
    pub program: Option<String>,
    pub engine: Option<String>,
}

/// What a run told of columns.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDrift {
    pub by: RunOf,
    /// Whether its row is in the ledger.
    pub committed: bool,
    pub events: Vec<SchemaEvent>,
}

impl RunDrift {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        /// The part of a summary that is read; a drop has none.
        #[derive(Deserialize, Default)]
        struct Told {
            #[serde(default)]
            schema_events: Vec<SchemaEvent>,
        }
        let told: Option<Told> = json_or_null(row, "summary")?;
        Ok(Self {
            by: RunOf {
                run: uint(row, "number")?,
                ingest_date: parsed(row, "ingest_date")?,
            },
            committed: uint_or_null(row, "ledger_seq")?.is_some(),
            events: told.unwrap_or_default().schema_events,
        })
    }
}

impl RunRow {
    /// Whether its row is in the ledger.
    pub fn committed(&self) -> bool {
        self.ledger_seq.is_some()
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: uint(row, "number")?,
            kind: parsed(row, "kind")?,
            status: parsed(row, "status")?,
            ingest_date: parsed(row, "ingest_date")?,
            planned_on: parsed(row, "planned_on")?,
            known: uint_or_null(row, "known_run")?.map_or(Known::Now, Known::AtRun),
            target_id: row
                .get::<_, Option<String>>("target_id")?
                .map(RandomId::from_stored),
            target_url: row.get("target_url")?,
            started: parsed(row, "started")?,
            finished: parsed_or_null(row, "finished")?,
            error: row.get("error")?,
            summary: json_or_null(row, "summary")?,
            ledger_seq: uint_or_null(row, "ledger_seq")?,
            token: row
                .get::<_, Option<String>>("token")?
                .map(WriterToken::from_stored),
            target_seq: uint_or_null(row, "target_seq")?,
            program: row.get("program")?,
            engine: row.get("engine")?,
        })
    }
}
