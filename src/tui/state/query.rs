//! The Query screen: the texts, what is offered while one is written, what is at
//! work, and what was answered.

pub mod answer;
pub mod plan;
pub mod tab;

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDate;

use crate::assist::{Completion, Vocabulary};
use crate::model::column::Column;
use crate::pipeline::asker::feature::Feature;
use crate::pipeline::asker::history::Past;
use crate::pipeline::asker::saved::Saved;
use crate::pipeline::asker::tabs;

use super::editor::{Editor, Vim};
use super::grid::{Grid, GridId};
use super::jobs::JobId;
use answer::{Answer, Shows};
pub use tab::{Tab, Trouble};

/// Answers of a tab that are kept.
const KEPT: usize = 8;

/// How long a text may be another one than what is kept, in milliseconds: after the last
/// key, and in all.
const KEEP_AFTER: u64 = 300;
const KEEP_WITHIN: u64 = 1_000;

/// The Query screen.
pub struct QueryView {
    /// At least one.
    pub tabs: Vec<Tab>,
    /// Which one is seen.
    pub tab: usize,
    /// The tabs of the last time were read.
    pub is_open: bool,
    /// Editors have modes.
    pub is_vim: bool,
    pub vocabulary: Vocabulary,
    /// The day that it was asked for; None: not yet.
    pub vocabulary_of: Option<Option<NaiveDate>>,
    /// What is offered at the cursor.
    pub popup: Option<Popup>,
    /// Where something was offered last, found or not: changes of the text and cursor.
    pub offered_at: Option<(u64, usize)>,
    /// A table and a column whose values would help there.
    pub wants_values: Option<(String, String)>,
    /// Those that were asked for last, and the day they are of.
    pub values_of: Option<(String, String, Option<NaiveDate>)>,
    pub running: Option<Running>,
    /// Statements that come next.
    pub queue: VecDeque<Statement>,
    /// A statement whose parameters are being asked for.
    pub asking: Option<Asking>,
    /// A tab that is closed if that is asked for once more, and the changes of its text.
    pub closing: Option<(u64, u64)>,
    /// The tab whose text is being saved, and a name that is another text's: given
    /// once more, that is written over.
    pub saving: Option<(u64, Option<String>)>,
    /// A feature that is being made.
    pub making: Option<Making>,
    /// An answer to compare others with.
    pub marked: Option<GridId>,
    /// What was asked before, the newest first.
    pub history: Vec<Past>,
    /// Queries that are kept in the project.
    pub saved: Vec<Saved>,
    /// The texts as they were kept last.
    pub kept: tabs::Tabs,
    /// When they were changed since: the first time, and the last.
    changed: Option<(u64, u64)>,
    next: u64,
    nothing: Grid,
}

/// What is offered at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popup {
    /// The tab, and the changes of its text, that it is for.
    pub of: (u64, u64),
    pub completion: Completion,
    pub chosen: usize,
    /// It was gone to: then enter takes it, and begins no line.
    pub is_chosen: bool,
}

/// What is to be done with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Run,
    /// Run to see what it costs.
    Measure,
}

/// A statement that is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub tab: u64,
    pub sql: String,
    /// Where it stands in the text, and at which of its changes.
    pub at: usize,
    pub changes: u64,
    pub how: How,
    pub params: BTreeMap<String, String>,
    /// The answer whose place the new one takes.
    pub instead: Option<GridId>,
}

/// A statement whose parameters are being asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    pub statement: Statement,
    /// Those that are still to be asked for, the next first.
    pub names: VecDeque<String>,
}

/// A feature that is being made of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    pub feature: Feature,
    pub tab: u64,
    /// Where the statement stands in the text, and at which of its changes.
    pub at: usize,
    pub changes: u64,
}

/// A statement at work.
pub struct Running {
    pub job: JobId,
    pub statement: Statement,
    pub as_of: Option<NaiveDate>,
    /// The day of that.
    pub day: Option<NaiveDate>,
    pub columns: Vec<Column>,
    pub rows: Option<u64>,
    /// The answer that has its first rows.
    pub answer: Option<GridId>,
    /// What was in its place: there again if nothing comes of this.
    pub replaced: Option<Answer>,
}

