//! Loading: deliveries become raw rows, inside the warehouse's transaction.

use chrono::NaiveDate;

use super::deliver;
use super::dialect::LineEnd;
use super::header::{self, MatchedHeader};
use super::load_error::LoadError;
use super::settle;
use crate::engine::csv::{CsvColumn, CsvFile};
use crate::engine::warehouse::{self, ADDED, FILE, RETIRED};
use crate::engine::{EngineError, Session, quote};
use crate::failpoint::{self, Failpoint};
use crate::model::column::Column;
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, Place, RowCounts, ScannedFile};
use crate::model::ledger::Event;
use crate::model::plan::{FileStep, SourcePlan};
use crate::model::progress::{Progress, ProgressSink};
use crate::model::run::RunNumber;
use crate::model::source::{History, LoadMode, SourceDefinition};

/// What a load did to one source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// What the ledger is to be told, in order.
    pub events: Vec<Event>,
    /// Over the files that were read.
    pub rows: RowCounts,
}

/// How far all loading of a run has come, for progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loading {
    /// Bytes.
    pub done: u64,
    pub total: u64,
    pub rows: u64,
}

/// Loads one source within a run.
pub struct Loader<'a> {
    pub session: &'a Session,
    pub source: &'a SourceDefinition,
    pub run: RunNumber,
    pub day: NaiveDate,
    /// Take deliveries that halve what is there.
    pub accept_drop: bool,
    pub progress: &'a dyn ProgressSink,
}

/// A file that a step wants read.
pub(super) struct Wanted<'a> {
    pub number: u64,
    pub place: Place,
    pub file: &'a ScannedFile,
}

