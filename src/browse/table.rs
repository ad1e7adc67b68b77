//! Rows that can be looked at: one partition, exactly the bytes that its commit
//! names, or what a query answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::BrowseError;
use super::kept::Kept;
use crate::engine::{Session, parquet, quote};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::hash::ContentHash;
use crate::model::partition::PartitionId;
use crate::model::run::RunNumber;
use crate::snapshots::{PublishError, open};
use crate::store::Store;

/// Rows that can be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub origin: Origin,
    /// No two have one name, whatever its case.
    pub columns: Vec<Column>,
    /// Names of columns. Empty: no row is known by its values.
    pub key: Vec<String>,
    pub rows: u64,
}

/// Where the rows are from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    Partition(Opened),
    Answer(Arc<Kept>),
}

/// A partition whose file was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    pub id: PartitionId,
    pub run: RunNumber,
    pub revision: u32,
    pub hash: ContentHash,
    path: PathBuf,
}

/// Names the rows: what is computed from them can be kept under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Of a partition, by its bytes.
    Content(ContentHash),
    /// Of an answer, by its number in this process.
    Answer(u64),
}

impl Table {
    /// Finds the file of a partition.
    ///
    /// # Errors
    /// [`PublishError::Replaced`] if its bytes are gone.
    pub fn open(store: &dyn Store, live: &LivePartition) -> Result<Self, PublishError> {
        let staged = &live.partition.staged;
        Ok(Self {
            origin: Origin::Partition(Opened {
                id: staged.id.clone(),
                run: live.run,
                revision: staged.revision,
                hash: staged.blake3,
                path: open::file_of(store, live)?,
            }),
            columns: staged.schema.clone(),
            key: staged.key.clone(),
            rows: staged.rows,
        })
    }

    /// The partition that it is; None if it is an answer.
    pub fn partition(&self) -> Option<&Opened> {
        match &self.origin {
            Origin::Partition(opened) => Some(opened),
            Origin::Answer(_) => None,
        }
    }

    /// Names its rows.
    pub fn identity(&self) -> Identity {
        match &self.origin {
            Origin::Partition(opened) => Identity::Content(opened.hash),
            Origin::Answer(kept) => Identity::Answer(kept.number()),
        }
    }

    /// Where the file of a partition lies.
    pub fn path(&self) -> Option<&Path> {
        self.partition().map(|opened| opened.path.as_path())
    }

    /// Makes it known to another engine than that of the browser, if it
    /// [is in a file](Table::is_in_file).
    ///
    /// # Errors
    /// Any error of the engine.
    pub(super) fn attach(&self, session: &Session) -> Result<(), BrowseError> {
        match &self.origin {
            Origin::Partition(_) => Ok(()),
            Origin::Answer(kept) => kept.attach(session, "READ_ONLY"),
        }
    }

    /// Whether another engine than that of the browser can read it.
    pub(super) fn is_in_file(&self) -> bool {
        match &self.origin {
            Origin::Partition(_) => true,
            Origin::Answer(kept) => kept.is_in_file(),
        }
    }

    /// An expression for FROM that reads it.
    pub fn scan(&self) -> String {
        match &self.origin {
            Origin::Partition(opened) => parquet::scan(&opened.path),
            Origin::Answer(kept) => kept.place(),
        }
    }

    /// The same, with each row's position from 0 as the column [`Table::position`].
    pub fn numbered(&self) -> String {
        let position = self.position();
        match &self.origin {
            Origin::Partition(opened) => {
                let path = quote::literal(&opened.path.to_string_lossy());
                format!(
                    "(SELECT * RENAME (file_row_number AS {position}) FROM \
                     read_parquet({path}, hive_partitioning = false, file_row_number = true))"
                )
            }
            Origin::Answer(kept) => {
                format!("(SELECT *, rowid AS {position} FROM {})", kept.place())
            }
        }
    }

    /// A name for the position of a row that no column has.
    pub fn position(&self) -> String {
        let mut name = "_position".to_owned();
        while self
            .columns
            .iter()
            .any(|c| c.name.eq_ignore_ascii_case(&name))
        {
            name.push('_');
        }
        quote::ident(&name)
    }
}
