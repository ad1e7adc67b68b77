//! What the column at the cursor holds: on the day that is shown, and over all.
//! Computed when it is looked at, and kept per content of a partition.

use std::collections::HashMap;

use crate::browse::Identity;
use crate::browse::over_time::DayOfColumn;
use crate::browse::profile::Profile;
use crate::model::hash::ContentHash;
use crate::model::names::TransformName;
use crate::tui::state::grid::Grid;

/// What a profile is of: rows, a column of theirs, and the filter of them.
pub type Looked = (Identity, String, Option<String>);

/// What is known of columns.
#[derive(Debug, Clone, Default)]
pub struct ColumnPanel {
    pub is_open: bool,
    profiles: HashMap<Looked, Profile>,
    days: HashMap<(ContentHash, String), Option<DayOfColumn>>,
    /// What went wrong with the column that is looked at.
    pub error: Option<String>,
    /// What was asked for last.
    pub profile_of: Option<Looked>,
    /// The column that the days were asked for last.
    pub over_time_of: Option<(Option<TransformName>, String)>,
    /// Lines that are scrolled away, and of which column.
    scrolled: (String, usize),
}

/// Profiles that are kept.
const KEPT: usize = 2_000;

impl ColumnPanel {
    /// Lines of the column at the cursor that are scrolled away.
    pub fn scroll_of(&self, grid: &Grid) -> usize {
        let column = grid.column_at_cursor();
        let is_it = column.is_some_and(|column| column.name == self.scrolled.0);
        if is_it { self.scrolled.1 } else { 0 }
    }

    /// Scrolls it.
    pub fn scroll_to(&mut self, column: &str, line: usize) {
        self.scrolled = (column.to_owned(), line);
    }

    /// What a column holds, if it was read.
    pub fn profile(&self, of: &Looked) -> Option<&Profile> {
        self.profiles.get(of)
    }

    /// Keeps what a column holds.
    pub fn keep(&mut self, of: Looked, profile: Profile) {
        if self.profiles.len() >= KEPT {
            self.profiles.clear();
        }
        self.profiles.insert(of, profile);
    }

    /// What a column was on the day of a content. None: not read yet; `Some(None)`:
    /// the day does not have it.
    pub fn day(&self, hash: ContentHash, column: &str) -> Option<Option<DayOfColumn>> {
        self.days.get(&(hash, column.to_owned())).copied()
    }

    /// Keeps what a column was on a day.
    pub fn keep_day(&mut self, hash: ContentHash, column: String, day: Option<DayOfColumn>) {
        if self.days.len() >= KEPT * 10 {
            self.days.clear();
        }
        self.days.insert((hash, column), day);
    }
}