impl Loader<'_> {
    /// Carries out the steps of a source's plan.
    ///
    /// # Errors
    /// Data that is refused, files that changed meanwhile, and errors of the
    /// engine. The transaction is then to be rolled back.
    pub fn load(
        &self,
        plan: &SourcePlan,
        live_before: &[&InputFile],
        scanned: &[ScannedFile],
        loading: &mut Loading,
    ) -> Result<Loaded, LoadError> {
        let mut loaded = Loaded::default();
        if plan.refresh {
            self.session.batch(&format!(
                "DROP VIEW IF EXISTS {}; DROP TABLE IF EXISTS {}",
                quote::qualified("raw", self.source.name.as_str()),
                self.table()
            ))?;
        }
        loaded.events.extend(plan.first.iter().cloned());
        if wanted(plan).next().is_none() && self.known_columns()?.is_empty() {
            // No file was ever loaded, so there is no table: this is told, no more.
            let told = plan.steps.iter().filter_map(|step| self.bookkeeping(step));
            loaded.events.extend(told);
            return Ok(loaded);
        }
        if live_before.is_empty() {
            warehouse::drop_if_empty(self.session, self.source.name.as_str())?;
        }
        self.prepare_table(plan, &mut loaded.events)?;
        match self.source.load {
            LoadMode::Append => {
                self.retire_again(plan)?;
                self.append(plan, &mut loaded, loading)?;
            }
            LoadMode::Upsert | LoadMode::Replace => {
                settle::settle(self, plan, live_before, scanned, &mut loaded, loading)?;
            }
        }
        if self.source.history == History::Drop {
            self.session.batch(&format!(
                "DELETE FROM {} WHERE {RETIRED} IS NOT NULL",
                self.table()
            ))?;
        }
        warehouse::show_raw(self.session, self.source.name.as_str(), None)?;
        Ok(loaded)
    }

    pub(super) fn table(&self) -> String {
        quote::qualified("intervals", self.source.name.as_str())
    }

    /// Creates the raw table, or gives it the columns that new files bring.
    fn prepare_table(&self, plan: &SourcePlan, events: &mut Vec<Event>) -> Result<(), LoadError> {
        let mut columns = self.known_columns()?;
        for wanted in wanted(plan) {
            let header = self.header(wanted.file, &columns)?;
            for drift in header.drift {
                if let crate::model::ledger::SchemaDrift::Added { column, ty, .. } = &drift {
                    columns.push(Column {
                        name: column.clone(),
                        ty: ty.clone(),
                    });
                }
                events.push(Event::Drifted {
                    source: self.source.name.clone(),
                    drift,
                });
            }
        }
        warehouse::ensure_raw_table(self.session, self.source.name.as_str(), &columns)?;
        Ok(())
    }

    pub(super) fn known_columns(&self) -> Result<Vec<Column>, LoadError> {
        Ok(known_columns(self.session, self.source)?)
    }

    fn header(&self, file: &ScannedFile, known: &[Column]) -> Result<MatchedHeader, LoadError> {
        Ok(header::match_file(self.source, file, known)?)
    }

    fn append(
        &self,
        plan: &SourcePlan,
        loaded: &mut Loaded,
        loading: &mut Loading,
    ) -> Result<(), LoadError> {
        let source = self.source.name.clone();
        for step in &plan.steps {
            match step {
                FileStep::Take {
                    number,
                    place,
                    file,
                } => {
                    let taken = self.append_file(*number, *place, file, loading)?;
                    loaded.rows += taken.rows;
                    loaded.events.push(Event::Taken {
                        source: source.clone(),
                        file: taken,
                    });
                }
                FileStep::Rewrite {
                    number,
                    replaces,
                    file,
                } => {
                    let retired = self.retire(&format!("{FILE} = {}", replaces.number))?;
                    let taken = self.append_file(*number, replaces.place, file, loading)?;
                    let kept = self.kept(replaces.number, *number)?;
                    self.refuse_drop(&format!("`{}`", file.path), retired, kept)?;
                    loaded.rows += taken.rows;
                    loaded.events.push(Event::Rewritten {
                        source: source.clone(),
                        replaces: replaces.number,
                        file: taken,
                    });
                }
                FileStep::Retract { file } => {
                    self.retire(&format!("{FILE} = {}", file.number))?;
                }
                _ => {}
            }
            loaded.events.extend(self.bookkeeping(step));
        }
        Ok(())
    }

    /// The events of steps that read no file.
    pub(super) fn bookkeeping(&self, step: &FileStep) -> Option<Event> {
        match step {
            FileStep::Take { .. } | FileStep::Process { .. } | FileStep::Rewrite { .. } => None,
            other => deliver::event_of(self.source, other),
        }
    }

    /// Retires the rows of the files that are taken again; returns how many.
    pub(super) fn retire_again(&self, plan: &SourcePlan) -> Result<u64, LoadError> {
        if plan.again.is_empty() {
            return Ok(0);
        }
        let numbers = quote::join(plan.again.iter().map(u64::to_string));
        self.retire(&format!("{FILE} IN ({numbers})"))
    }

    /// Retires the current rows for which `condition` holds; returns how many.
    pub(super) fn retire(&self, condition: &str) -> Result<u64, LoadError> {
        Ok(self.session.execute(&format!(
            "UPDATE {} SET {RETIRED} = {} WHERE {RETIRED} IS NULL AND {condition}",
            self.table(),
            self.run
        ))?)
    }

    /// How many of the rows of a replaced file stand in the new one too.
    fn kept(&self, old: u64, new: u64) -> Result<u64, LoadError> {
        let table = self.table();
        let columns = quote::idents(self.known_columns()?.iter().map(|c| &c.name));
        Ok(self.session.number(&format!(
            "SELECT count(*) FROM (
                 SELECT {columns} FROM {table} WHERE {FILE} = {old} AND {RETIRED} = {run}
                 INTERSECT ALL SELECT {columns} FROM {table} WHERE {FILE} = {new} AND {RETIRED} IS NULL)",
            run = self.run
        ))?)
    }

    /// A delivery under an old name that keeps fewer than half of the rows it
    /// replaces is a new delivery in disguise, or a loss.
    pub(super) fn refuse_drop(&self, what: &str, before: u64, after: u64) -> Result<(), LoadError> {
        if !self.accept_drop && after * 2 < before {
            return Err(LoadError::Halved {
                source_name: self.source.name.clone(),
                what: what.to_owned(),
                before,
                after,
            });
        }
        Ok(())
    }

    fn append_file(
        &self,
        number: u64,
        place: Place,
        file: &ScannedFile,
        loading: &mut Loading,
    ) -> Result<InputFile, LoadError> {
        let rows = self.insert(&self.table(), number, file, loading)?;
        Ok(self.input_file(
            number,
            place,
            file,
            RowCounts {
                read: file.records,
                added: rows,
                ..RowCounts::default()
            },
        ))
    }

    /// Reads a file into `table`; returns its rows, which are exactly as many
    /// as the hashing pass counted.
    pub(super) fn insert(
        &self,
        table: &str,
        number: u64,
        file: &ScannedFile,
        loading: &mut Loading,
    ) -> Result<u64, LoadError> {
        let tell = |share: f64| {
            self.progress.report(Progress::Loading {
                source: self.source.name.to_string(),
                path: file.path.clone(),
                done: loading.done + (share * file.stat.size as f64) as u64,
                total: loading.total,
                rows: loading.rows + (share * file.records as f64) as u64,
            });
        };
        tell(0.0);
        let known = self.known_columns()?;
        let header = self.header(file, &known)?;
        let csv = csv_file(self.source, file, header, &known);
        let insert = format!(
            "INSERT INTO {table} ({}, {FILE}, {ADDED}, {RETIRED}) SELECT {}, {number}::INTEGER, {}::INTEGER, NULL::INTEGER FROM {}",
            quote::idents(csv.columns.iter().map(|c| &c.name)),
            quote::join(csv.columns.iter().map(|c| csv.value(c))),
            self.run,
            csv.scan(false),
        );
        let rows = self.session.watched(tell, |s| s.execute(&insert))?;
        if rows != file.records {
            return Err(LoadError::Miscounted {
                path: file.path.clone(),
                counted: file.records,
                loaded: rows,
            });
        }
        failpoint::reached(Failpoint::FileLoaded).map_err(|source| LoadError::Io {
            path: file.path.clone(),
            source,
        })?;
        loading.done += file.stat.size;
        loading.rows += rows;
        Ok(rows)
    }

    pub(super) fn input_file(
        &self,
        number: u64,
        place: Place,
        file: &ScannedFile,
        rows: RowCounts,
    ) -> InputFile {
        InputFile {
            number,
            blake3: file.blake3,
            size: file.stat.size,
            place,
            paths: vec![file.path.clone()],
            run: self.run,
            day: self.day,
            rows,
            definition: self.source.fingerprint(),
        }
    }
}

