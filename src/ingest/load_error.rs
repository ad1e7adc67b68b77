//! Why a delivery was not loaded.

use std::io;

use super::error::HeaderError;
use crate::engine::EngineError;
use crate::model::names::SourceName;

/// By meaning to the user.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("`{path}`: {source}")]
    Io {
        path: String,
        #[source]
        source: io::Error,
    },
    /// The engine read another number of records than stand in the file.
    #[error("`{path}` has {counted} records, but {loaded} rows were read from it")]
    Miscounted {
        path: String,
        counted: u64,
        loaded: u64,
    },
    /// Fewer than half of the rows would remain.
    #[error(
        "{what} would keep {after} of the {before} rows of source `{source_name}` that it replaces"
    )]
    Halved {
        source_name: SourceName,
        what: String,
        before: u64,
        after: u64,
    },
    /// An earlier file has to be read again and is gone.
    #[error(
        "`{path}` of source `{source_name}` is gone, and its rows are needed to tell what counts now"
    )]
    Gone {
        source_name: SourceName,
        path: String,
    },
    /// The engine does not read it as it was expected to. It is read carefully next.
    #[error("`{path}` of source `{source_name}` needs a careful look")]
    NotPlain {
        source_name: SourceName,
        path: String,
    },
}
