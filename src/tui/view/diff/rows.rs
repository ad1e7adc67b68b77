//! The rows that differ, with old and new in a cell.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Lines;
use super::column::{sides_of, signed};
use crate::engine::diff::furthest::distance;
use crate::engine::diff::{Change, Row};
use crate::model::column::Column;
use crate::report::words::grouped;
use crate::tui::state::State;
use crate::tui::state::diff::{Compared, ListedRows};
use crate::tui::text;
use crate::tui::view::{more, put};

/// The widest a value is shown in a line of several.
const WIDEST: usize = 40;
/// Columns that each of two values has at least.
const LEAST: usize = 6;

/// Draws the rows that are seen.
pub fn draw(frame: &mut Frame<'_>, state: &State, compared: &Compared, area: Rect) {
    let look = state.look;
    let diff = &state.diff;
    let Some(listed) = diff.listed() else {
        let text = "listing the rows …";
        return put(frame, area.x, area.y, text, look.faint(), area.width);
    };
    let about = about(state, listed, compared);
    put(frame, area.x, area.y, &about, look.faint(), area.width);
    let in_column = diff.in_column();
    let Lines { y, room, first } = lines(state, area);
    let rows: Vec<&Row> = diff.seen().skip(first).take(room).collect();
    let lines = match in_column {
        Some(column) => {
            let mut lines = of_column(state, listed, column, &rows, area.width);
            if let Some(head) = lines.first() {
                let head = format!("{}{head}", look.pointer(false));
                put(frame, area.x, y - 1, &head, look.heading(), area.width);
            }
            lines.drain(..1);
            lines
        }
        None => of_all(state, listed, &rows, area.width),
    };
    for (at, (line, row)) in lines.iter().zip(&rows).enumerate() {
        let style = match row.change {
            Change::Added => look.good(),
            Change::Removed => look.bad(),
            Change::Changed => Style::new(),
        };
        let style = if first + at == diff.row {
            style.patch(look.cursor())
        } else {
            style
        };
        let line = format!("{}{line}", look.pointer(first + at == diff.row));
        let line = text::fit(&line, usize::from(area.width), false);
        put(frame, area.x, y + at as u16, &line, style, area.width);
    }
}

/// Where the rows are: below what is said of them, and their heading.
pub fn lines(state: &State, area: Rect) -> Lines {
    let diff = &state.diff;
    let used = 1 + u16::from(diff.in_column().is_some());
    let room = usize::from(area.height.saturating_sub(used));
    Lines {
        y: area.y + used,
        room,
        first: more::first(diff.row, room),
    }
}

/// Which rows these are, and what is left out.
fn about(state: &State, listed: &ListedRows, compared: &Compared) -> String {
    let diff = &state.diff;
    let mut about = vec![crate::report::words::count(diff.seen().len() as u64, "row")];
    let kind = match diff.only {
        Some(Change::Added) => "added",
        Some(Change::Removed) => "removed",
        Some(Change::Changed) => "changed",
        None => "added, removed or changed",
    };
    match &diff.in_column {
        Some(column) => {
            about.push(format!("changed in {column}"));
            if diff.by_distance && diff.has_distances() {
                about.push("the furthest first".to_owned());
            }
        }
        None => about.push(kind.to_owned()),
    }
    if listed.is_cut {
        let rows = &compared.difference.rows;
        let all = match &diff.in_column {
            Some(name) => {
                let mut columns = compared.difference.columns.iter();
                columns.find(|c| c.name == *name).map_or(0, |c| c.changed)
            }
            None => rows.added + rows.removed + rows.changed,
        };
        about.push(format!(
            "of the first {} of {}; `E` writes all to a file",
            grouped(listed.rows.len() as u64),
            grouped(all)
        ));
    }
    about.join(", ")
}

