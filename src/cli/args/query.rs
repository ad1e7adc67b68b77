//! What can be typed behind `workbench query`.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

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

/// A result's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    Table,
    Csv,
}
