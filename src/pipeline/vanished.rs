//! A target that runs published to, and that holds nothing of theirs now: it was
//! moved or deleted, or is not mounted. An export would begin a second history in
//! the folder under an unmounted disk.

use super::context::Context;
use super::error::RunError;
use crate::snapshots::documents;
use crate::state::{State, StateError};
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

/// The same for a reader, as far as state can be read: one of an older version tells
/// nothing until an export has brought it up to date.
///
/// # Errors
/// As for [`refuse`].
pub(super) fn refuse_as_known(ctx: &Context, store: &dyn Store) -> Result<(), RunError> {
    let state = match State::open_for_reading(&ctx.layout.state()) {
        Err(StateError::Older { .. }) => None,
        state => state?,
    };
    refuse(state.as_ref(), store)
}

/// What a reader is told where nothing is published.
pub(super) fn or_nothing_published(ctx: &Context, store: &dyn Store) -> RunError {
    match refuse_as_known(ctx, store) {
        Err(error) => error,
        Ok(()) => RunError::NothingPublished { url: store.url() },
    }
}
