//! Snapshots: stage, publish, recover, list, open as of a day.
//!
//! `docs/snapshot-format.md` is the contract that this folder keeps.

pub mod abandon;
mod attempts;
pub mod chronicle;
pub mod documents;
pub mod error;
pub mod granted;
pub mod lives;
pub mod moment;
pub mod open;
pub mod publish;
pub mod published;
pub mod stage;
pub mod views;
pub mod visited;

pub use chronicle::Chronicle;
pub use error::PublishError;
pub use published::Published;
