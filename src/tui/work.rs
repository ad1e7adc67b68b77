//! Doing what the app wants, on whatever thread this is called.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::browse::browser::{Place, Seen};
use crate::browse::page::SortedBy;
use crate::browse::row_index::RowIndex;
use crate::browse::{BrowseError, Browser, Page, Table, View, find, frequencies, names, over_time};
use crate::engine::diff::Listed;
use crate::model::commit::LivePartition;
use crate::model::difference::Pair;
use crate::model::interrupt::Interrupt;
use crate::model::names::TransformName;
use crate::pipeline::asker::Asker;
use crate::pipeline::diff::DiffQuestion;
use crate::report;
use crate::report::failure::Failure;
use crate::report::transforms::Comparison;
use crate::workbench::Workbench;

use super::effect::{Outcome, Show, Shown, Told, Work};
use super::export;
use super::state::diff::{Compared, ListedRows};
use super::state::grid::{FIRST, PAGE};

mod asking;
mod gather;
mod keeping;

/// Rows that differ that are listed at most.
const LISTED: usize = 20_000;

/// Lines around an edit that are shown.
const CONTEXT: usize = 3;

/// Below this many rows a view's index is built before its rows are shown.
const SMALL: u64 = 1_000_000;

/// What becomes of a view of which a day has not all columns.
const LATER: &str = "that is left out until a day has it";

/// What work needs.
#[derive(Clone)]
pub struct Bench {
    pub browser: Browser,
    pub workbench: Arc<Workbench>,
    /// It answers queries.
    pub asker: Asker,
    /// How an export is run; None: it cannot be.
    pub export: Option<export::Command>,
}

impl Bench {
    /// Does some work to its end, or until it is asked to stop.
    pub fn run(&self, work: Work, interrupt: &Interrupt, tell: &(dyn Fn(Told) + Sync)) -> Outcome {
        let outcome = self.attempt(work, interrupt, tell);
        // A query that was cancelled may have returned nothing without an error. Of a
        // statement the rows that came are there.
        if interrupt.is_requested() && !matches!(outcome, Ok(Outcome::Answered(_))) {
            return Outcome::Cancelled;
        }
        outcome.unwrap_or_else(|error| match error {
            BrowseError::Filter { why, .. } => Outcome::BadFilter(why),
            error if error.is_interrupt() => Outcome::Cancelled,
            error => Outcome::Failed(error.to_string()),
        })
    }

