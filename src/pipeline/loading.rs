//! The first part of a run's transaction: deliveries become raw rows.

use std::cell::RefCell;
use std::path::Path;

use super::error::{RunError, SchemaRefused};
use super::scan;
use super::transaction::{Done, Work};
use crate::engine::{Session, warehouse};
use crate::ingest::careful::Careful;
use crate::ingest::hash;
use crate::ingest::load::{Loader, Loading};
use crate::ingest::load_error::LoadError;
use crate::ingest::refused::Refused;
use crate::model::column::Column;
use crate::model::input_file::{InputFile, ScannedFile};
use crate::model::names::SourceName;
use crate::model::plan::{FileStep, SourcePlan};
use crate::model::source::{LoadMode, SourceDefinition};

impl Work<'_> {
    /// Loads what the plan says, and tells the ledger.
    pub(super) fn load(&self, done: &mut Done, careful: &Careful) -> Result<(), RunError> {
        let bad = RefCell::new(Refused::default());
        let mut loading = Loading {
            total: self.plan.sources.iter().flat_map(bytes_to_read).sum(),
            ..Loading::default()
        };
        for source in &self.ctx.project.sources {
            let session = &self.warehouse.session;
            let plan = self.plan.sources.iter().find(|p| p.name == source.name);
            let Some(plan) = plan.filter(|p| p.changes()) else {
                // Views stand on every source, also on one that is still empty.
                ensure_table(session, source, self.live(&source.name).is_empty())?;
                continue;
            };
            let live = self.live(&source.name);
            let scanned = self
                .scanned
                .get(&source.name)
                .map_or(&[][..], Vec::as_slice);
            let scratch = self.ctx.layout.copies();
            let loader = self.loader(source, &scratch, careful, &bad);
            if scanned.iter().any(|file| file.object.is_some()) {
                scan::bring(self.ctx, loader.reads(plan, &live, scanned)?)?;
            }
            let loaded = match loader.load(plan, &live, scanned, &mut loading) {
                // Rows that do not fit are why there are so few.
                Err(LoadError::Halved { .. }) if bad.borrow().total > 0 => continue,
                Err(LoadError::Header(error)) => {
                    let source_name = source.name.clone();
                    let refused = SchemaRefused { source_name, error };
                    return Err(RunError::SchemaRefused(Box::new(refused)));
                }
                loaded => loaded?,
            };
            // Of a keyed source other files may have been read for their order.
            let keyed = source.load != LoadMode::Append;
            let again = scanned.iter().filter(|_| keyed);
            for file in files_to_read(plan).chain(again) {
                if !hash::is_unchanged(file) {
                    return Err(RunError::FileChanged {
                        path: file.path.clone(),
                    });
                }
            }
            done.loaded.insert(source.name.clone(), loaded);
        }
        let bad = bad.into_inner();
        if bad.total > 0 {
            return Err(RunError::BadRows(bad));
        }
        self.generations(done);
        let mut end = self.ground.ledger.end();
        let events = done.loaded.values().flat_map(|l| l.events.iter().cloned());
        for event in events.collect::<Vec<_>>() {
            end = self.append(end, event)?;
        }
        Ok(())
    }

    fn loader<'l>(
        &'l self,
        source: &'l SourceDefinition,
        scratch: &'l Path,
        careful: &'l Careful,
        bad: &'l RefCell<Refused>,
    ) -> Loader<'l> {
        Loader {
            session: &self.warehouse.session,
            source,
            run: self.plan.run,
            day: self.plan.ingest_date,
            accept_drop: self.accept_drop,
            progress: &*self.ctx.progress,
            interrupt: &self.ctx.interrupt,
            scratch,
            careful,
            bad,
            repeated: None,
        }
    }

    /// Finds out which other files need a careful look.
    pub(super) fn try_all(&self, careful: &mut Careful) -> Result<(), RunError> {
        let (scratch, bad) = (self.ctx.layout.copies(), RefCell::default());
        for plan in &self.plan.sources {
            let Some(source) = self.ctx.project.source(plan.name.as_str()) else {
                continue;
            };
            let found = self.loader(source, &scratch, careful, &bad).try_all(plan)?;
            for path in found {
                careful.learn(&plan.name, &path);
            }
        }
        Ok(())
    }

    fn live(&self, source: &SourceName) -> Vec<&InputFile> {
        self.ground
            .bookmarks
            .sources
            .get(source)
            .map(|b| b.live())
            .unwrap_or_default()
    }

    /// What the sources hold now, where that was not known before they were read.
    fn generations(&self, done: &mut Done) {
        let mut bookmarks = self.ground.bookmarks.clone();
        for (name, loaded) in &done.loaded {
            for event in &loaded.events {
                bookmarks.apply(self.plan.run, event);
            }
            if let Some(source) = self.ctx.project.source(name.as_str()) {
                let generation = bookmarks.generation(name, &source.fingerprint());
                done.generations.insert(name.clone(), generation);
            }
        }
    }
}

/// Gives a source that is not loaded a table. Types may be declared anew only if
/// nothing counts: a file without a row counts too, and has its definition.
///
/// # Errors
/// Any error of the engine.
pub(super) fn ensure_table(
    session: &Session,
    source: &SourceDefinition,
    nothing_counts: bool,
) -> Result<(), RunError> {
    let columns: Vec<Column> = source
        .columns
        .iter()
        .map(|c| Column {
            name: c.name.clone(),
            ty: c.ty.clone(),
        })
        .collect();
    if nothing_counts {
        warehouse::drop_if_empty(session, source.name.as_str())?;
    }
    if !columns.is_empty() {
        warehouse::ensure_raw_table(session, source.name.as_str(), &columns)?;
    }
    Ok(())
}

fn files_to_read(plan: &SourcePlan) -> impl Iterator<Item = &ScannedFile> {
    plan.steps.iter().filter_map(FileStep::reads)
}

/// Bytes of the files that a plan reads.
pub fn bytes_to_read(plan: &SourcePlan) -> impl Iterator<Item = u64> {
    files_to_read(plan).map(|f| f.stat.size)
}
