//! The project file: `workbench.toml`, read into a [`Project`], and where a
//! project keeps its files.
//!
//! The file is walked by hand rather than deserialised, because every complaint
//! about it has to point at its place, and all of them are made at once.

mod column;
mod csv;
mod document;
pub mod error;
pub mod paths;
mod read;
pub mod s3;
mod secrets;
mod source;
pub mod target;
mod visit;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use crate::model::source::SourceDefinition;

pub use error::ProjectError;
pub use paths::{CONFIG_FILE, Layout};
pub use s3::S3Settings;
pub use target::TargetUrl;

/// What `workbench.toml` says, with the defaults for what it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The project's folder, absolute.
    pub root: PathBuf,
    /// `root`'s `workbench.toml`.
    pub config_path: PathBuf,
    /// For people. The folder's name, unless `[project]` gives one.
    pub name: String,
    /// Which day "today" is. UTC unless given.
    pub timezone: Tz,
    /// How much memory DuckDB may take, such as `4GB`; its own choice if None.
    pub memory: Option<String>,
    /// How many threads DuckDB may take; its own choice if None.
    pub threads: Option<usize>,
    /// Where snapshots are published: the folder `output`, unless given.
    pub target: TargetUrl,
    /// How targets and sources at `s3://` are reached.
    pub s3: S3Settings,
    /// In the order of the file. At least one, unless a target is only visited.
    pub sources: Vec<SourceDefinition>,
}

impl Project {
    /// The nearest folder with a `workbench.toml`: `start`, or one above it.
    pub fn discover(start: &Path) -> Result<PathBuf, ProjectError> {
        let start = absolute(start)?;
        start
            .ancestors()
            .find(|folder| folder.join(CONFIG_FILE).is_file())
            .map(Path::to_path_buf)
            .ok_or_else(|| ProjectError::NotFound {
                start: start.clone(),
            })
    }

    /// Reads the project in the folder `root`.
    pub fn load(root: &Path) -> Result<Self, ProjectError> {
        let root = absolute(root)?;
        let path = root.join(CONFIG_FILE);
        match fs::read(&path) {
            Ok(bytes) => read::project(&root, &bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(ProjectError::Missing { root })
            }
            Err(source) => Err(ProjectError::Io { path, source }),
        }
    }

    /// Where the project keeps its files.
    pub fn layout(&self) -> Layout {
        Layout::new(&self.root)
    }

    /// The source of this name.
    pub fn source(&self, name: &str) -> Option<&SourceDefinition> {
        self.sources
            .iter()
            .find(|source| source.name.as_str() == name)
    }
}

/// Without links and `..`, so that "the folder above" is what it says.
fn absolute(folder: &Path) -> Result<PathBuf, ProjectError> {
    fs::canonicalize(folder).map_err(|source| ProjectError::Io {
        path: folder.to_owned(),
        source,
    })
}
