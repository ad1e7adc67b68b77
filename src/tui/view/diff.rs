//! The comparison of two snapshots.

mod column;
mod rows;
mod summary;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::put;
use crate::report::words::grouped;
use crate::tui::action::Action;
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
    line(frame, &look.said(&compared.title), look.heading());
    counts(
        frame,
        state,
        compared,
        Rect::new(area.x, area.y + 1, area.width, 1),
    );
    if let Some(text) = narrowed(state) {
        put(frame, area.x, area.y + 2, &text, look.accent(), area.width);
    }
    let rest = below_counts(state, area);
    match diff.level {
        Level::Summary => summary::draw(frame, state, compared, rest),
        Level::Rows => rows::draw(frame, state, compared, rest),
    }
}

/// Lines that the cursor can be on, where they are: the mouse finds them there.
struct Lines {
    /// Of the first one.
    y: u16,
    /// How many are in sight.
    room: usize,
    /// Which of all is the first in sight.
    first: usize,
}

/// The line at a place on the screen, among all that the cursor can be on.
pub fn line_at(state: &State, area: Rect, y: u16) -> Option<usize> {
    let compared = state.diff.compared.as_ref()?;
    let rest = below_counts(state, area);
    let lines = match state.diff.level {
        Level::Summary => summary::lines(state, compared, rest),
        Level::Rows => rows::lines(state, rest),
    };
    let line = usize::from(y.checked_sub(lines.y)?);
    (line < lines.room).then(|| lines.first + line)
}

fn below_counts(state: &State, area: Rect) -> Rect {
    let used = 2 + u16::from(narrowed(state).is_some());
    Rect::new(
        area.x,
        area.y + used,
        area.width,
        area.height.saturating_sub(used),
    )
}

/// Which rows alone are compared or seen.
fn narrowed(state: &State) -> Option<String> {
    let diff = &state.diff;
    let condition = diff.condition.as_ref().map(|c| format!("where {c}"));
    let find = diff.find.as_ref().filter(|_| diff.level == Level::Rows);
    let find = find.map(|text| format!("with `{text}`"));
    let all: Vec<String> = condition.into_iter().chain(find).collect();
    let key = state.keymap.key(Action::ShowAllRows);
    (!all.is_empty()).then(|| format!("{}  ({key} shows all)", all.join(state.look.between())))
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
