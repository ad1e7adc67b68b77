//! `workbench query`.

use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use indicatif::ProgressBar;

use super::args::{Format, Global, Query, ResultFormat};
use super::output;
use super::surroundings::{self, to_read};
use super::{complain, fail, narrate, pager, progress, width};
use crate::model::progress::Silent;
use crate::pipeline::draft::Draft;
use crate::pipeline::error::RunError;
use crate::pipeline::query::{self, Answer, QueryRequest};
use crate::report::explained;
use crate::report::failure::{Exit, Failure};
use crate::report::result::{self, Writer};
use crate::report::table;
use crate::report::words::{count, grouped, of_an_earlier_day, seconds};

/// More rows than this are of no use to a person.
const SHOWN_ROWS: u64 = 1000;

/// Why a result did not arrive.
enum Stopped {
    Run(RunError),
    /// When rows were written already: the error is no part of them.
    Late(RunError),
    Write(io::Error),
}

impl From<RunError> for Stopped {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// What was written.
struct Written {
    rows: u64,
    cut_off: bool,
}

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Query) -> Exit {
    let began = Instant::now();
    let format = match format(command) {
        Ok(format) => format,
        Err(error) => return fail(global, &error, Format::Table),
    };
    let for_errors = match format {
        ResultFormat::Json if command.output.is_none() => Format::Json,
        _ => Format::Table,
    };
    let draft = match &command.output {
        Some(file) => Some(Draft::of(file)),
        None => (format == ResultFormat::Parquet).then(|| Draft::of(&passing())),
    };
    let answer = match ask(global, command, format, draft.as_ref()) {
        Ok(answer) => answer,
        Err(error) => return fail(global, &error, for_errors),
    };
    let written = match &draft {
        Some(draft) if command.output.is_some() => to_file(global, command, format, &answer, draft),
        passing => to_stdout(global, command, format, &answer, passing.as_ref()),
    };
    answer.leave();
    let kept = written.and_then(|written| {
        if let Some(draft) = draft.filter(|_| command.output.is_some()) {
            draft.keep()?;
        }
        Ok(written)
    });
    match kept {
        Ok(written) => {
            tell(global, command, &written, began);
            Exit::Done
        }
        // A reader that has had enough.
        Err(Stopped::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Stopped::Write(error)) => {
            narrate(&format!(
                "error: the output could not be written: {error}\n"
            ));
            Exit::Failed
        }
        Err(Stopped::Run(error)) => fail(global, &error, for_errors),
        Err(Stopped::Late(error)) => {
            let failure = Failure::of(&error);
            complain(global, &failure);
            failure.exit
        }
    }
}

fn ask(
    global: &Global,
    command: &Query,
    format: ResultFormat,
    draft: Option<&Draft>,
) -> Result<Answer, RunError> {
    if command.output.is_none() && format.is_binary() && io::stdout().is_terminal() {
        return Err(RunError::BinaryToTerminal);
    }
    let workbench = to_read(global, command.target.as_deref(), Arc::new(Silent))?;
    output::refuse_own(&workbench, command.output.as_deref())?;
    let (sql, name) = sql(command)?;
    if command.as_of.is_some() && query::reads_beside(&sql) && !global.quiet {
        narrate(
            "note: `--as-of` is for `features.*`; `raw.*`, `staging.*`, `quarantine.*` and \
             `history.*` are as they are now\n",
        );
    }
    let answer = workbench.query(QueryRequest {
        sql,
        name,
        params: command.params.clone(),
        as_of: command.as_of,
        target: surroundings::target(&workbench, command.target.as_deref())?,
        safe: command.safe,
        into: draft.map(|draft| draft.path().to_owned()),
    })?;
    if let Some((asked, earlier)) = answer.of_earlier_days().filter(|_| !global.quiet) {
        for (dataset, day) in earlier {
            narrate(&of_an_earlier_day(dataset, asked, day));
        }
    }
    Ok(answer)
}

