//! `workbench quarantine`.

use std::sync::Arc;

use super::args::{Format, Global, ListFormat, Quarantine, QuarantineCommand};
use super::listing::{self, Shown};
use super::{fail, surroundings};
use crate::model::progress::Silent;
use crate::model::wish::Verb;
use crate::pipeline::error::RunError;
use crate::report::failure::Exit;
use crate::report::words::count;
use crate::report::{bookmarks, quarantine};

/// Records that a person is shown.
const SHOWN_RECORDS: u64 = 100;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Quarantine) -> Exit {
    let (outcome, format) = match &command.command {
        None => (
            list(global, command.format).map(Shown::from),
            command.format,
        ),
        Some(QuarantineCommand::List { format }) => {
            (list(global, *format).map(Shown::from), *format)
        }
        Some(QuarantineCommand::Replay { source, format }) => {
            let told = replay(global, source, *format);
            (told.map(Shown::from), (*format).into())
        }
        Some(QuarantineCommand::Show {
            source,
            limit,
            format,
        }) => (show(global, source, *limit, *format), *format),
    };
    match outcome {
        Ok(shown) => {
            shown.print(global, format);
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

fn show(
    global: &Global,
    source: &str,
    limit: Option<u64>,
    format: ListFormat,
) -> Result<Shown, RunError> {
    let workbench = surroundings::open(global, Arc::new(Silent))?;
    let most = listing::most(limit, format, SHOWN_RECORDS);
    let rows = workbench.quarantine_of(source, most)?;
    let records = quarantine::records(&rows);
    let text = listing::told(
        format,
        &records,
        || quarantine::json_records(&rows),
        |width| match records.rows.is_empty() {
            true => format!("Nothing of source `{source}` is in the quarantine.\n"),
            false => records.table(width),
        },
    );
    let note = rows.cut_off.then(|| {
        let shown = rows.rows.len() as u64;
        let verb = if shown == 1 { "is" } else { "are" };
        let records = count(shown, "record");
        format!("Only the first {records} {verb} shown; `--format csv` prints all.\n")
    });
    Ok(Shown { text, note })
}
