//! `workbench load`.

use std::time::Duration;

use super::args::{Global, Load};
use super::export;
use crate::pipeline::ExportRequest;
use crate::report::failure::Exit;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Load) -> Exit {
    export::carry_out(global, command.progress, command.format, |_| {
        Ok(ExportRequest {
            load_only: true,
            full_refresh: command.full_refresh,
            accept_drop: command.accept_drop,
            lock_timeout: command.lock_timeout.map(Duration::from_secs),
            ..ExportRequest::new()
        })
    })
}
