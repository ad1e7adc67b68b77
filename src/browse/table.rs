//! One partition, opened: exactly the bytes that its commit names.

use std::path::PathBuf;

use crate::engine::{parquet, quote};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::hash::ContentHash;
use crate::model::partition::PartitionId;
use crate::model::run::RunNumber;
use crate::snapshots::{PublishError, open};
use crate::store::Store;

/// One partition, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub id: PartitionId,
    pub run: RunNumber,
    pub revision: u32,
    /// Names the bytes: what is computed from them can be kept under it.
    pub hash: ContentHash,
    pub columns: Vec<Column>,
    pub key: Vec<String>,
    pub rows: u64,
    path: PathBuf,
}

impl Table {
    /// Finds the file of a partition.
    ///
    /// # Errors
    /// [`PublishError::Replaced`] if its bytes are gone.
    pub fn open(store: &dyn Store, live: &LivePartition) -> Result<Self, PublishError> {
        let staged = &live.partition.staged;
        Ok(Self {
            id: staged.id.clone(),
            run: live.run,
            revision: staged.revision,
            hash: staged.blake3,
            columns: staged.schema.clone(),
            key: staged.key.clone(),
            rows: staged.rows,
            path: open::file_of(store, live)?,
        })
    }

    /// Where its file lies.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// An expression for FROM that reads it.
    pub fn scan(&self) -> String {
        parquet::scan(&self.path)
    }

    /// The same, with each row's position from 0 as the column [`Table::position`].
    pub fn numbered(&self) -> String {
        let path = quote::literal(&self.path.to_string_lossy());
        let position = self.position();
        format!(
            "(SELECT * RENAME (file_row_number AS {position}) FROM \
             read_parquet({path}, hive_partitioning = false, file_row_number = true))"
        )
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
