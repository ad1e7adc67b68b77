//! The comparison of two snapshots.

mod column;
mod rows;
mod summary;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::put;
use crate::report::words::grouped;
use crate::tui::state::State;
use crate::tui::state::diff::{Compared, Level};
use crate::tui::text;

pub use rows::difference;

/// Draws the comparison.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let look = state.look;
    let diff = &state.diff;
    let mut y = area.y;
    let mut line = |frame: &mut Frame<'_>, text: &str, style: Style| {
        if y < area.y + area.height {
            put(frame, area.x, y, text, style, area.width);
            y += 1;
        }
    };
    if let Some(error) = &diff.error {
        for text in error.lines() {
            line(frame, text, look.bad());
        }
        return;
    }
    let Some(compared) = &diff.compared else {
        let text = match diff.question {
            Some(_) => "comparing …",
            None => "There is only one snapshot: nothing to compare.",
        };
        return line(frame, text, look.faint());
    };
    line(frame, &compared.title, look.heading());
    counts(
        frame,
        state,
        compared,
        Rect::new(area.x, area.y + 1, area.width, 1),
    );
    let used = 2;
    let rest = Rect::new(
        area.x,
        area.y + used,
        area.width,
        area.height.saturating_sub(used),
    );
    match diff.level {
        Level::Summary => summary::draw(frame, state, compared, rest),
        Level::Rows => rows::draw(frame, state, compared, rest),
    }
}

/// How many rows are what.
fn counts(frame: &mut Frame<'_>, state: &State, compared: &Compared, area: Rect) {
    let look = state.look;
    let rows = &compared.difference.rows;
    let mut x = area.x;
    for (sign, n, name, style) in [
        ("+", rows.added, "added", look.good()),
        ("-", rows.removed, "removed", look.bad()),
        ("~", rows.changed, "changed", look.changed()),
        ("=", rows.unchanged, "unchanged", look.faint()),
    ] {
        let text = format!("{sign} {} {name}", grouped(n));
        let left = (area.x + area.width).saturating_sub(x);
        put(frame, x, area.y, &text, style, left);
        x += text::width(&text) as u16 + 3;
    }
}
