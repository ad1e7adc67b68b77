//! The second part of a run's transaction: what is published is computed and
//! checked, in a session that can reach nothing else.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::error::RunError;
use super::summary::told;
use super::transaction::{Done, Work};
use crate::engine::ErrorKind;
use crate::failpoint::Failpoint;
use crate::model::column::{self, Column};
use crate::model::commit::StagedPartition;
use crate::model::ledger::{Event, SchemaDrift};
use crate::model::names::SourceName;
use crate::model::partition::PartitionId;
use crate::model::plan::DatasetAction;
use crate::model::transform::{Relation, Schema, Transform, Transforms};
use crate::snapshots::stage::{BeingStaged, Stage, StageError, staged_file};
use crate::snapshots::views::Views;
use crate::snapshots::{Published, open};
use crate::store::files;
use crate::transforms;

impl Work<'_> {
    fn action(&self, dataset: &Transform) -> DatasetAction {
        self.plan
            .datasets
            .iter()
            .find(|d| d.name == dataset.name)
            .map_or(DatasetAction::Skipped, |d| d.action)
    }

    /// Where nothing is published: the checks on what was loaded.
    pub(super) fn inputs(&self, done: &mut Done) -> Result<(), RunError> {
        let stage = self.stage();
        self.warehouse.session.lock_down(&[], &[])?;
        self.check_inputs(&stage, done)?;
        Ok(stage.close()?)
    }

    fn stage(&self) -> Stage<'_> {
        Stage {
            session: &self.warehouse.session,
            transforms: self.transforms,
            folder: self.folder,
            ingest_date: self.plan.ingest_date,
            run: self.plan.run,
            progress: &*self.ctx.progress,
        }
    }

    fn check_inputs(&self, stage: &Stage<'_>, done: &mut Done) -> Result<(), RunError> {
        self.ctx.step("check");
        let located = |e| locate(self.transforms, e);
        stage.open().map_err(located)?;
        let checks = self.transforms.checks.iter();
        stage
            .check(checks.filter(|c| !reads_features(c)), &mut done.checks)
            .map_err(located)?;
        self.reached(Failpoint::ChecksPassed)
    }

    /// Closes the session to the world, then checks, computes, checks again.
    pub(super) fn outputs(&self, done: &mut Done) -> Result<(), RunError> {
        let session = &self.warehouse.session;
        let stage = self.stage();
        let views = Views {
            stage: &stage,
            store: &*self.ground.store,
            published: &self.ground.published,
        };
        let files = views.files(|d| self.action(d) == DatasetAction::Publish)?;
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        session.lock_down(&[self.folder], &files)?;
        let located = |e| locate(self.transforms, e);
        self.check_inputs(&stage, done)?;
        views.show_history()?;
        self.ctx.step("compute");
        let mut staged = Vec::new();
        for dataset in &self.transforms.features {
            staged.extend(self.dataset(&views, dataset, done)?);
        }
        let on_features = |check: &&Transform| {
            reads_features(check) && check.reads.iter().all(|r| self.is_shown(&views, r))
        };
        let checks = self.transforms.checks.iter();
        stage
            .check(checks.filter(on_features), &mut done.checks)
            .map_err(located)?;
        let mut raw = self.plan.generations.clone();
        for (source, generation) in &done.generations {
            raw.insert(source.clone(), *generation);
        }
        for partition in staged {
            done.partitions.push(StagedPartition {
                raw: raw.clone(),
                ..partition.finish()?
            });
        }
        self.reached(Failpoint::OutputsChecked)?;
        self.repairs(done)?;
        sync_folder(self.folder)?;
        self.reached(Failpoint::StagingSynced)?;
        Ok(stage.close()?)
    }

    fn is_shown(&self, views: &Views<'_>, relation: &Relation) -> bool {
        relation.schema != Schema::Features
            || self
                .transforms
                .feature(&relation.name)
                .is_some_and(|d| match self.action(d) {
                    DatasetAction::Publish => true,
                    DatasetAction::Unchanged => views.of_the_day(d).is_some(),
                    // What it holds may be of another state of the data.
                    DatasetAction::Skipped => false,
                })
    }

    fn dataset(
        &self,
        views: &Views<'_>,
        dataset: &Transform,
        done: &Done,
    ) -> Result<Option<BeingStaged>, RunError> {
        let plan = self.plan.datasets.iter().find(|d| d.name == dataset.name);
        let Some(plan) = plan.filter(|d| d.action == DatasetAction::Publish) else {
            if let Some(live) = views.of_the_day(dataset) {
                views.show_feature(dataset, live)?;
            }
            return Ok(None);
        };
        let mut inputs = plan.inputs.clone();
        for (source, generation) in &mut inputs.generations {
            *generation = done.generations.get(source).copied().unwrap_or(*generation);
        }
        let staged = views
            .stage
            .dataset(dataset, plan.revision, inputs)
            .map_err(|e| locate(self.transforms, e))?;
        let shape = staged.shape();
        let events = done.loaded.values().flat_map(|l| &l.events);
        let widened: Vec<_> = events
            .filter_map(|event| match event {
                Event::Drifted {
                    source,
                    drift: drift @ SchemaDrift::Widened { .. },
                } => Some((source, drift)),
                _ => None,
            })
            .collect();
        let published = &self.ground.published;
        refuse_broken_shape(published, &shape.id, &shape.schema, &shape.key, &widened)?;
        Ok(Some(staged))
    }

    /// Bytes that are put back where an abandoned run left others.
    fn repairs(&self, done: &mut Done) -> Result<(), RunError> {
        for repair in &self.plan.repairs {
            let id = &repair.partition.id;
            let Some(live) = self.ground.published.partitions.get(id) else {
                continue;
            };
            let from = open::file_of(&*self.ground.store, live)?;
            let to = staged_file(self.folder, id);
            let io = |source| RunError::Io {
                path: to.clone(),
                source,
            };
            std::fs::copy(&from, &to).map_err(io)?;
            File::open(&to).and_then(|f| f.sync_all()).map_err(io)?;
            done.partitions.push(repair.partition.clone());
        }
        Ok(())
    }
}

