//! The columns of the grid: in which order, how wide, which of them in sight.

use super::{Grid, GridColumn, NARROWEST, WIDEST};
use crate::engine::quote;
use crate::model::column::Column;
use crate::tui::text;

/// The least of a column that is shown where it is not wholly in sight.
const LEAST: u16 = 8;
/// The widest a number is shown: a DECIMAL has 38 digits, a point and a sign.
const WIDEST_NUMBER: u16 = 40;
/// Room that a type gets by itself.
const TYPE: u16 = 9;

impl Grid {
    pub(super) fn arrange(&mut self, columns: &[Column]) {
        let before = std::mem::take(&mut self.columns);
        let place = |name: &str| columns.iter().position(|c| c.name == name);
        for mut column in before {
            if let Some(at) = place(&column.name) {
                column.at = at;
                self.columns.push(column);
            }
        }
        for (at, column) in columns.iter().enumerate() {
            if !self.columns.iter().any(|c| c.name == column.name) {
                let new = GridColumn {
                    at,
                    name: column.name.clone(),
                    width: None,
                    is_hidden: false,
                };
                // Beside its neighbour of the table, where nothing was moved.
                let beside = self.columns.iter().position(|c| c.at > at);
                self.columns
                    .insert(beside.unwrap_or(self.columns.len()), new);
            }
        }
    }

    /// Keeps the key in sight, where it comes first and is not all.
    pub(super) fn freeze_key(&mut self, key: &[String]) {
        let names = self.columns.iter().map(|c| &c.name);
        let leads = names.take(key.len()).eq(key) && key.len() < self.columns.len();
        // With more columns than these nothing would be left to move.
        self.frozen = if leads && key.len() <= 2 {
            key.len()
        } else {
            0
        };
        self.left = self.frozen;
    }

    pub(super) fn scroll_to_column(&mut self) {
        self.left = self.left.clamp(self.frozen, self.frozen.max(self.column));
        let last = self.in_order().count().saturating_sub(1);
        while self.left > self.frozen {
            self.left -= 1;
            // Nothing stays out of sight for which there is room.
            if !self.fits(last) {
                self.left += 1;
                break;
            }
        }
        if self.column < self.frozen {
            return;
        }
        while self.left < self.column && !self.fits(self.column) {
            self.left += 1;
        }
    }

    /// Whether a column is wholly in sight.
    fn fits(&self, column: usize) -> bool {
        let widths: Vec<u16> = self.in_order().map(|c| self.width_of(c)).collect();
        let frozen: u16 = widths.iter().take(self.frozen).map(|w| w + 2).sum();
        let moved = widths.iter().enumerate().skip(self.left);
        let used: u16 = moved
            .take_while(|(at, _)| *at <= column)
            .map(|(_, w)| w + 2)
            .sum();
        frozen.saturating_add(used) <= self.width.saturating_add(2)
    }

    /// Moves the cursor by columns.
    pub fn go_aside(&mut self, columns: isize) {
        self.column = self.column.saturating_add_signed(columns);
        self.settle();
    }

    /// How many columns are hidden.
    pub fn hidden(&self) -> usize {
        self.columns.iter().filter(|c| c.is_hidden).count()
    }

    /// The columns that are not hidden, in their order.
    pub fn in_order(&self) -> impl Iterator<Item = &GridColumn> {
        self.columns.iter().filter(|c| !c.is_hidden)
    }

    /// The columns that a SELECT names for what is shown; `*` if they are those of the
    /// table.
    pub fn select_list(&self) -> String {
        let is_as_it_is = self.in_order().map(|c| c.at).eq(0..self.columns.len());
        match is_as_it_is {
            true => "*".to_owned(),
            false => quote::idents(self.in_order().map(|c| &c.name)),
        }
    }