impl Default for QueryView {
    fn default() -> Self {
        let mut view = Self {
            tabs: Vec::new(),
            tab: 0,
            is_open: false,
            is_vim: false,
            vocabulary: Vocabulary::default(),
            vocabulary_of: None,
            popup: None,
            offered_at: None,
            wants_values: None,
            values_of: None,
            running: None,
            queue: VecDeque::new(),
            asking: None,
            closing: None,
            saving: None,
            making: None,
            marked: None,
            history: Vec::new(),
            saved: Vec::new(),
            kept: tabs::Tabs::default(),
            changed: None,
            next: 0,
            nothing: Grid::default(),
        };
        view.nothing = Grid::new(view.name());
        view.open_tab("");
        view
    }
}

impl QueryView {
    /// A name that nothing else has.
    fn name(&mut self) -> GridId {
        self.next += 1;
        GridId(self.next)
    }

    /// Edits with modes, or without.
    pub fn use_vim(&mut self, is_vim: bool) {
        self.is_vim = is_vim;
        for tab in &mut self.tabs {
            tab.editor.vim = is_vim.then(Vim::default);
        }
    }

    /// The tab that is seen.
    pub fn current(&self) -> &Tab {
        &self.tabs[self.tab.min(self.tabs.len() - 1)]
    }

    /// The same, to be changed.
    pub fn current_mut(&mut self) -> &mut Tab {
        let at = self.tab.min(self.tabs.len() - 1);
        &mut self.tabs[at]
    }

