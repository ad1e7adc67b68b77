//! An embedded-SQL analytics workbench for one machine.
//!
//! See `docs/architecture.md` for the layers and the walk of one file.

pub mod assist;
pub mod browse;
pub mod cli;
pub mod engine;
pub mod failpoint;
pub mod ingest;
pub mod model;
pub mod pipeline;
pub mod project;
pub mod propose;
pub mod report;
pub mod sample;
pub mod snapshots;
pub mod state;
pub mod store;
pub mod transforms;
pub mod tui;
pub mod workbench;
