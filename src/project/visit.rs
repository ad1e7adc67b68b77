//! Looking at a target without a project: all that is known is where it lies.

use std::path::{Path, PathBuf};

use super::{CONFIG_FILE, Project, S3Settings, TargetUrl};
use crate::model::hash::ContentHash;

impl Project {
    /// What stands for a project where there is none: it has a target, and nothing
    /// else. What the program keeps for itself goes into a folder of its own below
    /// `cache`.
    pub fn visiting(target: TargetUrl, cache: &Path) -> Self {
        let root = cache.join(folder(&target));
        Self {
            config_path: root.join(CONFIG_FILE),
            root,
            name: name(&target),
            timezone: chrono_tz::UTC,
            memory: None,
            threads: None,
            target,
            s3: S3Settings::default(),
            sources: Vec::new(),
        }
    }
}

/// One folder per target, however it was written.
fn folder(target: &TargetUrl) -> String {
    let whole = match target {
        TargetUrl::Folder { path, .. } => path.to_string_lossy().into_owned(),
        TargetUrl::S3 { bucket, prefix, .. } => format!("s3://{bucket}/{prefix}"),
    };
    let hash = ContentHash::of(whole.as_bytes()).short();
    format!("{}-{hash}", plain(&name(target)))
}

/// What people call it: the last part of where it lies.
fn name(target: &TargetUrl) -> String {
    let last = match target {
        TargetUrl::Folder { path, .. } => path.file_name().map(PathBuf::from),
        TargetUrl::S3 { bucket, prefix, .. } => {
            let last = prefix.rsplit('/').next().filter(|part| !part.is_empty());
            Some(last.unwrap_or(bucket).into())
        }
    };
    last.map_or_else(
        || "target".to_owned(),
        |last| last.to_string_lossy().into_owned(),
    )
}

fn plain(name: &str) -> String {
    let plain = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c));
    plain.take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_folder_of_its_own() {
        let root = |url: &str| {
            let target = TargetUrl::parse(url, Path::new("/here")).unwrap();
            let project = Project::visiting(target, Path::new("/cache"));
            assert!(project.sources.is_empty());
            project.root.to_string_lossy().into_owned()
        };
        assert_eq!(root("s3://bucket/a/b"), root("s3://bucket/a/b/"));
        assert_eq!(root("out"), root("/here/out"));
        assert_eq!(root("./out/"), root("/here/out"));
        let all = [
            "s3://bucket",
            "s3://bucket/a",
            "s3://other/a",
            "a",
            "/a",
            "/",
        ];
        let roots: std::collections::BTreeSet<String> = all.iter().map(|url| root(url)).collect();
        assert_eq!(roots.len(), all.len(), "{roots:?}");
        for root in roots {
            assert!(root.starts_with("/cache/"), "{root}");
        }
    }
}
