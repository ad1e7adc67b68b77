//! The rows that differ: a line per row or value, in any format.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::csv;
use super::listing::{markdown_head, markdown_line};
use super::result::{Kind, quoted, value};
use super::table::{self, NULL, shortened_to};
use crate::engine::diff::{Cell, Change, Row};
use crate::model::column::Column;
use crate::model::difference::Pair;
use crate::pipeline::diff::Diff;

/// The formats that are written row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
    Markdown,
}

/// The word for what became of a row.
fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
    }
}

/// Names and types of what rows hold.
struct Heads {
    key: Vec<Column>,
    columns: Vec<Column>,
    /// The types of the columns before.
    before: Vec<Column>,
}

impl Heads {
    fn of(diff: &Diff) -> Self {
        let before = |column: &Column| {
            let retyped = diff.retyped.iter().find(|(name, _)| *name == column.name);
            Column {
                name: column.name.clone(),
                ty: retyped.map_or_else(|| column.ty.clone(), |(_, types)| types.before.clone()),
            }
        };
        Self {
            key: diff.key.clone(),
            before: diff.columns.iter().map(before).collect(),
            columns: diff.columns.clone(),
        }
    }

    fn name(&self, cell: &Cell) -> &str {
        &self.columns[cell.column].name
    }
}

/// The name of a side, its columns, how its values are had, and the rows that only
/// it has.
type Side<'a> = (&'a str, &'a [Column], fn(&Cell) -> Option<&str>, Change);

/// Writes rows as they come.
pub struct Writer<W: Write> {
    out: W,
    format: Format,
    heads: Heads,
    rows: u64,
    line: String,
}

impl<W: Write> Writer<W> {
    /// Rows of this difference. Begins the document.
    ///
    /// # Errors
    /// Of writing.
    pub fn new(mut out: W, format: Format, diff: &Diff) -> io::Result<Self> {
        let heads = Heads::of(diff);
        let names = || heads.key.iter().map(|column| column.name.clone());
        let head = match format {
            Format::Json => "[".to_owned(),
            Format::Csv => {
                let names = std::iter::once("change".to_owned()).chain(names());
                let names = names.chain(["column", "from", "to"].map(str::to_owned));
                csv::of_lines(&[names.map(Some).collect()])
            }
            Format::Markdown => {
                let keys = heads.key.iter().map(|c| (c.name.clone(), c.is_number()));
                let left = |name: &str| (name.to_owned(), false);
                let all: Vec<(String, bool)> = std::iter::once(left("change"))
                    .chain(keys)
                    .chain(["column", "from", "to"].map(left))
                    .collect();
                markdown_head(&all)
            }
        };
        out.write_all(head.as_bytes())?;
        Ok(Self {
            out,
            format,
            heads,
            rows: 0,
            line: String::new(),
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Of writing.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        self.line.clear();
        match self.format {
            Format::Json => self.object(row),
            Format::Csv => {
                let change = word(row.change);
                let before =
                    std::iter::once(Some(change)).chain(row.key.iter().map(Option::as_deref));
                for cell in &row.cells {
                    let Pair {
                        before: from,
                        after: to,
                    } = &cell.values;
                    let values = [Some(self.heads.name(cell)), from.as_deref(), to.as_deref()];
                    csv::line(&mut self.line, before.clone().chain(values));
                }
                // A row without a column to compare is a row all the same.
                if row.cells.is_empty() {
                    csv::line(&mut self.line, before.chain([None; 3]));
                }
            }
            Format::Markdown => {
                for line in lines(&self.heads, row) {
                    self.line += &markdown_line(&line);
                }
            }
        }
        self.rows += 1;
        self.out.write_all(self.line.as_bytes())
    }

    /// `{"change":"changed","key":{…},"from":{…},"to":{…}}`; of a row that is on one
    /// side only, the other is null.
    fn object(&mut self, row: &Row) {
        let line = &mut self.line;
        *line += if self.rows == 0 { "\n" } else { ",\n" };
        *line += &format!("{{\"change\":\"{}\",\"key\":", word(row.change));
        let key = self.heads.key.iter().zip(&row.key);
        object(line, key.map(|(column, value)| (column, value.as_deref())));
        let sides: [Side<'_>; 2] = [
            (
                "from",
                &self.heads.before,
                |c| c.values.before.as_deref(),
                Change::Added,
            ),
            (
                "to",
                &self.heads.columns,
                |c| c.values.after.as_deref(),
                Change::Removed,
            ),
        ];
        for (name, columns, side, lacks) in sides {
            *line += &format!(",\"{name}\":");
            if row.change == lacks {
                *line += "null";
                continue;
            }
            let cells = row.cells.iter();
            object(line, cells.map(|cell| (&columns[cell.column], side(cell))));
        }
        line.push('}');
    }

    /// Ends the document.
    ///
    /// # Errors
    /// Of writing.
    pub fn end(mut self) -> io::Result<()> {
        if self.format == Format::Json {
            let end: &[u8] = if self.rows == 0 { b"]\n" } else { b"\n]\n" };
            self.out.write_all(end)?;
        }
        self.out.flush()
    }
}

fn object<'a>(line: &mut String, values: impl Iterator<Item = (&'a Column, Option<&'a str>)>) {
    line.push('{');
    for (at, (column, text)) in values.enumerate() {
        if at > 0 {
            line.push(',');
        }
        *line += &quoted(&column.name);
        line.push(':');
        match text {
            None => *line += "null",
            Some(text) => value(line, Kind::of(column), text),
        }
    }
    line.push('}');
}

/// Rows for people, at most `width` columns of the terminal wide; None: whole
/// values.
pub fn table(diff: &Diff, rows: &[Row], width: Option<u16>) -> String {
    let heads = Heads::of(diff);
    let mut shown: Vec<Vec<String>> = rows.iter().flat_map(|row| lines(&heads, row)).collect();
    let names = heads.key.iter().map(|column| column.name.as_str());
    let titles: Vec<&str> = std::iter::once("")
        .chain(names)
        .chain(["column", "from", "to"])
        .collect();
    let right: Vec<usize> = (1..titles.len())
        .filter(|at| heads.key.get(at - 1).is_some_and(Column::is_number))
        .collect();
    for line in &mut shown {
        // Signs are easier to follow down a page than words.
        line[0] = sign(&line[0]).to_owned();
    }
    if let Some(width) = width {
        fit(&titles, &mut shown, usize::from(width));
    }
    table::plain(&titles, &right, shown, None)
}

fn sign(word: &str) -> &'static str {
    match word {
        "added" => "+",
        "removed" => "-",
        "changed" => "~",
        _ => "",
    }
}

