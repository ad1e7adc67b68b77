//! What was answered to a statement.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;

use super::How;
use super::plan::PlanView;
use crate::report::words;
use crate::tui::state::grid::{Grid, GridId};
use crate::tui::text;

/// Columns of the name of an answer.
const NAME: usize = 20;

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
    /// As of when it was asked, and which day that was.
    pub as_of: Option<NaiveDate>,
    pub day: Option<NaiveDate>,
    /// None: it is still being answered.
    pub took: Option<Duration>,
    /// Rows that are there, while it is.
    pub so_far: Option<u64>,
    pub shows: Shows,
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
        let words: Vec<&str> = self.sql.split_whitespace().collect();
        let from = words
            .iter()
            .position(|word| word.eq_ignore_ascii_case("from"));
        let table = from.and_then(|at| words.get(at + 1));
        let name = match table {
            Some(table) if !table.starts_with('(') => {
                let name = table.trim_end_matches([';', ')', ',']);
                let name = name.rsplit('.').next().unwrap_or(name);
                name.split('(').next().unwrap_or(name).to_owned()
            }
            _ => words.iter().take(3).copied().collect::<Vec<_>>().join(" "),
        };
        let name = text::cut(&name, NAME);
        match self.how {
            How::Run => name,
            How::Measure => format!("plan of {name}"),
        }
    }

    /// How many rows it has, as far as that is known; and how long it took.
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        if let Shows::Rows(grid) = &self.shows {
            facts.push(match (grid.rows, self.so_far) {
                (Some(rows), _) => match grid.table.as_ref().map(|t| t.rows) {
                    Some(all) if all != rows => {
                        format!("{} of {}", words::grouped(rows), words::count(all, "row"))
                    }
                    _ => words::count(rows, "row"),
                },
                (None, Some(rows)) if grid.table.is_none() => {
                    format!("{}+ rows", words::grouped(rows))
                }
                _ => format!("{}+ rows", words::grouped(grid.length())),
            });
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
