//! The column at the cursor: what it holds today, and over all days.

mod over_time;

use chrono::NaiveDate;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::more::More;
use super::put_in;
use crate::browse::over_time::DayOfColumn;
use crate::browse::profile::{Profile, Scale};
use crate::report::{figures, words};
use crate::tui::state::{Pane, State};
use crate::tui::text;

/// Parts of a range whose values are counted in words.
const PARTS: usize = 6;

/// Lines that the panel has at most.
const MOST: u16 = 120;

/// Lines one below the other, of which the screen may show only some.
struct Lines {
    picture: Buffer,
    /// Lines that the screen has for them.
    height: u16,
    y: u16,
}

impl Lines {
    fn put(&mut self, x: u16, y: u16, text: &str, style: Style, most: u16) {
        put_in(&mut self.picture, x, y, text, style, most);
    }

    fn width(&self) -> u16 {
        self.picture.area.width
    }

    fn line(&mut self, line: &str, style: Style) {
        self.put(0, self.y, line, style, self.width());
        self.y += 1;
    }

    fn fact(&mut self, name: &str, value: &str, faint: Style) {
        let y = self.y;
        self.line(name, faint);
        if self.width() > 12 {
            self.put(10, y, value, Style::new(), self.width() - 10);
        }
    }

    /// Lines of the screen that are left, if it is not scrolled.
    fn left(&self) -> u16 {
        self.height.saturating_sub(self.y)
    }
}

/// Draws the panel of the column at the cursor, from the line on that it is scrolled to.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(lines) = picture(state, area) else {
        return;
    };
    let count = usize::from(lines.y.min(MOST));
    let last = count.saturating_sub(area.height.into());
    let first = state.column_panel.scroll_of(state.seen()).min(last);
    for y in 0..area.height.min(MOST - first as u16) {
        for x in 0..area.width {
            let cell = lines.picture[(x, first as u16 + y)].clone();
            frame.buffer_mut()[(area.x + x, area.y + y)] = cell;
        }
    }
    More::of(first, area.height.into(), count).draw(frame, state.look, area);
}

/// How far the panel can be scrolled.
pub fn last_scroll(state: &State, area: Rect) -> usize {
    let lines = picture(state, area).map_or(0, |lines| lines.y.min(MOST));
    lines.saturating_sub(area.height).into()
}

fn picture(state: &State, area: Rect) -> Option<Lines> {
    let table = state.seen().table.as_ref()?;
    let column = state.seen().column_at_cursor()?;
    if area.height == 0 {
        return None;
    }
    let look = state.look;
    let faint = look.faint();
    let mut lines = Lines {
        picture: Buffer::empty(Rect::new(0, 0, area.width, MOST)),
        height: area.height,
        y: 0,
    };
    let style = match state.pane {
        Pane::Columns => look.focus(),
        _ => look.heading(),
    };
    lines.line(
        &format!("{} {}", column.name, column.ty.to_lowercase()),
        style,
    );
    let dataset = table.partition().map(|opened| &opened.id.dataset);
    let name = dataset.map(|dataset| (dataset.to_string(), column.name.clone()));
    let described = state.descriptions.as_ref().zip(name);
    let description = described.and_then(|(all, name)| all.get(&name));
    if let Some(description) = description {
        for part in text::folded(description, area.width.into()) {
            lines.line(&part, faint);
        }
    }
    if let Some(error) = &state.column_panel.error {
        let parts = error
            .lines()
            .flat_map(|l| text::folded(l, area.width.into()));
        parts.for_each(|part| lines.line(&part, look.bad()));
        return Some(lines);
    }
    let filter = state.seen().view.filter.clone();
    let of = (table.identity(), column.name.clone(), filter);
    match state.column_panel.profile(&of) {
        None => lines.line("reading …", faint),
        Some(profile) => {
            let first = state.first_rows().map(|rows| words::count(rows, "row"));
            let rows = words::count(profile.rows, "row");
            let of = match (of.2.is_some(), first) {
                (true, Some(first)) => Some(format!(
                    "of the {rows} of the filter, of the first {first}, cancelled"
                )),
                (true, None) => Some(format!("of the {rows} of the filter")),
                (false, Some(first)) => Some(format!("of the first {first}, cancelled")),
                (false, None) => None,
            };
            let of = of.map(|of| text::folded(&of, area.width.into()));
            for part in of.unwrap_or_default() {
                lines.line(&part, look.accent());
            }
            draw_profile(&mut lines, state, profile);
        }
    }
    let Some(dataset) = dataset else {
        return Some(lines);
    };
    lines.line("", faint);
    let days = state.days_of(dataset);
    let known: Vec<DayOfColumn> = days
        .values()
        .filter_map(|live| {
            let hash = live.partition.staged.blake3;
            let of = state.column_panel.day(hash, &column.name)??;
            // The same content may stand on two days.
            Some(DayOfColumn {
                day: live.partition.staged.id.ingest_date,
                ..of
            })
        })
        .collect();
    over_time::draw(&mut lines, state, &known, Scale::of(column), days.len());
    Some(lines)
}

