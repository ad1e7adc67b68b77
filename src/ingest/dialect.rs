//! How the raw files of a source are written.

use crate::model::source::SourceDefinition;

/// Delimiter and quote of a CSV file. A quote inside quotes is written twice,
/// and the first record is the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
}

impl Default for Dialect {
    /// A comma, and `"`.
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: b'"',
        }
    }
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// A line feed.
    Lf,
    /// A carriage return and a line feed.
    CrLf,
    /// A carriage return.
    Cr,
}

impl Dialect {
    /// How the files of a source are written. They are all written alike yet.
    pub fn of(_: &SourceDefinition) -> Self {
        Self::default()
    }
}

/// What some programs write in front of UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";
