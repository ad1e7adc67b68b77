//! The last line: the keys that work now.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::bindings::{BINDINGS, Binding, Place};
use crate::tui::state::State;
use crate::tui::state::overlay::Overlay;
use crate::tui::text;
use crate::tui::update::reason;

/// Draws the footer.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let keys: Vec<(String, &str)> = match state.overlay() {
        Some(overlay) => of_overlay(overlay)
            .iter()
            .map(|(key, what)| ((*key).to_owned(), *what))
            .collect(),
        None => of_place(state),
    };
    let mut spans = Vec::new();
    let mut used = 0;
    for (key, what) in keys {
        let width = text::width(&key) + 1 + text::width(what) + 2;
        if used + width > usize::from(area.width) + 2 {
            break;
        }
        used += width;
        spans.push(Span::styled(key, state.look.accent()));
        spans.push(Span::styled(format!(" {what}  "), state.look.faint()));
    }
    frame.render_widget(Line::from(spans), area);
}

fn of_place(state: &State) -> Vec<(String, &'static str)> {
    let named = BINDINGS.iter().filter(|b| !b.short.is_empty());
    let (help, others): (Vec<_>, Vec<_>) = named
        .filter(|b| b.place.holds(state.pane) && reason(state, b.action).is_none())
        .partition(|b| ["help", "palette", "quit"].contains(&b.short));
    // Help and the way out are there at any width; then what the place is for.
    let (of_place, everywhere): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|b: &&Binding| b.place != Place::Everywhere);
    help.into_iter()
        .rev()
        .chain(everywhere)
        .chain(of_place)
        .map(|b| (state.keymap.key(b.action).to_owned(), b.short))
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

fn of_overlay(overlay: &Overlay) -> &'static [(&'static str, &'static str)] {
    match overlay {
        Overlay::Help { .. } => &[("esc", "close"), ("up/down", "scroll"), ("a-z", "search")],
        Overlay::Palette { .. } => &[("enter", "do it"), ("up/down", "choose"), ("esc", "close")],
        Overlay::Ask { .. } => &[("enter", "take it"), ("ctrl+u", "clear"), ("esc", "close")],
        Overlay::Record { .. } => &[
            ("esc", "close"),
            ("left/right", "other row"),
            ("[ ]", "other day"),
        ],
        Overlay::Difference { .. } => &[
            ("esc", "close"),
            ("enter", "watch it from day to day"),
            ("n/N", "next, before"),
        ],
        Overlay::Text { .. } => &[("esc", "close"), ("y", "copy"), ("up/down", "scroll")],
        Overlay::Jobs { .. } => &[
            ("esc", "close"),
            ("up/down", "choose"),
            ("ctrl+x", "cancel"),
            ("pageup/pagedown", "log"),
        ],
    }
}
