//! Where a project keeps its files. The only place that spells these names.

use std::path::{Path, PathBuf};

/// The file that makes a folder a project.
pub const CONFIG_FILE: &str = "workbench.toml";

/// The paths of one project. None of them need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout of the project in the folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `workbench.toml`.
    pub fn config(&self) -> PathBuf {
        self.root.join(CONFIG_FILE)
    }

    /// `.workbench`: all that the program keeps for itself.
    pub fn private(&self) -> PathBuf {
        self.root.join(".workbench")
    }

    /// The state, in SQLite.
    pub fn state(&self) -> PathBuf {
        self.private().join("state.db")
    }

    /// The warehouse, in DuckDB.
    pub fn warehouse(&self) -> PathBuf {
        self.private().join("warehouse.duckdb")
    }

    /// What the warehouse has not moved into its file yet.
    pub fn warehouse_log(&self) -> PathBuf {
        self.private().join("warehouse.duckdb.wal")
    }

    /// What does not fit into the memory of a run.
    pub fn warehouse_spill(&self) -> PathBuf {
        self.private().join("warehouse.duckdb.tmp")
    }

    /// Where state and warehouse are built again, beside the old ones.
    pub fn rebuild(&self) -> PathBuf {
        self.private().join("rebuild")
    }

    /// What a rebuild took the place of, where something was lost.
    pub fn replaced(&self) -> PathBuf {
        self.private().join("replaced")
    }

    /// Bytes of the target that were fetched; may be deleted at any time.
    pub fn cache(&self) -> PathBuf {
        self.private().join("cache")
    }

    /// Copies of files that the engine cannot read as they lie, while they are loaded.
    pub fn copies(&self) -> PathBuf {
        self.private().join("copies")
    }

    /// What was taken out of the project, or had to make room.
    pub fn removed(&self) -> PathBuf {
        self.private().join("removed")
    }

    /// What does not fit into the memory of a query.
    pub fn spill(&self) -> PathBuf {
        self.private().join("tmp")
    }

    /// One log per run.
    pub fn logs(&self) -> PathBuf {
        self.private().join("logs")
    }

    /// The file that a run locks.
    pub fn lock(&self) -> PathBuf {
        self.private().join("lock")
    }

    /// Partitions on their way to a target that is not a folder.
    pub fn staging(&self) -> PathBuf {
        self.private().join("staging")
    }

    /// `sql`: all that people write.
    pub fn sql(&self) -> PathBuf {
        self.root.join("sql")
    }

    /// Views that clean raw tables.
    pub fn sql_staging(&self) -> PathBuf {
        self.sql().join("staging")
    }

    /// Published datasets.
    pub fn sql_features(&self) -> PathBuf {
        self.sql().join("features")
    }

    /// What must hold.
    pub fn sql_checks(&self) -> PathBuf {
        self.sql().join("checks")
    }

    /// Rows in, rows out, per transform.
    pub fn sql_tests(&self) -> PathBuf {
        self.sql().join("tests")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_ours_is_under_one_folder() {
        let layout = Layout::new("/p");
        for path in [
            layout.state(),
            layout.warehouse(),
            layout.cache(),
            layout.copies(),
            layout.logs(),
            layout.lock(),
            layout.staging(),
            layout.rebuild(),
            layout.replaced(),
        ] {
            assert!(path.starts_with("/p/.workbench"), "{path:?}");
        }
        assert_eq!(layout.config(), Path::new("/p/workbench.toml"));
        assert_eq!(layout.sql_features(), Path::new("/p/sql/features"));
    }
}
