//! The rows of a warehouse, loaded again run by run as the ledger tells.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::contents::Contents;
use super::losses::{Loss, LossKind};
use super::needs::{self, Needs};
use crate::engine::warehouse::Warehouse;
use crate::failpoint::{self, Failpoint};
use crate::ingest::careful::Careful;
use crate::ingest::hash;
use crate::ingest::load::{Loaded, Loader, Loading};
use crate::ingest::load_error::LoadError;
use crate::ingest::refused::Refused;
use crate::ingest::repeat::{self, Repeat, Repeated};
use crate::model::bookmarks::Bookmarks;
use crate::model::input_file::{InputFile, RowCounts, ScannedFile};
use crate::model::ledger::{Entry, Event, Ledger};
use crate::model::names::SourceName;
use crate::model::plan::FileStep;
use crate::model::run::RunNumber;
use crate::model::source::SourceDefinition;
use crate::pipeline::context::Context;
use crate::pipeline::error::{RunError, SchemaRefused};

/// What was loaded.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    pub runs: u64,
    pub files: u64,
    pub rows: u64,
    /// Files that gave other rows than they gave then.
    pub changed: Vec<Loss>,
    /// What became of the records of these, by source and input file.
    pub corrected: BTreeMap<(SourceName, u64), RowCounts>,
}

/// Loads what runs loaded.
pub struct Replay<'a> {
    pub ctx: &'a Context,
    pub warehouse: &'a Warehouse,
    pub ledger: &'a Ledger,
    pub needs: &'a Needs,
    pub contents: &'a Contents,
    /// The rows up to this position of the ledger are there already.
    pub base: u64,
    /// Where copies of files lie for a moment.
    pub scratch: &'a Path,
}

/// How far it has come.
struct Progressed {
    bookmarks: Bookmarks,
    /// Input files whose rows are there.
    there: BTreeSet<(SourceName, u64)>,
    /// Sources of which something is not.
    incomplete: BTreeSet<SourceName>,
    loading: Loading,
    done: Replayed,
}

/// The part of a run that is about one source.
struct Part<'a> {
    source: SourceName,
    definition: &'a SourceDefinition,
    recorded: Vec<&'a Event>,
    repeat: Repeat,
}

