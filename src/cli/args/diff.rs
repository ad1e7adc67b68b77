//! What can be typed behind `workbench diff`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::complete;
use super::ListFormat;
use crate::model::moment::Moment;

/// `workbench diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The dataset
    #[arg(add = complete::datasets())]
    pub dataset: String,
    /// The earlier moment: a day, a month, a run, `latest~1`, `-30d`
    #[arg(default_value = "latest~1", allow_hyphen_values = true, add = complete::moments())]
    pub from: Moment,
    /// The later one
    #[arg(default_value = "latest", allow_hyphen_values = true, add = complete::moments())]
    pub to: Moment,
    /// List the rows that differ: of each the values that changed, old and new
    #[arg(long)]
    pub rows: bool,
    /// List only these rows; can be several: `added,removed` (implies --rows)
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub only: Vec<Only>,
    /// Of the rows that changed in this column, list those that moved furthest (implies --rows)
    #[arg(long, value_name = "COLUMN", conflicts_with = "only")]
    pub by: Option<String>,
    /// Only rows for which this SQL holds, before or after: `amount > 100 AND NOT paid`
    #[arg(long = "where", value_name = "CONDITION")]
    pub condition: Option<String>,
    /// Compare only these columns
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Do not compare these columns
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Columns that name a row [default: the dataset's key]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub key: Vec<String>,
    /// Take FLOAT, DOUBLE and DECIMAL that are no further apart for the same
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    pub tolerance: Option<f64>,
    /// How it is written [default: by the name of --output, else table]
    #[arg(long, value_enum)]
    pub format: Option<ListFormat>,
    /// Write it to this file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// List at most so many rows (implies --rows) [default: 100 for table, markdown and --by, else all; all into a file]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Show whole values, however wide the terminal is
    #[arg(long)]
    pub full: bool,
    /// End with exit code 6 if there is a difference
    #[arg(long)]
    pub exit_code: bool,
    /// Read this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
}

/// A kind of rows that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Only {
    Added,
    Removed,
    Changed,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("it is not a number from 0 on".to_owned()),
    }
}

impl ListFormat {
    /// By the ending of a file's name.
    pub fn of(file: &Path) -> Option<Self> {
        let ending = file.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "txt" => Self::Table,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "md" => Self::Markdown,
            _ => return None,
        })
    }
}
