//! What is published at a target, as its commits tell it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::documents::{
    self, checkpoint_key, checkpoint_seqs, commit_key, commit_seqs, intent_key,
};
use super::error::PublishError;
use crate::model::column::Column;
use crate::model::commit::{
    Checkpoint, Commit, CommitOutline, CommitStatus, FORMAT, GonePartition, Intent, LivePartition,
    Owner,
};
use crate::model::hash::ContentHash;
use crate::model::ledger;
use crate::model::names::TransformName;
use crate::model::partition::{DAY, PartitionId};
use crate::model::token::RandomId;
use crate::store::Store;

/// Every so many commits a checkpoint is written.
pub const CHECKPOINT_EVERY: u64 = 64;

/// So many commits are asked for at once.
const AT_ONCE: u64 = 64;

/// The fold over a target's commits: which bytes count.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The newest commit; 0 before the first.
    pub seq: u64,
    /// The hash of the newest commit document.
    pub commit: Option<ContentHash>,
    /// The ledger's head as of the newest commit.
    pub head: ContentHash,
    /// The last ledger event that the target has been told of.
    pub head_seq: u64,
    pub partitions: BTreeMap<PartitionId, LivePartition>,
    /// What was dropped and not published since. Whatever is found at such a key
    /// is taken away by the next run: a writer that was given up may put it there
    /// at any time.
    pub dropped: BTreeMap<PartitionId, GonePartition>,
    /// Keys of abandoned intents that no later commit has settled.
    pub suspect: BTreeSet<String>,
    /// The newest checkpoint; 0 if there is none.
    pub checkpoint: u64,
    /// The highest format of any document read.
    pub format: u32,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            seq: 0,
            commit: None,
            head: ledger::empty_head(),
            head_seq: 0,
            partitions: BTreeMap::new(),
            dropped: BTreeMap::new(),
            suspect: BTreeSet::new(),
            checkpoint: 0,
            format: 0,
        }
    }
}

impl Published {
    /// Reads the newest checkpoint and the commits after it.
    ///
    /// # Errors
    /// [`PublishError::Gap`] if a commit is missing between others.
    pub fn read(store: &dyn Store) -> Result<Self, PublishError> {
        let newest = commit_seqs(store)?.last().copied().unwrap_or(0);
        Self::read_until(store, newest)
    }

    /// What stood at the target after the commit `newest`.
    ///
    /// # Errors
    /// As for [`Published::read`].
    pub fn read_until(store: &dyn Store, newest: u64) -> Result<Self, PublishError> {
        let mut published = Self::default();
        // A checkpoint without its commit would be somebody's leftover.
        let checkpoint = checkpoint_seqs(store)?
            .into_iter()
            .rfind(|seq| *seq <= newest);
        if let Some(seq) = checkpoint
            && let Some((checkpoint, _)) =
                documents::read::<Checkpoint>(store, &checkpoint_key(seq))?
        {
            if checkpoint.seq != seq {
                return Err(PublishError::Document {
                    key: checkpoint_key(seq),
                    reason: format!("it says that it is checkpoint {}", checkpoint.seq),
                });
            }
            published = Self::from_checkpoint(checkpoint);
        }
        published.advance_to(store, newest)
    }

    /// What is published now, where this is what was before: commits do not
    /// change, and only those after it are read.
    ///
    /// # Errors
    /// As for [`Published::read`].
    pub fn read_on(mut self, store: &dyn Store) -> Result<Self, PublishError> {
        let newest = commit_seqs(store)?.last().copied().unwrap_or(0);
        if self.seq == 0 || newest < self.seq {
            return Self::read_until(store, newest);
        }
        let checkpoint = checkpoint_seqs(store)?.last().copied();
        self.checkpoint = checkpoint.unwrap_or(0);
        self.advance_to(store, newest)
    }

