//! Queries that are kept in the project, as files under `queries/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Asker, whole};

/// The folder of the project they are in.
const FOLDER: &str = "queries";

/// A query that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its file below `queries/`, without `.sql`; folders are parted by `/`.
    pub name: String,
    pub path: PathBuf,
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
        let path = self.saved_as(name)?;
        fs::read_to_string(&path).map_err(|source| SaveError::Io { path, source })
    }

    /// Keeps one, whole or not at all, and returns where. Another text of that name is
    /// written over only if that is wished for.
    ///
    /// # Errors
    /// [`SaveError::Exists`]; of the file system.
    pub fn save(&self, name: &str, sql: &str, write_over: bool) -> Result<PathBuf, SaveError> {
        let path = self.saved_as(name)?;
        let mut text = sql.trim_end().to_owned();
        text.push('\n');
        let written = match write_over {
            true => whole::write(&path, text.as_bytes()),
            false => whole::create(&path, text.as_bytes()),
        };
        match written {
            Ok(()) => Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !write_over => {
                match fs::read_to_string(&path) {
                    Ok(there) if there == text => Ok(path),
                    _ => Err(SaveError::Exists(name.to_owned())),
                }
            }
            Err(source) => Err(SaveError::Io { path, source }),
        }
    }

    fn saved_as(&self, name: &str) -> Result<PathBuf, SaveError> {
        if self.ctx.visits {
            return Err(SaveError::NoProject);
        }
        let name = name.trim();
        let name = name.strip_suffix(".sql").unwrap_or(name);
        if let Some(why) = refused(name) {
            return Err(SaveError::BadName {
                name: name.to_owned(),
                why,
            });
        }
        let folder = self.ctx.project.root.join(FOLDER);
        Ok(folder.join(format!("{name}.sql")))
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
