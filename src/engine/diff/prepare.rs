//! Sides that cannot be walked through as they lie: not sorted by the key, with
//! keys that are NULL or repeated, or with a condition. What is to be compared is
//! put into tables of the session, sorted; the engine spills what does not fit
//! into memory.

use super::source::{Conditioned, Shared, Source, cast};
use super::{DiffError, Sides};
use crate::engine::error::EngineError;
use crate::engine::session::Session;
use crate::model::difference::Pair;

/// Sorted sides, and the rows that are not among them.
pub(super) struct Prepared {
    pub sources: Pair<Source>,
    pub without_key: Pair<u64>,
    pub repeated: Pair<u64>,
}

/// Makes the tables.
///
/// # Errors
/// Of the engine; [`DiffError::Condition`] if the condition fails on a value.
pub(super) fn prepare(
    session: &Session,
    sides: &Sides,
    condition: Option<&Conditioned>,
) -> Result<Prepared, DiffError> {
    let Sides {
        key,
        columns,
        sources: files,
        ..
    } = sides;
    let names: Vec<String> = (0..key.len()).map(|at| format!("k{at}")).collect();
    let keys = names.join(", ");
    let anyone = |test: &str, by: &str| {
        let tests: Vec<String> = names.iter().map(|name| format!("{name} {test}")).collect();
        tests.join(by)
    };
    let (is_null, is_whole) = (anyone("IS NULL", " OR "), anyone("IS NOT NULL", " AND "));
    let of_user = |error: EngineError| match condition {
        Some(_) => DiffError::Condition(EngineError {
            position: None,
            ..error
        }),
        None => error.into(),
    };
    let sides = Pair::new(("before", &files.before), ("after", &files.after));
    for ((name, source), from) in sides
        .zip(condition.map_or(Pair::new(None, None), |c| c.from.as_ref().map(Some)))
        .both()
    {
        let list = |sql: &[String], letter: char| {
            let named = sql.iter().enumerate();
            named
                .map(|(at, sql)| format!("{sql} AS {letter}{at}"))
                .collect::<Vec<_>>()
        };
        let selected = [list(&source.keys, 'k'), list(&source.columns, 'c')].concat();
        let from = from.map_or(source.from.as_str(), |from| from.as_str());
        let kept = condition.map_or("true", |c| c.condition.as_str());
        session.batch(&format!(
            "CREATE VIEW {name}_all AS SELECT {}, {kept} AS is_kept FROM {from}",
            selected.join(", ")
        ))?;
    }
    if condition.is_some() {
        session
            .batch(&format!(
                "CREATE TABLE kept AS SELECT {keys} FROM before_all WHERE is_kept \
                 UNION SELECT {keys} FROM after_all WHERE is_kept"
            ))
            .map_err(of_user)?;
    }
    let semi = match condition {
        Some(_) => format!("SEMI JOIN kept USING ({keys})"),
        None => String::new(),
    };
    let repeats = |name: &str| {
        format!(
            "SELECT {keys} FROM {name}_all {semi} WHERE {is_whole} GROUP BY {keys} \
             HAVING count(*) > 1"
        )
    };
    session
        .batch(&format!(
            "CREATE TABLE repeated AS {} UNION {}",
            repeats("before"),
            repeats("after")
        ))
        .map_err(of_user)?;
    let side = |(name, source): (&str, &Source)| -> Result<_, DiffError> {
        let without_key = session
            .number(&format!(
                "SELECT count(*) FROM {name}_all WHERE is_kept AND ({is_null})"
            ))
            .map_err(of_user)?;
        let repeated = session.number(&format!(
            "SELECT count(*) FROM {name}_all SEMI JOIN repeated USING ({keys})"
        ))?;
        session
            .batch(&format!(
                "CREATE TABLE {name}_rows AS SELECT * EXCLUDE (is_kept) FROM {name}_all {semi} \
                 ANTI JOIN repeated USING ({keys}) WHERE {is_whole} ORDER BY {keys}"
            ))
            .map_err(of_user)?;
        let rows = session.number(&format!("SELECT count(*) FROM {name}_rows"))?;
        let columns_named: Vec<String> = (0..source.columns.len())
            .map(|at| format!("c{at}"))
            .collect();
        let own = |c: &Shared| match name {
            "before" => c.types.before.clone(),
            _ => c.types.after.clone(),
        };
        let common = columns_named.iter().zip(columns);
        Ok((
            Source {
                from: format!("{name}_rows"),
                row: "rowid",
                rows,
                keys: names.clone(),
                common: common
                    .map(|(name, c)| cast(name, &own(c), &c.common))
                    .collect(),
                columns: columns_named,
                file: None,
            },
            without_key,
            repeated,
        ))
    };
    let Pair { before, after } = sides.map(side).ok()?;
    session.batch("DROP TABLE repeated")?;
    Ok(Prepared {
        without_key: Pair::new(before.1, after.1),
        repeated: Pair::new(before.2, after.2),
        sources: Pair::new(before.0, after.0),
    })
}
