//! Are the target's own documents all there, and do they follow from each other?

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::{RunError, count};
use crate::snapshots::chronicle::Fault;

const BACKUP: &str = "bring the file back from a backup of the target: nothing else has its words";

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let target = &subject.target;
    let Some(there) = &target.there else {
        let why = target.why_not.clone().unwrap_or_default();
        let is_folder = target.folder.is_some();
        return Ok(vec![match (was_published_to(subject), is_folder) {
            (true, true) => vanished(&why),
            (false, true) => Finding::ok(format!("{why} yet: the first export makes it")),
            (_, false) => Finding::skipped(why),
        }]);
    };
    let mut found = Vec::new();
    match &there.owner {
        Err(error) => found.push(Finding::error(error.to_string()).run(BACKUP)),
        Ok(None) if !there.chronicle.commits.is_empty() => found.push(
            Finding::error(format!(
                "`{}` holds commits and no `_workbench/owner.json`: whose it is cannot be known",
                target.url
            ))
            .run(BACKUP),
        ),
        Ok(_) => {}
    }
    found.extend(there.chronicle.faults.iter().map(|fault| {
        let what = match fault {
            Fault::Newer { .. } => "use the newer workbench that wrote it",
            _ => BACKUP,
        };
        Finding::error(fault.to_string()).run(what)
    }));
    if found.is_empty() {
        let commits = there.chronicle.commits.len() as u64;
        let live = there.chronicle.published.partitions.len() as u64;
        let is_empty = matches!(there.owner, Ok(None));
        found.push(match commits {
            0 if is_empty && was_published_to(subject) => {
                vanished(&format!("`{}` holds nothing", target.url))
            }
            0 => Finding::ok(format!("nothing is published at `{}` yet", target.url)),
            _ => Finding::ok(format!(
                "{} at `{}` follow from each other, and name {}",
                count(commits, "commit"),
                target.url,
                count(live, "partition")
            )),
        });
    }
    Ok(found)
}

/// Whether runs have published there, as state or the ledger knows.
fn was_published_to(subject: &Subject<'_>) -> bool {
    let url = &subject.target.url;
    let known = subject.state().is_some_and(|s| {
        let at = s.targets.iter().filter(|t| t.url == *url);
        at.map(|t| t.newest_seq).max().unwrap_or(0) > 0
    });
    let ledger = subject.warehouse().is_some_and(|w| {
        let mut targets = w.ledger.runs().filter_map(|r| r.target.as_ref());
        targets.any(|t| t.url == *url)
    });
    known || ledger
}

fn vanished(what: &str) -> Finding {
    Finding::error(format!(
        "{what}, though runs have published to it: it was moved or deleted, or is not mounted"
    ))
    .run(
        "bring it back, or set `[target] url` to where it is now; `workbench export --new-target` \
         begins a new one",
    )
}
