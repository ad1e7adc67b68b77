//! Runs that compute nothing: a day is taken out of what is published, or put back
//! as an earlier run had published it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};

use super::change_plan::{self, Found};
use super::context::{Context, PROGRAM};
use super::error::RunError;
use super::ground::{self, Ground, READER_TIMEOUT};
use super::held::settled_ground;
use super::plan_notes::stale_after;
use super::recover::{self, Finisher};
use super::run::{reached, read_transforms};
use super::snapshot_error::SnapshotError;
use super::staging::{self, remove_staging, staging_folder};
use super::summary::SharedJournal;
use super::{lock, state_file, transaction, vanished};
use crate::engine::warehouse::Warehouse;
use crate::failpoint::Failpoint;
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::{DroppedPartition, Owner, RunRecord, StagedPartition, TargetRecord};
use crate::model::names::TransformName;
use crate::model::run::{Known, RunKind, RunNumber, RunStatus};
use crate::model::summary::{ChangeSummary, PartitionChange, RecoveredRun};
use crate::model::token::{RandomId, WriterToken};
use crate::model::transform::Transforms;
use crate::project::TargetUrl;
use crate::snapshots::documents;
use crate::snapshots::stage::staged_file;
use crate::state::{NewRun, State};
use crate::store::{Store, files};

/// What becomes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is taken out of what is published.
    Drop,
    /// It is put back as it stood when this run had published.
    /// None: it is refused, with the runs that there are to choose from.
    Restore { run: Option<RunNumber> },
}

