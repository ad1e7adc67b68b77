//! The rows of the day that was shown before: what a cell held then.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::Row;
use crate::browse::Table;

/// Rows of the day that was shown before, as far as they were read.
#[derive(Debug, Clone)]
pub struct DayBefore {
    pub day: NaiveDate,
    columns: HashMap<String, usize>,
    rows: HashMap<Row, Row>,
}

impl DayBefore {
    /// The rows of the table of a day that were read.
    pub fn of(day: NaiveDate, table: &Table, rows: impl Iterator<Item = Row>) -> Self {
        let place = |name: &String| table.columns.iter().position(|c| c.name == *name);
        let key: Vec<usize> = table.key.iter().filter_map(place).collect();
        let columns = table.columns.iter().enumerate();
        let with_key = |row: Row| {
            let own = key
                .iter()
                .map(|at| row.get(*at).cloned().flatten())
                .collect();
            (own, row)
        };
        Self {
            day,
            columns: columns.map(|(at, c)| (c.name.clone(), at)).collect(),
            // Without a key there is no telling which row is which.
            rows: match key.is_empty() {
                true => HashMap::new(),
                false => rows.map(with_key).collect(),
            },
        }
    }

    /// The row with a key.
    pub fn row(&self, key: &Row) -> Option<&Row> {
        self.rows.get(key)
    }

    /// What a row held in a column. None: the column was not there.
    pub fn value<'r>(&self, row: &'r Row, column: &str) -> Option<Option<&'r str>> {
        Some(row.get(*self.columns.get(column)?)?.as_deref())
    }
}
