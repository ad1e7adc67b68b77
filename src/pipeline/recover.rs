//! Finishing what a killed run began: completing it if the warehouse committed
//! it, undoing it if not.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::error::RunError;
use super::ground::{self, Ground};
use super::restage;
use super::transaction;
use crate::engine::Dialect;
use crate::failpoint::{self, Failpoint};
use crate::model::commit::{Checkpoint, Commit, Intent, RunRecord, StagedPartition, TargetRecord};
use crate::model::hash::ContentHash;
use crate::model::ledger::{Event, Ledger};
use crate::model::names::SourceName;
use crate::model::plan::Recovery;
use crate::model::run::RunStatus;
use crate::model::summary::RecoveredRun;
use crate::model::token::RandomId;
use crate::model::transform::Transforms;
use crate::project::TargetUrl;
use crate::snapshots::abandon::{self, GivenUp};
use crate::snapshots::documents::{self, checkpoint_key, commit_key};
use crate::snapshots::publish::{self, LedgerSince, Outcome, Publisher, Staged, StagedFiles};
use crate::snapshots::stage::staged_file;
use crate::snapshots::{PublishError, Published};
use crate::state::State;
use crate::store::{Store, StoreLock};
use crate::transforms::{self, SqlFile};

/// Settles all runs that died, oldest first. The warehouse must be closed: it
/// is opened here if staged files have to be made again.
///
/// # Errors
/// Whatever keeps a committed run from being completed now.
pub fn recover(
    ctx: &Context,
    state: &State,
    ground: &Ground,
) -> Result<Vec<RecoveredRun>, RunError> {
    let mut settled = Vec::new();
    state.sync_bookmarks(
        &ground.bookmarks,
        &ground.ledger.head(),
        ground.ledger.end().0,
    )?;
    for recovery in &ground.recoveries {
        if ctx.interrupt.is_requested() {
            return Err(RunError::Interrupted { run: None });
        }
        let status = if recovery.complete {
            complete(ctx, state, ground, recovery)?
        } else {
            undo(ctx, state, ground, recovery)?
        };
        settled.push(RecoveredRun {
            run: recovery.run,
            ingest_date: recovery.ingest_date,
            status,
        });
    }
    Ok(settled)
}

fn undo(
    ctx: &Context,
    state: &State,
    ground: &Ground,
    recovery: &Recovery,
) -> Result<RunStatus, RunError> {
    state.finish_run(
        recovery.run,
        RunStatus::Undone,
        ctx.now(),
        Some("it died before the warehouse committed it; nothing of it remains"),
        None,
    )?;
    remove_staging(&staging_folder(ctx, &*ground.store, recovery.run))?;
    ctx.note(format!(
        "run {} died before it changed anything; {} has no snapshot from it",
        recovery.run, recovery.ingest_date
    ));
    Ok(RunStatus::Undone)
}

fn complete(
    ctx: &Context,
    state: &State,
    ground: &Ground,
    recovery: &Recovery,
) -> Result<RunStatus, RunError> {
    let Some((seq, record)) = ground.ledger.run(recovery.run) else {
        return Err(RunError::NoSuchRun { run: recovery.run });
    };
    state.record_committed(record, seq)?;
    if ground.ledger.is_abandoned(record.run) {
        state.finish_run(record.run, RunStatus::Abandoned, ctx.now(), None, None)?;
        return Ok(RunStatus::Abandoned);
    }
    let Some(target) = &record.target else {
        state.finish_run(record.run, RunStatus::Succeeded, ctx.now(), None, None)?;
        return Ok(RunStatus::Succeeded);
    };
    ctx.note(format!(
        "completing run {} of {}, which died after its commit",
        record.run, record.ingest_date
    ));
    let (store, _lock) = store_of(ctx, ground, target)?;
    state.record_target(&target.id, &store.url(), ctx.now())?;
    let published = Published::read(&*store)?;
    Finisher {
        ctx,
        state,
        store: &*store,
        ledger: &ground.ledger,
    }
    .publish(record, target, &published)
}

/// A store, and its lock if it is not the target at hand, which is locked already.
type LockedStore = (Arc<dyn Store>, Option<Box<dyn StoreLock>>);

