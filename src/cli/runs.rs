//! `workbench runs`.

use std::sync::Arc;

use super::args::{Format, Global, Runs, RunsCommand, RunsList};
use super::listing::{self, Shown};
use super::{fail, surroundings, width};
use crate::model::progress::Silent;
use crate::pipeline::abandon::Abandoned;
use crate::pipeline::error::RunError;
use crate::report::failure::Exit;
use crate::report::runs;
use crate::report::words::newest_of;

/// Runs that a person is shown.
const SHOWN_RUNS: u32 = 20;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Runs) -> Exit {
    let (outcome, format) = match &command.command {
        None => (list(global, &command.list), command.list.format),
        Some(RunsCommand::List(which)) => (list(global, which), which.format),
        Some(RunsCommand::Show { run, log, format }) => {
            let show = if *log { show_log } else { show };
            (
                show(global, *run, *format).map(Shown::from),
                (*format).into(),
            )
        }
        Some(RunsCommand::Abandon { run, format }) => {
            let told = abandon(global, *run, *format);
            (told.map(Shown::from), (*format).into())
        }
    };
    match outcome {
        Ok(shown) => {
            shown.print(global, format);
            Exit::Done
        }
        Err(error) => fail(global, &error, format.of_errors()),
    }
}

fn list(global: &Global, which: &RunsList) -> Result<Shown, RunError> {
    let workbench = surroundings::open(global, Arc::new(Silent))?;
    let mut rows = workbench.runs(None)?;
    let all = rows.len();
    if let Some(most) = listing::most(which.limit, which.format, SHOWN_RUNS) {
        rows.truncate(most as usize);
    }
    let listing = runs::listing(&rows, workbench.is_running());
    let text = listing::told(
        which.format,
        &listing,
        || runs::json_list(&rows),
        |width| runs::text_list(&listing, width),
    );
    let note = (rows.len() < all).then(|| newest_of(rows.len(), all, "run"));
    Ok(Shown { text, note })
}

fn show(global: &Global, run: u64, format: Format) -> Result<String, RunError> {
    let (row, steps) = surroundings::open(global, Arc::new(Silent))?.run(run)?;
    Ok(match format {
        Format::Json => format!("{:#}\n", runs::json_row(&row, Some(&steps))),
        Format::Table => runs::text_row(&row, &steps, width()),
    })
}

fn show_log(global: &Global, run: u64, format: Format) -> Result<String, RunError> {
    let lines = surroundings::open(global, Arc::new(Silent))?.log(run)?;
    Ok(match format {
        Format::Json => format!("{:#}\n", runs::json_log(run, &lines)),
        Format::Table => runs::text_log(&lines),
    })
}

fn abandon(global: &Global, run: u64, format: Format) -> Result<String, RunError> {
    let Abandoned {
        run,
        committed,
        closed,
        unreached,
    } = surroundings::open(global, Arc::new(Silent))?.abandon(run)?;
    if format == Format::Json {
        let value = serde_json::json!({"run": run, "closed": closed, "unreached": unreached});
        return Ok(format!("{value:#}\n"));
    }
    let mut text = match committed {
        true => {
            format!("Run {run} is given up. What it loaded stays; its snapshot is not published.\n")
        }
        false => format!("Run {run} is ended. Nothing of it remains.\n"),
    };
    if let Some(seq) = closed {
        text += &format!("Commit {seq} at the target says so.\n");
    }
    if let Some(reason) = unreached {
        text += &format!(
            "The target could not be reached ({reason}); the next export closes it there.\n"
        );
    }
    Ok(text)
}
