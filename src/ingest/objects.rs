//! What a source's path pattern shows in a bucket, by the rules of folders (see
//! [`super::scan`]): a `/` in a key ends a folder's name.
//!
//! - An object whose key ends in `/` stands for a folder, and so does an empty one
//!   that ends in `_$folder$`: neither is a file.
//! - A bucket has no folders that could be missing: where nothing begins as the
//!   pattern does, nothing is shown.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::ScanError;
use super::natural::natural_cmp;
use super::pattern::Pattern;
use super::scan::{Found, FoundFile};
use crate::model::input_file::Object;

/// How some tools write a folder down.
const FOLDER: &str = "_$folder$";

/// What a bucket holds where a pattern looks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    pub objects: Vec<Object>,
    /// What begins the keys of further objects that were not listed, each with a `/`
    /// at its end.
    pub folders: Vec<String>,
}

/// The files that a pattern shows of what was listed. They have no copies yet.
///
/// # Errors
/// What somebody may take for a delivery, and is none.
pub(super) fn shown(pattern: &Pattern, listed: Listed) -> Result<Found, ScanError> {
    let bucket = pattern.bucket.as_deref().unwrap_or_default();
    let url = |key: &str| format!("s3://{bucket}/{key}");
    let mut found = Found::default();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    let mut note_folders = |key: &str| {
        let below = below(pattern, key);
        let at = key.len() - below.len();
        for (end, _) in below.match_indices('/') {
            if pattern.matches(Path::new(&below[..end])) {
                folders.insert(key[..at + end].to_owned());
            }
        }
    };
    listed.folders.iter().for_each(|key| note_folders(key));
    for object in listed.objects {
        note_folders(&object.key);
        let below = below(pattern, &object.key);
        let is_folder = object.key.ends_with('/');
        let is_wanted = match pattern.is_plain() {
            true => below.is_empty(),
            false => pattern.matches(Path::new(below)),
        };
        let (above, name) = below.rsplit_once('/').unwrap_or(("", below));
        let hidden = |part: &str| pattern.leaves_out(part);
        if is_folder || !is_wanted || above.split('/').any(hidden) {
            continue;
        }
        if hidden(name) {
            found.left_out.push(object.url());
        } else if object.size > 0 || !name.ends_with(FOLDER) {
            found.files.push(FoundFile::of_object(object));
        }
    }
    if !pattern.ends_in_stars() {
        let folders = folders.iter().filter(|key| {
            let below = below(pattern, key);
            !below.split('/').any(|part| pattern.leaves_out(part))
        });
        let refused = folders.map(|key| ScanError::Folder {
            pattern: pattern.text.clone(),
            path: url(key),
        });
        ScanError::check(refused.collect())?;
    }
    if pattern.is_plain() && found.files.is_empty() {
        return Err(ScanError::MissingFile {
            path: url(&pattern.prefix),
        });
    }
    found.files.sort_by(|a, b| natural_cmp(&a.path, &b.path));
    found.left_out.sort_by(|a, b| natural_cmp(a, b));
    Ok(found)
}

/// The part of a key that the wildcards are about.
fn below<'k>(pattern: &Pattern, key: &'k str) -> &'k str {
    let base = pattern.base.to_str().unwrap_or_default();
    if base.is_empty() {
        return key;
    }
    let rest = key.strip_prefix(base).unwrap_or(key);
    rest.strip_prefix('/').unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(pattern: &str, keys: &[&str]) -> Result<Found, ScanError> {
        let pattern = Pattern::parse(pattern).unwrap();
        let objects = keys.iter().map(|key| Object {
            bucket: "b".to_owned(),
            key: (*key).to_owned(),
            size: u64::from(!key.ends_with(['/', '$'])),
            etag: "\"1\"".to_owned(),
        });
        let listed = Listed {
            objects: objects
                .filter(|o| o.key.starts_with(&pattern.prefix))
                .collect(),
            folders: Vec::new(),
        };
        shown(&pattern, listed)
    }

    /// A bucket shows what a folder with the same files shows, in the same order.
    #[test]
    fn the_rules_are_those_of_folders() {
        let keys = [
            "raw/.hidden/d-1.csv",
            "raw/.x.csv",
            "raw/a b/d-1.csv",
            "raw/d-10.csv",
            "raw/d-9.csv",
            "raw/d-9.csv~",
            "raw/d-9.txt",
            "raw/old/.y.csv",
            "raw/old/d-1.csv",
            "raw2/d-1.csv",
            "top.csv",
            "été/d.csv",
        ];
        let folder = tempfile::tempdir().unwrap();
        for key in keys {
            let path = folder.path().join(key);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "a\n").unwrap();
        }
        let mut files = 0;
        for pattern in [
            "raw/*.csv",
            "raw/d-?.csv",
            "raw/*/*.csv",
            "raw/**/*.csv",
            "raw/.*.csv",
            "**/*.csv",
            "*.csv",
            "{raw,raw2}/d-*",
            "raw/*",
            "raw/**",
            "r*w/old/*.csv",
            "raw/d-9.csv",
            "été/*",
            "raw/*.json",
        ] {
            let here = super::super::scan::scan(folder.path(), pattern).unwrap();
            let there = show(&format!("s3://b/{pattern}"), &keys).unwrap();
            let paths = |found: &Found| -> Vec<String> {
                found.files.iter().map(|f| f.path.clone()).collect()
            };
            let urls = |paths: &[String]| -> Vec<String> {
                paths.iter().map(|path| format!("s3://b/{path}")).collect()
            };
            assert_eq!(paths(&there), urls(&paths(&here)), "{pattern}");
            assert_eq!(there.left_out, urls(&here.left_out), "{pattern}");
            files += there.files.len();
        }
        assert!(files > 30, "{files}");
    }

    #[test]
    fn what_stands_for_a_folder_is_no_file() {
        let found = show(
            "s3://b/raw/*",
            &["raw/", "raw/x/", "raw/x_$folder$", "raw/x.csv"],
        );
        let found = found.unwrap();
        assert_eq!(found.files.len(), 1);
        assert_eq!(found.files[0].path, "s3://b/raw/x.csv");
        for keys in [["raw/x.csv/part-0"], ["raw/x.csv/"]] {
            let refused = show("s3://b/raw/*.csv", &keys);
            assert!(matches!(refused, Err(ScanError::Folder { .. })), "{keys:?}");
        }
        let missing = show("s3://b/raw/x.csv", &["raw/x.csv.gz"]);
        assert!(matches!(missing, Err(ScanError::MissingFile { .. })));
        assert_eq!(show("s3://b/raw/*.csv", &[]).unwrap(), Found::default());
    }
}
