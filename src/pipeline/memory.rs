//! `state.db`, opened where it is, and missed where it should be.
//!
//! An export would go on without it, for the ledger says what was committed. But
//! wishes and failed runs are known to state alone: a hold would be forgotten
//! without a word.

use super::context::Context;
use super::error::RunError;
use crate::model::commit::Owner;
use crate::snapshots::documents;
use crate::state::State;
use crate::store::Store;

/// Opens state for reading. None while the project has never run.
///
/// # Errors
/// [`RunError::StateLost`] if it has.
pub(super) fn look(ctx: &Context) -> Result<Option<State>, RunError> {
    match State::open_for_reading(&ctx.layout.state())? {
        Some(state) => Ok(Some(state)),
        None => match witness(ctx) {
            Some(witness) => Err(lost(ctx, witness)),
            None => Ok(None),
        },
    }
}

/// Opens state for writing, and makes it if the project has never run. The target
/// is not asked: whose it is, is looked at by whoever writes there.
///
/// # Errors
/// [`RunError::StateLost`] if there is a warehouse and no state.
pub(super) fn open(ctx: &Context) -> Result<State, RunError> {
    let path = ctx.layout.state();
    if ctx.layout.warehouse().exists() && !path.exists() {
        return Err(lost(ctx, of_warehouse(ctx)));
    }
    Ok(State::open(&path)?)
}

/// Refuses a target that runs published to, and that holds nothing of theirs now. An
/// export would begin a second history in the folder under an unmounted disk.
///
/// # Errors
/// [`RunError::TargetVanished`].
pub(super) fn refuse_vanished(state: Option<&State>, store: &dyn Store) -> Result<(), RunError> {
    let Some(state) = state else { return Ok(()) };
    let url = store.url();
    let targets = state.targets()?;
    let was_published_to = targets.iter().any(|t| t.url == url && t.newest_seq > 0);
    if was_published_to && store.head(documents::OWNER)?.is_none() {
        return Err(RunError::TargetVanished { url });
    }
    Ok(())
}

/// The same for who only reads it, and is told so where nothing is published.
///
/// # Errors
/// [`RunError::TargetVanished`]; otherwise [`RunError::NothingPublished`].
pub(super) fn nothing_published(ctx: &Context, store: &dyn Store) -> RunError {
    let state = State::open_for_reading(&ctx.layout.state()).ok().flatten();
    match refuse_vanished(state.as_ref(), store) {
        Err(error) => error,
        Ok(()) => RunError::NothingPublished { url: store.url() },
    }
}

/// State lacks what a warehouse has.
pub(super) fn lost_beside_warehouse(ctx: &Context) -> RunError {
    lost(ctx, of_warehouse(ctx))
}

fn lost(ctx: &Context, witness: String) -> RunError {
    RunError::StateLost {
        path: ctx.layout.state(),
        witness,
    }
}

fn of_warehouse(ctx: &Context) -> String {
    format!("`{}` has runs", ctx.layout.warehouse().display())
}

/// What shows that the project has run before.
fn witness(ctx: &Context) -> Option<String> {
    if ctx.layout.warehouse().exists() {
        return Some(of_warehouse(ctx));
    }
    let store = ctx.store(&ctx.project.target).ok()?;
    let (owner, _) = documents::read::<Owner>(&*store, documents::OWNER).ok()??;
    (owner.project_name == ctx.project.name)
        .then(|| format!("`{}` has snapshots of this project", store.url()))
}
