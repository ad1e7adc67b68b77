//! `workbench init`.

use std::path::PathBuf;

use super::args::{Format, Global, Init};
use super::{fail, print, progress, surroundings, width};
use crate::propose::ProposeRequest;
use crate::report::failure::Exit;
use crate::report::init;
use crate::workbench;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Init) -> Exit {
    let here = || PathBuf::from(".");
    let root = match (&global.project, &command.dir) {
        (Some(project), Some(dir)) => project.join(dir),
        (Some(dir), None) | (None, Some(dir)) => dir.clone(),
        (None, None) => here(),
    };
    let request = ProposeRequest {
        from: command.from.clone().unwrap_or_else(|| root.clone()),
        root,
    };
    let (sink, done) = progress::wanted(command.progress, global);
    let outcome = workbench::init(&request, &surroundings::all(sink));
    done();
    match outcome {
        Ok((proposal, written)) => {
            match command.format {
                Format::Json => print(&format!("{:#}\n", init::json(&proposal, &written))),
                Format::Table if global.quiet => {}
                Format::Table => {
                    let dir = (request.root != here()).then_some(request.root.as_path());
                    print(&init::text(&proposal, &written, dir, width()));
                }
            }
            Exit::Done
        }
        Err(error) => fail(global, &error, command.format),
    }
}
