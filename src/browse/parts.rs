//! A large sort, a part after the other. The engine merges what it has sorted from
//! runs of rows, each of which takes memory: of too many at once it fails. A part has
//! the rows whose values of the first column lie between two ends.

use super::error::BrowseError;
use super::page::{SortedBy, View, of_filter};
use super::table::Table;
use crate::engine::{ErrorKind, Session, quote};

/// Bytes that are sorted at once: a fraction of what fails in the memory there is.
const AT_ONCE: u64 = 1 << 30;

/// Bytes that a value takes while it is sorted, about: of a fixed length, or a text.
const FIXED: u64 = 16;
const TEXT: u64 = 64;
const VARYING: [&str; 5] = ["VARCHAR", "BLOB", "BIT", "JSON", "BIGNUM"];

/// Rows whose values say where parts end.
const SAMPLE: u64 = 1000;

/// So many times more parts are tried where memory was too little.
const FINER: u64 = 4;

/// Puts the positions of a view's rows, in order, into a table that is not there yet.
/// `tell` hears the share that is done, 0 to 1.
///
/// # Errors
/// [`BrowseError::Filter`] if the filter is no condition; any error of the engine.
pub(super) fn fill(
    engine: &Session,
    place: &str,
    table: &Table,
    view: &View,
    tell: &(impl Fn(f64) + Sync),
) -> Result<(), BrowseError> {
    let divide = |count| of(engine, table, view, count).map_err(|e| of_filter(e, view));
    let mut count = wanted(table, view);
    let mut parts = divide(count)?;
    loop {
        match fill_in(engine, place, table, &parts, tell) {
            Err(BrowseError::Engine(error)) if error.kind == ErrorKind::OutOfMemory => {
                count *= FINER;
                let finer = divide(count)?;
                // Not the same again.
                if finer.len() <= parts.len() {
                    return Err(error.into());
                }
                engine.batch(&format!("DROP TABLE IF EXISTS {place}"))?;
                parts = finer;
            }
            filled => return filled.map_err(|e| of_filter(e, view)),
        }
    }
}

fn fill_in(
    engine: &Session,
    place: &str,
    table: &Table,
    parts: &[Part],
    tell: &(impl Fn(f64) + Sync),
) -> Result<(), BrowseError> {
    let mut into = format!("CREATE TABLE {place} AS");
    for (done, part) in parts.iter().enumerate() {
        let positions = part.view.positions(table, part.condition.as_deref());
        let tell = |share| tell((done as f64 + share) / parts.len() as f64);
        engine.watched(tell, |engine| engine.batch(&format!("{into} {positions}")))?;
        into = format!("INSERT INTO {place}");
    }
    Ok(())
}

/// Some of a view's rows, which come before those of the next part.
struct Part {
    view: View,
    /// None: all rows.
    condition: Option<String>,
}

/// How many parts are sorted well.
fn wanted(table: &Table, view: &View) -> u64 {
    let bytes = |by: &SortedBy| {
        let ty = type_of(table, &by.column);
        let is_fixed = !is_nested(ty) && !VARYING.contains(&ty);
        if is_fixed { FIXED } else { TEXT }
    };
    let row = FIXED + view.order.iter().map(bytes).sum::<u64>();
    table.rows.saturating_mul(row).div_ceil(AT_ONCE).max(1)
}

fn type_of<'t>(table: &'t Table, column: &str) -> &'t str {
    let column = table.columns.iter().find(|c| c.name == column);
    column.map_or("", |column| &column.ty)
}

/// Whether it has other values inside: then the engine does not look between two.
fn is_nested(ty: &str) -> bool {
    let begins = |start| ty.starts_with(start);
    let has_names = ty.ends_with(')') && !["DECIMAL", "ENUM"].into_iter().any(begins);
    ty.ends_with(']') || has_names || ["VARIANT", "GEOMETRY"].into_iter().any(begins)
}

