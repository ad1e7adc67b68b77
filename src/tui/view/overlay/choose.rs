//! What was asked before, what is saved, or what the app said, to be chosen from.

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::{boxed, folded, inside_of, put, typed};
use crate::pipeline::asker::history::PastOutcome;
use crate::tui::action::Action;
use crate::tui::look::Look;
use crate::tui::state::State;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choosing, Line};
use crate::tui::state::query::past::PastEntry;
use crate::tui::state::toast::{Toast, Tone};
use crate::tui::text;
use crate::tui::update::query::choosing::lists;
use crate::tui::view::more::{self, More};

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
    // Below the list, the statement as it was written, the message as a whole.
    let below = match from {
        Choosing::History | Choosing::Messages if inside.height >= 12 => inside.height / 3,
        _ => 0,
    };
    let room = usize::from(inside.height.saturating_sub(1 + below));
    let first = more::first(chosen, room);
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

/// What is chosen from.
enum Entries<'s> {
    Past(&'s State),
    Saved(Vec<&'s str>),
    Said(Vec<&'s Toast>),
}

impl<'s> Entries<'s> {
    fn of(state: &'s State, from: Choosing, search: &str) -> Self {
        match from {
            Choosing::History => Self::Past(state),
            Choosing::Saved => Self::Saved(lists::saved(state, search)),
            Choosing::Messages => Self::Said(state.toasts.found(search)),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Past(state) => state.query.history.count(),
            Self::Saved(names) => names.len(),
            Self::Said(toasts) => toasts.len(),
        }
    }

    /// An entry in a line.
    fn line(&self, state: &State, at: usize, width: usize) -> (String, Style) {
        let look = state.look;
        match self {
            Self::Saved(names) => (names[at].to_owned(), Style::new()),
            Self::Said(toasts) => {
                let style = match toasts[at].tone {
                    Tone::Told => Style::new(),
                    Tone::Error => look.bad(),
                };
                (said(state, toasts[at]), style)
            }
            Self::Past(_) => match state.query.history.get(at) {
                None => Default::default(),
                Some(entry) if entry.past.outcome == PastOutcome::Done => {
                    (line_of(state, entry, width), Style::new())
                }
                Some(entry) => (line_of(state, entry, width), look.faint()),
            },
        }
    }

    /// An entry as a whole, in lines of a width.
    fn whole(&self, state: &State, at: usize, width: usize) -> Vec<(Cow<'s, str>, Style)> {
        let look = state.look;
        match self {
            Self::Saved(_) => Vec::new(),
            Self::Said(toasts) => {
                let lines = toasts[at].text.lines().flat_map(|line| folded(line, width));
                lines.map(|line| (line.into(), Style::new())).collect()
            }
            Self::Past(of) => {
                let Some(entry) = of.query.history.get(at) else {
                    return Vec::new();
                };
                let mut lines = Vec::new();
                if let PastOutcome::Failed(why) = &entry.past.outcome {
                    let why = why.lines().next().unwrap_or_default();
                    lines.push((why.into(), look.bad()));
                }
                let days = lists::days(state, entry);
                lines.extend(days.map(|days| (days.into(), look.accent())));
                let sql = entry.past.sql.lines();
                lines.extend(sql.map(|line| (line.into(), Style::new())));
                lines
            }
        }
    }
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
        Choosing::Messages => "What was said; type to search",
    };
    let entries = Entries::of(state, from, search.text());
    let count = entries.count();
    let look = state.look;
    let chosen = chosen.min(count.saturating_sub(1));
    let Places {
        inside,
        room,
        first,
        below,
    } = places(look, body, from, chosen);
    let more = More::of(first, room, count);
    boxed(frame, state, body, size(body), title, more);
    typed(frame, search, inside.x, inside.y, inside.width);
    if count == 0 {
        return nothing(frame, state, from, search, inside);
    }
    for at in first..count.min(first + room) {
        let pointer = look.pointer(at == chosen);
        let width = usize::from(inside.width).saturating_sub(text::width(pointer));
        let (line, style) = entries.line(state, at, width);
        let line = text::fit(&format!("{pointer}{line}"), inside.width.into(), false);
        let style = match at == chosen {
            true => look.cursor(),
            false => style,
        };
        let y = inside.y + 1 + (at - first) as u16;
        put(frame, inside.x, y, &line, style, inside.width);
    }
    let part = Rect {
        y: inside.y + inside.height - below,
        height: below,
        ..inside
    };
    if below > 0 {
        let rule = look.sign("┄", " ").repeat(usize::from(part.width));
        put(frame, part.x, part.y, &rule, look.faint(), part.width);
        let part = Rect {
            y: part.y + 1,
            height: below - 1,
            ..part
        };
        let lines = entries.whole(state, chosen, part.width.into());
        for (line, y) in lines.iter().zip(part.y..part.y + part.height) {
            put(frame, part.x, y, &line.0, line.1, part.width);
        }
        let rule = Rect {
            y: part.y - 1,
            height: 1,
            ..part
        };
        More::of(0, part.height.into(), lines.len()).draw_in_line(frame, look, rule);
    }
}

/// A message in one line: when, how it was meant, its beginning.
fn said(state: &State, toast: &Toast) -> String {
    let form = match toast.at.date() == state.toasts.time().date() {
        true => "%H:%M:%S",
        false => "%m-%d %H:%M",
    };
    let times = match toast.count {
        1 => String::new(),
        count => format!(" ({count} times)"),
    };
    let text = toast.text.lines().next().unwrap_or_default();
    format!(
        "{}  {:5}  {}{times}",
        toast.at.format(form),
        toast.tone.name(),
        state.look.said(text)
    )
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
    let is_reading = from != Choosing::Messages && state.jobs.busy(Slot::Queries).is_some();
    let text = match from {
        _ if is_reading => "reading …".to_owned(),
        _ if !search.text().is_empty() => "nothing fits".to_owned(),
        Choosing::History => "Nothing was asked yet.".to_owned(),
        Choosing::Saved => {
            let key = state.keymap.key_in_text(Action::SaveQuery);
            format!("No query is saved yet: `{key}` saves the text of a tab.")
        }
        Choosing::Messages => "Nothing was said yet.".to_owned(),
    };
    let y = inside.y + 1;
    put(frame, inside.x, y, &text, state.look.faint(), inside.width);
}
