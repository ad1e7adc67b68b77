//! The catalogue: sources, staging views and datasets, their columns, and what
//! reads what.
//!
//! It is asked in the middle of an edit, and while a run is at work: what cannot
//! be told then is left out and named, and the rest is told.

mod bound;
mod datasets;
mod sources;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::context::Context;
use super::error::RunError;
use super::run::readable_transforms;
use super::vanished;
use crate::engine::Session;
use crate::model::column::Column;
use crate::model::nearest::nearest;
use crate::model::run::{RunNumber, RunOf};
use crate::model::source::LoadMode;
use crate::model::summary::SchemaEvent;
use crate::model::transform::{Relation, Schema, Transform, TransformKind};
use crate::snapshots::lives::Lives;
use crate::transforms::{Readable, TransformErrors};

/// All that can be told.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub tables: Vec<TableEntry>,
    /// What is wrong under `sql/`.
    pub refused: Option<TransformErrors>,
    /// What else could not be told, and why, as sentences.
    pub notes: Vec<String>,
}

/// One table: `raw.orders`, `staging.orders`, `features.order_level`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableEntry {
    pub table: Relation,
    pub description: Option<String>,
    /// The columns that name a row; of a source as it is declared.
    pub key: Vec<String>,
    /// The file of its SQL. None for a source, and where it is gone.
    pub path: Option<String>,
    /// Whether its SQL is gone from the project.
    pub is_gone: bool,
    /// Whether that file is refused.
    pub refused: bool,
    /// What it reads directly: tables; of a source the pattern of its files.
    pub reads: Vec<String>,
    /// What reads it directly; checks are `checks.<name>`.
    pub read_by: Vec<String>,
    pub columns: Vec<ColumnEntry>,
    /// Of a source those that count, of a dataset those of its newest day.
    pub rows: Option<u64>,
    /// The last run that changed what it holds.
    pub changed: Option<RunOf>,
    pub source: Option<SourceFacts>,
    pub published: Option<PublishedFacts>,
}

/// What only sources have.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFacts {
    pub load: LoadMode,
    /// Input files whose rows count.
    pub files: u64,
    /// What happened to its columns, oldest first.
    pub events: Vec<SchemaNote>,
}

/// What only datasets have, once they are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFacts {
    /// Of the newest day.
    pub version: u32,
    pub revision: u32,
    pub bytes: u64,
    pub days: u64,
    pub first_day: NaiveDate,
    pub newest_day: NaiveDate,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnEntry {
    pub name: String,
    /// None where it cannot be told.
    pub ty: Option<String>,
    pub description: Option<String>,
    /// Of a source: whether `workbench.toml` says the type; if not, it was inferred.
    pub declared: Option<bool>,
    /// The first run that brought it, or published it.
    pub first_seen: Option<RunOf>,
    /// The last run that gave it another type; at first the same.
    pub changed: Option<RunOf>,
    /// How many of the rows are NULL there, from 0 to 1; of a dataset on its newest
    /// day. Only of a table that was asked for by its name.
    pub null_share: Option<f64>,
}

/// Something that happened to the columns of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaNote {
    pub run: RunNumber,
    pub ingest_date: NaiveDate,
    pub event: SchemaEvent,
    /// As a sentence.
    pub text: String,
}

/// All tables, or those of a name: `raw.orders`, or `orders`, which may be several.
///
/// # Errors
/// [`RunError::NoSuchTable`].
pub fn catalog(ctx: &Context, name: Option<&str>) -> Result<Catalog, RunError> {
    let readable = readable_transforms(ctx)?;
    let mut notes = Vec::new();
    let lives = lives(ctx, &mut notes);
    let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
    let raw = sources::Raw::open(ctx, &session, &mut notes)?;
    let raw_columns = raw.columns();
    let bound = bound::bind(ctx, &raw_columns, &readable, &lives.published, &mut notes)?;

    let mut tables = raw.entries(&raw_columns)?;
    for transform in readable.transforms.staging.iter() {
        tables.push(of_staging(transform, &bound));
    }
    tables.extend(datasets::entries(&readable, &lives, &bound, !ctx.visits));
    tables.extend(refused_staging(&readable));
    for table in &mut tables {
        table.read_by = read_by(&readable, &table.table);
    }
    if let Some(name) = name {
        tables = named(tables, name)?;
        for table in &mut tables {
            if table.table.schema == Schema::Raw {
                raw.count_nulls(table)?;
            } else if let Err(error) = datasets::count_nulls(ctx, &session, &lives, table) {
                notes.push(format!(
                    "how many values of `{}` are NULL cannot be told: {error}",
                    table.table
                ));
            }
        }
    }
    Ok(Catalog {
        tables,
        refused: readable.errors,
        notes,
    })
}

/// What is published at the project's target; nothing where that cannot be read.
fn lives(ctx: &Context, notes: &mut Vec<String>) -> Lives {
    let read = ctx.store(&ctx.project.target).and_then(|store| {
        let lives = Lives::read(&*store)?;
        if lives.published.seq == 0 {
            vanished::refuse_as_known(ctx, &*store)?;
        }
        Ok(lives)
    });
    read.unwrap_or_else(|error| {
        notes.push(format!("what is published cannot be told: {error}"));
        Lives::default()
    })
}

