//! A source's path pattern, taken apart: where to begin, how deep to go, which
//! folders may hold a match, and what matches.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::error::ScanError;

/// Characters that make a name a pattern.
const WILD: &[char] = &['*', '?', '[', ']', '{', '}', '\\'];

/// A path pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As it is written.
    pub text: String,
    /// The bucket that it is about; None for folders.
    pub bucket: Option<String>,
    /// The folders in front of the first wildcard; all of a plain path.
    pub base: PathBuf,
    /// What every key begins with that can match.
    pub prefix: String,
    /// What is below; None if there is no wildcard.
    wild: Option<Wild>,
}

#[derive(Debug)]
struct Wild {
    whole: GlobMatcher,
    /// The first part, the first two, …: what a folder at that depth must match.
    /// Deeper folders may hold a match if `endless`.
    folders: Vec<GlobMatcher>,
    endless: bool,
    names_hidden: bool,
    ends_in_stars: bool,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, ScanError> {
        let bad = |reason: &str| ScanError::BadPattern {
            pattern: text.to_owned(),
            reason: reason.to_owned(),
        };
        if text.trim().is_empty() {
            return Err(bad("it is empty"));
        }
        if text.contains('\0') {
            return Err(bad("it holds a NUL byte"));
        }
        let (bucket, path) = match text.split_once("://") {
            None => (None, text),
            Some(("s3", rest)) => {
                let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
                (Some(bucket.to_owned()), path)
            }
            Some(_) => return Err(bad("raw files are read from folders and from `s3://`")),
        };
        let parts = parts(path);
        if bucket.is_some() && parts.is_empty() {
            return Err(bad("it names no object of the bucket"));
        }
        let plain = parts.iter().take_while(|part| !part.contains(WILD)).count();
        let (before, wild) = parts.split_at(plain);
        let is_whole = bucket.is_none() && path.starts_with('/');
        let mut base = PathBuf::from(if is_whole { "/" } else { "" });
        base.extend(before);
        Ok(Self {
            text: text.to_owned(),
            bucket,
            prefix: prefix(before, wild),
            base,
            wild: match wild {
                [] => None,
                wild => Some(Wild::new(wild).map_err(|e| bad(&e.kind().to_string()))?),
            },
        })
    }

    /// Whether it names one file.
    pub fn is_plain(&self) -> bool {
        self.wild.is_none()
    }

    /// How many levels below the base a match can lie; None: any number.
    pub fn depth(&self) -> Option<usize> {
        let wild = self.wild.as_ref()?;
        (!wild.endless).then_some(wild.folders.len() + 1)
    }

    /// Whether a path below the base matches.
    pub fn matches(&self, below: &Path) -> bool {
        self.wild.as_ref().is_some_and(|w| w.whole.is_match(below))
    }

    /// Whether a folder below the base may hold a match.
    pub fn reaches(&self, below: &Path) -> bool {
        self.wild.as_ref().is_some_and(|wild| {
            let depth = below.components().count();
            match wild.folders.get(depth.saturating_sub(1)) {
                Some(folder) => folder.is_match(below),
                None => wild.endless && self.reaches_above(below, depth, wild),
            }
        })
    }

    fn reaches_above(&self, below: &Path, depth: usize, wild: &Wild) -> bool {
        let known = wild.folders.len();
        let above = below.ancestors().nth(depth - known);
        known == 0 || above.is_some_and(|above| self.reaches(above))
    }

    /// Whether files and folders of this name are left out: hidden ones, and what
    /// editors leave.
    pub fn leaves_out(&self, name: impl AsRef<OsStr>) -> bool {
        let Some(wild) = &self.wild else {
            return false;
        };
        let name = name.as_ref().as_encoded_bytes();
        let hidden = name.starts_with(b".") && !wild.names_hidden;
        let temporary = name.ends_with(b"~")
            || name.starts_with(b"~$")
            || (name.starts_with(b"#") && name.ends_with(b"#"));
        hidden || temporary
    }

    /// Whether its last part matches every name, and so says nothing of what a
    /// file is called.
    pub fn ends_in_stars(&self) -> bool {
        self.wild.as_ref().is_some_and(|w| w.ends_in_stars)
    }
}

impl Wild {
    fn new(parts: &[&str]) -> Result<Self, globset::Error> {
        let glob = |parts: &[&str]| {
            let glob = GlobBuilder::new(&parts.join("/"))
                .literal_separator(true)
                .backslash_escape(true)
                .build()?;
            Ok::<_, globset::Error>(glob.compile_matcher())
        };
        // `**` and alternatives with folders in them are of no fixed depth.
        let fixed = parts
            .iter()
            .take_while(|part| !part.contains("**") && !part.contains('/'))
            .count();
        let folders = fixed.min(parts.len() - 1);
        Ok(Self {
            whole: glob(parts)?,
            folders: (1..=folders)
                .map(|depth| glob(&parts[..depth]))
                .collect::<Result<_, _>>()?,
            endless: fixed < parts.len(),
            names_hidden: parts.iter().any(|part| part.starts_with('.')),
            ends_in_stars: parts
                .last()
                .is_some_and(|last| last.bytes().all(|b| b == b'*')),
        })
    }
}

