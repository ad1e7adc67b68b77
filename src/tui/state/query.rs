//! The Query screen: the texts, what is offered while one is written, what is at
//! work, and what was answered.

pub mod answer;
mod answers;
pub mod arrangement;
mod naming;
pub mod past;
pub mod plan;
mod statement;
pub mod tab;
pub mod tables;

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDate;

use crate::assist::Vocabulary;
use crate::pipeline::asker::saved::Saved;
use crate::pipeline::asker::tabs;

use super::editor::{Editor, Vim};
use super::grid::{Grid, GridId};
use crate::tui::text;
use answer::{Answer, Shows};
use arrangement::{Arrangement, Border};
use past::PastList;
pub use statement::{Asking, How, Making, Popup, Running, Statement};
pub use tab::{Tab, Trouble};
use tables::TableList;

/// Answers of a tab that are kept.
pub const KEPT: usize = 8;

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
    pub arrangement: Arrangement,
    /// What is looked for in the texts, and marked there.
    pub find: Option<String>,
    /// The border that is dragged.
    pub dragged: Option<Border>,
    /// Tables and columns that can be named.
    pub tables: TableList,
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
    /// An answer that was cancelled, whose rows are let go if that is asked for once more.
    pub letting_go: Option<GridId>,
    /// The tab whose text is being saved, and a name that is another text's: given
    /// once more, that is written over.
    pub saving: Option<(u64, Option<String>)>,
    /// A feature that is being made.
    pub making: Option<Making>,
    /// It was said that the oldest answers go.
    pub has_told_of_oldest: bool,
    /// An answer to compare others with.
    pub marked: Option<GridId>,
    /// What was asked before, the newest first.
    pub history: PastList,
    /// Queries that are kept in the project.
    pub saved: Vec<Saved>,
    /// The texts as they were kept last.
    pub kept: tabs::Tabs,
    /// When they were changed since: the first time, and the last.
    changed: Option<(u64, u64)>,
    next: u64,
    nothing: Grid,
}

impl Default for QueryView {
    fn default() -> Self {
        let mut view = Self {
            tabs: Vec::new(),
            tab: 0,
            is_open: false,
            is_vim: false,
            arrangement: Arrangement::default(),
            find: None,
            dragged: None,
            tables: TableList::default(),
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
            letting_go: None,
            saving: None,
            making: None,
            has_told_of_oldest: false,
            marked: None,
            history: PastList::default(),
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
    pub fn name(&mut self) -> GridId {
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
            answered: 0,
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

    /// What a tab is called: its title, and if others have that, too, what it has and they
    /// have not.
    pub fn name_of_tab(&self, at: usize) -> (String, Option<String>) {
        let tab = &self.tabs[at];
        let title = tab.title();
        let others = self.tabs.iter().enumerate();
        let others: Vec<(usize, &str)> = others
            .filter(|(n, other)| *n != at && other.title() == title)
            .map(|(n, other)| (n, other.editor.text()))
            .collect();
        if others.is_empty() {
            return (title, None);
        }
        let texts: Vec<&str> = others.iter().map(|(_, text)| *text).collect();
        let more = naming::differing(tab.editor.text(), &texts, true).join(", ");
        let more = match more.is_empty() {
            // Not by their words.
            true => (1 + others.iter().filter(|(n, _)| *n < at).count()).to_string(),
            false => text::cut(&more, tab::MORE),
        };
        (title, Some(more))
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

    /// Takes the texts of the last time, beside what was written since; and of those that
    /// are saved what is in their files.
    pub fn take_tabs(&mut self, kept: tabs::Tabs, files: &BTreeMap<String, String>) {
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
            // Another text there may be somebody else's edit: it is not known as the one
            // that may be written over.
            let file = tab.saved.as_ref().and_then(|name| files.get(name));
            let same = file.filter(|sql| sql.trim_end() == tab.text.trim_end());
            new.on_file = same.cloned();
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
