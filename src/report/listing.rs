//! Listings: rows of named cells, told as a table, as CSV or as Markdown. What a
//! person reads (`1,234`, `2 days ago`) and what a program reads (`1234`) differ,
//! so a cell has both.

use super::{csv, table};

/// A column of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// As programs know it, such as `last_run`. It does not change silently.
    pub name: &'static str,
    /// As people read it, such as `last run`.
    pub title: &'static str,
    /// Numbers are aligned right.
    pub right: bool,
}

/// A column of text.
pub const fn text(name: &'static str, title: &'static str) -> Head {
    Head {
        name,
        title,
        right: false,
    }
}

/// A column of numbers.
pub const fn number(name: &'static str, title: &'static str) -> Head {
    Head {
        name,
        title,
        right: true,
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// For people.
    pub shown: String,
    /// For programs; None is written as nothing at all.
    pub value: Option<String>,
}

impl Cell {
    /// A value that people and programs read alike.
    pub fn plain(value: impl ToString) -> Self {
        let value = value.to_string();
        Self {
            shown: value.clone(),
            value: Some(value),
        }
    }

    /// A value that people read in another form.
    pub fn shown(value: impl ToString, shown: impl Into<String>) -> Self {
        Self {
            shown: shown.into(),
            value: Some(value.to_string()),
        }
    }

    /// Nothing, which people read as `shown`.
    pub fn none(shown: &str) -> Self {
        Self {
            shown: shown.to_owned(),
            value: None,
        }
    }

    /// What there may be; nothing is shown as a dash.
    pub fn maybe(value: Option<impl ToString>) -> Self {
        value.map_or_else(|| Self::none("-"), Self::plain)
    }
}

/// A listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    pub heads: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
}

impl Listing {
    /// An empty one with these columns.
    pub fn new(heads: impl Into<Vec<Head>>) -> Self {
        Self {
            heads: heads.into(),
            rows: Vec::new(),
        }
    }

    /// Whether a column says the same to programs in every row.
    pub fn all_are(&self, name: &str, value: &str) -> bool {
        let at = self.heads.iter().position(|h| h.name == name);
        at.is_some_and(|at| {
            let mut values = self.rows.iter().map(|row| row[at].value.as_deref());
            values.all(|v| v == Some(value))
        })
    }

    /// Leaves out a column.
    pub fn leave_out(&mut self, name: &str) {
        if let Some(at) = self.heads.iter().position(|h| h.name == name) {
            self.heads.remove(at);
            for row in &mut self.rows {
                row.remove(at);
            }
        }
    }

    /// For people, at most `width` columns of the terminal wide.
    pub fn table(&self, width: Option<u16>) -> String {
        let titles: Vec<&str> = self.heads.iter().map(|h| h.title).collect();
        let right: Vec<usize> = (0..self.heads.len())
            .filter(|at| self.heads[*at].right)
            .collect();
        let rows = self.rows.iter().map(|row| shown(row)).collect();
        table::plain(&titles, &right, rows, width)
    }

    /// With the names that programs know.
    pub fn csv(&self) -> String {
        let names = self.heads.iter().map(|h| Some(h.name.to_owned())).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.value.clone()).collect());
        let lines: Vec<Vec<Option<String>>> = std::iter::once(names).chain(rows).collect();
        csv::of_lines(&lines)
    }

    /// As a table of GitHub Flavored Markdown.
    pub fn markdown(&self) -> String {
        let heads: Vec<(String, bool)> = self
            .heads
            .iter()
            .map(|h| (h.title.to_owned(), h.right))
            .collect();
        let mut out = markdown_head(&heads);
        for row in &self.rows {
            out += &markdown_line(&shown(row));
        }
        out
    }
}

fn shown(row: &[Cell]) -> Vec<String> {
    row.iter().map(|cell| cell.shown.clone()).collect()
}

/// The header of a Markdown table: its titles, and whether they are numbers.
pub fn markdown_head(heads: &[(String, bool)]) -> String {
    let titles: Vec<String> = heads.iter().map(|(title, _)| title.clone()).collect();
    let rules = heads
        .iter()
        .map(|(_, right)| if *right { " ---: |" } else { " --- |" });
    format!("{}|{}\n", markdown_line(&titles), rules.collect::<String>())
}

/// A row of a Markdown table. Bars and line breaks inside cells are escaped.
pub fn markdown_line(cells: &[String]) -> String {
    let mut out = "|".to_owned();
    for cell in cells {
        let cell = cell.replace('\\', "\\\\").replace('|', "\\|");
        let cell = cell.replace("\r\n", "<br>").replace(['\n', '\r'], "<br>");
        out += &format!(" {cell} |");
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs_read_their_own() {
        let mut listing = Listing::new([text("name", "name"), number("rows_taken", "rows taken")]);
        listing.rows = vec![
            vec![Cell::plain("a|b"), Cell::shown(1234, "1,234")],
            vec![Cell::plain(""), Cell::maybe(None::<u64>)],
        ];
        insta::assert_snapshot!(listing.table(None), @"
        name  rows taken
        ─────────────────
        a|b        1,234
                       -
        ");
        insta::assert_snapshot!(listing.csv(), @r#"
        name,rows_taken
        a|b,1234
        "",
        "#);
        insta::assert_snapshot!(listing.markdown(), @r"
        | name | rows taken |
        | --- | ---: |
        | a\|b | 1,234 |
        |  | - |
        ");
    }
}