/// The folders before the first wildcard, and what stands before it in its own part.
fn prefix(before: &[&str], wild: &[&str]) -> String {
    let mut prefix = before.join("/");
    if let Some(first) = wild.first() {
        if !before.is_empty() {
            prefix.push('/');
        }
        prefix.push_str(&first[..first.find(WILD).unwrap_or(first.len())]);
    }
    prefix
}

/// Cuts a pattern at each `/` outside of `{…}`. Empty parts and `.` go.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut braces = 0usize;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {}
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            '/' if braces == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.is_empty() && *part != ".");
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn the_base_ends_before_the_first_wildcard() {
        for (text, base, depth) in [
            ("raw/accounts/*.csv", "raw/accounts", Some(1)),
            ("./raw//x?.csv", "raw", Some(1)),
            ("../raw/*/[ab]/x.csv", "../raw", Some(3)),
            ("/data/{a,b}/*.csv", "/data", Some(2)),
            ("*.csv", "", Some(1)),
            ("raw/**/*.csv", "raw", None),
            ("raw/{a/b,c}/*.csv", "raw", None),
        ] {
            let pattern = parsed(text);
            assert_eq!(pattern.base, Path::new(base), "{text}");
            assert_eq!(pattern.depth(), depth, "{text}");
            assert!(!pattern.is_plain());
        }
        for (text, base) in [("raw/x.csv", "raw/x.csv"), ("/d/x y.csv", "/d/x y.csv")] {
            let pattern = parsed(text);
            assert_eq!(pattern.base, Path::new(base));
            assert!(pattern.is_plain());
        }
    }

    #[test]
    fn a_bucket_is_listed_by_the_longest_prefix() {
        for (text, bucket, base, prefix) in [
            ("s3://b/raw/*.csv", "b", "raw", "raw/"),
            ("s3://b/raw/in_*.csv", "b", "raw", "raw/in_"),
            ("s3://b/*.csv", "b", "", ""),
            ("s3://b/{a,b}/x.csv", "b", "", ""),
            ("s3://b/raw/**/x?.csv", "b", "raw", "raw/"),
            (r"s3://b/raw/\[x*.csv", "b", "raw", "raw/"),
            ("s3://b/raw/x.csv", "b", "raw/x.csv", "raw/x.csv"),
        ] {
            let pattern = parsed(text);
            assert_eq!(pattern.bucket.as_deref(), Some(bucket), "{text}");
            assert_eq!(pattern.base, Path::new(base), "{text}");
            assert_eq!(pattern.prefix, prefix, "{text}");
        }
        assert_eq!(parsed("raw/*.csv").bucket, None);
    }

    #[test]
    fn only_folders_that_may_hold_a_match_are_entered() {
        let reaches = |text: &str, folder: &str| parsed(text).reaches(Path::new(folder));
        assert!(reaches("r/20*/*.csv", "2024"));
        assert!(!reaches("r/20*/*.csv", "old"));
        assert!(!reaches("r/20*/*.csv", "2024/01"));
        assert!(!reaches("r/*.csv", "x"));
        assert!(reaches("r/**/*.csv", "a/b/c"));
        assert!(reaches("r/20*/**/*.csv", "2024/01/02"));
        assert!(!reaches("r/20*/**/*.csv", "old/01/02"));
        assert!(reaches("r/{a/b,c}/*.csv", "a/b"));
    }

    #[test]
    fn stars_stay_within_a_name() {
        let matches = |text: &str, path: &str| parsed(text).matches(Path::new(path));
        assert!(matches("r/*.csv", "x.csv"));
        assert!(!matches("r/*.csv", "a/x.csv"));
        assert!(matches("r/**/*.csv", "x.csv"));
        assert!(matches("r/**/*.csv", "a/b/x.csv"));
        assert!(matches(r"r/\[x\]*.csv", "[x]1.csv"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            " ",
            "r/[a.csv",
            "r/{a,b.csv",
            "s3://bucket",
            "s3://bucket/",
            "gs://bucket/*.csv",
            "a\0b",
        ] {
            let refused = Pattern::parse(text);
            assert!(
                matches!(refused, Err(ScanError::BadPattern { .. })),
                "{text:?}"
            );
        }
    }
}
