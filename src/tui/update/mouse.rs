//! The mouse: a click goes there, the wheel scrolls, a border of a column is
//! dragged.

mod popups;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::state::editor::Cell;
use crate::tui::state::query::answer::Shows;
use crate::tui::state::{Pane, Screen, State};
use crate::tui::view::query::strips;
use crate::tui::view::{datasets, diff, timeline as marks};

use super::{act, query, time};

/// Rows that one notch of the wheel scrolls.
const NOTCH: i64 = 3;

/// Something happened with the mouse.
pub fn mouse(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let at = Position::new(event.column, event.row);
    if let Some(effects) = popups::in_overlay(state, event, at) {
        return effects;
    }
    let areas = layout::areas(state);
    if state.screen == Screen::Query && popups::in_popup(state, event, at, &areas) {
        return Vec::new();
    }
    match event.kind {
        MouseEventKind::ScrollUp if areas.timeline.contains(at) => time::step(state, -1),
        MouseEventKind::ScrollDown if areas.timeline.contains(at) => time::step(state, 1),
        MouseEventKind::ScrollUp if areas.editor.contains(at) => {
            state.query.editor().scroll(-NOTCH);
            Vec::new()
        }
        MouseEventKind::ScrollDown if areas.editor.contains(at) => {
            state.query.editor().scroll(NOTCH);
            Vec::new()
        }
        MouseEventKind::ScrollUp if areas.datasets.contains(at) => {
            act::in_datasets(state, Action::Up)
        }
        MouseEventKind::ScrollDown if areas.datasets.contains(at) => {
            act::in_datasets(state, Action::Down)
        }
        MouseEventKind::ScrollUp if areas.columns.contains(at) => {
            act::scroll_column_by(state, -NOTCH);
            Vec::new()
        }
        MouseEventKind::ScrollDown if areas.columns.contains(at) => {
            act::scroll_column_by(state, NOTCH);
            Vec::new()
        }
        MouseEventKind::ScrollUp if areas.tables.contains(at) => scroll_tables(state, -NOTCH),
        MouseEventKind::ScrollDown if areas.tables.contains(at) => scroll_tables(state, NOTCH),
        MouseEventKind::ScrollUp => scroll(state, -NOTCH),
        MouseEventKind::ScrollDown => scroll(state, NOTCH),
        MouseEventKind::ScrollLeft => act::act(state, Action::Left),
        MouseEventKind::ScrollRight => act::act(state, Action::Right),
        MouseEventKind::Down(MouseButton::Left) => click(state, at, areas),
        MouseEventKind::Drag(MouseButton::Left) => drag(state, at, areas),
        MouseEventKind::Up(_) => {
            state.query.dragged = None;
            state.seen_mut().dragged = None;
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn scroll_tables(state: &mut State, by: i64) -> Vec<Effect> {
    let query = &mut state.query;
    query.tables.top = query.tables.top.saturating_add_signed(by as isize);
    query.tables.go(by as isize, &query.vocabulary);
    Vec::new()
}

/// Moves the window, and the cursor with it.
fn scroll(state: &mut State, by: i64) -> Vec<Effect> {
    if state.screen == Screen::Diff {
        state.diff.go(by as isize);
        return Vec::new();
    }
    if let Some(Shows::Plan(plan)) = state.query.answer_mut().map(|a| &mut a.shows)
        && state.screen == Screen::Query
    {
        plan.go(by as isize);
        return Vec::new();
    }
    let grid = state.seen_mut();
    grid.top = grid.top.saturating_add_signed(by);
    grid.cursor = grid.cursor.saturating_add_signed(by);
    grid.settle();
    Vec::new()
}

fn click(state: &mut State, at: Position, areas: layout::Areas) -> Vec<Effect> {
    if areas.tabs.contains(at) {
        return match at.x {
            0..13 => act::act(state, Action::ShowSnapshots),
            13..21 => act::act(state, Action::ShowDiff),
            21..30 => act::act(state, Action::ShowQuery),
            _ => Vec::new(),
        };
    }
    if state.screen == Screen::Diff && areas.body.contains(at) {
        let lines = state.diff.lines();
        let line = diff::line_at(state, areas.body, at.y).filter(|line| *line < lines);
        return match line {
            // A second click opens.
            Some(line) if line == *state.diff.line() => act::act(state, Action::Open),
            Some(line) => {
                *state.diff.line() = line;
                Vec::new()
            }
            None => Vec::new(),
        };
    }
    if areas.timeline.contains(at) {
        let day = state
            .timeline()
            .and_then(|t| marks::day_at(&t.days, areas.timeline, at.x));
        return day.map_or_else(Vec::new, |day| time::go_to(state, day));
    }
    if areas.datasets.contains(at) && areas.datasets.height > 1 {
        state.pane = Pane::Datasets;
        // Below its heading.
        let line = usize::from(at.y - areas.datasets.y);
        let first = datasets::first(state, areas.datasets);
        return match line.checked_sub(1) {
            Some(line) => act::go_to_dataset(state, first + line),
            None => Vec::new(),
        };
    }
    state.query.dragged = match state.screen {
        Screen::Query => query::arranging::border_at(state, at),
        Screen::Snapshots | Screen::Diff => None,
    };
    if areas.tables.contains(at) {
        // Below its heading, above what is told of a line.
        let line = usize::from(at.y - areas.tables.y);
        if (1..=usize::from(state.query.tables.height)).contains(&line) {
            query::tables::click(state, line - 1);
        }
        state.pane = Pane::Tables;
        return Vec::new();
    }
    if areas.editor.contains(at) {
        state.pane = Pane::Editor;
        state.query.popup = None;
        let at = in_editor(state, at, areas);
        state.query.editor().go_to(at, false);
        return Vec::new();
    }
    if areas.texts.contains(at) {
        if let Some(tab) = strips::text_at(state, areas.texts, at.x) {
            state.query.popup = None;
            state.query.tab = tab;
        }
        return Vec::new();
    }
    if areas.results.contains(at) {
        if let Some(shown) = strips::result_at(state, areas.results, at.x) {
            state.query.current_mut().shown = shown;
            state.pane = Pane::Results;
        }
        return Vec::new();
    }
    if areas.columns.contains(at) && state.screen == Screen::Snapshots {
        state.pane = Pane::Columns;
    }
    if areas.grid.contains(at) {
        state.query.popup = None;
        state.pane = match state.screen {
            Screen::Query => Pane::Results,
            Screen::Snapshots | Screen::Diff => Pane::Grid,
        };
        if let Some(Shows::Plan(plan)) = state.query.answer_mut().map(|a| &mut a.shows)
            && state.screen == Screen::Query
        {
            let line = plan.top + usize::from(at.y - areas.grid.y).saturating_sub(1);
            plan.cursor = line.min(plan.lines().len().saturating_sub(1));
            return Vec::new();
        }
        return click_grid(state, at, areas.grid);
    }
    Vec::new()
}

/// A click on a cell chooses it, another shows its row; one on the name of the chosen
/// column sorts by it: the least first, the greatest first, as stored.
fn click_grid(state: &mut State, at: Position, area: Rect) -> Vec<Effect> {
    let header = layout::header_of(area);
    let mut x = area.x;
    let mut found = None;
    for (column, _, width) in state.seen().in_sight() {
        if (x..x + width).contains(&at.x) {
            found = Some((column, false));
        } else if (x + width..x + width + 2).contains(&at.x) {
            found = Some((column, true));
        }
        x += width + 2;
    }
    let row = at.y - area.y;
    match found {
        Some((column, true)) if row < header => state.seen_mut().dragged = Some((column, at.x)),
        Some((column, _)) => {
            let is_chosen = column == state.seen().column;
            state.seen_mut().column = column;
            if row < header && is_chosen {
                return sort(state);
            }
            let number = state.seen().top + u64::from(row.saturating_sub(header));
            if row >= header && is_chosen && number == state.seen().cursor {
                return act::act(state, Action::ShowRecord);
            }
        }
        None => {}
    }
    if row >= header {
        let row = state.seen().top + u64::from(row - header);
        state.seen_mut().go_to(row);
    }
    state.seen_mut().settle();
    Vec::new()
}

fn sort(state: &mut State) -> Vec<Effect> {
    let column = state.seen().column_at_cursor().map(|c| c.name.clone());
    let mark = column.and_then(|name| state.seen().sort_mark(&name));
    match mark {
        Some(_) => act::act(state, Action::SortDescending),
        None => act::act(state, Action::SortAscending),
    }
}

/// The place in the text that is at a place of the screen.
fn in_editor(state: &State, at: Position, areas: layout::Areas) -> usize {
    let area = areas.editor;
    let editor = &state.query.current().editor;
    let gutter = layout::gutter(editor, area);
    let column = usize::from(at.x.saturating_sub(area.x + gutter));
    editor.byte_in(Cell {
        row: editor.top + usize::from(at.y.saturating_sub(area.y)),
        column: editor.left + column,
    })
}

fn drag(state: &mut State, at: Position, areas: layout::Areas) -> Vec<Effect> {
    if let Some(border) = state.query.dragged {
        query::arranging::drag(state, border, at);
        return Vec::new();
    }
    if areas.editor.contains(at) && state.pane == Pane::Editor {
        let at = in_editor(state, at, areas);
        state.query.editor().go_to(at, true);
        return Vec::new();
    }
    if let Some((column, from)) = state.seen().dragged {
        let by = i32::from(at.x) - i32::from(from);
        state.seen_mut().resize_column(column, by as i16);
        state.seen_mut().dragged = Some((column, at.x));
    }
    Vec::new()
}
