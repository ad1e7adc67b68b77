//! What the app wants done outside of it, and what came of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::assist::Vocabulary;
use crate::browse::frequencies::Frequencies;
use crate::browse::over_time::DayOfColumn;
use crate::browse::profile::Profile;
use crate::browse::row_index::RowIndex;
use crate::browse::{Page, Table, View};
use crate::model::column::Column;
use crate::model::commit::LivePartition;
use crate::model::difference::Pair;
use crate::model::interrupt::Interrupt;
use crate::model::names::TransformName;
use crate::pipeline::asker::feature::{Feature, Looked};
use crate::pipeline::asker::saved::{Over, Saved};
use crate::pipeline::asker::tabs::Tabs;
use crate::pipeline::asker::{Answered, AskError, Heard, Question};
use crate::pipeline::diff::DiffQuestion;
use crate::snapshots::Published;

use super::state::Remembered;
use super::state::diff::{Compared, ListedRows};
use super::state::grid::{Generation, Row};
use super::state::jobs::JobId;
use super::state::overlay;
use super::state::query::past::PastList;

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
    /// Read the system's clipboard.
    Paste,
    /// Have a text edited by the user's own editor.
    Edit(String),
    /// Take mouse events, or leave them to the terminal.
    TakeMouse(bool),
    /// Draw all of the screen, whatever the terminal shows.
    Redraw,
    /// Sleep until the shell wakes it.
    Suspend,
    /// Keep the texts, remember the place for the next time, and end.
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
        generation: Generation,
        table: Arc<Table>,
        view: View,
        index: Option<Arc<RowIndex>>,
        rows: Range<u64>,
        /// By their places in the table; None: all.
        columns: Option<Vec<usize>>,
    },
    /// Find all rows of a view.
    Index {
        generation: Generation,
        table: Arc<Table>,
        view: View,
    },
    /// What a column holds.
    Profile {
        table: Arc<Table>,
        column: Column,
        view: View,
    },
    /// The values of a column in the rows of a view, by frequency.
    Frequencies {
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
        generation: Generation,
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
    /// Run a statement. What came of it is remembered in the history.
    Answer(Box<Question>),
    /// What queries can name, as of a day.
    Vocabulary(Option<NaiveDate>),
    /// The values of a column, if they are few.
    Values {
        table: String,
        column: String,
        as_of: Option<NaiveDate>,
    },
    /// Compare two answers by key.
    CompareAnswers {
        sides: Pair<Arc<Table>>,
        sql: Pair<String>,
        key: Vec<String>,
        title: String,
    },
    /// Write the rows of an answer to a file.
    WriteAnswer {
        table: Arc<Table>,
        view: View,
        /// The places in the table of those that are shown, in their order.
        columns: Vec<usize>,
        file: String,
    },
    /// Read the tabs of the last time.
    Tabs,
    /// Keep the tabs.
    KeepTabs(Tabs),
    /// Read what was asked before.
    History,
    /// Read which queries are kept in the project.
    Saved,
    /// Read one of them.
    ReadSaved(String),
    /// Keep one.
    Save {
        tab: u64,
        name: String,
        sql: String,
        over: Over,
    },
    /// Try whether a text could be saved as the feature that it is.
    CheckSave {
        tab: u64,
        name: String,
        sql: String,
        over: Over,
    },
    /// Take a saved query, or a feature, out of the project.
    Remove { tab: u64, name: String },
    /// Look whether a statement can be that of a dataset.
    LookAtFeature(String),
    /// Try whether a dataset could be made of a statement.
    CheckFeature(Feature),
    /// Make a dataset of a statement.
    MakeFeature(Feature),
    /// Run `workbench export`. None: for today.
    Export(Option<NaiveDate>),
    /// Run another command of this program, which writes a file.
    Write { words: Vec<String>, file: String },
}

impl Work {
    /// Whether it is done at once. The others may take long, and give way to it.
    pub fn is_waited_for(&self) -> bool {
        !matches!(
            self,
            Self::Index { .. }
                | Self::Profile { .. }
                | Self::OverTime { .. }
                | Self::Frequencies { .. }
                | Self::Find { .. }
                | Self::Diff(_)
                | Self::DiffRows { .. }
                | Self::CompareAnswers { .. }
        )
    }
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
        generation: Generation,
        page: Page,
    },
    Indexed {
        generation: Generation,
        index: RowIndex,
    },
    Profiled {
        filter: Option<String>,
        table: Arc<Table>,
        column: String,
        profile: Profile,
    },
    Frequencies(Frequencies),
    /// All days were told of, one by one.
    OverTime,
    /// The row with the text; None: there is none.
    Found {
        generation: Generation,
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
    /// What came of a statement.
    Answered(Result<Answered, AskError>),
    /// As of a day.
    Vocabulary(Option<NaiveDate>, Box<Vocabulary>),
    /// Of a table and a column. None: too many.
    Values {
        table: String,
        column: String,
        values: Option<Vec<String>>,
    },
    /// Two answers compared, and what differs.
    AnswersCompared(Box<Compared>, ListedRows),
    /// The key of a comparison is none, and why.
    BadKey {
        key: String,
        why: String,
    },
    /// The tabs of the last time, and the files of those that are saved, by name.
    Tabs(Tabs, BTreeMap<String, String>),
    Kept(Tabs),
    History(PastList),
    Saved(Vec<Saved>),
    /// A query that is kept: its name and its text.
    ReadSaved {
        name: String,
        sql: String,
    },
    /// A text is kept under a name.
    SavedAs {
        tab: u64,
        name: String,
        sql: String,
        file: String,
    },
    /// A name under which it is not kept, and why; whether it could be written over.
    BadName {
        /// The tab whose text was to be saved.
        tab: Option<u64>,
        question: overlay::Question,
        name: String,
        why: String,
        exists: bool,
    },
    /// A text can be saved as a feature.
    SaveChecked {
        tab: u64,
        name: String,
        sql: String,
        over: Over,
    },
    /// A text of a tab is no valid feature, because of something in it.
    BadText {
        tab: u64,
        sql: String,
        why: String,
        at: Range<usize>,
    },
    /// What a tab has was taken out of the project, and lies elsewhere.
    Removed {
        tab: u64,
        file: String,
        kept: String,
    },
    /// A statement can be that of a dataset.
    FeatureLookedAt(Looked),
    /// A dataset can be made of a statement.
    FeatureChecked(Feature),
    /// No dataset can be made of a statement, because of something in it.
    BadFeature {
        why: String,
        at: Range<usize>,
    },
    /// A dataset was made of a statement.
    FeatureMade(String),
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
    /// Of the answer to a statement.
    Heard(Heard),
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
