//! `runs`: what state knows of them.

use super::context::Context;
use super::error::RunError;
use super::state_file;
use crate::model::run::RunNumber;
use crate::state::{RunRow, StepRow};

/// The newest runs, newest first.
///
/// # Errors
/// [`RunError::StateLost`], and of reading state.
pub fn list(ctx: &Context, limit: Option<u32>) -> Result<Vec<RunRow>, RunError> {
    match state_file::look(ctx)? {
        Some(state) => Ok(state.listed_runs(limit)?),
        None => Ok(Vec::new()),
    }
}

/// One run and how long its steps took.
///
/// # Errors
/// [`RunError::NoSuchRun`], and as for [`list`].
pub fn show(ctx: &Context, number: RunNumber) -> Result<(RunRow, Vec<StepRow>), RunError> {
    let state = state_file::look(ctx)?;
    let row = match &state {
        Some(state) => state.run(number)?,
        None => None,
    };
    match (state, row) {
        (Some(state), Some(row)) => Ok((row, state.steps(number)?)),
        _ => Err(RunError::NoSuchRun { run: number }),
    }
}
