//! What a query sees of the tables that it does not name: those that list them, such as
//! `SHOW TABLES`, find the columns of each, and no file is opened for that.

use std::collections::BTreeSet;

use crate::engine::{Session, quote};
use crate::model::column::Column;
use crate::model::moment::Moment;
use crate::model::transform::Schema;
use crate::pipeline::catalog;
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::snapshots::{Published, moment};
use crate::store::Store;
use crate::transforms::statement;

/// What lists tables, by one word.
const LISTS: [&str; 12] = [
    "information_schema",
    "duckdb_tables",
    "duckdb_views",
    "duckdb_columns",
    "duckdb_schemas",
    "pragma_show",
    "pragma_table_info",
    "pg_catalog",
    "pg_tables",
    "pg_views",
    "sqlite_master",
    "sqlite_schema",
];

/// The tables with what is said of them. The engine's own list leaves out their schemas.
const TABLES: &str = "\
    SELECT schema_name AS \"schema\", view_name AS name, column_count AS columns, \
        comment AS description \
    FROM duckdb_views() \
    WHERE NOT internal AND schema_name IN ('features', 'history', 'staging', 'raw') \
    ORDER BY list_position(['features', 'history', 'staging', 'raw'], schema_name), name";

/// What a statement lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listing {
    /// The tables, and nothing else.
    Tables,
    /// Something of the tables, somehow.
    Somehow,
}

fn of(sql: &str) -> Option<Listing> {
    let words: Vec<String> = statement::words(sql)
        .map(|(word, _)| word.trim_matches(['"', '`']).to_ascii_lowercase())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["show" | "describe" | "desc", "tables"] => return Some(Listing::Tables),
        ["show" | "describe" | "desc"] => return Some(Listing::Somehow),
        _ => {}
    }
    let shows = |two: &[&str]| {
        matches!(two[0], "show" | "describe" | "desc")
            && matches!(two[1], "all" | "tables" | "schemas" | ")")
    };
    let is_any = words.windows(2).any(shows) || words.iter().any(|word| LISTS.contains(word));
    is_any.then_some(Listing::Somehow)
}

/// Whether a statement lists tables.
pub(super) fn is_one(sql: &str) -> bool {
    of(sql).is_some()
}

/// The statement that is run for one that lists the tables.
pub(super) fn instead(sql: &str) -> Option<&'static str> {
    (of(sql) == Some(Listing::Tables)).then_some(TABLES)
}

/// Shows the columns of every table that a query could read and that is not open in the
/// session. Who reads one of them is told how.
///
/// # Errors
/// Of what is published, and of the engine.
pub(super) fn show(
    ctx: &Context,
    store: &dyn Store,
    session: &Session,
    as_of: Option<Moment>,
) -> Result<(), RunError> {
    let shown = session.texts(
        "SELECT schema_name || '.' || view_name FROM duckdb_views() \
         WHERE database_name = current_database() AND NOT internal",
    )?;
    let open: BTreeSet<String> = shown.into_iter().flatten().flatten().collect();
    let catalog = catalog::catalog(ctx, None)?;
    for note in &catalog.notes {
        ctx.note(note.clone());
    }
    let mut tables: Vec<Table> = published(store, as_of)?;
    for table in &mut tables {
        let known = catalog.tables.iter().find(|t| {
            t.table.schema == Schema::Features && t.table.name.eq_ignore_ascii_case(&table.name)
        });
        table.about = known.and_then(|t| t.description.clone());
    }
    // A dataset that was never published cannot be read.
    let others = catalog.tables.iter();
    let others = others.filter(|t| t.table.schema != Schema::Features);
    tables.extend(others.map(|entry| {
        let columns = entry.columns.iter();
        let columns = columns.filter_map(|c| {
            Some(Column {
                name: c.name.clone(),
                ty: c.ty.clone()?,
            })
        });
        Table {
            schema: entry.table.schema,
            name: entry.table.name.clone(),
            columns: columns.collect(),
            about: entry.description.clone(),
        }
    }));
    let mut sql = String::new();
    for table in tables.iter().filter(|table| !table.columns.is_empty()) {
        let name = format!("{}.{}", table.schema.as_str(), table.name);
        if !open.contains(&name) {
            sql += &table.stand_in();
        }
        if let Some(about) = &table.about {
            let about = quote::literal(about);
            sql += &format!("COMMENT ON VIEW {} IS {about};\n", table.quoted());
        }
    }
    Ok(session.batch(&sql)?)
}

struct Table {
    schema: Schema,
    name: String,
    columns: Vec<Column>,
    about: Option<String>,
}

impl Table {
    fn quoted(&self) -> String {
        quote::qualified(self.schema.as_str(), &self.name)
    }

    /// A view of its columns, without rows: it cannot be read.
    fn stand_in(&self) -> String {
        let name = format!("{}.{}", self.schema.as_str(), self.name);
        let why = quote::literal(&format!("write the name of the table as `{name}`"));
        let columns = self.columns.iter();
        let columns: Vec<String> = columns
            .map(|c| {
                format!(
                    "CAST(error({why}) AS {}) AS {}",
                    c.ty,
                    quote::ident(&c.name)
                )
            })
            .collect();
        format!(
            "CREATE SCHEMA IF NOT EXISTS {}; CREATE VIEW {} AS SELECT {};\n",
            self.schema.as_str(),
            self.quoted(),
            columns.join(", ")
        )
    }
}

/// Datasets as of a moment, and all their days.
fn published(store: &dyn Store, as_of: Option<Moment>) -> Result<Vec<Table>, RunError> {
    let published = Published::read(store)?;
    let shown = moment::shown(store, &published, as_of)?;
    let of_day = shown.datasets.iter().map(|(name, live)| Table {
        schema: Schema::Features,
        name: name.to_string(),
        columns: live.partition.staged.schema.clone(),
        about: None,
    });
    let mut tables: Vec<Table> = of_day.collect();
    for name in published.datasets() {
        tables.push(Table {
            schema: Schema::History,
            name: name.to_string(),
            columns: published.columns_of_history(name),
            about: None,
        });
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lists_tables_is_told_from_what_reads_them() {
        for sql in [
            "SHOW TABLES",
            " show /* all */ tables -- x",
            "DESCRIBE TABLES",
        ] {
            assert_eq!(of(sql), Some(Listing::Tables), "{sql}");
        }
        for sql in [
            "show all tables",
            "DESCRIBE",
            "FROM (SHOW TABLES)",
            "FROM (DESCRIBE)",
            "SHOW TABLES FROM features",
            "SELECT * FROM \"Information_Schema\".columns",
            "FROM duckdb_views()",
        ] {
            assert_eq!(of(sql), Some(Listing::Somehow), "{sql}");
        }
        for sql in [
            "DESCRIBE features.x",
            "SUMMARIZE features.x",
            "SHOW features.tables",
            "SELECT 1 AS tables",
            "SELECT 'information_schema'",
        ] {
            assert_eq!(of(sql), None, "{sql}");
        }
    }
}