/// Where a file lies that is only made to be copied to stdout.
fn passing() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("workbench-{}.parquet", std::process::id()))
}

fn format(command: &Query) -> Result<ResultFormat, RunError> {
    match (command.format, &command.output) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(ResultFormat::Table),
        (None, Some(file)) => {
            ResultFormat::of(file).ok_or_else(|| RunError::NoFormat { path: file.clone() })
        }
    }
}

fn sql(command: &Query) -> Result<(String, String), RunError> {
    let from_stdin = || {
        let mut text = String::new();
        let read = io::stdin().read_to_string(&mut text);
        read.map(|_| (text, "standard input".to_owned()))
            .map_err(|source| RunError::Io {
                path: "standard input".into(),
                source,
            })
    };
    match (&command.file, &command.sql) {
        (Some(file), _) if file == Path::new("-") => from_stdin(),
        (Some(file), _) => std::fs::read_to_string(file)
            .map(|text| (text, file.display().to_string()))
            .map_err(|source| RunError::Io {
                path: file.clone(),
                source,
            }),
        (None, Some(sql)) if sql == "-" => from_stdin(),
        (None, sql) => Ok((sql.clone().unwrap_or_default(), "query".to_owned())),
    }
}

/// How many rows at most.
fn limit(command: &Query, format: ResultFormat) -> Option<u64> {
    let shown = match format {
        // It is laid out as a whole.
        ResultFormat::Table => true,
        ResultFormat::Markdown => command.output.is_none(),
        _ => false,
    };
    command.limit.or(shown.then_some(SHOWN_ROWS))
}

fn to_file(
    global: &Global,
    command: &Query,
    format: ResultFormat,
    answer: &Answer,
    draft: &Draft,
) -> Result<Written, Stopped> {
    let failed = |e: io::Error| Stopped::Run(draft.failed(e));
    let as_the_file_s = |stopped| match stopped {
        Stopped::Write(error) => failed(error),
        stopped => stopped,
    };
    let limit = limit(command, format);
    let bar = if global.quiet {
        ProgressBar::hidden()
    } else {
        progress::counted(100)
    };
    bar.set_message("the query runs; Ctrl-C stops it");
    let written = answer.watched(
        |share| bar.set_position((share * 100.0) as u64),
        |answer| match format {
            ResultFormat::Parquet => {
                // The engine makes the file; that it can be made is seen first.
                drop(draft.create()?);
                let rows = answer.to_parquet(draft.path(), limit)?;
                Ok(whole(rows, limit))
            }
            ResultFormat::Arrow => {
                let rows = answer.to_arrow(draft.create()?, limit)?.map_err(failed)?;
                Ok(whole(rows, limit))
            }
            ResultFormat::Table => {
                let (text, written) = table(answer, limit)?;
                let mut out = draft.create()?;
                out.write_all(text.as_bytes())
                    .and_then(|()| out.flush())
                    .map_err(failed)?;
                Ok(written)
            }
            _ => streamed(answer, format, limit, draft.create()?).map_err(as_the_file_s),
        },
    );
    bar.finish_and_clear();
    written
}

fn to_stdout(
    global: &Global,
    command: &Query,
    format: ResultFormat,
    answer: &Answer,
    passing: Option<&Draft>,
) -> Result<Written, Stopped> {
    let limit = limit(command, format);
    match (format, passing) {
        (_, Some(draft)) => {
            // The engine makes the file; that it can be made is seen first.
            drop(draft.create()?);
            let rows = answer.to_parquet(draft.path(), limit)?;
            output::copy_to_stdout(draft.path())?;
            Ok(whole(rows, limit))
        }
        (ResultFormat::Arrow, None) => {
            let rows = answer.to_arrow(BufWriter::new(io::stdout().lock()), limit)??;
            Ok(whole(rows, limit))
        }
        (ResultFormat::Table, None) => {
            let Some(width) = width().filter(|_| !command.full && !answer.explains()) else {
                let (text, written) = table(answer, limit)?;
                pager::show(global, Format::Table, &text);
                return Ok(written);
            };
            let rows = answer.rows(limit)?;
            let fitted = table::fitted(&rows, width);
            pager::show(global, Format::Table, &fitted.text);
            tell_dropped(&fitted.dropped);
            Ok(of(&rows))
        }
        _ => streamed(
            answer,
            format,
            limit,
            BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        ),
    }
}