    fn attempt(
        &self,
        work: Work,
        interrupt: &Interrupt,
        tell: &(dyn Fn(Told) + Sync),
    ) -> Result<Outcome, BrowseError> {
        let share = |share| tell(Told::Share(share));
        Ok(match work {
            Work::Published => {
                let published = self.browser.published()?;
                let missed = match published.seq {
                    0 => self.workbench.miss_target().err(),
                    _ => None,
                };
                match missed.map(|error| Failure::of(&error)) {
                    None => Outcome::Published(Arc::new(published)),
                    Some(failure) => {
                        let hint = failure.hint.map(|hint| format!("\n\n{hint}"));
                        Outcome::Failed(failure.message + &hint.unwrap_or_default())
                    }
                }
            }
            Work::Show(show) => self.show(*show, interrupt)?,
            Work::Rows {
                generation,
                table,
                view,
                index,
                rows,
                columns,
            } => {
                let seen = Seen {
                    table: &table,
                    view: &view,
                    index: index.as_deref(),
                };
                let columns = columns.as_deref();
                let page = self.browser.cells(seen, rows, columns, interrupt)?;
                Outcome::Rows { generation, page }
            }
            Work::Index {
                generation,
                table,
                view,
            } => {
                let index = self.browser.index(&table, &view, interrupt, share)?;
                Outcome::Indexed { generation, index }
            }
            Work::Profile {
                table,
                column,
                view,
            } => Outcome::Profiled {
                profile: self.browser.profile(&table, &column, &view, interrupt)?,
                filter: view.filter,
                table,
                column: column.name,
            },
            Work::Frequencies {
                table,
                column,
                view,
            } => {
                let session = self.browser.session(interrupt)?;
                let counted = session.watched(share, |session| {
                    frequencies::of(session, &table, &column, &view)
                });
                Outcome::Frequencies(counted?)
            }
            Work::OverTime { days, column } => {
                let session = self.browser.session(interrupt)?;
                let all = days.len().max(1) as f64;
                for (at, live) in days.iter().enumerate() {
                    let table = Arc::new(self.browser.open(live)?);
                    let day = over_time::of_day(&session, &table, &column)?;
                    tell(Told::Day {
                        table,
                        column: column.clone(),
                        day,
                    });
                    share((at + 1) as f64 / all);
                }
                Outcome::OverTime
            }
            Work::Find {
                generation,
                table,
                view,
                index,
                text,
                from,
                backwards,
            } => {
                let session = self.browser.session(interrupt)?;
                let among = find::Among {
                    table: &table,
                    view: &view,
                    index: index.as_deref(),
                };
                let row = session.watched(share, |session| {
                    find::text(session, &among, &text, from, backwards)
                })?;
                Outcome::Found {
                    generation,
                    text,
                    row,
                }
            }
            Work::Diff(question) => return Ok(self.compare(&question, interrupt)),
            Work::DiffRows { question, by } => {
                return Ok(self.differing(&question, by, interrupt));
            }
            Work::Gather(gather) => {
                let text = self.gather(&gather, interrupt, &share)?;
                let what = gather.what;
                Outcome::Gathered { text, what }
            }
            Work::Describe => match self.workbench.descriptions() {
                Ok(descriptions) => Outcome::Described(descriptions),
                // The panel does without.
                Err(_) => Outcome::Described(BTreeMap::new()),
            },
            Work::SqlChange { dataset, revisions } => self.sql_change(&dataset, revisions),
            Work::Write { words, file } => match (self.refused(&file), &self.export) {
                (Some(why), _) => Outcome::BadFile { file, why },
                (None, Some(command)) => command.write(&words, interrupt, tell),
                (None, None) => Outcome::Failed("a command cannot be run from here".to_owned()),
            },
            work @ (Work::Answer(_)
            | Work::Vocabulary(_)
            | Work::Values { .. }
            | Work::CompareAnswers { .. }
            | Work::WriteAnswer { .. }
            | Work::Tabs
            | Work::KeepTabs(_)
            | Work::CheckSave { .. }
            | Work::LookAtFeature(_)
            | Work::CheckFeature(_)
            | Work::Remove { .. }
            | Work::History
            | Work::Saved
            | Work::ReadSaved(_)
            | Work::Save { .. }
            | Work::MakeFeature(_)) => self.asking(work, interrupt, tell),
            Work::Export(day) => match &self.export {
                Some(command) => command.run(day, interrupt, tell),
                None => Outcome::Failed("an export cannot be run from here".to_owned()),
            },
        })
    }

    /// Why a file is not to be written: what is there stays, and what belongs to the
    /// project is written by runs alone.
    fn refused(&self, file: &str) -> Option<String> {
        if file.starts_with('~') {
            return Some("`~` is not understood here: write the folder out".to_owned());
        }
        let path = Path::new(file);
        if path.exists() {
            return Some(format!("`{file}` is there already; write another name"));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Some(format!("there is no folder `{}`", folder.display()));
        }
        let is_own = self.workbench.owns(path);
        is_own.then(|| "that folder belongs to the project; write it elsewhere".to_owned())
    }