/// The store a run publishes to: the one at hand, or another target's.
fn store_of(
    ctx: &Context,
    ground: &Ground,
    target: &TargetRecord,
) -> Result<LockedStore, RunError> {
    if ground.owner.as_ref().is_some_and(|o| o.target == target.id) {
        return Ok((ground.store.clone(), None));
    }
    let url = TargetUrl::parse(&target.url, &ctx.project.root)
        .map_err(|e| RunError::Disagreement(e.to_string()))?;
    let store = ctx.store(&url)?;
    let lock = store.lock()?;
    let owner = ground::owner(&*store, ground.project.as_ref(), &Transforms::default())?;
    if owner.is_none_or(|o| o.target != target.id) {
        return Err(RunError::Disagreement(format!(
            "the target `{}` is not the one that its unfinished run published to: \
             it was emptied or replaced",
            target.url
        )));
    }
    Ok((store, Some(lock)))
}

/// Carries a committed run through steps 6 to 9 of the protocol.
pub struct Finisher<'a> {
    pub ctx: &'a Context,
    pub state: &'a State,
    pub store: &'a dyn Store,
    pub ledger: &'a Ledger,
}

impl Finisher<'_> {
    /// Publishes the run's partitions and records the outcome in state.
    ///
    /// # Errors
    /// [`RunError::Incomplete`] with what kept it from being done.
    pub fn publish(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
        published: &Published,
    ) -> Result<RunStatus, RunError> {
        self.try_publish(record, target, published)
            .map_err(|error| match error {
                RunError::Abandoned { .. } => error,
                error => transaction::incomplete(record, error),
            })
    }

    fn try_publish(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
        published: &Published,
    ) -> Result<RunStatus, RunError> {
        let ctx = self.ctx;
        catch_up(self.state, self.store, &target.id, published)?;
        let folder = staging_folder(ctx, self.store, record.run);
        let staging = Staging {
            ctx,
            store: self.store,
            published,
            record,
            folder: &folder,
        };
        let publisher = Publisher {
            store: self.store,
            staged: &staging,
            progress: &*ctx.progress,
            interrupt: &ctx.interrupt,
            host: ctx.host.clone(),
            now: ctx.now(),
        };
        let since = since(self.ledger, record, published.head_seq);
        match publisher.publish(record, target, &since)? {
            Outcome::Published(commit) => self.succeed(record, target, &commit, &folder),
            Outcome::Overtaken { run, token, .. } => {
                self.state.finish_run(
                    record.run,
                    RunStatus::Abandoned,
                    ctx.now(),
                    Some(&format!("overtaken by run {run} (writer `{token}`)")),
                    None,
                )?;
                remove_staging(&folder)?;
                if token == record.token {
                    return Ok(RunStatus::Abandoned);
                }
                Err(RunError::Abandoned {
                    run: record.run,
                    by: format!("run {run} (writer `{token}`)"),
                })
            }
        }
    }

    fn succeed(
        &self,
        record: &RunRecord,
        target: &TargetRecord,
        commit: &Commit,
        folder: &Path,
    ) -> Result<RunStatus, RunError> {
        self.state.record_commit(&target.id, commit)?;
        self.state
            .finish_run(record.run, RunStatus::Succeeded, self.ctx.now(), None, None)?;
        self.reached(Failpoint::StateSucceeded)?;
        remove_staging(folder)?;
        self.reached(Failpoint::StagingRemoved)?;
        let published = Published::read(self.store)?;
        publish::write_checkpoint(self.store, &published, &record.token)?;
        Ok(RunStatus::Succeeded)
    }

    fn reached(&self, failpoint: Failpoint) -> Result<(), RunError> {
        failpoint::reached(failpoint).map_err(|source| RunError::Io {
            path: self.ctx.layout.state(),
            source,
        })
    }
}

/// Brings state's copy of a target's commits up to date: those of another copy
/// of the project, and `abandoned` ones, were not recorded when they were put.
///
/// # Errors
/// Of reading the target and of state.
pub fn catch_up(
    state: &State,
    store: &dyn Store,
    target: &RandomId,
    published: &Published,
) -> Result<(), RunError> {
    let mut newest = state.newest_seq(target)?;
    if newest < published.checkpoint
        && let Some((checkpoint, _)) =
            documents::read::<Checkpoint>(store, &checkpoint_key(published.checkpoint))?
    {
        state.record_checkpoint(target, &checkpoint)?;
        newest = published.checkpoint;
    }
    for seq in newest + 1..=published.seq {
        if let Some((commit, _)) = documents::read::<Commit>(store, &commit_key(seq))? {
            state.record_commit(target, &commit)?;
        }
    }
    Ok(())
}

