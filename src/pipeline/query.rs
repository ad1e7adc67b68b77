//! A reading session: SQL over what is published, and over raw data if asked.

use std::path::PathBuf;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::quarantine;
use super::run::read_transforms;
use crate::engine::rows::Rows;
use crate::engine::{Dialect, ErrorKind, Session, quote, warehouse};
use crate::model::located::Located;
use crate::model::transform::Schema;
use crate::project::TargetUrl;
use crate::snapshots::{Published, open};
use crate::store::Store;
use crate::transforms::{Problem, statement};

/// What is asked.
#[derive(Debug, Clone)]
pub struct QueryRequest {
    pub sql: String,
    /// None: the newest snapshot of each dataset.
    pub as_of: Option<NaiveDate>,
    /// None: the project's.
    pub target: Option<TargetUrl>,
    /// None: all rows.
    pub limit: Option<u64>,
}

/// Runs one query. `features.<name>` is the dataset as of the day,
/// `history.<name>` all its days, `raw.*` and `staging.*` the project's own.
///
/// # Errors
/// SQL that the engine refuses, at its place in the text; nothing published.
pub fn query(ctx: &Context, request: &QueryRequest) -> Result<Rows, RunError> {
    let target = request.target.as_ref().unwrap_or(&ctx.project.target);
    let store = ctx.store(target)?;
    let published = Published::read(&*store)?;
    let mentions = |schema: Schema| mentions(&request.sql, schema);
    if mentions(Schema::Features) || mentions(Schema::History) {
        let days = published.partitions.keys().map(|id| id.ingest_date);
        let Some(first) = days.min() else {
            return Err(RunError::NothingPublished { url: store.url() });
        };
        if let Some(day) = request.as_of.filter(|day| *day < first) {
            return Err(RunError::NoSnapshot { day, first });
        }
    }
    let sql = one_statement(&request.sql, mentions(Schema::Staging))?;
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    let day = request.as_of.or_else(|| newest_day(&published));
    session.define_run_date(day.unwrap_or_else(|| ctx.today()))?;
    let mut files = features(&session, &*store, &published, request.as_of)?;
    if mentions(Schema::History) {
        files.extend(history(&session, &*store, &published)?);
    }
    let quarantined = names_schema(&request.sql, "quarantine");
    if (mentions(Schema::Raw) || mentions(Schema::Staging) || quarantined) && attach(ctx, &session)?
    {
        raw(&session)?;
        quarantine::show(&session)?;
    }
    if mentions(Schema::Staging) {
        staging(ctx, &session)?;
        // SQL of the repository runs now: it may read what was opened, no more.
        let files: Vec<&std::path::Path> = files.iter().map(PathBuf::as_path).collect();
        session.lock_down(&[], &files)?;
    }
    // What the engine says of `sql` is shown in the text as it was typed.
    let offset = sql.as_ptr() as usize - request.sql.as_ptr() as usize;
    session.rows(sql, request.limit).map_err(|error| {
        if !matches!(error.kind, ErrorKind::Statement | ErrorKind::Forbidden) {
            return error.into();
        }
        let position = offset + error.position.unwrap_or(0);
        RunError::Sql {
            message: error.message,
            at: Located::at("query", &request.sql, position..position + 1),
        }
    })
}

/// The one statement that is asked. The session runs it inside a statement of
/// its own, so a second one must not come along. Beside SQL of the repository
/// it is to be a SELECT that reads nothing but what is shown to it.
fn one_statement(sql: &str, with_staging: bool) -> Result<&str, RunError> {
    let refused = |span: std::ops::Range<usize>, problem: &Problem| RunError::Sql {
        message: problem.to_string(),
        at: Located::at("query", sql, span),
    };
    let only = statement::only(sql).map_err(|span| {
        let problem = if span.is_empty() {
            Problem::Empty
        } else {
            Problem::Statements
        };
        refused(span, &problem)
    })?;
    if with_staging {
        // A person may ask for today or for chance; a dataset may not.
        let harmless = |p: &Problem| {
            matches!(
                p,
                Problem::Clock { .. } | Problem::Chance { .. } | Problem::Sample
            )
        };
        let examined = statement::examine(sql, &Dialect::new()?);
        if let Some((span, problem)) = examined.problems.into_iter().find(|(_, p)| !harmless(p)) {
            return Err(refused(span, &problem));
        }
    }
    Ok(only)
}

