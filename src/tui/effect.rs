//! What the app wants done outside of it, and what came of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::browse::over_time::DayOfColumn;
use crate::browse::profile::Profile;
use crate::browse::row_index::RowIndex;
use crate::browse::{Page, Table, View};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::difference::Pair;
use crate::model::interrupt::Interrupt;
use crate::model::names::TransformName;
use crate::pipeline::diff::DiffQuestion;
use crate::snapshots::Published;

use super::state::Remembered;
use super::state::diff::{Compared, ListedRows};
use super::state::grid::Row;
use super::state::jobs::JobId;

/// What the app wants done.
#[derive(Clone)]
pub enum Effect {
    /// Work on another thread. The job is busy already.
    Begin {
        id: JobId,
        interrupt: Interrupt,
        work: Work,
    },
    /// A text for the clipboard; what it is called when it is there.
    Copy { text: String, what: String },
    /// Take mouse events, or leave them to the terminal.
    TakeMouse(bool),
    /// Draw all of the screen, whatever the terminal shows.
    Redraw,
    /// Sleep until the shell wakes it.
    Suspend,
    /// Remember the place for the next time, and end.
    Quit(Remembered),
}

/// Work on another thread.
#[derive(Clone)]
pub enum Work {
    /// Read what is published.
    Published,
    /// Open a partition, and read the rows around where the cursor is to be.
    Show(Box<Show>),
    /// Read some rows.
    Rows {
        generation: u64,
        table: Arc<Table>,
        view: View,
        index: Option<Arc<RowIndex>>,
        rows: Range<u64>,
    },
    /// Find all rows of a view.
    Index {
        generation: u64,
        table: Arc<Table>,
        view: View,
    },
    /// What a column holds.
    Profile {
        table: Arc<Table>,
        column: Column,
        view: View,
    },
    /// What a column was on some days, the one looked at first.
    OverTime {
        days: Vec<LivePartition>,
        column: String,
    },
    /// Look for a text in any column, from a row on.
    Find {
        generation: u64,
        table: Arc<Table>,
        view: View,
        index: Option<Arc<RowIndex>>,
        text: String,
        /// The row to begin at, and which way.
        from: u64,
        backwards: bool,
    },
    /// Compare two snapshots.
    Diff(Box<DiffQuestion>),
    /// List the rows in which they differ: the first by key, or those that moved
    /// furthest in a column.
    DiffRows {
        question: Box<DiffQuestion>,
        by: Option<String>,
    },
    /// Read cells, to be copied.
    Gather(Box<Gather>),
    /// What the project's SQL says of columns.
    Describe,
    /// What an edit changed in the SQL of a dataset, from one revision to another.
    SqlChange {
        dataset: TransformName,
        revisions: Pair<u32>,
    },
    /// Run `workbench export`. None: for today.
    Export(Option<NaiveDate>),
    /// Run another command of this program, which writes a file.
    Write { words: Vec<String>, file: String },
}

/// Cells that are to be copied.
#[derive(Clone)]
pub struct Gather {
    pub table: Arc<Table>,
    pub view: View,
    pub index: Option<Arc<RowIndex>>,
    pub rows: Range<u64>,
    /// Their places in the table, in order.
    pub columns: Vec<usize>,
    /// What they are called when they are copied.
    pub what: String,
}

/// A partition that is to be opened.
#[derive(Clone)]
pub struct Show {
    pub live: LivePartition,
    pub view: View,
    /// The key of the row that is to have the cursor.
    pub key: Option<Row>,
    /// Its number, if no row has that key.
    pub cursor: u64,
    /// Rows of the grid above the cursor, and in all.
    pub above: u64,
    pub height: u64,
}

/// What came of some work.
pub enum Outcome {
    Published(Arc<Published>),
    Shown(Box<Shown>),
    Rows {
        generation: u64,
        page: Page,
    },
    Indexed {
        generation: u64,
        index: RowIndex,
    },
    Profiled {
        filter: Option<String>,
        table: Arc<Table>,
        column: String,
        profile: Profile,
    },
    /// All days were told of, one by one.
    OverTime,
    /// The row with the text; None: there is none.
    Found {
        generation: u64,
        text: String,
        row: Option<u64>,
    },
    Compared(Box<Compared>),
    Listed(ListedRows),
    /// Cells to be copied, and what they are called.
    Gathered {
        text: String,
        what: String,
    },
    /// By dataset and column.
    Described(BTreeMap<(String, String), String>),
    /// What an edit changed, line by line.
    SqlChanged(String),
    /// A file was written; the command's own last words.
    Written(String),
    /// The export's own last words.
    Exported {
        succeeded: bool,
        summary: String,
    },
    Failed(String),
    /// A file that is not to be written, and why.
    BadFile {
        file: String,
        why: String,
    },
    /// The filter of a view is no condition.
    BadFilter(String),
    Cancelled,
}

/// A partition that was opened.
pub struct Shown {
    pub table: Arc<Table>,
    pub view: View,
    pub index: Option<RowIndex>,
    pub page: Page,
    pub cursor: u64,
    /// The key that was looked for.
    pub key: Option<Row>,
    /// The row that was looked for is not there on this day.
    pub is_gone: bool,
    /// What of the view was taken away, because this day does not have it.
    pub refused: Option<String>,
}

/// What work tells on its way.
pub enum Told {
    /// 0 to 1.
    Share(f64),
    /// What it is at.
    At(String),
    /// A line of its log.
    Line(String),
    /// What a column was on the day of a content.
    Day {
        table: Arc<Table>,
        column: String,
        day: Option<DayOfColumn>,
    },
}
