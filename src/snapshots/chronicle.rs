//! All commits of a target, read one by one from the first, and held against each
//! other: for whoever does not want to believe a checkpoint.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::documents::{
    self, checkpoint_key, checkpoint_seqs, commit_key, commit_seqs, intent_key, intent_seqs,
};
use super::error::PublishError;
use super::published::Published;
use crate::model::commit::{Checkpoint, Commit, CommitStatus, FORMAT, Intent};
use crate::model::hash::ContentHash;
use crate::model::ledger::{Entry, Ledger, head_after};
use crate::model::partition::PartitionId;
use crate::model::run::RunNumber;
use crate::model::token::WriterToken;
use crate::store::Store;

/// What is wrong with the documents of a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("`{}` is missing, though commit {newest} is there", commit_key(*seq))]
    Missing { seq: u64, newest: u64 },
    #[error("`{key}` cannot be read: {reason}")]
    Unreadable { key: String, reason: String },
    #[error("`{}` does not follow from the commit before it: one of the two was changed", commit_key(*seq))]
    Parent { seq: u64 },
    #[error("the events in `{}` do not lead to the head that it names: {reason}", commit_key(*seq))]
    Ledger { seq: u64, reason: String },
    #[error("`{}` is missing, though its commit is there", intent_key(*seq))]
    NoIntent { seq: u64 },
    #[error("`{}` has format {format}; this program knows formats up to {FORMAT}", commit_key(*seq))]
    Newer { seq: u64, format: u32 },
}

/// One commit, without what it says of SQL and partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitNote {
    pub seq: u64,
    pub status: CommitStatus,
    pub run: RunNumber,
    pub token: WriterToken,
    pub committed: DateTime<Utc>,
}

/// Who named an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: PartitionId,
    pub run: RunNumber,
    /// Bytes.
    pub bytes: u64,
}

/// A checkpoint, held against the commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointNote {
    pub seq: u64,
    /// How it differs from them, as the rest of a sentence.
    pub wrong: Option<String>,
}

/// What all documents of a target say together.
#[derive(Debug, Clone, Default)]
pub struct Chronicle {
    /// In their order, without those that cannot be read.
    pub commits: Vec<CommitNote>,
    /// By sequence number, those of all commits and one that may be open.
    pub intents: BTreeMap<u64, Intent>,
    /// What stands now, as the commits before the first fault say.
    pub published: Published,
    /// The ledger, as the commits before the first fault tell it.
    pub ledger: Ledger,
    /// By sequence number.
    pub checkpoints: Vec<CheckpointNote>,
    /// Every object that any commit names.
    pub named: BTreeMap<ContentHash, Named>,
    /// In the order of the documents.
    pub faults: Vec<Fault>,
}

impl Chronicle {
    /// Reads all commits and intents.
    ///
    /// # Errors
    /// Only of the store: what is wrong with documents is among the faults.
    pub fn read(store: &dyn Store) -> Result<Self, PublishError> {
        let mut chronicle = Self::default();
        let newest = commit_seqs(store)?.last().copied().unwrap_or(0);
        chronicle.read_intents(store)?;
        let checkpoints = checkpoint_seqs(store)?;
        let mut before = None;
        for seq in 1..=newest {
            before = chronicle.read_commit(store, (seq, newest), before)?;
            if chronicle.is_whole() && checkpoints.binary_search(&seq).is_ok() {
                chronicle.read_checkpoint(store, seq)?;
            }
        }
        for seq in checkpoints.into_iter().filter(|seq| *seq > newest) {
            chronicle.checkpoints.push(CheckpointNote {
                seq,
                wrong: Some("speaks of a commit that is not there".to_owned()),
            });
        }
        Ok(chronicle)
    }

    /// Whether every commit could be read and follows from the one before it.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }

    /// The intent that no commit has closed.
    pub fn open_intent(&self) -> Option<&Intent> {
        let newest = self.commits.last().map_or(0, |c| c.seq);
        self.intents.get(&(newest + 1))
    }

