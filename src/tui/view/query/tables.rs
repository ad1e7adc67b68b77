//! The list of tables and their columns.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::put;
use crate::tui::layout;
use crate::tui::state::jobs::Slot;
use crate::tui::state::query::tables::Entry;
use crate::tui::state::{Pane, State};
use crate::tui::text;
use crate::tui::view::more::More;

/// Columns of the terminal that names and types take at most.
const WIDEST: u16 = 60;

/// Draws the list: what is looked for, the lines in sight, more of the one at the cursor.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    if area.height == 0 {
        return;
    }
    let look = state.look;
    let list = &state.query.tables;
    let has_focus = state.pane == Pane::Tables;
    heading(frame, state, Rect { height: 1, ..area });
    let entries = list.entries(&state.query.vocabulary);
    if entries.is_empty() {
        let text = match state.jobs.busy(Slot::Vocabulary) {
            Some(_) => "reading …",
            None if !list.search.text().is_empty() => "nothing fits",
            None => "There are no tables yet.",
        };
        put(frame, area.x, area.y + 1, text, look.faint(), area.width);
        return;
    }
    let about = layout::tables_about(area);
    let room = usize::from(area.height.saturating_sub(1 + about));
    // A type stands beside its name, also where there is more room.
    let width = usize::from(area.width.min(WIDEST));
    let shown = entries.iter().enumerate().skip(list.top).take(room);
    for (line, (at, entry)) in shown.enumerate() {
        let y = area.y + 1 + line as u16;
        let style = match at == list.cursor {
            true if has_focus => look.cursor(),
            true => look.line(),
            false => Style::new(),
        };
        let sign = |is_open| match is_open {
            true => look.sign("▾ ", "- "),
            false => look.sign("▸ ", "+ "),
        };
        let (name, ty) = match entry {
            Entry::Schema { name, is_open } => (format!("{}{name}", sign(*is_open)), ""),
            Entry::Table { table, is_open } => (format!("  {}{}", sign(*is_open), table.name), ""),
            Entry::Column { name, ty, .. } => (format!("    {name}"), *ty),
        };
        let ty = ty.to_lowercase();
        let faint = match at == list.cursor {
            true => style,
            false => look.faint(),
        };
        // The name is whole before the type is seen.
        let left = width.saturating_sub(text::width(&name) + 1);
        let most = left.min(text::width(&ty));
        let name = text::fit(&name, width - if most > 0 { most + 1 } else { 0 }, false);
        put(frame, area.x, y, &name, style, area.width);
        if most > 0 {
            let ty = format!(" {}", text::cut(&ty, most));
            let x = area.x + text::width(&name) as u16;
            put(frame, x, y, &ty, faint, area.width);
        }
    }
    let more = More::of(list.top, room, entries.len());
    let height = area.height.saturating_sub(about) + about.min(1);
    let all = Rect { height, ..area };
    if about == 0 {
        more.draw(frame, look, all);
    } else {
        let top = area.y + area.height - about;
        let below = Rect {
            y: top,
            height: about,
            ..area
        };
        tell(
            frame,
            state,
            entries[list.cursor.min(entries.len() - 1)],
            below,
        );
        // From the heading to the rule.
        more.draw(frame, look, all);
    }
}

/// What is looked for, and the terminal's cursor behind it.
fn heading(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let look = state.look;
    let has_focus = state.pane == Pane::Tables;
    let style = match has_focus {
        true => look.focus(),
        false => look.heading(),
    };
    put(frame, area.x, area.y, "Tables", style, area.width);
    let (x, width) = (area.x + 8, area.width.saturating_sub(8));
    let wanted = state.query.tables.search.text();
    if wanted.is_empty() {
        if has_focus {
            put(frame, x, area.y, "type to find", look.faint(), width);
        }
    } else {
        put(frame, x, area.y, wanted, Style::new(), width);
    }
    if has_focus && state.overlay().is_none() {
        let at = (text::width(&text::clean(wanted)) as u16).min(width.saturating_sub(1));
        frame.set_cursor_position(Position::new(x + at, area.y));
    }
}

/// The whole name of a line, and what there is to say of it.
fn tell(frame: &mut Frame<'_>, state: &State, entry: Entry<'_>, area: Rect) {
    let look = state.look;
    let rule = look.sign("┄", " ").repeat(usize::from(area.width));
    put(frame, area.x, area.y, &rule, look.faint(), area.width);
    let text = match entry {
        Entry::Schema { name, .. } => match name {
            "features" => "each dataset on the day above".to_owned(),
            "history" => "each dataset on all days, by ingest_date".to_owned(),
            "staging" => "the views in sql/staging, over raw".to_owned(),
            "raw" => "rows as they were delivered".to_owned(),
            _ => String::new(),
        },
        Entry::Table { table, .. } if table.about.is_empty() => {
            format!("{}.{}", table.schema, table.name)
        }
        Entry::Table { table, .. } => table.about.clone(),
        Entry::Column { name, ty, .. } => format!("{name} {}", ty.to_lowercase()),
    };
    let lines = text::folded(&text, usize::from(area.width));
    let area = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    for (line, y) in lines.iter().zip(area.y..area.y + area.height) {
        put(frame, area.x, y, line, look.faint(), area.width);
    }
    More::of(0, area.height.into(), lines.len()).draw(frame, look, area);
}
