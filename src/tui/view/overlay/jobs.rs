//! What is and was at work, and the log of one of them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{boxed, folded, inside_of, put};
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::look::Look;
use crate::tui::state::State;
use crate::tui::state::jobs::{End, Job};
use crate::tui::text;
use crate::tui::update::query::running::RUNNING;
use crate::tui::view::more::{self, More};

/// Where the jobs are, and the log of the one that is chosen.
struct Places {
    jobs: Rect,
    log: Rect,
}

fn places(look: Look, body: Rect, count: usize) -> Places {
    let inside = inside_of(look, body, (body.width, body.height));
    let lines = (inside.height / 2).min(count as u16);
    let used = (lines + 1).min(inside.height);
    Places {
        jobs: Rect {
            height: lines,
            ..inside
        },
        log: Rect {
            y: inside.y + used,
            height: inside.height - used,
            ..inside
        },
    }
}

/// The newest comes first.
fn nth(state: &State, at: usize) -> Option<&Job> {
    state.jobs.all().iter().rev().nth(at)
}

/// The log of a job, in lines of a width.
fn log(state: &State, at: usize, width: u16) -> Vec<String> {
    let log = nth(state, at).map_or(&[][..], |job| &job.log);
    let lines = log.iter().flat_map(|line| line.lines());
    lines
        .flat_map(|line| folded(&state.look.said(line), width.into()))
        .collect()
}

/// Lines of a log that are in sight.
pub fn room(state: &State, body: Rect) -> usize {
    places(state.look, body, state.jobs.all().len())
        .log
        .height
        .into()
}

/// How far the log of a job can be scrolled back.
pub fn last_scroll(state: &State, body: Rect, chosen: usize) -> usize {
    let places = places(state.look, body, state.jobs.all().len());
    let lines = log(state, chosen, places.log.width).len();
    lines.saturating_sub(places.log.height.into())
}

/// Draws them; `scroll` counts from the end of the log.
pub fn draw(frame: &mut Frame<'_>, state: &State, body: Rect, chosen: usize, scroll: usize) {
    let look = state.look;
    let size = (body.width, body.height);
    let count = state.jobs.all().len();
    let inside = boxed(frame, state, body, size, "Jobs", More::default());
    if count == 0 {
        let key = state.keymap.key(Action::Export);
        let text = format!("Nothing is at work. `{key}` runs an export.");
        put(frame, inside.x, inside.y, &text, look.faint(), inside.width);
        return;
    }
    let chosen = chosen.min(count - 1);
    let places = places(look, body, count);
    let room = usize::from(places.jobs.height);
    let first = more::first(chosen, room);
    for (y, at) in (places.jobs.y..).zip(first..count.min(first + room)) {
        let Some(job) = nth(state, at) else { break };
        let (line, style) = line(state, job);
        let style = match at == chosen {
            true => style.patch(look.cursor()),
            false => style,
        };
        let line = format!("{}{line}", look.pointer(at == chosen));
        let line = text::fit(&line, inside.width.into(), false);
        put(frame, inside.x, y, &line, style, inside.width);
    }
    More::of(first, room, count).draw(frame, look, places.jobs);
    let log = log(state, chosen, places.log.width);
    let room = usize::from(places.log.height);
    let first = log.len().saturating_sub(room).saturating_sub(scroll);
    for (line, y) in log.iter().skip(first).take(room).zip(places.log.y..) {
        put(frame, inside.x, y, line, Style::new(), inside.width);
    }
    // In the line between, for a log is as wide as its place.
    let between = Rect {
        y: places.log.y - 1,
        height: 1,
        ..inside
    };
    More::of(first, room, log.len()).draw_in_line(frame, look, between);
}

fn line(state: &State, job: &Job) -> (String, Style) {
    let look = state.look;
    let seconds = |ms: u64| words::seconds(ms as f64 / 1000.0);
    let (status, style) = match &job.ended {
        Some((ended, End::Done)) => (
            format!("done in {}", seconds(ended - job.began)),
            look.good(),
        ),
        Some((_, End::Failed(_))) => ("failed".to_owned(), look.bad()),
        Some((_, End::Cancelled)) => ("cancelled".to_owned(), look.faint()),
        None if job.interrupt.is_requested() => {
            let mut answers = state.query.tabs.iter().flat_map(|tab| &tab.answers);
            let is_kept = answers.any(|a| a.job == job.id && a.is_being_kept());
            let status = match is_kept {
                true => "cancelled, keeping the rows that came",
                false => "cancelling",
            };
            (status.to_owned(), look.faint())
        }
        None => {
            let share = job
                .share(state.now)
                .map(|share| format!("{:.0} % ", share * 100.0));
            let took = seconds(state.now.saturating_sub(job.began));
            (
                format!("{}{took}", share.unwrap_or_default()),
                look.accent(),
            )
        }
    };
    // What has ended is not running.
    let is_over = job.ended.is_some();
    let title = job
        .title
        .strip_prefix(RUNNING)
        .filter(|_| is_over)
        .unwrap_or(&job.title);
    (format!("{title}  {status}  {}", job.at), style)
}
