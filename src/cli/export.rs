//! `workbench export`.

use std::time::Duration;

use super::args::{Export, Format, Global, ListFormat, ProgressArg};
use super::{complain, plan, print, progress, range, surroundings, usage, width};
use crate::pipeline::ExportRequest;
use crate::pipeline::error::RunError;
use crate::report::export;
use crate::report::failure::{Exit, Failure};
use crate::workbench::{Exported, Workbench};

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Export) -> Exit {
    if let Some(from) = command.range.from {
        return range::run(global, command, from);
    }
    let format = match command.format {
        ListFormat::Table => Format::Table,
        ListFormat::Json => Format::Json,
        ListFormat::Csv | ListFormat::Markdown => {
            return usage("one day has no listing: CSV and Markdown go with `--from`");
        }
    };
    if command.dry_run {
        return plan::run(global, &command.selection, format);
    }
    carry_out(global, command.progress, format, |workbench| {
        let mut request = surroundings::request(workbench, &command.selection)?;
        request.preview.clone_from(&command.preview);
        request.lock_timeout = command.lock_timeout.map(Duration::from_secs);
        Ok(request)
    })
}

/// Does what is requested, and tells its summary.
pub(super) fn carry_out(
    global: &Global,
    how: ProgressArg,
    format: Format,
    request: impl FnOnce(&Workbench) -> Result<ExportRequest, RunError>,
) -> Exit {
    let (sink, done) = progress::wanted(how, global);
    let exported = surroundings::open(global, sink)
        .and_then(|workbench| Ok(workbench.export(&request(&workbench)?)));
    done();
    let exported = exported.unwrap_or_else(Exported::not_begun);
    let failure = exported.error.as_ref().map(Failure::of);
    match format {
        Format::Json => print(&format!(
            "{:#}\n",
            export::json(&exported.summary, failure.as_ref())
        )),
        Format::Table if global.quiet => {}
        Format::Table => print(&export::text(&exported.summary, width())),
    }
    match failure {
        None => Exit::Done,
        Some(failure) => {
            complain(global, &failure);
            failure.exit
        }
    }
}
