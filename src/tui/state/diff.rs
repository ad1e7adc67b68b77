//! The comparison of two snapshots: its summary, and the rows that differ.

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::diff::furthest::{distance, has_distances};
use crate::engine::diff::{Change, Row};
use crate::model::column::Column;
use crate::model::difference::{ColumnDifference, Difference};
use crate::pipeline::diff::DiffQuestion;

/// What was found out about two snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The dataset, both days and their runs.
    pub title: String,
    /// The columns that name a row, where they are not those of the dataset.
    pub key: Option<Vec<String>>,
    /// What there is to say besides figures: what the SQL and the raw data have
    /// to do with it.
    pub sentences: Vec<String>,
    pub difference: Difference,
}

/// The rows that differ, as far as they were listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRows {
    /// The compared columns: cells name them by number.
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// There are more.
    pub is_cut: bool,
    /// What a person calls a row, by its key: the first text of the dataset that is no
    /// part of the key. Empty where there is none, or too many rows.
    pub names: HashMap<Vec<Option<String>>, String>,
    /// They are those that moved furthest in this column; None: the first by key.
    pub by: Option<String>,
}

/// What of the comparison is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    #[default]
    Summary,
    Rows,
}

/// The comparison of two snapshots.
#[derive(Debug, Clone, Default)]
pub struct DiffView {
    /// What was asked for last.
    pub question: Option<DiffQuestion>,
    /// Two answers are compared, not two days.
    pub is_of_answers: bool,
    /// They were compared, and not shown yet.
    pub is_waiting: bool,
    pub compared: Option<Arc<Compared>>,
    /// In the order of their keys.
    pub rows: Option<Arc<ListedRows>>,
    /// Those that moved furthest in a column, where `rows` are not all.
    pub furthest: Option<Arc<ListedRows>>,
    /// Why it could not be compared.
    pub error: Option<String>,
    pub level: Level,
    /// The column in the summary that has the cursor.
    pub column: usize,
    /// Rows of one kind alone.
    pub only: Option<Change>,
    /// Rows that differ in one column alone, by its name.
    pub in_column: Option<String>,
    /// Those that moved furthest in that column come first.
    pub by_distance: bool,
    /// Only rows for which this SQL holds, before or after, are compared.
    pub condition: Option<String>,
    /// Only rows with this text, in any case, are seen.
    pub find: Option<String>,
    /// The row that has the cursor, among those that are seen.
    pub row: usize,
    /// Which rows of the list are seen, in order.
    seen: Vec<usize>,
}

impl DiffView {
    /// Another comparison begins; how it is looked at stays.
    pub fn ask(&mut self, question: DiffQuestion) {
        *self = Self {
            question: Some(question),
            level: self.level,
            column: self.column,
            only: self.only,
            in_column: self.in_column.take(),
            by_distance: self.by_distance,
            condition: self.condition.take(),
            find: self.find.take(),
            ..Self::default()
        };
    }

    /// Forgets what is asked of the rows of one dataset.
    pub fn forget(&mut self) {
        (self.condition, self.find) = (None, None);
    }

    /// Takes rows that were listed.
    pub fn take(&mut self, listed: ListedRows) {
        match listed.by {
            Some(_) => self.furthest = Some(Arc::new(listed)),
            None => self.rows = Some(Arc::new(listed)),
        }
        self.choose();
    }

    /// The column whose rows are to be listed by how far they moved, because those
    /// that are here are not all of them.
    pub fn wants_furthest(&self) -> Option<&str> {
        let column = self.in_column.as_deref().filter(|_| self.by_distance)?;
        let is_cut = self.rows.as_ref()?.is_cut;
        let is_there = self
            .furthest
            .as_ref()
            .is_some_and(|f| f.by.as_deref() == Some(column));
        (is_cut && !is_there && self.has_distances()).then_some(column)
    }

    /// The rows that are listed: where it is by distance, those of the column.
    pub fn listed(&self) -> Option<&ListedRows> {
        let furthest = self.furthest.as_deref();
        let by = |f: &&ListedRows| self.by_distance && f.by == self.in_column;
        furthest.filter(by).or(self.rows.as_deref())
    }

