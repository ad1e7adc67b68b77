//! Why something cannot be done now.

use crate::tui::action::Action;
use crate::tui::state::jobs::Slot;
use crate::tui::state::{Pane, Screen, State};

/// Why an action cannot be done now; None if it can.
pub fn reason(state: &State, action: Action) -> Option<String> {
    let because = |text: &str| Some(text.to_owned());
    let has_rows = state.grid.length() > 0;
    match action {
        Action::EarlierDay | Action::FirstDay | Action::LaterDay | Action::LastDay
            if state.timeline().is_none() =>
        {
            because("nothing is published yet: `x` runs an export")
        }
        Action::EarlierDay | Action::FirstDay if state.shown_at() == Some(0) => {
            because("this is the first snapshot")
        }
        Action::LaterDay | Action::LastDay
            if state.shown_at().map(|at| at + 1) == state.timeline().map(|t| t.days.len()) =>
        {
            because("this is the newest snapshot")
        }
        Action::NextDataset | Action::PreviousDataset if state.timelines.len() < 2 => {
            because("there is only one dataset")
        }
        Action::PickDay | Action::MarkDay if state.timeline().is_none() => {
            because("nothing is published yet: `x` runs an export")
        }
        Action::CompareWithMark | Action::ShowDiff
            if state.timeline().is_none_or(|t| t.days.len() < 2) =>
        {
            because("there is nothing to compare with: it takes two snapshots")
        }
        Action::Export if state.is_visiting => {
            because("this target is only looked at: an export is run in its project")
        }
        Action::Cancel if state.jobs.at_work().next().is_none() => because("nothing is at work"),
        Action::Export if state.jobs.busy(Slot::Export).is_some() => {
            because("an export is at work; `w` shows it")
        }
        Action::SearchNext | Action::SearchPrevious if state.grid.search.is_none() => {
            because("nothing was searched for: `/` does")
        }
        Action::ShowAllRows if state.screen == Screen::Diff => {
            let is_all = state.diff.condition.is_none() && state.diff.find.is_none();
            is_all.then(|| "all rows are compared and shown".to_owned())
        }
        Action::Search | Action::Filter
            if state.screen == Screen::Diff && state.diff.compared.is_none() =>
        {
            because("it is still being compared")
        }
        Action::Search | Action::SearchNext | Action::SearchPrevious
            if state.screen == Screen::Snapshots
                && !state.grid.view.is_plain()
                && state.grid.index.is_none() =>
        {
            because("the rows of this view are still being found")
        }
        Action::ShowAllRows if state.grid.view.is_plain() => {
            because("all rows are shown as they are stored")
        }
        Action::ShowAllColumns if is_as_stored(state) => because("all columns are shown"),
        Action::ShowRecord
        | Action::CopyCell
        | Action::CopyRow
        | Action::CopyColumn
        | Action::FilterLikeCell
            if state.screen == Screen::Snapshots && !has_rows =>
        {
            because("there is no row here")
        }
        Action::SortAscending | Action::SortDescending | Action::Filter | Action::ShowSql
            if state.screen == Screen::Snapshots && state.grid.table.is_none() =>
        {
            because("no snapshot is open")
        }
        Action::SortByDistance if !state.diff.has_distances() => {
            because("rows are sorted by how far a number or a date moved: open such a column")
        }
        Action::Open if state.pane == Pane::Datasets && state.timelines.is_empty() => {
            because("nothing is published yet: `x` runs an export")
        }
        _ => None,
    }
}

fn is_as_stored(state: &State) -> bool {
    let columns = &state.grid.columns;
    let in_order = columns.windows(2).all(|pair| pair[0].at < pair[1].at);
    in_order && columns.iter().all(|c| !c.is_hidden && c.width.is_none())
}
