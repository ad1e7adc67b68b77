//! Building a warehouse and a state beside the old ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::RebuildRequest;
use super::contents::Contents;
use super::losses::Loss;
use super::needs::Needs;
use super::new_state::Filling;
use super::replay::{Replay, Replayed};
use super::survey::{Fate, Survey};
use crate::engine::warehouse::Warehouse;
use crate::engine::{EngineError, ErrorKind};
use crate::failpoint::{self, Failpoint};
use crate::model::bookmarks::{Bookmarks, Standing};
use crate::model::ledger::{Entry, Event, Ledger};
use crate::model::names::SourceName;
use crate::model::source::SourceDefinition;
use crate::pipeline::context::Context;
use crate::pipeline::doctor::subject::{Subject, WarehouseFacts};
use crate::pipeline::error::RunError;
use crate::pipeline::{loading, space};
use crate::state::{KnownFile, State};

/// What is built, and where.
pub struct Builder<'a> {
    pub ctx: &'a Context,
    pub subject: &'a Subject<'a>,
    pub survey: &'a Survey,
    pub request: &'a RebuildRequest,
}

/// What was built.
#[derive(Debug, Default)]
pub struct Built {
    pub replayed: Replayed,
    pub losses: Vec<Loss>,
    /// Rows up to here were there already.
    pub base: u64,
}

impl Builder<'_> {
    /// Builds what is to be built, up to where it can take the place of the old.
    ///
    /// # Errors
    /// [`RunError::RebuildLoses`], unless that is accepted; whatever keeps files from
    /// being loaded.
    pub fn build(&self) -> Result<Built, RunError> {
        let folder = self.ctx.layout.rebuild();
        remove(&folder)?;
        fs::create_dir_all(&folder).map_err(io(&folder))?;
        self.reached(Failpoint::RebuildBegun)?;
        let mut built = Built {
            losses: self.survey.lost.clone(),
            ..Built::default()
        };
        let mut ledger = self.survey.ledger.clone();
        let mut known = BTreeMap::new();
        if self.survey.warehouse == Fate::Kept {
            self.refuse(&built.losses)?;
        } else {
            known = self.warehouse(&mut ledger, &mut built)?;
            self.reached(Failpoint::RebuildWarehouseBuilt)?;
        }
        self.ctx.step("state");
        self.state(&ledger, &known)?;
        self.reached(Failpoint::RebuildStateBuilt)?;
        Ok(built)
    }

    fn refuse(&self, losses: &[Loss]) -> Result<(), RunError> {
        if losses.is_empty() || self.request.accept_loss {
            return Ok(());
        }
        let mut losses = losses.to_vec();
        losses.sort();
        Err(RunError::RebuildLoses { losses })
    }

    fn warehouse(
        &self,
        ledger: &mut Ledger,
        built: &mut Built,
    ) -> Result<BTreeMap<SourceName, Vec<(String, KnownFile)>>, RunError> {
        let (ctx, sources) = (self.ctx, &self.ctx.project.sources);
        ctx.step("scan");
        built.base = self.survey.base;
        let mut needs = Needs::of(ledger, built.base, sources);
        let mut contents = Contents::find(ctx, &needs.wanted, &self.request.from)?;
        if built.base > 0 && !needs.can_go_on(&contents) {
            built.base = 0;
            needs = Needs::of(ledger, 0, sources);
            contents = Contents::find(ctx, &needs.wanted, &self.request.from)?;
        }
        built.losses.extend(needs.losses(ledger, &contents));
        self.refuse(&built.losses)?;
        let path = ctx.layout.rebuild().join("warehouse.duckdb");
        let old = ctx.layout.warehouse();
        let copied = if built.base > 0 { size(&old) } else { 0 };
        space::check_private(ctx, needs.bytes() + copied)?;
        if built.base > 0 {
            for suffix in ["", ".wal"] {
                copy(&beside(&old, suffix), &beside(&path, suffix))?;
            }
        }
        ctx.step("load");
        let warehouse = Warehouse::open(&path, &ctx.settings(), &ctx.interrupt)?;
        built.replayed = Replay {
            ctx,
            warehouse: &warehouse,
            ledger,
            needs: &needs,
            contents: &contents,
            base: built.base,
            scratch: &ctx.layout.rebuild().join("copies"),
        }
        .all()?;
        built.losses.extend(built.replayed.changed.iter().cloned());
        self.refuse(&built.losses)?;
        tell(ledger, built)?;
        self.finish(warehouse, ledger, built.base)?;
        self.verify(&path, ledger)?;
        Ok(contents.known)
    }

    /// Tells the new warehouse its ledger, and closes it.
    fn finish(&self, warehouse: Warehouse, ledger: &Ledger, base: u64) -> Result<(), RunError> {
        let session = &warehouse.session;
        let bookmarks = Bookmarks::of(ledger);
        session.batch("BEGIN")?;
        for source in self.sources(ledger) {
            let taken = bookmarks.sources.get(&source.name);
            let nothing = taken.is_none_or(|b| b.live().is_empty());
            loading::ensure_table(session, source, nothing)?;
        }
        let rest = ledger.entries.iter().filter(|e| e.seq > base).cloned();
        warehouse.append(&rest.collect::<Vec<_>>())?;
        warehouse.set_project(&self.survey.project)?;
        session.batch("COMMIT; CHECKPOINT")?;
        drop(warehouse);
        let path = self.ctx.layout.rebuild().join("warehouse.duckdb");
        refuse_log(&beside(&path, ".wal"))?;
        sync(&path)
    }

    /// The sources that the last run had, as they were defined then: views stand on
    /// every one of them, also on one that is still empty.
    fn sources<'s>(&'s self, ledger: &'s Ledger) -> Vec<&'s SourceDefinition> {
        let today = &self.ctx.project.sources;
        let Some(last) = ledger.runs().next_back() else {
            return Vec::new();
        };
        let of_then = last.sources.keys().filter_map(|name| {
            let written = ledger.definition(name, None);
            written.or_else(|| today.iter().find(|s| s.name == *name))
        });
        of_then.collect()
    }

    /// Looks at what was built as anybody would.
    fn verify(&self, path: &Path, ledger: &Ledger) -> Result<(), RunError> {
        let facts = WarehouseFacts::of(self.ctx, path, false)?;
        let mut wrong = facts.miscounted(&self.ctx.project);
        wrong.extend(facts.damaged.iter().cloned());
        if facts.ledger.head() != ledger.head() {
            wrong.push("its ledger is not the one that was told".to_owned());
        }
        match wrong.into_iter().next() {
            None => Ok(()),
            Some(what) => Err(RunError::RebuildWrong { what }),
        }
    }

    fn state(
        &self,
        ledger: &Ledger,
        known: &BTreeMap<SourceName, Vec<(String, KnownFile)>>,
    ) -> Result<(), RunError> {
        let path = self.ctx.layout.rebuild().join("state.db");
        if let (Fate::Continued | Fate::Kept, Some(facts)) =
            (self.survey.state, self.subject.state())
        {
            facts.state.copy_to(&path)?;
        }
        let state = State::open(&path)?;
        let filling = Filling {
            survey: self.survey,
            ledger,
            known,
        };
        filling.fill(&state)?;
        drop(state);
        refuse_log(&beside(&path, "-wal"))?;
        sync(&path)
    }

    fn reached(&self, failpoint: Failpoint) -> Result<(), RunError> {
        failpoint::reached(failpoint).map_err(io(&self.ctx.layout.rebuild()))
    }
}

