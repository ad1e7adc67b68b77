//! Queries that are kept in the project, as files under `queries/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Asker;
use crate::pipeline::draft::{self, Readers};

/// The folder of the project they are in.
const FOLDER: &str = "queries";

/// A query that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its file below `queries/`, without `.sql`; folders are parted by `/`.
    pub name: String,
    pub path: PathBuf,
}

/// What may be written over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// Nothing.
    No,
    /// This text, as it was read or written the last time: nobody else changed it.
    Only(String),
    Whatever,
}

/// Why one is not kept.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("`{name}` cannot name a query: {why}")]
    BadName { name: String, why: &'static str },
    #[error("`{0}` is there already, with another text")]
    Exists(String),
    #[error("a target is looked at without a project, and queries are kept in one")]
    NoProject,
    #[error("`{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Asker {
    /// All that are kept, by name.
    pub fn saved(&self) -> Vec<Saved> {
        let mut all = Vec::new();
        if !self.ctx.visits {
            find(&self.ctx.project.root.join(FOLDER), "", &mut all);
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The text of one.
    ///
    /// # Errors
    /// Of the file system.
    pub fn read_saved(&self, name: &str) -> Result<String, SaveError> {
        let path = self.saved_as(name)?.path;
        fs::read_to_string(&path).map_err(|source| SaveError::Io { path, source })
    }

    /// Keeps one, whole or not at all, and returns its name and where it is. Another
    /// text of that name is written over only as far as that is wished for.
    ///
    /// # Errors
    /// [`SaveError::Exists`]; of the file system.
    pub fn save(&self, name: &str, sql: &str, over: &Over) -> Result<Saved, SaveError> {
        let saved = self.saved_as(name)?;
        match keep(&saved.path, sql, over) {
            Ok(true) => Ok(saved),
            Ok(false) => Err(SaveError::Exists(saved.name)),
            Err(source) => Err(SaveError::Io {
                path: saved.path,
                source,
            }),
        }
    }

    fn saved_as(&self, name: &str) -> Result<Saved, SaveError> {
        if self.ctx.visits {
            return Err(SaveError::NoProject);
        }
        let name = name.trim();
        let name = name.strip_suffix(".sql").unwrap_or(name).to_owned();
        if let Some(why) = refused(&name) {
            return Err(SaveError::BadName { name, why });
        }
        let folder = self.ctx.project.root.join(FOLDER);
        let path = folder.join(format!("{name}.sql"));
        Ok(Saved { name, path })
    }
}

/// Writes a text; false if another one is there that may not be written over.
fn keep(path: &Path, sql: &str, over: &Over) -> io::Result<bool> {
    let text = format!("{}\n", sql.trim_end());
    let seen = match over {
        Over::Whatever => {
            return draft::replace(path, text.as_bytes(), Readers::Usual).map(|()| true);
        }
        Over::No => None,
        Over::Only(seen) => Some(seen.trim_end()),
    };
    // What was taken away meanwhile is written anew.
    if draft::create(path, text.as_bytes())? {
        return Ok(true);
    }
    match fs::read_to_string(path) {
        Ok(there) if there == text => Ok(true),
        Ok(there) if seen == Some(there.trim_end()) => {
            draft::replace(path, text.as_bytes(), Readers::Usual).map(|()| true)
        }
        // Also what is no text.
        _ => Ok(false),
    }
}

/// Why a name is none.
fn refused(name: &str) -> Option<&'static str> {
    let is_sign = |c: char| c.is_control() || "\\:*?\"<>|".contains(c);
    let mut parts = name.split('/');
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > 200 {
        Some("it is too long")
    } else if name.contains(is_sign) {
        Some("write letters, digits, spaces, `_`, `-` and `.`; `/` parts folders")
    } else if parts.any(|part| part.is_empty() || part.starts_with('.') || part.trim() != part) {
        Some("no part of it may be empty, begin with a dot, or have a space at its ends")
    } else {
        None
    }
}

fn find(folder: &Path, before: &str, all: &mut Vec<Saved>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = entry.path();
        // Links to folders are not followed: they may lead round in a circle.
        let is_folder = entry.file_type().is_ok_and(|ty| ty.is_dir());
        if name.starts_with('.') {
        } else if is_folder {
            find(&path, &format!("{before}{name}/"), all);
        } else if let Some(stem) = name.strip_suffix(".sql") {
            let name = format!("{before}{stem}");
            all.push(Saved { name, path });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_somebody_else_changed_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sql");
        let there = || fs::read_to_string(&path).unwrap();
        let only = |seen: &str| Over::Only(seen.to_owned());
        assert!(keep(&path, "SELECT 1", &only("gone meanwhile")).unwrap());
        // As it was written, and as it is read.
        assert!(keep(&path, "SELECT 2", &only("SELECT 1")).unwrap());
        assert!(keep(&path, "SELECT 3\n\n", &only("SELECT 2\n")).unwrap());
        assert_eq!(there(), "SELECT 3\n");
        fs::write(&path, "SELECT 'of somebody else'").unwrap();
        assert!(!keep(&path, "SELECT 4", &only("SELECT 3")).unwrap());
        assert!(!keep(&path, "SELECT 4", &Over::No).unwrap());
        assert_eq!(there(), "SELECT 'of somebody else'");
        fs::write(&path, b"\xff").unwrap();
        assert!(!keep(&path, "SELECT 4", &only("")).unwrap());
        assert!(keep(&path, "SELECT 4", &Over::Whatever).unwrap());
        assert_eq!(there(), "SELECT 4\n");
    }

    #[test]
    fn names_stay_below_their_folder() {
        for good in ["a", "Umsatz pro Tag", "accounts/by_day-2.1", "ü"] {
            assert_eq!(refused(good), None, "{good}");
        }
        for bad in [
            "", "/a", "../a", "a/../b", "a/", ".a", "a//b", "a\\b", "a\nb", " a", "a ",
        ] {
            assert!(refused(bad).is_some(), "{bad}");
        }
        assert!(refused(&"a".repeat(300)).is_some());
    }
}
