//! How the core tells what it is doing. It never prints.

use chrono::NaiveDate;
use serde::Serialize;

/// What a run is doing now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// It is the turn of one day of many, the `number`th from 1.
    Day {
        day: NaiveDate,
        number: usize,
        total: usize,
    },
    /// A new phase began.
    Step { step: &'static str },
    /// Waiting for somebody; the text says for whom.
    Waiting { reason: String },
    /// Objects are being fetched from a bucket: bytes done of bytes in all.
    Fetching { done: u64, total: u64 },
    /// Files are being sent to a bucket: bytes done of bytes in all.
    Sending { done: u64, total: u64 },
    /// Files are being hashed: bytes done of bytes in all.
    Hashing { done: u64, total: u64 },
    /// A file is being loaded.
    Loading {
        source: String,
        path: String,
        /// Bytes of this run's files that are loaded, of all.
        done: u64,
        total: u64,
        /// Rows loaded so far in this run.
        rows: u64,
    },
    /// The engine's own estimate for the statement at hand, 0 to 100.
    Statement { percent: f64 },
    /// A check was evaluated.
    Checked { name: String, failed: u64 },
    /// A dataset is being computed.
    Computing { dataset: String },
    /// A partition is at its key.
    Published { path: String, rows: u64, bytes: u64 },
    /// Something the user should know that is no error.
    Note { message: String },
}

/// Receives progress. Called from any thread; must be quick.
pub trait ProgressSink: Send + Sync {
    /// Something happened.
    fn report(&self, progress: Progress);
}

/// Drops everything.
pub struct Silent;

impl ProgressSink for Silent {
    fn report(&self, _: Progress) {}
}