fn newest_day(published: &Published) -> Option<NaiveDate> {
    published.partitions.keys().map(|id| id.ingest_date).max()
}

/// Whether SQL names a schema, quoted or not. One that is only a column or an
/// alias of that name costs an attach that was not needed.
fn mentions(sql: &str, schema: Schema) -> bool {
    names_schema(sql, schema.as_str())
}

fn names_schema(sql: &str, name: &str) -> bool {
    let text = sql.to_lowercase().replace('"', "");
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].trim_start();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && after.starts_with('.')
    })
}

fn view(session: &Session, schema: Schema, name: &str, select: &str) -> Result<(), RunError> {
    Ok(session.batch(&format!(
        "CREATE SCHEMA IF NOT EXISTS {}; CREATE VIEW {} AS {select}",
        schema.as_str(),
        quote::qualified(schema.as_str(), name)
    ))?)
}

fn features(
    session: &Session,
    store: &dyn Store,
    published: &Published,
    as_of: Option<NaiveDate>,
) -> Result<Vec<PathBuf>, RunError> {
    let mut files = Vec::new();
    for dataset in published.datasets() {
        let Some(live) = open::as_of(published, dataset, as_of) else {
            continue;
        };
        let file = open::file_of(store, live)?;
        let select = format!("SELECT * FROM {}", crate::engine::parquet::scan(&file));
        view(session, Schema::Features, dataset.as_str(), &select)?;
        files.push(file);
    }
    Ok(files)
}

fn history(
    session: &Session,
    store: &dyn Store,
    published: &Published,
) -> Result<Vec<PathBuf>, RunError> {
    let mut files = Vec::new();
    for dataset in published.datasets() {
        let days: Vec<_> = published.days(dataset).into_values().collect();
        let Some(select) = open::select_days(store, &days)? else {
            continue;
        };
        view(session, Schema::History, dataset.as_str(), &select)?;
        for live in days {
            files.push(open::file_of(store, live)?);
        }
    }
    Ok(files)
}

/// Attaches the warehouse read-only, if there is one.
pub(super) fn attach(ctx: &Context, session: &Session) -> Result<bool, RunError> {
    let path = ctx.layout.warehouse();
    if !path.exists() {
        return Ok(false);
    }
    session.attach(&path, "warehouse").map_err(|error| {
        if warehouse::is_locked(&error) {
            let who = super::lock::read_holder(&ctx.layout.lock()).map_or_else(
                || "another process".to_owned(),
                |h| format!("`{}` (process {}) since {}", h.command, h.pid, h.since),
            );
            return RunError::WarehouseHeld {
                path: path.clone(),
                who,
            };
        }
        error.into()
    })?;
    Ok(true)
}

/// Shows the raw tables of the attached warehouse.
fn raw(session: &Session) -> Result<(), RunError> {
    let names = session.texts(
        "SELECT view_name FROM duckdb_views() \
         WHERE database_name = 'warehouse' AND schema_name = 'raw' ORDER BY 1",
    )?;
    for name in names.into_iter().flatten().flatten() {
        let condition = warehouse::counts_at(crate::model::run::Known::Now);
        let select = format!(
            "SELECT * EXCLUDE ({}, {}, {}) FROM warehouse.{} WHERE {condition}",
            warehouse::FILE,
            warehouse::ADDED,
            warehouse::RETIRED,
            quote::qualified("intervals", &name)
        );
        view(session, Schema::Raw, &name, &select)?;
    }
    Ok(())
}

fn staging(ctx: &Context, session: &Session) -> Result<(), RunError> {
    for transform in &read_transforms(ctx)?.staging {
        view(
            session,
            Schema::Staging,
            transform.name.as_str(),
            &format!("{}\n", transform.sql),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_found_in_sql() {
        assert!(mentions(
            "SELECT * FROM Staging . accounts",
            Schema::Staging
        ));
        assert!(mentions("FROM \"raw\".\"x\"", Schema::Raw));
        assert!(!mentions("SELECT draw.x FROM draw", Schema::Raw));
        assert!(!mentions("SELECT history FROM t", Schema::History));
    }
}
