//! Giving up a run that cannot or shall not be completed.

use chrono::{DateTime, NaiveDate, Utc};

use super::documents::{self, intent_key};
use super::error::PublishError;
use super::publish::put_commit;
use super::published::Published;
use crate::model::commit::{Commit, CommitStatus, FORMAT, Intent, RunRecord};
use crate::model::run::{Known, RunNumber};
use crate::model::token::WriterToken;
use crate::store::Store;

/// The intent that is open at a target: the one after its newest commit.
///
/// # Errors
/// Only of reading.
pub fn open_intent(
    store: &dyn Store,
    published: &Published,
) -> Result<Option<Intent>, PublishError> {
    let intent = documents::read::<Intent>(store, &intent_key(published.seq + 1))?;
    Ok(intent.map(|(intent, _)| intent))
}

/// A run that is being given up.
#[derive(Debug, Clone)]
pub struct GivenUp {
    pub run: RunNumber,
    pub token: WriterToken,
    pub ingest_date: NaiveDate,
    pub known: Known,
    pub program: String,
    pub engine: String,
}

impl GivenUp {
    /// A run of this project's own ledger.
    pub fn of(record: &RunRecord) -> Self {
        Self {
            run: record.run,
            token: record.token.clone(),
            ingest_date: record.ingest_date,
            known: record.known,
            program: record.program.clone(),
            engine: record.engine.clone(),
        }
    }
}

/// Closes the open intent `seq` with an `abandoned` commit. Returns the commit
/// that stands there now, which is another if somebody was faster.
///
/// # Errors
/// Only of the store.
pub fn close(
    store: &dyn Store,
    published: &Published,
    seq: u64,
    given_up: &GivenUp,
    now: DateTime<Utc>,
) -> Result<Commit, PublishError> {
    let commit = Commit {
        format: FORMAT,
        seq,
        status: CommitStatus::Abandoned,
        parent: published.commit,
        run: given_up.run,
        token: given_up.token.clone(),
        ingest_date: given_up.ingest_date,
        known: given_up.known,
        committed: now,
        program: given_up.program.clone(),
        engine: given_up.engine.clone(),
        events: Vec::new(),
        head: published.head,
        head_seq: published.head_seq,
        transforms: Vec::new(),
        checks: Vec::new(),
        partitions: Vec::new(),
    };
    Ok(match put_commit(store, &commit)? {
        Ok(()) => commit,
        Err(other) => *other,
    })
}
