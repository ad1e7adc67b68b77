//! One column of a comparison: how its values lie on each side.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::model::difference::{ColumnDifference, Figure, Moved, Pair, Spread, Values};
use crate::report::figures;
use crate::report::words::grouped;
use crate::tui::state::State;
use crate::tui::text;
use crate::tui::view::put;

/// Lines that it takes at most.
pub const LINES: u16 = 11;
/// Lines that it takes in short.
pub const FEW: u16 = 6;
/// Columns of a figure.
const FIGURE: usize = 14;
/// Columns of a day.
const DAY: usize = 10;
/// Columns of the names of figures.
const NAME: usize = 8;

/// Draws the column at the cursor; in few lines, the days one below the other.
pub fn draw(
    frame: &mut Frame<'_>,
    state: &State,
    column: &ColumnDifference,
    room: u16,
    area: Rect,
) {
    let mut lines = vec![title(state, column)];
    match &column.moved {
        Moved::Spread(sides) if room == FEW => short(state, sides, area, &mut lines),
        Moved::Spread(sides) => spread(state, sides, area, &mut lines),
        Moved::Values(values) => came_and_went(state, values, area, &mut lines),
        Moved::Unknown => lines.push(("Nothing changed in it.".to_owned(), state.look.faint())),
    }
    written(frame, area, &lines);
}

fn written(frame: &mut Frame<'_>, area: Rect, lines: &[(String, Style)]) {
    for (at, (line, style)) in lines.iter().take(area.height.into()).enumerate() {
        put(frame, area.x, area.y + at as u16, line, *style, area.width);
    }
}

/// What it is called, and its type.
fn title(state: &State, column: &ColumnDifference) -> (String, Style) {
    let ty = match column.types.is_same() {
        true => column.types.after.to_lowercase(),
        false => {
            let arrow = state.look.arrow();
            format!("{} {arrow} {}", column.types.before, column.types.after).to_lowercase()
        }
    };
    (format!("{} {ty}", column.name), state.look.heading())
}

/// The figures of each side in a line, and below them how the values lie.
fn short(state: &State, sides: &Pair<Spread>, area: Rect, lines: &mut Vec<(String, Style)>) {
    let quartile = |spread: &Spread, at: usize| spread.quartiles.map(|q| q[at]);
    let all = |spread: &Spread| {
        [
            ("min", spread.min),
            ("25 %", quartile(spread, 0)),
            ("median", quartile(spread, 1)),
            ("75 %", quartile(spread, 2)),
            ("max", spread.max),
            ("mean", spread.mean),
        ]
    };
    let (before, after) = (all(&sides.before), all(&sides.after));
    let mut table: [Vec<String>; 3] = Default::default();
    for ((name, one), (_, other)) in before.into_iter().zip(after) {
        let (from, to) = figures::pair(one, other);
        for (line, cell) in table.iter_mut().zip([name.to_owned(), from, to]) {
            line.push(cell);
        }
    }
    let nulls = [sides.before.nulls, sides.after.nulls].map(grouped);
    let [from, to] = nulls;
    for (line, cell) in table.iter_mut().zip(["nulls".to_owned(), from, to]) {
        line.push(cell);
    }
    let widths: Vec<usize> = (0..table[0].len())
        .map(|at| table.iter().map(|l| text::width(&l[at])).max().unwrap_or(0))
        .collect();
    let [before, after] = sides_of(state);
    let faint = state.look.faint();
    let styles = [faint, Style::new(), Style::new()];
    for ((cells, day), style) in table.iter().zip(["", &before, &after]).zip(styles) {
        let cells = cells.iter().zip(&widths);
        let cells: String = cells
            .map(|(cell, width)| format!("  {}", text::fit(cell, *width, true)))
            .collect();
        lines.push((text::fit(day, DAY, false) + &cells, style));
    }
    if state.look.is_accessible {
        return;
    }
    let width = usize::from(area.width).saturating_sub(DAY + 2).min(60);
    if let Some(drawn) = drawn(sides, width) {
        for (day, line) in [before, after].iter().zip(drawn) {
            let day = text::fit(day, DAY, false);
            lines.push((format!("{day}  {line}"), Style::new()));
        }
    }
}

/// What both sides are called: their days, if they are of such.
pub(super) fn sides_of(state: &State) -> [String; 2] {
    let days = state.diff.question.as_ref().map(|q| q.moments);
    let days = days.map(|d| [d.before.to_string(), d.after.to_string()]);
    days.unwrap_or_else(|| ["before".to_owned(), "after".to_owned()])
}

