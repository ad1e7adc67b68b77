//! `runs abandon`: giving up a run that cannot be completed.

use super::context::{Context, PROGRAM};
use super::error::RunError;
use super::ground;
use super::lock;
use super::staging::{remove_staging, staging_folder};
use super::state_file;
use crate::engine::warehouse::Warehouse;
use crate::engine::{EngineError, ErrorKind};
use crate::model::commit::{Commit, CommitStatus, Owner, RunRecord, TargetRecord};
use crate::model::ledger::{Entry, Event, Ledger};
use crate::model::run::{Known, RunKind, RunNumber, RunStatus};
use crate::project::TargetUrl;
use crate::snapshots::abandon::{self, GivenUp};
use crate::snapshots::{PublishError, Published, documents, publish};
use crate::state::{RunRow, State};
use crate::store::Store;

/// What giving up came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandoned {
    pub run: RunNumber,
    /// Whether its load was committed, and stands.
    pub committed: bool,
    /// The intent that was closed at the target, if one was open.
    pub closed: Option<u64>,
    /// The target could not be reached: it is closed there by the next export
    /// or `runs abandon` that reaches it.
    pub unreached: Option<String>,
}

/// Ends a run in state, and closes its intent at the target where that can be
/// reached. Its load stands; its snapshot is not published.
///
/// # Errors
/// [`RunError::NotAbandonable`] for a run that is over, or whose commit stands.
pub fn abandon(ctx: &Context, run: RunNumber) -> Result<Abandoned, RunError> {
    let _lock = lock::take(ctx, "workbench runs abandon", std::time::Duration::ZERO)?;
    let state = state_file::open(ctx)?;
    let warehouse = if ctx.layout.warehouse().exists() {
        Some(ground::open_warehouse(ctx, std::time::Duration::ZERO)?)
    } else {
        None
    };
    let ledger = match &warehouse {
        Some(warehouse) => warehouse.ledger()?,
        None => Ledger::default(),
    };
    let row = state.run(run)?;
    // Another copy's run may have the same number, and hold the target.
    if let Some(outcome) = foreign(ctx, &state, &ledger, run)? {
        return Ok(outcome);
    }
    if let Some(row) = row.as_ref().filter(|r| r.status.is_over()) {
        return Err(RunError::NotAbandonable {
            run,
            why: format!("it ended already ({})", row.status),
        });
    }
    let outcome = match ledger.run(run) {
        Some((seq, record)) => {
            state.record_committed(record, seq)?;
            let outcome = own(ctx, record)?;
            if let Some(warehouse) = &warehouse {
                write_down(warehouse, &ledger, run)?;
            }
            outcome
        }
        None if row.is_some() => Abandoned {
            run,
            committed: false,
            closed: None,
            unreached: None,
        },
        None => return Err(RunError::NoSuchRun { run }),
    };
    finish(ctx, &state, run, row.as_ref(), ledger.run(run).is_some())?;
    Ok(outcome)
}

/// Records in the ledger that the run is not to be completed.
fn write_down(warehouse: &Warehouse, ledger: &Ledger, run: RunNumber) -> Result<(), RunError> {
    if ledger.is_abandoned(run) {
        return Ok(());
    }
    let (seq, head) = ledger.end();
    let entry = Entry::following((seq, &head), run, Event::Abandoned { run })
        .map_err(|e| EngineError::new(ErrorKind::Other, e.to_string()))?;
    Ok(warehouse.append(&[entry])?)
}

fn finish(
    ctx: &Context,
    state: &State,
    run: RunNumber,
    row: Option<&RunRow>,
    committed: bool,
) -> Result<(), RunError> {
    let status = if committed {
        RunStatus::Abandoned
    } else {
        RunStatus::Undone
    };
    if committed || row.is_some() {
        state.finish_run(
            run,
            status,
            ctx.now(),
            Some("given up by `runs abandon`"),
            None,
        )?;
    }
    Ok(())
}

