//! `workbench transforms`.

use std::io::IsTerminal;
use std::sync::Arc;

use crossterm::style::{Color, Stylize};

use super::args::{Format, Global, ListFormat, Transforms, TransformsCommand};
use super::{color, fail, listing, narrate, pager, print, surroundings, warn};
use crate::model::located::printable;
use crate::model::progress::Silent;
use crate::pipeline::error::RunError;
use crate::report::failure::Exit;
use crate::report::transforms::{self, Comparison, Part};
use crate::report::warning::Warning;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Transforms) -> Exit {
    let (outcome, format) = match &command.command {
        None => (list(global, command.format), command.format.of_errors()),
        Some(TransformsCommand::List { format }) => (list(global, *format), format.of_errors()),
        Some(TransformsCommand::Show { name, format }) => (show(global, name, *format), *format),
        Some(TransformsCommand::History { name, format }) => {
            (history(global, name, *format), format.of_errors())
        }
        Some(TransformsCommand::Diff {
            before,
            after,
            context,
            format,
        }) => (
            diff(
                global,
                (before.as_deref(), after.as_deref()),
                *context,
                *format,
            ),
            *format,
        ),
    };
    match outcome {
        Ok(()) => Exit::Done,
        Err(error) => fail(global, &error, format),
    }
}

fn list(global: &Global, format: ListFormat) -> Result<(), RunError> {
    let all = surroundings::open(global, Arc::new(Silent))?.transforms()?;
    let text = listing::told(
        format,
        &transforms::listing(&all.entries),
        || transforms::json_list(&all.entries),
        |width| transforms::text_list(&all.entries, width),
    );
    pager::show(global, format, &text);
    if let Some(errors) = &all.refused {
        warn(global, &Warning::of_transforms(errors));
    }
    Ok(())
}

fn show(global: &Global, name: &str, format: Format) -> Result<(), RunError> {
    let text = surroundings::open(global, Arc::new(Silent))?.transform(name)?;
    match format {
        Format::Json => print(&format!("{:#}\n", transforms::json_text(&text))),
        Format::Table => {
            if let Some(told) = transforms::told(&text).filter(|_| !global.quiet) {
                narrate(&format!("{told}\n"));
            }
            let lines = text.text.split_inclusive('\n').map(shown);
            pager::show(global, format, &lines.collect::<String>());
        }
    }
    Ok(())
}

fn history(global: &Global, name: &str, format: ListFormat) -> Result<(), RunError> {
    let all = surroundings::open(global, Arc::new(Silent))?.revisions(name)?;
    let text = listing::told(
        format,
        &transforms::revisions(&all),
        || transforms::json_revisions(&all),
        |width| transforms::text_revisions(&all, width),
    );
    pager::show(global, format, &text);
    Ok(())
}

fn diff(
    global: &Global,
    (before, after): (Option<&str>, Option<&str>),
    context: usize,
    format: Format,
) -> Result<(), RunError> {
    let pairs = surroundings::open(global, Arc::new(Silent))?.pairs(before, after)?;
    let all: Vec<Comparison<'_>> = pairs.iter().map(Comparison::of).collect();
    if format == Format::Json {
        let all: serde_json::Value = all.iter().map(|c| c.json(context)).collect();
        print(&format!("{all:#}\n"));
        return Ok(());
    }
    let in_color = color::wanted_on_stdout(global.color);
    let lines = all.iter().flat_map(|c| c.unified(context));
    let text: String = lines
        .map(|(part, line)| {
            let line = shown(&line);
            if in_color { painted(part, &line) } else { line }
        })
        .collect();
    pager::show(global, format, &text);
    if text.is_empty() && !global.quiet {
        narrate("No line differs.\n");
    }
    Ok(())
}

fn painted(part: Part, line: &str) -> String {
    let text = line.trim_end_matches('\n');
    let painted = match part {
        Part::Keep => return line.to_owned(),
        Part::Head => text.bold(),
        Part::Place => text.with(Color::Cyan),
        Part::Remove => text.with(Color::Red),
        Part::Add => text.with(Color::Green),
    };
    format!("{painted}\n")
}

/// A line of a file: on a terminal without what would steer it, elsewhere verbatim.
fn shown(line: &str) -> String {
    if !std::io::stdout().is_terminal() {
        return line.to_owned();
    }
    let (text, end) = match line.strip_suffix('\n') {
        Some(text) => (text, "\n"),
        None => (line, ""),
    };
    // What tells two line ends apart is shown, and indentation kept.
    let text = text.replace('\t', "    ");
    match text.strip_suffix('\r') {
        Some(text) => format!("{}␍{end}", printable(text)),
        None => format!("{}{end}", printable(&text)),
    }
}
