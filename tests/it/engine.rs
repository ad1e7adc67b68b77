//! An engine of one's own, to hold the program's answers against.

use duckdb::Connection;

/// All rows that some SQL has, its columns being texts.
pub fn texts(connection: &Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let prepared = connection.prepare(sql);
    let mut statement = prepared.unwrap_or_else(|e| panic!("{e} in {sql}"));
    let mut rows = statement.query([]).unwrap();
    let width = rows.as_ref().unwrap().column_count();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.push((0..width).map(|at| row.get(at).unwrap()).collect());
    }
    all
}
