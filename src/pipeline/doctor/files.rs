//! What lies in the folders of a target that hold no documents.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::subject::TargetSeen;
use crate::model::hash::ContentHash;
use crate::store::files;

/// Where a folder target keeps every published file.
pub(super) fn objects_folder(target: &TargetSeen) -> Option<PathBuf> {
    Some(target.folder.as_ref()?.join("_workbench/objects"))
}

/// The files of a folder, by name; none if it is not there.
///
/// # Errors
/// If it cannot be listed.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The hash that an object is named by.
pub(super) fn hash_of_name(object: &Path) -> Option<ContentHash> {
    object
        .file_name()?
        .to_str()?
        .strip_suffix(".part")?
        .parse()
        .ok()
}

/// Whether two paths are one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|m| files::identity(&m)).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// Bytes of a file, or of all that is in a folder.
pub(super) fn size(path: &Path) -> u64 {
    let files = walkdir::WalkDir::new(path).into_iter().flatten();
    let sizes = files.filter_map(|f| f.metadata().ok().filter(|m| m.is_file()));
    sizes.map(|m| m.len()).sum()
}
