//! What is taken out of the project, or has to make room, is kept in
//! `.workbench/removed/`, called by when that was, in the project's `timezone`, and what
//! it was.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::context::Context;
use crate::store::files;

/// Copies a file there, and returns where it is, once it is there whole. `name` is what
/// it was, with its ending.
///
/// # Errors
/// Of the file system.
pub(super) fn keep(ctx: &Context, file: &Path, name: &str) -> io::Result<PathBuf> {
    let folder = ctx.layout.removed();
    fs::create_dir_all(&folder)?;
    let at = ctx.local_time().format("%Y-%m-%d_%H%M%S");
    let name = name.replace(['/', ':', ' '], "_");
    let mut path = folder.join(format!("{at}_{name}"));
    let mut number = 1;
    let mut copy = loop {
        match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                number += 1;
                path = folder.join(format!("{at}_{number}_{name}"));
            }
            created => break created?,
        }
    };
    io::copy(&mut File::open(file)?, &mut copy)?;
    copy.sync_all()?;
    files::sync_folder(&folder)?;
    Ok(path)
}
