//! The protocol by which a run's partitions come to count: intent, each
//! partition at its key, commit.
//!
//! Everything is conditional, and every doubt is resolved by reading back the
//! writer's token, so any step may be cut off at any point and done again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::attempts::{give_up, mark, put_once, retry, retry_read};
use super::documents::{self, checkpoint_key, commit_key, intent_key};
use super::error::PublishError;
use super::published::Published;
use crate::failpoint::{self, Failpoint};
use crate::model::commit::{
    CarriedEvent, Commit, CommitStatus, CommittedPartition, FORMAT, IntendedKey, IntendedRemoval,
    Intent, RunRecord, StagedPartition, TargetRecord,
};
use crate::model::hash::ContentHash;
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::token::WriterToken;
use crate::store::{Body, Expect, Head, Mark, Store, StoreError, Tag, Written};

/// The bytes of a staged partition, wherever they are now.
#[derive(Debug, Clone)]
pub enum Staged {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// Finds the bytes of a staged partition, or makes them again.
pub trait StagedFiles {
    /// # Errors
    /// [`PublishError::StagingLost`] if they are nowhere to be had.
    fn bytes_of(&self, partition: &StagedPartition) -> Result<Staged, PublishError>;
}

/// What a publisher works with.
pub struct Publisher<'a> {
    pub store: &'a dyn Store,
    pub staged: &'a dyn StagedFiles,
    pub progress: &'a dyn ProgressSink,
    pub interrupt: &'a Interrupt,
    /// For messages in intents.
    pub host: String,
    pub now: DateTime<Utc>,
}

/// How publishing ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The commit is there, with this run's token.
    Published(Box<Commit>),
    /// The sequence number was closed or taken by another: nothing of this run
    /// counts.
    Overtaken {
        seq: u64,
        run: u64,
        token: WriterToken,
    },
}

/// What a run's sequence number at its target tells about it.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Its commit is there.
    Published(Box<Commit>),
    /// Another's commit is there, or its own that says `abandoned`.
    Abandoned { run: u64, token: WriterToken },
    /// No commit yet.
    Open,
}

/// Reads what became of a run.
///
/// # Errors
/// Only of reading.
pub fn fate(
    store: &dyn Store,
    target: &TargetRecord,
    token: &WriterToken,
) -> Result<Fate, PublishError> {
    Ok(
        match documents::read::<Commit>(store, &commit_key(target.seq))? {
            None => Fate::Open,
            Some((commit, _))
                if commit.token == *token && commit.status == CommitStatus::Published =>
            {
                Fate::Published(Box::new(commit))
            }
            Some((commit, _)) => Fate::Abandoned {
                run: commit.run,
                token: commit.token,
            },
        },
    )
}

