//! Loading: deliveries become raw rows, inside the warehouse's transaction.

use std::cell::RefCell;
use std::io;
use std::path::Path;

use chrono::NaiveDate;

use super::careful::{Careful, CarefulFile, Inserted, is_about_a_file};
use super::columns::{known_columns, plain_file, text_columns};
use super::deliver;
use super::header;
use super::load_error::LoadError;
use super::refused::Refused;
use super::repeat::Repeated;
use super::settle;
use crate::engine::warehouse::{self, ADDED, FILE, RETIRED};
use crate::engine::{EngineError, ErrorKind, Session, quarantine, quote};
use crate::failpoint::{self, Failpoint};
use crate::model::column::Column;
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, Place, RowCounts, ScannedFile};
use crate::model::interrupt::Interrupt;
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
    pub interrupt: &'a Interrupt,
    /// Where copies of files lie for a moment.
    pub scratch: &'a Path,
    pub careful: &'a Careful,
    /// Records of sources that fail at any; if there are some, the run is to fail.
    pub bad: &'a RefCell<Refused>,
    /// A load that an earlier run did; None: one that is done for the first time.
    pub repeated: Option<Repeated<'a>>,
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
            quarantine::drop(self.session, self.source.name.as_str())?;
        }
        loaded.events.extend(plan.first.iter().cloned());
        let nothing_known = self.repeated.is_none_or(|r| r.drift.is_empty());
        if wanted(plan).next().is_none() && nothing_known && self.known_columns()?.is_empty() {
            // No file was ever loaded, so there is no table: this is told, no more.
            let told = plan.steps.iter().filter_map(|step| self.bookkeeping(step));
            loaded.events.extend(told);
            return Ok(loaded);
        }
        if live_before.is_empty() && self.repeated.is_none_or(|r| r.whole) {
            warehouse::drop_if_empty(self.session, self.source.name.as_str())?;
        }
        self.prepare_table(plan, &mut loaded.events)?;
        self.retire_refused(plan)?;
        match self.source.load {
            LoadMode::Append => {
                self.retire_again(plan)?;
                if plan.replay {
                    self.replay(live_before, &mut loaded)?;
                }
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
            if quarantine::exists(self.session, self.source.name.as_str())? {
                self.session.batch(&format!(
                    "DELETE FROM {} WHERE {RETIRED} IS NOT NULL",
                    quarantine::table(self.source.name.as_str())
                ))?;
            }
        }
        warehouse::show_raw(self.session, self.source.name.as_str(), None)?;
        Ok(loaded)
    }

    /// The files that carrying out a plan will read.
    ///
    /// # Errors
    /// [`LoadError::Gone`] if one of them is not there.
    pub fn reads<'p>(
        &self,
        plan: &'p SourcePlan,
        live_before: &[&InputFile],
        scanned: &'p [ScannedFile],
    ) -> Result<Vec<&'p ScannedFile>, LoadError> {
        match self.source.load {
            LoadMode::Append => Ok(wanted(plan).map(|wanted| wanted.file).collect()),
            LoadMode::Upsert | LoadMode::Replace => settle::reads(self, plan, live_before, scanned),
        }
    }

    pub(super) fn table(&self) -> String {
        quote::qualified("intervals", self.source.name.as_str())
    }

    pub(super) fn known_columns(&self) -> Result<Vec<Column>, LoadError> {
        Ok(known_columns(self.session, self.source)?)
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
                added: rows.taken,
                quarantined: rows.refused,
                ..RowCounts::default()
            },
        ))
    }

    /// Reads a file into `table`. What becomes of its records adds up to as many as
    /// the hashing pass counted.
    pub(super) fn insert(
        &self,
        table: &str,
        number: u64,
        file: &ScannedFile,
        loading: &mut Loading,
    ) -> Result<Inserted, LoadError> {
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
        let header = header::match_file(self.source, file, &known)?;
        let columns = text_columns(self.source, &header.columns, &known);
        let plain = plain_file(self.source, file, &header)
            .filter(|_| !self.careful.needs(&self.source.name, file));
        let rows = match plain {
            Some(csv) => {
                let strict = format!(
                    "INSERT INTO {table} ({}, {FILE}, {ADDED}, {RETIRED}) SELECT {}, {number}::INTEGER, {}::INTEGER, NULL::INTEGER FROM {}",
                    quote::idents(&header.columns),
                    columns.strict_values(&header.written),
                    self.run,
                    columns.cast(&csv.scan()),
                );
                self.insert_plainly(&strict, file, tell)?
            }
            None => self.insert_carefully(
                table,
                &CarefulFile {
                    number,
                    file,
                    header: &header,
                    columns: &columns,
                },
            )?,
        };
        // What the engine says it inserted is not yet there.
        let there = self.session.number(&format!(
            "SELECT count({FILE}) FROM {table} WHERE {FILE} = {number} AND {RETIRED} IS NULL"
        ))?;
        if there != rows.taken || rows.taken + rows.refused != file.records {
            return Err(LoadError::Miscounted {
                path: file.path.clone(),
                counted: file.records,
                loaded: there + rows.refused,
            });
        }
        failpoint::reached(Failpoint::FileLoaded).map_err(|e| io_error(&file.path, e))?;
        loading.done += file.stat.size;
        loading.rows += rows.taken;
        Ok(rows)
    }

    /// Reads a plain file all of whose records fit.
    fn insert_plainly(
        &self,
        statement: &str,
        file: &ScannedFile,
        tell: impl Fn(f64) + Send,
    ) -> Result<Inserted, LoadError> {
        let not_plain = || LoadError::NotPlain {
            source_name: self.source.name.clone(),
            path: file.path.clone(),
        };
        match self.session.watched(tell, |s| s.execute(statement)) {
            Ok(rows) if rows == file.records => {
                self.careful.went_well(&self.source.name, &file.path);
                Ok(Inserted {
                    taken: rows,
                    refused: 0,
                })
            }
            Ok(_) => Err(not_plain()),
            Err(error) if is_about_a_file(&error) => Err(not_plain()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn input_file(
        &self,
        number: u64,
        place: Place,
        file: &ScannedFile,
        rows: RowCounts,
    ) -> InputFile {
        let content = (number, place, file);
        deliver::input_file(self.source, content, (self.run, self.day), rows)
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

/// Reading or writing a file, told by the path that the user knows.
pub(super) fn io_error(path: &str, error: io::Error) -> LoadError {
    if error.kind() == io::ErrorKind::Interrupted {
        return EngineError::new(ErrorKind::Interrupted, "interrupted").into();
    }
    LoadError::Io {
        path: path.to_owned(),
        source: error,
    }
}

/// The path of a live content among the files that were found.
pub(super) fn find<'a>(
    scanned: &'a [ScannedFile],
    blake3: &ContentHash,
) -> Option<&'a ScannedFile> {
    scanned.iter().find(|f| f.blake3 == *blake3)
}
