//! Who holds project and target, and is he still there?

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::RunError;
use crate::pipeline::lock::read_holder;
use crate::store::local::lock::{self, LockSeen};

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let mut found = Vec::new();
    match (&subject.at_work, read_holder(&subject.ctx.layout.lock())) {
        (Some(who), _) => found.push(Finding::ok(format!("a run is at work: {who}"))),
        (None, Some(holder)) => found.push(
            Finding::warning(format!(
                "`.workbench/lock` still names `{}` (process {}) since {}, which died: it holds \
                 nothing any more",
                holder.command, holder.pid, holder.since
            ))
            .mendable(),
        ),
        (None, None) => {}
    }
    let target = &subject.target;
    match target.folder.as_deref().map(lock::look) {
        Some(LockSeen::Held(who)) if subject.at_work.is_none() => found.push(Finding::ok(
            format!("the target `{}` is locked by {}", target.url, name(&who)),
        )),
        Some(LockSeen::Left(who)) => found.push(
            Finding::warning(format!(
                "the lock of the target `{}` still names {who}, which died: it holds nothing any more",
                target.url
            ))
            .mendable(),
        ),
        _ => {}
    }
    if found.is_empty() {
        found.push(Finding::ok("nobody holds the project or its target"));
    }
    Ok(found)
}

fn name(who: &str) -> &str {
    if who.is_empty() {
        "another process"
    } else {
        who
    }
}
