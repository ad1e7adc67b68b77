//! What the engine does to answer a query, as a tree.

use std::time::Duration;

/// A plan, and what came of it where it was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether it was run: then there are times and numbers of rows.
    pub is_measured: bool,
    /// From the query's first answer to its last.
    pub took: Option<Duration>,
    pub root: Node,
}

/// An operator, over those whose rows it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// As a person writes it: `hash join`, `sequential scan`.
    pub operator: String,
    /// What it is about: tables, conditions, columns; names and values.
    pub about: Vec<(String, String)>,
    /// Rows that the engine expected.
    pub expected: Option<u64>,
    /// Rows that came of it.
    pub rows: Option<u64>,
    /// Its own time, without those below it, over all threads.
    pub seconds: Option<f64>,
    /// Of the time of all operators, 0 to 1.
    pub share: Option<f64>,
    /// No other one cost more.
    pub is_costliest: bool,
    pub below: Vec<Node>,
}
