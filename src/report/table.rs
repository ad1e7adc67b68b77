//! Tables for the terminal.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::engine::rows::Rows;
use crate::model::column::Column;

/// How NULL is shown to people, so that it is unlike an empty text and the text `NULL`.
pub const NULL: &str = "∅";

/// A table with a rule under its header and nothing else; cells are broken
/// where it would be wider than `width` columns.
pub fn plain(
    header: &[&str],
    right: &[usize],
    rows: Vec<Vec<String>>,
    width: Option<u16>,
) -> String {
    let mut table = new_table(width);
    table.set_header(
        header
            .iter()
            .enumerate()
            .map(|(i, h)| cell(h, right.contains(&i))),
    );
    if let Some(width) = width {
        break_only_the_last(&mut table, header, &rows, width);
    }
    for row in rows {
        table.add_row(
            row.iter()
                .enumerate()
                .map(|(i, text)| cell(text, right.contains(&i)))
                .collect::<Vec<_>>(),
        );
    }
    trimmed(table, width)
}

/// Where only the last column needs to be broken, the others are not: names and
/// numbers are read whole.
fn break_only_the_last(table: &mut Table, header: &[&str], rows: &[Vec<String>], width: u16) {
    const LEAST: usize = 12;
    let last = header.len().saturating_sub(1);
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells
            .map(|cell| cell.chars().count())
            .chain([header[at].len()])
            .max()
            .unwrap_or(0)
    };
    let others: usize = (0..last).map(|at| widest(at) + 2).sum();
    if others + LEAST <= usize::from(width) {
        for column in table.column_iter_mut().take(last) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

/// A query's result as a table, and the columns it had no room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    pub text: String,
    pub dropped: Vec<String>,
}

/// Values longer than this are cut, where the table has to fit.
const LONGEST: usize = 60;

/// A query's result in at most `width` columns of the terminal: long values are
/// cut, and columns that have no room are left out, the last ones first.
pub fn fitted(rows: &Rows, width: u16) -> Fitted {
    let cut: Vec<Vec<String>> = rows
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| shortened(&shown(cell.as_deref())))
                .collect()
        })
        .collect();
    let widest = |at: usize| {
        let cells = cut.iter().map(|row| row[at].width());
        let header = rows.columns[at].name.width();
        cells.chain([header]).max().unwrap_or(0)
    };
    let mut room = usize::from(width);
    let mut kept = 0;
    for at in 0..rows.columns.len() {
        // Two blanks stand between columns.
        let needed = widest(at) + if at == 0 { 0 } else { 2 };
        if needed > room && at > 0 {
            break;
        }
        room = room.saturating_sub(needed);
        kept += 1;
    }
    let columns = &rows.columns[..kept];
    Fitted {
        text: aligned(columns, cut.iter().map(|row| &row[..kept]), Some(width)),
        dropped: rows.columns[kept..]
            .iter()
            .map(|c| c.name.clone())
            .collect(),
    }
}

fn shortened(text: &str) -> String {
    shortened_to(text, LONGEST)
}

/// A text in at most `width` columns of the terminal; what is cut off is `…`.
pub fn shortened_to(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if short.width() + c.width().unwrap_or(0) >= width {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// A query's result with all its columns and whole values; numbers are aligned
/// right.
pub fn of_rows(rows: &Rows) -> String {
    let cells: Vec<Vec<String>> = rows
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| shown(cell.as_deref())).collect())
        .collect();
    aligned(&rows.columns, cells.iter().map(Vec::as_slice), None)
}

fn aligned<'r>(
    columns: &[Column],
    rows: impl Iterator<Item = &'r [String]>,
    width: Option<u16>,
) -> String {
    let right: Vec<bool> = columns.iter().map(Column::is_number).collect();
    let mut table = new_table(width);
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&right).map(|(text, right)| cell(text, *right));
        cells.collect::<Vec<_>>()
    };
    table.set_header(line(&mut columns.iter().map(|c| c.name.as_str())));
    for row in rows {
        table.add_row(line(&mut row.iter().map(String::as_str)));
    }
    trimmed(table, width)
}

/// A value on one line.
pub fn shown(value: Option<&str>) -> String {
    // A line break inside a value must not look like another row.
    value.map_or(NULL.to_owned(), |v| {
        v.replace("\r\n", "⏎").replace(['\n', '\r'], "⏎")
    })
}

fn new_table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(
        TableStyle::new()
            .header_lines(ContentLineStyle::none().junction(' '))
            .header_separator(LineStyle::none().fill('─').junction('─'))
            .content_lines(ContentLineStyle::none().junction(' ')),
    );
    if let Some(width) = width {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    table
}

fn cell(text: &str, right: bool) -> Cell {
    let cell = Cell::new(text);
    if right {
        cell.set_alignment(CellAlignment::Right)
    } else {
        cell
    }
}

/// The table's lines, flush left and without blanks at their ends. The rule is a
/// column wider than what stands below it, where there is room.
fn trimmed(mut table: Table, width: Option<u16>) -> String {
    let most = width.map_or(usize::MAX, usize::from);
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
        .lines()
        .map(|line| match line.trim_end() {
            rule if rule.starts_with('─') => rule.chars().take(most).collect(),
            line => line.to_owned(),
        })
        .map(|line: String| line + "\n")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_named() {
        let column = |name: &str, ty: &str| Column {
            name: name.to_owned(),
            ty: ty.to_owned(),
        };
        let cell = |text: &str| Some(text.to_owned());
        let rows = Rows {
            columns: vec![
                column("id", "BIGINT"),
                column("name", "VARCHAR"),
                column("note", "VARCHAR"),
            ],
            rows: vec![
                vec![cell("7"), cell("名前"), cell(&"x".repeat(70))],
                vec![cell("12"), None, cell("two\nlines")],
            ],
            cut_off: false,
        };
        let narrow = fitted(&rows, 20);
        assert_eq!(narrow.dropped, ["note"]);
        insta::assert_snapshot!(narrow.text, @"
        id  name
        ─────────
         7  名前
        12  ∅
        ");
        let wide = fitted(&rows, 80);
        assert!(wide.dropped.is_empty());
        insta::assert_snapshot!(wide.text, @"
        id  name  note
        ───────────────────────────────────────────────────────────────────────
         7  名前  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
        12  ∅     two⏎lines
        ");
        assert!(of_rows(&rows).contains(&"x".repeat(70)));
    }
}
