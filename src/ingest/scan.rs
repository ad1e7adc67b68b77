//! Listing the files that a source's path pattern shows in a folder.
//!
//! - `*` and `?` match within one name, `**` any number of folders.
//! - Symbolic links are followed. What the pattern can reach and cannot be read
//!   is an error; what it cannot reach is not looked at.
//! - A folder whose name a pattern such as `*.csv` matches is an error: somebody
//!   may take it for a delivery. Under a last part of stars only it is a folder.
//! - Hidden names (`.x.csv`) are not matched, unless the pattern itself has a
//!   name with a dot in front; nor are what editors leave (`x.csv~`, `#x.csv#`,
//!   `~$x.csv`), unless the pattern has no wildcard. What is left out is told.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;
use walkdir::WalkDir;

use super::error::ScanError;
use super::natural::natural_cmp;
use super::pattern::Pattern;
use crate::model::input_file::Object;
use crate::model::source::SourceDefinition;

/// A file that a pattern shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Relative to the project where it lies inside it, with `/`.
    pub path: String,
    /// As it is opened. Of an object: its copy; empty before [`super::buckets::fetch`].
    pub absolute: PathBuf,
    /// The object of a bucket that it is, if it is one.
    pub object: Option<Object>,
}

impl FoundFile {
    /// An object, of which there is no copy yet.
    pub fn of_object(object: Object) -> Self {
        Self {
            path: object.url(),
            absolute: PathBuf::new(),
            object: Some(object),
        }
    }

    /// Its bytes. None for a file that cannot be looked at, or is none.
    pub fn size(&self) -> Option<u64> {
        match &self.object {
            Some(object) => Some(object.size),
            None => {
                let found = self.absolute.metadata().ok()?;
                found.is_file().then_some(found.len())
            }
        }
    }
}

/// What a pattern shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// In natural order of their paths. Empty if nothing matches.
    pub files: Vec<FoundFile>,
    /// Files that match but are left out, for they are hidden or temporary.
    pub left_out: Vec<String>,
}

/// The folder that a source's files lie below, or its file where the pattern is one.
/// None for a pattern that is none, and for one that is about a bucket.
pub fn base(source: &SourceDefinition, root: &Path) -> Option<PathBuf> {
    let pattern = Pattern::parse(&source.path).ok()?;
    pattern.bucket.is_none().then(|| root.join(pattern.base))
}

/// Lists the regular files that `pattern`, which is about folders, shows; relative
/// patterns begin in the project's folder `root`.
///
/// # Errors
/// [`ScanError`], also if anything that could hold a match cannot be read: all of
/// that, not only the first.
pub(super) fn scan(root: &Path, pattern: &str) -> Result<Found, ScanError> {
    let root = std::path::absolute(root).map_err(|source| ScanError::UnreadableFolder {
        path: root.display().to_string(),
        source,
    })?;
    let parsed = Pattern::parse(pattern)?;
    let scan = Scan {
        root: &root,
        base: root.join(&parsed.base),
        pattern: &parsed,
    };
    if parsed.is_plain() {
        scan.plain()
    } else {
        scan.walk()
    }
}

struct Scan<'a> {
    root: &'a Path,
    base: PathBuf,
    pattern: &'a Pattern,
}

