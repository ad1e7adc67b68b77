//! Why something could not be looked at.

use crate::engine::{EngineError, ErrorKind};
use crate::snapshots::PublishError;

/// Why something could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The text of a filter is no condition over the columns.
    #[error("the filter `{filter}` is not understood: {why}")]
    Filter { filter: String, why: String },
}

impl BrowseError {
    /// Whether it ended because that was asked for.
    pub fn is_interrupt(&self) -> bool {
        matches!(self, Self::Engine(error) if error.kind == ErrorKind::Interrupted)
    }
}
