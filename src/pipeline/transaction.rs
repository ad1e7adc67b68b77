//! The one transaction of a run: load, check, compute, record.
//!
//! Until its COMMIT the run can vanish without a trace; after it, it will be
//! completed. Whether it took place only the ledger says.

use std::collections::BTreeMap;
use std::path::Path;

use super::context::{Context, PROGRAM};
use super::error::RunError;
use super::ground::Ground;
use super::{plan, told};
use crate::engine::warehouse::{self, Warehouse};
use crate::engine::{EngineError, ErrorKind};
use crate::failpoint::{self, Failpoint};
use crate::ingest::careful::Careful;
use crate::ingest::load::Loaded;
use crate::ingest::load_error::LoadError;
use crate::model::commit::{
    CheckOutcome, RunRecord, StagedPartition, TargetRecord, TransformRecord,
};
use crate::model::hash::ContentHash;
use crate::model::input_file::ScannedFile;
use crate::model::ledger::{Entry, Event, Ledger};
use crate::model::names::SourceName;
use crate::model::plan::Plan;
use crate::model::run::{Known, RunKind, RunNumber};
use crate::model::token::{RandomId, WriterToken};
use crate::model::transform::Transforms;

/// What goes into a transaction.
pub struct Work<'a> {
    pub ctx: &'a Context,
    pub warehouse: &'a Warehouse,
    pub ground: &'a Ground,
    pub transforms: &'a Transforms,
    pub plan: &'a Plan,
    pub scanned: &'a BTreeMap<SourceName, Vec<ScannedFile>>,
    /// Where outputs are staged.
    pub folder: &'a Path,
    pub accept_drop: bool,
    /// The identity of the target; None if nothing is published.
    pub target: Option<&'a RandomId>,
    pub started: chrono::DateTime<chrono::Utc>,
}

/// What came out of it, before its COMMIT.
#[derive(Debug, Default)]
pub struct Done {
    pub loaded: BTreeMap<SourceName, Loaded>,
    /// Of the sources that were loaded.
    pub generations: BTreeMap<SourceName, ContentHash>,
    pub checks: Vec<CheckOutcome>,
    pub partitions: Vec<StagedPartition>,
}

impl Work<'_> {
    /// Runs everything between BEGIN and COMMIT. On an error the caller rolls
    /// back.
    ///
    /// # Errors
    /// Whatever refuses the run.
    pub fn compute(&self) -> Result<Done, RunError> {
        let session = &self.warehouse.session;
        let mut done = self.begin()?;
        self.reached(Failpoint::LoadRecorded)?;
        self.show_raw(self.plan.known)?;
        session.define_run_date(self.plan.ingest_date)?;
        match self.target {
            Some(_) => self.outputs(&mut done)?,
            None => self.inputs(&mut done)?,
        }
        self.show_raw(Known::Now)?;
        Ok(done)
    }

    /// Begins the transaction, and loads. A statement that fails loses the
    /// transaction: where a file needs a careful look, there is a second one.
    fn begin(&self) -> Result<Done, RunError> {
        let mut careful = Careful::default();
        let copies = self.ctx.layout.copies();
        loop {
            remove_folder(&copies)?;
            self.warehouse.session.batch("BEGIN")?;
            self.reached(Failpoint::WarehouseBegun)?;
            let mut done = Done::default();
            self.ctx.step("load");
            let loaded = self.load(&mut done, &careful);
            remove_folder(&copies)?;
            match loaded {
                Err(RunError::Load(LoadError::NotPlain { source_name, path })) => {
                    self.warehouse.session.batch("ROLLBACK")?;
                    careful.learn(&source_name, &path);
                    self.try_all(&mut careful)?;
                }
                loaded => return loaded.map(|()| done),
            }
        }
    }

    pub(super) fn reached(&self, failpoint: Failpoint) -> Result<(), RunError> {
        reached(self.ctx, failpoint)
    }

    /// Adds one event to the ledger, behind `end`; returns its new end.
    pub(super) fn append(
        &self,
        end: (u64, ContentHash),
        event: Event,
    ) -> Result<(u64, ContentHash), RunError> {
        append(self.warehouse, self.plan.run, end, event)
    }

    fn show_raw(&self, known: Known) -> Result<(), RunError> {
        let run = match known {
            Known::Now => None,
            Known::AtRun(run) => Some(run),
        };
        if run.is_none() && self.plan.known == Known::Now {
            return Ok(());
        }
        for source in &self.ctx.project.sources {
            warehouse::show_raw(&self.warehouse.session, source.name.as_str(), run)?;
        }
        Ok(())
    }

    /// Records the run in the ledger and commits. Returns its record and the
    /// ledger as it is now, read back on a new connection.
    ///
    /// # Errors
    /// [`RunError::CommitLost`] if the COMMIT took no effect, whatever it said.
    pub fn commit(
        &self,
        done: &Done,
        token: &WriterToken,
    ) -> Result<(RunRecord, Ledger), RunError> {
        let record = self.record(done, token)?;
        let known = self.ground.ledger.clone();
        let ledger = commit(self.ctx, self.warehouse, known, &record)?;
        let loaded: u64 = done.loaded.values().map(|l| l.events.len() as u64).sum();
        debug_assert_eq!(
            ledger.entries.len() as u64,
            self.ground.ledger.entries.len() as u64 + loaded + 1
        );
        Ok((record, ledger))
    }

    fn record(&self, done: &Done, token: &WriterToken) -> Result<RunRecord, RunError> {
        let published = &self.ground.published;
        Ok(RunRecord {
            run: self.plan.run,
            kind: RunKind::Export,
            token: token.clone(),
            ingest_date: self.plan.ingest_date,
            planned_on: self.plan.planned_on,
            known: self.plan.known,
            started: self.started,
            program: PROGRAM.to_owned(),
            engine: format!("duckdb {}", self.warehouse.session.engine_version()?),
            target: self
                .target
                .filter(|_| !done.partitions.is_empty() || !self.plan.removals.is_empty())
                .map(|id| TargetRecord {
                    id: id.clone(),
                    url: self.ground.store.url(),
                    seq: published.seq + 1,
                    parent: published.commit,
                }),
            sources: self
                .ctx
                .project
                .sources
                .iter()
                .map(|s| (s.name.clone(), s.fingerprint()))
                .collect(),
            definitions: told::definitions(&self.ctx.project.sources, &self.ground.ledger),
            ended: self.ground.ended.clone(),
            transforms: records(self.transforms, &self.ground.ledger),
            checks: done.checks.clone(),
            partitions: done.partitions.clone(),
            dropped: self.plan.removals.clone(),
        })
    }
}

