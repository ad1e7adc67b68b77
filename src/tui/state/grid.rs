//! The grid: a window on a table of any length. It knows a few pages of rows, and
//! says which ones it wants.

mod columns;
pub mod day_before;
mod pages;
mod selection;

use std::sync::Arc;

use day_before::DayBefore;
use pages::{AT_ONCE, Pages};
pub use pages::{PAGE, Wanted};

use crate::browse::find;
use crate::browse::row_index::RowIndex;
use crate::browse::{Page, Table, View};
use crate::model::column::Column;
use crate::tui::text;

/// Rows of a view that can be had before its index is there.
pub const FIRST: u64 = PAGE * AT_ONCE;
/// The widest a column is by itself.
const WIDEST: u16 = 32;
/// The narrowest a column can be made.
const NARROWEST: u16 = 3;

/// A row's cells; None where a value is NULL.
pub type Row = Vec<Option<String>>;

/// Names a grid of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GridId(pub u64);

/// Names what a grid shows, among all that any grid ever showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Generation {
    pub grid: GridId,
    number: u64,
}

impl Generation {
    fn next(self) -> Self {
        Self {
            number: self.number + 1,
            ..self
        }
    }
}

/// A column as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridColumn {
    /// Its place in the table.
    pub at: usize,
    pub name: String,
    /// Columns of the terminal, as set by the user.
    pub width: Option<u16>,
    pub is_hidden: bool,
}

/// The grid.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Names what is shown: results of what was shown before are not taken.
    pub generation: Generation,
    pub table: Option<Arc<Table>>,
    pub view: View,
    /// The last view that could be shown.
    pub good_view: View,
    /// The view that was asked for, where the table has not what it needs: that of the
    /// next table that has.
    pub wished: Option<View>,
    pub index: Option<Arc<RowIndex>>,
    /// How many rows the view has. None: not known yet.
    pub rows: Option<u64>,
    /// The row with the cursor, and the first one in sight, from 0.
    pub cursor: u64,
    pub top: u64,
    /// Which of the columns in sight has the cursor, and which is the first
    /// after the frozen ones.
    pub column: usize,
    pub left: usize,
    /// Columns that stay in sight at the left.
    pub frozen: usize,
    /// In the order they are shown.
    pub columns: Vec<GridColumn>,
    /// Rows and columns of the terminal that it has for its cells.
    pub height: u16,
    pub width: u16,
    /// What a column's name needs behind it where rows are sorted by it.
    pub sort_room: u16,
    /// What was searched for last.
    pub search: Option<String>,
    /// The column whose border is dragged, and where the mouse was last.
    pub dragged: Option<(usize, u16)>,
    /// The row that was found, until its column has the cursor.
    pub found: Option<u64>,
    /// The column that is to have the cursor when its table is there.
    pub wanted_column: Option<String>,
    /// Why what was asked for cannot be shown.
    pub error: Option<String>,
    /// The key of a row that is followed through days on which it is not there.
    pub followed: Option<Row>,
    /// What was shown before of the same dataset, to see what changed.
    pub before: Option<DayBefore>,
    /// The cursor goes to the last row, once it is known which one that is.
    pub ends: bool,
    /// What is searched is looked for, once all rows are known.
    pub seeks: bool,
    /// Where a selection began: row and column.
    pub anchor: Option<(u64, usize)>,
    /// What the rows have, in the order of the table.
    fields: Vec<Column>,
    pages: Pages,
    /// The widest cell of each column that was seen, by its place in the table.
    widths: Vec<u16>,
    /// The most digits behind the point that were seen.
    decimals: Vec<u16>,
}

impl Grid {
    /// A grid of its own, which shows nothing yet.
    pub fn new(id: GridId) -> Self {
        Self {
            generation: Generation {
                grid: id,
                number: 0,
            },
            ..Self::default()
        }
    }

