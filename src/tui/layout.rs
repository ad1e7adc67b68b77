//! Where everything is on the screen: what is drawn there, what the mouse finds
//! there, and how many rows the grid has.

use ratatui::layout::Rect;

use crate::assist;

use super::state::editor::Editor;
use super::state::overlay::Overlay;
use super::state::query::answer::Shows;
use super::state::{Pane, Screen, State};
use super::text;

/// At most this wide, what would stand side by side stands one below the other.
pub const PORTRAIT: u16 = 84;
/// The least that text and rows are left beside the list of tables.
pub const BESIDE: u16 = 40;
/// The least lines of rows that a border leaves.
pub const ROWS: u16 = 3;
/// With fewer lines for text and rows, what has the focus has most of them.
const SMALL: u16 = 16;
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
    /// Of the Query screen: the tables, the names of the texts, the text that is seen,
    /// what there is to say of it, and the names of its results.
    pub tables: Rect,
    pub texts: Rect,
    pub editor: Rect,
    pub message: Rect,
    pub results: Rect,
    /// All between the bars: what a screen without parts has.
    pub body: Rect,
    pub footer: Rect,
}

impl Areas {
    /// Whether the list of tables has a border that can be moved.
    pub fn has_tables_beside(&self) -> bool {
        self.tables.width > 0 && self.tables != self.body
    }
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
    match state.screen {
        Screen::Snapshots => {}
        Screen::Diff => return areas,
        Screen::Query => {
            of_query(state, &mut areas);
            return areas;
        }
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

/// The text above, the rows below. Where there is little room, what has the focus
/// gets most of it.
fn of_query(state: &State, areas: &mut Areas) {
    let mut rest = areas.body;
    let has_focus = state.pane != Pane::Results;
    if state.query.arrangement.has_tables {
        if rest.width > PORTRAIT {
            let most = rest.width.saturating_sub(BESIDE);
            let columns = match state.query.arrangement.tables_width {
                Some(columns) => columns.min(most),
                None => (rest.width * 3 / 10).clamp(26, 44),
            };
            areas.tables = left(&mut rest, columns);
            gap(&mut rest);
        } else if state.pane == Pane::Tables {
            areas.tables = rest;
            return;
        }
    }
    areas.texts = top(&mut rest, 1);
    let room = rest.height.saturating_sub(1);
    let arrangement = state.query.arrangement;
    let is_small = room < SMALL || arrangement.is_zoomed;
    let text = match (is_small, has_focus, arrangement.text_share) {
        _ if arrangement.is_zoomed => room * u16::from(has_focus),
        (true, true, _) => room.saturating_sub(3),
        (true, false, _) => 2.min(room / 2),
        (false, _, None) => (room * 2 / 5).min(20),
        (false, _, Some(share)) => {
            let text = u32::from(room) * u32::from(share) / 1000;
            (text as u16).clamp(1, room - ROWS)
        }
    };
    let wanted = message_lines(state, usize::from(rest.width), is_small) as u16;
    let finding = state.overlay().map_or(0, Overlay::lines_of_finding);
    let most = if is_small { 2 } else { 6 };
    // With the focus on the rows, one line says that they are not those of the text.
    let most = match is_small && !has_focus {
        true => u16::from(state.query.current().trouble.is_some()),
        false => most,
    };
    let lines = match finding {
        0 => wanted.min(most),
        lines => lines,
    };
    // What there is to say is seen, and the line of the results.
    let text = text.min(
        rest.height
            .saturating_sub(1 + lines)
            .max(u16::from(has_focus)),
    );
    areas.editor = top(&mut rest, text);
    let lines = lines.min(rest.height.saturating_sub(1));
    areas.message = top(&mut rest, lines);
    areas.results = top(&mut rest, 1);
    if state.column_panel.is_open && !state.query.grid().fields().is_empty() {
        if rest.width <= PORTRAIT {
            let lines = rest.height / 2;
            areas.columns = bottom(&mut rest, lines);
        } else {
            let columns = (rest.width / 3).clamp(30, 44);
            areas.columns = right(&mut rest, columns);
            rest.width = rest.width.saturating_sub(1);
        }
    }
    areas.grid = rest;
}

/// Lines that text, messages and rows share.
pub fn room_of_query(areas: &Areas) -> u16 {
    areas.body.height.saturating_sub(2)
}

/// Whether text and rows have a border that can be moved.
pub fn has_border(state: &State) -> bool {
    let areas = areas(state);
    areas.texts.height > 0 && room_of_query(&areas) >= SMALL
}

/// Lines that there are to say of the text: what is wrong, or one for a signature.
fn message_lines(state: &State, width: usize, is_small: bool) -> usize {
    let tab = state.query.current();
    match &tab.trouble {
        // It is told in a few words.
        Some(_) if tab.is_of_before() => 1,
        Some(trouble) => messages(&trouble.message, width).len(),
        None if is_small => {
            let (text, cursor) = (tab.editor.text(), tab.editor.cursor());
            usize::from(assist::signature(text, cursor, &state.query.vocabulary).is_some())
        }
        // It is kept free, so that nothing jumps.
        None => 1,
    }
}

/// A message as lines of the screen: as it is broken, and where it is too long.
pub fn messages(message: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in message.lines().filter(|line| !line.trim().is_empty()) {
        match text::width(line) <= width {
            true => lines.push(line.to_owned()),
            false => lines.extend(text::folded(line, width)),
        }
    }
    lines
}

/// Columns of the numbers of lines beside a text.
pub fn gutter(editor: &Editor, area: Rect) -> u16 {
    let lines = editor.text().matches('\n').count() + 1;
    match area.width {
        0..30 => 0,
        _ => lines.to_string().len().max(2) as u16 + 1,
    }
}

/// Tells the grid and the text how much room they have.
pub fn settle(state: &mut State) {
    let areas = areas(state);
    if state.screen == Screen::Query {
        state.query.tables.height = areas
            .tables
            .height
            .saturating_sub(1 + tables_about(areas.tables));
        let query = &mut state.query;
        if areas.tables.height > 0 {
            query.tables.settle(&query.vocabulary);
        }
        // What is not seen stays where it was.
        if areas.tables == areas.body {
            return;
        }
        let gutter = gutter(&state.query.current().editor, areas.editor);
        let wraps = state.query.arrangement.wraps;
        let editor = state.query.editor();
        let size = (
            areas.editor.width.saturating_sub(gutter),
            areas.editor.height,
        );
        let is_other = (editor.width, editor.height, editor.wraps) != (size.0, size.1, wraps);
        if is_other && size.1 > 0 {
            (editor.width, editor.height, editor.wraps) = (size.0, size.1, wraps);
            editor.settle();
        }
        if let Some(Shows::Plan(plan)) = state.query.answer_mut().map(|a| &mut a.shows) {
            let height = usize::from(areas.grid.height.max(2)) - 1;
            plan.top = plan.top.min(plan.lines().len().saturating_sub(height));
            plan.top = plan
                .top
                .min(plan.cursor)
                .max((plan.cursor + 1).saturating_sub(height));
        }
    }
    let area = areas.grid;
    let is_accessible = state.look.is_accessible;
    let grid = state.seen_mut();
    grid.width = area.width;
    // Read aloud, the cell with the cursor is always told.
    let has_note = grid.has_note() || is_accessible && grid.table.is_some();
    let note = u16::from(has_note && area.height > 3);
    let ranks = u16::from(grid.view.order.len() > 1);
    grid.sort_room = ranks + if is_accessible { 5 } else { 2 };
    grid.height = area.height.saturating_sub(header_of(area) + note);
    grid.settle();
}

/// Lines below the list of tables that tell more of the one at the cursor.
pub fn tables_about(tables: Rect) -> u16 {
    match tables.height {
        0..12 => 0,
        12..20 => 2,
        _ => 4,
    }
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