impl Publisher<'_> {
    /// Publishes a run that is recorded in the ledger, or completes it.
    ///
    /// # Errors
    /// Whatever keeps it from being settled now; it can be tried again.
    pub fn publish(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
        ledger: &LedgerSince,
    ) -> Result<Outcome, PublishError> {
        match fate(self.store, target, &record.token)? {
            Fate::Published(commit) => {
                // Its writer may have died before it was sure to stay.
                self.store.sync(&commit_key(target.seq))?;
                return Ok(Outcome::Published(commit));
            }
            Fate::Abandoned { run, token } => {
                return Ok(Outcome::Overtaken {
                    seq: target.seq,
                    run,
                    token,
                });
            }
            Fate::Open => {}
        }
        let (intent, resumed) = match self.intent(record, target)? {
            Ok(found) => found,
            Err(other) => {
                return Ok(Outcome::Overtaken {
                    seq: target.seq,
                    run: other.run,
                    token: other.token,
                });
            }
        };
        // An intent of ours without our keys: the run was given up before it had
        // one (`abandon::close`). Nobody would suspect what it put now.
        let announced: BTreeSet<&str> = intent.announced().collect();
        if !keys(record).all(|key| announced.contains(key.as_str())) {
            return Ok(Outcome::Overtaken {
                seq: target.seq,
                run: record.run,
                token: record.token.clone(),
            });
        }
        let mut committed = Vec::with_capacity(record.partitions.len());
        for partition in &record.partitions {
            if self.interrupt.is_requested() {
                return Err(PublishError::Interrupted);
            }
            let key = partition.id.key();
            let put = self.partition(record, target, &intent, partition, &key, resumed)?;
            self.progress.report(Progress::Published {
                path: key.clone(),
                rows: partition.rows,
                bytes: partition.bytes,
            });
            committed.push(CommittedPartition {
                staged: partition.clone(),
                path: key,
                tag: put.tag.0,
                version_id: put.version,
            });
        }
        for dropped in &record.dropped {
            if self.interrupt.is_requested() {
                return Err(PublishError::Interrupted);
            }
            self.removal(target, &intent, &dropped.path)?;
        }
        self.commit(record, target, ledger, committed)
    }

    /// Puts the intent, or finds it; the error is another writer's.
    fn intent(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
    ) -> Result<Result<(Intent, bool), Box<Intent>>, PublishError> {
        let key = intent_key(target.seq);
        if let Some((intent, _)) = documents::read::<Intent>(self.store, &key)? {
            self.store.sync(&key)?;
            return Ok(whose(intent, &record.token, true));
        }
        let mut keys = Vec::with_capacity(record.partitions.len());
        for partition in &record.partitions {
            let key = partition.id.key();
            let head = retry(&key, || self.store.head(&key))?;
            keys.push(IntendedKey {
                blake3: partition.blake3,
                replaces: head.map(|h| h.tag.0),
                key,
            });
        }
        let mut removals = Vec::with_capacity(record.dropped.len());
        for dropped in &record.dropped {
            let key = dropped.path.clone();
            let head = retry(&key, || self.store.head(&key))?;
            removals.push(IntendedRemoval {
                removes: head.map(|h| h.tag.0),
                key,
            });
        }
        let intent = Intent {
            format: FORMAT,
            seq: target.seq,
            run: record.run,
            token: record.token.clone(),
            host: self.host.clone(),
            keys,
            removals,
        };
        if let Err(found) = put_once(self.store, &key, &intent, &record.token)? {
            return Ok(whose(*found, &record.token, true));
        }
        failpoint::reached(Failpoint::IntentPut).map_err(|e| StoreError::io(&key, e))?;
        Ok(Ok((intent, false)))
    }

    /// Brings one partition to its key, whatever happened before.
    fn partition(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
        intent: &Intent,
        partition: &StagedPartition,
        key: &str,
        resumed: bool,
    ) -> Result<Written, PublishError> {
        let mark = Mark {
            token: record.token.clone(),
            blake3: partition.blake3,
        };
        let replaces = intent.keys.iter().find(|k| k.key == key);
        let mut expect = match replaces.and_then(|k| k.replaces.clone()) {
            Some(tag) => Expect::Tag(Tag(tag)),
            None => Expect::Absent,
        };
        if resumed
            && let Some(head) = retry(key, || self.store.head(key))?
            && self.is_ours(key, &head, &mark)?
        {
            self.store.sync(key)?;
            return Ok(head.into());
        }
        for attempt in 1.. {
            let staged = self.staged.bytes_of(partition)?;
            let body = match &staged {
                Staged::Bytes(bytes) => Body::Bytes(bytes),
                Staged::File(path) => Body::File(path),
            };
            let reason = match self.store.put_if_match(key, body, &expect, &mark) {
                Ok(put) => return Ok(put),
                Err(StoreError::Precondition { .. }) => "it keeps changing".to_owned(),
                Err(StoreError::Unknown { reason, .. }) => reason,
                Err(other) => return Err(other.into()),
            };
            match retry(key, || self.store.head(key))? {
                Some(head) if self.is_ours(key, &head, &mark)? => {
                    self.store.sync(key)?;
                    return Ok(head.into());
                }
                // Not applied, or a read from before it was.
                Some(head) if Expect::Tag(head.tag.clone()) == expect => {}
                Some(head) if self.is_closed(target, &head)? => expect = Expect::Tag(head.tag),
                Some(head) => return Err(foreign(key, &head)),
                None => expect = Expect::Absent,
            }
            give_up(key, attempt, &reason)?;
        }
        unreachable!("the loop ends by returning")
    }

    /// Empties one key, whatever happened before.
    fn removal(
        &self,
        target: &TargetRecord,
        intent: &Intent,
        key: &str,
    ) -> Result<(), PublishError> {
        let announced = intent.removals.iter().find(|r| r.key == key);
        let mut expect = match announced.and_then(|r| r.removes.clone()) {
            Some(tag) => Expect::Tag(Tag(tag)),
            None => Expect::Absent,
        };
        for attempt in 1.. {
            let reason = match self.store.remove_if_match(key, &expect) {
                Ok(()) => return Ok(()),
                Err(StoreError::Precondition { .. }) => "it keeps changing".to_owned(),
                Err(StoreError::Unknown { reason, .. }) => reason,
                Err(other) => return Err(other.into()),
            };
            match retry(key, || self.store.head(key))? {
                // Removed already, or a read from before it was put.
                None => expect = Expect::Absent,
                Some(head) if Expect::Tag(head.tag.clone()) == expect => {}
                Some(head) if self.is_closed(target, &head)? => expect = Expect::Tag(head.tag),
                Some(head) => return Err(foreign(key, &head)),
            }
            give_up(key, attempt, &reason)?;
        }
        unreachable!("the loop ends by returning")
    }

    /// Whether a key holds this run's bytes. Where the store keeps no marks,
    /// the content is its own witness.
    fn is_ours(&self, key: &str, head: &Head, mark: &Mark) -> Result<bool, PublishError> {
        Ok(match &head.mark {
            Some(found) => found == mark,
            None => self.store.hash(key)? == Some(mark.blake3),
        })
    }

    /// Whether what lies there was written under a sequence number that is
    /// closed: its writer was given up or is done, and has no say any more.
    fn is_closed(&self, target: &TargetRecord, head: &Head) -> Result<bool, PublishError> {
        let Some(mark) = &head.mark else {
            return Ok(false);
        };
        for seq in (1..target.seq).rev() {
            if let Some(intent) = retry_read::<Intent>(self.store, &intent_key(seq))?
                && intent.token == mark.token
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn commit(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
        ledger: &LedgerSince,
        partitions: Vec<CommittedPartition>,
    ) -> Result<Outcome, PublishError> {
        let commit = Commit {
            format: FORMAT,
            seq: target.seq,
            status: CommitStatus::Published,
            parent: target.parent,
            run: record.run,
            kind: record.kind,
            token: record.token.clone(),
            ingest_date: record.ingest_date,
            known: record.known,
            committed: self.now,
            program: record.program.clone(),
            engine: record.engine.clone(),
            events: ledger.events.clone(),
            head: ledger.head,
            head_seq: ledger.head_seq,
            transforms: record.transforms.clone(),
            checks: record.checks.clone(),
            partitions,
            dropped: record.dropped.clone(),
        };
        let outcome = match put_once(self.store, &commit_key(commit.seq), &commit, &commit.token)? {
            Ok(()) => Outcome::Published(Box::new(commit)),
            Err(other) if other.token == record.token && other.status == commit.status => {
                self.store.sync(&commit_key(target.seq))?;
                Outcome::Published(other)
            }
            Err(other) => Outcome::Overtaken {
                seq: other.seq,
                run: other.run,
                token: other.token.clone(),
            },
        };
        failpoint::reached(Failpoint::CommitPut)
            .map_err(|e| StoreError::io(commit_key(target.seq), e))?;
        Ok(outcome)
    }
}

/// What the ledger has to tell a target: the events since its last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSince {
    pub events: Vec<CarriedEvent>,
    pub head: ContentHash,
    pub head_seq: u64,
}

