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

/// Opens it for reading. None while the project has never run.
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

/// Opens it for writing, and makes it if the project has never run. The target is
/// not asked: whose it is, is looked at by whoever writes there.
///
/// # Errors
/// [`RunError::StateLost`] if there is a warehouse and no state.
pub(super) fn open(ctx: &Context) -> Result<State, RunError> {
    let path = ctx.layout.state();
    if ctx.layout.warehouse().exists() && !path.exists() {
        return Err(lost_beside_warehouse(ctx));
    }
    Ok(State::open(&path)?)
}

/// It lacks what a warehouse has.
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
