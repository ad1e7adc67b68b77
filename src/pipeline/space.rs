//! Whether there is room for a run.

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
    let private = ctx.layout.private().display().to_string();
    let warehouse = LocalStore::open(&ctx.layout.private(), private)?;
    for place in [store, &warehouse] {
        if let Some(free) = place.free_space()
            && free < load
        {
            return Err(RunError::NoSpace {
                place: place.url(),
                needed: load,
                free,
            });
        }
    }
    Ok(())
}
