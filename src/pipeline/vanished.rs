//! A target that runs published to, and that holds nothing of theirs now: it was
//! moved or deleted, or is not mounted. An export would begin a second history in
//! the folder under an unmounted disk.

use super::context::Context;
use super::error::RunError;
use crate::snapshots::documents;
use crate::state::State;
use crate::store::Store;

/// Refuses such a target.
///
/// # Errors
/// [`RunError::TargetVanished`]; of reading state and target.
pub(super) fn refuse(state: Option<&State>, store: &dyn Store) -> Result<(), RunError> {
    let Some(state) = state else { return Ok(()) };
    let url = store.url();
    let targets = state.targets()?;
    let was_published_to = targets.iter().any(|t| t.url == url && t.newest_seq > 0);
    if was_published_to && store.head(documents::OWNER)?.is_none() {
        return Err(RunError::TargetVanished { url });
    }
    Ok(())
}

/// What a reader is told where nothing is published: whether it is so again.
pub(super) fn or_nothing_published(ctx: &Context, store: &dyn Store) -> RunError {
    let state = State::open_for_reading(&ctx.layout.state()).ok().flatten();
    match refuse(state.as_ref(), store) {
        Err(error) => error,
        Ok(()) => RunError::NothingPublished { url: store.url() },
    }
}
