//! One SELECT: parsed by the engine, looked through, and refused if it does
//! more than read what it names.

use std::ops::Range;

use serde_json::Value;

use crate::model::syntax::{Syntax, SyntaxError};

use super::functions;
use super::problem::Problem;
use super::syntax_tree::{self, TableName};
use super::text;

/// A statement and what is wrong with it. Spans are bytes of its SQL.
#[derive(Debug, Default)]
pub struct Statement {
    /// As the engine serialises it. None if it is not one statement.
    pub tree: Option<Value>,
    /// The tables it names, as often as it does, without those of its `WITH`.
    pub tables: Vec<TableName>,
    pub problems: Vec<(Range<usize>, Problem)>,
}

/// Reads the one SELECT in `sql`. Whether its tables exist is not looked at.
pub fn examine(sql: &str, syntax: &dyn Syntax) -> Statement {
    let tree = match parse(sql, syntax) {
        Ok(tree) => tree,
        Err(problem) => {
            return Statement {
                problems: vec![problem],
                ..Statement::default()
            };
        }
    };
    let found = syntax_tree::walk(sql, &tree);
    let mut problems = found.problems;
    for call in found.calls {
        if let Some(problem) = functions::judge(&call, syntax) {
            problems.push((call.span, problem));
        }
    }
    Statement {
        tree: Some(tree),
        tables: found.tables,
        problems,
    }
}

/// The text of the one statement in `sql`, whatever it is, without what follows
/// it; it can be put in parentheses.
///
/// # Errors
/// Where a second statement begins, or 0..0 if there is none at all.
pub fn only(sql: &str) -> Result<&str, Range<usize>> {
    let first = text::statements(sql);
    match (first.first(), first.get(1)) {
        (None, _) => Err(0..0),
        (Some(_), Some(second)) => Err(second.span.clone()),
        (Some(_), None) => Ok(&sql[text::body(sql, 0)]),
    }
}

/// The words and signs of SQL, and where they are, without its comments.
pub fn words(sql: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let all = text::tokens(sql, 0).filter(|token| token.kind != text::Kind::Comment);
    all.map(|token| (&sql[token.span.clone()], token.span))
}

/// What stands at a place of SQL: its word, or the one after it.
pub fn word_at(sql: &str, at: usize) -> Range<usize> {
    text::token_at(sql, at)
}

fn parse(sql: &str, syntax: &dyn Syntax) -> Result<Value, (Range<usize>, Problem)> {
    let first = text::statements(sql);
    if first.is_empty() {
        return Err((0..0, Problem::Empty));
    }
    let mut trees = match syntax.parse(sql) {
        Ok(trees) => trees,
        Err(error) => return Err(explain(sql, &first, error)),
    };
    match (trees.len(), first.get(1)) {
        (0, _) => Err((0..0, Problem::Empty)),
        (1, None) => Ok(trees.remove(0)),
        (_, second) => {
            let span = second.map_or(0..0, |second| second.span.clone());
            Err((span, Problem::Statements))
        }
    }
}

/// The engine says only that it takes nothing but SELECTs; the text says more.
fn explain(sql: &str, first: &[text::Token], error: SyntaxError) -> (Range<usize>, Problem) {
    let message = error.message;
    if let Some(at) = error.position {
        return (text::token_at(sql, at), Problem::Syntax { message });
    }
    if let Some(second) = first.get(1) {
        return (second.span.clone(), Problem::Statements);
    }
    let start = first.first().map_or(0..0, |first| first.span.clone());
    let what = sql[start.clone()].to_uppercase();
    if ![
        "SELECT", "WITH", "FROM", "VALUES", "TABLE", "PIVOT", "UNPIVOT", "(",
    ]
    .contains(&&*what)
    {
        return (start, Problem::NotSelect { what });
    }
    if let Some(span) = text::keyword(sql, &["pivot", "unpivot"]) {
        let word = sql[span.clone()].to_uppercase();
        return (span, Problem::Pivot { word });
    }
    if let Some(span) = text::parameter(sql) {
        let written = sql[span.clone()].to_owned();
        return (span, Problem::Parameter { written });
    }
    (start, Problem::Syntax { message })
}
