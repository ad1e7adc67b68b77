//! The mouse over what lies over the screen, and over what is offered in a text.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::tui::effect::Effect;
use crate::tui::layout::{self, Areas};
use crate::tui::state::overlay::Overlay;
use crate::tui::state::{Pane, State};
use crate::tui::update::answer;
use crate::tui::update::query::choosing::lists::{self, Take};
use crate::tui::update::query::typing;
use crate::tui::view::overlay::{choose, palette_line_at};
use crate::tui::view::query::popup;

/// Over what lies on top: the wheel scrolls, a click takes a line of a list. None: nothing
/// does.
pub fn in_overlay(state: &mut State, event: MouseEvent, at: Position) -> Option<Vec<Effect>> {
    let is_click = event.kind == MouseEventKind::Down(MouseButton::Left);
    // It takes a line, and leaves the rest.
    if is_click && matches!(state.overlay(), Some(Overlay::Find(_))) {
        state.overlays.pop();
    }
    let body = layout::areas(state).body;
    if is_click {
        let line = match state.overlay()? {
            Overlay::Palette { chosen, .. } => palette_line_at(state.look, body, *chosen, at),
            Overlay::Choose { from, chosen, .. } => {
                choose::line_at(state, body, *from, *chosen, at)
            }
            _ => return Some(Vec::new()),
        };
        return Some(line.map_or_else(Vec::new, |line| take(state, line)));
    }
    let scroll = match state.overlays.last_mut()? {
        Overlay::Help { scroll, .. }
        | Overlay::Record { scroll }
        | Overlay::Difference { scroll }
        | Overlay::Text { scroll, .. } => scroll,
        Overlay::Palette { chosen, .. }
        | Overlay::Jobs { chosen, .. }
        | Overlay::Frequencies { chosen, .. }
        | Overlay::Choose { chosen, .. } => chosen,
        Overlay::Ask { .. } | Overlay::Find(_) => return Some(Vec::new()),
    };
    match event.kind {
        MouseEventKind::ScrollUp => *scroll = scroll.saturating_sub(1),
        MouseEventKind::ScrollDown => *scroll += 1,
        _ => {}
    }
    Some(Vec::new())
}

/// Takes a line of the list on top; one that is not there does nothing.
fn take(state: &mut State, line: usize) -> Vec<Effect> {
    let count = match state.overlay() {
        Some(Overlay::Palette { search, .. }) => answer::count_of_palette(state, search.text()),
        Some(Overlay::Choose { from, search, .. }) => lists::count(state, *from, search.text()),
        _ => 0,
    };
    if line >= count {
        return Vec::new();
    }
    match state.overlays.last_mut() {
        Some(Overlay::Palette { chosen, .. }) => {
            *chosen = line;
            answer::choose(state)
        }
        Some(Overlay::Choose { chosen, .. }) => {
            *chosen = line;
            lists::take(state, Take::Open)
        }
        _ => Vec::new(),
    }
}

/// Over what is offered in a text. Returns whether it was there.
pub fn in_popup(state: &mut State, event: MouseEvent, at: Position, areas: &Areas) -> bool {
    if state.pane != Pane::Editor {
        return false;
    }
    let Some(line) = popup::candidate_at(state, areas, at) else {
        return false;
    };
    let Some(popup) = &mut state.query.popup else {
        return false;
    };
    let last = popup.completion.candidates.len().saturating_sub(1);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            popup.chosen = line.min(last);
            typing::accept(state);
        }
        MouseEventKind::ScrollUp => {
            (popup.chosen, popup.is_chosen) = (popup.chosen.saturating_sub(1), true);
        }
        MouseEventKind::ScrollDown => {
            (popup.chosen, popup.is_chosen) = ((popup.chosen + 1).min(last), true);
        }
        _ => {}
    }
    true
}
