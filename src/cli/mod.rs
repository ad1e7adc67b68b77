//! The command line: one file per command.
//!
//! stdout is data, stderr is narration. Below this folder nobody knows of
//! arguments, the environment or the terminal.

mod args;
mod export;
mod plan;
mod progress;
mod query;
mod runs;
mod surroundings;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, Format};

use crate::pipeline::error::RunError;
use crate::report::failure::{Exit, Failure};

/// Parses the command line, runs it, and says how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; anything else is a usage error.
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            let _ = error.print();
            return ExitCode::from(code as u8);
        }
    };
    let exit = match &cli.command {
        Command::Export(command) => export::run(&cli.global, command),
        Command::Plan(command) => plan::run(&cli.global, &command.selection, command.format),
        Command::Query(command) => query::run(&cli.global, command),
        Command::Runs(command) => runs::run(&cli.global, command),
    };
    ExitCode::from(exit as u8)
}

/// Writes data to stdout. A reader that has had enough is no error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes narration to stderr.
fn narrate(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Ends a command that failed, in the format it was asked for.
fn fail(error: &RunError, format: Format) -> Exit {
    let failure = Failure::of(error);
    if format == Format::Json {
        print(&format!(
            "{:#}\n",
            serde_json::json!({ "error": failure.json() })
        ));
    }
    narrate(&failure.text());
    failure.exit
}