    /// The tab of a name.
    pub fn tab_mut(&mut self, id: u64) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.id == id)
    }

    /// The editor that is seen.
    pub fn editor(&mut self) -> &mut Editor {
        &mut self.current_mut().editor
    }

    /// Opens another tab behind the last one, and shows it. A tab that was not used
    /// yet is taken instead.
    pub fn open_tab(&mut self, text: &str) {
        self.popup = None;
        let empty = self
            .tabs
            .iter()
            .position(|tab| tab.editor.changes() == 0 && tab.editor.text().is_empty());
        let id = self.name().0;
        let mut editor = Editor::of(text);
        editor.vim = self.is_vim.then(Vim::default);
        let tab = Tab {
            id,
            saved: None,
            on_file: None,
            editor,
            params: BTreeMap::new(),
            answers: Vec::new(),
            shown: 0,
            trouble: None,
        };
        match empty {
            Some(at) => {
                self.tabs[at] = tab;
                self.tab = at;
            }
            None => {
                self.tabs.push(tab);
                self.tab = self.tabs.len() - 1;
            }
        }
    }

    /// Closes the tab that is seen, with its answers.
    pub fn close_tab(&mut self) {
        self.popup = None;
        self.tabs.remove(self.tab.min(self.tabs.len() - 1));
        if self.tabs.is_empty() {
            self.open_tab("");
        }
        self.tab = self.tab.min(self.tabs.len() - 1);
    }

    /// Shows another tab, around the end to the beginning.
    pub fn go_to_tab(&mut self, by: isize) {
        self.popup = None;
        let count = self.tabs.len() as isize;
        self.tab = (self.tab as isize + by).rem_euclid(count) as usize;
    }

    /// The answer that is seen.
    pub fn answer(&self) -> Option<&Answer> {
        let tab = self.current();
        tab.answers.get(tab.shown)
    }

    /// The same, to be changed.
    pub fn answer_mut(&mut self) -> Option<&mut Answer> {
        let tab = self.current_mut();
        tab.answers.get_mut(tab.shown)
    }

    /// An answer by its name, whichever tab has it.
    pub fn answer_of(&mut self, id: GridId) -> Option<&mut Answer> {
        let mut all = self.tabs.iter_mut().flat_map(|tab| &mut tab.answers);
        all.find(|answer| answer.id == id)
    }

    /// The marked answer, as long as it is there.
    pub fn marked(&self) -> Option<&Answer> {
        let mut all = self.tabs.iter().flat_map(|tab| &tab.answers);
        all.find(|answer| Some(answer.id) == self.marked)
    }

    /// The grid of the answer that is seen; one without a table where there is none.
    pub fn grid(&self) -> &Grid {
        match self.answer().map(|answer| &answer.shows) {
            Some(Shows::Rows(grid)) => grid,
            _ => &self.nothing,
        }
    }

    /// The same, to be changed.
    pub fn grid_mut(&mut self) -> &mut Grid {
        let at = self.tab.min(self.tabs.len() - 1);
        let tab = &mut self.tabs[at];
        match tab.answers.get_mut(tab.shown).map(|a| &mut a.shows) {
            Some(Shows::Rows(grid)) => grid,
            _ => &mut self.nothing,
        }
    }

    /// The grids of all answers.
    pub fn grids_mut(&mut self) -> impl Iterator<Item = &mut Grid> {
        let all = self.tabs.iter_mut().flat_map(|tab| &mut tab.answers);
        all.filter_map(|answer| match &mut answer.shows {
            Shows::Rows(grid) => Some(grid),
            Shows::Plan(_) => None,
        })
    }

    /// A new answer to a statement, shown where its tab is seen: in the place of one
    /// to the same, or behind the others. What is at work has its name from then on.
    pub fn add(&mut self, run: &mut Running, shows: impl FnOnce(GridId) -> Shows) {
        let id = self.name();
        let marked = self.marked;
        let statement = &run.statement;
        let Some(tab) = self.tab_mut(statement.tab) else {
            return;
        };
        let same = tab.answers.iter().position(|answer| {
            Some(answer.id) == statement.instead
                || statement.instead.is_none()
                    && answer.sql == statement.sql
                    && answer.how == statement.how
                    && Some(answer.id) != marked
        });
        let answer = Answer {
            id,
            sql: statement.sql.clone(),
            how: statement.how,
            params: statement.params.clone(),
            as_of: run.as_of,
            day: run.day,
            took: None,
            so_far: None,
            shows: shows(id),
        };
        match same {
            Some(at) => {
                let old = std::mem::replace(&mut tab.answers[at], answer);
                tab.shown = at;
                if let (Shows::Rows(old), Shows::Rows(new)) =
                    (&old.shows, &mut tab.answers[at].shows)
                {
                    new.looks_like(old);
                }
                run.replaced = Some(old);
            }
            None => {
                tab.answers.push(answer);
                tab.shown = tab.answers.len() - 1;
            }
        }
        run.answer = Some(id);
    }

    /// Takes the oldest answers of a tab away where there are more than are kept. The
    /// marked one stays.
    pub fn forget_oldest(&mut self, tab: u64) {
        let marked = self.marked;
        let Some(tab) = self.tab_mut(tab) else { return };
        while tab.answers.len() > KEPT
            && let Some(oldest) = tab.answers.iter().position(|a| Some(a.id) != marked)
        {
            let id = tab.answers[oldest].id;
            tab.remove(id);
        }
    }

    /// Nothing comes of what was at work: its first rows go, and what they replaced is
    /// there again.
    pub fn give_back(&mut self, run: &mut Running) {
        let Some(id) = run.answer.take() else { return };
        match (run.replaced.take(), self.answer_of(id)) {
            (Some(before), Some(unfinished)) => *unfinished = before,
            _ => self.remove(id),
        }
    }

    /// Takes an answer away. The one that is seen stays.
    pub fn remove(&mut self, id: GridId) {
        for tab in &mut self.tabs {
            tab.remove(id);
        }
    }

    /// Notes that a text is another one than what is kept.
    pub fn changed(&mut self, now: u64) {
        let first = self.changed.map_or(now, |(first, _)| first);
        self.changed = Some((first, now));
    }

    /// Notes that all texts are being kept.
    pub fn is_kept(&mut self) {
        self.changed = None;
    }

    /// When they are to be kept: soon after the last key, and from time to time between
    /// keys that follow each other fast.
    pub fn keeps_at(&self) -> Option<u64> {
        let (first, last) = self.changed?;
        Some((last + KEEP_AFTER).min(first + KEEP_WITHIN))
    }

    /// The texts, to be kept.
    pub fn to_keep(&self) -> tabs::Tabs {
        let tabs = self.tabs.iter().map(|tab| tabs::Tab {
            text: tab.editor.text().to_owned(),
            saved: tab.saved.clone(),
            cursor: tab.editor.cursor(),
            params: tab.params.clone(),
        });
        tabs::Tabs {
            tabs: tabs.collect(),
            current: self.tab,
            ..tabs::Tabs::default()
        }
    }

    /// Takes the texts of the last time, beside what was written since.
    pub fn take_tabs(&mut self, kept: tabs::Tabs) {
        self.is_open = true;
        let written = self.tabs.iter().any(|tab| !tab.editor.text().is_empty());
        for tab in &kept.tabs {
            if tab.text.is_empty() {
                continue;
            }
            let seen = self.tab;
            self.open_tab(&tab.text);
            let new = self.current_mut();
            new.editor.go_to(tab.cursor, false);
            new.saved.clone_from(&tab.saved);
            new.params.clone_from(&tab.params);
            if written {
                self.tab = seen;
            }
        }
        if !written {
            self.tab = kept.current.min(self.tabs.len() - 1);
        }
        self.kept = self.to_keep();
    }
}
