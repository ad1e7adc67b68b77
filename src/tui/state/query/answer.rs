//! What was answered to a statement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use super::How;
use super::naming;
use super::plan::PlanView;
use crate::browse::{Page, Table};
use crate::report::words;
use crate::tui::state::grid::{Grid, GridId};
use crate::tui::state::jobs::JobId;
use crate::tui::text;

/// Columns of the name of an answer.
const NAME: usize = 20;

/// And of each of the things that tell it from others, at least.
const LEAST: usize = 13;

/// Of all of them, where two are compared.
const BESIDE: usize = 40;

/// What was answered to a statement.
pub struct Answer {
    pub id: GridId,
    /// It is the how-manieth of its tab, from 1 on: what came in its place has the same.
    pub number: u32,
    /// It stays, whatever else is asked.
    pub is_pinned: bool,
    pub sql: String,
    pub how: How,
    pub params: BTreeMap<String, String>,
    /// The job that answers it, or did.
    pub job: JobId,
    /// It was cancelled: there may be more rows than came.
    pub is_cut: bool,
    /// As of when it was asked, and which day that was.
    pub as_of: Option<NaiveDate>,
    pub day: Option<NaiveDate>,
    /// None: it is still being answered.
    pub took: Option<Duration>,
    /// Rows that are there, while it is.
    pub so_far: Option<u64>,
    pub shows: Shows,
    /// The files that its rows are written to once they are there.
    pub files: Vec<String>,
}

/// How it is seen.
#[expect(clippy::large_enum_variant, reason = "there are a few of them")]
pub enum Shows {
    Rows(Grid),
    Plan(PlanView),
}

impl Answer {
    /// What it is called: the first table that it reads, or its first words.
    pub fn title(&self) -> String {
        let name = naming::of_statement(&self.sql, NAME);
        match self.how {
            How::Run => name,
            How::Measure => format!("plan of {name}"),
        }
    }

    /// What it has that others have not, in so many columns: words of its statement, values
    /// of parameters, its day. `is_full`: values with what they are compared with.
    pub fn beside(&self, others: &[&Self], most: usize, is_full: bool) -> String {
        let own = naming::words_of(&self.sql);
        let is_same = |other: &&&Self| naming::words_of(&other.sql) == own;
        let (same, others): (Vec<&&Self>, Vec<&&Self>) = others.iter().partition(is_same);
        let others: Vec<&str> = others.iter().map(|other| other.sql.as_str()).collect();
        let mut more = naming::differing(&self.sql, &others, is_full);
        for (name, value) in &self.params {
            if same
                .iter()
                .any(|other| other.params.get(name) != Some(value))
            {
                more.push(value.clone());
            }
        }
        if same.iter().any(|other| other.day != self.day) {
            more.extend(self.day.map(|day| day.to_string()));
        }
        more.retain(|part| !part.is_empty());
        let each = (most / more.len().max(1)).max(LEAST);
        let more = more.iter().map(|part| text::cut(part, each));
        more.collect::<Vec<_>>().join(", ")
    }

    /// Takes its rows, once they are there.
    pub fn take(&mut self, table: Arc<Table>, page: &Page, took: Duration) {
        self.took = Some(took);
        self.so_far = None;
        if let Shows::Rows(grid) = &mut self.shows {
            let (cursor, ends) = (grid.cursor, grid.ends);
            // They are stored as they came; the view that was asked for is of them.
            let view = std::mem::take(&mut grid.view);
            grid.show(table, None, page, cursor);
            if !view.is_plain() {
                grid.review(view);
                grid.ends = ends;
            }
        }
    }

    /// What it is called where it is compared with another one, which may be of another
    /// text.
    pub fn name_beside(&self, other: &Self) -> String {
        let mut name = self.title();
        if name == other.title() {
            let more = self.beside(&[other], BESIDE, true);
            name = match more.is_empty() {
                true => format!("{} {name}", self.number),
                false => format!("{name}: {more}"),
            };
        }
        match self.day.map(|day| day.to_string()) {
            Some(day) if self.day != other.day && !name.contains(&day) => {
                format!("{name} as of {day}")
            }
            _ => name,
        }
    }

    /// Whether nothing else takes its place: it is pinned or marked, or a file waits for it.
    pub fn stays(&self, marked: Option<GridId>) -> bool {
        self.is_pinned || marked == Some(self.id) || !self.files.is_empty()
    }

    /// Whether its rows are on their way: its columns are known.
    pub fn is_coming(&self) -> bool {
        let is_known = matches!(&self.shows, Shows::Rows(grid) if !grid.fields().is_empty());
        self.took.is_none() && is_known
    }

