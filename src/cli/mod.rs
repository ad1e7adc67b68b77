//! The command line: one file per command.
//!
//! stdout is data, stderr is narration. Below this folder nobody knows of
//! arguments, the environment or the terminal.

mod app;
mod args;
mod bookmarks;
mod catalog;
mod color;
mod complete;
mod confirm;
mod demo;
mod diff;
mod doctor;
mod export;
mod init;
mod listing;
mod load;
mod man;
mod output;
mod pager;
mod plan;
mod progress;
mod quarantine;
mod query;
mod range;
mod rebuild;
mod runs;
mod snapshots;
mod surroundings;
mod transforms;
mod upload;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use crossterm::style::{Color, Stylize};

use args::{Cli, Command, Format, Global};

use crate::model::summary::ExportSummary;
use crate::pipeline::error::RunError;
use crate::pipeline::range::Days;
use crate::report;
use crate::report::failure::{Exit, Failure};
use crate::report::warning::Warning;

/// Parses the command line, runs it, and says how it ended.
pub fn main() -> ExitCode {
    if complete::answered() {
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(not_understood(&error) as u8),
    };
    let Some(command) = &cli.command else {
        return ExitCode::from(without_command(&cli.global, cli.target.as_deref()) as u8);
    };
    if cli.target.is_some() {
        let message = "`--target` goes behind the command: `workbench query SQL --target URL`";
        return ExitCode::from(usage(message) as u8);
    }
    let exit = match command {
        Command::Init(command) => init::run(&cli.global, command),
        Command::Export(command) => export::run(&cli.global, command),
        Command::Load(command) => load::run(&cli.global, command),
        Command::Plan(command) => plan::run(&cli.global, &command.selection, command.format),
        Command::Query(command) => query::run(&cli.global, command),
        Command::Diff(command) => diff::run(&cli.global, command),
        Command::Snapshots(command) => snapshots::run(&cli.global, command),
        Command::Catalog(command) => catalog::run(&cli.global, command),
        Command::Quarantine(command) => quarantine::run(&cli.global, command),
        Command::Bookmarks(command) => bookmarks::run(&cli.global, command),
        Command::Runs(command) => runs::run(&cli.global, command),
        Command::Doctor(command) => doctor::run(&cli.global, command),
        Command::Transforms(command) => transforms::run(&cli.global, command),
        Command::Rebuild(command) => rebuild::run(&cli.global, command),
        Command::Upload(command) => upload::run(&cli.global, command),
        Command::Demo(command) => demo::run(&cli.global, command),
        Command::Completions(command) => {
            print(&complete::script(command.shell));
            Exit::Done
        }
        Command::Man(command) => man::run(&cli.global, command),
    };
    ExitCode::from(exit as u8)
}

/// The app, where somebody sits before a terminal; otherwise there is nothing to do.
fn without_command(global: &Global, target: Option<&str>) -> Exit {
    if app::is_possible() {
        return app::run(global, target);
    }
    narrate(
        "error: there is no command, and no terminal to open the app on\n\
         hint: `workbench --help` lists the commands\n",
    );
    Exit::Usage
}

/// Answers a command line that is no command. Help and version are asked for;
/// anything else is a usage error, told as a document to whoever wants one.
fn not_understood(error: &clap::Error) -> Exit {
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    let args: Vec<String> = std::env::args().collect();
    let json = args.iter().any(|a| a == "--format=json")
        || args.windows(2).any(|pair| pair == ["--format", "json"]);
    if json {
        let message = error.to_string();
        let failure = Failure {
            exit: Exit::Usage,
            message: message.trim_start_matches("error: ").trim_end().to_owned(),
            hint: None,
            rows: None,
        };
        let has = |word: &str| args.iter().any(|a| a == word);
        let is_range = has("--from") || args.iter().any(|a| a.starts_with("--from="));
        let document = if has("export") && is_range {
            report::range::json(&Days::not_begun(None), &[failure])
        } else if has("export") || has("load") {
            report::export::json(&ExportSummary::not_begun(), Some(&failure))
        } else {
            serde_json::json!({ "error": failure.json() })
        };
        print(&format!("{document:#}\n"));
    }
    Exit::Usage
}

/// Ends a command whose options do not go together, as the parser would.
fn usage(message: &str) -> Exit {
    not_understood(&Cli::command().error(ErrorKind::ArgumentConflict, message))
}

/// Writes data to stdout. A reader that has had enough is no error; anything
/// else means that the data did not arrive, whatever was done before.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        narrate(&format!(
            "error: the output could not be written: {error}\n"
        ));
        std::process::exit(i32::from(Exit::Failed as u8));
    }
}

/// The width of the terminal; None where the output goes elsewhere.
fn width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    screen().map(|(width, _)| width)
}

/// The columns and lines of the terminal; None where it does not say.
fn screen() -> Option<(u16, u16)> {
    let size = crossterm::terminal::size().ok();
    size.filter(|(width, height)| *width > 0 && *height > 0)
}

/// Writes narration to stderr.
fn narrate(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Ends a command that failed, in the format it was asked for.
fn fail(global: &Global, error: &RunError, format: Format) -> Exit {
    let failure = Failure::of(error);
    if format == Format::Json {
        print(&format!(
            "{:#}\n",
            serde_json::json!({ "error": failure.json() })
        ));
    }
    complain(global, &failure);
    failure.exit
}

/// Writes an error to stderr, its first words in colour where that is wanted.
fn complain(global: &Global, failure: &Failure) {
    narrate(&painted(global, failure.text()));
}

/// Says what is missing in an answer that was given all the same.
fn warn(global: &Global, warning: &Warning) {
    narrate(&painted(global, warning.text()));
}

fn painted(global: &Global, mut text: String) -> String {
    if color::wanted(global.color) {
        for (word, color) in [
            ("error:", Color::Red),
            ("warning:", Color::Yellow),
            ("hint:", Color::Cyan),
        ] {
            // Where a line begins with it; what follows may be the user's text.
            let painted = format!("\n{}", word.with(color).bold());
            text = format!("\n{text}").replacen(&format!("\n{word}"), &painted, 1)[1..].to_owned();
        }
    }
    text
}