/// A run of this project's own ledger.
fn own(ctx: &Context, record: &RunRecord) -> Result<Abandoned, RunError> {
    let mut outcome = Abandoned {
        run: record.run,
        committed: true,
        closed: None,
        unreached: None,
    };
    let Some(target) = &record.target else {
        return Ok(outcome);
    };
    match close(ctx, record, target) {
        Ok(closed) => outcome.closed = closed,
        Err(error @ RunError::NotAbandonable { .. }) => return Err(error),
        Err(error) => outcome.unreached = Some(error.to_string()),
    }
    Ok(outcome)
}

fn close(
    ctx: &Context,
    record: &RunRecord,
    target: &TargetRecord,
) -> Result<Option<u64>, RunError> {
    let url = TargetUrl::parse(&target.url, &ctx.project.root)
        .map_err(|e| RunError::Disagreement(e.to_string()))?;
    let store = ctx.store(&url)?;
    let _lock = store.lock()?;
    if documents::read::<Owner>(&*store, documents::OWNER)?
        .is_none_or(|(owner, _)| owner.target != target.id)
    {
        return Err(RunError::NothingPublished {
            url: target.url.clone(),
        });
    }
    // Before its fate is read: a commit that lands in between must be seen.
    let published = Published::read(&*store)?;
    if let publish::Fate::Published(_) = publish::fate(&*store, target, &record.token)? {
        return Err(RunError::NotAbandonable {
            run: record.run,
            why: format!(
                "commit {} stands at `{}`; the next export will record it",
                target.seq, target.url
            ),
        });
    }
    if published.seq >= target.seq {
        return Ok(None);
    }
    let given_up = GivenUp::of(record);
    let closed = abandon::close(&*store, &published, target.seq, &given_up, ctx.now());
    let commit = match closed {
        Ok(commit) => commit,
        // The number is another's by now: nothing of ours is open there.
        Err(PublishError::Overtaken { .. }) => return Ok(None),
        Err(other) => return Err(other.into()),
    };
    remove_staging(&staging_folder(ctx, &*store, record.run))?;
    settled(record.run, commit)
}

fn settled(run: RunNumber, commit: Commit) -> Result<Option<u64>, RunError> {
    match commit.status {
        CommitStatus::Abandoned => Ok(Some(commit.seq)),
        CommitStatus::Published => Err(RunError::NotAbandonable {
            run,
            why: format!("commit {} was put just now", commit.seq),
        }),
    }
}

/// An open intent at the project's target that this copy of the project knows
/// nothing of: its writer is gone, or another copy.
fn foreign(
    ctx: &Context,
    state: &State,
    ledger: &Ledger,
    run: RunNumber,
) -> Result<Option<Abandoned>, RunError> {
    let store = ctx.store(&ctx.project.target)?;
    let project = state.project_id()?;
    let unowned = documents::read::<Owner>(&*store, documents::OWNER)?
        .is_none_or(|(owner, _)| Some(&owner.project) != project.as_ref());
    if unowned {
        return Ok(None);
    }
    let _lock = store.lock()?;
    let published = Published::read(&*store)?;
    let Some(intent) = open_intent_of(&*store, &published, run)? else {
        return Ok(None);
    };
    if ledger.runs().any(|r| r.token == intent.token) {
        return Ok(None);
    }
    let given_up = GivenUp {
        run,
        kind: RunKind::default(),
        token: intent.token,
        ingest_date: ctx.today(),
        known: Known::Now,
        program: PROGRAM.to_owned(),
        engine: String::new(),
    };
    let commit = abandon::close(&*store, &published, intent.seq, &given_up, ctx.now())?;
    Ok(Some(Abandoned {
        run,
        committed: true,
        closed: settled(run, commit)?,
        unreached: None,
    }))
}

fn open_intent_of(
    store: &dyn Store,
    published: &Published,
    run: RunNumber,
) -> Result<Option<crate::model::commit::Intent>, RunError> {
    Ok(abandon::open_intent(store, published)?.filter(|i| i.run == run))
}
