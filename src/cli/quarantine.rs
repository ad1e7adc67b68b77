//! `workbench quarantine`.

use std::sync::Arc;

use super::args::{Format, Global, ListFormat, Quarantine, QuarantineCommand};
use super::{fail, listing, narrate, pager, surroundings, width};
use crate::model::progress::Silent;
use crate::model::wish::Verb;
use crate::pipeline::error::RunError;
use crate::report::failure::Exit;
use crate::report::words::grouped;
use crate::report::{bookmarks, quarantine, table};

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Quarantine) -> Exit {
    let (outcome, format) = match &command.command {
        None => (list(global, command.format), command.format),
        Some(QuarantineCommand::List { format }) => (list(global, *format), *format),
        Some(QuarantineCommand::Replay { source, format }) => {
            (replay(global, source, *format), (*format).into())
        }
        Some(QuarantineCommand::Show { source, limit }) => {
            (show(global, source, *limit), ListFormat::Table)
        }
    };
    match outcome {
        Ok(text) => {
            pager::show(global, format, &text);
            Exit::Done
        }
        Err(error) => fail(global, &error, format.of_errors()),
    }
}

fn list(global: &Global, format: ListFormat) -> Result<String, RunError> {
    let all = surroundings::open(global, Arc::new(Silent))?.quarantine()?;
    let listing = quarantine::listing(&all);
    Ok(listing::told(
        format,
        &listing,
        || quarantine::json_list(&all),
        |width| quarantine::text_list(&listing, width),
    ))
}

fn replay(global: &Global, source: &str, format: Format) -> Result<String, RunError> {
    let asked = surroundings::open(global, Arc::new(Silent))?.ask(source, Verb::Replay)?;
    Ok(match format {
        Format::Json => format!("{:#}\n", bookmarks::json_asked(&asked)),
        Format::Table => bookmarks::text_asked(&asked),
    })
}

fn show(global: &Global, source: &str, limit: u64) -> Result<String, RunError> {
    let rows = surroundings::open(global, Arc::new(Silent))?.quarantine_of(source, limit)?;
    if rows.rows.is_empty() {
        return Ok(format!(
            "Nothing of source `{source}` is in the quarantine.\n"
        ));
    }
    if rows.cut_off {
        narrate(&format!(
            "Only the first {} records are shown; \
             `workbench query \"FROM quarantine.{source}\" --format csv` prints all.\n",
            grouped(limit)
        ));
    }
    Ok(match width() {
        Some(width) => table::fitted(&rows, width).text,
        None => table::of_rows(&rows),
    })
}
