//! What can be typed behind `workbench bookmarks`.

use clap::{Args, Subcommand};

use super::super::complete;
use super::{Format, ListFormat, after_help};

/// `workbench bookmarks`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bookmarks {
    #[command(subcommand)]
    pub command: Option<BookmarksCommand>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}

/// What about bookmarks. A verb writes down what is wanted; the next export or
/// load does it.
#[derive(Debug, Subcommand)]
pub enum BookmarksCommand {
    /// List the sources, and what is asked for
    #[command(after_help = after_help("workbench bookmarks list --format json"))]
    List {
        /// How they are printed
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Show what is known of one file, and what the next run does about it
    #[command(after_help = after_help("workbench bookmarks explain raw/orders/2024-11-03.csv"))]
    Explain {
        /// The file, as `plan` shows it or from where you are
        #[arg(value_hint = clap::ValueHint::FilePath)]
        file: String,
        /// How it is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Take again what still lies there; after a change of the definition, load all anew
    #[command(after_help = after_help("workbench bookmarks reset orders"))]
    Reset {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// After a change of the definition: let go the rows of files that are gone
        #[arg(long)]
        accept_drop: bool,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Take again what runs after this one took, and still lies there
    #[command(after_help = after_help("workbench bookmarks rewind orders --to 12"))]
    Rewind {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// The last run whose files stay as they are
        #[arg(long, value_name = "RUN", add = complete::runs())]
        to: u64,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Count files as taken without loading them
    #[command(after_help = after_help(
        "workbench bookmarks set orders --as-processed 'raw/orders/2023-*.csv'"))]
    Set {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// Files that match, lie there and were not taken; without a `/`, by name alone
        #[arg(long, value_name = "GLOB")]
        as_processed: String,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Leave files as they are: not loaded, not changed, not retracted
    #[command(after_help = after_help("workbench bookmarks hold orders 'raw/orders/2024-11-*.csv'"))]
    Hold {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// Files that match; without a `/`, by name alone
        glob: String,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Hold files no longer
    #[command(after_help = after_help("workbench bookmarks release orders 'raw/orders/2024-11-*.csv'"))]
    Release {
        /// The source
        #[arg(add = complete::sources())]
        source: String,
        /// The glob, as it was held
        glob: String,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Withdraw what was asked for
    #[command(after_help = after_help("workbench bookmarks cancel 3f2a91c0"))]
    Cancel {
        /// The wish, or how its id begins
        #[arg(add = complete::wishes())]
        id: String,
        /// How the outcome is printed
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

impl BookmarksCommand {
    /// How it is to be printed.
    pub fn format(&self) -> Format {
        match self {
            Self::List { format } => format.of_errors(),
            Self::Explain { format, .. }
            | Self::Reset { format, .. }
            | Self::Rewind { format, .. }
            | Self::Set { format, .. }
            | Self::Hold { format, .. }
            | Self::Release { format, .. }
            | Self::Cancel { format, .. } => *format,
        }
    }

    /// The same, where it is a listing.
    pub fn told_in(&self) -> ListFormat {
        match self {
            Self::List { format } => *format,
            other => other.format().into(),
        }
    }

    /// Whether it writes something down, and only confirms it.
    pub fn is_verb(&self) -> bool {
        !matches!(self, Self::List { .. } | Self::Explain { .. })
    }
}
