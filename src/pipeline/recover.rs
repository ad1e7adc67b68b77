//! Finishing what a killed run began: completing it if the warehouse committed
//! it, undoing it if not.

use std::path::Path;
use std::sync::Arc;

use super::context::Context;
use super::error::RunError;
use super::ground::{self, Ground};
use super::staging::{Staging, remove_staging, staging_folder};
use super::transaction;
use crate::failpoint::{self, Failpoint};
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::{Checkpoint, Commit, Intent, RunRecord, TargetRecord};
use crate::model::ledger::{Event, Ledger};
use crate::model::plan::Recovery;
use crate::model::run::RunStatus;
use crate::model::summary::RecoveredRun;
use crate::model::token::RandomId;
use crate::model::transform::Transforms;
use crate::project::TargetUrl;
use crate::snapshots::Published;
use crate::snapshots::abandon::{self, GivenUp};
use crate::snapshots::documents::{self, checkpoint_key, commit_key};
use crate::snapshots::publish::{self, LedgerSince, Outcome, Publisher};
use crate::state::State;
use crate::store::{Store, StoreLock};

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
    in_step(state, &ground.ledger, &ground.bookmarks)?;
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

/// Brings state's copies in step with the ledger, and forgets the wishes that it
/// has: they are carried out.
///
/// # Errors
/// Only of state.
pub fn in_step(state: &State, ledger: &Ledger, bookmarks: &Bookmarks) -> Result<(), RunError> {
    state.sync_bookmarks(bookmarks, &ledger.head(), ledger.end().0)?;
    for wish in state.wishes()? {
        if ledger.has_wish(&wish.id) {
            state.remove_wish(&wish.id)?;
        }
    }
    Ok(())
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
    let gone = || RunError::TargetGone {
        url: target.url.clone(),
    };
    if ground.store.url() == target.url {
        return Err(gone());
    }
    let url = TargetUrl::parse(&target.url, &ctx.project.root)
        .map_err(|e| RunError::Disagreement(e.to_string()))?;
    let store = ctx.store(&url)?;
    let lock = store.lock()?;
    let owner = ground::owner(&*store, ground.project.as_ref(), &Transforms::default())?;
    if owner.is_none_or(|o| o.target != target.id) {
        return Err(gone());
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
            Outcome::Published(commit) => self.succeed(record, target, published, &commit, &folder),
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
        before: &Published,
        commit: &Commit,
        folder: &Path,
    ) -> Result<RunStatus, RunError> {
        self.state.record_commit(&target.id, commit)?;
        self.state
            .finish_run(record.run, RunStatus::Succeeded, self.ctx.now(), None, None)?;
        self.reached(Failpoint::StateSucceeded)?;
        remove_staging(folder)?;
        self.reached(Failpoint::StagingRemoved)?;
        if before.checkpoint_is_due_at(commit.seq) {
            let published = Published::read(self.store)?;
            publish::write_checkpoint(self.store, &published, &record.token)?;
        }
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

/// Writes a checkpoint that an earlier run died before writing.
///
/// # Errors
/// Only of the store.
pub fn write_due_checkpoint(store: &dyn Store, published: &Published) -> Result<(), RunError> {
    let token = crate::model::token::WriterToken::new(0);
    publish::write_checkpoint(store, published, &token)?;
    Ok(())
}
