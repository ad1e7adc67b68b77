//! The values of a column, the most frequent first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{boxed, folded, inside_of, put, typed};
use crate::browse::frequencies::MOST;
use crate::report::words;
use crate::tui::state::State;
use crate::tui::state::frequencies::Counted;
use crate::tui::state::overlay::Line;
use crate::tui::text;
use crate::tui::view::more::{self, More};

/// Columns of a bar.
const BAR: usize = 10;

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, state: &State, body: Rect, search: &Line, chosen: usize) {
    let Some(frequent) = &state.frequent else {
        return;
    };
    let look = state.look;
    let name = &frequent.column.name;
    let title = match &frequent.counted {
        Counted::Values(all) => {
            let rows = words::count(all.rows, "row");
            let rows = match state.first_rows() {
                Some(first) if first == all.rows => format!("the first {rows}, cancelled"),
                Some(first) => format!("{rows} of the first {}, cancelled", words::grouped(first)),
                None => rows,
            };
            let values = words::count(all.distinct, "value");
            format!("{name}: {values} in {rows}; type to search")
        }
        _ => name.clone(),
    };
    let size = (body.width.min(90), body.height);
    let all = match &frequent.counted {
        Counted::Values(all) => all,
        Counted::Not | Counted::Failed(_) => {
            let inside = boxed(frame, state, body, size, &title, More::default());
            let (text, style) = match &frequent.counted {
                Counted::Failed(why) => (why.as_str(), look.bad()),
                _ => ("counting …", look.faint()),
            };
            let lines = text.lines().flat_map(|l| folded(l, inside.width.into()));
            for (line, y) in lines.zip(inside.y + 1..inside.y + inside.height) {
                put(frame, inside.x, y, &line, style, inside.width);
            }
            return;
        }
    };
    let found = frequent.found(search.text());
    let inside = inside_of(look, body, size);
    let is_cut = all.distinct > all.values.len() as u64;
    let room = usize::from(inside.height.saturating_sub(1 + u16::from(is_cut)));
    let chosen = chosen.min(found.len().saturating_sub(1));
    let first = more::first(chosen, room);
    let more = More::of(first, room, found.len());
    boxed(frame, state, body, size, &title, more);
    typed(frame, search, inside.x, inside.y, inside.width);
    if found.is_empty() {
        return put(
            frame,
            inside.x,
            inside.y + 1,
            "nothing fits",
            look.faint(),
            inside.width,
        );
    }
    let most = all.values.first().map_or(1, |(_, count)| *count).max(1);
    let width = usize::from(inside.width);
    let has_bar = !look.is_accessible && width >= 50;
    let figures = 12 + 9 + if has_bar { BAR + 1 } else { 0 };
    let shown = found.iter().enumerate().skip(first).take(room);
    for (line, (at, (value, count))) in shown.enumerate() {
        let value = match value.as_deref() {
            Some("") => "(empty)",
            Some(value) => value,
            None => look.null(),
        };
        let share = *count as f64 * 100.0 / all.rows.max(1) as f64;
        let bar = match has_bar {
            true => format!(
                " {}",
                text::fit(&look.length(*count, most, BAR), BAR, false)
            ),
            false => String::new(),
        };
        let value = format!("{}{value}", look.pointer(at == chosen));
        let value = text::fit(&value, width.saturating_sub(figures), false);
        let text = format!("{value}{:>12}{share:>7.1} %{bar}", words::grouped(*count));
        let style = match at == chosen {
            true => look.cursor(),
            false => Style::new(),
        };
        let y = inside.y + 1 + line as u16;
        put(frame, inside.x, y, &text, style, inside.width);
    }
    if is_cut {
        let y = inside.y + inside.height - 1;
        let text = format!("the {} most frequent values", words::grouped(MOST as u64));
        put(frame, inside.x, y, &text, look.faint(), inside.width);
    }
}