fn spread(state: &State, sides: &Pair<Spread>, area: Rect, lines: &mut Vec<(String, Style)>) {
    let [from, to] = sides_of(state);
    let head = [from.as_str(), &to, "moved"].map(|cell| text::fit(cell, FIGURE, true));
    let head = " ".repeat(NAME) + &head.concat();
    lines.push((head, state.look.faint()));
    let (before, after) = (&sides.before, &sides.after);
    let mut line = |name: &str, one: String, other: String, moved: String| {
        let style = if one == other {
            state.look.faint()
        } else {
            Style::new()
        };
        let cells = [one, other, moved].map(|cell| text::fit(&cell, FIGURE, true));
        let text = format!("{}{}", text::fit(name, NAME, false), cells.concat());
        lines.push((text, style));
    };
    let mut count = |name: &str, one: u64, other: u64| {
        let by = i128::from(other) - i128::from(one);
        line(name, grouped(one), grouped(other), signed(by as f64));
    };
    count("values", before.values, after.values);
    count("nulls", before.nulls, after.nulls);
    let quartile = |spread: &Spread, at: usize| spread.quartiles.map(|q| q[at]);
    for (name, one, other) in [
        ("mean", before.mean, after.mean),
        ("min", before.min, after.min),
        ("25 %", quartile(before, 0), quartile(after, 0)),
        ("median", quartile(before, 1), quartile(after, 1)),
        ("75 %", quartile(before, 2), quartile(after, 2)),
        ("max", before.max, after.max),
    ] {
        let (from, to) = figures::pair(one, other);
        line(name, from, to, moved(one, other));
    }
    if !state.look.is_accessible {
        boxes(state, sides, area, lines);
    }
}

/// How far a figure moved; points in time in days.
fn moved(before: Option<Figure>, after: Option<Figure>) -> String {
    let (Some(before), Some(after)) = (before, after) else {
        return String::new();
    };
    match (before.number(), after.number()) {
        (Some(before), Some(after)) => signed(after - before),
        _ => match (position(before), position(after)) {
            (Some(before), Some(after)) if before != after => {
                let days = after - before;
                format!("{} days", signed(days))
            }
            _ => String::new(),
        },
    }
}

/// A difference with its sign; nothing for none.
pub fn signed(by: f64) -> String {
    let text = figures::number(by, 4);
    match by {
        _ if text == "0" => String::new(),
        by if by > 0.0 => format!("+{text}"),
        _ => text,
    }
}

/// Where a figure lies on a line: numbers as they are, points in time as days.
fn position(figure: Figure) -> Option<f64> {
    match figure {
        Figure::Date(days) => Some(f64::from(days)),
        Figure::Timestamp(micros) => Some(micros as f64 / 86_400e6),
        number => number.number(),
    }
}

/// Both sides at the right of the figures.
fn boxes(state: &State, sides: &Pair<Spread>, area: Rect, lines: &mut [(String, Style)]) {
    let taken = NAME + 3 * FIGURE + 3;
    let Some(width) = usize::from(area.width)
        .checked_sub(taken + 13)
        .filter(|w| *w >= 20)
    else {
        return;
    };
    let width = width.min(60);
    let Some(drawn) = drawn(sides, width) else {
        return;
    };
    // Beside two lines of figures, one side below the other.
    for ((line, day), marks) in (6..).zip(sides_of(state)).zip(drawn) {
        if let Some((text, _)) = lines.get_mut(line) {
            *text = text::fit(text, taken, false) + &format!("{day:<11}") + &marks;
        }
    }
}

/// Both sides on one scale: a line from least to greatest, thick between the quartiles,
/// and a sign at the median. None: there are no numbers to be placed.
fn drawn(sides: &Pair<Spread>, width: usize) -> Option<[String; 2]> {
    let marks = |spread: &Spread| -> Option<[f64; 5]> {
        let [low, middle, high] = spread.quartiles?;
        let all = [spread.min?, low, middle, high, spread.max?].map(position);
        let [Some(a), Some(b), Some(c), Some(d), Some(e)] = all else {
            return None;
        };
        Some([a, b, c, d, e])
    };
    let (before, after) = (marks(&sides.before)?, marks(&sides.after)?);
    let (least, greatest) = (before[0].min(after[0]), before[4].max(after[4]));
    if !(greatest - least).is_finite() || greatest <= least || width < 2 {
        return None;
    }
    let place =
        |value: f64| ((value - least) / (greatest - least) * (width - 1) as f64).round() as usize;
    let drawn = |marks: [f64; 5]| -> String {
        let [min, low, middle, high, max] = marks.map(place);
        (0..width)
            .map(|x| match x {
                _ if x == middle => '┃',
                _ if (low..=high).contains(&x) => '▒',
                _ if (min..=max).contains(&x) => '─',
                _ => ' ',
            })
            .collect()
    };
    Some([drawn(before), drawn(after)])
}

fn came_and_went(state: &State, values: &Values, area: Rect, lines: &mut Vec<(String, Style)>) {
    if values.too_many {
        let text = "Too many distinct values came and went to keep count of them.";
        return lines.push((text.to_owned(), state.look.faint()));
    }
    let half = usize::from(area.width.min(100)) / 2;
    let head = |what: &str, distinct: u64| {
        let text = format!("{what} ({})", grouped(distinct));
        text::fit(&text, half, false)
    };
    let head = head("more rows have", values.distinct.after)
        + &head("fewer rows have", values.distinct.before);
    lines.push((head, state.look.faint()));
    let side = |sign: &str, all: &[(Option<String>, u64)], at: usize| {
        let text = all.get(at).map_or(String::new(), |(value, rows)| {
            let value = value.as_deref().unwrap_or(state.look.null());
            format!("{sign}{:<8} {value}", grouped(*rows))
        });
        text::fit(&text, half.saturating_sub(2), false) + "  "
    };
    for at in 0..values.came.len().max(values.went.len()) {
        let text = side("+", &values.came, at) + &side("-", &values.went, at);
        lines.push((text, Style::new()));
    }
}
