//! Two sorted sides of a dataset, compared: a merge of two streams, several rows
//! at a time, in pieces that threads share. Memory does not grow with the rows.
//!
//! A side that cannot be walked through as it lies is put into a sorted table
//! first (`prepare.rs`); that is seen on the way, and nothing is told before.

mod buckets;
mod expected;
pub mod furthest;
mod lane;
mod merge;
mod prepare;
mod quartiles;
mod ranges;
mod rows;
mod source;
mod spread;
mod tally;
mod texts;
mod walk;
mod word;

use std::path::{Path, PathBuf};

use super::error::{EngineError, ErrorKind};
use super::parquet;
use super::session::Session;
use crate::model::column::Column;
use crate::model::difference::{ColumnDifference, Difference, Moved, Pair};
use merge::MergeError;
use prepare::prepare;
use quartiles::Search;
use source::{Conditioned, Shared, Source};
use tally::{Counted, Tally};

use rows::Noted;
pub use rows::{Cell, Change, Listed, Row};

/// So many rows that differ are noted on the first walk. If there are more, a
/// listing walks again.
const NOTED: usize = 1 << 20;

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct DiffRequest {
    /// What the rows can be called in the condition.
    pub name: String,
    pub files: Pair<PathBuf>,
    /// Columns that name a row; both sides have them.
    pub key: Vec<String>,
    /// The columns that are compared; both sides have them.
    pub columns: Vec<String>,
    /// Only rows for which this holds on either side.
    pub condition: Option<String>,
    /// How far apart floating numbers and decimals may be.
    pub tolerance: Option<f64>,
}

/// Why sides could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The condition does not bind, or fails on a value; positions are in its text.
    #[error(transparent)]
    Condition(EngineError),
}

/// What is known of both sides before they are walked through.
struct Sides {
    key: Vec<Shared>,
    columns: Vec<Shared>,
    sources: Pair<Source>,
    counted: Vec<Counted>,
}

/// Two sides, opened.
pub struct Comparison {
    session: Session,
    tolerance: Option<f64>,
    sides: Sides,
    threads: usize,
    conditioned: Option<Conditioned>,
    is_prepared: bool,
    apart: Pair<(u64, u64)>,
    noted: Noted,
}

/// The columns of a file, as the engine reads them.
///
/// # Errors
/// Any error of the engine.
pub fn columns_of(session: &Session, file: &Path) -> Result<Vec<Column>, EngineError> {
    source::columns_of(session, file)
}

impl Comparison {
    /// Opens both sides. The session is then good for nothing else.
    ///
    /// # Errors
    /// [`DiffError::Condition`] if the condition does not bind.
    pub fn open(session: Session, request: DiffRequest) -> Result<Self, DiffError> {
        // Decimals of up to 18 digits come as 64 bits. The files' footers are read
        // once, and their bytes by the threads that want them.
        session.batch(
            "SET arrow_output_version = '1.5'; SET GLOBAL parquet_metadata_cache = true; \
             SET async_threads = 0",
        )?;
        let threads = session.number("SELECT current_setting('threads')::BIGINT")?;
        let files = request.files.as_ref();
        let schemas = files.map(|file| columns_of(&session, file)).ok()?;
        let conditioned = match &request.condition {
            Some(condition) => Some(Conditioned::of(
                &session,
                &request.name,
                files.map(PathBuf::as_path),
                schemas.as_ref().map(Vec::as_slice),
                condition,
            )?),
            None => None,
        };
        let shared = |names: &[String]| -> Result<Vec<Shared>, DiffError> {
            let shared = names.iter().map(|name| {
                let ty = |columns: &Vec<Column>| {
                    let column = columns.iter().find(|c| c.name.eq_ignore_ascii_case(name));
                    column.map(|c| c.ty.clone()).ok_or_else(|| {
                        EngineError::new(ErrorKind::Statement, format!("no column `{name}`"))
                    })
                };
                let types = schemas.as_ref().map(ty).ok()?;
                Ok(Shared::of(&session, name, types))
            });
            shared.collect()
        };
        let (mut key, mut columns) = (shared(&request.key)?, shared(&request.columns)?);
        for shared in key.iter_mut().chain(&mut columns) {
            expected::settle_type(&session, shared)?;
        }
        let source = |file: &Path, side| -> Result<Source, EngineError> {
            let rows = session.number(&format!("SELECT count(*) FROM {}", parquet::scan(file)))?;
            Ok(Source::of_file(file, rows, &key, &columns, side))
        };
        let sources = Pair::new(
            source(files.before, |types| &types.before)?,
            source(files.after, |types| &types.after)?,
        );
        let mut comparison = Self {
            session,
            tolerance: request.tolerance,
            sides: Sides {
                key,
                columns,
                sources,
                counted: Vec::new(),
            },
            threads: threads.max(1) as usize,
            conditioned,
            is_prepared: false,
            apart: Pair::default(),
            noted: Noted::default(),
        };
        // A column of the name that numbers the rows would be taken for it.
        let names = schemas.before.iter().chain(&schemas.after);
        let is_hidden = names
            .into_iter()
            .any(|c| c.name.eq_ignore_ascii_case("file_row_number"));
        if comparison.conditioned.is_some() || is_hidden {
            comparison.prepare()?;
        }
        comparison.count()?;
        Ok(comparison)
    }

