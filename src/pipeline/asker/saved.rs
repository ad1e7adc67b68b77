//! Texts that are kept in the project: queries, as files under `queries/`, and the files
//! of features, which can be corrected.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Asker;
use super::feature::FeatureError;
use crate::model::interrupt::Interrupt;
use crate::model::names::TransformName;
use crate::model::transform::{Relation, Schema};
use crate::pipeline::draft::{self, Readers};
use crate::pipeline::removed;
use crate::pipeline::run::readable_transforms;

/// The folder of the project they are in.
const FOLDER: &str = "queries";

/// What the name of a feature begins with here. No query can be called so.
const FEATURE: &str = "feature: ";

/// The name of the feature that a text is, if it is one.
pub fn feature(name: &str) -> Option<&str> {
    name.strip_prefix(FEATURE)
}

/// The name under which a feature is kept.
pub fn of_feature(name: &str) -> String {
    format!("{FEATURE}{name}")
}

/// A query, or a feature, that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its file below `queries/`, without `.sql`; folders are parted by `/`. Of a feature
    /// as [`of_feature`] has it.
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
    #[error("there is no feature `{0}`")]
    NoFeature(String),
    /// As which it would be no valid one.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// Others read it.
    #[error("`features.{name}` is read by {}: an export would be refused without it", readers.join(", "))]
    IsRead { name: String, readers: Vec<String> },
    #[error("`{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

impl Asker {
    /// All that are kept: queries by name, and then features.
    pub fn saved(&self) -> Vec<Saved> {
        let (mut all, mut features) = (Vec::new(), Vec::new());
        if !self.ctx.visits {
            find(&self.ctx.project.root.join(FOLDER), "", &mut all);
            find(&self.ctx.layout.sql_features(), "", &mut features);
        }
        // Those of a folder below are none of the program's.
        features.retain(|saved| !saved.name.contains('/'));
        for saved in &mut features {
            saved.name = of_feature(&saved.name);
        }
        for part in [&mut all, &mut features] {
            part.sort_by(|a, b| a.name.cmp(&b.name));
        }
        all.extend(features);
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

    /// Whether a text can be saved under a name: of a feature, whether it is a valid one,
    /// whose key names one row of today's each.
    ///
    /// # Errors
    /// [`SaveError::Feature`].
    pub fn check_saved(
        &self,
        name: &str,
        sql: &str,
        interrupt: &Interrupt,
    ) -> Result<(), SaveError> {
        let saved = self.saved_as(name)?;
        match feature(&saved.name) {
            Some(feature) => Ok(self.check_feature_file(feature, sql, interrupt)?),
            None => Ok(()),
        }
    }

    /// Keeps one, whole or not at all, and returns its name and where it is. Another
    /// text of that name is written over only as far as that is wished for.
    ///
    /// # Errors
    /// [`SaveError::Exists`]; of the file system.
    pub fn save(&self, name: &str, sql: &str, over: &Over) -> Result<Saved, SaveError> {
        let saved = self.saved_as(name)?;
        if let Some(feature) = feature(&saved.name) {
            self.readable_feature(feature, sql)?;
        }
        match keep(&saved.path, sql, over) {
            Ok(true) => Ok(saved),
            Ok(false) => Err(SaveError::Exists(saved.name)),
            Err(source) => Err(SaveError::Io {
                path: saved.path,
                source,
            }),
        }
    }

    /// Takes one out of the project: its file is kept under `.workbench/removed/`, and
    /// returned. A feature that others read stays.
    ///
    /// # Errors
    /// [`SaveError::IsRead`]; of the file system.
    pub fn remove(&self, name: &str) -> Result<(Saved, PathBuf), SaveError> {
        let saved = self.saved_as(name)?;
        if let Some(feature) = feature(&saved.name) {
            let readers = self.readers(feature);
            if !readers.is_empty() {
                return Err(SaveError::IsRead {
                    name: feature.to_owned(),
                    readers,
                });
            }
        }
        let failed = |source| SaveError::Io {
            path: saved.path.clone(),
            source,
        };
        // There as a whole before it is gone here.
        let name = format!("{}.sql", saved.name);
        let path = removed::keep(&self.ctx, &saved.path, &name).map_err(failed)?;
        fs::remove_file(&saved.path).map_err(failed)?;
        Ok((saved, path))
    }

    /// The files that read a feature.
    fn readers(&self, feature: &str) -> Vec<String> {
        let Ok(readable) = readable_transforms(&self.ctx) else {
            return Vec::new();
        };
        let transforms = readable.transforms;
        let all = [transforms.staging, transforms.features, transforms.checks];
        let reads = |relation: &Relation| {
            matches!(relation.schema, Schema::Features | Schema::History)
                && relation.name == feature
        };
        all.iter()
            .flatten()
            .filter(|t| t.name.as_str() != feature && t.reads.iter().any(reads))
            .map(|t| format!("`{}`", t.path))
            .collect()
    }

    fn saved_as(&self, name: &str) -> Result<Saved, SaveError> {
        if self.ctx.visits {
            return Err(SaveError::NoProject);
        }
        let name = name.trim();
        if let Some(feature) = feature(name) {
            let path = self
                .ctx
                .layout
                .sql_features()
                .join(format!("{feature}.sql"));
            return match feature.parse::<TransformName>().is_ok() && path.exists() {
                true => Ok(Saved {
                    name: name.to_owned(),
                    path,
                }),
                false => Err(SaveError::NoFeature(feature.to_owned())),
            };
        }
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