    fn advance_to(mut self, store: &dyn Store, newest: u64) -> Result<Self, PublishError> {
        while self.seq < newest {
            let last = newest.min(self.seq + AT_ONCE);
            let seqs = self.seq + 1..=last;
            let keys: Vec<String> = seqs.clone().map(commit_key).collect();
            for ((seq, key), bytes) in seqs.zip(&keys).zip(store.get_all(&keys)?) {
                let Some(bytes) = bytes else {
                    return Err(PublishError::Gap {
                        url: store.url(),
                        seq,
                        newest,
                    });
                };
                let CommitOutline(commit) = documents::decode(key, &bytes)?;
                self.advance(store, &commit, &bytes)?;
            }
        }
        Ok(self)
    }

    fn from_checkpoint(checkpoint: Checkpoint) -> Self {
        Self {
            seq: checkpoint.seq,
            commit: Some(checkpoint.commit),
            head: checkpoint.head,
            head_seq: checkpoint.head_seq,
            checkpoint: checkpoint.seq,
            format: checkpoint.format,
            suspect: checkpoint.suspect.into_iter().collect(),
            partitions: checkpoint
                .partitions
                .into_iter()
                .map(|live| (live.partition.staged.id.clone(), live))
                .collect(),
            dropped: checkpoint
                .dropped
                .into_iter()
                .map(|gone| (gone.partition.id.clone(), gone))
                .collect(),
        }
    }

    /// Takes the next commit into account.
    ///
    /// # Errors
    /// [`PublishError::Document`] if it says that it is another; of reading the
    /// intent of an abandoned commit, also if it is not there.
    pub fn advance(
        &mut self,
        store: &dyn Store,
        commit: &Commit,
        bytes: &[u8],
    ) -> Result<(), PublishError> {
        let next = self.seq + 1;
        if commit.seq != next {
            return Err(PublishError::Document {
                key: commit_key(next),
                reason: format!("it says that it is commit {}", commit.seq),
            });
        }
        self.seq = next;
        self.format = self.format.max(commit.format);
        self.commit = Some(ContentHash::of(bytes));
        if commit.status == CommitStatus::Abandoned {
            let key = intent_key(commit.seq);
            // A commit never stands without its intent. To take "not there" for
            // "no keys" would lose suspects, and a checkpoint would make it last.
            let Some((intent, _)) = documents::read::<Intent>(store, &key)? else {
                return Err(PublishError::Document {
                    key,
                    reason: "it is not there, though its commit is".to_owned(),
                });
            };
            self.suspect.extend(intent.announced().map(str::to_owned));
            return Ok(());
        }
        self.head = commit.head;
        self.head_seq = commit.head_seq;
        for dropped in &commit.dropped {
            self.suspect.remove(&dropped.path);
            self.partitions.remove(&dropped.id);
            self.dropped
                .insert(dropped.id.clone(), GonePartition::of(commit, dropped));
        }
        for partition in &commit.partitions {
            self.suspect.remove(&partition.path);
            self.dropped.remove(&partition.staged.id);
            self.partitions.insert(
                partition.staged.id.clone(),
                LivePartition::of(commit, partition),
            );
        }
        Ok(())
    }

