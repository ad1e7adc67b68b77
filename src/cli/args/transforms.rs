//! What can be typed behind `workbench transforms`.

use clap::{Args, Subcommand};

use super::super::complete;
use super::{Format, ListFormat, after_help};

/// `workbench transforms`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Transforms {
    #[command(subcommand)]
    pub command: Option<TransformsCommand>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}

/// What about transforms. A transform is named `features.orders`, `orders` or
/// `sql/features/orders.sql`; behind an `@` stands a revision: its number, `latest`,
/// `latest~1`, or how its fingerprint begins.
#[derive(Debug, Subcommand)]
pub enum TransformsCommand {
    /// List all, and how their files differ from what was last published
    #[command(after_help = after_help("workbench transforms list --format json"))]
    List {
        /// How they are printed
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Print the text of a file as it is now, or as it was
    #[command(after_help = after_help("workbench transforms show features.account_level@1"))]
    Show {
        /// The transform, and with `@` a revision of it
        #[arg(value_name = "NAME[@REV]", add = complete::revisions())]
        name: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// List the revisions of one, and the runs and days that each was published under
    #[command(after_help = after_help("workbench transforms history features.account_level"))]
    History {
        /// The transform
        #[arg(add = complete::revisions())]
        name: String,
        /// How they are printed
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show which lines differ: by default between what was last published and the file
    #[command(after_help = after_help(
        "workbench transforms diff features.account_level@1 features.account_level@2"))]
    Diff {
        /// The transform to begin with [default: all whose files differ]
        #[arg(value_name = "NAME[@REV]", add = complete::revisions())]
        before: Option<String>,
        /// What to come to [default: the file as it is now]
        #[arg(value_name = "NAME[@REV]", add = complete::revisions())]
        after: Option<String>,
        /// How many lines that do not differ to show around those that do
        #[arg(short = 'U', long, value_name = "N", default_value_t = 3)]
        context: usize,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}
