//! EXPLAIN, taken apart.

use super::{Answer, refusal, scans};
use crate::engine::explain::{self, Plan};
use crate::engine::stream::{Nested, Query};
use crate::engine::{EngineError, ErrorKind};
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::transforms::statement;

/// An EXPLAIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Explained {
    /// Where the statement begins that is explained.
    pub statement: usize,
    /// Whether it is run, and measured.
    pub analyzes: bool,
    /// Whether it says in which form the plan is to be written.
    pub has_form: bool,
}

/// What can stand in the parentheses behind EXPLAIN.
const OPTIONS: [&str; 3] = ["analyze", "analyse", "format"];

/// Takes an EXPLAIN apart; None if the SQL is none.
pub(super) fn of(sql: &str) -> Option<Explained> {
    let words: Vec<_> = statement::words(sql).collect();
    let is = |at: usize, names: &[&str]| {
        let word = words.get(at).map(|(word, _)| word.to_ascii_lowercase());
        word.is_some_and(|word| names.contains(&word.as_str()))
    };
    let mut at = 0;
    if !is(at, &["explain"]) {
        return None;
    }
    at += 1;
    let (mut analyzes, mut has_form) = (false, false);
    if is(at, &["("]) && is(at + 1, &OPTIONS) {
        let end = (at..words.len()).find(|at| is(*at, &[")"]))?;
        has_form = (at..end).any(|at| is(at, &OPTIONS[2..]));
        analyzes = (at..end).any(|at| is(at, &OPTIONS[..2]));
        at = end + 1;
    } else if is(at, &OPTIONS[..2]) {
        analyzes = true;
        at += 1;
    }
    let statement = words.get(at).map_or(sql.len(), |(_, span)| span.start);
    Some(Explained {
        statement,
        analyzes,
        has_form,
    })
}

/// The statement that runs another one and measures it. What is explained already,
/// in whatever form, is explained so. It ends as `sql` does: what is so far from the
/// end of one is as far from that of the other.
pub fn measuring(sql: &str) -> String {
    match of(sql) {
        Some(explained) if explained.analyzes => sql.to_owned(),
        explained => {
            let statement = explained.unwrap_or_default().statement;
            format!("EXPLAIN ANALYZE {}", &sql[statement..])
        }
    }
}

impl Answer {
    /// Whether it is an EXPLAIN: its rows are drawings.
    pub fn explains(&self) -> bool {
        let mut words = statement::words(self.sql());
        words
            .next()
            .is_some_and(|(word, _)| word.eq_ignore_ascii_case("explain"))
    }

    /// Whether it is an EXPLAIN that does not say in which form its plan is to be written.
    pub fn explains_freely(&self) -> bool {
        of(self.sql()).is_some_and(|explained| !explained.has_form)
    }

    /// What an EXPLAIN finds, as a tree.
    ///
    /// # Errors
    /// What goes wrong while it is made, or while the statement runs that it measures.
    pub fn plan(&self) -> Result<Plan, RunError> {
        let sql = self.sql();
        let explained = of(sql).unwrap_or_default();
        let prefix = match explained.analyzes {
            true => "EXPLAIN (ANALYZE, FORMAT json) ",
            false => "EXPLAIN (FORMAT json) ",
        };
        let json = format!("{prefix}{}", &sql[explained.statement..]);
        let query = Query {
            sql: &json,
            ..self.query(None, Nested::Engine)
        };
        let mut text = String::new();
        let read = self.session.stream_as_it_is(query, |batch| {
            text += batch.cell(0, batch.width() - 1).unwrap_or_default();
            Ok::<_, EngineError>(())
        });
        read.map_err(|mut error| {
            let place = error.position.map(|at| at.saturating_sub(prefix.len()));
            error.position = place.map(|at| at + explained.statement);
            self.located(error)
        })?;
        let mut plan = explain::read(&text).ok_or_else(|| {
            EngineError::new(ErrorKind::Other, "the engine's plan is of no known form")
        })?;
        scans::name(&mut plan, &self.opened, sql);
        Ok(plan)
    }

    /// A table that is not there is told as of any statement: the engine would suggest any
    /// of its own.
    pub(super) fn bind_explained(&self, ctx: &Context) -> Result<(), RunError> {
        let sql = self.sql();
        let from = of(sql).map_or(0, |explained| explained.statement);
        let query = Query {
            sql: &sql[from..],
            ..self.query(None, Nested::Engine)
        };
        match self.session.describe(query) {
            Err(mut error) if refusal::is_of_table(&error) => {
                error.position = error.position.map(|at| at + from);
                Err(self.not_bound(ctx, error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_explained_is_found() {
        for (sql, rest, analyzes) in [
            ("EXPLAIN SELECT 1", "SELECT 1", false),
            ("explain analyze from x", "from x", true),
            ("EXPLAIN (SELECT 1)", "(SELECT 1)", false),
            ("EXPLAIN ANALYZE (SELECT 1)", "(SELECT 1)", true),
            (
                "-- a\nEXPLAIN (FORMAT json, ANALYZE) SELECT 1",
                "SELECT 1",
                true,
            ),
            ("EXPLAIN /* b */ (format html) SELECT 1", "SELECT 1", false),
            ("EXPLAIN", "", false),
        ] {
            let explained = of(sql).unwrap();
            assert_eq!(
                (&sql[explained.statement..], explained.analyzes),
                (rest, analyzes)
            );
        }
        assert_eq!(of("SELECT 'explain'"), None);
    }

    #[test]
    fn a_statement_is_measured_once() {
        for (sql, measures) in [
            ("SELECT 1", "EXPLAIN ANALYZE SELECT 1"),
            ("-- a\nSELECT 1", "EXPLAIN ANALYZE -- a\nSELECT 1"),
            ("explain SELECT 1", "EXPLAIN ANALYZE SELECT 1"),
            ("/* ü */ EXPLAIN\nSELECT 1", "EXPLAIN ANALYZE SELECT 1"),
            ("EXPLAIN (FORMAT html) SELECT 1", "EXPLAIN ANALYZE SELECT 1"),
            (
                "-- a\nExplain Analyze FROM x",
                "-- a\nExplain Analyze FROM x",
            ),
            ("explained", "EXPLAIN ANALYZE explained"),
        ] {
            assert_eq!(measuring(sql), measures);
            assert_eq!(measuring(measures), measures);
        }
    }
}