impl Change {
    /// The command, for messages.
    pub fn command(self) -> &'static str {
        match self {
            Self::Drop => "workbench snapshots drop",
            Self::Restore { .. } => "workbench snapshots restore",
        }
    }

    fn kind(self) -> RunKind {
        match self {
            Self::Drop => RunKind::Drop,
            Self::Restore { .. } => RunKind::Restore,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    pub change: Change,
    pub date: NaiveDate,
    /// Empty: all that there are.
    pub datasets: Vec<TransformName>,
    /// None: the project's.
    pub target: Option<TargetUrl>,
    /// How long to wait for who holds the project or the warehouse; as for an export.
    pub lock_timeout: Option<Duration>,
    /// What the user was shown and agreed to; None: whatever is found.
    pub agreed: Option<Vec<PartitionChange>>,
}

/// What would be done now. Changes nothing, and holds nothing.
///
/// # Errors
/// A day that is not there, or not to be had.
pub fn outlook(ctx: &Context, request: &ChangeRequest) -> Result<Vec<PartitionChange>, RunError> {
    let store = open(ctx, request)?;
    let published = crate::snapshots::Published::read(&*store)?;
    let found = change_plan::find(&*store, &published, request)?;
    Ok(found.into_iter().map(|f| f.change).collect())
}

/// The store, if anything was ever published there.
fn open(ctx: &Context, request: &ChangeRequest) -> Result<Arc<dyn Store>, RunError> {
    let target = request.target.as_ref().unwrap_or(&ctx.project.target);
    let store = ctx.store(target)?;
    match documents::read::<Owner>(&*store, documents::OWNER)? {
        Some(_) => Ok(store),
        None => Err(vanished::or_nothing_published(ctx, &*store)),
    }
}

/// Drops or puts back a day, in a run of its own.
///
/// # Errors
/// As for [`outlook`]; what keeps any run from being carried out; and
/// [`SnapshotError::ChangedMeanwhile`] if it is not what was agreed to.
pub fn carry_out(ctx: &Context, request: &ChangeRequest) -> Result<ChangeSummary, RunError> {
    let began = Instant::now();
    let store = open(ctx, request)?;
    let wait = request.lock_timeout.unwrap_or(Duration::ZERO);
    let _project = lock::take(ctx, request.change.command(), wait)?;
    reached(ctx, Failpoint::ProjectLocked)?;
    let state = state_file::open(ctx)?;
    // Nothing is computed, so nobody asks whether the SQL can be.
    let no_sql = Transforms::default();
    let project = state.project_id()?;
    if project.is_some() || !ctx.layout.warehouse().exists() {
        ground::owner(&*store, project.as_ref(), &no_sql)?;
    }
    let _target = lock::take_target(ctx, &*store, wait)?;
    reached(ctx, Failpoint::TargetLocked)?;
    let journal = SharedJournal::default();
    let readers = request.lock_timeout.unwrap_or(READER_TIMEOUT);
    let known = ground::Known::default();
    let (warehouse, ground) =
        settled_ground(ctx, &state, &store, &no_sql, readers, &journal, known)?;
    let recovered = journal.borrow_mut().summary().recovered;
    let (Some(warehouse), Some(owner)) = (warehouse, &ground.owner) else {
        return Err(RunError::NothingPublished { url: store.url() });
    };
    state.record_target(&owner.target, &store.url(), ctx.now())?;
    recover::catch_up(&state, &*store, &owner.target, &ground.published)?;
    let found = change_plan::find(&*store, &ground.published, request)?;
    let changes: Vec<PartitionChange> = found.iter().map(|f| f.change.clone()).collect();
    if request.agreed.as_ref().is_some_and(|a| *a != changes) {
        return Err(SnapshotError::ChangedMeanwhile { date: request.date }.into());
    }
    let mut summary = summary(ctx, request, &ground, changes, recovered);
    if !found.is_empty() {
        let run = Run {
            ctx,
            request,
            number: ground.next_run,
            target: owner.target.clone(),
            state: &state,
            store: &*store,
            started: ctx.now(),
        };
        summary.run = Some(run.number);
        run.carry_out(warehouse, &ground, &found)?;
        summary.seconds = began.elapsed().as_secs_f64();
        let told = serde_json::to_value(&summary).unwrap_or_default();
        state.finish_run(
            run.number,
            RunStatus::Succeeded,
            ctx.now(),
            None,
            Some(&told),
        )?;
    }
    summary.seconds = began.elapsed().as_secs_f64();
    Ok(summary)
}

fn summary(
    ctx: &Context,
    request: &ChangeRequest,
    ground: &Ground,
    changes: Vec<PartitionChange>,
    recovered: Vec<RecoveredRun>,
) -> ChangeSummary {
    let names: Vec<&TransformName> = changes.iter().map(|c| &c.id.dataset).collect();
    // SQL that cannot be understood now reads whatever it reads.
    let notes = read_transforms(ctx)
        .map(|transforms| stale_after(&transforms, &ground.published, request.date, &names))
        .unwrap_or_default();
    ChangeSummary {
        run: None,
        kind: request.change.kind(),
        ingest_date: request.date,
        as_of_run: match request.change {
            Change::Drop => None,
            Change::Restore { run } => run,
        },
        target: ground.store.url(),
        seconds: 0.0,
        partitions: changes,
        recovered,
        notes,
    }
}

/// A run that has something to do.
struct Run<'a> {
    ctx: &'a Context,
    request: &'a ChangeRequest,
    number: RunNumber,
    target: RandomId,
    state: &'a State,
    store: &'a dyn Store,
    started: DateTime<Utc>,
}

