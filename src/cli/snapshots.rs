//! `workbench snapshots`.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use super::args::{ChangeOptions, Format, Global, ListFormat};
use super::args::{ProgressArg, Snapshots, SnapshotsCommand, SnapshotsList};
use super::confirm::confirm;
use super::listing::{self, Shown};
use super::surroundings::{self, to_read};
use super::{fail, narrate, progress, width};
use crate::model::progress::Silent;
use crate::pipeline::change::{Change, ChangeRequest};
use crate::pipeline::error::RunError;
use crate::pipeline::snapshots::ListRequest;
use crate::project::TargetUrl;
use crate::report::failure::Exit;
use crate::report::words::newest_of;
use crate::report::{changes, snapshots};

/// More days than this are of no use to a person.
const SHOWN_DAYS: u32 = 20;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Snapshots) -> Exit {
    let (which, change) = match &command.command {
        None => (&command.list, None),
        Some(SnapshotsCommand::List(which)) => (which, None),
        Some(SnapshotsCommand::Drop(drop)) => {
            let day = (drop.date, drop.datasets.as_slice());
            (&command.list, Some((Change::Drop, day, &drop.how)))
        }
        Some(SnapshotsCommand::Restore(restore)) => {
            let day = (restore.date, restore.datasets.as_slice());
            let as_of = Change::Restore { run: restore.run };
            (&command.list, Some((as_of, day, &restore.how)))
        }
    };
    let (outcome, format) = match change {
        Some((what, day, how)) => {
            let told = change_day(global, what, day, how);
            (told.map(Shown::from), how.format.into())
        }
        None if which.dropped => (list_dropped(global, which).map(Shown::from), which.format),
        None => (list(global, which), which.format),
    };
    match outcome {
        Ok(shown) => {
            shown.print(global, format);
            Exit::Done
        }
        Err(error) => fail(global, &error, format.of_errors()),
    }
}

fn list(global: &Global, which: &SnapshotsList) -> Result<Shown, RunError> {
    let workbench = to_read(global, which.target.as_deref(), Arc::new(Silent))?;
    let dataset = which.dataset.as_deref().map(surroundings::dataset);
    let mut all = workbench.snapshots(&ListRequest {
        dataset: dataset.transpose()?,
        as_of: which.as_of,
        target: surroundings::target(&workbench, which.target.as_deref())?,
    })?;
    let mut note = None;
    if let Some(limit) = listing::most(which.limit, which.format, SHOWN_DAYS) {
        let days = all.keep_days(limit as usize);
        note = (days > limit as usize).then(|| newest_of(limit as usize, days, "day"));
    }
    // Only what is asked for: there may be thousands.
    let text = match which.format {
        ListFormat::Table => snapshots::text_list(&all, width()),
        ListFormat::Json => snapshots::json_list(&all.partitions),
        ListFormat::Csv => snapshots::listing(&all.partitions).csv(),
        ListFormat::Markdown => snapshots::listing(&all.partitions).markdown(),
    };
    Ok(Shown { text, note })
}

fn list_dropped(global: &Global, which: &SnapshotsList) -> Result<String, RunError> {
    let workbench = to_read(global, which.target.as_deref(), Arc::new(Silent))?;
    let target = surroundings::target(&workbench, which.target.as_deref())?;
    let all = workbench.dropped(target.as_ref())?;
    let place = target.as_ref().unwrap_or(&workbench.project().target);
    let in_bucket = matches!(place, TargetUrl::S3 { .. });
    Ok(listing::told(
        which.format,
        &snapshots::dropped(&all),
        || snapshots::json_dropped(&all),
        |width| snapshots::text_dropped(&all, in_bucket, width),
    ))
}

fn change_day(
    global: &Global,
    change: Change,
    (date, datasets): (NaiveDate, &[String]),
    how: &ChangeOptions,
) -> Result<String, RunError> {
    let (sink, done) = progress::wanted(ProgressArg::None, global);
    let workbench = surroundings::open(global, sink)?;
    let datasets = datasets.iter().map(|name| surroundings::dataset(name));
    let mut request = ChangeRequest {
        change,
        date,
        datasets: datasets.collect::<Result<_, _>>()?,
        target: surroundings::target(&workbench, how.target.as_deref())?,
        lock_timeout: how.lock_timeout.map(Duration::from_secs),
        agreed: None,
    };
    if !how.yes {
        let outlook = workbench.outlook(&request)?;
        // Where nothing would be done there is nothing to ask.
        if !outlook.is_empty() {
            narrate(&changes::outlook(&outlook, width()));
            let question = changes::question(change, date, &outlook);
            confirm(change.command(), &question, workbench.interrupt())?;
            request.agreed = Some(outlook);
        }
    }
    let changed = workbench.change(&request)?;
    done();
    Ok(match how.format {
        Format::Json => format!("{:#}\n", changes::json(&changed)),
        Format::Table if global.quiet => String::new(),
        Format::Table => changes::told(&changed, how.yes, width()),
    })
}