fn reads_features(check: &Transform) -> bool {
    check
        .reads
        .iter()
        .any(|r| matches!(r.schema, Schema::Features | Schema::History))
}

/// Readers of a version must go on reading it.
///
/// # Errors
/// [`RunError::BrokenShape`] if the new schema or key breaks them. It names the
/// columns of sources that were `widened`, for that may be why.
pub fn refuse_broken_shape(
    published: &Published,
    id: &PartitionId,
    schema: &[Column],
    key: &[String],
    widened: &[(&SourceName, &SchemaDrift)],
) -> Result<(), RunError> {
    let newest = published
        .partitions
        .iter()
        .filter(|(other, _)| other.dataset == id.dataset && other.version == id.version)
        .map(|(_, live)| live)
        // A day that was put back has the shape of its time.
        .max_by_key(|l| (l.partition.staged.computed_by, l.seq));
    let Some(newest) = newest else {
        return Ok(());
    };
    let before = &newest.partition.staged;
    let mut breaks = column::breaks(&before.schema, schema);
    if before.key != key {
        breaks.push(column::Break::Rekeyed {
            from: before.key.join(", "),
            to: key.join(", "),
        });
    }
    if breaks.is_empty() {
        return Ok(());
    }
    Err(RunError::BrokenShape {
        dataset: id.dataset.clone(),
        version: id.version,
        breaks,
        widened: widened
            .iter()
            .map(|(source, drift)| told(source, drift))
            .collect(),
    })
}

/// Puts an error of the engine at its place in the file it comes from.
pub fn locate(transforms: &Transforms, error: StageError) -> RunError {
    if let StageError::Transform { kind, name, error } = &error
        && error.kind == ErrorKind::Statement
        && let Some(transform) = transforms
            .all()
            .find(|t| t.kind == *kind && t.name == *name)
    {
        return RunError::Sql {
            message: error.message.clone(),
            at: transforms::locate(transform, error.position.unwrap_or(0)),
        };
    }
    error.into()
}

fn sync_folder(folder: &Path) -> Result<(), RunError> {
    files::sync_folder(folder).map_err(|source| RunError::Io {
        path: folder.to_owned(),
        source,
    })
}
