//! What can be typed.

mod bookmarks;
mod catalog;
mod diff;
mod doctor;
mod export;
mod init;
mod quarantine;
mod query;
mod rebuild;
mod runs;
mod snapshots;
mod tools;
mod transforms;
mod upload;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bookmarks::{Bookmarks, BookmarksCommand};
pub use catalog::Catalog;
pub use diff::{Diff, Only};
pub use doctor::Doctor;
pub use export::{Export, KnownArg, Load, Plan, RangeArgs, Selection};
pub use init::{Demo, Init};
pub use quarantine::{Quarantine, QuarantineCommand};
pub use query::{Query, ResultFormat};
pub use rebuild::Rebuild;
pub use runs::{Runs, RunsCommand, RunsList};
pub use snapshots::{ChangeOptions, Snapshots, SnapshotsCommand, SnapshotsList};
pub use tools::{Completions, Man, Shell};
pub use transforms::{Transforms, TransformsCommand};
pub use upload::Upload;

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  failed
    2  usage or configuration
    3  data refused (bad rows, drift, a failed check, a broken shape); nothing published
    4  another run holds the project
    5  another writer owns the target
    6  there are differences, and `diff --exit-code` asked
  130  interrupted";

fn after_help(example: &str) -> String {
    format!("Example:\n    {example}\n\n{EXIT_CODES}")
}

/// Stands between the example of `export` and the exit codes.
const DAYS_IN_A_ROW: &str = "\
workbench export --date 2024-11-03
    workbench export --from 2024-10-01 --missing

Days in a row: each is an ordinary run with a commit of its own, and what is up to date is left as \
it is. So the same command again, after a stop, a kill or a refusal, does what is left. The first \
day that is not done ends it, unless --keep-going. The locks are held from the first day to the last.

A day is missing if, by the commits at the target, a dataset that is to be published (all, or those \
of --only) has no snapshot of it in its present version. It is stale if a dataset of it \
is published, and its export would publish one: because the fingerprint of its SQL, the generations \
of the sources it reads (as known then, or now), the earlier days it reads or its checks are not \
those that its last commit records, because the file at the target is not what was committed, or \
because the dataset is new and this day has another one. A day \
of which such a dataset was dropped is neither.

With --keep-going or --dry-run the exit code is that of the worst day, from the worst on: 130, 5, \
4, 1, 2, 3, 0. Interrupted, or unable to look at state and files, it ends at once all the same. \
--date, --preview and --full-refresh are for one day and cannot go with --from.";

/// Load raw CSV files exactly once, compute features with SQL, publish dated
/// snapshots as Parquet.
///
/// Without a command it opens the app, to browse the snapshots.
#[derive(Debug, Parser)]
#[command(name = "workbench", version, max_term_width = 100, after_help = after_help("workbench export"))]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// Browse this target instead of the project's; it needs no project
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::DirPath)]
    pub target: Option<String>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The project's folder [default: the nearest one upwards with a workbench.toml]
    #[arg(short = 'C', long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub project: Option<PathBuf>,
    /// Say more: every step and what it waits for
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Say nothing but errors, and what was asked for in JSON or by a command that shows
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Print long answers at once, also on a terminal
    #[arg(long, global = true)]
    pub no_pager: bool,
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
    #[command(after_help = after_help(DAYS_IN_A_ROW))]
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
    /// Say what changed in a dataset between two days or runs
    #[command(after_help = after_help(
        "workbench diff account_level latest~1 latest --rows --only changed"))]
    Diff(Diff),
    /// List what is published, take a day out of it, put one back
    #[command(after_help = after_help("workbench snapshots account_level"))]
    Snapshots(Snapshots),
    /// List sources, staging views and datasets; show the columns of one, and what reads what
    #[command(after_help = after_help("workbench catalog features.account_level"))]
    Catalog(Catalog),
    /// List the files under `sql/`, their revisions, and what an edit changed
    #[command(after_help = after_help("workbench transforms diff features.account_level"))]
    Transforms(Transforms),
    /// Show the records that could not be loaded and were set aside
    #[command(after_help = after_help("workbench quarantine show invoices"))]
    Quarantine(Quarantine),
    /// Show what was taken of each source, and say what to do about it
    #[command(after_help = after_help("workbench bookmarks explain raw/orders/2024-11-03.csv"))]
    Bookmarks(Bookmarks),
    /// List runs, show one, give one up
    #[command(after_help = after_help("workbench runs show 3"))]
    Runs(Runs),
    /// Find out whether all that belongs to the project is there and agrees; mend what is safe
    #[command(after_help = format!(
        "{}\n\n{}", doctor::OUTCOMES, after_help("workbench doctor --deep")))]
    Doctor(Doctor),
    /// Build a lost or damaged `.workbench` again, from the target and the raw files
    #[command(after_help = after_help("workbench rebuild"))]
    Rebuild(Rebuild),
    /// Send raw files to a bucket, each below a folder named like its feed
    #[command(after_help = format!(
        "{}\n\n{}", upload::PLACES, after_help("workbench upload deliveries s3://bucket/raw --dry-run")))]
    Upload(Upload),
    /// Make a project with half a year of made-up deliveries, to look around in
    #[command(after_help = after_help("workbench demo && cd workbench-demo && workbench runs"))]
    Demo(Demo),
    /// Print the script by which a shell learns to complete commands and names
    #[command(after_help = after_help(
        "workbench completions bash > ~/.local/share/bash-completion/completions/workbench"))]
    Completions(Completions),
    /// Show the manual page, on a terminal by `man`, or write one per command
    #[command(after_help = after_help("workbench man --out man1"))]
    Man(Man),
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

impl From<Format> for ListFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Json => Self::Json,
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
