//! Giving up a run that cannot or shall not be completed.

use chrono::{DateTime, NaiveDate, Utc};

use super::attempts::put_once;
use super::documents::{self, commit_key, intent_key};
use super::error::PublishError;
use super::published::Published;
use crate::model::commit::{Commit, CommitStatus, FORMAT, Intent, RunRecord};
use crate::model::run::{Known, RunKind, RunNumber};
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
    pub kind: RunKind,
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
            kind: record.kind,
            token: record.token.clone(),
            ingest_date: record.ingest_date,
            known: record.known,
            program: record.program.clone(),
            engine: record.engine.clone(),
        }
    }
}

/// Closes the intent `seq` of a run with an `abandoned` commit. Returns the commit
/// that stands there now, which is another if somebody was faster.
///
/// A run that has no intent yet gets one without keys first: whoever still
/// carries the run on meets it and stops. Without it the run could put its own
/// intent below the closed commit, and then bytes at keys that no reader of that
/// commit suspected.
///
/// # Errors
/// [`PublishError::Overtaken`] if the sequence number is another run's, which
/// must not be closed in its stead; [`PublishError::Gap`] if the commit before it
/// cannot be seen.
pub fn close(
    store: &dyn Store,
    published: &Published,
    seq: u64,
    given_up: &GivenUp,
    now: DateTime<Utc>,
) -> Result<Commit, PublishError> {
    // Only a list that lags can say so: the run was planned on that commit.
    if published.seq + 1 < seq {
        return Err(PublishError::Gap {
            url: store.url(),
            seq: published.seq + 1,
            newest: seq - 1,
        });
    }
    let intent = intent_of(store, seq, given_up)?;
    if intent.token != given_up.token {
        return Err(PublishError::Overtaken {
            run: intent.run,
            token: intent.token.to_string(),
            seq,
        });
    }
    let commit = Commit {
        format: FORMAT,
        seq,
        status: CommitStatus::Abandoned,
        parent: published.commit,
        run: given_up.run,
        kind: given_up.kind,
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
        dropped: Vec::new(),
    };
    Ok(
        match put_once(store, &commit_key(seq), &commit, &commit.token)? {
            Ok(()) => commit,
            Err(other) => *other,
        },
    )
}

/// The intent at a sequence number; an empty one in the run's name if there was
/// none.
fn intent_of(store: &dyn Store, seq: u64, given_up: &GivenUp) -> Result<Intent, PublishError> {
    let key = intent_key(seq);
    if let Some((intent, _)) = documents::read::<Intent>(store, &key)? {
        return Ok(intent);
    }
    let empty = Intent {
        format: FORMAT,
        seq,
        run: given_up.run,
        token: given_up.token.clone(),
        host: String::new(),
        keys: Vec::new(),
        removals: Vec::new(),
    };
    Ok(match put_once(store, &key, &empty, &empty.token)? {
        Ok(()) => empty,
        Err(other) => *other,
    })
}
