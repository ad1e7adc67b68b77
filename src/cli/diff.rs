//! `workbench diff`.

use std::io::{self, BufWriter, Write};

use super::args::{Diff, Format, Global, ListFormat, Only, ProgressArg};
use super::output::Draft;
use super::{complain, fail, narrate, progress, surroundings, width};
use crate::engine::diff::{Listed, Row};
use crate::model::difference::{Difference, Pair};
use crate::pipeline::diff as pipeline;
use crate::pipeline::diff::DiffQuestion;
use crate::pipeline::error::RunError;
use crate::report::diff;
use crate::report::diff_rows::{self, Writer};
use crate::report::failure::{Exit, Failure};
use crate::report::words::{count, grouped};
use crate::workbench::Workbench;

/// More rows than this are of no use to a person.
const SHOWN_ROWS: u64 = 100;

/// Why nothing, or not all, was written.
enum Stopped {
    /// The flag: something was written already, and the error is no part of it.
    Run(RunError, bool),
    Write(io::Error),
}

impl From<RunError> for Stopped {
    fn from(error: RunError) -> Self {
        Self::Run(error, false)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Diff) -> Exit {
    let format = match (command.format, &command.output) {
        (Some(format), _) => format,
        (None, None) => ListFormat::Table,
        (None, Some(file)) => match ListFormat::of(file) {
            Some(format) => format,
            None => {
                let path = file.clone();
                return fail(global, &RunError::NoListFormat { path }, Format::Table);
            }
        },
    };
    let for_errors = match command.output {
        Some(_) => Format::Table,
        None => format.of_errors(),
    };
    match answer(global, command, format) {
        Ok(exit) => exit,
        // A reader that has had enough.
        Err(Stopped::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Stopped::Write(error)) => {
            narrate(&format!(
                "error: the output could not be written: {error}\n"
            ));
            Exit::Failed
        }
        Err(Stopped::Run(error, false)) => fail(global, &error, for_errors),
        Err(Stopped::Run(error, true)) => {
            let failure = Failure::of(&error);
            complain(global, &failure);
            failure.exit
        }
    }
}

fn answer(global: &Global, command: &Diff, format: ListFormat) -> Result<Exit, Stopped> {
    let (sink, end) = progress::wanted(ProgressArg::Auto, global);
    let compared = compare(global, command, sink);
    end();
    let (diff, found) = compared?;
    match command.output.as_deref().map(Draft::of) {
        Some(draft) => {
            let as_the_file_s = |stopped| match stopped {
                Stopped::Write(error) => draft.failed(error).into(),
                stopped => stopped,
            };
            let mut out = draft.create()?;
            write(global, command, format, &diff, &found, &mut out).map_err(as_the_file_s)?;
            drop(out);
            draft.keep()?;
        }
        None => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            write(global, command, format, &diff, &found, &mut out)?;
        }
    }
    Ok(if command.exit_code && !diff::is_same(&diff, &found) {
        Exit::Different
    } else {
        Exit::Done
    })
}

fn compare(
    global: &Global,
    command: &Diff,
    sink: std::sync::Arc<dyn crate::model::progress::ProgressSink>,
) -> Result<(pipeline::Diff, Difference), RunError> {
    let workbench = surroundings::open(global, sink)?;
    let mut diff = workbench.diff(&question(&workbench, command)?)?;
    let found = workbench.compare(&mut diff, command.rows.then(|| listed(command)))?;
    Ok((diff, found))
}

fn question(workbench: &Workbench, command: &Diff) -> Result<DiffQuestion, RunError> {
    // `account-level`, as the target shows it, is as good as `account_level`.
    let name = command.dataset.replace('-', "_");
    Ok(DiffQuestion {
        dataset: name.parse().map_err(|_| RunError::NotADataset { name })?,
        moments: Pair::new(command.from, command.to),
        target: surroundings::target(workbench, command.target.as_deref())?,
        key: command.key.clone(),
        columns: command.columns.clone(),
        ignored: command.ignore.clone(),
        condition: command.condition.clone(),
        tolerance: command.tolerance,
    })
}

fn listed(command: &Diff) -> Listed {
    let is_meant = |kind| match command.by {
        Some(_) => kind == Only::Changed,
        None => command.only.is_empty() || command.only.contains(&kind),
    };
    Listed {
        added: is_meant(Only::Added),
        removed: is_meant(Only::Removed),
        changed: is_meant(Only::Changed),
    }
}

