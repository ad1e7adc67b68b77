//! What a project is made of, and is written by its runs and by who edits it alone.

use std::path::{Path, PathBuf};

use crate::ingest::scan;
use crate::project::{Project, TargetUrl};

/// Whether a result that is written to `file` would lie among the project's own:
/// configuration, SQL, raw files, private files, snapshots.
pub fn owns(project: &Project, file: &Path) -> bool {
    let Some(file) = whole(file) else {
        return false;
    };
    let mut own = vec![
        project.layout().private(),
        project.root.join("sql"),
        project.config_path.clone(),
    ];
    if let TargetUrl::Folder { path, .. } = &project.target {
        own.push(path.clone());
    }
    let sources = project.sources.iter();
    own.extend(sources.filter_map(|source| scan::base(source, &project.root)));
    let own = own.iter().filter_map(|own| whole(own));
    // A source in the project's folder itself, or above it, owns nothing of it: its
    // files are known by their names alone.
    let root = whole(&project.root);
    let is_above = |own: &PathBuf| root.as_ref().is_some_and(|root| root.starts_with(own));
    own.filter(|own| !is_above(own))
        .any(|own| file.starts_with(own))
}

/// Without links and `..`. None where not even its folder is there.
fn whole(path: &Path) -> Option<PathBuf> {
    if let Ok(whole) = path.canonicalize() {
        return Some(whole);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(path.file_name()?))
}