/// Writes a checkpoint if one is due. That another is there already is fine:
/// all say the same.
///
/// # Errors
/// Only of the store.
pub fn write_checkpoint(
    store: &dyn Store,
    published: &Published,
    token: &WriterToken,
) -> Result<bool, PublishError> {
    if !published.checkpoint_is_due() {
        return Ok(false);
    }
    let Some(checkpoint) = published.checkpoint() else {
        return Ok(false);
    };
    let key = checkpoint_key(published.seq);
    let bytes = documents::encode(&key, &checkpoint)?;
    match store.put_if_absent(&key, &bytes, &mark(token, &bytes)) {
        Ok(_) | Err(StoreError::Precondition { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    failpoint::reached(Failpoint::CheckpointPut).map_err(|e| StoreError::io(&key, e))?;
    Ok(true)
}

fn whose(
    intent: Intent,
    token: &WriterToken,
    resumed: bool,
) -> Result<(Intent, bool), Box<Intent>> {
    if intent.token == *token {
        Ok((intent, resumed))
    } else {
        Err(Box::new(intent))
    }
}

/// The keys that a run puts or empties.
fn keys(record: &RunRecord) -> impl Iterator<Item = String> {
    let put = record.partitions.iter().map(|p| p.id.key());
    put.chain(record.dropped.iter().map(|d| d.path.clone()))
}

fn foreign(key: &str, head: &Head) -> PublishError {
    let writer = head.mark.as_ref();
    PublishError::ForeignWriter {
        key: key.to_owned(),
        writer: writer.map_or("an unknown writer".to_owned(), |m| {
            format!("writer `{}`", m.token)
        }),
    }
}