impl Scan<'_> {
    fn plain(&self) -> Result<Found, ScanError> {
        let absolute = self.base.clone();
        match fs::metadata(&absolute) {
            Err(error) if is_absent(&error) && !is_link(&absolute) => Err(ScanError::MissingFile {
                path: self.lossy(&absolute),
            }),
            Err(error) => Err(self.refused(&absolute, error)),
            Ok(found) if found.is_dir() => Err(self.folder(&absolute)),
            Ok(found) if !found.is_file() => Err(self.not_a_file(&absolute)),
            Ok(_) => Ok(Found {
                files: vec![self.found(absolute)?],
                left_out: Vec::new(),
            }),
        }
    }

    fn walk(&self) -> Result<Found, ScanError> {
        self.check_base()?;
        let mut walk = WalkDir::new(&self.base).follow_links(true).min_depth(1);
        if let Some(depth) = self.pattern.depth() {
            walk = walk.max_depth(depth);
        }
        let entries = walk.into_iter().filter_entry(|entry| {
            entry.depth() == 0 || !entry.file_type().is_dir() || {
                let below = self.below(entry.path());
                !self.is_left_out(below) && self.is_on_the_way(below)
            }
        });

        let mut found = Found::default();
        let mut errors = Vec::new();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    errors.extend(self.failed(error));
                    continue;
                }
            };
            let below = self.below(entry.path());
            if !self.pattern.matches(below) {
                continue;
            }
            let kind = entry.file_type();
            if self.is_left_out(below) {
                found.left_out.push(self.lossy(entry.path()));
            } else if kind.is_file() {
                match self.found(entry.into_path()) {
                    Ok(file) => found.files.push(file),
                    Err(error) => errors.push(error),
                }
            } else if !kind.is_dir() {
                errors.push(self.not_a_file(entry.path()));
            } else if !self.pattern.ends_in_stars() {
                errors.push(self.folder(entry.path()));
            }
        }
        ScanError::check(errors)?;
        found.files.sort_by(|a, b| natural_cmp(&a.path, &b.path));
        found.left_out.sort_by(|a, b| natural_cmp(a, b));
        Ok(found)
    }

    fn check_base(&self) -> Result<(), ScanError> {
        let base = &self.base;
        match fs::metadata(base) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(ScanError::NotAFolder {
                pattern: self.pattern.text.clone(),
                path: self.lossy(base),
            }),
            Err(error) if is_absent(&error) && !is_link(base) => Err(ScanError::MissingFolder {
                pattern: self.pattern.text.clone(),
                path: self.lossy(base),
            }),
            Err(error) if is_absent(&error) || is_loop(&error) => Err(self.refused(base, error)),
            Err(source) => Err(ScanError::UnreadableFolder {
                path: self.lossy(base),
                source,
            }),
        }
    }

    /// What the walk stumbled over; None if it was on nobody's way.
    fn failed(&self, error: walkdir::Error) -> Option<ScanError> {
        let path = error.path().unwrap_or(&self.base).to_owned();
        let below = self.below(&path);
        let concerns_us = !self.is_left_out(below) && self.is_on_the_way(below);
        if path != self.base && !concerns_us {
            return None;
        }
        let depth = error.depth();
        if error.loop_ancestor().is_some() {
            return Some(ScanError::Loop {
                path: self.lossy(&path),
            });
        }
        let source = error
            .into_io_error()
            .unwrap_or_else(|| ErrorKind::Other.into());
        if depth == 0 || (path.is_dir() && !is_absent(&source)) {
            return Some(ScanError::UnreadableFolder {
                path: self.lossy(&path),
                source,
            });
        }
        // Somebody else removed it between the listing and the look.
        if is_absent(&source) && !is_link(&path) {
            return None;
        }
        Some(self.refused(&path, source))
    }

    fn refused(&self, path: &Path, source: std::io::Error) -> ScanError {
        let shown = self.lossy(path);
        if is_loop(&source) {
            ScanError::Loop { path: shown }
        } else if is_absent(&source) {
            ScanError::BrokenLink { path: shown }
        } else {
            ScanError::Unreadable {
                path: shown,
                source,
            }
        }
    }

    fn folder(&self, path: &Path) -> ScanError {
        ScanError::Folder {
            pattern: self.pattern.text.clone(),
            path: self.lossy(path),
        }
    }

    fn not_a_file(&self, path: &Path) -> ScanError {
        ScanError::NotAFile {
            pattern: self.pattern.text.clone(),
            path: self.lossy(path),
        }
    }

    fn found(&self, absolute: PathBuf) -> Result<FoundFile, ScanError> {
        if absolute.to_str().is_none() {
            return Err(ScanError::NotUtf8 {
                path: self.lossy(&absolute),
            });
        }
        Ok(FoundFile {
            path: self.lossy(&absolute),
            absolute,
            object: None,
        })
    }

    /// The part of a path that the wildcards are about.
    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.base).unwrap_or(path)
    }

    /// Whether it matches, or may hold what does.
    fn is_on_the_way(&self, below: &Path) -> bool {
        self.pattern.reaches(below) || self.pattern.matches(below)
    }

    fn is_left_out(&self, below: &Path) -> bool {
        let name = below.file_name();
        name.is_some_and(|name| self.pattern.leaves_out(name))
    }

    /// A path as users see it.
    fn lossy(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.root).unwrap_or(path);
        let mut shown = String::new();
        for part in path.components() {
            let between = !shown.is_empty() && !shown.ends_with('/');
            match part {
                Component::CurDir => continue,
                Component::RootDir => shown.push('/'),
                _ if between => shown.push('/'),
                _ => {}
            }
            if part != Component::RootDir {
                shown.push_str(&part.as_os_str().to_string_lossy());
            }
        }
        if shown.is_empty() {
            shown.push('.');
        }
        shown
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn is_loop(error: &std::io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::LOOP)
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

#[cfg(test)]
mod tests;