fn write(
    global: &Global,
    command: &Diff,
    format: ListFormat,
    diff: &pipeline::Diff,
    found: &Difference,
    out: &mut impl Write,
) -> Result<(), Stopped> {
    if command.rows {
        return rows(global, command, format, diff, found, out);
    }
    let text = match format {
        ListFormat::Table => diff::table(diff, found, fitting(command)),
        ListFormat::Json => format!("{:#}\n", diff::json(diff, found)),
        ListFormat::Csv => diff::measures(diff, found).csv(),
        ListFormat::Markdown => diff::markdown(diff, found),
    };
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// How wide a table may be.
fn fitting(command: &Diff) -> Option<u16> {
    width().filter(|_| !command.full && command.output.is_none())
}

fn rows(
    global: &Global,
    command: &Diff,
    format: ListFormat,
    diff: &pipeline::Diff,
    found: &Difference,
    out: &mut impl Write,
) -> Result<(), Stopped> {
    let is_short = matches!(format, ListFormat::Table | ListFormat::Markdown);
    let is_short = is_short && command.output.is_none() || command.by.is_some();
    let limit = command.limit.or(is_short.then_some(SHOWN_ROWS));
    let listing = Listing {
        diff,
        listed: listed(command),
        by: command.by.as_deref(),
        limit: limit.unwrap_or(u64::MAX),
    };
    let format = match format {
        ListFormat::Table => {
            let mut rows = Vec::new();
            let all = listing.each(found, false, |row| {
                rows.push(row);
                Ok::<_, RunError>(())
            })?;
            let text = diff_rows::table(diff, &rows, fitting(command));
            if !rows.is_empty() {
                out.write_all(text.as_bytes())?;
                out.flush()?;
            }
            tell(global, command, rows.len() as u64, all);
            return Ok(());
        }
        ListFormat::Json => diff_rows::Format::Json,
        ListFormat::Csv => diff_rows::Format::Csv,
        ListFormat::Markdown => diff_rows::Format::Markdown,
    };
    let mut writer = Writer::new(out, format, diff)?;
    let mut written = 0;
    let walked = listing.each(found, format == diff_rows::Format::Json, |row| {
        writer.row(&row)?;
        written += 1;
        Ok::<_, Stopped>(())
    });
    let all = walked.map_err(|stopped| match stopped {
        Stopped::Run(error, _) => Stopped::Run(error, true),
        stopped => stopped,
    })?;
    writer.end()?;
    tell(global, command, written, all);
    Ok(())
}

/// Which rows are listed, and in which order.
struct Listing<'a> {
    diff: &'a pipeline::Diff,
    listed: Listed,
    /// The column in which they moved furthest; None: by key.
    by: Option<&'a str>,
    limit: u64,
}

impl Listing<'_> {
    /// Hands over the rows, and returns how many there are without the limit.
    fn each<E: From<RunError>>(
        &self,
        found: &Difference,
        as_json: bool,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<u64, E> {
        if let Some(column) = self.by {
            let most = usize::try_from(self.limit).unwrap_or(usize::MAX);
            let (rows, all) = self.diff.furthest(column, most, as_json)?;
            rows.into_iter().try_for_each(each)?;
            return Ok(all);
        }
        let mut handed = 0;
        if self.limit > 0 {
            self.diff.list(self.listed, as_json, |row| {
                each(row)?;
                handed += 1;
                Ok::<_, E>(handed < self.limit)
            })?;
        }
        let rows = &found.rows;
        let of = |is_meant: bool, n: u64| if is_meant { n } else { 0 };
        Ok(of(self.listed.added, rows.added)
            + of(self.listed.removed, rows.removed)
            + of(self.listed.changed, rows.changed))
    }
}

/// What was left out, and where it went.
fn tell(global: &Global, command: &Diff, written: u64, all: u64) {
    if written < all {
        let more = match command.limit {
            Some(_) => "",
            None => "; `--limit` gives more, `-o FILE` all",
        };
        narrate(&format!(
            "{} of {} rows are here, {} more differ{more}.\n",
            grouped(written),
            grouped(all),
            grouped(all - written)
        ));
    } else if all == 0 && !global.quiet {
        narrate("No such row differs.\n");
    }
    if let Some(file) = command.output.as_ref().filter(|_| !global.quiet) {
        narrate(&format!(
            "{} into `{}`.\n",
            count(written, "row"),
            file.display()
        ));
    }
}
