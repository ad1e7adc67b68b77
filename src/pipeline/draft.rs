//! A result's file, which is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::error::RunError;

/// A file on its way. It gets its name when it is whole; until then it has
/// another one beside it, and if it is dropped, it is gone.
pub struct Draft {
    path: PathBuf,
    goal: PathBuf,
}

impl Draft {
    /// A draft of `goal`. Nothing is made yet.
    pub fn of(goal: &Path) -> Self {
        let name = goal.file_name().unwrap_or_default().to_string_lossy();
        let path = goal.with_file_name(format!(".{name}.{}.part", std::process::id()));
        Self {
            // Whole, as a session that is locked down is told of it.
            path: std::path::absolute(&path).unwrap_or(path),
            goal: goal.to_owned(),
        }
    }

    /// Where it is to be written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file.
    ///
    /// # Errors
    /// A folder that is not there, or may not be written to.
    pub fn create(&self) -> Result<BufWriter<File>, RunError> {
        let file = File::create_new(&self.path).map_err(|e| self.failed(e))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// Of the file system.
    pub fn keep(self) -> Result<(), RunError> {
        fs::rename(&self.path, &self.goal).map_err(|e| self.failed(e))
    }

    /// An error of writing it, as the user is told.
    pub fn failed(&self, source: io::Error) -> RunError {
        RunError::Io {
            path: self.goal.clone(),
            source,
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After it was kept there is nothing of that name.
        let _ = fs::remove_file(&self.path);
    }
}
