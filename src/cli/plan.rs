//! `workbench plan`, and `workbench export --dry-run`.

use std::sync::Arc;

use super::args::{Format, Global, Selection};
use super::{fail, print, surroundings, width};
use crate::model::progress::Silent;
use crate::report::failure::Exit;
use crate::report::plan;

/// Runs it and says how it ended.
pub fn run(global: &Global, selection: &Selection, format: Format) -> Exit {
    let planned = surroundings::open(global, Arc::new(Silent))
        .and_then(|w| w.plan(&surroundings::request(&w, selection)?));
    match planned {
        Ok(found) => {
            print(&match format {
                Format::Json => format!("{:#}\n", plan::json(&found)),
                Format::Table => plan::text(&found, width()),
            });
            Exit::Done
        }
        Err(error) => fail(global, &error, format),
    }
}
