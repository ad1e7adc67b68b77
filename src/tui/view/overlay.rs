//! What lies over the screen.

pub mod choose;
mod frequencies;
mod help;
mod jobs;
mod record;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear};

use super::put;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::layout;
use crate::tui::look::Look;
use crate::tui::palette;
use crate::tui::state::overlay::{Line, Overlay, Question};
use crate::tui::state::{Screen, State};
use crate::tui::text;
use crate::tui::update::reason;
use crate::tui::view::more::{self, More};

/// Draws what lies on top.
pub fn draw(frame: &mut Frame<'_>, state: &State, body: Rect) {
    match state.overlay() {
        None => {}
        Some(Overlay::Help { search, scroll }) => help::draw(frame, state, body, search, *scroll),
        Some(Overlay::Palette { search, chosen }) => {
            draw_palette(frame, state, body, search, *chosen);
        }
        Some(Overlay::Ask {
            question,
            line,
            error,
        }) => ask(frame, state, body, *question, line, error.as_deref()),
        Some(Overlay::Choose {
            from,
            search,
            chosen,
        }) => choose::draw(frame, state, body, *from, search, *chosen),
        Some(Overlay::Frequencies { search, chosen }) => {
            frequencies::draw(frame, state, body, search, *chosen);
        }
        // Drawn where it belongs: below the text.
        Some(Overlay::Find(_)) => {}
        Some(
            Overlay::Record { scroll }
            | Overlay::Difference { scroll }
            | Overlay::Text { scroll, .. },
        ) => listing(frame, state, body, *scroll),
        Some(Overlay::Jobs { chosen, scroll }) => jobs::draw(frame, state, body, *chosen, *scroll),
    }
}

/// How far what lies on top can be scrolled; None: it cannot.
pub fn last_scroll(state: &State) -> Option<usize> {
    let body = layout::areas(state).body;
    Some(match state.overlay()? {
        Overlay::Help { search, .. } => help::last_scroll(state, body, search),
        Overlay::Jobs { chosen, .. } => jobs::last_scroll(state, body, *chosen),
        _ => {
            let (_, lines) = reading(state, body)?;
            lines.len().saturating_sub(room(state.look, body))
        }
    })
}

/// Lines that a key for a page goes on by: one that was seen stays in sight.
pub fn page(state: &State) -> usize {
    let body = layout::areas(state).body;
    let room = match state.overlay() {
        Some(Overlay::Jobs { .. }) => jobs::room(state, body),
        _ => room(state.look, body),
    };
    room.saturating_sub(1).max(1)
}

/// What there is to be read, and its title.
fn reading(state: &State, body: Rect) -> Option<(String, Vec<(String, Style)>)> {
    let width = usize::from(body.width.saturating_sub(2)).max(1);
    match state.overlay()? {
        Overlay::Record { .. } => Some(record::lines(state, body)),
        Overlay::Difference { .. } => {
            let lines = super::diff::difference(state).into_iter();
            let lines = lines.flat_map(|(line, style)| {
                let lines = folded(&line, width).into_iter();
                lines.map(move |line| (line, style))
            });
            Some(("A difference".to_owned(), lines.collect()))
        }
        Overlay::Text { title, text, .. } => {
            let lines = text.lines().flat_map(|line| folded(line, width));
            let lines = lines.map(|line| (line, Style::new()));
            Some((title.clone(), lines.collect()))
        }
        _ => None,
    }
}

/// Lines in the largest box over the body.
fn room(look: Look, body: Rect) -> usize {
    inside_of(look, body, (body.width, body.height))
        .height
        .into()
}

/// Where a box over the body is.
fn outside_of(body: Rect, size: (u16, u16)) -> Rect {
    let width = size.0.min(body.width);
    let height = size.1.min(body.height);
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 3,
        width,
        height,
    )
}

/// The room inside it: below its title, and within its border where it has one.
fn inside_of(look: Look, body: Rect, size: (u16, u16)) -> Rect {
    match look.is_accessible {
        // What is read aloud line by line has nothing beside it.
        true => Rect::new(
            body.x,
            body.y + 1,
            body.width,
            body.height.saturating_sub(1),
        ),
        false => Block::bordered().inner(outside_of(body, size)),
    }
}