/// The events that a target has not been told of, up to a run's own.
fn since(ledger: &Ledger, record: &RunRecord, told: u64) -> LedgerSince {
    let end = ledger
        .entries
        .iter()
        .find(|e| matches!(&e.event, Event::Run(r) if r.run == record.run));
    let head_seq = end.map_or(told, |e| e.seq);
    LedgerSince {
        events: ledger
            .entries
            .iter()
            .filter(|e| e.seq > told && e.seq <= head_seq)
            .map(|e| crate::model::commit::CarriedEvent {
                seq: e.seq,
                run: e.run,
                text: e.text.clone(),
            })
            .collect(),
        head: end.map_or_else(|| ledger.head(), |e| e.head),
        head_seq,
    }
}

/// Closes the open intent of a run that was given up while its target could not
/// be reached.
///
/// # Errors
/// Only of the store.
pub fn close_given_up(ctx: &Context, ground: &Ground, intent: &Intent) -> Result<(), RunError> {
    let Some((_, record)) = ground.ledger.run(intent.run) else {
        return Err(RunError::NoSuchRun { run: intent.run });
    };
    let given_up = GivenUp::of(record);
    abandon::close(
        &*ground.store,
        &ground.published,
        intent.seq,
        &given_up,
        ctx.now(),
    )?;
    Ok(())
}

/// Where a run stages its files.
pub fn staging_folder(ctx: &Context, store: &dyn Store, run: u64) -> PathBuf {
    store
        .staging()
        .unwrap_or_else(|| ctx.layout.staging())
        .join(run.to_string())
}

/// Removes a run's staging folder; that it is not there is fine.
///
/// # Errors
/// Any other failure of the file system.
pub fn remove_staging(folder: &Path) -> Result<(), RunError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RunError::Io {
            path: folder.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}

/// The staged files of a run: where they were put, kept, or made again.
struct Staging<'a> {
    ctx: &'a Context,
    store: &'a dyn Store,
    published: &'a Published,
    record: &'a RunRecord,
    folder: &'a Path,
}

impl StagedFiles for Staging<'_> {
    fn bytes_of(&self, partition: &StagedPartition) -> Result<Staged, PublishError> {
        let file = staged_file(self.folder, &partition.id);
        let lost = |reason: String| PublishError::StagingLost {
            key: partition.id.key(),
            reason,
        };
        if holds(&file, partition) {
            return Ok(Staged::File(file));
        }
        std::fs::create_dir_all(self.folder).map_err(|e| lost(e.to_string()))?;
        if let Some(kept) = self.store.retained(&partition.blake3) {
            copy_durably(&kept, &file).map_err(|e| lost(e.to_string()))?;
        } else {
            self.make_again().map_err(|e| lost(e.to_string()))?;
        }
        if !holds(&file, partition) {
            return Err(lost(
                "what is computed now has other bytes (was the program upgraded meanwhile?)"
                    .to_owned(),
            ));
        }
        Ok(Staged::File(file))
    }
}

impl Staging<'_> {
    fn make_again(&self) -> Result<(), RunError> {
        let syntax = Dialect::new()?;
        let files: Vec<SqlFile> = self
            .record
            .transforms
            .iter()
            .map(|t| SqlFile {
                kind: t.kind,
                name: t.name.to_string(),
                text: t.text.clone(),
            })
            .collect();
        let sources: Vec<SourceName> = self.record.sources.keys().cloned().collect();
        let transforms = transforms::from_files(&files, &sources, &syntax)?;
        let warehouse = ground::open_warehouse(self.ctx, Duration::ZERO)?;
        restage::restage(
            self.ctx,
            &warehouse,
            self.store,
            self.published,
            self.record,
            &transforms,
            self.folder,
        )
    }
}

fn holds(file: &Path, partition: &StagedPartition) -> bool {
    let same_size = std::fs::metadata(file).is_ok_and(|m| m.len() == partition.bytes);
    if !same_size {
        return false;
    }
    let mut hasher = blake3::Hasher::new();
    hasher
        .update_mmap_rayon(file)
        .is_ok_and(|h| ContentHash::from(h.finalize()) == partition.blake3)
}

fn copy_durably(from: &Path, to: &Path) -> std::io::Result<()> {
    // An earlier attempt may have left a read-only piece.
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::copy(from, to)?;
    std::fs::File::open(to)?.sync_all()
}

/// Writes a checkpoint that an earlier run died before writing.
///
/// # Errors
/// Only of the store.
pub fn write_due_checkpoint(store: &dyn Store, published: &Published) -> Result<(), RunError> {
    let token = crate::model::token::WriterToken::new(0);
    publish::write_checkpoint(store, published, &token)?;
    Ok(())
}
