//! Tables for the terminal.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};

use crate::engine::rows::Rows;

/// How NULL is shown, so that it is unlike an empty string.
pub const NULL: &str = "NULL";

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
    trimmed(table)
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

/// A query's result; numbers are aligned right. `width` in columns.
pub fn of_rows(rows: &Rows, width: Option<u16>) -> String {
    let right: Vec<bool> = rows.columns.iter().map(|c| is_number(&c.ty)).collect();
    let mut table = new_table(width);
    table.set_header(
        rows.columns
            .iter()
            .zip(&right)
            .map(|(c, right)| cell(&c.name, *right)),
    );
    for row in &rows.rows {
        table.add_row(
            row.iter()
                .zip(&right)
                .map(|(value, right)| cell(&shown(value.as_deref()), *right))
                .collect::<Vec<_>>(),
        );
    }
    trimmed(table)
}

fn shown(value: Option<&str>) -> String {
    // A line break inside a value must not look like another row.
    value.map_or(NULL.to_owned(), |v| {
        v.replace("\r\n", "⏎").replace(['\n', '\r'], "⏎")
    })
}

fn is_number(ty: &str) -> bool {
    let ty = ty.split('(').next().unwrap_or(ty);
    matches!(
        ty,
        "TINYINT"
            | "SMALLINT"
            | "INTEGER"
            | "BIGINT"
            | "HUGEINT"
            | "UTINYINT"
            | "USMALLINT"
            | "UINTEGER"
            | "UBIGINT"
            | "UHUGEINT"
            | "FLOAT"
            | "DOUBLE"
            | "DECIMAL"
    )
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

/// The table's lines, flush left and without blanks at their ends.
fn trimmed(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}