fn of_staging(transform: &Transform, bound: &bound::Bound) -> TableEntry {
    let table = relation(Schema::Staging, transform.name.as_str());
    TableEntry {
        columns: described(transform, bound.columns(&table)),
        ..of_transform(transform, table)
    }
}

/// Staging views whose files are refused: all that is known is their names.
fn refused_staging(readable: &Readable) -> impl Iterator<Item = TableEntry> {
    let files = readable.files.iter();
    files
        .filter(|f| f.kind == TransformKind::Staging && readable.refused.contains(&f.path()))
        .map(|file| TableEntry {
            path: Some(file.path()),
            refused: true,
            ..TableEntry::of(relation(Schema::Staging, &file.name))
        })
}

/// What the headers of datasets say of columns, by dataset and column.
///
/// # Errors
/// Of the engine that parses them.
pub fn descriptions(ctx: &Context) -> Result<BTreeMap<(String, String), String>, RunError> {
    let readable = readable_transforms(ctx)?;
    let of = |t: &Transform| {
        let columns = t.header.columns.iter();
        let named =
            columns.map(|(column, text)| ((t.name.to_string(), column.clone()), text.clone()));
        named.collect::<Vec<_>>()
    };
    Ok(readable.transforms.features.iter().flat_map(of).collect())
}

fn relation(schema: Schema, name: &str) -> Relation {
    Relation {
        schema,
        name: name.to_owned(),
    }
}

fn of_transform(transform: &Transform, table: Relation) -> TableEntry {
    TableEntry {
        description: transform.header.description.clone(),
        key: transform.header.key.clone(),
        path: Some(transform.path.clone()),
        reads: transform.reads.iter().map(Relation::to_string).collect(),
        ..TableEntry::of(table)
    }
}

/// The columns of some SQL, with what its header says of them. Where the SQL does
/// not tell its columns, those that the header describes.
fn described(transform: &Transform, columns: Option<&[Column]>) -> Vec<ColumnEntry> {
    let described = &transform.header.columns;
    let Some(columns) = columns else {
        return described
            .iter()
            .map(|(name, _)| ColumnEntry::of(transform, name, None))
            .collect();
    };
    columns
        .iter()
        .map(|c| ColumnEntry::of(transform, &c.name, Some(c.ty.clone())))
        .collect()
}

impl TableEntry {
    fn of(table: Relation) -> Self {
        Self {
            table,
            description: None,
            key: Vec::new(),
            path: None,
            is_gone: false,
            refused: false,
            reads: Vec::new(),
            read_by: Vec::new(),
            columns: Vec::new(),
            rows: None,
            changed: None,
            source: None,
            published: None,
        }
    }

    /// Sets the null share of its columns.
    fn set_nulls(&mut self, rows: u64, nulls: &BTreeMap<String, u64>) {
        for column in &mut self.columns {
            if let Some(nulls) = nulls.get(&column.name).filter(|_| rows > 0) {
                column.null_share = Some(*nulls as f64 / rows as f64);
            }
        }
    }
}

impl ColumnEntry {
    fn of(transform: &Transform, name: &str, ty: Option<String>) -> Self {
        let described = transform.header.columns.iter();
        Self {
            name: name.to_owned(),
            ty,
            description: described
                .filter(|(column, _)| column == name)
                .map(|(_, text)| text.clone())
                .next(),
            declared: None,
            first_seen: None,
            changed: None,
            null_share: None,
        }
    }
}

/// What reads a table directly; who reads the history of a dataset reads it too.
fn read_by(readable: &Readable, table: &Relation) -> Vec<String> {
    let is_it = |read: &Relation| {
        read == table
            || (read.schema == Schema::History
                && table.schema == Schema::Features
                && read.name == table.name)
    };
    let all = readable.transforms.all();
    all.filter(|t| t.reads.iter().any(is_it))
        .map(|t| format!("{}.{}", t.kind.folder(), t.name))
        .collect()
}

/// The tables that a name means.
fn named(tables: Vec<TableEntry>, name: &str) -> Result<Vec<TableEntry>, RunError> {
    let wanted = name
        .strip_prefix("sql/")
        .and_then(|path| path.strip_suffix(".sql"))
        .map_or_else(|| name.to_owned(), |path| path.replace('/', "."));
    // `account-level`, as the target shows it, is as good as `account_level`.
    let wanted = wanted.replace('-', "_");
    let wanted = match wanted.strip_prefix("history.") {
        Some(dataset) => format!("features.{dataset}"),
        None => wanted,
    };
    let known: Vec<String> = tables
        .iter()
        .flat_map(|t| [t.table.to_string(), t.table.name.clone()])
        .collect();
    let found: Vec<TableEntry> = tables
        .into_iter()
        .filter(|t| t.table.to_string() == wanted || t.table.name == wanted)
        .collect();
    if found.is_empty() {
        return Err(RunError::NoSuchTable {
            nearest: nearest(&wanted, known.iter().map(String::as_str)).map(str::to_owned),
            name: name.to_owned(),
        });
    }
    Ok(found)
}
