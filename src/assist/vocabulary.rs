//! What can be said: the names that there are, and the offers made of them.

use std::collections::BTreeMap;
use std::ops::Range;

/// All that completion knows of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    pub tables: Vec<TableWords>,
    pub functions: Vec<FunctionWords>,
    /// In any case.
    pub keywords: Vec<String>,
    pub types: Vec<String>,
    /// Of a table as it is written without quotes (`features.x`) and a column of
    /// it: its values as text, without quotes. An empty list says that asking
    /// again leads to nothing.
    pub values: BTreeMap<(String, String), Vec<String>>,
}

/// A table or view. Names are as they are, not quoted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableWords {
    /// Empty if it is named without one.
    pub schema: String,
    pub name: String,
    /// Names and types.
    pub columns: Vec<(String, String)>,
    pub about: String,
}

/// A function with all its forms, such as `round(x DOUBLE, precision INTEGER) → DOUBLE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionWords {
    pub name: String,
    pub signatures: Vec<String>,
}

/// What an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CandidateKind {
    Table,
    Schema,
    Column,
    Function,
    Keyword,
    Value,
    Type,
    /// The name that a table has in this query.
    Alias,
    Cte,
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What is inserted, in quotes if it needs them.
    pub text: String,
    pub kind: CandidateKind,
    /// Of a column its type, of a function a signature, of an alias its table.
    pub detail: String,
}

/// What can come at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that a candidate replaces.
    pub range: Range<usize>,
    /// Best first.
    pub candidates: Vec<Candidate>,
    /// A table and a column of it whose values would help, and are not known.
    pub wants_values: Option<(String, String)>,
}
