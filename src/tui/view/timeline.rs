//! The timeline: a bar per snapshot, spaced by time, as high as it has rows; and
//! signs where more changed than rows.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::put;
use crate::browse::timeline::Day;
use crate::report::words;
use crate::tui::state::State;
use crate::tui::text;

/// Draws the timeline: bars, then signs, then dates, as there is room.
pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(timeline) = state.timeline().filter(|_| area.height > 0) else {
        return;
    };
    let days = &timeline.days;
    let shown = state.shown_at();
    if state.look.is_accessible {
        return in_words(frame, state, days, area);
    }
    let most = days.iter().map(|d| d.rows).max().unwrap_or(0);
    let mark = state.marked().map(|day| day.date);
    let look = state.look;
    for column in 0..area.width {
        let here = in_column(days, area.width, column);
        if here.is_empty() {
            continue;
        }
        let is_shown = shown.is_some_and(|at| here.contains(&at));
        let rows = days[here.clone()].iter().map(|d| d.rows).max().unwrap_or(0);
        // A day without rows is a day, too.
        let eighths = (rows * 8).checked_div(most).unwrap_or(0).max(1);
        let style = if is_shown { look.focus() } else { look.faint() };
        let x = area.x + column;
        put(frame, x, area.y, look.bar(eighths), style, 1);
        if area.height > 1 {
            let is_marked = mark.is_some_and(|m| days[here.clone()].iter().any(|d| d.date == m));
            let (sign, style) = sign(state, &days[here], is_shown, is_marked);
            put(frame, x, area.y + 1, sign, style, 1);
        }
    }
    if area.height > 2 {
        dates(frame, state, days, area);
    }
}

/// What the bars and signs would show.
fn in_words(frame: &mut Frame<'_>, state: &State, days: &[Day], area: Rect) {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return;
    };
    let count = words::count(days.len() as u64, "snapshot");
    let mut lines = vec![format!("{count} from {} to {}", first.date, last.date)];
    let (mut signs, faint) = (Vec::new(), state.look.faint());
    for day in days {
        let mut add = |is_so: bool, what: &str| {
            if is_so {
                signs.push(format!("{what} on {}", day.date));
            }
        };
        add(day.schema_changed, "columns changed");
        add(day.revision_changed && !day.schema_changed, "SQL changed");
        add(day.recomputed, "computed later");
    }
    // The newest are wanted most.
    signs.reverse();
    lines.extend(text::folded(&signs.join(", "), area.width.into()));
    for (y, line) in (area.y..area.y + area.height).zip(&lines) {
        put(frame, area.x, y, line, faint, area.width);
    }
}

/// The places in `days` that fall into a column.
fn in_column(days: &[Day], width: u16, column: u16) -> std::ops::Range<usize> {
    let place = |at: &usize| place(days, width, *at);
    let begin = (0..days.len()).find(|at| place(at) >= column);
    let begin = begin.unwrap_or(days.len());
    let end = (begin..days.len()).find(|at| place(at) > column);
    begin..end.unwrap_or(days.len())
}

/// The column of a day.
fn place(days: &[Day], width: u16, at: usize) -> u16 {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return 0;
    };
    let all = (last.date - first.date).num_days();
    let here = (days[at].date - first.date).num_days();
    let columns = i64::from(width.saturating_sub(1));
    if all == 0 {
        return 0;
    }
    (here * columns / all) as u16
}

/// The day nearest to a column of the screen.
pub fn day_at(days: &[Day], area: Rect, x: u16) -> Option<usize> {
    let column = x.saturating_sub(area.x);
    (0..days.len()).min_by_key(|at| place(days, area.width, *at).abs_diff(column))
}

fn sign(state: &State, days: &[Day], is_shown: bool, is_marked: bool) -> (&'static str, Style) {
    let look = state.look;
    if is_shown {
        return (look.sign("▲", "^"), look.focus());
    }
    if is_marked {
        return ("m", look.accent());
    }
    if days.iter().any(|d| d.schema_changed) {
        return (look.sign("◆", "S"), look.changed());
    }
    if days.iter().any(|d| d.revision_changed) {
        return (look.sign("◇", "R"), look.changed());
    }
    if days.iter().any(|d| d.recomputed) {
        return (look.sign("↻", "C"), look.changed());
    }
    (" ", Style::new())
}

/// The first and the last date, and what the signs mean that are seen.
fn dates(frame: &mut Frame<'_>, state: &State, days: &[Day], area: Rect) {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return;
    };
    let look = state.look;
    let y = area.y + 2;
    let faint = look.faint();
    put(frame, area.x, y, &first.date.to_string(), faint, area.width);
    if days.len() > 1 && area.width > 22 {
        put(
            frame,
            area.x + area.width - 10,
            y,
            &last.date.to_string(),
            faint,
            10,
        );
    }
    let mut legend = Vec::new();
    let mut add = |is_there: bool, sign: &str, what: &str| {
        if is_there {
            legend.push(format!("{sign} {what}"));
        }
    };
    add(
        days.iter().any(|d| d.schema_changed),
        look.sign("◆", "S"),
        "columns changed",
    );
    add(
        days.iter().any(|d| d.revision_changed && !d.schema_changed),
        look.sign("◇", "R"),
        "SQL changed",
    );
    add(
        days.iter().any(|d| d.recomputed),
        look.sign("↻", "C"),
        "computed later",
    );
    let legend = legend.join("  ");
    let width = crate::tui::text::width(&legend) as u16;
    if width > 0 && width + 26 < area.width {
        let x = area.x + (area.width - width) / 2;
        put(frame, x, y, &legend, faint, width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::Known;

    fn days(offsets: &[i64]) -> Vec<Day> {
        let first = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let day = |offset: &i64| Day {
            date: first + chrono::TimeDelta::days(*offset),
            rows: 1,
            bytes: 1,
            run: 1,
            revision: 1,
            version: 1,
            known: Known::Now,
            committed: chrono::DateTime::default(),
            revision_changed: false,
            schema_changed: false,
            recomputed: false,
        };
        offsets.iter().map(day).collect()
    }

    #[test]
    fn days_are_spaced_by_time_and_each_is_in_one_column() {
        let days = days(&[0, 1, 2, 50, 100]);
        let area = Rect::new(10, 0, 11, 3);
        let columns: Vec<_> = (0..11).map(|c| in_column(&days, 11, c)).collect();
        assert_eq!((columns[0].clone(), columns[5].clone()), (0..3, 3..4));
        assert_eq!(columns[10], 4..5);
        assert_eq!(columns.iter().map(|c| c.len()).sum::<usize>(), 5);
        assert_eq!(day_at(&days, area, 14), Some(3));
        assert_eq!(day_at(&days, area, 0), Some(0));
        assert_eq!(day_at(&[], area, 0), None);
    }
}
