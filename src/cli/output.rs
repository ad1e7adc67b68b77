//! Where a result is written: stdout, or a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::pipeline::error::RunError;
use crate::workbench::Workbench;

/// Refuses a file that is part of the project.
///
/// # Errors
/// [`RunError::OwnFile`].
pub fn refuse_own(workbench: &Workbench, file: Option<&Path>) -> Result<(), RunError> {
    match file.filter(|file| workbench.owns(file)) {
        Some(file) => Err(RunError::OwnFile {
            path: file.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Copies a whole file to stdout.
///
/// # Errors
/// Of reading and writing.
pub fn copy_to_stdout(file: &Path) -> io::Result<()> {
    let mut from = File::open(file)?;
    let mut out = io::stdout().lock();
    io::copy(&mut from, &mut out)?;
    out.flush()
}
