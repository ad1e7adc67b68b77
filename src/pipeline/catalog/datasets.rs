//! Datasets: what is published of them, and what their SQL is now.

use std::collections::BTreeSet;

use super::super::context::Context;
use super::super::error::RunError;
use super::bound::Bound;
use super::{ColumnEntry, PublishedFacts, TableEntry, described, of_transform, relation};
use crate::engine::{Session, nulls, parquet};
use crate::model::commit::LivePartition;
use crate::model::names::TransformName;
use crate::model::run::RunOf;
use crate::model::transform::{Schema, Transform, TransformKind};
use crate::snapshots::lives::Lives;
use crate::snapshots::open;
use crate::transforms::Readable;

/// Those that have SQL, in the order in which they are computed; then those whose
/// SQL is refused or gone.
pub(super) fn entries(
    readable: &Readable,
    lives: &Lives,
    bound: &Bound,
    has_project: bool,
) -> Vec<TableEntry> {
    let features = &readable.transforms.features;
    let mut all: Vec<TableEntry> = features
        .iter()
        .map(|dataset| of_sql(dataset, lives, bound))
        .collect();
    let refused = readable
        .files
        .iter()
        .filter(|f| f.kind == TransformKind::Features && readable.refused.contains(&f.path()));
    let refused: BTreeSet<&str> = refused.map(|f| f.name.as_str()).collect();
    let published = lives.published.datasets();
    let without_sql = published
        .iter()
        .map(|name| name.as_str())
        .filter(|name| features.iter().all(|d| d.name.as_str() != *name))
        .chain(refused.iter().copied());
    for name in without_sql.collect::<BTreeSet<_>>() {
        let mut entry = TableEntry::of(relation(Schema::Features, name));
        if refused.contains(name) {
            entry.path = Some(format!("sql/features/{name}.sql"));
            entry.refused = true;
        } else {
            entry.is_gone = has_project;
        }
        if let Some(live) = newest(lives, name) {
            entry.columns = columns(lives, live, None);
            publish(&mut entry, lives, live);
        }
        all.push(entry);
    }
    all
}

fn newest<'l>(lives: &'l Lives, name: &str) -> Option<&'l LivePartition> {
    let name: TransformName = name.parse().ok()?;
    open::as_of(&lives.published, &name, None)
}

fn of_sql(dataset: &Transform, lives: &Lives, bound: &Bound) -> TableEntry {
    let table = relation(Schema::Features, dataset.name.as_str());
    let mut entry = TableEntry {
        columns: described(dataset, bound.columns(&table)),
        ..of_transform(dataset, table)
    };
    if let Some(live) = open::as_of(&lives.published, &dataset.name, None) {
        let mut published = columns(lives, live, Some(dataset));
        // What the SQL has and no snapshot shows yet.
        let new = entry.columns.into_iter().filter(|c| {
            let schema = &live.partition.staged.schema;
            bound.columns(&entry.table).is_some() && schema.iter().all(|p| p.name != c.name)
        });
        published.extend(new.collect::<Vec<_>>());
        entry.columns = published;
        publish(&mut entry, lives, live);
    }
    entry
}

/// The columns of the newest day.
fn columns(lives: &Lives, live: &LivePartition, dataset: Option<&Transform>) -> Vec<ColumnEntry> {
    let staged = &live.partition.staged;
    staged
        .schema
        .iter()
        .map(|column| {
            let life = lives.of(&staged.id.dataset, &column.name);
            let ty = Some(column.ty.clone());
            let described = dataset.map(|d| ColumnEntry::of(d, &column.name, ty.clone()));
            ColumnEntry {
                first_seen: life.map(|l| l.first),
                changed: life.map(|l| l.changed),
                ..described.unwrap_or(ColumnEntry {
                    name: column.name.clone(),
                    ty,
                    description: None,
                    declared: None,
                    first_seen: None,
                    changed: None,
                    null_share: None,
                })
            }
        })
        .collect()
}

fn publish(entry: &mut TableEntry, lives: &Lives, live: &LivePartition) {
    let staged = &live.partition.staged;
    let days = lives.published.days(&staged.id.dataset);
    let newest_day = staged.id.ingest_date;
    if entry.key.is_empty() {
        entry.key.clone_from(&staged.key);
    }
    entry.rows = Some(staged.rows);
    // A backfill changes what it holds too, and is not its newest day.
    entry.changed = days.values().max_by_key(|l| l.seq).map(|live| RunOf {
        run: live.run,
        ingest_date: live.partition.staged.id.ingest_date,
    });
    entry.published = Some(PublishedFacts {
        version: staged.id.version,
        revision: staged.revision,
        bytes: staged.bytes,
        days: days.len() as u64,
        first_day: days.keys().next().copied().unwrap_or(newest_day),
        newest_day,
    });
}

/// Sets how many values are NULL on the newest day: from the file's footer, and
/// from its rows for columns of which that does not tell.
pub(super) fn count_nulls(
    ctx: &Context,
    session: &Session,
    lives: &Lives,
    entry: &mut TableEntry,
) -> Result<(), RunError> {
    let Some(live) = newest(lives, &entry.table.name) else {
        return Ok(());
    };
    if entry.published.is_none() {
        return Ok(());
    }
    let store = ctx.store_to_read(&ctx.project.target)?;
    let file = open::file_of(&*store, live)?;
    let staged = &live.partition.staged;
    let mut found = nulls::in_footer(session, &file, &staged.schema)?;
    let untold: Vec<_> = staged
        .schema
        .iter()
        .filter(|c| !found.contains_key(&c.name))
        .cloned()
        .collect();
    if !untold.is_empty() {
        found.extend(nulls::counted(session, &parquet::scan(&file), &untold)?.1);
    }
    entry.set_nulls(staged.rows, &found);
    Ok(())
}
