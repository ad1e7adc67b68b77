//! What can be typed behind `workbench init` and `workbench demo`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, ProgressArg};

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
