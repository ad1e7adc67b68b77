//! The same question, answered by one full outer join in plain SQL.

use duckdb::Connection;
use workbench::engine::diff::{Cell, Change, Row};
use workbench::model::difference::{Difference, Figure, Moved, Pair, RowCounts, Spread};

use super::sides::{Made, Shape, Sides};
use crate::engine::texts;

/// A connection with `before`, `after` and `pairs`: the rows that are compared.
pub struct Oracle<'s> {
    connection: Connection,
    sides: &'s Sides,
    /// Columns of both sides.
    shared: Vec<&'s Made>,
    rows: RowCounts,
}

fn list(parts: impl IntoIterator<Item = String>, by: &str) -> String {
    parts.into_iter().collect::<Vec<_>>().join(by)
}

impl<'s> Oracle<'s> {
    pub fn of(sides: &'s Sides, condition: Option<&str>) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        let keys: Vec<&str> = sides.keys.iter().map(|k| k.name.as_str()).collect();
        let key = keys.join(", ");
        let whole = list(keys.iter().map(|k| format!("{k} IS NOT NULL")), " AND ");
        // A column that a side lacks is NULL there for the condition.
        let all = |side: usize| {
            list(
                sides.columns.iter().filter_map(|c| {
                    let [own, other] = match side {
                        0 => c.types.both(),
                        _ => [c.types.after, c.types.before],
                    };
                    match own {
                        Some(_) => None,
                        None => Some(format!(", CAST(NULL AS {}) AS {}", other?, c.name)),
                    }
                }),
                "",
            )
        };
        let holds = condition.unwrap_or("true");
        for (at, (name, file)) in [
            ("before", &sides.files.before),
            ("after", &sides.files.after),
        ]
        .into_iter()
        .enumerate()
        {
            connection
                .execute_batch(&format!(
                    "CREATE TABLE {name} AS SELECT *, coalesce({holds}, false) AS holds FROM \
                     (SELECT *{} FROM read_parquet('{}'))",
                    all(at),
                    file.display()
                ))
                .unwrap();
        }
        let shared: Vec<&Made> = sides.columns.iter().filter(|c| c.is_shared()).collect();
        let side = |name: &str| {
            let columns = shared.iter().enumerate().map(|(at, c)| {
                format!(
                    ", {} AS o{at}, CAST({} AS {}) AS c{at}",
                    c.name, c.name, c.common
                )
            });
            let keys = keys
                .iter()
                .enumerate()
                .map(|(at, k)| format!(", {k} AS k{at}"));
            // Kept is a key that holds on either side.
            format!(
                "SELECT true AS is_there, holds{}{} FROM {name} WHERE {whole} AND ({key}) IN \
                 (SELECT ({key}) FROM before WHERE holds UNION SELECT ({key}) FROM after WHERE holds)",
                list(keys, ""),
                list(columns, "")
            )
        };
        let names: Vec<String> = (0..keys.len()).map(|at| format!("k{at}")).collect();
        let names = names.join(", ");
        connection
            .execute_batch(&format!(
                "CREATE TABLE b AS {}; CREATE TABLE a AS {};
                 CREATE TABLE twice AS SELECT {names} FROM b GROUP BY {names} HAVING count(*) > 1
                     UNION SELECT {names} FROM a GROUP BY {names} HAVING count(*) > 1;
                 CREATE TABLE pairs AS
                     SELECT * FROM (SELECT {names}, struct_pack(*COLUMNS(* EXCLUDE ({names}))) AS b
                                    FROM b ANTI JOIN twice USING ({names}))
                     FULL OUTER JOIN (SELECT {names}, struct_pack(*COLUMNS(* EXCLUDE ({names}))) AS a
                                    FROM a ANTI JOIN twice USING ({names})) USING ({names})",
                side("before"),
                side("after")
            ))
            .unwrap();
        let mut oracle = Self {
            connection,
            sides,
            shared,
            rows: RowCounts::default(),
        };
        let without = |name: &str| {
            oracle.number(&format!(
                "SELECT count(*) FROM {name} WHERE holds AND NOT ({whole})"
            ))
        };
        let repeated = |name: &str| {
            oracle.number(&format!(
                "SELECT count(*) FROM {name} SEMI JOIN twice USING ({names})"
            ))
        };
        let rows = |test: &str| oracle.number(&format!("SELECT count(*) FROM pairs WHERE {test}"));
        let both = "b IS NOT NULL AND a IS NOT NULL";
        let changed = oracle.changed();
        oracle.rows = RowCounts {
            added: rows("b IS NULL"),
            removed: rows("a IS NULL"),
            changed: rows(&format!("{both} AND ({changed})")),
            unchanged: rows(&format!("{both} AND NOT ({changed})")),
            without_key: Pair::new(without("before"), without("after")),
            repeated: Pair::new(repeated("b"), repeated("a")),
        };
        oracle
    }

