//! All keys: in columns, where there is room for several.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{boxed, put};
use crate::tui::bindings::{BINDINGS, PLACES};
use crate::tui::state::State;
use crate::tui::state::overlay::Line;
use crate::tui::text;
use crate::tui::update::reason;
use crate::tui::view::more::More;

/// Columns of the terminal for the keys.
const KEYS: usize = 23;
/// The narrowest that a column of several is.
const NARROWEST: usize = 62;
/// The widest that one is.
const WIDEST: usize = 110;
/// Between columns.
const GAP: usize = 3;

/// Lines in columns.
struct Columns {
    lines: Vec<(String, Style)>,
    count: usize,
    /// Of a column, in columns and lines of the terminal.
    width: usize,
    height: usize,
}

fn columns(state: &State, body: Rect, search: &Line) -> Columns {
    let room = usize::from(body.width.saturating_sub(2)).max(1);
    let most = match state.look.is_accessible {
        // What is read aloud line by line has nothing beside it.
        true => 1,
        false => ((room + GAP) / (NARROWEST + GAP)).max(1),
    };
    let width = ((room + GAP) / most).saturating_sub(GAP).min(WIDEST);
    let lines = lines(state, &search.text().to_lowercase(), width.max(1));
    // Few are read more easily one below the other.
    let inside = super::room(state.look, body).max(1);
    let count = most.min(lines.len().div_ceil(inside)).max(1);
    Columns {
        height: lines.len().div_ceil(count).max(1),
        lines,
        count,
        width,
    }
}

/// How far they can be scrolled.
pub fn last_scroll(state: &State, body: Rect, search: &Line) -> usize {
    let columns = columns(state, body, search);
    columns.height.saturating_sub(super::room(state.look, body))
}

/// Draws the keys that have a text, those that work here first.
pub fn draw(frame: &mut Frame<'_>, state: &State, body: Rect, search: &Line, scroll: usize) {
    let Columns {
        lines,
        count,
        width,
        height,
    } = columns(state, body, search);
    let title = match search.text() {
        "" => "Keys; type to search".to_owned(),
        wanted => format!("Keys with `{wanted}`"),
    };
    let size = (
        (count * (width + GAP)).saturating_sub(GAP) as u16 + 2,
        height as u16 + 2,
    );
    let shown = super::room(state.look, body);
    let scroll = scroll.min(height.saturating_sub(shown));
    let more = More::of(scroll, shown, height);
    let inside = boxed(frame, state, body, size, &title, more);
    for (at, (line, style)) in lines.iter().enumerate() {
        let (column, row) = (at / height, at % height);
        let Some(y) = row.checked_sub(scroll).filter(|y| *y < shown) else {
            continue;
        };
        let x = (column * (width + GAP)) as u16;
        let most = (width as u16).min(inside.width.saturating_sub(x));
        put(frame, inside.x + x, inside.y + y as u16, line, *style, most);
    }
}

fn lines(state: &State, wanted: &str, width: usize) -> Vec<(String, Style)> {
    let look = state.look;
    let mut lines = Vec::new();
    // What works here comes first.
    let mut places = PLACES;
    places.sort_by_key(|place| (!place.holds(state.pane), place.breadth()));
    for place in places {
        let bindings = BINDINGS.iter().filter(|b| b.place == place);
        let found: Vec<_> = bindings
            .filter_map(|b| {
                let keys = state.keymap.keys_at(b).join(" ");
                let fits = format!("{keys} {}", b.what).to_lowercase().contains(wanted);
                fits.then_some((keys, b))
            })
            .collect();
        if found.is_empty() {
            continue;
        }
        lines.push((place.title().to_owned(), look.heading()));
        for (keys, binding) in found {
            let why = match place.holds(state.pane) {
                true => reason(state, binding.action),
                false => None,
            };
            let style = if why.is_some() {
                look.faint()
            } else {
                Style::new()
            };
            let why = why.map(|why| format!(" - not now: {why}"));
            let what = format!("{}{}", binding.what, why.unwrap_or_default());
            let beside = KEYS.min(width / 3);
            let parts = text::folded(&what, width.saturating_sub(beside + 3).max(8));
            for (at, part) in parts.iter().enumerate() {
                let keys = if at == 0 { keys.as_str() } else { "" };
                lines.push((
                    format!("  {} {part}", text::fit(keys, beside, false)),
                    style,
                ));
            }
        }
    }
    lines
}
