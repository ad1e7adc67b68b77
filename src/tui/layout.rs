//! Where everything is on the screen: what is drawn there, what the mouse finds
//! there, and how many rows the grid has.

use ratatui::layout::Rect;

use super::state::{Screen, State};

/// At most this wide, what would stand side by side stands one below the other.
pub const PORTRAIT: u16 = 84;
/// Lines above the grid's first row: names, and types where there is room.
const HEADER: u16 = 1;

/// Where everything is. A part without room is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    pub tabs: Rect,
    pub as_of: Rect,
    pub datasets: Rect,
    pub timeline: Rect,
    pub grid: Rect,
    pub columns: Rect,
    /// All between the bars: what a screen without parts has.
    pub body: Rect,
    pub footer: Rect,
}

/// Where everything is now.
pub fn areas(state: &State) -> Areas {
    let (width, height) = state.size;
    let line = |y: u16| Rect::new(0, y, width, u16::from(y < height));
    let body = Rect::new(0, 2, width, height.saturating_sub(3));
    let mut areas = Areas {
        tabs: line(0),
        as_of: line(1),
        body,
        footer: line(height.saturating_sub(1).max(2)),
        ..Areas::default()
    };
    if state.screen != Screen::Snapshots {
        return areas;
    }
    let mut rest = body;
    let is_portrait = width <= PORTRAIT;
    if !is_portrait {
        let names = state.timelines.iter();
        let widest = names.map(|t| t.dataset.as_str().len() as u16).max();
        areas.datasets = left(&mut rest, widest.unwrap_or(0).clamp(12, 28) + 3);
        gap(&mut rest);
    } else if body.height >= 12 && state.timelines.len() > 1 {
        areas.datasets = top(&mut rest, 1);
    }
    let lines = match rest.height {
        0..8 => 0,
        8..14 => 1,
        14..20 => 2,
        _ => 3,
    };
    areas.timeline = top(&mut rest, lines);
    if state.column_panel.is_open {
        if is_portrait {
            let lines = rest.height / 2;
            areas.columns = bottom(&mut rest, lines);
        } else {
            areas.columns = right(&mut rest, (width / 3).clamp(30, 44));
            rest.width = rest.width.saturating_sub(1);
        }
    }
    areas.grid = rest;
    areas
}

/// Tells the grid how much room it has.
pub fn settle(state: &mut State) {
    let grid = areas(state).grid;
    state.grid.width = grid.width;
    let note = u16::from(state.grid.has_note() && grid.height > 3);
    state.grid.height = grid.height.saturating_sub(header_of(grid) + note);
    state.grid.settle();
}

/// Lines of the grid's header.
pub fn header_of(grid: Rect) -> u16 {
    HEADER + u16::from(grid.height >= 12)
}

fn top(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    let part = Rect::new(rest.x, rest.y, rest.width, lines);
    rest.y += lines;
    rest.height -= lines;
    part
}

fn bottom(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    rest.height -= lines;
    Rect::new(rest.x, rest.y + rest.height, rest.width, lines)
}

fn left(rest: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(rest.width);
    let part = Rect::new(rest.x, rest.y, columns, rest.height);
    rest.x += columns;
    rest.width -= columns;
    part
}

fn right(rest: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(rest.width);
    rest.width -= columns;
    Rect::new(rest.x + rest.width, rest.y, columns, rest.height)
}

fn gap(rest: &mut Rect) {
    let _ = left(rest, 1);
}