impl Replay<'_> {
    /// Does all runs again, each in a transaction of its own.
    ///
    /// # Errors
    /// What loading refuses, and a wish to stop.
    pub fn all(&self) -> Result<Replayed, RunError> {
        let known = self.ledger.entries.iter().filter(|e| e.seq <= self.base);
        let bookmarks = Bookmarks::of(&Ledger {
            entries: known.cloned().collect(),
        });
        let there = bookmarks.sources.iter().flat_map(|(name, source)| {
            let live = source.live().into_iter();
            live.map(|f| (name.clone(), f.number))
        });
        let mut progressed = Progressed {
            there: there.collect(),
            bookmarks,
            incomplete: BTreeSet::new(),
            loading: Loading {
                total: self.needs.bytes(),
                ..Loading::default()
            },
            done: Replayed::default(),
        };
        let rest = self.ledger.entries.iter().filter(|e| e.seq > self.base);
        let mut of_run: Vec<&Entry> = Vec::new();
        for entry in rest {
            of_run.push(entry);
            // What follows a run's own event is no part of it.
            if matches!(
                entry.event,
                Event::Run(_) | Event::Gone { .. } | Event::Abandoned { .. }
            ) {
                self.one(&of_run, &mut progressed)?;
                of_run.clear();
            }
        }
        Ok(progressed.done)
    }

    fn one(&self, entries: &[&Entry], progressed: &mut Progressed) -> Result<(), RunError> {
        if self.ctx.interrupt.is_requested() {
            return Err(RunError::Interrupted { run: None });
        }
        let parts = self.parts(entries, progressed);
        if !parts.is_empty() {
            let run = entries.first().map_or(0, |e| e.run);
            let loaded = self.transact(run, &parts, progressed)?;
            progressed.done.runs += 1;
            for (part, loaded) in parts.iter().zip(&loaded) {
                progressed.note(run, part, loaded);
            }
            failpoint::reached(Failpoint::RebuildRunLoaded).map_err(|source| RunError::Io {
                path: self.scratch.to_owned(),
                source,
            })?;
        }
        for entry in entries {
            progressed.bookmarks.apply(entry.run, &entry.event);
            if let Event::Gone { source, number } = &entry.event {
                progressed.there.remove(&(source.clone(), *number));
            }
        }
        Ok(())
    }

    /// What a run did, source by source, in the order of its events.
    fn parts(&self, entries: &[&Entry], progressed: &Progressed) -> Vec<Part<'_>> {
        let mut sources: Vec<&SourceName> = Vec::new();
        for source in entries.iter().filter_map(|e| e.event.source()) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        let parts = sources.into_iter().filter_map(|source| {
            let from = self.needs.from(source);
            let of_source = |e: &&&Entry| e.event.source() == Some(source) && e.seq >= from;
            let entries: Vec<&Entry> = entries.iter().filter(of_source).copied().collect();
            let first = entries.first().filter(|_| !self.needs.is_unknown(source))?;
            let mut files = entries.iter().filter_map(|e| needs::taken(&e.event));
            let project = &self.ctx.project.sources;
            let definition = match files.next() {
                Some((_, file)) => {
                    needs::definition(self.ledger, project, source, first.run, file)?
                }
                None => {
                    let written = self.ledger.definition(source, Some(first.run));
                    // It is one of those that were loaded, or nothing was.
                    written.or_else(|| self.ctx.project.source(source.as_str()))?
                }
            };
            let ledger = self.ledger.entries.as_slice();
            let recorded: Vec<&Event> = entries
                .iter()
                .filter_map(|e| Some(&ledger.get(usize::try_from(e.seq).ok()? - 1)?.event))
                .collect();
            let before = progressed.bookmarks.sources.get(source).cloned();
            let seq = first.seq;
            let repeat = repeat::repeat(source, &recorded, &before.unwrap_or_default(), |file| {
                let gone = self.needs.is_gone(source, file.number, seq);
                self.contents.of(source, file).filter(|_| !gone)
            });
            Some(Part {
                source: source.clone(),
                definition,
                recorded,
                repeat,
            })
        });
        parts.collect()
    }

    /// Loads the parts of a run in one transaction. A statement that fails loses it:
    /// where a file needs a careful look, there is another one.
    fn transact(
        &self,
        run: RunNumber,
        parts: &[Part<'_>],
        progressed: &mut Progressed,
    ) -> Result<Vec<Loaded>, RunError> {
        let session = &self.warehouse.session;
        let mut careful = Careful::default();
        loop {
            let before = progressed.loading;
            session.batch("BEGIN")?;
            match self.load(run, parts, &careful, progressed) {
                Ok(loaded) => {
                    session.batch("COMMIT")?;
                    return Ok(loaded);
                }
                Err(RunError::Load(LoadError::NotPlain { source_name, path })) => {
                    session.batch("ROLLBACK")?;
                    progressed.loading = before;
                    careful.learn(&source_name, &path);
                }
                Err(error) => {
                    // It is the first error that is told.
                    let _ = session.batch("ROLLBACK");
                    return Err(error);
                }
            }
        }
    }

    fn load(
        &self,
        run: RunNumber,
        parts: &[Part<'_>],
        careful: &Careful,
        progressed: &mut Progressed,
    ) -> Result<Vec<Loaded>, RunError> {
        let mut all = Vec::new();
        for part in parts {
            let bad = RefCell::new(Refused::default());
            let name = &part.source;
            let before = progressed.bookmarks.sources.get(name);
            let live = before.map(|b| b.live()).unwrap_or_default();
            let live: Vec<&InputFile> = live
                .into_iter()
                .filter(|f| progressed.there.contains(&(name.clone(), f.number)))
                .collect();
            let files: Vec<ScannedFile> = live
                .iter()
                .filter_map(|f| self.contents.of(name, f))
                .collect();
            let loader = Loader {
                session: &self.warehouse.session,
                source: part.definition,
                run,
                day: self.day(run),
                accept_drop: true,
                progress: &*self.ctx.progress,
                interrupt: &self.ctx.interrupt,
                scratch: self.scratch,
                careful,
                bad: &bad,
                repeated: Some(Repeated {
                    drift: &part.repeat.drift,
                    whole: !progressed.incomplete.contains(name) && part.repeat.missing.is_empty(),
                }),
            };
            let plan = &part.repeat.plan;
            let loaded = match loader.load(plan, &live, &files, &mut progressed.loading) {
                Err(LoadError::Header(error)) => {
                    let source_name = name.clone();
                    let refused = SchemaRefused { source_name, error };
                    return Err(RunError::SchemaRefused(Box::new(refused)));
                }
                loaded => loaded?,
            };
            let bad = bad.into_inner();
            if bad.total > 0 {
                return Err(RunError::BadRows(bad));
            }
            let read = plan.steps.iter().filter_map(FileStep::reads);
            for file in read.chain(&files) {
                if !hash::is_unchanged(file) {
                    return Err(RunError::FileChanged {
                        path: file.path.clone(),
                    });
                }
            }
            all.push(loaded);
        }
        Ok(all)
    }

    fn day(&self, run: RunNumber) -> chrono::NaiveDate {
        let record = self.ledger.run(run);
        record.map_or_else(|| self.ctx.today(), |(_, record)| record.ingest_date)
    }
}

impl Progressed {
    /// Takes into account what a run did, and holds it against what it did then.
    fn note(&mut self, run: RunNumber, part: &Part<'_>, loaded: &Loaded) {
        let name = &part.source;
        if !part.repeat.missing.is_empty() {
            self.incomplete.insert(name.clone());
        }
        for event in &loaded.events {
            if let Some((_, file)) = needs::taken(event) {
                self.there.insert((name.clone(), file.number));
                self.done.files += 1;
                self.done.rows += file.rows.taken();
            }
        }
        for file in &part.repeat.missing {
            self.there.remove(&(name.clone(), file.number));
        }
        if self.incomplete.contains(name) {
            // What a key's last row is told apart from is not what it was then.
            return;
        }
        let (then, now) = (
            outcomes(part.recorded.iter().copied()),
            outcomes(&loaded.events),
        );
        for (number, rows) in &now {
            let before = then.get(number);
            if before == Some(rows) {
                continue;
            }
            self.done.corrected.insert((name.clone(), *number), *rows);
            let path = part.recorded.iter().find_map(|e| {
                let (_, file) = needs::taken(e)?;
                (file.number == *number).then(|| file.paths.join("`, `"))
            });
            let path = path.unwrap_or_else(|| format!("input file {number}"));
            self.done.changed.push(Loss {
                kind: LossKind::Changed,
                source: Some(name.clone()),
                run,
                what: format!(
                    "`{path}` of source `{name}` gives {} records taken and {} set aside, and gave run \
                     {run} {} and {}",
                    rows.taken(),
                    rows.quarantined,
                    before.map_or(0, RowCounts::taken),
                    before.map_or(0, |r| r.quarantined),
                ),
                numbers: Vec::new(),
            });
        }
    }
}

/// What became of the records of each input file that events speak of.
fn outcomes<'e>(events: impl IntoIterator<Item = &'e Event>) -> BTreeMap<u64, RowCounts> {
    let mut outcomes = BTreeMap::new();
    for event in events {
        match event {
            Event::Taken { file, .. } | Event::Rewritten { file, .. } => {
                outcomes.insert(file.number, file.rows);
            }
            Event::Replayed { number, rows, .. } => {
                outcomes.insert(*number, *rows);
            }
            _ => {}
        }
    }
    outcomes
}
