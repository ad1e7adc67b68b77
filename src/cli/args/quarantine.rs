//! What can be typed behind `workbench quarantine`.

use clap::{Args, Subcommand};

use super::super::complete;
use super::{Format, ListFormat, after_help};

/// `workbench quarantine`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Quarantine {
    #[command(subcommand)]
    pub command: Option<QuarantineCommand>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}

/// What about the quarantine.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Count the records by source
    #[command(after_help = after_help("workbench quarantine list --format json"))]
    List {
        /// How they are printed
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show the records of a source, and why they were refused
    #[command(after_help = after_help("workbench quarantine show invoices"))]
    Show {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// At most so many [default: 100 for table and markdown, else all]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        limit: Option<u64>,
        /// How they are printed
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Try the records of a source again: those that fit now are taken by the next run
    #[command(after_help = after_help("workbench quarantine replay invoices"))]
    Replay {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}
