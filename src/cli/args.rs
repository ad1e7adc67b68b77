//! What can be typed.

mod bookmarks;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bookmarks::{Bookmarks, BookmarksCommand};

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

/// `workbench init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where the project is to be; made if it is not there [default: .]
    pub dir: Option<PathBuf>,
    /// The raw files: a folder, with all below it, or one file [default: DIR]
    #[arg(long, value_name = "PATH")]
    pub from: Option<PathBuf>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
}

/// Which day, what of it, and where to.
#[derive(Debug, Args)]
pub struct Selection {
    /// The ingest date [default: today in the project's time zone]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<NaiveDate>,
    /// Only this dataset and those it reads; can be given again
    #[arg(long, value_name = "DATASET")]
    pub only: Vec<String>,
    /// Publish here instead of the project's target
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// Empty the raw tables and load all files again
    #[arg(long)]
    pub full_refresh: bool,
    /// Compute an earlier day from the data as known then, or as known now
    #[arg(long, value_enum, default_value_t = KnownArg::Then)]
    pub known: KnownArg,
    /// Allow an ingest date after today
    #[arg(long)]
    pub allow_future: bool,
    /// Take a delivery that halves what was there
    #[arg(long)]
    pub accept_drop: bool,
}

/// Which raw data an earlier day is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KnownArg {
    Then,
    Now,
}

/// `workbench export`.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub selection: Selection,
    /// Compute everything into this folder; change neither state nor target
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    pub preview: Option<PathBuf>,
    /// The same as `workbench plan`
    #[arg(long)]
    pub dry_run: bool,
    /// Wait so long for who holds the project [default: 0, and 600 for readers of the warehouse]
    #[arg(long, value_name = "SECONDS")]
    pub lock_timeout: Option<u64>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
}

/// `workbench load`.
#[derive(Debug, Args)]
pub struct Load {
    /// Empty the raw tables and load all files again
    #[arg(long)]
    pub full_refresh: bool,
    /// Take a delivery that halves what was there
    #[arg(long)]
    pub accept_drop: bool,
    /// Wait so long for who holds the project [default: 0, and 600 for readers of the warehouse]
    #[arg(long, value_name = "SECONDS")]
    pub lock_timeout: Option<u64>,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
}

/// `workbench plan`.
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub selection: Selection,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `workbench query`.
#[derive(Debug, Args)]
pub struct Query {
    /// The SQL; `-` reads it from standard input
    pub sql: String,
    /// Datasets as of this day [default: the newest snapshot of each]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
    /// Read this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Table)]
    pub format: ResultFormat,
}

/// `workbench catalog`.
#[derive(Debug, Args)]
pub struct Catalog {
    /// Only this source
    pub source: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `workbench quarantine`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Quarantine {
    #[command(subcommand)]
    pub command: Option<QuarantineCommand>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// What about the quarantine.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Count the records by source
    #[command(after_help = after_help("workbench quarantine list --format json"))]
    List {
        /// How they are printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Show the records of a source, and why they were refused
    #[command(after_help = after_help("workbench quarantine show invoices"))]
    Show {
        /// The source
        source: String,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u64,
    },
    /// Try the records of a source again: those that fit now are taken by the next run
    #[command(after_help = after_help("workbench quarantine replay invoices"))]
    Replay {
        /// The source
        source: String,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// `workbench demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder to make it in; nothing may lie there yet
    #[arg(value_name = "DIR", default_value = "workbench-demo")]
    pub dir: PathBuf,
    /// How it is told what was made
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

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
    List(RunsList),
    /// Show one run and how long its steps took
    Show {
        /// The number of the run
        run: u64,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Give up a run that was committed but cannot be published; its load stands
    Abandon {
        /// The number of the run
        run: u64,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// `workbench runs list`.
#[derive(Debug, Args)]
pub struct RunsList {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// A listing's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// A result's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    Table,
    Csv,
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
