//! The run: decided by a plan, carried out step by step, finished after a crash.

pub mod abandon;
pub mod bookmarks;
pub mod catalog;
pub mod change;
mod change_plan;
pub mod context;
pub mod error;
pub mod facts;
pub mod ground;
pub mod loading;
pub mod lock;
pub mod log;
pub mod outputs;
pub mod plan;
mod plan_notes;
mod plan_sources;
pub mod preview;
pub mod quarantine;
pub mod query;
mod reading;
pub mod recover;
pub mod restage;
pub mod run;
pub mod scan;
pub mod shapes;
pub mod snapshot_error;
pub mod snapshots;
mod space;
pub mod staging;
pub mod summary;
pub mod transaction;
pub mod wishes;

pub use context::{Context, ExportRequest, KnownChoice};
pub use error::RunError;