    /// Shows another table. The columns stay as they were arranged, by name. Without
    /// an index only the first page of a view is known.
    pub fn show(&mut self, table: Arc<Table>, index: Option<RowIndex>, page: &Page, cursor: u64) {
        self.generation = self.generation.next();
        self.remember_day(&table);
        let is_new = self.columns.is_empty();
        self.arrange(&table.columns);
        self.fields.clone_from(&table.columns);
        if is_new {
            self.freeze_key(&table.key);
        }
        self.good_view = self.view.clone();
        self.rows = match &index {
            Some(index) => Some(index.rows),
            None => Some(table.rows).filter(|_| self.view.is_plain()),
        };
        self.index = index.map(Arc::new);
        self.table = Some(table);
        self.error = None;
        self.pages.clear();
        self.widths = vec![0; self.columns.len()];
        self.decimals = vec![0; self.columns.len()];
        let offset = self.cursor.saturating_sub(self.top);
        self.cursor = cursor;
        self.go_to_known_end();
        self.top = self.cursor.saturating_sub(offset);
        self.take(page);
        if let Some(column) = self.wanted_column.take() {
            self.go_to_column(&column);
        }
        self.settle();
    }

    /// Shows the first rows of a table that is not there yet.
    pub fn preview(&mut self, columns: &[Column], page: &Page) {
        self.generation = self.generation.next();
        self.arrange(columns);
        self.fields = columns.to_vec();
        self.widths = vec![0; self.columns.len()];
        self.decimals = vec![0; self.columns.len()];
        self.take(page);
        self.settle();
    }

    /// Takes over how another grid is looked at: its columns as they were arranged,
    /// where its cursor is.
    pub fn looks_like(&mut self, other: &Self) {
        let fields = std::mem::take(&mut self.fields);
        self.columns.clone_from(&other.columns);
        self.arrange(&fields);
        self.fields = fields;
        (self.frozen, self.left, self.column) = (other.frozen, other.left, other.column);
        (self.cursor, self.top) = (other.cursor, other.top);
        (self.height, self.width) = (other.height, other.width);
        self.search.clone_from(&other.search);
        self.settle();
    }

    /// What a column has, by its place in the table.
    pub fn field(&self, at: usize) -> Option<&Column> {
        self.fields.get(at)
    }

    /// What all columns have, in the order of the table.
    pub fn fields(&self) -> &[Column] {
        &self.fields
    }

    /// Shows the same table in another view. While there is only a preview of it, that
    /// stays as it is until then.
    pub fn review(&mut self, view: View) {
        if self.table.is_none() {
            (self.view, self.error, self.ends) = (view, None, false);
            return;
        }
        self.generation = self.generation.next();
        self.rows = self.table.as_ref().map(|t| t.rows);
        if view.is_plain() {
            self.good_view = View::default();
        } else {
            self.rows = None;
        }
        self.view = view;
        self.wished = None;
        self.index = None;
        self.error = None;
        self.anchor = None;
        self.followed = None;
        self.pages.clear();
        (self.cursor, self.top) = (0, 0);
        self.ends = false;
    }

    /// Shows nothing, until another table is there.
    pub fn forget(&mut self) {
        let (height, width, sort_room) = (self.height, self.width, self.sort_room);
        let generation = self.generation.next();
        *self = Self {
            generation,
            height,
            width,
            sort_room,
            ..Self::default()
        };
    }

    /// Takes rows that were read.
    pub fn take(&mut self, page: &Page) {
        for row in &page.rows {
            for (at, cell) in row.iter().enumerate() {
                let Some(cell) = cell else { continue };
                if let Some(width) = self.widths.get_mut(at) {
                    *width = (*width).max(text::width(cell).min(1_000) as u16);
                }
                if let Some(digits) = self.decimals.get_mut(at) {
                    *digits = (*digits).max(text::decimals(cell).min(30) as u16);
                }
            }
        }
        self.pages.take(page);
        self.show_found();
        self.pages.keep_around(self.top, self.height);
    }

    /// Puts the cursor on the cell that was found, once its row is here.
    pub fn show_found(&mut self) {
        let row = self.found.filter(|row| *row == self.cursor);
        let cells = row.and_then(|row| self.row(row));
        let column = cells.zip(self.search.as_deref());
        let Some(place) = column.and_then(|(cells, text)| find::column(cells, text)) else {
            return;
        };
        self.found = None;
        let column = self.in_order().position(|c| c.at == place);
        if let Some(column) = column {
            self.column = column;
            self.settle();
        }
    }

    /// Takes the index of the view, by which all its rows are known.
    pub fn take_index(&mut self, index: RowIndex) {
        self.rows = Some(index.rows);
        self.index = Some(Arc::new(index));
        self.good_view = self.view.clone();
        self.go_to_known_end();
        self.settle();
    }

