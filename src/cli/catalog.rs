//! `workbench catalog`.

use std::sync::Arc;

use super::args::{Catalog, Global};
use super::{fail, listing, pager, surroundings, warn};
use crate::model::progress::Silent;
use crate::pipeline::catalog::Catalog as Catalogue;
use crate::pipeline::error::RunError;
use crate::report::catalog;
use crate::report::failure::Exit;
use crate::report::warning::Warning;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Catalog) -> Exit {
    let found = match look(global, command) {
        Ok(found) => found,
        Err(error) => return fail(global, &error, command.format.of_errors()),
    };
    let tables = &found.tables;
    let text = if command.name.is_some() {
        listing::told(
            command.format,
            &catalog::columns(tables),
            || catalog::json(tables),
            |width| catalog::text(tables, width),
        )
    } else {
        listing::told(
            command.format,
            &catalog::listing(tables),
            || catalog::json(tables),
            |width| catalog::text_list(tables, width),
        )
    };
    pager::show(global, command.format, &text);
    if let Some(errors) = &found.refused {
        warn(global, &Warning::of_transforms(errors));
    }
    for note in &found.notes {
        warn(global, &Warning::of(note));
    }
    Exit::Done
}

fn look(global: &Global, command: &Catalog) -> Result<Catalogue, RunError> {
    let target = command.target.as_deref();
    let mut workbench = surroundings::to_read(global, target, Arc::new(Silent))?;
    if let Some(target) = surroundings::target(&workbench, target)? {
        workbench = workbench.at(target);
    }
    workbench.catalog(command.name.as_deref())
}
