//! Finding what may be raw files: by their names, in all folders below one.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::ProposeError;
use crate::ingest::natural::natural_cmp;

const EXTENSIONS: [&str; 4] = ["csv", "tsv", "txt", "psv"];
const PACKED: [&str; 2] = ["gz", "zst"];
/// Folders that projects, and programs like this one, keep for themselves.
const NOT_RAW: [&str; 4] = ["output", "sql", "target", "node_modules"];

/// A file that may hold raw rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub absolute: PathBuf,
    /// As the project will call it: relative to its folder where it lies inside.
    pub path: String,
    pub bytes: u64,
}

/// What lies under a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// In natural order of their paths.
    pub files: Vec<Candidate>,
    /// Path, and why it is no raw file.
    pub left_out: Vec<(String, String)>,
}

/// Looks through `from`, a folder or a file, for the project in `root`. Both are
/// absolute.
///
/// # Errors
/// What cannot be read: a file that is passed over in silence would be missed.
pub fn find(from: &Path, root: &Path) -> Result<Found, ProposeError> {
    let mut found = Found::default();
    let walk = WalkDir::new(from).follow_links(true).into_iter();
    let entries = walk.filter_entry(|entry| {
        entry.depth() == 0 || !(entry.file_type().is_dir() && is_not_raw(entry.path(), root))
    });
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.loop_ancestor().is_some() => {
                let path = error.path().unwrap_or(from);
                let why = "a symbolic link into a loop".to_owned();
                found.left_out.push((shown(path, root), why));
                continue;
            }
            Err(error) => {
                let path = error.path().unwrap_or(from).to_owned();
                let source = error
                    .into_io_error()
                    .unwrap_or_else(|| std::io::Error::other("it cannot be looked at"));
                return Err(ProposeError::Io { path, source });
            }
        };
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path();
        if path.to_str().is_none() {
            return Err(ProposeError::NotUtf8 {
                path: path.to_owned(),
            });
        }
        let name = shown(path, root);
        let bytes = entry.metadata().map_or(0, |data| data.len());
        // A file that was named is looked at, whatever it is called.
        match why_not(path).filter(|_| entry.depth() > 0) {
            Some(why) => found.left_out.push((name, why.to_owned())),
            None if bytes == 0 => found.left_out.push((name, "it is empty".to_owned())),
            None => found.files.push(Candidate {
                absolute: path.to_owned(),
                path: name,
                bytes,
            }),
        }
    }
    found.files.sort_by(|a, b| natural_cmp(&a.path, &b.path));
    found.left_out.sort_by(|a, b| natural_cmp(&a.0, &b.0));
    Ok(found)
}

fn is_not_raw(folder: &Path, root: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || (folder.parent() == Some(root) && NOT_RAW.contains(&name.as_ref()))
}

fn why_not(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy();
    if name.starts_with('.') || name.ends_with('~') || name.starts_with("~$") {
        return Some("hidden or temporary");
    }
    match split_name(&name).1 {
        "" => Some("its name does not end in .csv, .tsv, .txt or .psv"),
        _ => None,
    }
}

/// The stem of a file's name, and the extensions that say it is a raw file.
pub fn split_name(name: &str) -> (&str, &str) {
    let ends = |text: &str, all: &[&str]| {
        let (stem, extension) = text.rsplit_once('.')?;
        let known = all.iter().any(|e| e.eq_ignore_ascii_case(extension));
        (known && !stem.is_empty()).then_some(stem.len())
    };
    let inner = ends(name, &PACKED).unwrap_or(name.len());
    match ends(&name[..inner], &EXTENSIONS) {
        Some(stem) => (&name[..stem], &name[stem + 1..]),
        None => (name, ""),
    }
}

/// A path as the project calls it, with `/`.
pub fn shown(path: &Path, root: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, stem, extension) in [
            ("a.csv", "a", "csv"),
            ("a.b.CSV.gz", "a.b", "CSV.gz"),
            ("a.tsv.zst", "a", "tsv.zst"),
            ("a.xlsx", "a.xlsx", ""),
            ("a.gz", "a.gz", ""),
            (".csv", ".csv", ""),
        ] {
            assert_eq!(split_name(name), (stem, extension), "{name}");
        }
    }
}
