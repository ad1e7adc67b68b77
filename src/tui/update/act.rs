//! What each action does.

use crate::browse::page::{SortedBy, View};
use crate::engine::quote;
use crate::model::column::Column;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Work};
use crate::tui::layout;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choosing, Line, Overlay, Question};
use crate::tui::state::{Pane, Screen, State};
use crate::tui::view::column;

use super::{compare, copying, frequencies, keeping, query, reason, searching, time, wanted};

/// Does what was asked for, or says why it cannot be done.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    state.wants_to_quit &= action == Action::Quit;
    state.is_leaving &= action == Action::Quit;
    if let Some(why) = reason(state, action) {
        state.toasts.refuse(state.now, capitalised(&why));
        return Vec::new();
    }
    if state.screen == Screen::Query
        && let Some(effects) = query::act(state, action)
    {
        return effects;
    }
    match action {
        Action::Quit => return keeping::quit(state),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::ToggleMouse => return toggle_mouse(state),
        Action::Help => state.overlays.push(Overlay::Help {
            search: Line::default(),
            scroll: 0,
        }),
        Action::Palette => state.overlays.push(Overlay::Palette {
            search: Line::default(),
            chosen: 0,
        }),
        Action::Jobs => state.overlays.push(Overlay::Jobs {
            chosen: 0,
            scroll: 0,
        }),
        Action::Messages => messages(state),
        Action::CompareWithMark => compare::show(state),
        Action::Back => back(state),
        Action::Refresh if state.is_newer => return wanted::show(state),
        Action::Refresh => {
            state.goes_along = true;
            return wanted::published(state, "looking for new snapshots");
        }
        Action::Cancel => cancel(state),
        // It writes: it is asked, also for today.
        Action::Export => ask(state, Question::ExportDay, state.today.to_string()),
        Action::ShowSnapshots => show_screen(state, Screen::Snapshots),
        Action::ShowDiff => compare::show(state),
        Action::ShowQuery => query::show(state),
        Action::NextPane => pane(state, 1),
        Action::PreviousPane => pane(state, -1),
        Action::NextDataset => return dataset(state, 1),
        Action::PreviousDataset => return dataset(state, -1),
        Action::EarlierDay => return time::step(state, -1),
        Action::LaterDay => return time::step(state, 1),
        Action::FirstDay => return time::go_to(state, 0),
        Action::LastDay => return time::go_to(state, usize::MAX),
        Action::PickDay => ask(state, Question::Day, String::new()),
        Action::MarkDay => time::mark(state),
        _ if state.pane == Pane::Datasets => return in_datasets(state, action),
        _ if state.pane == Pane::Columns && scroll_column(state, action) => {}
        _ if state.screen == Screen::Diff => return compare::act(state, action),
        _ => return in_grid(state, action),
    }
    Vec::new()
}

pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// Shows what was said; what is seen of it is read there.
pub fn messages(state: &mut State) {
    state.toasts.clear();
    state.query.popup = None;
    state.overlays.push(Overlay::Choose {
        from: Choosing::Messages,
        search: Line::default(),
        chosen: 0,
    });
}

fn toggle_mouse(state: &mut State) -> Vec<Effect> {
    state.mouse = !state.mouse;
    let text = if state.mouse {
        "The app takes the mouse again"
    } else {
        "The terminal has the mouse: select text with it"
    };
    state.toasts.tell(state.now, text);
    vec![Effect::TakeMouse(state.mouse)]
}

fn back(state: &mut State) {
    if compare::back(state) || query::back(state) {
        return;
    }
    if state.seen_mut().anchor.take().is_some() {
        return;
    }
    if state.is_watching {
        show_screen(state, Screen::Diff);
    } else if state.screen == Screen::Diff && state.diff.is_of_answers {
        (state.screen, state.pane) = (Screen::Query, Pane::Results);
    } else if state.screen == Screen::Diff {
        let (screen, pane) = state.compared_from;
        show_screen(state, screen);
        if screen == Screen::Query {
            state.pane = pane;
        }
    } else if state.toasts.is_seen() {
        state.toasts.clear();
    } else if state.pane != Pane::Grid {
        state.pane = Pane::Grid;
    }
}

fn cancel(state: &mut State) {
    if state.screen == Screen::Query && query::queue::withdraw(state) {
        return;
    }
    // A statement first: it is what is waited for.
    let asked = state.jobs.busy(Slot::Answer);
    let newest = asked.or_else(|| state.jobs.stoppable().next_back());
    if let Some((slot, title)) = newest.map(|job| (job.slot, job.title.clone())) {
        state.jobs.stop(slot);
        if slot == Slot::Answer {
            query::running::cancel(state);
            return;
        }
        if slot == Slot::Index {
            let grid = state.seen_mut();
            grid.seeks = false;
            grid.error = Some("cancelled: only the first rows are here".to_owned());
        }
        state.toasts.tell(state.now, format!("Cancelled: {title}"));
    } else {
        query::waiting::let_go(state);
    }
}

