//! What can be typed behind `workbench snapshots`.

use clap::{Args, Subcommand};

use super::{ListFormat, after_help};

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
}

/// `workbench snapshots list`.
#[derive(Debug, Args)]
pub struct SnapshotsList {
    /// Only this dataset
    pub dataset: Option<String>,
    /// As it stood when this run had published
    #[arg(long, value_name = "RUN")]
    pub as_of: Option<u64>,
    /// At most so many days [default: 20 for table and markdown, else all]
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
    /// Read this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}