    /// Whether it is known which rows the view has, and where each is.
    pub fn is_found(&self) -> bool {
        self.table.is_some() && (self.view.is_plain() || self.index.is_some())
    }

    /// A row, if all of it was read.
    pub fn row(&self, number: u64) -> Option<&Row> {
        self.pages.row(number)
    }

    /// A cell, by its place in the table: None if it was not read, `Some(None)` if it
    /// is NULL.
    pub fn cell(&self, number: u64, at: usize) -> Option<Option<&str>> {
        self.pages.cell(number, at)
    }

    /// Rows that can be gone to.
    pub fn length(&self) -> u64 {
        self.rows.unwrap_or_else(|| self.pages.first())
    }

    /// Whether there is something to say below the rows.
    pub fn has_note(&self) -> bool {
        let is_narrowed = self.view.filter.is_some() || self.anchor.is_some() || self.hidden() > 0;
        let has_first = self.table.is_none() && !self.fields.is_empty();
        let is_to_come = has_first && !self.view.is_plain();
        is_to_come
            || self.table.is_some() && (is_narrowed || self.error.is_some() || self.length() == 0)
            || self.rows.is_none() && self.table.is_some()
    }

    /// Keeps cursor and window inside what there is.
    pub fn settle(&mut self) {
        let last = self.length().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        let height = u64::from(self.height.max(1));
        self.top = self
            .top
            .min(self.cursor)
            .max((self.cursor + 1).saturating_sub(height))
            .min((last + 1).saturating_sub(height));
        let shown = self.in_order().count();
        self.column = self.column.min(shown.saturating_sub(1));
        self.frozen = self.frozen.min(shown.saturating_sub(1));
        self.scroll_to_column();
    }

    /// Keeps the rows of the day that was shown, if `next` is another one of the
    /// same dataset.
    fn remember_day(&mut self, next: &Table) {
        let Some(table) = &self.table else { return };
        match (table.partition(), next.partition()) {
            (Some(shown), Some(next)) if shown.id.dataset == next.id.dataset => {
                if shown.hash != next.hash {
                    let day = shown.id.ingest_date;
                    let rows = std::mem::take(&mut self.pages).into_whole();
                    self.before = Some(DayBefore::of(day, table, rows));
                }
            }
            _ => self.before = None,
        }
        self.anchor = None;
    }

    /// Moves the cursor by rows.
    pub fn go(&mut self, rows: i64) {
        (self.followed, self.ends) = (None, false);
        self.cursor = self.cursor.saturating_add_signed(rows);
        self.settle();
    }

    /// Moves the cursor to a row.
    pub fn go_to(&mut self, row: u64) {
        (self.followed, self.ends) = (None, false);
        self.cursor = row;
        self.settle();
    }

    /// Moves the cursor to the last row: to the last one of those that can be gone to,
    /// until it is known which one that is.
    pub fn go_to_end(&mut self) {
        self.go_to(self.length().saturating_sub(1));
        self.ends = self.rows.is_none();
    }

    fn go_to_known_end(&mut self) {
        if let Some(rows) = self.rows
            && std::mem::take(&mut self.ends)
        {
            self.cursor = rows.saturating_sub(1);
        }
    }

    /// The column at the cursor.
    pub fn column_at_cursor(&self) -> Option<&Column> {
        let column = self.in_order().nth(self.column)?;
        self.field(column.at)
    }

    /// The cell at the cursor: None if it was not read, `Some(None)` if it is NULL.
    pub fn cell_at_cursor(&self) -> Option<Option<&str>> {
        self.cell(self.cursor, self.in_order().nth(self.column)?.at)
    }

    /// The key of the row at the cursor.
    pub fn key_at_cursor(&self) -> Option<Row> {
        self.key_of(self.cursor)
    }

    /// The key of a row, if that was read.
    pub fn key_of(&self, number: u64) -> Option<Row> {
        let key = self.table.as_ref()?.key.iter();
        let place = |name: &String| self.fields.iter().position(|c| c.name == *name);
        let own = key.map(|name| Some(self.cell(number, place(name)?)?.map(str::to_owned)));
        own.collect()
    }

    /// The day that was shown before, and what a row was then.
    pub fn row_before(&self, number: u64) -> Option<(&DayBefore, &Row)> {
        let day = self.before.as_ref()?;
        Some((day, day.row(&self.key_of(number)?)?))
    }
}
