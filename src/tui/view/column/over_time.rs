//! A column over all days: lines of its median and mean inside a band of 10 to
//! 90 %, and its share of NULLs.

use chrono::{DateTime, NaiveDate, TimeDelta};
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Line};

use super::{Lines, short};
use crate::browse::over_time::{DayOfColumn, Spread};
use crate::browse::profile::Scale;
use crate::tui::state::State;
use crate::tui::text;

/// Lines that a chart takes at most.
const HIGHEST: u16 = 12;
/// Lines of one that is scrolled to.
const LEAST: u16 = 6;

/// Draws what is known of the days; `all` is how many there are.
pub fn draw(
    lines: &mut Lines,
    state: &State,
    days: &[DayOfColumn],
    scale: Option<Scale>,
    all: usize,
) {
    let look = state.look;
    let known = if days.len() < all {
        format!(" ({} of {all} days read)", days.len())
    } else {
        String::new()
    };
    let all_rows = match state.seen().view.filter {
        Some(_) => ", all rows",
        None => "",
    };
    lines.line(&format!("over time{all_rows}{known}"), look.heading());
    if days.is_empty() {
        return;
    }
    let spread = |d: &DayOfColumn| Some((d.day, d.spread?));
    let spreads: Vec<(NaiveDate, Spread)> = match scale {
        Some(_) => days.iter().filter_map(spread).collect(),
        None => Vec::new(),
    };
    if look.is_accessible {
        in_words(lines, state, &spreads, scale);
    } else if !spreads.is_empty() {
        // Where there is no room for it all the same, it is one that can be read.
        let height = match lines.left() {
            0..8 => LEAST,
            left => (left - 5).min(HIGHEST),
        };
        chart(lines, state, &spreads, height, scale);
    }
    nulls(lines, state, days);
}

/// The days one below the other, as many as there is room for.
fn in_words(
    lines: &mut Lines,
    state: &State,
    spreads: &[(NaiveDate, Spread)],
    scale: Option<Scale>,
) {
    let room = match lines.left() {
        0..5 => LEAST.into(),
        left => usize::from(left - 3),
    };
    let texts = spreads.iter().map(|(day, spread)| {
        let [low, median, high] =
            [spread.low, spread.median, spread.high].map(|number| worded(number, scale));
        [
            format!("{day} median {median},"),
            format!("10 to 90 % {low} to {high}"),
        ]
    });
    let texts: Vec<[String; 2]> = texts.collect();
    let width = |[first, second]: &[String; 2]| text::width(first) + 1 + text::width(second);
    let is_one = texts
        .iter()
        .all(|text| width(text) <= usize::from(lines.width()));
    let room = if is_one { room } else { (room / 2).max(1) };
    let step = texts.len().div_ceil(room).max(1);
    // Counted from the newest, which is always there.
    for [first, second] in texts.iter().rev().step_by(step) {
        if is_one {
            lines.line(&format!("{first} {second}"), state.look.faint());
        } else {
            lines.line(first, state.look.faint());
            lines.line(&format!("  {second}"), state.look.faint());
        }
    }
}

fn chart(
    lines: &mut Lines,
    state: &State,
    spreads: &[(NaiveDate, Spread)],
    height: u16,
    scale: Option<Scale>,
) {
    let look = state.look;
    let lows = spreads.iter().map(|(_, s)| s.low.min(s.mean));
    let highs = spreads.iter().map(|(_, s)| s.high.max(s.mean));
    let low = lows.fold(f64::INFINITY, f64::min);
    let high = highs.fold(f64::NEG_INFINITY, f64::max);
    // A column that never moved is a line in the middle.
    let (bottom, top) = if high > low {
        (low, high)
    } else {
        (low - 1.0, high + 1.0)
    };
    let labels = [worded(top, scale), worded(bottom, scale)];
    let axis = labels.iter().map(|l| text::width(l)).max().unwrap_or(0) as u16 + 1;
    let axis = axis.min(lines.width() / 2);
    for (label, y) in labels.iter().zip([lines.y, lines.y + height - 1]) {
        let label = text::fit(label, usize::from(axis - 1), true);
        lines.put(0, y, &label, look.faint(), axis);
    }
    let area = Rect::new(axis, lines.y, lines.width() - axis, height);
    let first = spreads.first().map_or(0, |(day, _)| day.to_epoch_days());
    let last = spreads.last().map_or(0, |(day, _)| day.to_epoch_days());
    let span = f64::from((last - first).max(1));
    let at = |day: &NaiveDate| f64::from(day.to_epoch_days() - first);
    // The band, column by column of the screen, straight between days.
    let row = |value: f64| {
        let share = (value - bottom) / (top - bottom);
        let below = (share * f64::from(height - 1)).round().max(0.0) as u16;
        area.y + height - 1 - below.min(height - 1)
    };
    for x in 0..area.width {
        let day = f64::from(x) / f64::from(area.width.saturating_sub(1).max(1)) * span;
        let Some((low, high)) = band(spreads, at, day) else {
            continue;
        };
        for y in row(high)..=row(low) {
            lines.put(area.x + x, y, "░", look.faint(), 1);
        }
    }
    let colour = |colour: Color| if look.is_plain { Color::Reset } else { colour };
    let polyline = |value: fn(&Spread) -> f64, colour: Color| -> Vec<Line> {
        let points: Vec<(f64, f64)> = spreads.iter().map(|(d, s)| (at(d), value(s))).collect();
        let only = points.first().filter(|_| points.len() == 1);
        let only = only.map(|point| [*point, *point]);
        let pairs = points.windows(2).map(|pair| [pair[0], pair[1]]);
        only.into_iter()
            .chain(pairs)
            .map(|[(x1, y1), (x2, y2)]| Line::new(x1, y1, x2, y2, colour))
            .collect()
    };
    let mean = polyline(|s| s.mean, colour(Color::Yellow));
    let median = polyline(|s| s.median, colour(Color::Cyan));
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, span])
        .y_bounds([bottom, top])
        .paint(|context| {
            for line in mean.iter().chain(&median) {
                context.draw(line);
            }
        });
    // A canvas does not look where the picture ends.
    canvas.render(area.intersection(lines.picture.area), &mut lines.picture);
    lines.y += height;
    if let ([(first, _), ..], [.., (last, _)]) = (spreads, spreads) {
        let (from, to) = (first.to_string(), last.to_string());
        let between = usize::from(area.width).saturating_sub(from.len() + to.len());
        let line = match spreads.len() {
            1 => from,
            _ => format!("{from}{}{to}", " ".repeat(between.max(1))),
        };
        lines.put(area.x, lines.y, &line, look.faint(), area.width);
        lines.y += 1;
    }
    legend(lines, state);
}

