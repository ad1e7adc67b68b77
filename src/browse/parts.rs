//! A large sort, a part after the other. The engine merges what it has sorted from
//! runs of rows, each of which takes memory: of too many at once it fails. A part has
//! the rows whose values of the first column lie between two ends.

use std::ops::Range;

use super::error::BrowseError;
use super::page::{SortedBy, View, of_filter};
use super::table::Table;
use crate::engine::{ErrorKind, Session, quote};

/// Bytes that are sorted at once. As they are counted here, 3 GB of numbers could be sorted
/// in 128 MB, and 8 GB of texts not in 256.
const AT_ONCE: u64 = 1 << 30;

/// Bytes that a value takes while it is sorted, about: of a fixed length, or a text.
const FIXED: u64 = 16;
const TEXT: u64 = 64;
const VARYING: [&str; 5] = ["VARCHAR", "BLOB", "BIT", "JSON", "BIGNUM"];

/// Rows whose values say where parts end.
const SAMPLE: u64 = 1000;

/// Parts of one for which memory was too little, and how often one is divided again.
const FINER: u64 = 4;
const DEEPEST: usize = 8;

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
    let sort = Sort {
        engine,
        place,
        table,
        at_once: AT_ONCE,
        tell,
    };
    sort.all(view).map_err(|e| of_filter(e, view))
}

/// Rows of a view, which come before those of the next part.
struct Part {
    /// Sorted by the columns of which the part may have several values.
    view: View,
    /// Which rows they are: all of these hold.
    conditions: Vec<String>,
    /// Which share of the table's rows it has, about.
    share: f64,
    /// How often it was divided.
    depth: usize,
}

impl Part {
    fn positions(&self, table: &Table) -> String {
        let all = self.conditions.join(" AND ");
        let only = (!all.is_empty()).then_some(all.as_str());
        self.view.positions(table, only)
    }
}

/// What is sorted, and where to.
struct Sort<'a, F> {
    engine: &'a Session,
    place: &'a str,
    table: &'a Table,
    /// Bytes.
    at_once: u64,
    tell: &'a F,
}

impl<F: Fn(f64) + Sync> Sort<'_, F> {
    fn all(&self, view: &View) -> Result<(), BrowseError> {
        let create = format!("CREATE TABLE {} (p BIGINT)", self.place);
        self.engine.batch(&create)?;
        let whole = Part {
            view: view.clone(),
            conditions: Vec::new(),
            share: 1.0,
            depth: 0,
        };
        self.part(&whole, 0.0..1.0)
    }

    /// Sorts a part. `work`: which share of all work it is.
    fn part(&self, part: &Part, work: Range<f64>) -> Result<(), BrowseError> {
        let mut smaller = match self.wanted(part) {
            1 => Vec::new(),
            count => divided(self.engine, self.table, part, count)?,
        };
        if smaller.is_empty() {
            let error = match self.insert(part, &work) {
                Err(BrowseError::Engine(e)) if e.kind == ErrorKind::OutOfMemory => e,
                done => return done,
            };
            smaller = divided(self.engine, self.table, part, FINER)?;
            if smaller.is_empty() {
                return Err(error.into());
            }
        }
        let each = (work.end - work.start) / smaller.len() as f64;
        for (at, part) in smaller.iter().enumerate() {
            let from = work.start + each * at as f64;
            self.part(part, from..from + each)?;
        }
        Ok(())
    }

    fn insert(&self, part: &Part, work: &Range<f64>) -> Result<(), BrowseError> {
        let insert = format!("INSERT INTO {} {}", self.place, part.positions(self.table));
        let tell = |done| (self.tell)(work.start + (work.end - work.start) * done);
        tell(0.0);
        Ok(self.engine.watched(tell, |engine| engine.batch(&insert))?)
    }

    /// Into how many parts it is divided well.
    fn wanted(&self, part: &Part) -> u64 {
        let bytes = |by: &SortedBy| {
            let ty = type_of(self.table, &by.column);
            let is_fixed = !is_nested(ty) && !VARYING.contains(&ty);
            if is_fixed { FIXED } else { TEXT }
        };
        let row = FIXED + part.view.order.iter().map(bytes).sum::<u64>();
        let rows = (self.table.rows as f64 * part.share) as u64;
        rows.saturating_mul(row).div_ceil(self.at_once).max(1)
    }
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

