//! What can be typed behind `workbench query`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::complete;

use crate::engine::param::Param;
use crate::model::moment::Moment;
use crate::report::answer_file::FileFormat;
use crate::report::result;

/// `workbench query`.
#[derive(Debug, Args)]
pub struct Query {
    /// The SQL; `-` reads it from standard input
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub sql: Option<String>,
    /// Read the SQL from this file
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Datasets as of then: a day, a month, a run, `latest~1`, `-30d` [default: the newest of each]
    #[arg(long, value_name = "MOMENT", allow_hyphen_values = true, add = complete::moments())]
    pub as_of: Option<Moment>,
    /// A value for `$name` in the SQL; can be given again
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<Param>,
    /// How the result is written [default: by the name of --output, else table]
    #[arg(long, value_enum)]
    pub format: Option<ResultFormat>,
    /// Write the result to this file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// At most so many rows [default: 1000 for table and markdown, else all]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Show all columns and whole values, however wide the terminal is
    #[arg(long)]
    pub full: bool,
    /// Let the SQL read the project's data only: no files, no network, no settings
    #[arg(long)]
    pub safe: bool,
    /// Read this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
}

/// A result's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    Table,
    Csv,
    /// One array of objects
    Json,
    /// One object per line
    Jsonl,
    Markdown,
    Parquet,
    /// Arrow IPC, as a stream
    Arrow,
}

impl ResultFormat {
    /// By the ending of a file's name.
    pub fn of(file: &Path) -> Option<Self> {
        if file.extension()?.eq_ignore_ascii_case("txt") {
            return Some(Self::Table);
        }
        Some(match FileFormat::of(file)? {
            FileFormat::Rows(result::Format::Csv) => Self::Csv,
            FileFormat::Rows(result::Format::Json) => Self::Json,
            FileFormat::Rows(result::Format::Jsonl) => Self::Jsonl,
            FileFormat::Rows(result::Format::Markdown) => Self::Markdown,
            FileFormat::Parquet => Self::Parquet,
            FileFormat::Arrow => Self::Arrow,
        })
    }

    /// Whether only programs can read it.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}