/// Records a run in the ledger, as the last thing of the open transaction, and
/// commits. Returns the ledger as it is now, read back on a new connection; what is
/// `known` of it is not read again.
///
/// # Errors
/// As for [`Work::commit`].
pub fn commit(
    ctx: &Context,
    warehouse: &Warehouse,
    known: Ledger,
    record: &RunRecord,
) -> Result<Ledger, RunError> {
    let ledger = warehouse.ledger_after(known)?;
    let end = ledger.end();
    append(
        warehouse,
        record.run,
        end,
        Event::Run(Box::new(record.clone())),
    )?;
    reached(ctx, Failpoint::RunRecorded)?;
    ctx.step("commit");
    let session = &warehouse.session;
    let answer = session.shielded(|s| s.batch("COMMIT"));
    // If even that cannot be read, it may be committed: the next run sees.
    let ledger = warehouse
        .reread(ledger)
        .map_err(|e| incomplete(record, e.into()))?;
    let ours = ledger.run(record.run);
    if ours.is_none_or(|(_, found)| found.token != record.token) {
        return Err(match answer {
            Err(error) => error.into(),
            Ok(()) => RunError::CommitLost { run: record.run },
        });
    }
    reached(ctx, Failpoint::WarehouseCommitted).map_err(|e| incomplete(record, e))?;
    session
        .shielded(|s| s.batch("CHECKPOINT"))
        .map_err(|e| incomplete(record, e.into()))?;
    reached(ctx, Failpoint::WarehouseCheckpointed).map_err(|e| incomplete(record, e))?;
    Ok(ledger)
}

fn append(
    warehouse: &Warehouse,
    run: RunNumber,
    end: (u64, ContentHash),
    event: Event,
) -> Result<(u64, ContentHash), RunError> {
    let entry = Entry::following((end.0, &end.1), run, event)
        .map_err(|e| EngineError::new(ErrorKind::Other, e.to_string()))?;
    let end = (entry.seq, entry.head);
    warehouse.append(&[entry])?;
    Ok(end)
}

pub(super) fn reached(ctx: &Context, failpoint: Failpoint) -> Result<(), RunError> {
    failpoint::reached(failpoint).map_err(|source| RunError::Io {
        path: ctx.layout.warehouse(),
        source,
    })
}

fn remove_folder(folder: &Path) -> Result<(), RunError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(RunError::Io {
            path: folder.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Wraps an error after COMMIT: the run will be completed.
pub fn incomplete(record: &RunRecord, error: RunError) -> RunError {
    RunError::Incomplete {
        run: record.run,
        source: Box::new(error),
    }
}

fn records(transforms: &Transforms, ledger: &Ledger) -> Vec<TransformRecord> {
    transforms
        .all()
        .map(|t| TransformRecord {
            kind: t.kind,
            name: t.name.clone(),
            fingerprint: t.fingerprint,
            revision: plan::has_revision(t.kind).then(|| plan::revision(ledger, transforms, t)),
            text: t.text.clone(),
        })
        .collect()
}
