//! Everything the app knows. Drawing reads it; only [`super::update`] changes it.

pub mod column_panel;
pub mod diff;
pub mod editor;
pub mod frequencies;
pub mod grid;
pub mod jobs;
pub mod overlay;
pub mod query;
pub mod toast;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::browse::View;
use crate::browse::timeline::{Day, Timeline};
use crate::model::commit::LivePartition;
use crate::model::names::TransformName;
use crate::snapshots::Published;

use super::action::Action;
use super::effect::Work;
use super::keymap::Keymap;
use super::look::Look;
use column_panel::ColumnPanel;
use diff::DiffView;
use frequencies::Frequent;
use grid::{Generation, Grid};
use jobs::Jobs;
use overlay::Overlay;
use query::QueryView;
use query::arrangement::Arrangement;
use toast::Toasts;

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screen {
    #[default]
    Snapshots,
    Diff,
    Query,
}

/// The part of the screen that keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    Datasets,
    #[default]
    Grid,
    /// What the column holds.
    Columns,
    Diff,
    /// The text of a query.
    Editor,
    /// What a query answered.
    Results,
    /// The tables that a query can name.
    Tables,
}

/// Everything the app knows.
pub struct State {
    /// The project's name.
    pub project: String,
    /// Where its snapshots lie.
    pub target: String,
    pub today: NaiveDate,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    pub look: Look,
    pub keymap: Arc<Keymap>,
    pub screen: Screen,
    /// A row of the comparison is watched among the snapshots: back leads there.
    pub is_watching: bool,
    /// Where the comparison was gone to from: back leads there.
    pub compared_from: (Screen, Pane),
    pub pane: Pane,
    /// None until it was read for the first time.
    pub published: Option<Arc<Published>>,
    /// Why what is published could not be read.
    pub trouble: Option<String>,
    pub timelines: Vec<Timeline>,
    /// Which of the timelines is looked at.
    pub dataset: usize,
    /// The day that every screen shows. None: the newest.
    pub as_of: Option<NaiveDate>,
    /// A day that was marked to be compared with, in every dataset.
    pub mark: Option<NaiveDate>,
    pub grid: Grid,
    pub column_panel: ColumnPanel,
    pub diff: DiffView,
    pub query: QueryView,
    /// The values of a column that are looked at.
    pub frequent: Option<Frequent>,
    /// What lies over the screen, the topmost last.
    pub overlays: Vec<Overlay>,
    pub toasts: Toasts,
    pub jobs: Jobs,
    /// The app takes mouse events; otherwise the terminal selects text with it.
    pub mouse: bool,
    /// A published state newer than what the grid shows.
    pub is_newer: bool,
    /// A target is looked at that is not the project's: nothing is exported to it.
    pub is_visiting: bool,
    /// What is published is being read because of the user: then the newest stays
    /// in sight when another one comes.
    pub goes_along: bool,
    /// What the SQL says of columns, by dataset and column. None: not read yet.
    pub descriptions: Option<BTreeMap<(String, String), String>>,
    /// To quit was asked for while something is at work.
    pub wants_to_quit: bool,
    /// The app is left when all is written.
    pub is_leaving: bool,
    /// What is written next, and what that is called.
    pub to_keep: VecDeque<(String, Work)>,
    /// Milliseconds since the app began.
    pub now: u64,
    /// Where the place of the last time is to be taken up again.
    pub remembered: Option<Remembered>,
}

/// Where the user was when the app was left.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Remembered {
    pub dataset: Option<String>,
    pub as_of: Option<NaiveDate>,
    /// The key of the row that had the cursor.
    #[serde(default)]
    pub key: Vec<Option<String>>,
    pub column: Option<String>,
    #[serde(default)]
    pub column_panel: bool,
    /// Filter and sorting.
    #[serde(default)]
    pub view: View,
    #[serde(default)]
    pub mark: Option<NaiveDate>,
    /// It was the Query screen that was seen.
    #[serde(default)]
    pub is_asking: bool,
    /// How that is arranged.
    #[serde(default)]
    pub query: Arrangement,
}

