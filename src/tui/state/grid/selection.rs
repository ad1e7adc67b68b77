//! Cells that are selected: all between where the selection began and the cursor.

use std::ops::Range;

use super::Grid;

impl Grid {
    /// Begins a selection at the cursor, or lets it go.
    pub fn select(&mut self) {
        self.anchor = match self.anchor {
            Some(_) => None,
            None => Some((self.cursor, self.column)),
        };
    }

    /// The rows and the columns in sight that are selected.
    pub fn selection(&self) -> Option<(Range<u64>, Range<usize>)> {
        let (row, column) = self.anchor?;
        let rows = row.min(self.cursor)..row.max(self.cursor) + 1;
        let columns = column.min(self.column)..column.max(self.column) + 1;
        Some((rows, columns))
    }

    /// Whether a cell is selected.
    pub fn is_selected(&self, row: u64, column: usize) -> bool {
        let selection = self.selection();
        selection.is_some_and(|(rows, columns)| rows.contains(&row) && columns.contains(&column))
    }

    /// Where columns in sight stand in the table.
    pub fn places(&self, shown: Range<usize>) -> Vec<usize> {
        let all = self.in_order().skip(shown.start).take(shown.len());
        all.map(|c| c.at).collect()
    }
}
