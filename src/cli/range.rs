//! `workbench export --from`: days in a row.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::NaiveDate;

use super::args::{Export, Global, KnownArg, ListFormat, RangeArgs};
use super::{complain, listing, narrate, print, progress, surroundings};
use crate::pipeline::error::RunError;
use crate::pipeline::range::{Days, RangeRequest, Which};
use crate::report::failure::Exit;
use crate::report::range;
use crate::report::words::shell_word;
use crate::workbench::Workbench;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Export, from: NaiveDate) -> Exit {
    let (sink, done) = progress::wanted(command.progress, global);
    let days = surroundings::open(global, sink).and_then(|workbench| {
        let request = request(&workbench, command, from)?;
        Ok(match command.dry_run {
            true => workbench.plan_days(&request),
            false => workbench.export_days(&request),
        })
    });
    done();
    let days = days.unwrap_or_else(|error| Days::not_begun(Some(error)));
    let again = |day: NaiveDate| again(global, command, day);
    let failures = range::failures(&days, |day| again(day.date));
    if !(global.quiet && command.format == ListFormat::Table) {
        print(&listing::told(
            command.format,
            &range::listing(&days),
            || range::json(&days, &failures),
            |width| range::text(&days, width),
        ));
    }
    for (n, failure) in failures.iter().enumerate() {
        if n > 0 {
            narrate("\n");
        }
        complain(global, failure);
    }
    range::worst(&failures).map_or(Exit::Done, |failure| failure.exit)
}

fn request(
    workbench: &Workbench,
    command: &Export,
    from: NaiveDate,
) -> Result<RangeRequest, RunError> {
    let RangeArgs {
        to,
        every,
        missing,
        stale,
        keep_going,
        ..
    } = command.range;
    let mut each = surroundings::request(workbench, &command.selection)?;
    each.lock_timeout = command.lock_timeout.map(Duration::from_secs);
    Ok(RangeRequest {
        from,
        to,
        every: every.map_or(1, NonZeroU32::get),
        which: match (missing, stale) {
            (true, true) => Which::MissingOrStale,
            (true, false) => Which::Missing,
            (false, true) => Which::Stale,
            (false, false) => Which::All,
        },
        keep_going,
        each,
    })
}

/// What to type to go on from a day.
fn again(global: &Global, command: &Export, day: NaiveDate) -> String {
    let (range, selection) = (&command.range, &command.selection);
    let mut words = vec!["workbench".to_owned()];
    let mut add = |option: &str, value: Option<String>| {
        words.push(option.to_owned());
        words.extend(value.map(|v| shell_word(&v)));
    };
    if let Some(project) = &global.project {
        add("-C", Some(project.to_string_lossy().into_owned()));
    }
    add("export", None);
    add("--from", Some(day.to_string()));
    if let Some(to) = range.to {
        add("--to", Some(to.to_string()));
    }
    if let Some(every) = range.every {
        add("--every", Some(every.to_string()));
    }
    for only in &selection.only {
        add("--only", Some(only.clone()));
    }
    if let Some(target) = &selection.target {
        add("--target", Some(target.clone()));
    }
    if let Some(known) = selection.known {
        let known = match known {
            KnownArg::Then => "then",
            KnownArg::Now => "now",
        };
        add("--known", Some(known.to_owned()));
    }
    for (option, given) in [
        ("--missing", range.missing),
        ("--stale", range.stale),
        ("--keep-going", range.keep_going),
        ("--accept-drop", selection.accept_drop),
        ("--new-target", selection.new_target),
        ("--allow-future", selection.allow_future),
    ] {
        if given {
            add(option, None);
        }
    }
    words.join(" ")
}