fn draw_profile(lines: &mut Lines, state: &State, profile: &Profile) {
    let faint = state.look.faint();
    let share = |n: u64| match profile.rows {
        0 => String::new(),
        rows => format!(" ({:.1} %)", n as f64 * 100.0 / rows as f64),
    };
    lines.fact(
        "nulls",
        &(words::grouped(profile.nulls) + &share(profile.nulls)),
        faint,
    );
    let about = if profile.distinct_is_about {
        "about "
    } else {
        ""
    };
    let distinct = format!("{about}{}", words::grouped(profile.distinct));
    lines.fact("distinct", &distinct, faint);
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| state.look.null().into());
    if let Some(numbers) = &profile.numbers {
        lines.fact("min", &shown(&profile.min), faint);
        let [low, median, high] = &numbers.quartiles;
        lines.fact("25 %", &short(&shown(low)), faint);
        lines.fact("median", &short(&shown(median)), faint);
        lines.fact("75 %", &short(&shown(high)), faint);
        lines.fact("max", &shown(&profile.max), faint);
        lines.fact("mean", &short(&shown(&numbers.mean)), faint);
        if state.look.is_accessible {
            parts(lines, profile, &numbers.histogram);
        } else if !numbers.histogram.is_empty() {
            histogram(lines, state, &numbers.histogram);
            let ends = [&profile.min, &profile.max].map(|end| short(&shown(end)));
            let between = numbers.histogram.len();
            let between = between.saturating_sub(ends[0].len() + ends[1].len()).max(1);
            let line = ends.join(&" ".repeat(between));
            lines.line(&line, faint);
        }
        return;
    }
    let most = profile.top.iter().map(|(_, n)| *n).max().unwrap_or(1);
    for (value, count) in &profile.top {
        let width = usize::from(lines.width());
        let number = words::grouped(*count);
        let room = width.saturating_sub(number.len() + 8);
        let name = match value {
            Some(text) if text.is_empty() => "(empty)".to_owned(),
            Some(text) => text.clone(),
            None => state.look.null().to_owned(),
        };
        let bar = state.look.length(*count, most, 6);
        let line = format!("{} {number} {bar}", text::fit(&name, room, false));
        lines.line(&line, Style::new());
    }
}

/// A number in as many digits as a person reads; what is none as it is.
fn short(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => figures::number(value, 4),
        _ => number.to_owned(),
    }
}

/// What a histogram shows, in words: how many values each part of the range has.
fn parts(lines: &mut Lines, profile: &Profile, bars: &[u64]) {
    let end = |value: &Option<String>| {
        let text = value.as_deref()?;
        let day = || text.get(..10)?.parse::<NaiveDate>().ok();
        let days = |day: NaiveDate| f64::from(day.to_epoch_days());
        match text.parse::<f64>() {
            Ok(number) => Some((number, false)),
            Err(_) => Some((days(day()?), true)),
        }
    };
    let (Some((low, are_days)), Some((high, _))) = (end(&profile.min), end(&profile.max)) else {
        return;
    };
    if bars.is_empty() || !(high - low).is_finite() || high <= low {
        return;
    }
    let at = |bar: usize| {
        let value = low + (high - low) * bar as f64 / bars.len() as f64;
        match NaiveDate::from_epoch_days(value.round() as i32).filter(|_| are_days) {
            Some(day) => day.to_string(),
            None => figures::number(value, 4),
        }
    };
    let each = bars.len().div_ceil(PARTS);
    for (part, counts) in bars.chunks(each).enumerate() {
        let (from, to) = (at(part * each), at(part * each + counts.len()));
        let rows = words::count(counts.iter().sum(), "row");
        lines.line(&format!("{from} to {to}: {rows}"), Style::new());
    }
}

fn histogram(lines: &mut Lines, state: &State, bars: &[u64]) {
    let most = bars.iter().copied().max().unwrap_or(0).max(1);
    let line: String = bars
        .iter()
        .map(|n| match n {
            0 => state.look.bar(0),
            n => state.look.bar((n * 8).div_ceil(most)),
        })
        .collect();
    lines.line(&line, state.look.accent());
}
