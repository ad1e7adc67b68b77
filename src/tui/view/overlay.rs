//! What lies over the screen.

pub mod choose;
mod frequencies;
mod help;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear};

use super::put;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::look::Look;
use crate::tui::palette;
use crate::tui::state::jobs::End;
use crate::tui::state::overlay::{Line, Overlay, Question};
use crate::tui::state::{Screen, State};
use crate::tui::text;
use crate::tui::update::reason;

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
        Some(Overlay::Record { scroll }) => record(frame, state, body, *scroll),
        Some(Overlay::Difference { scroll }) => {
            let lines = super::diff::difference(state);
            listing(frame, state, body, "A difference", &lines, *scroll);
        }
        Some(Overlay::Text {
            title,
            text: whole,
            scroll,
        }) => {
            let width = usize::from(body.width.saturating_sub(2)).max(1);
            let lines = whole
                .lines()
                .flat_map(|line| match text::width(line) <= width {
                    true => vec![line.to_owned()],
                    false => folded(line, width),
                });
            let lines: Vec<(String, Style)> = lines.map(|line| (line, Style::new())).collect();
            listing(frame, state, body, title, &lines, *scroll);
        }
        Some(Overlay::Jobs { chosen, scroll }) => jobs(frame, state, body, *chosen, *scroll),
    }
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

/// Draws a box over the body, and returns the room inside it.
fn boxed(frame: &mut Frame<'_>, state: &State, body: Rect, size: (u16, u16), title: &str) -> Rect {
    if state.look.is_accessible {
        frame.render_widget(Clear, body);
        let heading = state.look.heading();
        put(frame, body.x, body.y, title, heading, body.width);
    } else {
        let area = outside_of(body, size);
        frame.render_widget(Clear, area);
        let block = Block::bordered()
            .title(format!(" {title} "))
            .border_style(state.look.accent());
        frame.render_widget(block, area);
    }
    inside_of(state.look, body, size)
}

/// Lines to be read, from `scroll` on; it does not go past the end.
fn listing(
    frame: &mut Frame<'_>,
    state: &State,
    body: Rect,
    title: &str,
    lines: &[(String, Style)],
    scroll: usize,
) {
    let widest = lines.iter().map(|(line, _)| text::width(line)).max();
    let size = (
        widest.unwrap_or(0).max(30) as u16 + 2,
        lines.len() as u16 + 2,
    );
    let inside = boxed(frame, state, body, size, title);
    let height = usize::from(inside.height);
    let scroll = scroll.min(lines.len().saturating_sub(height));
    for (at, (line, style)) in lines.iter().skip(scroll).take(height).enumerate() {
        put(
            frame,
            inside.x,
            inside.y + at as u16,
            line,
            *style,
            inside.width,
        );
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
            let hidden = grid.columns.iter().filter(|c| c.is_hidden).count();
            let answer = state.query.answer();
            let is_cut = state.screen == Screen::Query && answer.is_some_and(|a| a.is_cut);
            match hidden {
                0 if is_cut => question.title().replace("the rows", "the first rows"),
                0 => question.title().to_owned(),
                hidden => format!(
                    "Write the rows to, without {} (`{}` shows all)",
                    words::count(hidden as u64, "hidden column"),
                    state.keymap.key(Action::ShowAllColumns)
                ),
            }
        }
        (_, Question::Remove) => {
            let name = state.query.current().saved.as_deref().unwrap_or_default();
            format!("Remove `{name}`? `yes` moves its file to `.workbench/removed/`")
        }
        _ => question.title().to_owned(),
    };
    let inside = boxed(frame, state, body, size, &title);
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
    let first = (chosen + 1).saturating_sub(room);
    (inside.contains(at) && line < room).then_some(first + line)
}

fn draw_palette(frame: &mut Frame<'_>, state: &State, body: Rect, search: &Line, chosen: usize) {
    let entries = palette::entries(state, search.text());
    let inside = boxed(frame, state, body, size_of_palette(body), "What to do");
    typed(frame, search, inside.x, inside.y, inside.width);
    let room = usize::from(inside.height.saturating_sub(1));
    let chosen = chosen.min(entries.len().saturating_sub(1));
    let first = (chosen + 1).saturating_sub(room);
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

fn record(frame: &mut Frame<'_>, state: &State, body: Rect, scroll: usize) {
    let grid = state.seen();
    let before = grid.row_before(grid.cursor);
    let names = grid.fields().iter().map(|c| text::width(&c.name));
    let widest = names.max().unwrap_or(0).min(40);
    let mut lines = Vec::new();
    for (at, column) in grid.fields().iter().enumerate() {
        let name = text::fit(&column.name, widest, false);
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
        let room = usize::from(body.width).saturating_sub(widest + 5).max(8);
        let parts = value.split('\n').flat_map(|line| folded(line, room));
        for (line, part) in parts.enumerate() {
            let name = if line == 0 {
                name.clone()
            } else {
                " ".repeat(widest)
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
    let title = format!("Row {number} of {}{as_of}", words::grouped(grid.length()));
    listing(frame, state, body, &title, &lines, scroll);
}

/// A long value over several lines, broken between words where they are short enough.
fn folded(value: &str, width: usize) -> Vec<String> {
    let cleaned = text::clean(value);
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

fn jobs(frame: &mut Frame<'_>, state: &State, body: Rect, chosen: usize, scroll: usize) {
    let look = state.look;
    let inside = boxed(frame, state, body, (body.width, body.height), "Jobs");
    let jobs: Vec<_> = state.jobs.all().iter().rev().collect();
    if jobs.is_empty() {
        let text = "Nothing is at work. `x` runs an export.";
        put(frame, inside.x, inside.y, text, look.faint(), inside.width);
        return;
    }
    let chosen = chosen.min(jobs.len() - 1);
    let half = (inside.height / 2).min(jobs.len() as u16);
    for (at, job) in jobs.iter().enumerate().take(usize::from(half)) {
        let seconds = |ms: u64| words::seconds(ms as f64 / 1000.0);
        let (status, mut style) = match &job.ended {
            Some((ended, End::Done)) => (
                format!("done in {}", seconds(ended - job.began)),
                look.good(),
            ),
            Some((_, End::Failed(_))) => ("failed".to_owned(), look.bad()),
            Some((_, End::Cancelled)) => ("cancelled".to_owned(), look.faint()),
            None if job.interrupt.is_requested() => ("cancelling".to_owned(), look.faint()),
            None => {
                let share = job.share.map(|share| format!("{:.0} % ", share * 100.0));
                let took = seconds(state.now.saturating_sub(job.began));
                (
                    format!("{}{took}", share.unwrap_or_default()),
                    look.accent(),
                )
            }
        };
        if at == chosen {
            style = style.patch(look.cursor());
        }
        let pointer = look.pointer(at == chosen);
        let line = format!("{pointer}{}  {status}  {}", job.title, job.at);
        let line = text::fit(&line, usize::from(inside.width), false);
        put(
            frame,
            inside.x,
            inside.y + at as u16,
            &line,
            style,
            inside.width,
        );
    }
    let room = usize::from(inside.height.saturating_sub(half + 1));
    let log = &jobs[chosen].log;
    let end = log
        .len()
        .saturating_sub(scroll.min(log.len().saturating_sub(room)));
    let lines = log[..end].iter().skip(end.saturating_sub(room));
    for (at, line) in lines.enumerate() {
        let y = inside.y + half + 1 + at as u16;
        put(
            frame,
            inside.x,
            y,
            &look.said(line),
            Style::new(),
            inside.width,
        );
    }
}