impl Run<'_> {
    fn carry_out(
        &self,
        warehouse: Warehouse,
        ground: &Ground,
        found: &[Found],
    ) -> Result<(), RunError> {
        let ctx = self.ctx;
        self.state.begin_run(&NewRun {
            number: self.number,
            kind: self.request.change.kind(),
            ingest_date: self.request.date,
            planned_on: ctx.today(),
            known: Known::Now,
            target_url: Some(self.store.url()),
            target_id: Some(self.target.clone()),
            started: self.started,
        })?;
        reached(ctx, Failpoint::RunPlanned)?;
        self.transact(warehouse, ground, found)
            .map_err(|error| self.end(error))
    }

    fn transact(
        &self,
        warehouse: Warehouse,
        ground: &Ground,
        found: &[Found],
    ) -> Result<(), RunError> {
        let ctx = self.ctx;
        self.state.set_status(self.number, RunStatus::Loading)?;
        let folder = staging::new_folder(ctx, self.store, self.number)?;
        let record = self.record(&warehouse, ground, found)?;
        ctx.step("stage");
        self.stage(&folder, found)?;
        if ctx.interrupt.is_requested() {
            return Err(RunError::Interrupted { run: None });
        }
        warehouse.session.batch("BEGIN")?;
        transaction::reached(ctx, Failpoint::WarehouseBegun)?;
        let ledger = transaction::commit(ctx, &warehouse, ground.ledger.clone(), &record)?;
        // Nobody needs the warehouse any more: readers may have it.
        drop(warehouse);
        let after = || -> Result<(), RunError> {
            ctx.step("publish");
            recover::in_step(self.state, &ledger, &Bookmarks::of(&ledger))?;
            self.state.record_committed(&record, ledger.end().0)?;
            reached(ctx, Failpoint::StatePublishing)?;
            let Some(target) = &record.target else {
                return Ok(());
            };
            let finisher = Finisher {
                ctx,
                state: self.state,
                store: self.store,
                ledger: &ledger,
            };
            match finisher.publish(&record, target, &ground.published)? {
                RunStatus::Abandoned => Err(RunError::Abandoned {
                    run: record.run,
                    by: "`runs abandon`".to_owned(),
                }),
                _ => Ok(()),
            }
        };
        after().map_err(|error| match error {
            RunError::Incomplete { .. } | RunError::Abandoned { .. } => error,
            other => transaction::incomplete(&record, other),
        })
    }

    fn record(
        &self,
        warehouse: &Warehouse,
        ground: &Ground,
        found: &[Found],
    ) -> Result<RunRecord, RunError> {
        let (mut partitions, mut dropped) = (Vec::new(), Vec::new());
        for Found { live, .. } in found {
            match self.request.change {
                Change::Drop => dropped.push(DroppedPartition::of(live)),
                Change::Restore { .. } => partitions.push(StagedPartition {
                    computed_known: Some(live.computed_known()),
                    ..live.partition.staged.clone()
                }),
            }
        }
        Ok(RunRecord {
            run: self.number,
            kind: self.request.change.kind(),
            token: WriterToken::new(self.number),
            ingest_date: self.request.date,
            planned_on: self.ctx.today(),
            known: Known::Now,
            started: self.started,
            program: PROGRAM.to_owned(),
            engine: format!("duckdb {}", warehouse.session.engine_version()?),
            target: Some(TargetRecord {
                id: self.target.clone(),
                url: self.store.url(),
                seq: ground.published.seq + 1,
                parent: ground.published.commit,
            }),
            sources: BTreeMap::new(),
            // It loads nothing: the next export tells how sources are defined.
            definitions: BTreeMap::new(),
            ended: ground.ended.clone(),
            transforms: Vec::new(),
            checks: Vec::new(),
            partitions,
            dropped,
        })
    }

    /// Copies what is put back into the staging folder. Kept bytes are not moved:
    /// they stay, whatever becomes of the key.
    fn stage(&self, folder: &Path, found: &[Found]) -> Result<(), RunError> {
        for Found { live, file, .. } in found {
            let Some(from) = file else { continue };
            let to = staged_file(folder, &live.partition.staged.id);
            let copied = std::fs::copy(from, &to).and_then(|_| File::open(&to)?.sync_all());
            copied.map_err(io(&to))?;
            transaction::reached(self.ctx, Failpoint::OutputStaged)?;
        }
        files::sync_folder(folder).map_err(io(folder))?;
        transaction::reached(self.ctx, Failpoint::StagingSynced)
    }

    /// Writes down how a run ended that did not do what it was asked for.
    fn end(&self, error: RunError) -> RunError {
        let committed = match &error {
            RunError::Incomplete { run, .. } | RunError::Abandoned { run, .. } => Some(*run),
            _ => None,
        };
        let interrupted = error.is_interrupt();
        if committed.is_none() {
            let why = match interrupted {
                true => "interrupted".to_owned(),
                false => error.to_string(),
            };
            // If this cannot be written either, the next run will find out.
            let (number, now) = (self.number, self.ctx.now());
            let _ = (self.state).finish_run(number, RunStatus::Failed, now, Some(&why), None);
            let _ = remove_staging(&staging_folder(self.ctx, self.store, number));
        }
        if interrupted {
            return RunError::Interrupted { run: committed };
        }
        error
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> RunError {
    let path: PathBuf = path.to_owned();
    move |source| RunError::Io { path, source }
}
