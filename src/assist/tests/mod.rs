//! The vocabulary and the queries that tests use.

mod anything;
mod cutting;
mod holes;
mod layout;
mod offered;
mod values;

use super::vocabulary::{FunctionWords, TableWords, Vocabulary};

/// Queries on the demo.
pub(crate) const QUERIES: &str = include_str!("queries.sql");

/// The transforms of the demo.
pub(crate) const TRANSFORMS: [&str; 7] = [
    include_str!("../../../sql/features/account_level.sql"),
    include_str!("../../../sql/features/account_invoice_level.sql"),
    include_str!("../../../sql/features/invoices.sql"),
    include_str!("../../../sql/staging/accounts.sql"),
    include_str!("../../../sql/checks/account_keys_unique.sql"),
    include_str!("../../../sql/checks/line_item_has_sku.sql"),
    include_str!("../../../sql/checks/invoice_has_account.sql"),
];

/// The tables of the demo, and all functions of the engine.
pub(crate) fn vocabulary() -> Vocabulary {
    let tables = include_str!("tables.txt").lines().map(|line| {
        let (name, columns) = line.split_once(": ").unwrap();
        let (schema, name) = name.split_once('.').unwrap();
        TableWords {
            schema: schema.to_owned(),
            name: name.to_owned(),
            columns: columns
                .split(", ")
                .map(|column| column.split_once(' ').unwrap())
                .map(|(name, ty)| (name.to_owned(), ty.to_owned()))
                .collect(),
            about: String::new(),
        }
    });
    let functions = include_str!("functions.txt").split_whitespace();
    Vocabulary {
        tables: tables.collect(),
        functions: functions
            .map(|name| FunctionWords {
                name: name.to_owned(),
                signatures: vec![format!("{name}(x ANY) → ANY")],
            })
            .collect(),
        keywords: ["select", "from", "where", "desc", "vacuum"]
            .map(str::to_owned)
            .to_vec(),
        types: ["BIGINT", "DATE", "DECIMAL", "DOUBLE", "INTEGER", "VARCHAR"]
            .map(str::to_owned)
            .to_vec(),
        ..Vocabulary::default()
    }
}
