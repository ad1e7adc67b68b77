//! EXPLAIN, taken apart.

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
