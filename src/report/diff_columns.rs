//! The columns of a difference: numbers, days and texts, each kind in a table of
//! its own.

use unicode_width::UnicodeWidthStr;

use super::diff::percent;
use super::figures;
use super::listing::{Cell, Listing, number, text};
use super::table::{self, shortened_to};
use super::words::grouped;
use crate::model::difference::{
    ColumnDifference, Difference, Figure, Moved, Pair, RowCounts, Spread, Values,
};

/// So many values that came, and that went, are shown of a column.
const SHOWN: usize = 3;
/// A name is broken rather than made narrower than this.
const NARROWEST: usize = 14;
/// Names are never wider than this.
const WIDEST_NAME: usize = 40;

const NUMBERS: [&str; 6] = ["mean", "min", "25 %", "median", "75 %", "max"];
const DAYS: [&str; 5] = ["earliest", "25 %", "median", "75 %", "latest"];
const FEWER_DAYS: [&str; 3] = ["earliest", "median", "latest"];

/// Tables of the columns that changed, at most `width` wide, and the names of
/// those that did not.
pub(super) fn tables(found: &Difference, width: Option<u16>) -> String {
    let kinds = Kinds::of(found);
    let room = width.map_or(usize::MAX, usize::from);
    let mut blocks = vec![
        numbers(&kinds.numbers, &found.rows, room),
        days(&kinds.days, &found.rows, room),
        texts(&kinds.texts, &found.rows, room),
    ];
    if !kinds.unchanged.is_empty() && found.rows.in_both() > 0 && !kinds.is_all_unchanged() {
        blocks.push(format!(
            "The same in all rows: {}.\n",
            kinds.unchanged.join(", ")
        ));
    }
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

/// The columns that changed, by how they are shown.
#[derive(Default)]
struct Kinds<'d> {
    numbers: Vec<(&'d ColumnDifference, Pair<&'d Spread>)>,
    days: Vec<(&'d ColumnDifference, Pair<&'d Spread>)>,
    texts: Vec<&'d ColumnDifference>,
    unchanged: Vec<&'d str>,
}

impl<'d> Kinds<'d> {
    fn of(found: &'d Difference) -> Self {
        let mut kinds = Self::default();
        for column in &found.columns {
            match &column.moved {
                _ if column.changed == 0 => kinds.unchanged.push(&column.name),
                Moved::Spread(sides) if is_of_days(sides) => {
                    kinds.days.push((column, sides.as_ref()));
                }
                Moved::Spread(sides) => kinds.numbers.push((column, sides.as_ref())),
                Moved::Values(_) | Moved::Unknown => kinds.texts.push(column),
            }
        }
        kinds
    }

    fn is_all_unchanged(&self) -> bool {
        self.numbers.is_empty() && self.days.is_empty() && self.texts.is_empty()
    }
}

fn is_of_days(sides: &Pair<Spread>) -> bool {
    let is_day = |spread: &Spread| {
        let is_day = |figure: Figure| figure.number().is_none();
        spread.min.is_some_and(is_day)
    };
    is_day(&sides.before) || is_day(&sides.after)
}

/// The figures of a column, before and after; what stayed is `=`.
fn moved(figures: impl IntoIterator<Item = Pair<Option<Figure>>>) -> Vec<Pair<String>> {
    let text = |pair: Pair<Option<Figure>>| {
        let (before, after) = figures::pair(pair.before, pair.after);
        let after = if pair.is_same() {
            "=".to_owned()
        } else {
            after
        };
        Pair::new(before, after)
    };
    figures.into_iter().map(text).collect()
}

fn quartile(sides: Pair<&Spread>, at: usize) -> Pair<Option<Figure>> {
    sides.map(|s| s.quartiles.map(|q| q[at]))
}

fn figures_of_numbers(sides: Pair<&Spread>) -> Vec<Pair<String>> {
    moved([
        sides.map(|s| s.mean),
        sides.map(|s| s.min),
        quartile(sides, 0),
        quartile(sides, 1),
        quartile(sides, 2),
        sides.map(|s| s.max),
    ])
}

fn figures_of_days(sides: Pair<&Spread>, all: bool) -> Vec<Pair<String>> {
    let (first, last) = (sides.map(|s| s.min), sides.map(|s| s.max));
    if all {
        let quartiles = [0, 1, 2].map(|at| quartile(sides, at));
        return moved([first].into_iter().chain(quartiles).chain([last]));
    }
    moved([first, quartile(sides, 1), last])
}

type Shown<'d> = (&'d ColumnDifference, Vec<Pair<String>>);

fn numbers(
    columns: &[(&ColumnDifference, Pair<&Spread>)],
    rows: &RowCounts,
    room: usize,
) -> String {
    let shown: Vec<Shown<'_>> = columns
        .iter()
        .map(|(column, sides)| (*column, figures_of_numbers(*sides)))
        .collect();
    two_lines(&NUMBERS, &shown, rows, room)
}

fn days(columns: &[(&ColumnDifference, Pair<&Spread>)], rows: &RowCounts, room: usize) -> String {
    let shown = |all: bool| -> Vec<Shown<'_>> {
        let columns = columns.iter();
        columns
            .map(|(column, sides)| (*column, figures_of_days(*sides, all)))
            .collect()
    };
    let all = shown(true);
    if room_for_names(&DAYS, &all, room) >= NARROWEST {
        return two_lines(&DAYS, &all, rows, room);
    }
    two_lines(&FEWER_DAYS, &shown(false), rows, room)
}

