//! The datasets: one below the other, or in a line.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::more::{self, More};
use super::put;
use crate::tui::state::{Pane, State};
use crate::tui::text;

/// The first that is in sight: the one that is looked at always is.
pub fn first(state: &State, area: Rect) -> usize {
    more::first(state.dataset, room(area))
}

fn room(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// Draws them.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let look = state.look;
    let has_focus = state.pane == Pane::Datasets;
    match area.height {
        0 => return,
        1 => return in_line(frame, state, area),
        _ => {}
    }
    let heading = if has_focus {
        look.focus()
    } else {
        look.heading()
    };
    put(frame, area.x, area.y, "Datasets", heading, area.width);
    let (first, room) = (first(state, area), room(area));
    let names = state.timelines.iter().enumerate().skip(first).take(room);
    for ((at, timeline), y) in names.zip(area.y + 1..) {
        let is_chosen = at == state.dataset;
        let sign = match is_chosen {
            true => look.sign("▸ ", "> "),
            false => "  ",
        };
        let style = match is_chosen {
            true if has_focus => look.cursor(),
            true => look.line(),
            false => Style::new(),
        };
        let name = format!("{sign}{}", timeline.dataset);
        let name = text::fit(&name, area.width.saturating_sub(1).into(), false);
        put(frame, area.x, y, &name, style, area.width);
    }
    More::of(first, room, state.timelines.len()).draw(frame, look, area);
}

/// One beside the other, as many as there is room for.
fn in_line(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let look = state.look;
    let has_focus = state.pane == Pane::Datasets;
    let name = |at: usize| {
        let pointer = look.pointer(at == state.dataset);
        format!("{pointer}{}  ", state.timelines[at].dataset)
    };
    let count = state.timelines.len();
    let width = |from: usize, to: usize| (from..to).map(|at| text::width(&name(at))).sum::<usize>();
    let all = usize::from(area.width);
    let room = match width(0, count) <= all + 2 {
        true => all + 2,
        // For what is told of the others.
        false => all.saturating_sub(More::across(count, 0, count).width(look)),
    };
    let mut first = 0;
    while first < state.dataset && width(first, state.dataset + 1) > room {
        first += 1;
    }
    let fits = |to: &usize| width(first, *to) <= room;
    let end = (first + 1..=count).take_while(fits).last();
    let end = end.unwrap_or(first + 1);
    let mut x = area.x;
    for at in first..end {
        let style = match at == state.dataset {
            true if has_focus => look.cursor(),
            true => look.focus(),
            false => look.faint(),
        };
        let name = name(at);
        let most = (area.x + area.width).saturating_sub(x);
        put(frame, x, area.y, name.trim_end(), style, most);
        x += text::width(&name) as u16;
    }
    More::across(first, end - first, count).draw_in_line(frame, look, area);
}
