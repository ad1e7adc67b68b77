//! `workbench catalog`.

use std::sync::Arc;

use super::args::{Catalog, Format, Global};
use super::{fail, print, surroundings, width};
use crate::model::progress::Silent;
use crate::report::catalog;
use crate::report::failure::Exit;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Catalog) -> Exit {
    let found = surroundings::open(global, Arc::new(Silent))
        .and_then(|workbench| workbench.catalog(command.source.as_deref()));
    match found {
        Ok(all) => {
            print(&match command.format {
                Format::Json => format!("{:#}\n", catalog::json(&all)),
                Format::Table => catalog::text(&all, width()),
            });
            Exit::Done
        }
        Err(error) => fail(global, &error, command.format),
    }
}