/// Runs an export.
pub fn export(state: &mut State, day: Option<chrono::NaiveDate>) -> Vec<Effect> {
    let title = match day {
        Some(day) => format!("export of {day}"),
        None => format!("export of {}", state.today),
    };
    let by_key = state.by_key(Action::Jobs, "shows it");
    let text = format!("The {title} began{by_key}");
    state.toasts.tell(state.now, text);
    wanted::begin(state, Slot::Export, title, Work::Export(day))
}

pub fn ask(state: &mut State, question: Question, text: String) {
    state.overlays.push(Overlay::Ask {
        question,
        line: Line::selected(text),
        error: None,
    });
}

fn show_screen(state: &mut State, screen: Screen) {
    state.screen = screen;
    state.is_watching = false;
    state.query.popup = None;
    state.pane = match screen {
        Screen::Snapshots => Pane::Grid,
        Screen::Diff => Pane::Diff,
        Screen::Query => Pane::Editor,
    };
}

fn pane(state: &mut State, by: isize) {
    if state.screen != Screen::Snapshots {
        return;
    }
    let mut panes = vec![Pane::Datasets, Pane::Grid];
    if state.column_panel.is_open {
        panes.push(Pane::Columns);
    }
    let at = panes.iter().position(|p| *p == state.pane).unwrap_or(0);
    let next = (at as isize + by).rem_euclid(panes.len() as isize);
    state.pane = panes[next as usize];
}

/// Looks at another dataset, around the end to the beginning.
pub fn dataset(state: &mut State, by: isize) -> Vec<Effect> {
    let count = state.timelines.len() as isize;
    if count == 0 {
        return Vec::new();
    }
    go_to_dataset(
        state,
        (state.dataset as isize + by).rem_euclid(count) as usize,
    )
}

/// Looks at a dataset.
pub fn go_to_dataset(state: &mut State, dataset: usize) -> Vec<Effect> {
    if dataset == state.dataset || dataset >= state.timelines.len() {
        return Vec::new();
    }
    state.dataset = dataset;
    state.grid.forget();
    state.diff.forget();
    state.is_watching = false;
    if state.shown().is_none() && state.timeline().is_some() {
        // The dataset began later than the day that is shown.
        let dataset = state.timelines[dataset].dataset.clone();
        let text = format!("`{dataset}` has no snapshot that early");
        state.toasts.tell(state.now, text);
    }
    wanted::show(state)
}

/// Scrolls what is told of the column. Returns whether the key is for that.
fn scroll_column(state: &mut State, action: Action) -> bool {
    let page = i64::from(layout::areas(state).columns.height.max(2)) - 1;
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::Top => i64::MIN,
        Action::Bottom => i64::MAX,
        _ => return false,
    };
    scroll_column_by(state, by);
    true
}

/// Scrolls what is told of the column by lines, and not past its ends.
pub fn scroll_column_by(state: &mut State, by: i64) {
    let Some(column) = state.seen().column_at_cursor().map(|c| c.name.clone()) else {
        return;
    };
    let last = column::last_scroll(state, layout::areas(state).columns);
    let line = state.column_panel.scroll_of(state.seen()) as i64;
    let line = line.saturating_add(by).clamp(0, last as i64);
    state.column_panel.scroll_to(&column, line as usize);
}

