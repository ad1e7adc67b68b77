//! What can be typed behind `workbench catalog`.

use clap::Args;

use super::Format;

/// `workbench catalog`.
#[derive(Debug, Args)]
pub struct Catalog {
    /// Only this source
    pub source: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}
