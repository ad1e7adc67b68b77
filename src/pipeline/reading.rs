//! A reading session: what of the published and the raw data SQL can see.

use std::panic::resume_unwind;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::quarantine;
use super::run::read_transforms;
use super::vanished;
use crate::engine::{EngineError, Session, Settings, parquet, quote, warehouse};
use crate::model::commit::LivePartition;
use crate::model::moment::Moment;
use crate::model::transform::Schema;
use crate::snapshots::moment::Shown;
use crate::snapshots::{Published, moment, open};
use crate::store::Store;

/// What makes a session in which nothing is shown yet.
pub(super) type Fresh<'f> = &'f (dyn Fn(&Context) -> Result<Session, EngineError> + Sync);

/// A session in which nothing is shown yet.
pub(super) fn fresh(ctx: &Context) -> Result<Session, EngineError> {
    let settings = Settings {
        spill: Some(ctx.layout.spill()),
        ..ctx.settings()
    };
    Session::in_memory(&settings, &ctx.interrupt)
}

/// A table of published files that a session shows.
pub(super) struct Opened {
    /// `features.x`
    pub table: String,
    pub columns: Vec<String>,
    pub files: Vec<PathBuf>,
    /// Of one day.
    pub day: Option<NaiveDate>,
}

/// Opens a session in which `sql` finds what it names: `features.<name>` is the
/// dataset at the moment, `history.<name>` all its days, `raw.*`, `quarantine.*`
/// and `staging.*` the project's own. Returns what of published files it shows.
///
/// # Errors
/// Nothing published, or nothing then; a warehouse that a run holds.
pub(super) fn open(
    ctx: &Context,
    store: &dyn Store,
    sql: &str,
    as_of: Option<Moment>,
    fresh: Fresh<'_>,
) -> Result<(Session, Vec<Opened>), RunError> {
    let mentions = |schema: Schema| mentions(sql, schema);
    let text = sql.to_lowercase();
    let dated = mentions(Schema::Staging) || text.contains("run_date");
    let clock = ["today", "current_", "localtime", "age"];
    let is_published = mentions(Schema::Features) || mentions(Schema::History);
    // The engine takes longer to begin than most queries do to end.
    let (session, published) = std::thread::scope(|scope| {
        let session = scope.spawn(|| fresh(ctx));
        // Of what nothing is asked, nothing is read.
        let published = match dated || is_published || as_of.is_some() {
            true => Published::read(store),
            false => Ok(Published::default()),
        };
        let session = session.join();
        (session.unwrap_or_else(|p| resume_unwind(p)), published)
    });
    let published = published?;
    let shown = moment::shown(store, &published, as_of)?;
    if is_published {
        refuse_nothing(ctx, store, &published, &shown, as_of)?;
    }
    let session = session?;
    let day = match as_of {
        Some(Moment::Day(day)) => Some(day),
        _ => shown.newest_day(),
    };
    // SQL of the repository names it as it likes.
    if dated {
        session.define_run_date(day.unwrap_or_else(|| ctx.today()))?;
    }
    // A millisecond that most queries do without.
    if clock.iter().any(|word| text.contains(word)) {
        session.define_clock(ctx.local_time())?;
    }
    let mut files = Vec::new();
    if mentions(Schema::Features) {
        files.extend(features(&session, store, &shown, sql)?);
    }
    if mentions(Schema::History) {
        files.extend(history(&session, store, &published, sql)?);
    }
    let quarantined = names_schema(sql, "quarantine");
    if (mentions(Schema::Raw) || mentions(Schema::Staging) || quarantined) && attach(ctx, &session)?
    {
        raw(&session)?;
        quarantine::show(&session)?;
    }
    if mentions(Schema::Staging) {
        staging(ctx, &session)?;
    }
    Ok((session, files))
}

fn refuse_nothing(
    ctx: &Context,
    store: &dyn Store,
    published: &Published,
    shown: &Shown,
    as_of: Option<Moment>,
) -> Result<(), RunError> {
    let days = published.partitions.keys().map(|id| id.ingest_date);
    let Some(first) = days.min() else {
        return Err(vanished::or_nothing_published(ctx, store));
    };
    match as_of {
        Some(moment) if shown.datasets.is_empty() => Err(RunError::NoSnapshot { moment, first }),
        _ => Ok(()),
    }
}

/// Whether SQL names a schema, quoted or not. One that is only a column or an
/// alias of that name costs an attach that was not needed.
pub(super) fn mentions(sql: &str, schema: Schema) -> bool {
    names_schema(sql, schema.as_str())
}

pub(super) fn names_schema(sql: &str, name: &str) -> bool {
    let text = sql.to_lowercase().replace(['"', '`'], "");
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

/// Whether a partition is to be opened for this SQL: always where it lies here;
/// where it has to be fetched, only if its dataset is named.
fn is_wanted(store: &dyn Store, live: &LivePartition, sql: &str) -> bool {
    let name = live.partition.staged.id.dataset.as_str();
    store.path(&live.partition.path).is_some() || sql.to_lowercase().contains(name)
}

fn features(
    session: &Session,
    store: &dyn Store,
    shown: &Shown,
    sql: &str,
) -> Result<Vec<Opened>, RunError> {
    let mut files = Vec::new();
    let wanted = shown.datasets.iter();
    let wanted: Vec<_> = wanted
        .filter(|(_, live)| is_wanted(store, live, sql))
        .collect();
    let days: Vec<&LivePartition> = wanted.iter().map(|(_, live)| *live).collect();
    open::bring(store, &days)?;
    for (dataset, live) in wanted {
        let file = open::file_of(store, live)?;
        let select = format!("SELECT * FROM {}", parquet::scan(&file));
        view(session, Schema::Features, dataset.as_str(), &select)?;
        let columns = live.partition.staged.schema.iter();
        files.push(Opened {
            table: format!("features.{dataset}"),
            columns: columns.map(|c| c.name.clone()).collect(),
            files: vec![file],
            day: Some(live.partition.staged.id.ingest_date),
        });
    }
    Ok(files)
}

fn history(
    session: &Session,
    store: &dyn Store,
    published: &Published,
    sql: &str,
) -> Result<Vec<Opened>, RunError> {
    let mut files = Vec::new();
    for dataset in published.datasets() {
        let days = published.days(dataset).into_values();
        let days: Vec<_> = days.filter(|live| is_wanted(store, live, sql)).collect();
        let Some((select, read)) = open::select_days(store, &days)? else {
            continue;
        };
        view(session, Schema::History, dataset.as_str(), &select)?;
        let columns = published.columns_of_history(dataset).into_iter();
        files.push(Opened {
            table: format!("history.{dataset}"),
            columns: columns.map(|c| c.name).collect(),
            files: read,
            day: None,
        });
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
        assert!(mentions("FROM `raw`.x", Schema::Raw));
        assert!(!mentions("SELECT draw.x FROM draw", Schema::Raw));
        assert!(!mentions("SELECT history FROM t", Schema::History));
    }
}
