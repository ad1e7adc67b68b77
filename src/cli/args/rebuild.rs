//! What can be typed behind `workbench rebuild`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, ProgressArg};

/// `workbench rebuild`.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// Look for raw files in this folder too, such as an archive; can be given again
    #[arg(long, value_name = "DIR")]
    pub from: Vec<PathBuf>,
    /// Go on without what cannot be brought back, and say in the ledger what that is
    #[arg(long)]
    pub accept_loss: bool,
    /// Wait so long for who holds the project [default: 0]
    #[arg(long, value_name = "SECONDS")]
    pub lock_timeout: Option<u64>,
    /// How it is told what was done
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
}