    fn count(&mut self) -> Result<(), DiffError> {
        self.sides.counted = expected::counted(&self.session, &self.sides, self.tolerance)?;
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), DiffError> {
        let session = &self.session;
        session.batch(&format!("SET threads = {}", self.threads))?;
        let prepared = prepare(session, &self.sides, self.conditioned.as_ref())?;
        self.sides.sources = prepared.sources;
        self.apart = prepared.without_key.zip(prepared.repeated);
        self.is_prepared = true;
        Ok(())
    }

    fn walk(
        &mut self,
        listed: Option<Listed>,
        tell: &(dyn Fn(f64) + Sync),
    ) -> Result<(Tally, Noted), MergeError> {
        if listed.is_none() {
            expected::guess(&self.session, &mut self.sides)?;
        }
        walk::walk(&self.session, self.threads, &self.sides, listed, tell)
    }

    /// Compares all rows. `listed` rows that differ are noted on the way, so that
    /// [`Comparison::list`] need not compare again; then only rows are counted, and
    /// how columns moved is not told. `tell` is called with the share that is
    /// done, from 0 to 1.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn run(
        &mut self,
        listed: Option<Listed>,
        tell: &(dyn Fn(f64) + Sync),
    ) -> Result<Difference, DiffError> {
        let walked = match self.walk(listed, tell) {
            Err(MergeError::OutOfOrder) if !self.is_prepared => {
                self.prepare()?;
                self.count()?;
                self.walk(listed, tell)
            }
            walked => walked,
        };
        let (tally, noted) = walked.map_err(of_merge)?;
        self.noted = noted;
        let quartiles = match listed {
            Some(_) => None,
            None => Some(walk::quartiles(
                &self.session,
                &self.sides.sources,
                &tally.spreads,
            )?),
        };
        let mut rows = tally.rows;
        rows.without_key = self.apart.map(|apart| apart.0);
        rows.repeated = self.apart.map(|apart| apart.1);
        let beside = tally.beside();
        let mut texts = tally.texts;
        let moved = |at: usize, texts: &mut Option<texts::Texts>| {
            let Some(quartiles) = &quartiles else {
                return Moved::Unknown;
            };
            let spread = |spreads: &[Option<spread::SpreadSoFar>], search: &Search| {
                Some(spreads[at].as_ref()?.finish(search.quartiles(at)))
            };
            let before = spread(&tally.spreads.before, &quartiles.before);
            let after = spread(&tally.spreads.after, &quartiles.after);
            match (before, after, texts.take()) {
                (Some(before), Some(after), _) => Moved::Spread(Pair::new(before, after)),
                (_, _, Some(texts)) => Moved::Values(texts.finish()),
                _ => Moved::Unknown,
            }
        };
        let columns = self
            .sides
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| ColumnDifference {
                name: column.name.clone(),
                types: column.types.clone(),
                compared_as: (!column.types.is_same()).then(|| column.common.clone()),
                changed: tally.changed[at],
                moved: moved(at, &mut texts[at]),
            })
            .collect();
        Ok(Difference {
            rows,
            columns,
            beside,
        })
    }

    /// The first rows that differ, so many at most, and whether there are more. As
    /// [`Comparison::list`].
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn first(&self, listed: Listed, most: usize) -> Result<(Vec<Row>, bool), EngineError> {
        let mut rows = Vec::new();
        let mut is_cut = false;
        self.list(listed, false, |row| {
            is_cut = rows.len() == most;
            if !is_cut {
                rows.push(row);
            }
            Ok::<_, EngineError>(!is_cut)
        })?;
        Ok((rows, is_cut))
    }

    /// Hands the rows that differ to `each`, in the order of their keys, as long
    /// as it says true. To be called after [`Comparison::run`] with the same
    /// `listed`. With `as_json`, lists, structs and maps are told as JSON.
    ///
    /// # Errors
    /// Any error of the engine, and the first of `each`.
    pub fn list<E: From<EngineError>>(
        &self,
        listed: Listed,
        as_json: bool,
        mut each: impl FnMut(Row) -> Result<bool, E>,
    ) -> Result<(), E> {
        let text = |sql: &String, ty: &str| {
            let column = Column {
                name: String::new(),
                ty: ty.to_owned(),
            };
            if as_json && column.is_nested() {
                format!("CAST(to_json({sql}) AS VARCHAR)")
            } else {
                format!("CAST({sql} AS VARCHAR)")
            }
        };
        let texts = |source: &Source, side: fn(&Pair<String>) -> &String| -> Vec<String> {
            let columns = source.columns.iter().zip(&self.sides.columns);
            columns.map(|(sql, c)| text(sql, side(&c.types))).collect()
        };
        let texts = Pair::new(
            texts(&self.sides.sources.before, |types| &types.before),
            texts(&self.sides.sources.after, |types| &types.after),
        );
        let read = |noted: &Noted, each: &mut _| {
            rows::read(&self.session, &self.sides.sources, &texts, noted, each)
        };
        if self.noted.len() < NOTED {
            return read(&self.noted, &mut each).map(drop);
        }
        walk::again(&self.session, &self.sides, listed, |noted| {
            read(noted, &mut each)
        })
    }
}

fn of_merge(error: MergeError) -> DiffError {
    DiffError::Engine(match error {
        MergeError::Engine(error) => error,
        MergeError::OutOfOrder => EngineError::new(
            ErrorKind::Other,
            "rows that were sorted by key did not come in its order",
        ),
        MergeError::Enough => EngineError::new(ErrorKind::Interrupted, "interrupted"),
    })
}
