//! `workbench rebuild`.

use std::time::Duration;

use super::args::{Format, Global, Rebuild};
use super::{complain, print, progress, surroundings};
use crate::pipeline::error::RunError;
use crate::pipeline::rebuild::RebuildRequest;
use crate::report::failure::{Exit, Failure};
use crate::report::rebuild;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Rebuild) -> Exit {
    let (sink, done) = progress::wanted(command.progress, global);
    let request = RebuildRequest {
        from: command.from.clone(),
        accept_loss: command.accept_loss,
        lock_timeout: command.lock_timeout.map(Duration::from_secs),
    };
    let rebuilt =
        surroundings::open(global, sink).and_then(|workbench| workbench.rebuild(&request));
    done();
    match (&rebuilt, command.format) {
        (Ok(rebuilt), Format::Json) => print(&format!("{:#}\n", rebuild::json(rebuilt))),
        (Ok(_), Format::Table) if global.quiet => {}
        (Ok(rebuilt), Format::Table) => print(&rebuild::text(rebuilt)),
        (Err(error), format) => return failed(global, error, format),
    }
    Exit::Done
}

/// What would be lost is listed for programs too.
fn failed(global: &Global, error: &RunError, format: Format) -> Exit {
    let failure = Failure::of(error);
    if format == Format::Json {
        let mut document = serde_json::json!({ "error": failure.json() });
        if let RunError::RebuildLoses { losses } = error {
            document["losses"] = serde_json::json!(losses);
        }
        print(&format!("{document:#}\n"));
    }
    complain(global, &failure);
    failure.exit
}
