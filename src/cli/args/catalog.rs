//! What can be typed behind `workbench catalog`.

use clap::Args;

use super::super::complete;
use super::ListFormat;

/// `workbench catalog`.
#[derive(Debug, Args)]
pub struct Catalog {
    /// All of one table, with its columns: `features.account_level`, or a name alone
    #[arg(value_name = "NAME", add = complete::tables())]
    pub name: Option<String>,
    /// Read this target instead of the project's
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}
