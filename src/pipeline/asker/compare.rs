//! Two tables, answers or snapshots, compared by key.

use super::{AskError, Asker};
use crate::browse::Table;
use crate::engine::diff::Row;
use crate::model::column::Column;
use crate::model::difference::{Difference, Pair};
use crate::model::interrupt::Interrupt;

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoTables<'a> {
    pub sides: Pair<&'a Table>,
    /// Columns that name a row; both have them.
    pub key: Vec<String>,
    /// Rows that differ that are listed at most.
    pub most: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TablesCompared {
    pub difference: Difference,
    pub key: Vec<Column>,
    /// The compared columns, as the side after has them: cells name them by number.
    pub columns: Vec<Column>,
    /// Columns that only one side has.
    pub only: Pair<Vec<Column>>,
    /// The rows that differ, in the order of their keys.
    pub rows: Vec<Row>,
    /// There are more.
    pub is_cut: bool,
}

impl Asker {
    /// Compares two tables by key.
    ///
    /// # Errors
    /// A key that one of them does not have; any error of the engine.
    pub fn compare(
        &self,
        question: &TwoTables<'_>,
        interrupt: &Interrupt,
        tell: &(dyn Fn(f64) + Sync),
    ) -> Result<TablesCompared, AskError> {
        let _ = (question, interrupt, tell);
        todo!()
    }
}
