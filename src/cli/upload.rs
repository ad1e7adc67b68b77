//! `workbench upload`.

use std::path::PathBuf;

use super::args::{Format, Global, Upload};
use super::{fail, print, progress, surroundings};
use crate::pipeline::error::RunError;
use crate::pipeline::upload::{UploadReport, UploadRequest};
use crate::project::{Project, ProjectError};
use crate::report::failure::Exit;
use crate::report::upload;
use crate::workbench::{self, Surroundings};

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Upload) -> Exit {
    match send(global, command) {
        Ok(report) => {
            match command.format {
                Format::Json => print(&format!("{:#}\n", upload::json(&report))),
                Format::Table if global.quiet => {}
                Format::Table => print(&upload::text(&report)),
            }
            Exit::Done
        }
        Err(error) => fail(global, &error, command.format),
    }
}

fn send(global: &Global, command: &Upload) -> Result<UploadReport, RunError> {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    // It needs no project, and is told by one how buckets are reached.
    let s3 = match surroundings::root(global) {
        Ok(root) => Project::load(&root)?.s3,
        Err(RunError::Project(ProjectError::NotFound { .. })) => Default::default(),
        Err(error) => return Err(error),
    };
    let request = UploadRequest {
        folder: command.dir.clone(),
        to: surroundings::parse_target(&command.to, &here)?,
        s3,
        notes: surroundings::cache_folder().join("uploads"),
        dry_run: command.dry_run,
    };
    let (sink, done) = progress::wanted(command.progress, global);
    let Surroundings {
        progress,
        interrupt,
        ..
    } = surroundings::all(sink);
    let report = workbench::upload(&request, progress.as_ref(), &interrupt);
    done();
    report
}