impl State {
    /// An app that has read nothing yet.
    pub fn new(project: String, target: String, today: NaiveDate) -> Self {
        Self {
            project,
            target,
            today,
            size: (80, 24),
            look: Look::default(),
            keymap: Arc::new(Keymap::default()),
            screen: Screen::default(),
            is_watching: false,
            compared_from: (Screen::Snapshots, Pane::Grid),
            pane: Pane::default(),
            published: None,
            trouble: None,
            timelines: Vec::new(),
            dataset: 0,
            as_of: None,
            mark: None,
            grid: Grid::default(),
            column_panel: ColumnPanel::default(),
            diff: DiffView::default(),
            query: QueryView::default(),
            frequent: None,
            overlays: Vec::new(),
            toasts: Toasts::default(),
            jobs: Jobs::default(),
            mouse: true,
            is_newer: false,
            is_visiting: false,
            goes_along: true,
            descriptions: None,
            wants_to_quit: false,
            is_leaving: false,
            to_keep: VecDeque::new(),
            now: 0,
            remembered: None,
        }
    }

    /// The dataset that is looked at.
    pub fn timeline(&self) -> Option<&Timeline> {
        self.timelines.get(self.dataset)
    }

    /// The day that is shown of the dataset: that of [`State::as_of`], or the last
    /// before it. Its place in the timeline.
    pub fn shown_at(&self) -> Option<usize> {
        let days = &self.timeline()?.days;
        match self.as_of {
            None => days.len().checked_sub(1),
            Some(day) => days.iter().rposition(|d| d.date <= day),
        }
    }

    /// The same as a day.
    pub fn shown(&self) -> Option<&Day> {
        self.timeline()?.days.get(self.shown_at()?)
    }

    /// The marked day of the dataset that is looked at: that one, or the last before it.
    pub fn marked(&self) -> Option<&Day> {
        let mark = self.mark?;
        let mut days = self.timeline()?.days.iter().rev();
        days.find(|day| day.date <= mark)
    }

    /// The partition that is shown.
    pub fn live(&self) -> Option<&LivePartition> {
        let dataset = &self.timeline()?.dataset;
        self.live_of(dataset, self.shown()?.date)
    }

    /// The partition of a dataset on a day.
    pub fn live_of(&self, dataset: &TransformName, day: NaiveDate) -> Option<&LivePartition> {
        self.days_of(dataset).remove(&day)
    }

    /// All partitions of a dataset, by day.
    pub fn days_of(&self, dataset: &TransformName) -> BTreeMap<NaiveDate, &LivePartition> {
        self.published
            .as_ref()
            .map(|p| p.days(dataset))
            .unwrap_or_default()
    }

    /// Whether everything that was begun has ended: what a test waits for.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_idle()
    }

    /// The grid that is seen: of the snapshots, or of an answer.
    pub fn seen(&self) -> &Grid {
        match self.screen {
            Screen::Snapshots | Screen::Diff => &self.grid,
            Screen::Query => self.query.grid(),
        }
    }

    /// Whether the rows of the grid that is seen are all there are: more may be on their
    /// way, or may have been cancelled.
    pub fn has_all_rows(&self) -> bool {
        self.seen().rows.is_some() && self.first_rows().is_none()
    }

    /// How many rows came of the answer that is seen, if it was cancelled: what is said of
    /// them is not said of all.
    pub fn first_rows(&self) -> Option<u64> {
        let answer = self.query.answer().filter(|_| self.screen == Screen::Query);
        let table = self.seen().table.as_ref();
        answer
            .filter(|answer| answer.is_cut)
            .map(|_| table.map_or(0, |table| table.rows))
    }

    /// The same, to be changed.
    pub fn seen_mut(&mut self) -> &mut Grid {
        match self.screen {
            Screen::Snapshots | Screen::Diff => &mut self.grid,
            Screen::Query => self.query.grid_mut(),
        }
    }

    /// The grid that still shows what something was read for.
    pub fn grid_of(&mut self, generation: Generation) -> Option<&mut Grid> {
        let mut all = std::iter::once(&mut self.grid).chain(self.query.grids_mut());
        all.find(|grid| grid.generation == generation)
    }

    /// What a key does, as the end of a sentence; empty where no key does it.
    pub fn by_key(&self, action: Action, does: &str) -> String {
        match self.keymap.key_here(action, self.pane) {
            "" => String::new(),
            key => format!("; `{key}` {does}"),
        }
    }

    /// What lies on top.
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlays.last()
    }

    /// What is to be remembered for the next time.
    pub fn remember(&self) -> Remembered {
        Remembered {
            dataset: self.timeline().map(|t| t.dataset.to_string()),
            as_of: self.as_of,
            key: self.grid.key_at_cursor().unwrap_or_default(),
            column: self.grid.column_at_cursor().map(|c| c.name.clone()),
            column_panel: self.column_panel.is_open,
            view: self.grid.view.clone(),
            mark: self.mark,
            is_asking: self.screen == Screen::Query,
            query: self.query.arrangement,
        }
    }
}