/// Draws a box over the body, with what of its lines is out of sight, and returns the
/// room inside it.
fn boxed(
    frame: &mut Frame<'_>,
    state: &State,
    body: Rect,
    size: (u16, u16),
    title: &str,
    more: More,
) -> Rect {
    let look = state.look;
    if look.is_accessible {
        frame.render_widget(Clear, body);
        put(frame, body.x, body.y, title, look.heading(), body.width);
        let line = Rect { height: 1, ..body };
        more.draw_in_line(frame, look, line);
    } else {
        let area = outside_of(body, size);
        frame.render_widget(Clear, area);
        let block = Block::bordered()
            .title(format!(" {title} "))
            .border_style(look.accent());
        frame.render_widget(block, area);
        let within = Rect {
            width: area.width.saturating_sub(2),
            x: area.x + 1,
            ..area
        };
        more.draw(frame, look, within);
    }
    inside_of(look, body, size)
}

/// Lines to be read, from `scroll` on; it does not go past the end.
fn listing(frame: &mut Frame<'_>, state: &State, body: Rect, scroll: usize) {
    let Some((title, lines)) = reading(state, body) else {
        return;
    };
    let widest = lines.iter().map(|(line, _)| text::width(line)).max();
    let size = (
        widest.unwrap_or(0).max(30) as u16 + 2,
        lines.len().min(usize::from(body.height)) as u16 + 2,
    );
    let height = room(state.look, body);
    let scroll = scroll.min(lines.len().saturating_sub(height));
    let more = More::of(scroll, height, lines.len());
    let inside = boxed(frame, state, body, size, &title, more);
    let shown = lines.iter().skip(scroll).take(inside.height.into());
    for ((line, style), y) in shown.zip(inside.y..) {
        put(frame, inside.x, y, line, *style, inside.width);
    }
}

/// A line that is typed, with the terminal's cursor in it.
pub fn typed(frame: &mut Frame<'_>, line: &Line, x: u16, y: u16, width: u16) {
    let (before, behind) = line.split();
    // The end of a long text before the cursor is what is seen.
    let most = usize::from(width.saturating_sub(1));
    let mut shown = text::clean(before);
    while text::width(&shown) > most && !shown.is_empty() {
        shown.remove(0);
    }
    let at = x + text::width(&shown) as u16;
    put(
        frame,
        x,
        y,
        &format!("{shown}{behind}"),
        Style::new(),
        width,
    );
    frame.set_cursor_position(Position::new(at, y));
}

fn ask(
    frame: &mut Frame<'_>,
    state: &State,
    body: Rect,
    question: Question,
    line: &Line,
    error: Option<&str>,
) {
    let width = usize::from(body.width.min(90)).saturating_sub(2);
    let lines = error.map(str::lines).into_iter().flatten();
    let mut notes: Vec<(String, Style)> = Vec::new();
    let lines = lines.flat_map(|line| text::folded(line, width));
    notes.extend(lines.map(|line| (line, state.look.bad())));
    for chance in chances(state, question) {
        let lines = text::folded(
            &format!("Careful: {chance}, so an export may publish other rows of the same data"),
            width,
        );
        notes.extend(lines.into_iter().map(|line| (line, state.look.changed())));
    }
    let size = (body.width.min(90), 3 + notes.len() as u16);
    let title = match (&state.query.asking, question) {
        (Some(asking), Question::Parameter) => {
            let name = asking.names.front().map_or("", String::as_str);
            format!(
                "{} ${name} ('…' is text whatever it looks like)",
                question.title()
            )
        }
        (_, Question::SaveRows) if state.screen != Screen::Diff => {
            let grid = state.seen();
            let title = match grid.hidden() {
                0 => question.title().to_owned(),
                hidden => format!(
                    "Write the rows to, without {} (`{}` shows all)",
                    words::count(hidden as u64, "hidden column"),
                    state.keymap.key(Action::ShowAllColumns)
                ),
            };
            match state.first_rows() {
                Some(_) => title.replace("the rows", "the first rows"),
                None => title,
            }
        }
        (_, Question::Remove) => {
            let name = state.query.current().saved.as_deref().unwrap_or_default();
            format!("Remove `{name}`? `yes` moves its file to `.workbench/removed/`")
        }
        _ => question.title().to_owned(),
    };
    let inside = boxed(frame, state, body, size, &title, More::default());
    typed(frame, line, inside.x, inside.y, inside.width);
    if line.is_selected() {
        let width = text::width(&text::clean(line.text())) as u16;
        let area = Rect::new(inside.x, inside.y, width.min(inside.width), 1);
        frame.buffer_mut().set_style(area, state.look.selected());
    }
    for (at, (text, style)) in notes.iter().enumerate() {
        let y = inside.y + 1 + at as u16;
        if y < inside.y + inside.height {
            put(frame, inside.x, y, text, *style, inside.width);
        }
    }
}

