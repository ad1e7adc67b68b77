//! Globs that a person gives to mean files of a source, by their paths as users
//! see them.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::error::ScanError;

/// A glob over paths. `*` and `?` match within one name; without a `/` it is
/// about the file's name alone, in whatever folder it lies.
#[derive(Debug, Clone)]
pub struct PathGlob {
    text: String,
    /// None: what cannot be parsed means itself.
    matcher: Option<GlobMatcher>,
}

impl PathGlob {
    /// Parses a glob.
    ///
    /// # Errors
    /// [`ScanError::BadPattern`].
    pub fn parse(text: &str) -> Result<Self, ScanError> {
        let bad = |reason: String| ScanError::BadPattern {
            pattern: text.to_owned(),
            reason,
        };
        if text.trim().is_empty() {
            return Err(bad("it is empty".to_owned()));
        }
        let glob = GlobBuilder::new(text.trim_start_matches("./"))
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|e| bad(e.kind().to_string()))?;
        Ok(Self {
            text: text.to_owned(),
            matcher: Some(glob.compile_matcher()),
        })
    }

    /// A glob that was parsed before it was written down.
    pub fn stored(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self {
            text: text.to_owned(),
            matcher: None,
        })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it means this path.
    pub fn matches(&self, path: &str) -> bool {
        let Some(matcher) = &self.matcher else {
            return self.text == path;
        };
        if self.text.contains('/') {
            return matcher.is_match(path);
        }
        Path::new(path)
            .file_name()
            .is_some_and(|name| matcher.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_folder_it_is_about_the_name() {
        let matches = |glob: &str, path: &str| PathGlob::parse(glob).unwrap().matches(path);
        assert!(matches("orders_*.csv", "raw/orders/orders_1.csv"));
        assert!(matches("raw/orders/*.csv", "raw/orders/orders_1.csv"));
        assert!(matches("./raw/**/*.csv", "raw/orders/orders_1.csv"));
        assert!(matches(
            "raw/orders/orders_1.csv",
            "raw/orders/orders_1.csv"
        ));
        assert!(matches("s3://b/raw/*.csv", "s3://b/raw/orders_1.csv"));
        assert!(matches("orders_*.csv", "s3://b/raw/orders_1.csv"));
        assert!(!matches("s3://b/*.csv", "s3://b/raw/orders_1.csv"));
        assert!(!matches("raw/*.csv", "raw/orders/orders_1.csv"));
        assert!(!matches("orders/*.csv", "raw/orders/orders_1.csv"));
        for text in ["", " ", "[a"] {
            assert!(PathGlob::parse(text).is_err(), "{text:?}");
        }
        // What was written down is never refused later.
        assert!(PathGlob::stored("[a").matches("[a"));
    }
}
