//! Why something cannot be done now.

use crate::tui::action::Action;
use crate::tui::layout;
use crate::tui::state::jobs::Slot;
use crate::tui::state::query::answer::Answer;
use crate::tui::state::{Pane, Screen, State};

/// Why an action cannot be done now; None if it can.
pub fn reason(state: &State, action: Action) -> Option<String> {
    let because = |text: &str| Some(text.to_owned());
    let has_rows = state.seen().length() > 0;
    match action {
        Action::EarlierDay
        | Action::FirstDay
        | Action::LaterDay
        | Action::LastDay
        | Action::PickDay
        | Action::MarkDay
        | Action::NextDataset
        | Action::PreviousDataset
        | Action::CompareWithMark
            if state.screen == Screen::Diff && state.diff.is_of_answers =>
        {
            let days = state.keymap.key(Action::ShowDiff);
            let back = state.keymap.key(Action::Back);
            Some(format!(
                "this compares two results: `{days}` compares days, `{back}` leads back to the results"
            ))
        }
        Action::EarlierDay | Action::FirstDay | Action::LaterDay | Action::LastDay
            if state.timeline().is_none() =>
        {
            nothing_published(state)
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
        Action::PickDay | Action::MarkDay if state.timeline().is_none() => nothing_published(state),
        Action::CompareWithMark | Action::ShowDiff
            if state.timeline().is_none_or(|t| t.days.len() < 2) =>
        {
            because("there is nothing to compare with: it takes two snapshots")
        }
        Action::Export if state.is_visiting => {
            because("this target is only looked at: an export is run in its project")
        }
        Action::Cancel if state.jobs.stoppable().next().is_none() => {
            let is_kept = state.query.being_kept().is_some();
            (!is_kept).then(|| "nothing is at work".to_owned())
        }
        Action::Export if state.jobs.busy(Slot::Export).is_some() => {
            Some("an export is at work".to_owned() + &state.by_key(Action::Jobs, "shows it"))
        }
        Action::SearchNext | Action::SearchPrevious if state.seen().search.is_none() => {
            let by_key = state.by_key(Action::Search, "does it");
            Some("nothing was searched for yet".to_owned() + &by_key)
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
        Action::SearchNext | Action::SearchPrevious
            if state.screen != Screen::Diff && !state.seen().is_found() =>
        {
            because("the rows of this view are still being found")
        }
        Action::Search
            if state.screen != Screen::Diff
                && !state.seen().is_found()
                && state.seen().error.is_some() =>
        {
            because("not all rows of this view were found")
        }
        Action::ShowAllRows if state.seen().view.is_plain() => {
            because("all rows are shown as they are stored")
        }
        Action::ShowAllColumns if is_as_stored(state) => because("all columns are shown"),
        Action::ShowRecord
        | Action::CopyCell
        | Action::CopyRow
        | Action::CopyColumn
        | Action::FilterLikeCell
            if state.screen != Screen::Diff && !has_rows =>
        {
            because("there is no row here")
        }
        Action::CopyCell | Action::CopyRow | Action::CopyColumn
            if state.screen == Screen::Query && state.seen().table.is_none() =>
        {
            no_rows(state)
        }
        // They wait until all rows are there: what is typed then is not to become commands.
        Action::SortAscending
        | Action::SortDescending
        | Action::SortAlso
        | Action::Filter
        | Action::SaveRows
        | Action::Search
            if state.screen == Screen::Query && is_coming(state) =>
        {
            None
        }
        Action::SortAscending
        | Action::SortDescending
        | Action::SortAlso
        | Action::Frequencies
        | Action::Filter
        | Action::ShowSql
            if state.screen != Screen::Diff && state.seen().table.is_none() =>
        {
            because(match state.screen {
                Screen::Query => return no_rows(state),
                Screen::Snapshots | Screen::Diff => "no snapshot is open",
            })
        }
        Action::SortByDistance if !state.diff.has_distances() => {
            because("rows are sorted by how far a number or a date moved: open such a column")
        }
        Action::Open if state.pane == Pane::Datasets && state.timelines.is_empty() => {
            nothing_published(state)
        }
        Action::SaveRows | Action::Search
            if state.screen == Screen::Query && state.seen().table.is_none() =>
        {
            no_rows(state)
        }
        Action::ColumnPanel
            if state.screen == Screen::Query
                && state.seen().table.is_none()
                && !state.column_panel.is_open =>
        {
            no_rows(state)
        }
        Action::Filter | Action::SaveRows | Action::ShowSql
            if state.screen == Screen::Diff && state.diff.is_of_answers =>
        {
            because(
                "this compares two results: filter them where they are asked; what differs is \
                 written by a query that joins both",
            )
        }
        Action::NextResult | Action::PreviousResult if state.query.current().answers.len() < 2 => {
            because("there is no other result")
        }
        Action::CloseResult | Action::MarkResult | Action::PinResult
            if state.query.answer().is_none() =>
        {
            because("there is no result here")
        }
        Action::BorderUp | Action::BorderDown if state.query.arrangement.is_zoomed => {
            let key = state.keymap.key_in_text(Action::Zoom);
            Some(format!(
                "the text or the rows have all lines; `{key}` gives both their own"
            ))
        }
        Action::BorderUp | Action::BorderDown if !layout::has_border(state) => {
            because("there are too few lines: what has the focus has most of them")
        }
        Action::WidenTables | Action::NarrowTables if !layout::areas(state).has_tables_beside() => {
            Some(match state.query.arrangement.has_tables {
                true => "the list of tables has the whole screen when it has the focus".to_owned(),
                false => {
                    let key = state.keymap.key_in_text(Action::Tables);
                    format!("the list of tables is closed: `{key}` opens it")
                }
            })
        }
        Action::CompareResults => no_comparison(state),
        Action::CloseTab if is_saving(state) => {
            because("a text is being saved: close it when that is done")
        }
        Action::NextTab | Action::PreviousTab if state.query.tabs.len() < 2 => {
            because("there is only one tab")
        }
        Action::MakeFeature if state.is_visiting => {
            because("this target is only looked at: a feature is made in its project")
        }
        Action::MakeFeature if state.jobs.busy(Slot::Feature).is_some() => {
            because("a feature is being tried: one at a time")
        }
        Action::RemoveSaved if state.query.current().saved.is_none() => {
            let key = state.keymap.key_in_text(Action::OpenQuery);
            Some(format!(
                "this text is no file of the project: `{key}` opens one"
            ))
        }
        _ => None,
    }
}

fn nothing_published(state: &State) -> Option<String> {
    let by_key = state.by_key(Action::Export, "runs an export");
    Some("nothing is published yet".to_owned() + &by_key)
}

fn is_saving(state: &State) -> bool {
    let is_busy = |slot: &Slot| state.jobs.busy(*slot).is_some();
    [Slot::Feature, Slot::Keep].iter().any(is_busy)
}

/// Why nothing can be done with the rows of an answer.
fn no_rows(state: &State) -> Option<String> {
    let answer = state.query.answer();
    let text = match answer {
        Some(answer) if answer.is_being_kept() => "the rows that came are still being kept",
        Some(answer) if answer.took.is_none() => "the rows are still being found",
        _ => "there are no rows here",
    };
    Some(text.to_owned())
}

/// Whether rows of the answer that is seen are on their way.
fn is_coming(state: &State) -> bool {
    state.query.answer().is_some_and(Answer::is_coming)
}

fn no_comparison(state: &State) -> Option<String> {
    let because = |text: &str| Some(text.to_owned());
    let answer = state.query.answer();
    match (state.query.marked(), answer) {
        (_, None) => because("there is no result here"),
        (None, _) => {
            let key = state.keymap.key(Action::MarkResult);
            Some(format!(
                "no result is marked: `{key}` marks one to compare with"
            ))
        }
        (Some(marked), Some(answer)) if marked.id == answer.id => {
            because("this is the marked result: go to another one")
        }
        (Some(marked), Some(answer)) if marked.is_cut || answer.is_cut => {
            let which = match marked.is_cut {
                true => "the marked result",
                false => "this result",
            };
            Some(format!(
                "{which} was cancelled: rows that did not come would count as removed or added"
            ))
        }
        _ => None,
    }
}

fn is_as_stored(state: &State) -> bool {
    let columns = &state.seen().columns;
    let in_order = columns.windows(2).all(|pair| pair[0].at < pair[1].at);
    in_order && columns.iter().all(|c| !c.is_hidden && c.width.is_none())
}
