//! `workbench export`.

use std::io::IsTerminal;
use std::time::Duration;

use super::args::{Export, Format, Global, ProgressArg};
use super::{complain, fail, plan, print, progress, surroundings};
use crate::report::export;
use crate::report::failure::{Exit, Failure};

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Export) -> Exit {
    if command.dry_run {
        return plan::run(global, &command.selection, command.format);
    }
    let how = match command.progress {
        ProgressArg::Auto if global.quiet || global.verbose || !std::io::stderr().is_terminal() => {
            ProgressArg::None
        }
        ProgressArg::Auto => ProgressArg::Bar,
        how => how,
    };
    let (sink, done) = progress::sink(how, global.verbose);
    let workbench = match surroundings::open(global, sink) {
        Ok(workbench) => workbench,
        Err(error) => return fail(global, &error, command.format),
    };
    let mut request = match surroundings::request(&workbench, &command.selection) {
        Ok(request) => request,
        Err(error) => return fail(global, &error, command.format),
    };
    request.preview.clone_from(&command.preview);
    request.lock_timeout = command.lock_timeout.map(Duration::from_secs);
    let exported = workbench.export(&request);
    done();
    let failure = exported.error.as_ref().map(Failure::of);
    match command.format {
        Format::Json => print(&format!(
            "{:#}\n",
            export::json(&exported.summary, failure.as_ref())
        )),
        Format::Table => print(&export::text(&exported.summary)),
    }
    match failure {
        None => Exit::Done,
        Some(failure) => {
            complain(global, &failure);
            failure.exit
        }
    }
}