/// How wide names can be beside these figures.
fn room_for_names(titles: &[&str], shown: &[Shown<'_>], room: usize) -> usize {
    let figures = (0..titles.len()).map(|at| {
        let cells = shown.iter().flat_map(|(_, figures)| {
            let Pair { before, after } = &figures[at];
            [before.width(), after.width()]
        });
        2 + cells.chain([titles[at].len()]).max().unwrap_or(0)
    });
    room.saturating_sub(figures.sum::<usize>() + CHANGED)
}

/// What the number of changes takes, with the blanks before it.
const CHANGED: usize = 2 + "changed".len();

/// Two lines per column: before, and after.
fn two_lines(titles: &[&str], shown: &[Shown<'_>], rows: &RowCounts, room: usize) -> String {
    if shown.is_empty() {
        return String::new();
    }
    let widest = room_for_names(titles, shown, room).clamp(NARROWEST, WIDEST_NAME);
    let cells = shown.iter().map(|(column, figures)| {
        let mut cells = vec![broken(&column.name, widest), changed(column, rows)];
        cells.extend(
            figures
                .iter()
                .map(|Pair { before, after }| format!("{before}\n{after}")),
        );
        cells
    });
    let heads: Vec<&str> = ["column", "changed"]
        .iter()
        .chain(titles)
        .copied()
        .collect();
    let right: Vec<usize> = (1..heads.len()).collect();
    table::plain(&heads, &right, cells.collect(), None)
}

/// How many rows changed, and which share of those on both sides.
fn changed(column: &ColumnDifference, rows: &RowCounts) -> String {
    let share = percent(column.changed, rows.in_both());
    format!("{}\n{share}", grouped(column.changed))
}

/// A name in lines of at most `width`, broken behind a `_` if there is one.
fn broken(name: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive('_') {
        let line = lines.last_mut();
        match line {
            Some(line) if line.width() + part.width() <= width || line.is_empty() => {
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines.join("\n")
}

fn texts(columns: &[&ColumnDifference], rows: &RowCounts, room: usize) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let names = columns.iter().map(|column| column.name.width()).max();
    let most = (room / 3).clamp(NARROWEST, WIDEST_NAME);
    let widest = names.unwrap_or(0).min(most);
    let each = room.saturating_sub(widest + CHANGED + 4) / 2;
    let cells = columns.iter().map(|column| {
        let [came, went] = match &column.moved {
            Moved::Values(values) => [
                some_values(values, '+', each),
                some_values(values, '-', each),
            ],
            _ => [String::new(), String::new()],
        };
        vec![
            broken(&column.name, widest),
            changed(column, rows),
            came,
            went,
        ]
    });
    let heads = ["column", "changed", "more rows with", "fewer rows with"];
    table::plain(&heads, &[1], cells.collect(), None)
}

/// The values that came or went most, a line each.
fn some_values(values: &Values, sign: char, width: usize) -> String {
    if values.too_many {
        return "too many to tell".to_owned();
    }
    let (most, distinct) = match sign {
        '+' => (&values.came, values.distinct.after),
        _ => (&values.went, values.distinct.before),
    };
    let line = |(value, rows): &(Option<String>, u64)| {
        let value = match value.as_deref() {
            None => table::NULL.to_owned(),
            Some("") => "''".to_owned(),
            Some(text) => text.replace("\r\n", "⏎").replace(['\n', '\r'], "⏎"),
        };
        shortened_to(&format!("{sign}{} {value}", grouped(*rows)), width.max(12))
    };
    let shown = if distinct as usize > SHOWN {
        SHOWN - 1
    } else {
        SHOWN
    };
    let mut lines: Vec<String> = most.iter().take(shown).map(line).collect();
    let more = distinct.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("and {} others", grouped(more)));
    }
    lines.join("\n")
}

/// The same as tables of GitHub Flavored Markdown.
pub(super) fn markdown(found: &Difference) -> String {
    let kinds = Kinds::of(found);
    let mut blocks = Vec::new();
    let of_figures = |titles: &[&'static str], shown: Vec<Shown<'_>>| {
        let heads = [text("column", "column"), number("changed", "changed")];
        let figures = titles.iter().map(|title| number(title, title));
        let mut listing = Listing::new(heads.into_iter().chain(figures).collect::<Vec<_>>());
        for (column, figures) in shown {
            let cells = figures
                .iter()
                .map(|Pair { before, after }| match after.as_str() {
                    "=" => Cell::plain(before),
                    _ => Cell::plain(format!("{before} → {after}")),
                });
            let first = [
                Cell::plain(&column.name),
                Cell::shown(column.changed, grouped(column.changed)),
            ];
            listing.rows.push(first.into_iter().chain(cells).collect());
        }
        listing.markdown()
    };
    if !kinds.numbers.is_empty() {
        let shown = kinds.numbers.iter();
        blocks.push(of_figures(
            &NUMBERS,
            shown
                .map(|(c, sides)| (*c, figures_of_numbers(*sides)))
                .collect(),
        ));
    }
    if !kinds.days.is_empty() {
        let shown = kinds.days.iter();
        blocks.push(of_figures(
            &DAYS,
            shown
                .map(|(c, sides)| (*c, figures_of_days(*sides, true)))
                .collect(),
        ));
    }
    if !kinds.texts.is_empty() {
        let mut listing = Listing::new([
            text("column", "column"),
            number("changed", "changed"),
            text("came", "more rows with"),
            text("went", "fewer rows with"),
        ]);
        for column in &kinds.texts {
            let values = |sign| match &column.moved {
                Moved::Values(values) => Cell::plain(some_values(values, sign, usize::MAX)),
                _ => Cell::plain(""),
            };
            listing.rows.push(vec![
                Cell::plain(&column.name),
                Cell::shown(column.changed, grouped(column.changed)),
                values('+'),
                values('-'),
            ]);
        }
        blocks.push(listing.markdown());
    }
    blocks.join("\n")
}