    /// Whether a pair changed, as SQL.
    fn changed(&self) -> String {
        let columns = 0..self.shared.len();
        let differ = columns.map(|at| self.differs(at));
        list(["false".to_owned()].into_iter().chain(differ), " OR ")
    }

    fn differs(&self, at: usize) -> String {
        format!("b.c{at} IS DISTINCT FROM a.c{at}")
    }

    fn number(&self, sql: &str) -> u64 {
        self.connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap_or_else(|e| panic!("{e} in {sql}")) as u64
    }

    fn texts(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        texts(&self.connection, sql)
    }

    /// Panics where the two answers differ.
    pub fn check(&self, found: &Difference) {
        assert_eq!(found.rows, self.rows);
        assert_eq!(found.columns.len(), self.shared.len());
        for (at, (column, made)) in found.columns.iter().zip(&self.shared).enumerate() {
            let both = "b IS NOT NULL AND a IS NOT NULL";
            let changed = self.number(&format!(
                "SELECT count(*) FROM pairs WHERE {both} AND {}",
                self.differs(at)
            ));
            assert_eq!(column.changed, changed, "{}", column.name);
            match &column.moved {
                Moved::Spread(sides) => {
                    for (side, spread) in [("b", &sides.before), ("a", &sides.after)] {
                        self.check_spread(side, at, made, spread);
                    }
                }
                Moved::Values(values) => {
                    let net = |order: &str| {
                        self.texts(&format!(
                            "WITH n AS (SELECT v, sum(n) AS n FROM (
                                 SELECT CAST(a.c{at} AS VARCHAR) AS v, 1 AS n FROM pairs WHERE a IS NOT NULL
                                 UNION ALL
                                 SELECT CAST(b.c{at} AS VARCHAR), -1 FROM pairs WHERE b IS NOT NULL)
                                 GROUP BY v HAVING sum(n) {order})
                             SELECT v, CAST(abs(n) AS VARCHAR) FROM n ORDER BY abs(n) DESC, v NULLS FIRST LIMIT 10"
                        ))
                    };
                    let told = |values: &[(Option<String>, u64)]| -> Vec<Vec<Option<String>>> {
                        let rows = values
                            .iter()
                            .map(|(v, n)| vec![v.clone(), Some(n.to_string())]);
                        rows.collect()
                    };
                    assert_eq!(told(&values.came), net("> 0"), "{}", column.name);
                    assert_eq!(told(&values.went), net("< 0"), "{}", column.name);
                }
                Moved::Unknown => {
                    assert!(["TIME", "BLOB"].contains(&made.common), "{}", made.common);
                }
            }
        }
    }

    fn check_spread(&self, side: &str, at: usize, made: &Made, spread: &Spread) {
        let value = format!("{side}.c{at}");
        let is_nan = match made.common {
            "DOUBLE" | "FLOAT" => format!("isnan({value})"),
            _ => "false".to_owned(),
        };
        let kept = format!("WHERE {side} IS NOT NULL AND {value} IS NOT NULL AND NOT {is_nan}");
        let count = |test: &str| {
            self.number(&format!(
                "SELECT count(*) FROM pairs WHERE {side} IS NOT NULL AND {test}"
            ))
        };
        assert_eq!(spread.nulls, count(&format!("{value} IS NULL")));
        assert_eq!(
            spread.nans,
            count(&format!("{value} IS NOT NULL AND {is_nan}"))
        );
        assert_eq!(
            spread.values,
            self.number(&format!("SELECT count(*) FROM pairs {kept}"))
        );
        let quantile = |share: f64| match made.shape() {
            Shape::Number | Shape::Float => {
                format!("quantile_cont(CAST({value} AS DOUBLE), {share})")
            }
            _ => format!("quantile_disc({value}, {share})"),
        };
        let of = |sql: &str| {
            let rows = self.texts(&format!("SELECT CAST({sql} AS VARCHAR) FROM pairs {kept}"));
            rows[0][0].clone()
        };
        let is_number = matches!(made.shape(), Shape::Number | Shape::Float);
        let check = |what: &str, figure: Option<Figure>, expected: Option<String>| {
            let (Some(figure), Some(expected)) = (figure, &expected) else {
                assert_eq!(
                    figure.map(|f| f.to_string()),
                    expected,
                    "{what} of {}",
                    made.name
                );
                return;
            };
            if is_number {
                let expected: f64 = expected.parse().unwrap();
                let figure = figure.number().unwrap();
                let near = (figure - expected).abs() <= 1e-9 * expected.abs().max(1.0);
                let same = figure == expected || (figure.is_nan() && expected.is_nan());
                assert!(
                    near || same,
                    "{what} of {}: {figure} and {expected}",
                    made.name
                );
            } else {
                let figure = figure.to_string();
                let expected = expected.trim_end_matches("+00");
                assert_eq!(
                    figure.trim_end_matches('0'),
                    expected.trim_end_matches('0'),
                    "{what} of {}",
                    made.name
                );
            }
        };
        check("min", spread.min, of(&format!("min({value})")));
        check("max", spread.max, of(&format!("max({value})")));
        for (quartile, share) in [0.25, 0.5, 0.75].into_iter().enumerate() {
            let figure = spread.quartiles.map(|q| q[quartile]);
            check("quartile", figure, of(&quantile(share)));
        }
        if is_number {
            check("mean", spread.mean, of(&format!("avg({value})")));
        }
    }

    /// The rows that differ, in the order of their keys.
    pub fn rows(&self) -> Vec<Row> {
        let keys = self.sides.keys.len();
        let width = self.shared.len();
        let key = (0..keys).map(|at| format!("CAST(k{at} AS VARCHAR)"));
        let side = |side: char| (0..width).map(move |at| format!("CAST({side}.o{at} AS VARCHAR)"));
        let differ = (0..width).map(|at| format!("CAST({} AS VARCHAR)", self.differs(at)));
        let change =
            "CASE WHEN b IS NULL THEN 'added' WHEN a IS NULL THEN 'removed' ELSE 'changed' END";
        let columns = key.chain(side('b')).chain(side('a')).chain(differ);
        let order = list((0..keys).map(|at| format!("k{at}")), ", ");
        let rows = self.texts(&format!(
            "SELECT {change}, {} FROM pairs WHERE b IS NULL OR a IS NULL OR {} ORDER BY {order}",
            list(columns, ", "),
            self.changed()
        ));
        let row = |mut cells: Vec<Option<String>>| {
            let change = match cells.remove(0).as_deref() {
                Some("added") => Change::Added,
                Some("removed") => Change::Removed,
                _ => Change::Changed,
            };
            let key = cells.drain(..keys).collect();
            let is_shown = |at: usize| {
                change != Change::Changed || cells[2 * width + at].as_deref() == Some("true")
            };
            let shown = (0..width).filter(|at| is_shown(*at)).map(|at| Cell {
                column: at,
                values: Pair::new(cells[at].clone(), cells[width + at].clone()),
            });
            Row {
                change,
                key,
                cells: shown.collect(),
            }
        };
        rows.into_iter().map(row).collect()
    }
}