/// The files that the steps of a plan want read, in order.
pub(super) fn wanted(plan: &SourcePlan) -> impl Iterator<Item = Wanted<'_>> {
    plan.steps.iter().filter_map(|step| match step {
        FileStep::Take {
            number,
            place,
            file,
        } => Some(Wanted {
            number: *number,
            place: *place,
            file,
        }),
        FileStep::Rewrite {
            number,
            replaces,
            file,
        } => Some(Wanted {
            number: *number,
            place: replaces.place,
            file,
        }),
        _ => None,
    })
}

/// How the engine is to read a file: its columns in its own order, with the
/// types of the raw table and the formats declared.
pub fn csv_file<'a>(
    source: &SourceDefinition,
    file: &'a ScannedFile,
    header: MatchedHeader,
    known: &[Column],
) -> CsvFile<'a> {
    let column = |name: String| CsvColumn {
        ty: known
            .iter()
            .find(|c| c.name == name)
            .map_or("VARCHAR".to_owned(), |c| c.ty.clone()),
        format: source
            .columns
            .iter()
            .find(|c| c.name == name)
            .and_then(|c| c.format.clone()),
        name,
    };
    CsvFile {
        path: &file.absolute,
        empty_lines: header.empty_lines,
        crlf: header.line_end == Some(LineEnd::CrLf),
        columns: header.columns.into_iter().map(column).collect(),
    }
}

/// The columns of a raw table, and those declared that it does not have yet.
///
/// # Errors
/// Any error of the engine.
pub fn known_columns(
    session: &Session,
    source: &SourceDefinition,
) -> Result<Vec<Column>, EngineError> {
    let mut columns = warehouse::raw_columns(session, source.name.as_str())?;
    for declared in &source.columns {
        if columns.iter().all(|c| c.name != declared.name) {
            columns.push(Column {
                name: declared.name.clone(),
                ty: declared.ty.clone(),
            });
        }
    }
    Ok(columns)
}

/// The path of a live content among the files that were found.
pub(super) fn find<'a>(
    scanned: &'a [ScannedFile],
    blake3: &ContentHash,
) -> Option<&'a ScannedFile> {
    scanned.iter().find(|f| f.blake3 == *blake3)
}
