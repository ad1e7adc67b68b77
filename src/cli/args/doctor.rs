//! What can be typed behind `workbench doctor`.

use clap::Args;

use super::ListFormat;

/// What its own exit codes mean.
pub const OUTCOMES: &str = "\
It ends with 0 if nothing is an error (a warning is none), and with 1 if something is.";

/// `workbench doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Hash contents too: published files, kept objects, raw files, the whole warehouse
    #[arg(long)]
    pub deep: bool,
    /// Mend what is safe to mend, and say each thing that is done; then look again
    #[arg(long)]
    pub fix: bool,
    /// How it is told what was found
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}
