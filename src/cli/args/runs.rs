//! What can be typed behind `workbench runs`.

use clap::{Args, Subcommand};

use super::super::complete;
use super::{Format, ListFormat, after_help};

/// `workbench runs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Runs {
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    #[command(flatten)]
    pub list: RunsList,
}

/// What about runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first
    #[command(after_help = after_help("workbench runs list --limit 100 --format csv"))]
    List(RunsList),
    /// Show one run and how long its steps took
    #[command(after_help = after_help("workbench runs show 3 --log"))]
    Show {
        /// The number of the run
        #[arg(add = complete::runs())]
        run: u64,
        /// Print its log instead: what it did when
        #[arg(long)]
        log: bool,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Give up a run that was committed but cannot be published; its load stands
    #[command(after_help = after_help("workbench runs abandon 3"))]
    Abandon {
        /// The number of the run
        #[arg(add = complete::runs())]
        run: u64,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// `workbench runs list`.
#[derive(Debug, Args)]
pub struct RunsList {
    /// At most so many [default: 20 for table and markdown, else all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}