/// Goes to the dataset above or below, and not past the ends.
pub fn in_datasets(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up if state.dataset > 0 => dataset(state, -1),
        Action::Down if state.dataset + 1 < state.timelines.len() => dataset(state, 1),
        Action::Open => {
            state.pane = Pane::Grid;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn in_grid(state: &mut State, action: Action) -> Vec<Effect> {
    let page = i64::from(state.seen().height.max(2)) - 1;
    let grid = state.seen_mut();
    match action {
        Action::Up => grid.go(-1),
        Action::Down => grid.go(1),
        Action::PageUp => grid.go(-page),
        Action::PageDown => grid.go(page),
        Action::Top => grid.go_to(0),
        Action::Bottom => {
            grid.go_to_end();
            if grid.ends && grid.length() > 0 {
                let text = "Goes to the last row as soon as all are found";
                state.toasts.tell(state.now, text);
            }
        }
        Action::Left => grid.go_aside(-1),
        Action::Right => grid.go_aside(1),
        Action::FirstColumn => grid.go_aside(isize::MIN),
        Action::LastColumn => grid.go_aside(isize::MAX),
        Action::Freeze => grid.freeze(),
        Action::Widen => grid.resize(4),
        Action::Narrow => grid.resize(-4),
        Action::HideColumn if !grid.hide() => {
            state
                .toasts
                .tell(state.now, "The last column cannot be hidden");
        }
        Action::ShowAllColumns => grid.unarrange(),
        Action::MoveColumnLeft => grid.move_column(-1),
        Action::MoveColumnRight => grid.move_column(1),
        Action::ColumnPanel => {
            state.column_panel.is_open = !state.column_panel.is_open;
            if !state.column_panel.is_open && state.pane == Pane::Columns {
                state.pane = match state.screen {
                    Screen::Query => Pane::Results,
                    Screen::Snapshots | Screen::Diff => Pane::Grid,
                };
            }
        }
        Action::SortAscending => return sort(state, false),
        Action::SortDescending => return sort(state, true),
        Action::SortAlso => return sort_also(state),
        Action::Frequencies => return frequencies::show(state),
        Action::ShowAllRows => return review(state, View::default()),
        Action::Filter => {
            let before = state.seen().view.filter.clone().unwrap_or_default();
            ask(state, Question::Filter, before);
        }
        Action::FilterLikeCell => return filter_like_cell(state),
        Action::Search => {
            let before = state.seen().search.clone().unwrap_or_default();
            ask(state, Question::Search, before);
        }
        Action::SearchNext => return searching::next(state, false),
        Action::SearchPrevious => return searching::next(state, true),
        Action::ShowRecord => state.overlays.push(Overlay::Record { scroll: 0 }),
        Action::Select => grid.select(),
        Action::CopyCell | Action::CopyRow | Action::CopyColumn => {
            return copying::copy(state, action);
        }
        Action::SaveRows => copying::ask_for_file(state),
        Action::ShowSql => show_sql(state),
        _ => {}
    }
    Vec::new()
}

/// Sorts by the column at the cursor; the same again takes the sorting away.
fn sort(state: &mut State, descending: bool) -> Vec<Effect> {
    let Some(column) = state.seen().column_at_cursor().map(|c| c.name.clone()) else {
        return Vec::new();
    };
    let by = SortedBy { column, descending };
    let mut view = state.seen().view.clone();
    view.order = if view.order == [by.clone()] {
        Vec::new()
    } else {
        vec![by]
    };
    review(state, view)
}

/// Sorts by the column at the cursor behind those that rows are sorted by already; the
/// same again turns it around, and then takes it away.
fn sort_also(state: &mut State) -> Vec<Effect> {
    let Some(column) = state.seen().column_at_cursor().map(|c| c.name.clone()) else {
        return Vec::new();
    };
    let mut view = state.seen().view.clone();
    let at = view.order.iter().position(|by| by.column == column);
    match at {
        None => view.order.push(SortedBy {
            column,
            descending: false,
        }),
        Some(at) if !view.order[at].descending => view.order[at].descending = true,
        Some(at) => {
            view.order.remove(at);
        }
    }
    review(state, view)
}

/// Shows the rows in another view.
pub fn review(state: &mut State, view: View) -> Vec<Effect> {
    for slot in [Slot::Rows, Slot::Index, Slot::Find] {
        state.jobs.stop(slot);
    }
    state.seen_mut().review(view);
    if state.screen == Screen::Snapshots && state.jobs.busy(Slot::Show).is_some() {
        // Another day is on its way: it is to come in this view.
        return wanted::show(state);
    }
    Vec::new()
}

fn filter_like_cell(state: &mut State) -> Vec<Effect> {
    let (Some(column), Some(cell)) = (
        state.seen().column_at_cursor(),
        state.seen().cell_at_cursor(),
    ) else {
        return Vec::new();
    };
    let condition = condition(column, cell);
    narrow(state, condition)
}

/// The condition that a column has a value.
pub fn condition(column: &Column, value: Option<&str>) -> String {
    let name = quote::ident(&column.name);
    match value {
        None => format!("{name} IS NULL"),
        Some(text) if column.is_number() && text.parse::<f64>().is_ok_and(f64::is_finite) => {
            format!("{name} = {text}")
        }
        Some(text) if column.ty == "VARCHAR" => format!("{name} = {}", quote::literal(text)),
        Some(text) => format!("{name} = CAST({} AS {})", quote::literal(text), column.ty),
    }
}

/// Shows only the rows, of those that are seen, for which a condition holds.
pub fn narrow(state: &mut State, condition: String) -> Vec<Effect> {
    let mut view = state.seen().view.clone();
    view.filter = Some(match view.filter {
        Some(before) => format!("({before}) AND {condition}"),
        None => condition,
    });
    review(state, view)
}

fn show_sql(state: &mut State) {
    if state.screen == Screen::Query {
        if let Some(text) = query::choosing::sql(state) {
            state.overlays.push(Overlay::Text {
                title: "SQL of what is seen".to_owned(),
                text,
                scroll: 0,
            });
        }
        return;
    }
    let Some(timeline) = state.timeline() else {
        return;
    };
    let from = quote::ident(timeline.dataset.as_str());
    let columns = state.seen().select_list();
    let sql = state.seen().view.sql(&columns, &format!("features.{from}"));
    let day = state.shown().map(|d| d.date.to_string());
    state.overlays.push(Overlay::Text {
        title: "SQL of what is seen".to_owned(),
        text: format!("-- as of {}\n{sql}", day.unwrap_or_default()),
        scroll: 0,
    });
}
