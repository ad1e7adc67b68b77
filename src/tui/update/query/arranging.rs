//! Who has how much of the screen.

use ratatui::layout::Position;

use crate::tui::layout;
use crate::tui::state::query::arrangement::Border;
use crate::tui::state::{Pane, State};

/// The least that the list of tables is left.
const TABLES: u16 = 16;

/// Gives what has the focus all lines, or the other one its own again.
pub fn zoom(state: &mut State) {
    let arrangement = &mut state.query.arrangement;
    arrangement.is_zoomed = !arrangement.is_zoomed;
}

/// Moves the border between text and rows by a line.
pub fn move_border(state: &mut State, by: i16) {
    let height = layout::areas(state).editor.height;
    give_text(state, height.saturating_add_signed(by));
}

/// Gives the text so many lines.
fn give_text(state: &mut State, height: u16) {
    let areas = layout::areas(state);
    let room = layout::room_of_query(&areas).max(1);
    let height = height.clamp(1, room.saturating_sub(layout::ROWS).max(1));
    // Rounded up, so that as many lines come out again.
    let share = (u32::from(height) * 1000).div_ceil(u32::from(room));
    state.query.arrangement.text_share = Some(share.min(1000) as u16);
}

/// Makes the list of tables wider by some columns.
pub fn widen_tables(state: &mut State, by: i16) {
    let width = layout::areas(state).tables.width;
    give_tables(state, width.saturating_add_signed(by));
}

/// Gives the list of tables so many columns.
fn give_tables(state: &mut State, width: u16) {
    let body = layout::areas(state).body;
    let most = body.width.saturating_sub(layout::BESIDE).max(TABLES);
    state.query.arrangement.tables_width = Some(width.clamp(TABLES, most));
}

/// The border that is at a place of the screen.
pub fn border_at(state: &State, at: Position) -> Option<Border> {
    let areas = layout::areas(state);
    if areas.has_tables_beside() && areas.body.contains(at) && at.x == areas.tables.width {
        return Some(Border::Tables);
    }
    areas.results.contains(at).then_some(Border::Text)
}

/// Moves the border that is dragged to where the mouse is.
pub fn drag(state: &mut State, border: Border, at: Position) {
    let areas = layout::areas(state);
    match border {
        Border::Tables => give_tables(state, at.x),
        Border::Text if at.y == areas.results.y || !layout::has_border(state) => {}
        Border::Text => {
            if std::mem::take(&mut state.query.arrangement.is_zoomed) {
                state.pane = match state.pane {
                    Pane::Tables => Pane::Editor,
                    pane => pane,
                };
            }
            let top = areas.editor.y + areas.message.height;
            give_text(state, at.y.saturating_sub(top));
        }
    }
}
