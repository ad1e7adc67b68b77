//! Whether there is room for a run.

use std::path::Path;

use super::context::Context;
use super::error::RunError;
use crate::model::plan::Plan;
use crate::store::Store;
use crate::store::local::LocalStore;

/// Refuses a run that would fill the disk: the rows it loads are about as large
/// as their files, and so are the partitions it writes.
pub(super) fn check_space(ctx: &Context, store: &dyn Store, plan: &Plan) -> Result<(), RunError> {
    let load: u64 = plan
        .sources
        .iter()
        .flat_map(super::loading::bytes_to_read)
        .sum();
    refuse_less(&store.url(), store.free_space(), load)?;
    check_private(ctx, load)
}

/// Refuses to write `needed` bytes beside the warehouse if there is no room.
pub(super) fn check_private(ctx: &Context, needed: u64) -> Result<(), RunError> {
    let private = ctx.layout.private();
    refuse_less(&private.display().to_string(), free_at(&private), needed)
}

fn refuse_less(place: &str, free: Option<u64>, needed: u64) -> Result<(), RunError> {
    match free {
        Some(free) if free < needed => Err(RunError::NoSpace {
            place: place.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}

/// Bytes free in a folder, which need not be there yet; None if it cannot be known.
pub(super) fn free_at(folder: &Path) -> Option<u64> {
    let store = LocalStore::open(folder, folder.display().to_string());
    store.ok()?.free_space()
}
