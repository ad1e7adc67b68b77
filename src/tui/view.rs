//! Drawing: a picture of the state, and nothing else.

mod as_of;
pub mod column;
pub mod datasets;
pub mod diff;
mod footer;
mod grid;
mod more;
pub mod overlay;
pub mod query;
pub mod timeline;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::action::Action;
use super::layout::{self, Areas};
use super::state::{Screen, State};
use super::text;

/// The least that anything can be shown in.
const LEAST: (u16, u16) = (20, 6);

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        frame.render_widget(Line::from("too small"), area);
        return;
    }
    let areas = layout::areas(state);
    as_of::tabs(frame, state, areas.tabs);
    as_of::bar(frame, state, areas.as_of);
    match state.screen {
        Screen::Snapshots => snapshots(frame, state, &areas),
        Screen::Diff => diff::draw(frame, state, areas.body),
        Screen::Query => query::draw(frame, state, &areas),
    }
    footer::draw(frame, state, areas.footer);
    overlay::draw(frame, state, areas.body);
}

fn snapshots(frame: &mut Frame<'_>, state: &State, areas: &Areas) {
    if let (None, Some(why)) = (&state.published, &state.trouble) {
        return troubled(frame, state, why, areas.body);
    }
    if state.published.is_some() && state.timelines.is_empty() {
        return empty(frame, state, areas.body);
    }
    datasets::draw(frame, state, areas.datasets);
    timeline::draw(frame, state, areas.timeline);
    grid::draw(frame, state, areas.grid);
    column::draw(frame, state, areas.columns);
    let is_beside = |area: Rect| area.height > 1 && area.x > 0;
    for area in [areas.grid, areas.columns] {
        if is_beside(area) {
            rule(frame, state, area);
        }
    }
}

/// What keeps anything from being shown, and what to do about it.
fn troubled(frame: &mut Frame<'_>, state: &State, why: &str, area: Rect) {
    let width = usize::from(area.width.saturating_sub(4)).min(90);
    let key = |action| state.keymap.key(action).to_owned();
    let mut lines: Vec<String> = why.lines().flat_map(|l| text::folded(l, width)).collect();
    lines.push(String::new());
    lines.push(format!(
        "{}  looks again, {}  quits",
        key(Action::Refresh),
        key(Action::Quit)
    ));
    for (y, line) in (area.y + 1..area.y + area.height).zip(&lines) {
        put(
            frame,
            area.x + 2,
            y,
            line,
            Style::new(),
            area.width.saturating_sub(2),
        );
    }
}

/// A line at the left of a part.
fn rule(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let sign = state.look.sign("│", " ");
    for y in area.y..area.y + area.height {
        put(frame, area.x - 1, y, sign, state.look.faint(), 1);
    }
}

/// What to do where nothing is published.
fn empty(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let key = |action| state.keymap.key(action).to_owned();
    let lines = [
        "Nothing is published here yet.".to_owned(),
        String::new(),
        format!("{}  runs `workbench export` for today", key(Action::Export)),
        format!("{}  quits", key(Action::Quit)),
        String::new(),
        "`workbench demo` makes a project with half a year of snapshots,".to_owned(),
        "to look around in.".to_owned(),
    ];
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (at, line) in lines.iter().enumerate() {
        let y = top + at as u16;
        if y < area.y + area.height {
            let indent = if area.width > 70 { 4 } else { 0 };
            put(
                frame,
                area.x + indent,
                y,
                line,
                Style::new(),
                area.width - indent,
            );
        }
    }
}

/// Writes a text at a place, in at most `most` columns.
pub(super) fn put(frame: &mut Frame<'_>, x: u16, y: u16, line: &str, style: Style, most: u16) {
    put_in(frame.buffer_mut(), x, y, line, style, most);
}

/// The same in a picture that is not on the screen yet.
fn put_in(buffer: &mut Buffer, x: u16, y: u16, line: &str, style: Style, most: u16) {
    let area = buffer.area;
    if y >= area.height || x >= area.width {
        return;
    }
    let most = usize::from(most.min(area.width - x));
    buffer.set_stringn(x, y, text::cut(line, most), most, style);
}
