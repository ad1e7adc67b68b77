//! The grid: names, types, and the rows that are in sight.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::put;
use crate::model::column::Column;
use crate::tui::action::Action;
use crate::tui::layout::header_of;
use crate::tui::look::Look;
use crate::tui::state::grid::{Grid, GridColumn};
use crate::tui::state::{Pane, State};
use crate::tui::text;

/// Columns of a value that is told in words: behind it there is more to be told.
const SPOKEN: usize = 60;

/// Draws the grid.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    if area.height == 0 {
        return;
    }
    let grid = state.seen();
    if grid.fields().is_empty() || area.height < 2 {
        return nothing(frame, state, area);
    }
    let sight = grid.in_sight();
    let header = header_of(area);
    let look = state.look;
    let mut x = area.x;
    for (at, column, width) in &sight {
        let has_cursor = *at == grid.column && has_focus(state);
        let style = match has_cursor {
            true => look.focus(),
            false => look.heading(),
        };
        let style = style.add_modifier(Modifier::UNDERLINED);
        let of = grid.field(column.at);
        let right = of.is_some_and(Column::is_number);
        let mut name = column.name.clone();
        if let Some((rank, descending)) = grid.sort_mark(&column.name) {
            name += &sorted(look, rank, grid.view.order.len(), descending);
        }
        let width = usize::from(*width);
        put(
            frame,
            x,
            area.y,
            &text::fit(&name, width, right),
            style,
            width as u16,
        );
        if header > 1 {
            let ty = text::fit(
                &of.map_or(String::new(), |c| c.ty.to_lowercase()),
                width,
                right,
            );
            put(frame, x, area.y + 1, &ty, look.faint(), width as u16);
        }
        x += width as u16 + 2;
    }
    for line in 0..grid.height.min(area.height - header) {
        let number = grid.top + u64::from(line);
        if number >= grid.length() {
            break;
        }
        row(frame, state, area, area.y + header + line, number, &sight);
    }
    bottom_line(frame, state, area);
}

fn row(
    frame: &mut Frame<'_>,
    state: &State,
    area: Rect,
    y: u16,
    number: u64,
    sight: &[(usize, &GridColumn, u16)],
) {
    let grid = state.seen();
    let look = state.look;
    let has_focus = has_focus(state);
    let before = grid.row_before(number);
    let mut x = area.x;
    for (at, column, width) in sight {
        let right = grid.field(column.at).is_some_and(Column::is_number);
        let is_cursor = number == grid.cursor && *at == grid.column;
        let value = grid.cell(number, column.at);
        let (cell, style) = match value {
            None => ("…".to_owned(), look.faint()),
            Some(None) => (look.null().to_owned(), look.faint()),
            Some(Some(value)) if right => (aligned(value, grid, column), Style::new()),
            Some(Some(value)) => (value.to_owned(), Style::new()),
        };
        let was = before.and_then(|(day, row)| day.value(row, &column.name));
        let differs = was.zip(value).is_some_and(|(was, is)| was != is);
        let style = if differs {
            style.patch(look.differs())
        } else {
            style
        };
        let style = match () {
            () if grid.is_selected(number, *at) && !is_cursor => style.patch(look.selected()),
            () if is_cursor && has_focus => style.patch(look.cursor()),
            () if number == grid.cursor => style.patch(look.line()),
            () => style,
        };
        let cell = text::fit(&cell, usize::from(*width), right);
        put(frame, x, y, &cell, style, *width);
        x += width + 2;
    }
}

fn has_focus(state: &State) -> bool {
    !matches!(state.pane, Pane::Datasets | Pane::Editor | Pane::Tables)
}

/// A number with blanks behind it, so that the points stand below each other.
fn aligned(value: &str, grid: &Grid, column: &GridColumn) -> String {
    let most = usize::from(grid.decimals_of(column));
    let blanks = most.saturating_sub(text::decimals(value));
    // Where there is no room for them, the digits are worth more.
    if text::width(value) + blanks > usize::from(grid.width_of(column)) {
        return value.to_owned();
    }
    value.to_owned() + &" ".repeat(blanks)
}

