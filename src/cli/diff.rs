//! `workbench diff`.

use std::io::{self, BufWriter, Write};

use super::args::{Diff, Format, Global, ListFormat, Only, ProgressArg};
use super::output::refuse_own;
use super::{complain, fail, narrate, pager, progress, surroundings, width};
use crate::engine::diff::{Listed, Row};
use crate::model::difference::{Difference, Pair};
use crate::model::moment::Moment;
use crate::pipeline::diff as pipeline;
use crate::pipeline::diff::DiffQuestion;
use crate::pipeline::draft::Draft;
use crate::pipeline::error::RunError;
use crate::report::diff;
use crate::report::diff_rows::{self, Writer};
use crate::report::failure::{Exit, Failure};
use crate::report::words::{count, grouped, of_an_earlier_day};
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
    if !global.quiet {
        let (moments, sides) = (&diff.moments, &diff.sides);
        for (moment, live) in [
            (moments.before, &sides.before),
            (moments.after, &sides.after),
        ] {
            let day = live.partition.staged.id.ingest_date;
            if let Moment::Day(asked) = moment
                && day < asked
            {
                narrate(&of_an_earlier_day(diff.dataset.as_str(), asked, day));
            }
        }
    }
    let written = match command.output.as_deref().map(Draft::of) {
        Some(draft) => {
            let as_the_file_s = |stopped| match stopped {
                Stopped::Write(error) => draft.failed(error).into(),
                stopped => stopped,
            };
            let mut out = draft.create()?;
            let written = write(command, format, &diff, &found, &mut out).map_err(as_the_file_s)?;
            drop(out);
            draft.keep()?;
            written
        }
        None if format == ListFormat::Table => {
            let (text, rows) = table(command, &diff, &found)?;
            pager::show(global, format, &text);
            rows
        }
        None => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            write(command, format, &diff, &found, &mut out)?
        }
    };
    if lists_rows(command) {
        tell(global, command, &found, listed(command), written);
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
    let workbench = surroundings::to_read(global, command.target.as_deref(), sink)?;
    refuse_own(&workbench, command.output.as_deref())?;
    let mut diff = workbench.diff(&question(&workbench, command)?)?;
    let found = workbench.compare(&mut diff, lists_rows(command).then(|| listed(command)))?;
    Ok((diff, found))
}

fn question(workbench: &Workbench, command: &Diff) -> Result<DiffQuestion, RunError> {
    Ok(DiffQuestion {
        dataset: surroundings::dataset(&command.dataset)?,
        moments: Pair::new(command.from, command.to),
        target: surroundings::target(workbench, command.target.as_deref())?,
        key: command.key.clone(),
        columns: command.columns.clone(),
        ignored: command.ignore.clone(),
        condition: command.condition.clone(),
        tolerance: command.tolerance,
    })
}

/// Whether rows are asked for, by whatever is said of them.
fn lists_rows(command: &Diff) -> bool {
    command.rows || command.by.is_some() || !command.only.is_empty() || command.limit.is_some()
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

/// Writes all of it, and says how many rows are listed.
fn write(
    command: &Diff,
    format: ListFormat,
    diff: &pipeline::Diff,
    found: &Difference,
    out: &mut impl Write,
) -> Result<u64, Stopped> {
    let (text, rows) = match format {
        ListFormat::Table => table(command, diff, found)?,
        ListFormat::Json if lists_rows(command) => {
            return rows(command, diff_rows::Format::Json, diff, out);
        }
        ListFormat::Csv if lists_rows(command) => {
            return rows(command, diff_rows::Format::Csv, diff, out);
        }
        ListFormat::Markdown if lists_rows(command) => {
            return rows(command, diff_rows::Format::Markdown, diff, out);
        }
        ListFormat::Json => (format!("{:#}\n", diff::json(diff, found)), 0),
        ListFormat::Csv => (diff::measures(diff, found).csv(), 0),
        ListFormat::Markdown => (diff::markdown(diff, found), 0),
    };
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(rows)
}

/// For people: all of it as one text, and how many rows it lists.
fn table(
    command: &Diff,
    diff: &pipeline::Diff,
    found: &Difference,
) -> Result<(String, u64), Stopped> {
    // How wide it may be.
    let width = width().filter(|_| !command.full && command.output.is_none());
    if !lists_rows(command) {
        return Ok((diff::table(diff, found, width), 0));
    }
    let limit = limit(command, true);
    let mut rows = Vec::new();
    list(command, diff, limit, false, |row| {
        rows.push(row);
        Ok::<_, RunError>(())
    })?;
    let text = match rows.is_empty() {
        true => String::new(),
        false => diff_rows::table(diff, &rows, width),
    };
    Ok((text, rows.len() as u64))
}

/// How many rows are listed at most; fewer where a person reads them.
fn limit(command: &Diff, is_for_people: bool) -> u64 {
    let is_short = is_for_people || command.by.is_some();
    let few = (is_short && command.output.is_none()).then_some(SHOWN_ROWS);
    command.limit.or(few).unwrap_or(u64::MAX)
}

/// Hands over the rows that are asked for, in the order that is asked for.
fn list<E: From<RunError>>(
    command: &Diff,
    diff: &pipeline::Diff,
    limit: u64,
    as_json: bool,
    mut each: impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    if let Some(column) = &command.by {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let (rows, _) = diff.furthest(column, most, as_json)?;
        return rows.into_iter().try_for_each(each);
    }
    if limit == 0 {
        return Ok(());
    }
    let mut handed = 0;
    diff.list(listed(command), as_json, |row| {
        each(row)?;
        handed += 1;
        Ok::<_, E>(handed < limit)
    })
}

/// Writes rows as they are found, and says how many.
fn rows(
    command: &Diff,
    format: diff_rows::Format,
    diff: &pipeline::Diff,
    out: &mut impl Write,
) -> Result<u64, Stopped> {
    let limit = limit(command, format == diff_rows::Format::Markdown);
    let mut writer = Writer::new(out, format, diff)?;
    let mut written = 0;
    let as_json = format == diff_rows::Format::Json;
    let walked = list(command, diff, limit, as_json, |row| {
        writer.row(&row)?;
        written += 1;
        Ok::<_, Stopped>(())
    });
    walked.map_err(|stopped| match stopped {
        Stopped::Run(error, _) => Stopped::Run(error, true),
        stopped => stopped,
    })?;
    writer.end()?;
    Ok(written)
}

/// What was left out, and where it went.
fn tell(global: &Global, command: &Diff, found: &Difference, listed: Listed, written: u64) {
    let rows = &found.rows;
    let of = |is_meant: bool, n: u64| if is_meant { n } else { 0 };
    let all = match &command.by {
        Some(by) => {
            let mut columns = found.columns.iter();
            columns.find(|c| c.name == *by).map_or(0, |c| c.changed)
        }
        None => {
            of(listed.added, rows.added)
                + of(listed.removed, rows.removed)
                + of(listed.changed, rows.changed)
        }
    };
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
