//! One row, a column per line.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::folded;
use crate::report::words;
use crate::tui::state::State;
use crate::tui::text;

/// Columns of the terminal that a value has beside its name; with less it stands below.
const BESIDE: usize = 30;

/// The row at the cursor, and what each value was on the day before.
pub fn lines(state: &State, body: Rect) -> (String, Vec<(String, Style)>) {
    let grid = state.seen();
    let before = grid.row_before(grid.cursor);
    let names = grid.fields().iter().map(|c| text::width(&c.name));
    let widest = names.max().unwrap_or(0).min(40);
    let width = usize::from(body.width).saturating_sub(5);
    let is_below = width < widest + BESIDE;
    let indent = if is_below { 0 } else { widest };
    let mut lines = Vec::new();
    for (at, column) in grid.fields().iter().enumerate() {
        let name = text::fit(&column.name, indent, false);
        if is_below {
            lines.push((text::cut(&column.name, width), state.look.heading()));
        }
        let (mut value, mut style) = match grid.cell(grid.cursor, at) {
            None => ("…".to_owned(), state.look.faint()),
            Some(None) => (state.look.null().to_owned(), state.look.faint()),
            Some(Some(value)) => (value.to_owned(), Style::new()),
        };
        let was = before.and_then(|(day, row)| Some((day.day, day.value(row, &column.name)?)));
        let is = grid.cell(grid.cursor, at);
        if let Some((day, was)) = was.filter(|(_, was)| is.is_some_and(|is| is != *was)) {
            value += &format!("   on {day}: {}", was.unwrap_or(state.look.null()));
            style = state.look.differs();
        }
        let room = width.saturating_sub(indent).max(8);
        let parts = value.split('\n').flat_map(|line| folded(line, room));
        for (line, part) in parts.enumerate() {
            let name = if line == 0 {
                name.clone()
            } else {
                " ".repeat(indent)
            };
            lines.push((format!("{name}  {part}"), style));
        }
    }
    let opened = grid.table.as_ref().and_then(|table| table.partition());
    let as_of = match opened {
        Some(opened) => format!(" as of {}", opened.id.ingest_date),
        None => String::new(),
    };
    let number = words::grouped(grid.cursor + 1);
    let more = if state.has_all_rows() { "" } else { "+" };
    let title = format!(
        "Row {number} of {}{more}{as_of}",
        words::grouped(grid.length())
    );
    (title, lines)
}
