//! Since when each column of a dataset is published, as the commits tell it.

use std::collections::BTreeMap;

use super::documents::{self, commit_key, commit_seqs};
use super::error::PublishError;
use super::published::Published;
use crate::model::commit::{CommitOutline, CommitStatus, CommittedPartition};
use crate::model::names::TransformName;
use crate::model::run::RunOf;
use crate::store::Store;

/// The life of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLife {
    /// The first run that published it.
    pub first: RunOf,
    /// The last run that gave it another type, or brought it back; at first the
    /// same.
    pub changed: RunOf,
    ty: String,
    /// Whether the last partition had it.
    is_there: bool,
}

/// What is published at a target, and the lives of all columns that ever were.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lives {
    pub published: Published,
    columns: BTreeMap<TransformName, BTreeMap<String, ColumnLife>>,
}

impl Lives {
    /// Reads every commit, in order: a day that was published anew does not hide
    /// who published it first.
    ///
    /// # Errors
    /// As for [`Published::read`].
    pub fn read(store: &dyn Store) -> Result<Self, PublishError> {
        let mut lives = Self::default();
        let seqs = commit_seqs(store)?;
        let newest = seqs.last().copied().unwrap_or(0);
        for seq in 1..=newest {
            let outline = documents::read::<CommitOutline>(store, &commit_key(seq))?;
            let Some((CommitOutline(commit), bytes)) = outline else {
                return Err(PublishError::Gap {
                    url: store.url(),
                    seq,
                    newest,
                });
            };
            lives.published.advance(store, &commit, &bytes)?;
            if commit.status == CommitStatus::Published {
                let by = RunOf {
                    run: commit.run,
                    ingest_date: commit.ingest_date,
                };
                for partition in &commit.partitions {
                    lives.see(partition, by);
                }
            }
        }
        Ok(lives)
    }

    fn see(&mut self, partition: &CommittedPartition, by: RunOf) {
        let staged = &partition.staged;
        let dataset = staged.id.dataset.clone();
        let columns = self.columns.entry(dataset).or_default();
        for (name, life) in columns.iter_mut() {
            life.is_there &= staged.schema.iter().any(|c| c.name == *name);
        }
        for column in &staged.schema {
            let life = columns
                .entry(column.name.clone())
                .or_insert_with(|| ColumnLife {
                    first: by,
                    changed: by,
                    ty: column.ty.clone(),
                    is_there: true,
                });
            if !life.is_there || life.ty != column.ty {
                life.changed = by;
                life.ty.clone_from(&column.ty);
                life.is_there = true;
            }
        }
    }

    /// The life of a column; None if it was never published.
    pub fn of(&self, dataset: &TransformName, column: &str) -> Option<&ColumnLife> {
        self.columns.get(dataset)?.get(column)
    }
}