    /// Which columns are in sight, and how wide each is: first the frozen ones.
    pub fn in_sight(&self) -> Vec<(usize, &GridColumn, u16)> {
        let all: Vec<&GridColumn> = self.in_order().collect();
        let frozen = 0..self.frozen.min(all.len());
        let moved = self.left.max(self.frozen)..all.len();
        let mut used = 0u16;
        let mut sight = Vec::new();
        for at in frozen.chain(moved) {
            if used >= self.width {
                break;
            }
            let whole = self.width_of(all[at]);
            let width = whole.min(self.width - used);
            // A piece of a value is taken for the value.
            if width < whole.min(LEAST) && !sight.is_empty() {
                break;
            }
            sight.push((at, all[at], width));
            used += width + 2;
        }
        sight
    }

    /// How wide a column is.
    pub fn width_of(&self, column: &GridColumn) -> u16 {
        let header = text::width(&column.name) as u16
            + self.sort_mark(&column.name).map_or(0, |_| self.sort_room);
        let of = self.field(column.at);
        let ty = of.map_or(0, |c| c.ty.len() as u16).min(TYPE);
        let cells = self.widths.get(column.at).copied().unwrap_or(0);
        // Digits that are cut off make another number.
        let widest = match of.is_some_and(Column::is_number) {
            true => WIDEST_NUMBER,
            false => WIDEST,
        };
        column.width.unwrap_or_else(|| {
            cells
                .max(header)
                .max(ty)
                .clamp(NARROWEST, widest.max(header.min(40)))
        })
    }

    /// The most digits behind the point in a column.
    pub fn decimals_of(&self, column: &GridColumn) -> u16 {
        self.decimals.get(column.at).copied().unwrap_or(0)
    }

    /// How a column is sorted: its rank from 1, and whether the greatest is first.
    pub fn sort_mark(&self, name: &str) -> Option<(usize, bool)> {
        // Until their table is there rows are as they came.
        self.table.as_ref()?;
        let at = self.view.order.iter().position(|by| by.column == name)?;
        Some((at + 1, self.view.order[at].descending))
    }

    /// Makes the column at the cursor wider or narrower.
    pub fn resize(&mut self, by: i16) {
        let column = self.column;
        self.resize_column(column, by);
    }

    /// Makes a column in sight wider or narrower.
    pub fn resize_column(&mut self, column: usize, by: i16) {
        let Some(at) = self.place(column) else { return };
        let width = self.width_of(&self.columns[at]);
        let most = self.width.max(NARROWEST);
        self.columns[at].width = Some(width.saturating_add_signed(by).clamp(NARROWEST, most));
        self.settle();
    }

    /// Hides the column at the cursor. The last one stays.
    pub fn hide(&mut self) -> bool {
        if self.in_order().count() < 2 {
            return false;
        }
        if let Some(at) = self.place(self.column) {
            self.columns[at].is_hidden = true;
        }
        self.settle();
        true
    }

    /// Shows all columns as the table has them.
    pub fn unarrange(&mut self) {
        self.columns.clear();
        self.frozen = 0;
        if let Some(table) = self.table.clone() {
            self.arrange(&table.columns);
            self.freeze_key(&table.key);
        }
        self.settle();
    }

    /// Moves the column at the cursor by one.
    pub fn move_column(&mut self, by: isize) {
        let to = self.column.saturating_add_signed(by);
        if let (Some(from), Some(place)) = (self.place(self.column), self.place(to)) {
            let moved = self.columns.remove(from);
            self.columns.insert(place, moved);
            self.column = to;
        }
        self.settle();
    }

    /// Freezes the columns up to the cursor, or lets them go.
    pub fn freeze(&mut self) {
        self.frozen = if self.frozen == self.column + 1 {
            0
        } else {
            self.column + 1
        };
        self.left = self.frozen;
        self.settle();
    }

    /// Where a column in sight stands among all.
    fn place(&self, shown: usize) -> Option<usize> {
        let all = self.columns.iter().enumerate();
        all.filter(|(_, c)| !c.is_hidden)
            .nth(shown)
            .map(|(at, _)| at)
    }

    /// Puts the cursor on a column by its name.
    pub fn go_to_column(&mut self, name: &str) {
        let at = self.in_order().position(|c| c.name == name);
        if let Some(at) = at {
            self.column = at;
        }
        self.settle();
    }
}
