//! What can be typed.

mod bookmarks;
mod catalog;
mod export;
mod init;
mod quarantine;
mod query;
mod runs;
mod snapshots;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bookmarks::{Bookmarks, BookmarksCommand};
pub use catalog::Catalog;
pub use export::{Export, KnownArg, Load, Plan, Selection};
pub use init::{Demo, Init};
pub use quarantine::{Quarantine, QuarantineCommand};
pub use query::{Query, ResultFormat};
pub use runs::{Runs, RunsCommand, RunsList};
pub use snapshots::{ChangeOptions, Snapshots, SnapshotsCommand, SnapshotsList};

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  failed
    2  usage or configuration
    3  data refused (bad rows, drift, a failed check, a broken shape); nothing published
    4  another run holds the project
    5  another writer owns the target
  130  interrupted";

fn after_help(example: &str) -> String {
    format!("Example:\n    {example}\n\n{EXIT_CODES}")
}

/// Load raw CSV files exactly once, compute features with SQL, publish dated
/// snapshots as Parquet.
#[derive(Debug, Parser)]
#[command(name = "workbench", version, max_term_width = 100, after_help = after_help("workbench export"))]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The project's folder [default: the nearest one upwards with a workbench.toml]
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Say more: every step and what it waits for
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Say nothing but errors, and what was asked for in JSON or by query, plan, runs
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read raw CSV files through, and write a project for them
    #[command(after_help = after_help("workbench init my-project --from /data/raw"))]
    Init(Init),
    /// Load new files, check them, compute the datasets and publish the day
    #[command(after_help = after_help("workbench export --date 2024-11-03"))]
    Export(Export),
    /// Load new files and check them; publish nothing
    #[command(after_help = after_help("workbench load --lock-timeout 60"))]
    Load(Load),
    /// Say what an export would do, and why; change nothing
    #[command(after_help = after_help("workbench plan --date 2024-11-03"))]
    Plan(Plan),
    /// Ask SQL about what is published
    #[command(after_help = after_help(
        "workbench query \"SELECT count(*) FROM features.account_level\" --as-of 2024-11-03"))]
    Query(Query),
    /// List what is published, take a day out of it, put one back
    #[command(after_help = after_help("workbench snapshots account_level"))]
    Snapshots(Snapshots),
    /// Show the columns of the sources, and how they came to be
    #[command(after_help = after_help("workbench catalog invoices"))]
    Catalog(Catalog),
    /// Show the records that could not be loaded and were set aside
    #[command(after_help = after_help("workbench quarantine show invoices"))]
    Quarantine(Quarantine),
    /// Show what was taken of each source, and say what to do about it
    #[command(after_help = after_help("workbench bookmarks explain raw/orders/2024-11-03.csv"))]
    Bookmarks(Bookmarks),
    /// List runs, show one, give one up
    #[command(after_help = after_help("workbench runs show 3"))]
    Runs(Runs),
    /// Make a project with half a year of made-up deliveries, to look around in
    #[command(after_help = after_help("workbench demo && cd workbench-demo && workbench runs"))]
    Demo(Demo),
}

/// How one thing is told: to people, or as one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// How a listing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Table,
    Json,
    Csv,
    Markdown,
}

impl ListFormat {
    /// How an error is told to who asked for it so.
    pub fn of_errors(self) -> Format {
        match self {
            Self::Json => Format::Json,
            _ => Format::Table,
        }
    }
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    /// Bars on a terminal, nothing elsewhere
    Auto,
    Bar,
    /// One JSON object per line
    Json,
    None,
}
