//! A query becomes a dataset: a file under `sql/features/`, with a header to fill in.

use std::path::PathBuf;

use super::Asker;

/// Why it does not.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    #[error("`{name}` cannot name a dataset: {why}")]
    BadName { name: String, why: String },
    #[error("`{0}` is there already")]
    Exists(String),
    /// What a dataset may not do, at a place in the query.
    #[error("{message}")]
    Sql {
        message: String,
        at: std::ops::Range<usize>,
    },
    #[error("`{path}`: {source}")]
    Io {
        path: String,
        source: std::io::Error,
    },
}

impl Asker {
    /// Writes `sql/features/<name>.sql`, and returns where it is.
    ///
    /// # Errors
    /// As the cases of [`FeatureError`]; nothing is written then.
    pub fn make_feature(&self, name: &str, sql: &str) -> Result<PathBuf, FeatureError> {
        let _ = (name, sql);
        todo!()
    }
}
