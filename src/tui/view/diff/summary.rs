//! The summary of a comparison: what there is to say, and how much every column
//! changed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Lines, column};
use crate::model::difference::{ColumnDifference, Figure, Moved, Spread};
use crate::report::figures;
use crate::report::words::grouped;
use crate::tui::action::Action;
use crate::tui::look;
use crate::tui::state::State;
use crate::tui::state::diff::Compared;
use crate::tui::text;
use crate::tui::view::more::{self, More};
use crate::tui::view::put;

/// Lines of columns that are shown before the one at the cursor gets any.
const COLUMNS: usize = 4;

/// Draws the summary.
pub fn draw(frame: &mut Frame<'_>, state: &State, compared: &Compared, area: Rect) {
    let look = state.look;
    let mut y = area.y;
    let end = area.y + area.height;
    for line in said(state, compared, area) {
        put(frame, area.x, y, &line, Style::new(), area.width);
        y += 1;
    }
    y += 1;
    let columns = &compared.difference.columns;
    let widest = columns.iter().map(|c| text::width(&c.name)).max();
    let name = widest.unwrap_or(6).clamp(6, usize::from(area.width) / 3);
    let both = compared.difference.rows.in_both().max(1);
    let header = format!(
        "{}{}  {:>9}",
        look.pointer(false),
        text::fit("column", name, false),
        "changed"
    );
    let heading = y;
    if y < end {
        put(frame, area.x, y, &header, look.heading(), area.width);
    }
    y += 1;
    let chosen = state.diff.column.min(columns.len().saturating_sub(1));
    let Lines { room, first, .. } = lines(state, compared, area);
    let detail = detail(end.saturating_sub(y), columns.len());
    for (at, column) in columns.iter().enumerate().skip(first).take(room) {
        let bar = bar(state, column.changed, both);
        let text = format!(
            "{}{}  {:>9}  {} {}",
            look.pointer(at == chosen),
            text::fit(&column.name, name, false),
            grouped(column.changed),
            text::fit(&bar, 8, false),
            moved(column, look.arrow(), look.null())
        );
        let style = match (at == chosen, column.changed) {
            (true, _) => look.cursor(),
            (false, 0) => look.faint(),
            (false, _) => Style::new(),
        };
        let text = text::fit(&text, usize::from(area.width), false);
        put(frame, area.x, y, &text, style, area.width);
        y += 1;
    }
    // From the heading to the line below them.
    let below = end.min(y + u16::from(detail.is_some()));
    let list = Rect {
        y: heading,
        height: below.saturating_sub(heading),
        ..area
    };
    More::of(first, room, columns.len()).draw(frame, look, list);
    if let Some((column, lines)) = columns.get(chosen).zip(detail) {
        // At the end, so that nothing jumps where fewer columns are in sight.
        let y = (y + 1).min(end.saturating_sub(lines));
        let part = Rect::new(area.x, y, area.width, end.saturating_sub(y));
        column::draw(frame, state, column, lines, part);
    }
}

/// What there is to say, in lines; as much of it as leaves some for the columns.
fn said(state: &State, compared: &Compared, area: Rect) -> Vec<String> {
    let sentences = compared.sentences.iter();
    let lines = sentences.flat_map(|s| text::folded(&state.look.said(s), area.width.into()));
    let most = usize::from(area.height.saturating_sub(2 + COLUMNS as u16).max(1));
    let mut lines: Vec<String> = lines.collect();
    let is_cut = lines.len() > most;
    lines.truncate(most);
    if let Some(last) = lines.last_mut().filter(|_| is_cut) {
        let key = format!(" {} tells all", state.keymap.key(Action::ShowSql));
        let room = usize::from(area.width).saturating_sub(text::width(&key));
        *last = text::cut(&format!("{last} …"), room) + &key;
    }
    lines
}

/// Where the columns are: below what there is to say, and their heading.
pub fn lines(state: &State, compared: &Compared, area: Rect) -> Lines {
    let y = area.y + said(state, compared, area).len() as u16 + 2;
    let columns = compared.difference.columns.len();
    let left = (area.y + area.height).saturating_sub(y);
    let room = match detail(left, columns) {
        Some(lines) => usize::from(left - lines - 1).min(columns),
        None => usize::from(left),
    };
    let chosen = state.diff.column.min(columns.saturating_sub(1));
    Lines {
        y,
        room,
        first: more::first(chosen, room),
    }
}

/// Lines for the column at the cursor, where there is room for it, too.
fn detail(left: u16, columns: usize) -> Option<u16> {
    let has_room = |lines: &u16| {
        let less = left.checked_sub(lines + 1);
        less.is_some_and(|less| usize::from(less) >= columns.min(COLUMNS))
    };
    [column::LINES, column::FEW].into_iter().find(has_room)
}

/// A share as a bar of eight columns.
fn bar(state: &State, part: u64, all: u64) -> String {
    if state.look.is_accessible {
        return format!("{:.0} %", part as f64 * 100.0 / all as f64);
    }
    look::eighths(((part as f64 / all as f64) * 64.0).ceil() as usize)
}

/// How a column's values moved as a whole.
fn moved(column: &ColumnDifference, arrow: &str, null: &str) -> String {
    let step = |name: &str, before: Option<Figure>, after: Option<Figure>| {
        let (from, to) = figures::pair(before, after);
        match from == to {
            true => format!("{name} {from}"),
            false => format!("{name} {from} {arrow} {to}"),
        }
    };
    match &column.moved {
        Moved::Spread(sides) => {
            let quartile = |spread: &Spread, at: usize| spread.quartiles.map(|q| q[at]);
            let (before, after) = (&sides.before, &sides.after);
            let mut parts = vec![step("mean", before.mean, after.mean)];
            for (name, at) in [("25 %", 0), ("median", 1), ("75 %", 2)] {
                parts.push(step(name, quartile(before, at), quartile(after, at)));
            }
            if before.nulls != after.nulls {
                let (from, to) = (grouped(before.nulls), grouped(after.nulls));
                parts.push(format!("nulls {from} {arrow} {to}"));
            }
            parts.join("  ")
        }
        Moved::Values(values) => {
            let list = |sign: &str, values: &[(Option<String>, u64)]| {
                let shown = values.iter().take(2).map(|(value, n)| {
                    let value = value
                        .as_deref()
                        .map_or(null.to_owned(), |v| text::cut(v, 16));
                    format!("{sign}{n} {value}")
                });
                shown.collect::<Vec<_>>()
            };
            let mut parts = list("+", &values.came);
            parts.extend(list("-", &values.went));
            parts.join("  ")
        }
        Moved::Unknown => String::new(),
    }
}
