//! Whether a key names one row each, before a dataset is made with it.

use super::FeatureError;
use crate::engine::quote;
use crate::model::interrupt::Interrupt;
use crate::pipeline::asker::{AskError, Asker};
use crate::pipeline::context::Context;
use crate::pipeline::error::{RunError, count};
use crate::pipeline::query::{self, QueryRequest};

impl Asker {
    /// Tries a key on the rows that a statement has today.
    pub(super) fn try_key(
        &self,
        sql: &str,
        key: &[String],
        interrupt: &Interrupt,
    ) -> Result<(), FeatureError> {
        if key.is_empty() {
            return Ok(());
        }
        let ctx = Context {
            interrupt: interrupt.clone(),
            ..(*self.ctx).clone()
        };
        let of_error = |error: RunError| match AskError::of(sql, error) {
            AskError::Interrupted => FeatureError::Interrupted,
            AskError::Other(error) => FeatureError::Other(error),
            error => FeatureError::Sql {
                message: format!("whether the key names one row each could not be tried: {error}"),
                hint: None,
                at: 0..0,
            },
        };
        let answer = query::ask(&ctx, QueryRequest::of(sql)).map_err(of_error)?;
        let found = answer.session.texts(&repeated(sql, key));
        if interrupt.is_requested() {
            return Err(FeatureError::Interrupted);
        }
        let found = found.map_err(|error| of_error(error.into()))?;
        match why_not(key, found.into_iter().next().unwrap_or_default()) {
            None => Ok(()),
            Some(why) => Err(FeatureError::NoKey {
                key: key.to_owned(),
                why,
            }),
        }
    }
}

/// One row: how many values of the key name several rows, how many rows have none, and the
/// value that names most with the number of its rows.
fn repeated(sql: &str, key: &[String]) -> String {
    let parts = |write: &dyn Fn(usize, &String) -> String, between: &str| {
        let parts = key.iter().enumerate().map(|(at, name)| write(at, name));
        parts.collect::<Vec<_>>().join(between)
    };
    let named = parts(
        &|at, name| format!("q.{} AS k{at}", quote::ident(name)),
        ", ",
    );
    let is_null = parts(&|at, _| format!("k{at} IS NULL"), " OR ");
    let order = parts(&|at, _| format!("k{at}"), ", ");
    let texts = parts(&|at, _| format!("CAST(e.k{at} AS VARCHAR)"), ", ");
    format!(
        "SELECT COLUMNS(*)::VARCHAR FROM (WITH of_key AS MATERIALIZED (SELECT {named}, count(*) AS n FROM (\n{sql}\n) AS q GROUP BY ALL) \
         SELECT (SELECT count(*) FROM of_key WHERE n > 1 AND NOT ({is_null})), \
         (SELECT coalesce(sum(n), 0) FROM of_key WHERE {is_null}), e.n, {texts} \
         FROM (VALUES (1)) AS one LEFT JOIN (SELECT * FROM of_key WHERE n > 1 AND NOT ({is_null}) \
         ORDER BY n DESC, {order} LIMIT 1) AS e ON true)"
    )
}

fn why_not(key: &[String], found: Vec<Option<String>>) -> Option<String> {
    let mut cells = found.into_iter();
    let mut number = || -> u64 {
        let cell = cells.next().flatten();
        cell.and_then(|cell| cell.parse().ok()).unwrap_or(0)
    };
    let (values, nulls, rows) = (number(), number(), number());
    let names = key.iter().map(|name| format!("`{name}`"));
    let names = names.collect::<Vec<_>>().join(", ");
    if values > 0 {
        let example = cells.map(|cell| format!("`{}`", cell.unwrap_or_default()));
        let example = example.collect::<Vec<_>>().join(", ");
        let (several, as_in) = match values {
            1 => ("names several rows", "it is"),
            _ => ("name several rows each", "such as"),
        };
        return Some(format!(
            "{names} is no key: {values} of its values {several}, {as_in} {example} ({})",
            count(rows, "row")
        ));
    }
    (nulls > 0).then(|| {
        format!(
            "{names} is no key: it is NULL in {}; leave them out with WHERE, or add a column",
            count(nulls, "row")
        )
    })
}
