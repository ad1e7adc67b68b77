//! Results as text: what a person or a file is shown.

use crate::model::column::Column;

/// A whole result. A cell is None where the value is NULL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<String>>>,
    /// True if there were more rows than were asked for.
    pub cut_off: bool,
}

impl Rows {
    /// The first cell of the first row, if it is there and not NULL.
    pub fn first(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }
}