/// Divides a view's rows by the values of the column that they are sorted by first.
/// There are fewer parts where few values are often.
fn of(engine: &Session, table: &Table, view: &View, count: u64) -> Result<Vec<Part>, BrowseError> {
    let whole = |view: &View, condition| Part {
        view: view.clone(),
        condition,
    };
    let divides = |by: &&SortedBy| count > 1 && !is_nested(type_of(table, &by.column));
    let Some(by) = view.order.first().filter(divides) else {
        return Ok(vec![whole(view, None)]);
    };
    let column = quote::ident(&by.column);
    let ends = ends(engine, table, view, &column, count)?;
    let end = |at: u64| format!("getvariable('end_{at}')");
    let mut conditions: Vec<String> = (0..=ends)
        .map(|at| {
            let from = (at > 0).then(|| format!("{column} >= {}", end(at)));
            let to = (at < ends).then(|| format!("{column} < {}", end(at + 1)));
            let both: Vec<String> = from.into_iter().chain(to).collect();
            match both.is_empty() {
                true => format!("{column} IS NOT NULL"),
                false => both.join(" AND "),
            }
        })
        .collect();
    if by.descending {
        conditions.reverse();
    }
    // NULL comes last, and is sorted by the other columns alone.
    let of_null = View {
        filter: view.filter.clone(),
        order: view.order[1..].to_vec(),
    };
    let null = whole(&of_null, Some(format!("{column} IS NULL")));
    let parts = conditions.into_iter().map(|part| whole(view, Some(part)));
    Ok(parts.chain([null]).collect())
}

/// Finds values that divide the rows into about equal parts, as the variables `end_1`,
/// `end_2` … of the session: they have the column's type. Returns how many they are.
fn ends(
    engine: &Session,
    table: &Table,
    view: &View,
    column: &str,
    count: u64,
) -> Result<u64, BrowseError> {
    let step = (table.rows / SAMPLE).max(1);
    // Not at equal distances: what is stored may repeat itself.
    let somewhere = |n: u64| n * step + n.wrapping_mul(2_654_435_761) % step;
    let rows = quote::join((0..SAMPLE).map(|n| somewhere(n).to_string()));
    let only = format!("{} IN ({rows})", table.position());
    let sample = view.sample(table, column, &only);
    engine.batch(&format!(
        "CREATE OR REPLACE TEMP TABLE ends AS
         SELECT row_number() OVER (ORDER BY value) AS nth, value FROM (
           SELECT DISTINCT min(value) AS value FROM (
             SELECT value, ntile({count}) OVER (ORDER BY value) AS part
             FROM ({sample}) WHERE value IS NOT NULL
           ) WHERE part > 1 GROUP BY part
         )"
    ))?;
    let found = engine.number("SELECT count(*) FROM ends")?;
    for at in 1..=found {
        engine.batch(&format!(
            "SET VARIABLE end_{at} = (SELECT value FROM ends WHERE nth = {at})"
        ))?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::browse::kept::Kept;
    use crate::browse::page::numbers;
    use crate::browse::table::Origin;
    use crate::engine::Settings;
    use crate::model::interrupt::Interrupt;

    /// Values that are often, that are seldom, and NULL, NaN and the ends of each type.
    const ROWS: &str = "SELECT i, hash(i) % 7 AS few, CAST(hash(i) AS VARCHAR) AS text, \
         CASE hash(i) % 11 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE \
           ELSE sin(i) END AS number, [CAST(hash(i) % 90 AS DECIMAL(4, 1))] AS decimals, \
         CASE WHEN hash(i) % 3 > 0 THEN repeat('ä', (i % 40)::INTEGER) END AS long, a.* \
         FROM range(2000) AS r(i) JOIN (SELECT *, row_number() OVER () AS n FROM test_all_types()) \
           AS a ON a.n = 1 + hash(i) % 3 ORDER BY hash(i)";

    #[test]
    fn rows_sorted_in_parts_come_as_the_engine_sorts_them() {
        let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
        let kept = Kept::new(&session, None).unwrap();
        let create = format!("CREATE TABLE {} AS {ROWS}", kept.place());
        session.batch(&create).unwrap();
        let columns = session.columns(&format!("FROM {}", kept.place())).unwrap();
        let table = Table {
            origin: Origin::Answer(Arc::new(kept)),
            columns,
            key: Vec::new(),
            rows: 2000,
        };
        let mut most = 0;
        for (at, column) in table.columns.iter().enumerate() {
            let by = |name: &str, descending| SortedBy {
                column: name.to_owned(),
                descending,
            };
            let view = View {
                filter: (at % 2 == 0).then(|| "i % 5 > 0 -- some".to_owned()),
                order: vec![by(&column.name, at % 3 == 0), by("few", true)],
            };
            let expected = numbers(&session, &view.positions(&table, None)).unwrap();
            for count in [1, 2, 9, 50] {
                let parts = of(&session, &table, &view, count).unwrap();
                most = most.max(parts.len());
                fill_in(&session, "sorted", &table, &parts, &|_| {}).unwrap();
                let sorted = numbers(&session, "SELECT * FROM sorted ORDER BY rowid").unwrap();
                assert_eq!(sorted, expected, "{column:?} in {count} parts");
                session.batch("DROP TABLE sorted").unwrap();
            }
        }
        assert!(most > 40, "{most} parts");
    }
}
