//! Records that cannot be loaded, as they are told to the user.

use crate::model::names::SourceName;

/// Records that are shown; others are counted.
pub const SHOWN: usize = 5;

/// One record that cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRecord {
    pub path: String,
    /// From 1, the header counted.
    pub line: u64,
    pub column: Option<String>,
    /// What is wrong, in one line.
    pub reason: String,
    /// As it stands in the file.
    pub text: String,
}

/// All that a run found, in all files of all sources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    pub sources: Vec<SourceName>,
    pub first: Vec<RefusedRecord>,
    pub total: u64,
    pub files: u64,
}

impl Refused {
    /// How many more records are to be shown.
    pub fn room(&self) -> usize {
        SHOWN - self.first.len().min(SHOWN)
    }

    /// Adds those of a file.
    pub fn add(&mut self, source: &SourceName, first: Vec<RefusedRecord>, total: u64) {
        if !self.sources.contains(source) {
            self.sources.push(source.clone());
        }
        let room = self.room();
        self.first.extend(first.into_iter().take(room));
        self.total += total;
        self.files += 1;
    }
}
