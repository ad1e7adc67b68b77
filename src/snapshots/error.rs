//! Why a snapshot could not be published or read.

use chrono::NaiveDate;

use crate::model::run::RunNumber;
use crate::store::StoreError;

/// By meaning to the caller.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(StoreError),
    /// The target belongs to another project.
    #[error("the target `{url}` belongs to the project `{project}`")]
    ForeignOwner { url: String, project: String },
    /// Commits or partitions, but nobody owns them.
    #[error(
        "the target `{url}` holds `{found}` but no `_workbench/owner.json`: whose it is cannot be known"
    )]
    NoOwner { url: String, found: String },
    /// Another run has an open intent, or took the sequence number first.
    #[error(
        "run {run} of another copy of this project (writer `{token}`) has the target's sequence number {seq}"
    )]
    Overtaken {
        run: RunNumber,
        token: String,
        seq: u64,
    },
    /// A key holds what nobody of ours wrote.
    #[error("`{key}` was written by {writer} while this run was publishing")]
    ForeignWriter { key: String, writer: String },
    /// A document that cannot be understood.
    #[error("`{key}` cannot be read: {reason}")]
    Document { key: String, reason: String },
    /// A document of a later program.
    #[error("`{key}` has format {format}; this program writes format {known} and may only read it")]
    Newer {
        key: String,
        format: u32,
        known: u32,
    },
    /// A commit is missing between others.
    #[error("commit {seq} is missing at `{url}`, though commit {newest} is there")]
    Gap { url: String, seq: u64, newest: u64 },
    /// The bytes to publish are nowhere to be had.
    #[error("the staged file of `{key}` is gone and could not be made again: {reason}")]
    StagingLost { key: String, reason: String },
    /// The store does not answer.
    #[error("`{key}` could not be settled after {attempts} attempts: {reason}")]
    GaveUp {
        key: String,
        attempts: u32,
        reason: String,
    },
    /// A day was replaced, and this store keeps no earlier bytes.
    #[error("`{key}` no longer holds what run {run} published there, and no copy was kept")]
    Replaced {
        key: String,
        run: RunNumber,
        date: NaiveDate,
    },
    /// A moment that this target never saw.
    #[error("no run {run} has published at `{url}`{}", newest.map_or_else(String::new, |n| format!("; the newest that did is {n}")))]
    NoSuchRun {
        url: String,
        run: RunNumber,
        newest: Option<RunNumber>,
    },
    #[error("interrupted")]
    Interrupted,
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Interrupted => Self::Interrupted,
            other => Self::Store(other),
        }
    }
}
