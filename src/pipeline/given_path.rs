//! Which of the paths that sources show is meant by one that was typed.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The path as it is shown: typed so; with a way round (`data/../raw/a.csv`); or by its
/// name alone, if only one has it. Else those that have the name.
pub(super) fn meant<'p>(
    root: &Path,
    given: &str,
    paths: &'p BTreeSet<String>,
) -> Result<&'p str, Vec<&'p str>> {
    if let Some(path) = paths.get(given) {
        return Ok(path);
    }
    let place = |path: &str| straight(&root.join(path));
    let there = place(given);
    if let Some(path) = paths.iter().find(|path| place(path) == there) {
        return Ok(path);
    }
    let named = |path: &&String| !given.is_empty() && path.rsplit('/').next() == Some(given);
    let alike: Vec<&str> = paths.iter().filter(named).map(String::as_str).collect();
    match alike[..] {
        [path] => Ok(path),
        _ => Err(alike),
    }
}

/// A path without `.` and `..`, by its text: what was there may be gone.
pub fn straight(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if straight.file_name().is_some() => {
                straight.pop();
            }
            part => straight.push(part),
        }
    }
    straight
}
