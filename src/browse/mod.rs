//! Looking at what is published, and at what queries answered: pages of rows, in
//! any order and filtered; what their columns hold; where a row is on another day.
//!
//! Everything is read from the Parquet files of commits by an engine in memory:
//! no run is ever kept waiting, and no generation changes under a reader. The rows
//! of answers are kept beside them (`kept.rs`), and read in the same way.

pub mod answers;
pub mod browser;
pub mod error;
pub mod find;
pub mod forget;
pub mod frequencies;
pub mod keep;
mod kept;
pub mod names;
pub mod over_time;
pub mod page;
mod parts;
pub mod priority;
pub mod profile;
mod quantiles;
pub mod row_index;
pub mod table;
pub mod timeline;

pub use browser::Browser;
pub use error::BrowseError;
pub use page::{Page, View};
pub use table::{Identity, Origin, Table};