    /// Chooses the rows that are seen: of one kind, or that differ in one column.
    pub fn choose(&mut self) {
        let Some(listed) = self.listed() else {
            self.seen.clear();
            return;
        };
        let find = self.find.as_ref().map(|text| text.to_lowercase());
        let place = |name: &String| listed.columns.iter().position(|c| c.name == *name);
        let column = self.in_column.as_ref().and_then(place);
        let cell = |row: &Row| {
            row.cells
                .iter()
                .find(|cell| Some(cell.column) == column)
                .cloned()
        };
        let is_seen = |row: &Row| {
            let is_kind = self.only.is_none_or(|only| only == row.change);
            let differs =
                self.in_column.is_none() || row.change == Change::Changed && cell(row).is_some();
            is_kind && differs && find.as_deref().is_none_or(|text| holds(listed, row, text))
        };
        let rows = listed.rows.iter().enumerate();
        let mut seen: Vec<usize> = rows.filter(|(_, r)| is_seen(r)).map(|(at, _)| at).collect();
        if self.by_distance
            && let Some(column) = column
        {
            let far = |at: &usize| {
                let cell = cell(&listed.rows[*at])?;
                distance(&listed.columns[column], &cell.values).map(f64::abs)
            };
            let mut ranked: Vec<_> = seen
                .iter()
                .map(|at| (far(at).unwrap_or(-1.0), *at))
                .collect();
            // Stable: those as far stay in the order of their keys.
            ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
            seen = ranked.into_iter().map(|(_, at)| at).collect();
        }
        self.seen = seen;
        self.row = self.row.min(self.seen.len().saturating_sub(1));
    }

    /// Narrows the rows that are seen to those with a text; None: all of them.
    pub fn narrow(&mut self, text: Option<String>) {
        self.find = text;
        (self.level, self.row) = (Level::Rows, 0);
        self.choose();
    }

    /// The rows that are seen, in order.
    pub fn seen(&self) -> impl ExactSizeIterator<Item = &Row> {
        let rows = self.listed().map_or(&[][..], |listed| &listed.rows);
        self.seen.iter().map(|at| &rows[*at])
    }

    /// The row that has the cursor.
    pub fn row_at_cursor(&self) -> Option<&Row> {
        self.seen().nth(self.row)
    }

    /// Whether the rows of the column that is looked at can be far or near.
    pub fn has_distances(&self) -> bool {
        self.in_column().is_some_and(has_distances)
    }

    /// The column whose changes alone are seen.
    pub fn in_column(&self) -> Option<&Column> {
        let name = self.in_column.as_ref()?;
        self.listed()?.columns.iter().find(|c| c.name == *name)
    }

    /// Lines that the cursor can be on.
    pub fn lines(&self) -> usize {
        match self.level {
            Level::Summary => self
                .compared
                .as_ref()
                .map_or(0, |c| c.difference.columns.len()),
            Level::Rows => self.seen.len(),
        }
    }

    /// The line that has the cursor.
    pub fn line(&mut self) -> &mut usize {
        match self.level {
            Level::Summary => &mut self.column,
            Level::Rows => &mut self.row,
        }
    }

    /// Moves the cursor by lines, and not past the ends.
    pub fn go(&mut self, by: isize) {
        let last = self.lines().saturating_sub(1);
        let line = self.line();
        *line = line.saturating_add_signed(by).min(last);
    }

    /// Shows the rows: of a column those that changed in it, the furthest first
    /// where they can be far; None: all.
    pub fn open(&mut self, column: Option<String>) {
        self.level = Level::Rows;
        (self.row, self.only) = (0, None);
        self.in_column = column;
        self.by_distance = true;
        self.choose();
    }

    /// Shows rows of one kind alone, or all again.
    pub fn toggle(&mut self, only: Change) {
        self.only = if self.only == Some(only) {
            None
        } else {
            Some(only)
        };
        if only != Change::Changed {
            self.in_column = None;
        }
        (self.level, self.row) = (Level::Rows, 0);
        self.choose();
    }

    /// Back to the summary.
    pub fn close(&mut self) {
        self.level = Level::Summary;
        (self.in_column, self.only) = (None, None);
    }

    /// The column with the cursor in the summary.
    pub fn column_at_cursor(&self) -> Option<&ColumnDifference> {
        let columns = &self.compared.as_ref()?.difference.columns;
        columns.get(self.column)
    }
}

/// Whether a row has a text in its key, its name or a value. `text` is in lower case.
fn holds(listed: &ListedRows, row: &Row, text: &str) -> bool {
    let has = |value: &String| value.to_lowercase().contains(text);
    let mut values = row.cells.iter().map(|cell| &cell.values);
    row.key.iter().flatten().any(has)
        || listed.names.get(&row.key).is_some_and(has)
        || values.any(|v| v.before.iter().chain(&v.after).any(has))
}
