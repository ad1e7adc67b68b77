//! What can be typed behind `workbench snapshots`.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::super::complete;
use super::{Format, ListFormat, after_help};

/// `workbench snapshots`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Snapshots {
    #[command(subcommand)]
    pub command: Option<SnapshotsCommand>,
    #[command(flatten)]
    pub list: SnapshotsList,
}

/// What about snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotsCommand {
    /// List what is published, newest day first
    #[command(after_help = after_help("workbench snapshots list account_level --format csv"))]
    List(SnapshotsList),
    /// Take a day out of what is published; its files are kept, except in a bucket without versions
    #[command(after_help = after_help("workbench snapshots drop 2024-11-03"))]
    Drop(SnapshotsDrop),
    /// Put a day back as it stood when a run had published
    #[command(after_help = after_help("workbench snapshots restore 2024-11-03 --run 12"))]
    Restore(SnapshotsRestore),
}

/// `workbench snapshots drop`.
#[derive(Debug, Args)]
pub struct SnapshotsDrop {
    /// The ingest date
    #[arg(value_name = "YYYY-MM-DD", add = complete::days())]
    pub date: NaiveDate,
    /// Only these datasets
    #[arg(add = complete::datasets())]
    pub datasets: Vec<String>,
    #[command(flatten)]
    pub how: ChangeOptions,
}

/// `workbench snapshots restore`.
#[derive(Debug, Args)]
pub struct SnapshotsRestore {
    /// The ingest date
    #[arg(value_name = "YYYY-MM-DD", add = complete::past_days())]
    pub date: NaiveDate,
    /// Only these datasets
    #[arg(add = complete::datasets())]
    pub datasets: Vec<String>,
    /// The run as which it is put back: of each dataset what stood when it had published; without it, those that there are to choose from are named
    #[arg(long, add = complete::past_runs())]
    pub run: Option<u64>,
    #[command(flatten)]
    pub how: ChangeOptions,
}

/// What drop and restore take alike.
#[derive(Debug, Args)]
pub struct ChangeOptions {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Change this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// Wait so long for who holds the project [default: 0, and 600 for readers of the warehouse]
    #[arg(long, value_name = "SECONDS")]
    pub lock_timeout: Option<u64>,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `workbench snapshots list`.
#[derive(Debug, Args)]
pub struct SnapshotsList {
    /// Only this dataset
    #[arg(add = complete::datasets())]
    pub dataset: Option<String>,
    /// As it stood when this run had published
    #[arg(long, value_name = "RUN", add = complete::published_runs())]
    pub as_of: Option<u64>,
    /// List what was dropped instead, and how it can be put back
    #[arg(long, conflicts_with_all = ["dataset", "as_of", "limit"])]
    pub dropped: bool,
    /// At most so many days [default: 20 for table and markdown, else all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Read this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}
