//! The quarantine, looked at: what was refused, source by source.

use super::context::Context;
use super::error::RunError;
use super::reading::attach;
use crate::engine::rows::Rows;
use crate::engine::warehouse::RETIRED;
use crate::engine::{Session, quarantine, quote};
use crate::model::names::SourceName;
use crate::model::nearest::nearest;

/// What of one source is in the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    pub source: SourceName,
    pub records: u64,
    pub files: u64,
    /// The most frequent reason, its values left out.
    pub column: Option<String>,
    /// The run that refused the first of them.
    pub since: u64,
}

/// What is in the quarantine now, by source; sources of which nothing is are left
/// out.
///
/// # Errors
/// A warehouse that somebody holds.
pub fn list(ctx: &Context) -> Result<Vec<Quarantined>, RunError> {
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    if !attach(ctx, &session)? {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for name in tables(&session)? {
        let table = refused(&name);
        let rows = session.texts(&format!(
            "SELECT count(*)::VARCHAR, count(DISTINCT path)::VARCHAR, min(_wb_added)::VARCHAR,
                    mode(\"column\") FROM {table} WHERE {RETIRED} IS NULL"
        ))?;
        let mut cells = rows.into_iter().flatten();
        let mut number = || {
            let cell = cells.next().flatten();
            cell.and_then(|c| c.parse().ok()).unwrap_or(0)
        };
        let (records, files, since) = (number(), number(), number());
        let column = cells.next().flatten().filter(|c| !c.is_empty());
        if let (Ok(source), 1..) = (name.parse(), records) {
            all.push(Quarantined {
                source,
                records,
                files,
                column,
                since,
            });
        }
    }
    Ok(all)
}

/// The records of a source that are in the quarantine, oldest first.
///
/// # Errors
/// [`RunError::NoSuchSource`].
pub fn of_source(ctx: &Context, source: &str, limit: Option<u64>) -> Result<Rows, RunError> {
    refuse_unknown(ctx, source)?;
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    let shown = if attach(ctx, &session)? && tables(&session)?.iter().any(|t| t == source) {
        let table = refused(source);
        format!(
            "SELECT path AS file, line, \"column\", reason, raw FROM {table} \
             WHERE {RETIRED} IS NULL ORDER BY _wb_added, path, record"
        )
    } else {
        "SELECT '' AS file, 0 AS line, '' AS \"column\", '' AS reason, '' AS raw LIMIT 0".to_owned()
    };
    Ok(session.rows(&shown, limit)?)
}

/// Whether the project has the source.
///
/// # Errors
/// [`RunError::NoSuchSource`].
pub fn refuse_unknown(ctx: &Context, source: &str) -> Result<(), RunError> {
    if ctx.project.source(source).is_some() {
        return Ok(());
    }
    let names = ctx.project.sources.iter().map(|s| s.name.as_str());
    Err(RunError::NoSuchSource {
        name: source.to_owned(),
        nearest: nearest(source, names).map(str::to_owned),
    })
}

/// Shows `quarantine.<source>` of the attached warehouse.
///
/// # Errors
/// Any error of the engine.
pub(super) fn show(session: &Session) -> Result<(), RunError> {
    session.batch("CREATE SCHEMA IF NOT EXISTS quarantine")?;
    for name in tables(session)? {
        session.batch(&format!(
            "CREATE VIEW {} AS {}",
            quote::qualified("quarantine", &name),
            quarantine::shown(&refused(&name))
        ))?;
    }
    Ok(())
}

fn refused(source: &str) -> String {
    format!("warehouse.{}", quote::qualified("refused", source))
}

fn tables(session: &Session) -> Result<Vec<String>, RunError> {
    let names = session.texts(
        "SELECT table_name FROM duckdb_tables() \
         WHERE database_name = 'warehouse' AND schema_name = 'refused' ORDER BY 1",
    )?;
    Ok(names.into_iter().flatten().flatten().collect())
}
