//! The state: a SQLite file that readers start from without opening the warehouse.
//!
//! Apart from the hash cache, the steps, the wishes and what became of runs that
//! never reached the ledger, all of it is a copy of what the ledger and the commits
//! say. So every method that copies may be called again with the same input,
//! after a crash or for no reason, and changes nothing the second time.

mod bookmarks;
mod convert;
mod db;
mod error;
mod files;
mod inspect;
mod revisions;
mod run_row;
mod runs;
mod snapshots;
mod steps;
mod targets;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wishes;

pub use db::State;
pub use error::StateError;
pub use files::KnownFile;
pub use revisions::RevisionRow;
pub use run_row::{NewRun, RunDrift, RunRow};
pub use steps::StepRow;
pub use targets::TargetRow;