    /// The checkpoint that says the same.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        Some(Checkpoint {
            format: FORMAT,
            seq: self.seq,
            commit: self.commit?,
            head: self.head,
            head_seq: self.head_seq,
            partitions: self.partitions.values().cloned().collect(),
            dropped: self.dropped.values().cloned().collect(),
            suspect: self.suspect.iter().cloned().collect(),
        })
    }

    /// Whether readers would be served by a new checkpoint.
    pub fn checkpoint_is_due(&self) -> bool {
        self.checkpoint_is_due_at(self.seq)
    }

    /// The same of a commit that follows.
    pub fn checkpoint_is_due_at(&self, seq: u64) -> bool {
        seq / CHECKPOINT_EVERY > self.checkpoint / CHECKPOINT_EVERY
    }

    /// The partitions of one dataset, by date; of each date the highest version.
    pub fn days(&self, dataset: &TransformName) -> BTreeMap<NaiveDate, &LivePartition> {
        // Ordered by version within a dataset, so the highest is kept.
        self.partitions
            .iter()
            .filter(|(id, _)| id.dataset == *dataset)
            .map(|(id, live)| (id.ingest_date, live))
            .collect()
    }

    /// The columns of `history.<name>`: those that it has on any day, of the newest day
    /// first, which knows the type of each that it has; and the day.
    pub fn columns_of_history(&self, dataset: &TransformName) -> Vec<Column> {
        let mut all: Vec<Column> = Vec::new();
        for day in self.days(dataset).into_values().rev() {
            for column in &day.partition.staged.schema {
                if !all.iter().any(|c| c.name == column.name) {
                    all.push(column.clone());
                }
            }
        }
        all.push(Column {
            name: DAY.to_owned(),
            ty: "DATE".to_owned(),
        });
        all
    }

    /// The names of all datasets.
    pub fn datasets(&self) -> BTreeSet<&TransformName> {
        self.partitions.keys().map(|id| &id.dataset).collect()
    }

    /// The live partition whose file lies at `key`.
    pub fn at_key(&self, key: &str) -> Option<&LivePartition> {
        self.partitions.values().find(|l| l.partition.path == key)
    }
}

/// The owner of a target, held against a project.
///
/// # Errors
/// [`PublishError::ForeignOwner`] if it is another project's,
/// [`PublishError::NoOwner`] if something lies there that nobody owns.
pub fn owner_of(
    store: &dyn Store,
    project: Option<&RandomId>,
    prefixes: &[String],
) -> Result<Option<Owner>, PublishError> {
    let Some((owner, _)) = documents::read::<Owner>(store, documents::OWNER)? else {
        let mut leftovers = commit_seqs(store)?
            .first()
            .map(|seq| commit_key(*seq))
            .into_iter()
            .collect::<Vec<_>>();
        for prefix in prefixes {
            leftovers.extend(store.list(&format!("{prefix}/"))?.into_iter().next());
        }
        return match leftovers.into_iter().next() {
            Some(found) => Err(PublishError::NoOwner {
                url: store.url(),
                found,
            }),
            None => Ok(None),
        };
    };
    if project.is_some_and(|p| *p != owner.project) {
        return Err(PublishError::ForeignOwner {
            url: store.url(),
            project: owner.project_name,
        });
    }
    Ok(Some(owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::token::WriterToken;
    use crate::snapshots::granted::empty as commit;
    use crate::store::Mark;
    use crate::store::memory::MemoryStore;

    fn put(store: &MemoryStore, key: &str, document: &impl documents::Document) {
        let bytes = documents::encode(key, document).unwrap();
        let mark = Mark {
            token: WriterToken::from_stored("1-x"),
            blake3: ContentHash::of(&bytes),
        };
        store.put_if_absent(key, &bytes, &mark).unwrap();
    }

    /// Copied by hand to another key, say; 0 would be read for ever.
    #[test]
    fn a_document_at_another_key_than_its_own_is_refused() {
        for seq in [7, 0] {
            let store = MemoryStore::new();
            put(&store, &commit_key(1), &commit(seq));
            let refused = Published::read(&store).unwrap_err().to_string();
            let told = format!(
                "`{}` cannot be read: it says that it is commit {seq}",
                commit_key(1)
            );
            assert_eq!(refused, told);
        }
        let store = MemoryStore::new();
        put(&store, &commit_key(1), &commit(1));
        let published = Published::read(&store).unwrap();
        put(&store, &commit_key(2), &commit(2));
        put(&store, &checkpoint_key(2), &published.checkpoint().unwrap());
        let refused = Published::read(&store).unwrap_err().to_string();
        assert!(
            refused.contains("it says that it is checkpoint 1"),
            "{refused}"
        );
    }
}
