//! Queries that are kept in the project, as files under `queries/`.

use std::path::PathBuf;

use super::Asker;

/// A query that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its file without `.sql`; folders below `queries/` are parted by `/`.
    pub name: String,
    pub path: PathBuf,
}

/// Why one is not kept.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("`{name}` cannot name a query: {why}")]
    BadName { name: String, why: &'static str },
    #[error("`{0}` is there already")]
    Exists(String),
    #[error("`{path}`: {source}")]
    Io {
        path: String,
        source: std::io::Error,
    },
}

impl Asker {
    /// All that are kept, by name.
    pub fn saved(&self) -> Vec<Saved> {
        todo!()
    }

    /// The text of one.
    ///
    /// # Errors
    /// Of the file system.
    pub fn read_saved(&self, name: &str) -> Result<String, SaveError> {
        let _ = name;
        todo!()
    }

    /// Keeps one, whole or not at all. Another text of that name is written over only
    /// if that is wished for.
    ///
    /// # Errors
    /// [`SaveError::Exists`]; of the file system.
    pub fn save(&self, name: &str, sql: &str, write_over: bool) -> Result<PathBuf, SaveError> {
        let _ = (name, sql, write_over);
        todo!()
    }
}