    /// Whether it was cancelled, and what came is being kept.
    pub fn is_being_kept(&self) -> bool {
        self.is_cut && self.took.is_none()
    }

    /// How many rows it has, as far as that is known; and how long it took.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        if self.is_being_kept() {
            let rows = self
                .so_far
                .map(|rows| format!("{}+ ", words::grouped(rows)));
            let rows = rows.unwrap_or_default();
            facts.push(format!("keeping the first {rows}rows"));
        } else if let Shows::Rows(grid) = &self.shows {
            let (first, of_first, end) = match self.is_cut {
                true => ("first ", "the first ", ", cancelled"),
                false => ("", "", ""),
            };
            let rows = match (grid.rows, self.so_far) {
                (Some(rows), _) => match grid.table.as_ref().map(|t| t.rows) {
                    Some(all) if all != rows => {
                        let all = words::count(all, "row");
                        format!("{} of {of_first}{all}", words::grouped(rows))
                    }
                    _ => format!("{first}{}", words::count(rows, "row")),
                },
                (None, Some(rows)) => format!("{}+ rows", words::grouped(rows)),
                // Sorted they are as many.
                (None, None) => match &grid.table {
                    Some(table) if grid.view.filter.is_none() => {
                        format!("{first}{}", words::count(table.rows, "row"))
                    }
                    Some(table) => {
                        let all = words::count(table.rows, "row");
                        format!("{}+ of {of_first}{all}", words::grouped(grid.length()))
                    }
                    None => format!("{}+ rows", words::grouped(grid.length())),
                },
            };
            facts.push(format!("{rows}{end}"));
        }
        if let Some(took) = self.took {
            facts.push(words::short(took.as_secs_f64()));
        }
        if let Some(day) = self.day {
            facts.push(format!("as of {day}"));
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::query::QueryView;
    use crate::tui::state::query::{Running, Statement};

    /// The names of the answers to some statements, each asked as of a day.
    fn names(asked: &[(&str, &str)]) -> Vec<String> {
        let mut query = QueryView::default();
        for (at, (sql, day)) in asked.iter().enumerate() {
            let mut running = Running {
                job: JobId(at as u64),
                statement: Statement {
                    tab: query.current().id,
                    sql: (*sql).to_owned(),
                    at: 0,
                    changes: 0,
                    how: How::Run,
                    params: BTreeMap::new(),
                    as_of: None,
                    day: day.parse().ok(),
                    together: 0,
                    instead: None,
                },
                columns: Vec::new(),
                rows: None,
                answer: None,
                replaced: None,
            };
            query.add(&mut running, |id| Shows::Rows(Grid::new(id)));
            let answer = query.current_mut().answers.last_mut();
            answer.unwrap().is_pinned = true;
        }
        let tab = query.current();
        let names = 0..tab.answers.len();
        names.map(|at| tab.name_of_answer(at)).collect()
    }

    #[test]
    fn answers_are_told_apart_by_what_they_differ_in() {
        let long = "SELECT account_id, sum(amount) AS amount FROM features.invoices WHERE";
        let asked = |end: &str| format!("{long} {end} GROUP BY account_id");
        let (a, b, c) = (
            asked("amount>100 AND day = 'mon'"),
            asked("amount>200 AND day = 'mon'"),
            asked("amount>100 AND day = 'tue'"),
        );
        for (statements, expected) in [
            (vec![(&*a, "")], vec!["1 invoices"]),
            (
                vec![(&*a, ""), (&*b, "")],
                vec!["1 invoices: amount > 100", "2 invoices: amount > 200"],
            ),
            (
                vec![(&*a, ""), (&*b, ""), (&*c, "")],
                vec![
                    "1 invoices: amount > 100, day = 'mon'",
                    "2 invoices: amount > 200 AND day = 'm…",
                    "3 invoices: amount > 100 AND day = 't…",
                ],
            ),
            // What one has and the other has not.
            (
                vec![("FROM x", ""), ("FROM x LIMIT 5; -- few", "")],
                vec!["1 x", "2 x: LIMIT 5"],
            ),
            (
                vec![("SELECT a FROM x", ""), ("SELECT a, t.b FROM x", "")],
                vec!["1 x", "2 x: t.b"],
            ),
            (
                vec![("FROM x", "2024-11-03"), ("FROM  x", "2024-10-27")],
                vec!["1 x: 2024-11-03", "2 x: 2024-10-27"],
            ),
        ] {
            assert_eq!(names(&statements), expected);
        }
    }
}