    fn read_intents(&mut self, store: &dyn Store) -> Result<(), PublishError> {
        for seq in intent_seqs(store)? {
            match documents::read::<Intent>(store, &intent_key(seq)) {
                Ok(Some((intent, _))) => {
                    self.intents.insert(seq, intent);
                }
                Ok(None) => {}
                Err(error) => self.unreadable(error)?,
            }
        }
        Ok(())
    }

    /// Reads one commit, of which `before` is the hash of the one before it; returns
    /// its own. None: that cannot be known.
    fn read_commit(
        &mut self,
        store: &dyn Store,
        (seq, newest): (u64, u64),
        before: Option<ContentHash>,
    ) -> Result<Option<ContentHash>, PublishError> {
        let (commit, bytes) = match documents::read::<Commit>(store, &commit_key(seq)) {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.faults.push(Fault::Missing { seq, newest });
                return Ok(None);
            }
            Err(error) => {
                self.unreadable(error)?;
                return Ok(None);
            }
        };
        if commit.format > FORMAT {
            let format = commit.format;
            self.faults.push(Fault::Newer { seq, format });
        }
        // Where the one before could not be read, that was said.
        if commit.seq != seq || (commit.parent != before && (before.is_some() || seq == 1)) {
            self.faults.push(Fault::Parent { seq });
        }
        if !self.intents.contains_key(&seq) {
            self.faults.push(Fault::NoIntent { seq });
        }
        self.note(&commit);
        if self.is_whole() {
            match self.told(&commit) {
                Ok(()) => self.published.advance(store, &commit, &bytes)?,
                Err(reason) => self.faults.push(Fault::Ledger { seq, reason }),
            }
        }
        Ok(Some(ContentHash::of(&bytes)))
    }

    /// Reads the checkpoint that was written after the newest commit read so far.
    fn read_checkpoint(&mut self, store: &dyn Store, seq: u64) -> Result<(), PublishError> {
        let wrong = match documents::read::<Checkpoint>(store, &checkpoint_key(seq)) {
            Err(PublishError::Document { reason, .. }) => {
                Some(format!("cannot be read ({reason})"))
            }
            Err(other) => return Err(other),
            Ok(None) => return Ok(()),
            Ok(Some((checkpoint, _))) => {
                let said = self.published.checkpoint();
                let same = said.is_some_and(|said| {
                    let format = checkpoint.format;
                    Checkpoint { format, ..said } == checkpoint
                });
                (!same).then(|| "does not say what the commits say".to_owned())
            }
        };
        self.checkpoints.push(CheckpointNote { seq, wrong });
        Ok(())
    }

    fn note(&mut self, commit: &Commit) {
        self.commits.push(CommitNote {
            seq: commit.seq,
            status: commit.status,
            run: commit.run,
            token: commit.token.clone(),
            committed: commit.committed,
        });
        for partition in &commit.partitions {
            let staged = &partition.staged;
            self.named.entry(staged.blake3).or_insert_with(|| Named {
                id: staged.id.clone(),
                run: commit.run,
                bytes: staged.bytes,
            });
        }
    }

    /// Adds the events of a commit to the ledger.
    fn told(&mut self, commit: &Commit) -> Result<(), String> {
        for carried in &commit.events {
            let (seq, head) = self.ledger.end();
            if carried.seq != seq + 1 {
                return Err(format!("event {} comes after event {seq}", carried.seq));
            }
            let after = head_after(&head, &carried.text);
            let text = carried.text.clone();
            let entry = Entry::stored(&head, carried.seq, carried.run, text, after);
            self.ledger.entries.push(entry.map_err(|e| e.to_string())?);
        }
        let (seq, head) = self.ledger.end();
        if (commit.head_seq, commit.head) != (seq, head) {
            return Err(format!(
                "they end with event {seq}, and it names event {}",
                commit.head_seq
            ));
        }
        Ok(())
    }

    fn unreadable(&mut self, error: PublishError) -> Result<(), PublishError> {
        match error {
            PublishError::Document { key, reason } => {
                self.faults.push(Fault::Unreadable { key, reason });
                Ok(())
            }
            other => Err(other),
        }
    }
}