/// The rows of one column, as a table: a heading, then a line for each.
fn of_column(
    state: &State,
    listed: &ListedRows,
    column: &Column,
    rows: &[&Row],
    width: u16,
) -> Vec<String> {
    let place = listed.columns.iter().position(|c| c.name == column.name);
    let [before, after] = sides_of(state);
    let moved = "moved".to_owned();
    let mut table = vec![[key_names(state), String::new(), before, after, moved]];
    for row in rows {
        let cell = row.cells.iter().find(|cell| Some(cell.column) == place);
        let Some(values) = cell.map(|cell| &cell.values) else {
            table.push(Default::default());
            continue;
        };
        let shown = |value: &Option<String>| match value {
            Some(value) => text::cut(value, WIDEST).to_owned(),
            None => state.look.null().to_owned(),
        };
        let moved = distance(column, values).map_or(String::new(), |by| {
            let before = values.before.as_deref().and_then(|b| b.parse::<f64>().ok());
            let share = before.filter(|b| *b != 0.0 && column.is_number());
            let share = share.map(|b| by / b.abs() * 100.0);
            let share = share.map_or(String::new(), |share| match share.abs() < 10.0 {
                true => format!(" ({share:+.1} %)"),
                false => format!(" ({share:+.0} %)"),
            });
            signed(by) + &share
        });
        let name = listed.names.get(&row.key).map_or("", String::as_str);
        table.push([
            key(row, state.look.null()),
            text::cut(name, WIDEST),
            shown(&values.before),
            shown(&values.after),
            moved,
        ]);
    }
    let right = column.is_number();
    let mut widths: Vec<usize> = (0..5)
        .map(|at| {
            table
                .iter()
                .map(|line| text::width(&line[at]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    widths[0] = widths[0].min(WIDEST);
    // Both are seen: neither takes the room of the other.
    let beside: usize = [0, 1, 4].iter().map(|at| widths[*at] + 2).sum();
    let half = usize::from(width).saturating_sub(beside + 4) / 2;
    let most = half.max(usize::from(width).saturating_sub(beside + 4 + widths[2].min(widths[3])));
    for at in [2, 3] {
        widths[at] = widths[at].min(most.max(LEAST));
    }
    table
        .iter()
        .map(|[key, name, before, after, moved]| {
            let name = match widths[1] {
                0 => String::new(),
                width => text::fit(name, width, false) + "  ",
            };
            format!(
                "  {}  {name}{}  {}  {}",
                text::fit(key, widths[0], false),
                text::fit(before, widths[2], right),
                text::fit(after, widths[3], right),
                text::fit(moved, widths[4], true)
            )
        })
        .collect()
}

/// Rows of any kind, with all their differences in a line.
fn of_all(state: &State, listed: &ListedRows, rows: &[&Row], width: u16) -> Vec<String> {
    let widest = rows
        .iter()
        .map(|row| text::width(&key(row, state.look.null())))
        .max();
    let widest = widest.unwrap_or(0).min(usize::from(width) / 3);
    rows.iter()
        .map(|row| {
            let sign = match row.change {
                Change::Added => "+",
                Change::Removed => "-",
                Change::Changed => "~",
            };
            let cells = cells(state, listed, row);
            format!(
                "{sign} {}  {cells}",
                text::fit(&key(row, state.look.null()), widest, false)
            )
        })
        .collect()
}

fn key_names(state: &State) -> String {
    let compared = state.diff.compared.as_ref();
    if let Some(key) = compared.and_then(|compared| compared.key.as_ref()) {
        return key.join(" ");
    }
    state.live().map_or_else(
        || "key".to_owned(),
        |live| live.partition.staged.key.join(" "),
    )
}

fn key(row: &Row, null: &str) -> String {
    let values = row.key.iter();
    let values = values.map(|k| k.clone().unwrap_or_else(|| null.to_owned()));
    values.collect::<Vec<_>>().join(" ")
}

fn cells(state: &State, listed: &ListedRows, row: &Row) -> String {
    let null = || state.look.null().to_owned();
    let shown = |value: &Option<String>| {
        value
            .as_ref()
            .map_or_else(null, |v| text::cut(v, WIDEST).to_owned())
    };
    let cells = row.cells.iter().filter_map(|cell| {
        let name = &listed.columns.get(cell.column)?.name;
        let values = cell.values.as_ref().map(shown);
        Some(match row.change {
            Change::Added => format!("{name} {}", values.after),
            Change::Removed => format!("{name} {}", values.before),
            Change::Changed => {
                let arrow = state.look.arrow();
                format!("{name} {} {arrow} {}", values.before, values.after)
            }
        })
    });
    cells.collect::<Vec<_>>().join("  ")
}

/// The row that has the cursor, a line per cell.
pub fn difference(state: &State) -> Vec<(String, Style)> {
    let diff = &state.diff;
    let (Some(listed), Some(row)) = (diff.listed(), diff.row_at_cursor()) else {
        return Vec::new();
    };
    let null = || state.look.null().to_owned();
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(null);
    let column = |at: usize| listed.columns.get(at);
    let names = row.cells.iter().filter_map(|c| column(c.column));
    let widest = names.map(|c| text::width(&c.name)).max().unwrap_or(0);
    let name = listed.names.get(&row.key).map(|name| text::clean(name));
    let title = format!(
        "{}  {}  {}",
        key_names(state),
        key(row, state.look.null()),
        name.unwrap_or_default()
    );
    let mut lines = vec![(title.trim_end().to_owned(), state.look.heading())];
    for cell in &row.cells {
        let Some(column) = column(cell.column) else {
            continue;
        };
        let values = cell.values.as_ref().map(shown);
        let name = text::fit(&column.name, widest, false);
        lines.push(match row.change {
            Change::Added => (format!("{name}  {}", values.after), state.look.good()),
            Change::Removed => (format!("{name}  {}", values.before), state.look.bad()),
            Change::Changed => {
                let by = distance(column, &cell.values).map_or(String::new(), signed);
                let by = if by.is_empty() {
                    by
                } else {
                    format!("  ({by})")
                };
                let arrow = state.look.arrow();
                let text = format!("{name}  {} {arrow} {}{by}", values.before, values.after);
                (text, state.look.changed())
            }
        });
    }
    lines
}