/// The band on a day that may lie between two.
fn band(
    spreads: &[(NaiveDate, Spread)],
    at: impl Fn(&NaiveDate) -> f64,
    day: f64,
) -> Option<(f64, f64)> {
    let after = spreads.iter().position(|(d, _)| at(d) >= day)?;
    let (right_day, right) = &spreads[after];
    let (left_day, left) = &spreads[after.saturating_sub(1)];
    let gap = at(right_day) - at(left_day);
    let share = if gap > 0.0 {
        (day - at(left_day)) / gap
    } else {
        1.0
    };
    let between = |from: f64, to: f64| from + (to - from) * share;
    Some((between(left.low, right.low), between(left.high, right.high)))
}

fn legend(lines: &mut Lines, state: &State) {
    let look = state.look;
    let y = lines.y;
    if look.is_plain {
        return lines.line("━ median and mean  ░ 10-90 %", look.faint());
    }
    lines.line("━ median  ━ mean  ░ 10-90 %", look.faint());
    lines.put(0, y, "━", look.accent(), 1);
    lines.put(10, y, "━", look.changed(), 1);
}

/// The share of NULLs, a bar per day.
fn nulls(lines: &mut Lines, state: &State, days: &[DayOfColumn]) {
    let look = state.look;
    let share = |d: &DayOfColumn| d.nulls as f64 / d.rows.max(1) as f64;
    let most = days.iter().map(share).fold(0.0, f64::max);
    if most <= 0.0 {
        lines.fact("nulls", "none on any day", look.faint());
        return;
    }
    let last = days.last().map_or(0.0, share);
    if !look.is_accessible {
        let width = lines.width().saturating_sub(10);
        let line = sparkline(state, days, width, share, most);
        lines.fact("nulls", &line, look.faint());
    }
    let worst = format!("{:.1} %, at most {:.1} %", last * 100.0, most * 100.0);
    let name = if look.is_accessible { "nulls" } else { "" };
    lines.fact(name, &worst, look.faint());
}

/// A line of bars, one per column of the screen.
fn sparkline(
    state: &State,
    days: &[DayOfColumn],
    width: u16,
    value: impl Fn(&DayOfColumn) -> f64,
    most: f64,
) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return String::new();
    };
    let all = (last.day - first.day).num_days().max(1);
    let columns = i64::from(width.saturating_sub(1));
    let place = |d: &DayOfColumn| ((d.day - first.day).num_days() * columns / all) as u16;
    (0..width)
        .map(|x| {
            let here = days.iter().filter(|d| place(d) == x);
            match here.map(&value).reduce(f64::max) {
                None => " ",
                Some(v) => state.look.bar(((v / most * 8.0).ceil() as u64).max(1)),
            }
        })
        .collect()
}

/// A number of a chart as a value of its column.
fn worded(number: f64, scale: Option<Scale>) -> String {
    match scale {
        Some(Scale::Date) => NaiveDate::from_ymd_opt(1970, 1, 1)
            .and_then(|d| d.checked_add_signed(TimeDelta::days(number.round() as i64)))
            .map_or_else(|| number.to_string(), |d| d.to_string()),
        Some(Scale::Timestamp) => DateTime::from_timestamp(number as i64, 0).map_or_else(
            || number.to_string(),
            |t| t.format("%Y-%m-%d %H:%M").to_string(),
        ),
        _ => short(&number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_is_straight_between_days() {
        let day = |d: u32| NaiveDate::from_ymd_opt(2024, 1, d).unwrap();
        let spread = |low: f64, high: f64| Spread {
            mean: 0.0,
            low,
            median: 0.0,
            high,
        };
        let spreads = [(day(1), spread(0.0, 10.0)), (day(5), spread(4.0, 30.0))];
        let at = |d: &NaiveDate| (*d - day(1)).num_days() as f64;
        assert_eq!(band(&spreads, at, 0.0), Some((0.0, 10.0)));
        assert_eq!(band(&spreads, at, 1.0), Some((1.0, 15.0)));
        assert_eq!(band(&spreads, at, 4.0), Some((4.0, 30.0)));
        assert_eq!(band(&spreads, at, 4.5), None);
    }
}