/// Why the rows of what is asked about may be others another time.
fn chances(state: &State, question: Question) -> &[String] {
    let is_asked = matches!(
        question,
        Question::FeatureName | Question::FeatureKey | Question::FeatureAbout
    );
    let making = state.query.making.as_ref().filter(|_| is_asked);
    let looked = making.and_then(|making| making.looked.as_ref());
    looked.map_or(&[], |looked| &looked.chances)
}

fn size_of_palette(body: Rect) -> (u16, u16) {
    (body.width.min(76), body.height.min(20))
}

/// The entry of the palette that is at a place of the screen.
pub fn palette_line_at(look: Look, body: Rect, chosen: usize, at: Position) -> Option<usize> {
    let inside = inside_of(look, body, size_of_palette(body));
    let room = usize::from(inside.height.saturating_sub(1));
    let line = usize::from(at.y.checked_sub(inside.y + 1)?);
    let first = more::first(chosen, room);
    (inside.contains(at) && line < room).then_some(first + line)
}

fn draw_palette(frame: &mut Frame<'_>, state: &State, body: Rect, search: &Line, chosen: usize) {
    let entries = palette::entries(state, search.text());
    let size = size_of_palette(body);
    let inside = inside_of(state.look, body, size);
    let room = usize::from(inside.height.saturating_sub(1));
    let chosen = chosen.min(entries.len().saturating_sub(1));
    let first = more::first(chosen, room);
    let more = More::of(first, room, entries.len());
    boxed(frame, state, body, size, "What to do", more);
    typed(frame, search, inside.x, inside.y, inside.width);
    for (line, (at, entry)) in entries
        .iter()
        .enumerate()
        .skip(first)
        .take(room)
        .enumerate()
    {
        let width = usize::from(inside.width);
        let keys = text::width(&entry.keys);
        let title = format!("{}{}", state.look.pointer(at == chosen), entry.title);
        let title = text::fit(&title, width.saturating_sub(keys + 1), false);
        let is_possible = match entry.does {
            crate::tui::state::overlay::Choice::Act(action) => reason(state, action).is_none(),
            _ => true,
        };
        let style = match at == chosen {
            true => state.look.cursor(),
            false if is_possible => Style::new(),
            false => state.look.faint(),
        };
        let y = inside.y + 1 + line as u16;
        let text = format!("{title} {}", entry.keys);
        put(frame, inside.x, y, &text, style, inside.width);
    }
    if entries.is_empty() {
        let y = inside.y + 1;
        let faint = state.look.faint();
        put(frame, inside.x, y, "nothing fits", faint, inside.width);
    }
}

/// A long value over several lines, broken between words where they are short enough.
fn folded(value: &str, width: usize) -> Vec<String> {
    let cleaned = text::clean(value);
    if text::width(&cleaned) <= width {
        return vec![cleaned];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in cleaned.split_inclusive(' ') {
        let wide = text::width(word.trim_end());
        if used > 0 && used + wide > width && wide <= width {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = text::width(c.encode_utf8(&mut [0; 4]));
            if used + wide > width {
                lines.push(String::new());
                used = 0;
            }
            used += wide;
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    lines
}
