//! What was asked before, or what is saved, to be chosen from.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{boxed, inside_of, put, typed};
use crate::pipeline::asker::history::PastOutcome;
use crate::tui::action::Action;
use crate::tui::look::Look;
use crate::tui::state::State;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choosing, Line};
use crate::tui::state::query::past::PastEntry;
use crate::tui::text;
use crate::tui::update::query::choosing::lists;

/// Where the list is.
struct Places {
    inside: Rect,
    /// Lines that are shown, and the first of them.
    room: usize,
    first: usize,
    /// Lines below for the whole of what is chosen.
    below: u16,
}

fn size(body: Rect) -> (u16, u16) {
    (body.width.min(130), body.height)
}

fn places(look: Look, body: Rect, from: Choosing, chosen: usize) -> Places {
    let inside = inside_of(look, body, size(body));
    // Below the list, the statement as it was written.
    let below = match from {
        Choosing::History if inside.height >= 12 => inside.height / 3,
        _ => 0,
    };
    let room = usize::from(inside.height.saturating_sub(1 + below));
    let first = (chosen + 1).saturating_sub(room);
    Places {
        inside,
        room,
        first,
        below,
    }
}

/// The line of the list that is at a place of the screen.
pub fn line_at(
    state: &State,
    body: Rect,
    from: Choosing,
    chosen: usize,
    at: Position,
) -> Option<usize> {
    let places = places(state.look, body, from, chosen);
    let line = usize::from(at.y.checked_sub(places.inside.y + 1)?);
    (places.inside.contains(at) && line < places.room).then_some(places.first + line)
}

/// Draws the list, and what is chosen of it in full.
pub fn draw(
    frame: &mut Frame<'_>,
    state: &State,
    body: Rect,
    from: Choosing,
    search: &Line,
    chosen: usize,
) {
    let title = match from {
        Choosing::History => "What was asked before; type to search",
        Choosing::Saved => "Queries and features of the project; type to search",
    };
    let inside = boxed(frame, state, body, size(body), title);
    typed(frame, search, inside.x, inside.y, inside.width);
    let saved = match from {
        Choosing::Saved => lists::saved(state, search.text()),
        Choosing::History => Vec::new(),
    };
    let count = match from {
        Choosing::Saved => saved.len(),
        Choosing::History => state.query.history.count(),
    };
    if count == 0 {
        return nothing(frame, state, from, search, inside);
    }
    let look = state.look;
    let chosen = chosen.min(count - 1);
    let places = places(look, body, from, chosen);
    for at in places.first..count.min(places.first + places.room) {
        let past = match from {
            Choosing::History => state.query.history.get(at),
            Choosing::Saved => None,
        };
        let pointer = look.pointer(at == chosen);
        let width = usize::from(inside.width).saturating_sub(text::width(pointer));
        let (text, has_failed) = match past {
            Some(entry) => (line_of(state, entry, width), has_failed(entry)),
            None => (saved.get(at).copied().unwrap_or_default().to_owned(), false),
        };
        let text = text::fit(
            &format!("{pointer}{text}"),
            usize::from(inside.width),
            false,
        );
        let style = match at == chosen {
            true => look.cursor(),
            false if has_failed => look.faint(),
            false => Style::new(),
        };
        let y = inside.y + 1 + (at - places.first) as u16;
        put(frame, inside.x, y, &text, style, inside.width);
    }
    if places.below == 0 {
        return;
    }
    let Some(entry) = state.query.history.get(chosen) else {
        return;
    };
    let mut lines: Vec<(String, Style)> = Vec::new();
    if let PastOutcome::Failed(why) = &entry.past.outcome {
        let why = why.lines().next().unwrap_or_default();
        lines.push((why.to_owned(), look.bad()));
    }
    lines.extend(lists::days(state, entry).map(|days| (days, look.accent())));
    let sql = entry.past.sql.lines();
    let sql = sql.take(usize::from(places.below));
    lines.extend(sql.map(|line| (line.to_owned(), Style::new())));
    let top = inside.y + inside.height - places.below;
    for (line, (text, style)) in lines.iter().take(usize::from(places.below)).enumerate() {
        let y = top + line as u16;
        put(frame, inside.x, y, text, *style, inside.width);
    }
}

fn has_failed(entry: &PastEntry) -> bool {
    entry.past.outcome != PastOutcome::Done
}

/// The statement in one line, and what there is to say of it.
fn line_of(state: &State, entry: &PastEntry, width: usize) -> String {
    let facts = lists::facts(state, entry);
    let facts = match text::width(&facts) + 20 < width {
        true => facts,
        false => String::new(),
    };
    let room = width.saturating_sub(text::width(&facts) + 2);
    // No more words than there is room for.
    let words = entry.past.sql.split_whitespace().take(room);
    let sql = words.collect::<Vec<_>>().join(" ");
    format!("{}  {facts}", text::fit(&sql, room, false))
}

fn nothing(frame: &mut Frame<'_>, state: &State, from: Choosing, search: &Line, inside: Rect) {
    let text = match (state.jobs.busy(Slot::Queries), from) {
        (Some(_), _) => "reading …".to_owned(),
        (None, _) if !search.text().is_empty() => "nothing fits".to_owned(),
        (None, Choosing::History) => "Nothing was asked yet.".to_owned(),
        (None, Choosing::Saved) => {
            let key = state.keymap.key_in_text(Action::SaveQuery);
            format!("No query is saved yet: `{key}` saves the text of a tab.")
        }
    };
    let y = inside.y + 1;
    put(frame, inside.x, y, &text, state.look.faint(), inside.width);
}