    fn sql_change(&self, dataset: &TransformName, revisions: Pair<u32>) -> Outcome {
        let Pair { before, after } = revisions.map(|revision| format!("{dataset}@{revision}"));
        match self.workbench.pairs(Some(&before), Some(&after)) {
            Ok(pairs) => {
                let lines = pairs
                    .iter()
                    .flat_map(|pair| Comparison::of(pair).unified(CONTEXT));
                Outcome::SqlChanged(lines.map(|(_, line)| line).collect())
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    fn compare(&self, question: &DiffQuestion, interrupt: &Interrupt) -> Outcome {
        let workbench = self.workbench.stopped_by(interrupt);
        let compared = workbench.diff(question).and_then(|mut diff| {
            let difference = workbench.compare(&mut diff, None)?;
            Ok(Compared {
                key: None,
                title: report::diff::title(&diff),
                sentences: report::diff::sentences(&diff, &difference),
                difference,
            })
        });
        match compared {
            Ok(compared) => Outcome::Compared(Box::new(compared)),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    fn differing(
        &self,
        question: &DiffQuestion,
        by: Option<String>,
        interrupt: &Interrupt,
    ) -> Outcome {
        let workbench = self.workbench.stopped_by(interrupt);
        let listed = workbench.diff(question).and_then(|mut diff| {
            let columns = diff.columns.clone();
            let names = self.names(diff.sides.as_ref(), interrupt);
            if let Some(column) = &by {
                workbench.compare(&mut diff, Some(Listed::CHANGED))?;
                let (rows, all) = diff.furthest(column, LISTED, false)?;
                return Ok(ListedRows {
                    columns,
                    is_cut: all > rows.len() as u64,
                    rows,
                    names,
                    by,
                });
            }
            workbench.compare(&mut diff, Some(Listed::ALL))?;
            let (rows, is_cut) = diff.first(Listed::ALL, LISTED)?;
            Ok(ListedRows {
                columns,
                rows,
                names,
                is_cut,
                by,
            })
        });
        match listed {
            Ok(listed) => Outcome::Listed(listed),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// What rows are called on either side, best as they are after. A list without
    /// names is a list, too.
    fn names(
        &self,
        sides: Pair<&LivePartition>,
        interrupt: &Interrupt,
    ) -> HashMap<Vec<Option<String>>, String> {
        let of = |live: &LivePartition| {
            let table = self.browser.open(live)?;
            names::of(&self.browser.session(interrupt)?, &table)
        };
        let mut all = HashMap::new();
        for side in sides.both() {
            all.extend(of(side).unwrap_or_default());
        }
        all
    }

    /// Opens a partition in the view of the day before, as far as it has the columns
    /// for that.
    fn show(&self, mut show: Show, interrupt: &Interrupt) -> Result<Outcome, BrowseError> {
        let table = Arc::new(self.browser.open(&show.live)?);
        let day = show.live.partition.staged.id.ingest_date;
        let mut refused = None;
        let has = |by: &SortedBy| table.columns.iter().any(|c| c.name == by.column);
        if let Some(by) = show.view.order.iter().find(|by| !has(by)) {
            refused = Some(format!(
                "There is no `{}` on {day} to sort by: {LATER}",
                by.column
            ));
            show.view.order.retain(has);
        }
        let unfiltered = Show {
            view: View {
                filter: None,
                ..show.view.clone()
            },
            ..show.clone()
        };
        let shown = match self.show_in(table.clone(), show, interrupt) {
            Err(BrowseError::Filter { .. }) => {
                refused = Some(format!(
                    "The filter does not fit the columns of {day}: {LATER}"
                ));
                self.show_in(table, unfiltered, interrupt)
            }
            shown => shown,
        };
        let shown = Shown { refused, ..shown? };
        Ok(Outcome::Shown(Box::new(shown)))
    }

    fn show_in(
        &self,
        table: Arc<Table>,
        show: Show,
        interrupt: &Interrupt,
    ) -> Result<Shown, BrowseError> {
        let mut index = None;
        let rows = if show.view.is_plain() {
            table.rows
        } else if table.rows <= SMALL {
            let built = self.browser.index(&table, &show.view, interrupt, |_| {})?;
            index.insert(built).rows
        } else {
            // Its first page now; the index is for another time.
            let page = self
                .browser
                .page(&table, &show.view, None, 0..FIRST, interrupt)?;
            return Ok(shown(table, show, None, page, 0, false));
        };
        let place = match &show.key {
            Some(key) => self
                .browser
                .place_of(&table, index.as_ref(), key, interrupt)?,
            None => Place::At(show.cursor),
        };
        let (cursor, is_gone) = match place {
            Place::At(row) => (row, false),
            Place::Would(row) => (row, true),
            Place::Hidden => (show.cursor, true),
        };
        let cursor = cursor.min(rows.saturating_sub(1));
        let first = cursor.saturating_sub(show.above) / PAGE * PAGE;
        let last = (cursor + show.height.max(1))
            .next_multiple_of(PAGE)
            .min(rows);
        let page = self.browser.page(
            &table,
            &show.view,
            index.as_ref(),
            first..last.max(first),
            interrupt,
        )?;
        Ok(shown(table, show, index, page, cursor, is_gone))
    }
}

fn shown(
    table: Arc<Table>,
    show: Show,
    index: Option<RowIndex>,
    page: Page,
    cursor: u64,
    is_gone: bool,
) -> Shown {
    Shown {
        table,
        key: show.key,
        view: show.view,
        index,
        page,
        cursor,
        is_gone,
        refused: None,
    }
}