/// Adds what a rebuild has to say to the ledger: which contents are gone, and which
/// give other rows now.
fn tell(ledger: &mut Ledger, built: &Built) -> Result<(), RunError> {
    let gone: BTreeSet<(SourceName, u64)> = built
        .losses
        .iter()
        .filter_map(|l| Some((l.source.clone()?, &l.numbers)))
        .flat_map(|(source, numbers)| numbers.iter().map(move |n| (source.clone(), *n)))
        .collect();
    let gone = gone.into_iter();
    let mut events: Vec<Event> = gone
        .map(|(source, number)| Event::Gone { source, number })
        .collect();
    let bookmarks = Bookmarks::of(ledger);
    for ((source, number), rows) in &built.replayed.corrected {
        let of_source = bookmarks.sources.get(source);
        let live = of_source.is_some_and(|b| {
            let mut files = b.files.iter();
            files.any(|b| b.file.number == *number && b.standing == Standing::Live)
        });
        if live {
            events.push(Event::Replayed {
                source: source.clone(),
                number: *number,
                rows: *rows,
            });
        }
    }
    let run = ledger.last_run();
    for event in events {
        let (seq, head) = ledger.end();
        let entry = Entry::following((seq, &head), run, event)
            .map_err(|e| EngineError::new(ErrorKind::Other, e.to_string()))?;
        ledger.entries.push(entry);
    }
    Ok(())
}

/// Removes the folder of a rebuild that is not to go on; that it is not there is fine.
///
/// # Errors
/// Of the file system.
pub fn remove(folder: &Path) -> Result<(), RunError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(folder)(error)),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), RunError> {
    match fs::copy(from, to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(from)(error)),
        _ => Ok(()),
    }
}

fn sync(file: &Path) -> Result<(), RunError> {
    let synced = File::open(file).and_then(|f| f.sync_all());
    synced.map_err(io(file))
}

/// What is still in a log would stay behind.
fn refuse_log(log: &Path) -> Result<(), RunError> {
    match size(log) {
        0 => Ok(()),
        bytes => Err(RunError::RebuildWrong {
            what: format!("{bytes} bytes are left in `{}`", log.display()),
        }),
    }
}

fn size(path: &Path) -> u64 {
    path.metadata().map_or(0, |m| m.len())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> RunError + use<> {
    let path = path.to_owned();
    move |source| RunError::Io { path, source }
}
