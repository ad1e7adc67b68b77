//! `workbench snapshots`.

use std::sync::Arc;

use super::args::{Global, ListFormat, Snapshots, SnapshotsCommand, SnapshotsList};
use super::{fail, listing, narrate, print, surroundings};
use crate::model::progress::Silent;
use crate::pipeline::error::RunError;
use crate::pipeline::snapshots::ListRequest;
use crate::report::failure::Exit;
use crate::report::snapshots;
use crate::report::words::grouped;

/// More days than this are of no use to a person.
const SHOWN_DAYS: u32 = 20;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Snapshots) -> Exit {
    let (outcome, format) = match &command.command {
        None => (list(global, &command.list), command.list.format.of_errors()),
        Some(SnapshotsCommand::List(which)) => (list(global, which), which.format.of_errors()),
    };
    match outcome {
        Ok(text) => {
            print(&text);
            Exit::Done
        }
        Err(error) => fail(global, &error, format),
    }
}

fn list(global: &Global, which: &SnapshotsList) -> Result<String, RunError> {
    let workbench = surroundings::open(global, Arc::new(Silent))?;
    let dataset = which.dataset.as_deref().map(surroundings::dataset);
    let mut all = workbench.snapshots(&ListRequest {
        dataset: dataset.transpose()?,
        as_of: which.as_of,
        target: surroundings::target(&workbench, which.target.as_deref())?,
    })?;
    let limit = which.limit.or(match which.format {
        ListFormat::Table | ListFormat::Markdown => Some(SHOWN_DAYS),
        ListFormat::Json | ListFormat::Csv => None,
    });
    if let Some(limit) = limit {
        let days = all.keep_days(limit as usize);
        if days > limit as usize && !global.quiet {
            narrate(&format!(
                "The newest {limit} of {} days are shown; `--limit {days}` shows all.\n",
                grouped(days as u64)
            ));
        }
    }
    Ok(listing::told(
        which.format,
        &snapshots::listing(&all.partitions),
        || snapshots::json_list(&all.partitions),
        |width| snapshots::text_list(&all, width),
    ))
}
