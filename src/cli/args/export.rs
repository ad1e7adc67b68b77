//! What can be typed behind `workbench export`, `load` and `plan`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::super::complete;
use super::{Format, ListFormat, ProgressArg};

/// Which day, what of it, and where to.
#[derive(Debug, Args)]
pub struct Selection {
    /// The ingest date [default: today in the project's time zone]
    #[arg(long, value_name = "YYYY-MM-DD", add = complete::days())]
    pub date: Option<NaiveDate>,
    /// Only this dataset and those it reads; can be given again
    #[arg(long, value_name = "DATASET", add = complete::datasets())]
    pub only: Vec<String>,
    /// Publish here instead of the project's target
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// Empty the raw tables and load all files again
    #[arg(long)]
    pub full_refresh: bool,
    /// Compute an earlier day from the data as known then, or as known now [default: then, where a run took place]
    #[arg(long, value_enum)]
    pub known: Option<KnownArg>,
    /// Allow an ingest date after today
    #[arg(long)]
    pub allow_future: bool,
    /// Take a delivery that halves what was there
    #[arg(long)]
    pub accept_drop: bool,
    /// Begin a new target where the one that was published to is gone
    #[arg(long)]
    pub new_target: bool,
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
    /// Only say what would be done: of one day, the same as `workbench plan`
    #[arg(long)]
    pub dry_run: bool,
    /// Wait so long for who holds the project [default: 0, and 600 for readers of the warehouse]
    #[arg(long, value_name = "SECONDS")]
    pub lock_timeout: Option<u64>,
    /// How the summary is printed; CSV and Markdown go with `--from`
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
    // Last, or its heading would stand above what follows.
    #[command(flatten)]
    pub range: RangeArgs,
}

/// Days in a row.
#[derive(Debug, Args)]
#[command(next_help_heading = "Days in a row")]
pub struct RangeArgs {
    /// Export each day from this one on, oldest first, by a run of its own
    #[arg(
        long,
        value_name = "YYYY-MM-DD",
        add = complete::days(),
        conflicts_with_all = ["date", "preview", "full_refresh"]
    )]
    pub from: Option<NaiveDate>,
    /// The last of the days [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", add = complete::days(), requires = "from")]
    pub to: Option<NaiveDate>,
    /// Only every so many days, from the first on
    #[arg(long, value_name = "N", requires = "from")]
    pub every: Option<NonZeroU32>,
    /// Only days that have no snapshot; with --stale, both kinds
    #[arg(long, requires = "from")]
    pub missing: bool,
    /// Only days that have a snapshot, and would be published anew: other SQL or data, or a new dataset
    #[arg(long, requires = "from")]
    pub stale: bool,
    /// Go on after a day that was refused or failed
    #[arg(long, requires = "from")]
    pub keep_going: bool,
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
