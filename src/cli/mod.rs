//! The command line: one file per command.
//!
//! stdout is data, stderr is narration. Below this folder nobody knows of
//! arguments, the environment or the terminal.

mod args;
mod bookmarks;
mod catalog;
mod color;
mod confirm;
mod demo;
mod export;
mod init;
mod listing;
mod load;
mod output;
mod plan;
mod progress;
mod quarantine;
mod query;
mod runs;
mod snapshots;
mod surroundings;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use crossterm::style::{Color, Stylize};

use args::{Cli, Command, Format, Global};

use crate::model::summary::ExportSummary;
use crate::pipeline::error::RunError;
use crate::report;
use crate::report::failure::{Exit, Failure};

/// Parses the command line, runs it, and says how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(not_understood(&error) as u8),
    };
    let exit = match &cli.command {
        Command::Init(command) => init::run(&cli.global, command),
        Command::Export(command) => export::run(&cli.global, command),
        Command::Load(command) => load::run(&cli.global, command),
        Command::Plan(command) => plan::run(&cli.global, &command.selection, command.format),
        Command::Query(command) => query::run(&cli.global, command),
        Command::Snapshots(command) => snapshots::run(&cli.global, command),
        Command::Catalog(command) => catalog::run(&cli.global, command),
        Command::Quarantine(command) => quarantine::run(&cli.global, command),
        Command::Bookmarks(command) => bookmarks::run(&cli.global, command),
        Command::Runs(command) => runs::run(&cli.global, command),
        Command::Demo(command) => demo::run(&cli.global, command),
    };
    ExitCode::from(exit as u8)
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
        let document = if args.iter().any(|a| a == "export" || a == "load") {
            report::export::json(&ExportSummary::not_begun(), Some(&failure))
        } else {
            serde_json::json!({ "error": failure.json() })
        };
        print(&format!("{document:#}\n"));
    }
    Exit::Usage
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
    crossterm::terminal::size().ok().map(|(width, _)| width)
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
    let mut text = failure.text();
    if color::wanted(global.color) {
        for (word, color) in [("error:", Color::Red), ("hint:", Color::Cyan)] {
            // Where a line begins with it; what follows may be the user's text.
            let painted = format!("\n{}", word.with(color).bold());
            text = format!("\n{text}").replacen(&format!("\n{word}"), &painted, 1)[1..].to_owned();
        }
    }
    narrate(&text);
}
