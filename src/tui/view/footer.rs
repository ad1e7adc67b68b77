//! The last line: the keys that work now, and what was said last.

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::report::words::grouped;
use crate::tui::action::Action;
use crate::tui::bindings::{BINDINGS, Binding, Place};
use crate::tui::state::diff::Level;
use crate::tui::state::overlay::{Choosing, Overlay};
use crate::tui::state::toast::Tone;
use crate::tui::state::{Pane, Screen, State};
use crate::tui::text;
use crate::tui::update::reason;

/// Draws the footer: keys, what was said last, and where the cursor is.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let keys: Vec<(String, &str)> = match state.overlay() {
        Some(overlay) => of_overlay(overlay)
            .iter()
            .map(|(key, what)| ((*key).to_owned(), *what))
            .collect(),
        None => of_place(state),
    };
    let room = usize::from(area.width);
    let place = place(state).filter(|place| text::width(place) + 30 < room);
    let mut place = place.unwrap_or_default();
    let message = said(state, room);
    let wide = message
        .as_ref()
        .map_or(0, |m| text::width(&m.0) + text::width(&m.1));
    if wide + text::width(&place) > room {
        place.clear();
    }
    let width = room.saturating_sub(text::width(&place) + wide);
    let mut spans = Vec::new();
    let mut used = 0;
    for (key, what) in keys {
        let wide = text::width(&key) + 1 + text::width(what) + 2;
        if used + wide > width + 2 {
            break;
        }
        used += wide;
        spans.push(Span::styled(key, state.look.accent()));
        spans.push(Span::styled(format!(" {what}  "), state.look.faint()));
    }
    frame.render_widget(Line::from(spans), area);
    let mut x = area.x + width as u16;
    if let Some((text, key, style)) = message {
        for (part, style) in [(text, style.patch(state.look.cursor())), (key, style)] {
            super::put(frame, x, area.y, &part, style, area.width);
            x += text::width(&part) as u16;
        }
    }
    super::put(frame, x, area.y, &place, state.look.faint(), area.width);
}

/// What was said last, as far as there is room, and which key shows all of it: no row is
/// covered.
fn said(state: &State, room: usize) -> Option<(String, String, Style)> {
    let mut seen = state.toasts.seen().rev();
    let toast = seen.next()?;
    let others = seen.count();
    let mut lines = toast.text.lines();
    let first = state.look.said(lines.next().unwrap_or_default());
    let text = format!(" {first} ");
    let is_whole = lines.next().is_none() && text::width(&text) <= room;
    let key = state.keymap.key_in_text(Action::Messages);
    let hint = match (is_whole, others) {
        _ if key.is_empty() => String::new(),
        (true, 0) => String::new(),
        (false, _) => format!(" {key} shows all"),
        (true, others) => format!(" {key} shows {others} more"),
    };
    // On a small screen the key says enough.
    let hint = match room < 60 && !hint.is_empty() {
        true => format!(" {key}"),
        false => hint,
    };
    let most = room.saturating_sub(text::width(&hint));
    let text = match is_whole && text::width(&text) <= most {
        true => text,
        // What is not there is not only what the line has no room for.
        false => format!(
            " {} ",
            text::cut(&format!("{first} …"), most.saturating_sub(2))
        ),
    };
    let style = match toast.tone {
        Tone::Told => state.look.accent(),
        Tone::Error => state.look.bad(),
    };
    Some((text, hint, style))
}

/// Which row has the cursor, among how many.
fn place(state: &State) -> Option<String> {
    let (row, rows) = match state.screen {
        Screen::Snapshots => (state.seen().cursor, state.seen().length()),
        Screen::Diff if state.diff.level == Level::Rows => {
            (state.diff.row as u64, state.diff.lines() as u64)
        }
        Screen::Diff => return None,
        Screen::Query if state.pane == Pane::Editor => {
            let editor = &state.query.current().editor;
            let spot = editor.spot(editor.cursor());
            let mode = editor
                .vim
                .as_ref()
                .map(|vim| format!("{}{}", vim.mode.name(), state.look.between()));
            let place = format!("{}:{}", spot.line + 1, spot.column + 1);
            return Some(format!(" {}{place}", mode.unwrap_or_default()));
        }
        Screen::Query if state.pane == Pane::Tables => return None,
        Screen::Query => (state.seen().cursor, state.seen().length()),
    };
    let has_row = rows > 0 && state.overlay().is_none();
    let is_known = state.screen == Screen::Diff || state.has_all_rows();
    let more = if is_known { "" } else { "+" };
    has_row.then(|| format!(" {} of {}{more}", grouped(row + 1), grouped(rows)))
}

fn of_place(state: &State) -> Vec<(String, &'static str)> {
    let is_typing = matches!(state.pane, Pane::Editor | Pane::Tables);
    let named = BINDINGS.iter().filter(|b| !b.short.is_empty());
    let mut named: Vec<(String, &Binding)> = named
        .filter(|b| b.place.holds(state.pane) && reason(state, b.action).is_none())
        .map(|b| (state.keymap.key_at(b, is_typing), b))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    // Help and the way out are there at any width; then what the place is for.
    // In the Query screen the statement comes before the days.
    let rank = |b: &Binding| match (b.short, state.screen, b.place) {
        ("quit", ..) => 0,
        ("help", ..) => 1,
        ("palette", ..) => 2,
        (_, Screen::Query, _) if state.pane == Pane::Tables => 3 + b.place.breadth(),
        (_, Screen::Query, Place::Query) => 3,
        (_, Screen::Query, place) => 4 + place.breadth(),
        (_, _, Place::Everywhere) => 3,
        (_, _, _) => 4,
    };
    named.sort_by_key(|(_, b)| rank(b));
    // A key does one thing: that of the smallest place.
    let mut keys = BTreeSet::new();
    let mut actions = BTreeSet::new();
    named.retain(|(key, b)| keys.insert(key.clone()) && actions.insert(b.action));
    named.into_iter().map(|(key, b)| (key, b.short)).collect()
}

fn of_overlay(overlay: &Overlay) -> &'static [(&'static str, &'static str)] {
    match overlay {
        Overlay::Help { .. } => &[("esc", "close"), ("up/down", "scroll"), ("a-z", "search")],
        Overlay::Palette { .. } => &[("enter", "do it"), ("up/down", "choose"), ("esc", "close")],
        Overlay::Ask { .. } => &[("enter", "take it"), ("ctrl+u", "clear"), ("esc", "close")],
        Overlay::Choose { from, .. } => match from {
            Choosing::History => &[
                ("enter", "into a tab"),
                ("f5", "run it"),
                ("shift+f5", "as of its day"),
                ("up/down", "choose"),
                ("a-z", "search"),
                ("esc", "close"),
            ],
            Choosing::Saved => &[("enter", "open"), ("a-z", "search"), ("esc", "close")],
            Choosing::Messages => &[
                ("enter", "read it"),
                ("ctrl+y", "copy"),
                ("up/down", "choose"),
                ("a-z", "search"),
                ("esc", "close"),
            ],
        },
        Overlay::Frequencies { .. } => &[
            ("enter", "only its rows"),
            ("up/down", "choose"),
            ("a-z", "search"),
            ("esc", "close"),
        ],
        Overlay::Find(finding) => match finding.is_with {
            false => &[
                ("enter", "next"),
                ("up", "before"),
                ("tab", "replace"),
                ("esc", "close"),
            ],
            true => &[
                ("enter", "replace"),
                ("alt+enter", "replace all"),
                ("down/up", "next, before"),
                ("esc", "close"),
            ],
        },
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
