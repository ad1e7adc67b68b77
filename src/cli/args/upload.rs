//! What can be typed behind `workbench upload`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, ProgressArg};

/// Where files come to lie; stands before the example.
pub const PLACES: &str = "\
Every file keeps its folders below DIR. One whose folders do not say what it is gets a folder of its \
feed's name right above it: `accounts.csv` comes to `accounts/accounts.csv`, `invoices_2024-05-12.csv` \
to `invoices/invoices_2024-05-12.csv` (the name without dates and numbers), `orders/2024/1.csv` stays. So \
`path = \"s3://bucket/raw/invoices/*.csv\"` shows one feed. What lies there with the same content is not \
sent again; what differs is replaced. A target of `export` is refused.";

/// `workbench upload`.
#[derive(Debug, Args)]
pub struct Upload {
    /// The raw files: a folder with all below it, or one file
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    pub dir: PathBuf,
    /// Where they are to lie: s3://bucket/prefix
    #[arg(value_name = "URL")]
    pub to: String,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How the summary is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t = ProgressArg::Auto, value_name = "HOW")]
    pub progress: ProgressArg,
}