/// Divides a part by the values of the column that it is sorted by first. There is none
/// where it cannot be.
fn divided(
    engine: &Session,
    table: &Table,
    part: &Part,
    count: u64,
) -> Result<Vec<Part>, BrowseError> {
    let divides = |by: &&SortedBy| !is_nested(type_of(table, &by.column));
    let by = part.view.order.first().filter(divides);
    let Some(by) = by.filter(|_| part.depth < DEEPEST) else {
        return Ok(Vec::new());
    };
    let column = quote::ident(&by.column);
    let ends = find_ends(engine, table, part, &column, count)?;
    let end = |nth: usize| format!("getvariable('{}')", end_name(part.depth, nth));
    // Of one value it is sorted by the other columns alone.
    let smaller = |condition: String, has_one_value: bool| Part {
        view: View {
            filter: part.view.filter.clone(),
            order: part.view.order[usize::from(has_one_value)..].to_vec(),
        },
        conditions: part.conditions.iter().cloned().chain([condition]).collect(),
        share: 0.0,
        depth: part.depth + 1,
    };
    let mut parts: Vec<Part> = match ends {
        0 => vec![smaller(format!("{column} IS NOT NULL"), false)],
        // Nearly all have one value.
        1 => ["<", "=", ">"]
            .map(|is| smaller(format!("{column} {is} {}", end(0)), is == "="))
            .into(),
        ends => (0..ends)
            .map(|nth| {
                let from = (nth > 0).then(|| format!("{column} >= {}", end(nth)));
                let to = (nth + 1 < ends).then(|| format!("{column} < {}", end(nth + 1)));
                let both: Vec<String> = from.into_iter().chain(to).collect();
                smaller(both.join(" AND "), false)
            })
            .collect(),
    };
    if by.descending {
        parts.reverse();
    }
    // NULL comes last.
    parts.push(smaller(format!("{column} IS NULL"), true));
    let sampled = SAMPLE.min(table.rows) as f64;
    for part in &mut parts {
        let condition = part.conditions.last().map_or("true", |last| last);
        let rows = engine.number(&format!("SELECT count(*) FROM sample WHERE {condition}"))?;
        part.share = rows as f64 / sampled;
    }
    engine.batch("DROP TABLE sample; DROP TABLE ends")?;
    Ok(parts)
}

/// Finds values that divide a part into about equal ones, and keeps them as variables of
/// the session, which have the column's type: the least of a sample, and where the second
/// of so many parts begins, the third … Returns how many there are: fewer where some
/// values are often. The tables `sample` and `ends` stay.
fn find_ends(
    engine: &Session,
    table: &Table,
    part: &Part,
    column: &str,
    count: u64,
) -> Result<usize, BrowseError> {
    let step = (table.rows / SAMPLE).max(1);
    // Not at equal distances: what is stored may repeat itself.
    let somewhere = |n: u64| n * step + n.wrapping_mul(2_654_435_761) % step;
    let rows = quote::join((0..SAMPLE).map(|n| somewhere(n).to_string()));
    let rows = format!("{} IN ({rows})", table.position());
    let conditions = part.conditions.iter().cloned().chain([rows]);
    let only = conditions.collect::<Vec<_>>().join(" AND ");
    let sample = part.view.sample(table, column, &only);
    engine.batch(&format!(
        "CREATE OR REPLACE TEMP TABLE sample AS {sample};
         CREATE OR REPLACE TEMP TABLE ends AS
         SELECT row_number() OVER (ORDER BY value) - 1 AS nth, value FROM (
           SELECT DISTINCT min(value) AS value FROM (
             SELECT {column} AS value, ntile({count}) OVER (ORDER BY {column}) AS part
             FROM sample WHERE {column} IS NOT NULL
           ) GROUP BY part
         )"
    ))?;
    let found = engine.number("SELECT count(*) FROM ends")? as usize;
    for nth in 0..found {
        engine.batch(&format!(
            "SET VARIABLE {} = (SELECT value FROM ends WHERE nth = {nth})",
            end_name(part.depth, nth)
        ))?;
    }
    Ok(found)
}

/// Parts of one depth are sorted one after the other, and those around them are not as
/// deep: no variable is changed while it is needed.
fn end_name(depth: usize, nth: usize) -> String {
    format!("end_{depth}_{nth}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

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
            for at_once in [AT_ONCE, 30_000, 3_000] {
                let parts = Mutex::new(BTreeSet::new());
                let sort = Sort {
                    engine: &session,
                    place: "sorted",
                    table: &table,
                    at_once,
                    tell: &|done: f64| _ = parts.lock().unwrap().insert(done.to_bits()),
                };
                sort.all(&view).unwrap();
                let parts = parts.into_inner().unwrap().len();
                most = most.max(parts);
                let sorted = numbers(&session, "SELECT * FROM sorted ORDER BY rowid").unwrap();
                assert_eq!(sorted, expected, "{column:?} in {parts} parts");
                session.batch("DROP TABLE sorted").unwrap();
            }
        }
        assert!(most > 40, "{most} parts");
    }
}
