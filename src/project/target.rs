//! The URL of a target: a folder, or a prefix of an S3 bucket.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where snapshots are published. Displays as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetUrl {
    /// A folder, which need not exist yet.
    Folder {
        /// As in the project file.
        written: String,
        /// Absolute if the project's folder is.
        path: PathBuf,
    },
    /// All keys of a bucket that begin with a prefix.
    S3 {
        /// As in the project file.
        written: String,
        bucket: String,
        /// Without slashes at either end; empty for the whole bucket.
        prefix: String,
    },
}

/// Why a target's URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("the target's url is empty")]
    Empty,
    #[error("a target cannot be at `{0}://`")]
    Scheme(String),
    #[error("`{0}` is not the name of an S3 bucket")]
    Bucket(String),
    #[error("the prefix `{0}` has an empty part, or one that is `.` or `..`")]
    Prefix(String),
    #[error("`~` in `{0}` stands for nothing here")]
    Home(String),
}

impl BadTarget {
    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty | Self::Scheme(_) => {
                "a target is a folder, such as `output`, or `s3://bucket/prefix`"
            }
            Self::Bucket(_) => {
                "write `s3://bucket/prefix`; a bucket's name has 3 to 63 lower-case letters, \
                 digits, `-` and `.`, and begins and ends with a letter or digit"
            }
            Self::Prefix(_) => "write `s3://bucket/one/two`, with one `/` between the parts",
            Self::Home(_) => "write the whole path, or one relative to `workbench.toml`",
        }
        .to_owned()
    }
}

impl TargetUrl {
    /// Reads a URL. A relative folder is relative to the project's, `root`.
    pub fn parse(written: &str, root: &Path) -> Result<Self, BadTarget> {
        if written.trim().is_empty() {
            return Err(BadTarget::Empty);
        }
        match written.split_once("://") {
            Some(("s3", rest)) => s3(written, rest),
            Some((scheme, _)) => Err(BadTarget::Scheme(scheme.to_owned())),
            None if is_home(written) => Err(BadTarget::Home(written.to_owned())),
            None => Ok(Self::Folder {
                written: written.to_owned(),
                // Through its components, which drops `./` and doubled slashes.
                path: root.join(written).components().collect(),
            }),
        }
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder { written, .. } | Self::S3 { written, .. } => f.write_str(written),
        }
    }
}

/// A path that a shell would have expanded. Taken as it is, it would make a
/// folder named `~`.
pub(super) fn is_home(path: &str) -> bool {
    path == "~" || path.starts_with("~/")
}

fn s3(written: &str, rest: &str) -> Result<TargetUrl, BadTarget> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    check_bucket(bucket)?;
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if !prefix.is_empty()
        && prefix
            .split('/')
            .any(|part| matches!(part, "" | "." | ".."))
    {
        return Err(BadTarget::Prefix(prefix.to_owned()));
    }
    Ok(TargetUrl::S3 {
        written: written.to_owned(),
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
    })
}

/// Refuses what cannot be the name of a bucket.
pub(super) fn check_bucket(name: &str) -> Result<(), BadTarget> {
    if is_bucket(name) {
        return Ok(());
    }
    // Without what may be a password before an `@`.
    let shown = name.rsplit('@').next().unwrap_or_default();
    Err(BadTarget::Bucket(shown.to_owned()))
}

fn is_bucket(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().next_back()];
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| letter(b) || b == b'-' || b == b'.')
        && ends.into_iter().flatten().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<TargetUrl, BadTarget> {
        TargetUrl::parse(url, Path::new("/p"))
    }

    #[test]
    fn folders_are_resolved_and_shown_as_written() {
        for (url, expected) in [
            ("output", "/p/output"),
            ("./out//put/", "/p/out/put"),
            ("../elsewhere", "/p/../elsewhere"),
            ("/data/out", "/data/out"),
            (".", "/p"),
        ] {
            let target = parse(url).unwrap();
            assert_eq!(target.to_string(), url);
            let TargetUrl::Folder { path, .. } = target else {
                panic!("{url} is a folder");
            };
            assert_eq!(path.as_os_str(), expected);
        }
    }

    #[test]
    fn buckets_and_prefixes() {
        for (url, expected) in [
            ("s3://bucket", ("bucket", "")),
            ("s3://bucket/", ("bucket", "")),
            ("s3://my-bucket.x/a/b/", ("my-bucket.x", "a/b")),
        ] {
            let target = parse(url).unwrap();
            assert_eq!(target.to_string(), url);
            let TargetUrl::S3 { bucket, prefix, .. } = target else {
                panic!("{url} is a bucket");
            };
            assert_eq!((bucket.as_str(), prefix.as_str()), expected);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        let refused: Vec<String> = [
            "",
            " ",
            "gs://bucket/x",
            "http://host/x",
            "file:///tmp",
            "S3://bucket",
            "s3://",
            "s3://ab",
            "s3://Bucket/x",
            "s3:///x",
            "s3://-bucket",
            "s3://bucket//x",
            "s3://bucket/a/../b",
            "~/out",
            "~",
        ]
        .iter()
        .map(|url| format!("{url}: {}", parse(url).unwrap_err()))
        .collect();
        insta::assert_snapshot!(refused.join("\n"), @"
        : the target's url is empty
         : the target's url is empty
        gs://bucket/x: a target cannot be at `gs://`
        http://host/x: a target cannot be at `http://`
        file:///tmp: a target cannot be at `file://`
        S3://bucket: a target cannot be at `S3://`
        s3://: `` is not the name of an S3 bucket
        s3://ab: `ab` is not the name of an S3 bucket
        s3://Bucket/x: `Bucket` is not the name of an S3 bucket
        s3:///x: `` is not the name of an S3 bucket
        s3://-bucket: `-bucket` is not the name of an S3 bucket
        s3://bucket//x: the prefix `/x` has an empty part, or one that is `.` or `..`
        s3://bucket/a/../b: the prefix `a/../b` has an empty part, or one that is `.` or `..`
        ~/out: `~` in `~/out` stands for nothing here
        ~: `~` in `~` stands for nothing here
        ");
    }
}