/// A result as a text, whatever its width.
fn table(answer: &Answer, limit: Option<u64>) -> Result<(String, Written), RunError> {
    if answer.explains_freely() {
        let text = explained::text(&answer.plan()?);
        let rows = text.lines().count() as u64;
        let cut_off = false;
        return Ok((text, Written { rows, cut_off }));
    }
    let rows = answer.rows(limit)?;
    let written = of(&rows);
    if !answer.explains() {
        return Ok((table::of_rows(&rows), written));
    }
    // A drawing is not to be put into a frame.
    let drawings = rows.rows.iter().filter_map(|row| row.last()?.as_deref());
    let text = drawings.map(|text| format!("{}\n", text.trim_end()));
    Ok((text.collect(), written))
}

fn streamed(
    answer: &Answer,
    format: ResultFormat,
    limit: Option<u64>,
    out: impl Write,
) -> Result<Written, Stopped> {
    let format = match format {
        ResultFormat::Json => result::Format::Json,
        ResultFormat::Jsonl => result::Format::Jsonl,
        ResultFormat::Markdown => result::Format::Markdown,
        _ => result::Format::Csv,
    };
    let mut writer = Writer::new(out, format, answer.columns());
    let streamed = answer.stream(limit, format.nested(), |batch| {
        writer.batch(batch).map_err(Stopped::Write)
    });
    let streamed = streamed.map_err(|stopped| match stopped {
        Stopped::Run(error) if writer.has_begun() => Stopped::Late(error),
        stopped => stopped,
    })?;
    writer.end()?;
    Ok(Written {
        rows: streamed.rows,
        cut_off: streamed.cut_off,
    })
}

/// A result that was written by the engine, which was not asked for one row more.
fn whole(rows: u64, limit: Option<u64>) -> Written {
    Written {
        rows,
        cut_off: limit.is_some_and(|limit| limit == rows),
    }
}

fn of(rows: &crate::engine::rows::Rows) -> Written {
    Written {
        rows: rows.rows.len() as u64,
        cut_off: rows.cut_off,
    }
}

fn tell_dropped(dropped: &[String]) {
    if !dropped.is_empty() {
        let (count, names) = (dropped.len(), dropped.join("`, `"));
        let columns = if count == 1 {
            "column has"
        } else {
            "columns have"
        };
        narrate(&format!(
            "{count} {columns} no room: `{names}`; `--full` shows all.\n"
        ));
    }
}

fn tell(global: &Global, command: &Query, written: &Written, began: Instant) {
    let binary = format(command).is_ok_and(ResultFormat::is_binary);
    if written.cut_off {
        let (rows, more) = match command.limit {
            Some(limit) if binary => (limit, "there may be more"),
            Some(limit) => (limit, "there are more"),
            None => (SHOWN_ROWS, "`--limit` or `--format csv` gives more"),
        };
        narrate(&format!(
            "Only the first {} rows are here; {more}.\n",
            grouped(rows)
        ));
    }
    let into = command.output.as_ref();
    if global.verbose || (into.is_some() && !global.quiet) {
        let into = into.map_or(String::new(), |file| format!(" into `{}`", file.display()));
        narrate(&format!(
            "{}{into} in {}.\n",
            count(written.rows, "row"),
            seconds(began.elapsed().as_secs_f64())
        ));
    }
}
