//! What a computing session sees beside raw and staging: earlier days as
//! `history.<name>`, and datasets of the day as `features.<name>`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::PublishError;
use super::open;
use super::published::Published;
use super::stage::{Stage, StageError};
use crate::engine::parquet;
use crate::model::commit::LivePartition;
use crate::model::partition::PartitionId;
use crate::model::transform::{Schema, Transform};
use crate::store::Store;

/// What is published, for a session that computes.
pub struct Views<'a> {
    pub stage: &'a Stage<'a>,
    pub store: &'a dyn Store,
    pub published: &'a Published,
}

/// Why a view could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl<'a> Views<'a> {
    /// The days before the ingest date of a dataset that some SQL reads back.
    pub fn history_of(&self, dataset: &Transform) -> Vec<&'a LivePartition> {
        if !self.reads_history_of(dataset) {
            return Vec::new();
        }
        open::history(
            self.published,
            &dataset.name,
            dataset.header.version,
            Some(self.stage.ingest_date),
        )
    }

    fn reads_history_of(&self, dataset: &Transform) -> bool {
        self.stage.transforms.all().any(|t| {
            t.reads
                .iter()
                .any(|r| r.schema == Schema::History && r.name == dataset.name.as_str())
        })
    }

    /// What is published of a dataset on the ingest date.
    pub fn of_the_day(&self, dataset: &Transform) -> Option<&'a LivePartition> {
        self.published.partitions.get(&PartitionId {
            dataset: dataset.name.clone(),
            version: dataset.header.version,
            ingest_date: self.stage.ingest_date,
        })
    }

    /// All published files that the session may have to open: earlier days, and
    /// datasets of the day that are not computed anew.
    ///
    /// # Errors
    /// [`PublishError::Replaced`] if one is not to be had.
    pub fn files(
        &self,
        is_computed: impl Fn(&Transform) -> bool,
    ) -> Result<Vec<PathBuf>, PublishError> {
        let mut days = Vec::new();
        for dataset in &self.stage.transforms.features {
            days.extend(self.history_of(dataset));
            days.extend(self.of_the_day(dataset).filter(|_| !is_computed(dataset)));
        }
        open::bring(self.store, &days)?;
        let files = days.into_iter();
        files.map(|live| open::file_of(self.store, live)).collect()
    }

    /// Shows a published partition as `features.<name>`.
    ///
    /// # Errors
    /// As for [`Views::files`].
    pub fn show_feature(&self, dataset: &Transform, live: &LivePartition) -> Result<(), ViewError> {
        let file = open::file_of(self.store, live)?;
        let select = format!("SELECT * FROM {}", parquet::scan(&file));
        self.show(Schema::Features, dataset, &select)
    }

    fn show(&self, schema: Schema, dataset: &Transform, select: &str) -> Result<(), ViewError> {
        Ok(self
            .stage
            .show(schema, dataset.name.as_str(), select)
            .map_err(StageError::from)?)
    }

    /// Shows `history.<name>` of every dataset that is read back. One without
    /// an earlier day has its columns and no rows.
    ///
    /// # Errors
    /// [`StageError::NoHistoryYet`] where the columns cannot be known.
    pub fn show_history(&self) -> Result<(), ViewError> {
        let mut without = BTreeSet::new();
        for dataset in &self.stage.transforms.features {
            let days = self.history_of(dataset);
            if let Some((select, _)) = open::select_days(self.store, &days)? {
                self.show(Schema::History, dataset, &select)?;
            } else if self.reads_history_of(dataset) {
                without.insert(dataset.name.as_str());
            }
        }
        if without.is_empty() {
            return Ok(());
        }
        self.show_empty(without)
    }

    /// Columns come from the SQL of the dataset, over empty stand-ins of what it
    /// reads; the stand-ins are replaced when the datasets are computed.
    fn show_empty(&self, mut without: BTreeSet<&'a str>) -> Result<(), ViewError> {
        let mut waiting: Vec<&'a Transform> = self.stage.transforms.features.iter().collect();
        let mut shown = BTreeSet::new();
        loop {
            let ready = waiting.iter().position(|d| {
                d.reads.iter().all(|r| match r.schema {
                    Schema::Features => shown.contains(r.name.as_str()),
                    Schema::History => !without.contains(r.name.as_str()),
                    Schema::Raw | Schema::Staging => true,
                })
            });
            let Some(dataset) = ready.map(|at| waiting.remove(at)) else {
                break;
            };
            let name = dataset.name.as_str();
            let empty = format!("(\n{}\n) LIMIT 0", dataset.sql);
            self.show(Schema::Features, dataset, &format!("SELECT * FROM {empty}"))?;
            shown.insert(name);
            if without.remove(name) {
                let select = format!("SELECT *, CAST(NULL AS DATE) AS ingest_date FROM {empty}");
                self.show(Schema::History, dataset, &select)?;
            }
        }
        match waiting.first() {
            None => Ok(()),
            Some(dataset) => Err(StageError::NoHistoryYet {
                dataset: dataset.name.clone(),
                day: self.stage.ingest_date,
            }
            .into()),
        }
    }
}