/// Cuts the last two columns, and if need be those before, to what there is room for.
fn fit(titles: &[&str], lines: &mut [Vec<String>], width: usize) {
    const LEAST: usize = 12;
    let (from, to) = (titles.len() - 2, titles.len() - 1);
    let widest = |lines: &[Vec<String>], at: usize| {
        let cells = lines.iter().map(|line| line[at].width());
        cells.chain([titles[at].width()]).max().unwrap_or(0)
    };
    for at in 1..from {
        let most = width / 3;
        for line in lines.iter_mut() {
            line[at] = shortened_to(&line[at], most);
        }
    }
    let others: usize = (0..from).map(|at| widest(lines, at) + 2).sum();
    let room = width.saturating_sub(others + 2).max(2 * LEAST);
    let from_width = widest(lines, from).min(room / 2);
    for line in lines {
        line[from] = shortened_to(&line[from], from_width);
        line[to] = shortened_to(&line[to], room - from_width);
    }
}

/// What became of the row, its key, a column and its values: a line per column
/// that changed, the first with all of it. A row that is on one side only is one
/// line, with all of its values.
fn lines(heads: &Heads, row: &Row) -> Vec<Vec<String>> {
    let shown = |value: &Option<String>| match value {
        None => NULL.to_owned(),
        Some(text) if text.is_empty() => "''".to_owned(),
        Some(text) => text.replace("\r\n", "⏎").replace(['\n', '\r'], "⏎"),
    };
    let key: Vec<String> = row.key.iter().map(shown).collect();
    let line = |is_first: bool, last: [String; 3]| {
        let mut line = vec![String::new(); key.len() + 1];
        if is_first {
            line[0] = word(row.change).to_owned();
            line[1..].clone_from_slice(&key);
        }
        line.extend(last);
        line
    };
    let all = |side: fn(&Cell) -> &Option<String>| {
        let cells = row.cells.iter();
        let texts = cells.map(|cell| format!("{} {}", heads.name(cell), shown(side(cell))));
        texts.collect::<Vec<_>>().join(", ")
    };
    let none = String::new;
    match row.change {
        Change::Added => vec![line(true, [none(), none(), all(|cell| &cell.values.after)])],
        Change::Removed => vec![line(
            true,
            [none(), all(|cell| &cell.values.before), none()],
        )],
        Change::Changed => {
            let cells = row.cells.iter().enumerate();
            cells
                .map(|(at, cell)| {
                    let Pair { before, after } = cell.values.as_ref().map(shown);
                    line(at == 0, [heads.name(cell).to_owned(), before, after])
                })
                .collect()
        }
    }
}
