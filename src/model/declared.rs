//! Columns whose types and formats the project decides.

use serde::{Deserialize, Serialize};

/// A column whose type the project decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredColumn {
    /// As [`normalise_column`] leaves it.
    pub name: String,
    /// As [`canonical_type`](super::column_type::canonical_type) spells it.
    #[serde(rename = "type")]
    pub ty: String,
    /// How a DATE or TIMESTAMP is written, in the letters of `strptime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// What stands before the decimals of a number; None: a point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    #[serde(default)]
    pub also: Also,
}

/// What a column takes besides what its type and format say. None of it gives
/// another meaning to a value that fits without it: so it may be changed at any
/// time, and rows that were taken stay what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Also {
    /// Further formats, tried in this order.
    pub formats: Vec<String>,
    /// What stands between the thousands of a number.
    pub thousands: Option<char>,
    /// Words that stand for a missing value. Not of text, where they fit.
    pub nulls: Vec<String>,
}

impl DeclaredColumn {
    /// A column of a type, written as the type is by default.
    pub fn new(name: impl Into<String>, ty: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ty: ty.into(),
            format: None,
            decimal: None,
            also: Also::default(),
        }
    }
}