/// How a column is sorted, behind its name.
fn sorted(look: Look, rank: usize, of: usize, descending: bool) -> String {
    let sign = match descending {
        true => look.sign(" ▼", " desc"),
        false => look.sign(" ▲", " asc"),
    };
    match of > 1 {
        true => format!("{sign}{rank}"),
        false => sign.to_owned(),
    }
}

/// The cell with the cursor, in words.
fn at_cursor(grid: &Grid) -> Option<String> {
    let column = grid.in_order().nth(grid.column)?;
    let value = grid.cell(grid.cursor, column.at)?;
    let shown = |cell: Option<&str>| text::cut(cell.unwrap_or("(null)"), SPOKEN);
    let mut text = format!("{}: {}", column.name, shown(value));
    let before = grid.row_before(grid.cursor);
    let was = before.and_then(|(day, row)| Some((day.day, day.value(row, &column.name)?)));
    if let Some((day, was)) = was.filter(|(_, was)| *was != value) {
        text += &format!(", on {day} {}", shown(was));
    }
    if let Some((rank, descending)) = grid.sort_mark(&column.name) {
        let order = if descending { "greatest" } else { "least" };
        text += &format!(", sorted {order} first");
        if grid.view.order.len() > 1 {
            text += &format!(" (rank {rank})");
        }
    }
    Some(text)
}

/// Why there is no table.
fn nothing(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let text = match (&state.published, state.as_of) {
        (None, _) => "reading …".to_owned(),
        (_, Some(day)) if state.shown().is_none() => {
            let first = state.timeline().and_then(|t| t.days.first());
            let first = first.map_or(String::new(), |d| format!("; the first is of {}", d.date));
            format!("No snapshot as of {day}{first}")
        }
        _ if !state.seen().fields().is_empty() => "too few lines for rows".to_owned(),
        _ => "opening …".to_owned(),
    };
    put(frame, area.x, area.y, &text, state.look.faint(), area.width);
}

/// Below the rows, where there is room: the filter, and how many rows there are.
fn bottom_line(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let grid = state.seen();
    let mut facts = Vec::new();
    if let Some(error) = &grid.error {
        facts.push(error.clone());
    }
    if let Some((rows, columns)) = grid.selection() {
        let rows = crate::report::words::count(rows.end - rows.start, "row");
        let columns = crate::report::words::count(columns.len() as u64, "column");
        let by = state.look.sign("×", "by");
        facts.push(format!("{rows} {by} {columns} selected"));
    }
    if state.look.is_accessible {
        facts.extend(at_cursor(grid));
    }
    if let Some(filter) = &grid.view.filter {
        facts.push(format!("where {filter}"));
    }
    match grid.rows {
        None if grid.table.is_none() && !grid.view.is_plain() => {
            let done = match (grid.view.filter.is_some(), grid.view.order.is_empty()) {
                (true, true) => "filtered",
                (true, false) => "filtered and sorted",
                (false, _) => "sorted",
            };
            facts.push(format!("{done} as soon as all rows are there"));
        }
        None if grid.error.is_none() => facts.push("more rows are being found".to_owned()),
        Some(0) => facts.push("no rows".to_owned()),
        Some(_) if grid.view.filter.is_some() => {
            facts.push(crate::report::words::count(grid.length(), "row"));
        }
        _ => {}
    }
    if grid.hidden() > 0 {
        let columns = crate::report::words::count(grid.hidden() as u64, "column");
        let by_key = state.by_key(Action::ShowAllColumns, "shows all");
        facts.push(format!("{columns} hidden{by_key}"));
    }
    let header = header_of(area);
    let used = u64::from(grid.height).min(grid.length().saturating_sub(grid.top));
    let free = header + used as u16;
    // Where there is no line for it, a row is worth more than what is said of it.
    if facts.is_empty() || free >= area.height && grid.error.is_none() {
        return;
    }
    let text = format!(" {} ", facts.join(state.look.between()));
    let y = area.y + free.min(area.height - 1);
    put(frame, area.x, y, &text, state.look.accent(), area.width);
}
