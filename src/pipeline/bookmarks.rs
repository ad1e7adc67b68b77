//! `bookmarks`: what is known of a source's files, and wishes for them.
//!
//! It is told from state alone, which is a copy of the ledger: the warehouse may
//! be held by a run meanwhile. The run that carries a wish out decides anew, from
//! what it finds then.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use super::context::Context;
use super::error::RunError;
use super::given_path;
use super::lock;
use super::plan_sources::{SourceFacts, take_deliveries};
use super::rebuild::swap;
use super::scan::{self, Scanned};
use super::state_file;
use crate::ingest::glob::PathGlob;
use crate::model::bookmarks::{Bookmark, Bookmarks, SourceBookmarks, Standing};
use crate::model::hash::ContentHash;
use crate::model::input_file::ScannedFile;
use crate::model::names::SourceName;
use crate::model::nearest::nearest;
use crate::model::plan::{FileStep, SourcePlan};
use crate::model::run::RunNumber;
use crate::model::source::SourceDefinition;
use crate::model::token::RandomId;
use crate::model::wish::{Granted, Verb, Wish};
use crate::state::State;

/// What is known of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceListing {
    pub name: SourceName,
    /// Input files whose rows count.
    pub live: u64,
    /// Files that the next run would load. None: see `trouble`.
    pub waiting: Option<u64>,
    pub held: Option<u64>,
    /// Input files that count as taken without their rows.
    pub processed: u64,
    /// Input files whose rows count, and which nothing shows any more.
    pub gone: Option<u64>,
    /// Records taken from the files that count.
    pub rows: u64,
    /// The last run that took one of its files.
    pub last_run: Option<RunNumber>,
    /// Globs of held files.
    pub holds: Vec<String>,
    /// Why the next run would refuse it.
    pub trouble: Option<String>,
}

/// What `bookmarks list` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub sources: Vec<SourceListing>,
    pub wishes: Vec<Wish>,
}

/// What is known of one path in one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStory {
    pub source: SourceName,
    /// As the source shows it.
    pub path: String,
    /// What lies there now.
    pub shown: Option<ScannedFile>,
    /// What was taken from it, or has the content that lies there now.
    pub taken: Vec<Bookmark>,
    /// The globs that hold it.
    pub held_by: Vec<String>,
    /// What the next run does about it.
    pub next: Next,
}

/// What the next run does about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is loaded, renamed, retracted …
    Step(Box<FileStep>),
    /// It counts already.
    Unchanged,
    Held,
    /// It is not there, and nothing of it counts.
    Nothing,
    /// The source is refused.
    Refused(String),
}

/// A wish that was written down, and what it would come to now. None: that
/// cannot be told before the source's definition is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub wish: Wish,
    pub granted: Option<Granted>,
}

/// What state knows.
struct Known {
    state: Option<State>,
    bookmarks: Bookmarks,
    wishes: Vec<Wish>,
    next_run: RunNumber,
}

impl Known {
    fn of(state: Option<State>) -> Result<Self, RunError> {
        Ok(match state {
            Some(state) => Self {
                bookmarks: state.bookmarks()?,
                wishes: state.wishes()?,
                next_run: state.last_run_number()? + 1,
                state: Some(state),
            },
            None => Self {
                state: None,
                bookmarks: Bookmarks::default(),
                wishes: Vec::new(),
                next_run: 1,
            },
        })
    }

    fn source(&self, name: &SourceName) -> SourceBookmarks {
        self.bookmarks
            .sources
            .get(name)
            .cloned()
            .unwrap_or_default()
    }

    /// What the next run would do about a source.
    fn plan(
        &self,
        ctx: &Context,
        source: &SourceDefinition,
        scanned: &Scanned,
        wishes: &[Wish],
    ) -> Result<SourcePlan, RunError> {
        let (mut plans, _) = take_deliveries(SourceFacts {
            run: self.next_run,
            today: ctx.today(),
            full_refresh: false,
            accept_drop: false,
            sources: std::slice::from_ref(source),
            bookmarks: &self.bookmarks,
            scanned: &scanned.files,
            wishes,
        })?;
        // One source in, one plan out.
        plans
            .pop()
            .ok_or_else(|| no_such_source(ctx, source.name.as_str()))
    }
}

/// All sources, and the wishes.
///
/// # Errors
/// Only of state: a source that cannot be looked at says so itself.
pub fn list(ctx: &Context) -> Result<Listing, RunError> {
    let known = Known::of(state_file::look(ctx)?)?;
    let sources = ctx.project.sources.iter();
    Ok(Listing {
        sources: sources.map(|source| listing(ctx, &known, source)).collect(),
        wishes: known.wishes,
    })
}

fn listing(ctx: &Context, known: &Known, source: &SourceDefinition) -> SourceListing {
    let bookmarks = known.source(&source.name);
    let live = bookmarks.live();
    let mut listing = SourceListing {
        name: source.name.clone(),
        live: live.len() as u64,
        waiting: None,
        held: None,
        processed: standing(&bookmarks, Standing::Processed),
        gone: None,
        rows: live.iter().map(|f| f.rows.taken()).sum(),
        last_run: bookmarks.files.iter().map(|b| b.file.run).max(),
        holds: bookmarks.held.iter().cloned().collect(),
        trouble: None,
    };
    let scanned = match scan::source(ctx, known.state.as_ref(), source) {
        Ok(scanned) => scanned,
        Err(error) => {
            listing.trouble = Some(error.to_string());
            return listing;
        }
    };
    let there: HashSet<ContentHash> = of(&scanned, source).iter().map(|f| f.blake3).collect();
    listing.gone = Some(live.iter().filter(|f| !there.contains(&f.blake3)).count() as u64);
    match known.plan(ctx, source, &scanned, &known.wishes) {
        Ok(plan) => {
            let loaded = plan.steps.iter().filter(|s| loads(s)).count();
            listing.waiting = Some(loaded as u64);
            listing.held = Some(plan.held.len() as u64);
        }
        Err(error) => listing.trouble = Some(error.to_string()),
    }
    listing
}

fn standing(bookmarks: &SourceBookmarks, standing: Standing) -> u64 {
    let files = bookmarks.files.iter();
    files.filter(|b| b.standing == standing).count() as u64
}

fn loads(step: &FileStep) -> bool {
    matches!(step, FileStep::Take { .. } | FileStep::Rewrite { .. })
}

fn of<'a>(scanned: &'a Scanned, source: &SourceDefinition) -> &'a [ScannedFile] {
    scanned.files.get(&source.name).map_or(&[], Vec::as_slice)
}

/// What is known of one path, or of the only one with that name, in every source that shows it or took it.
///
/// # Errors
/// [`RunError::NoSuchFile`] if none does; whatever keeps the files from being read.
pub fn explain(ctx: &Context, path: &str) -> Result<Vec<FileStory>, RunError> {
    let known = Known::of(state_file::look(ctx)?)?;
    let (mut all, mut paths) = (Vec::new(), BTreeSet::new());
    for source in &ctx.project.sources {
        let scanned = scan::source(ctx, known.state.as_ref(), source)?;
        let bookmarks = known.source(&source.name);
        paths.extend(of(&scanned, source).iter().map(|f| f.path.clone()));
        paths.extend(bookmarks.files.iter().flat_map(|b| b.file.paths.clone()));
        all.push((source, scanned));
    }
    let path = given_path::meant(&ctx.project.root, path, &paths).map_err(|alike| {
        let near = nearest(path, paths.iter().map(String::as_str));
        RunError::NoSuchFile {
            path: path.to_owned(),
            alike: alike.into_iter().map(str::to_owned).collect(),
            nearest: near.map(str::to_owned),
            looked: all.iter().map(|(source, _)| source.path.clone()).collect(),
        }
    })?;
    let mut stories = Vec::new();
    for (source, scanned) in &all {
        stories.extend(story(ctx, &known, source, scanned, path)?);
    }
    Ok(stories)
}

fn story(
    ctx: &Context,
    known: &Known,
    source: &SourceDefinition,
    scanned: &Scanned,
    path: &str,
) -> Result<Option<FileStory>, RunError> {
    let bookmarks = known.source(&source.name);
    let shown = of(scanned, source).iter().find(|f| f.path == path).cloned();
    let concerns = |b: &&Bookmark| {
        let content = shown.as_ref().map(|f| f.blake3);
        b.file.paths.iter().any(|p| p == path) || content == Some(b.file.blake3)
    };
    let taken: Vec<Bookmark> = bookmarks.files.iter().filter(concerns).cloned().collect();
    if shown.is_none() && taken.is_empty() {
        return Ok(None);
    }
    let holds = bookmarks.held.iter();
    let held_by = holds.filter(|glob| PathGlob::stored(glob).matches(path));
    let next = match known.plan(ctx, source, scanned, &known.wishes) {
        Ok(plan) => next(plan, shown.is_some(), path),
        Err(error @ (RunError::DefinitionChanged { .. } | RunError::RefreshLoses { .. })) => {
            Next::Refused(error.to_string())
        }
        Err(error) => return Err(error),
    };
    Ok(Some(FileStory {
        source: source.name.clone(),
        path: path.to_owned(),
        held_by: held_by.cloned().collect(),
        shown,
        taken,
        next,
    }))
}

fn next(plan: SourcePlan, is_there: bool, path: &str) -> Next {
    let at = |step: &FileStep| match step {
        FileStep::Take { file, .. }
        | FileStep::Process { file, .. }
        | FileStep::Rewrite { file, .. } => file.path == path,
        FileStep::Duplicate { path: at, .. } => at == path,
        FileStep::Rename { file, paths } | FileStep::FewerPaths { file, paths } => {
            paths.iter().chain(&file.paths).any(|p| p == path)
        }
        FileStep::Vanished { file } | FileStep::Retract { file } => {
            file.paths.iter().any(|p| p == path)
        }
    };
    if plan.held.iter().any(|p| p == path) {
        return Next::Held;
    }
    match plan.steps.into_iter().find(at) {
        Some(step) => Next::Step(Box::new(step)),
        None if is_there => Next::Unchanged,
        None => Next::Nothing,
    }
}

/// Writes a wish down, after a look at what it would come to.
///
/// # Errors
/// A source, run or glob that is not there, and a wish that could do nothing.
pub fn ask(ctx: &Context, source: &str, verb: Verb) -> Result<Asked, RunError> {
    let Some(definition) = ctx.project.source(source) else {
        return Err(no_such_source(ctx, source));
    };
    if swap::is_half_way(&ctx.layout) {
        // A wish must not be written into what is about to be replaced.
        drop(lock::take(ctx, "workbench bookmarks", Duration::ZERO)?);
    }
    let known = Known::of(Some(state_file::open(ctx)?))?;
    // Asked again in a row, it is the same wish.
    let mut of_source = known.wishes.iter().filter(|w| w.source == definition.name);
    let last = of_source.next_back().filter(|w| w.verb == verb);
    let is_new = last.is_none();
    let wish = last.cloned().unwrap_or_else(|| Wish {
        id: RandomId::new(),
        source: definition.name.clone(),
        asked: ctx.now(),
        verb,
    });
    validate(&known, &wish)?;
    let scanned = scan::source(ctx, known.state.as_ref(), definition)?;
    let mut wishes = known.wishes.clone();
    wishes.extend(is_new.then(|| wish.clone()));
    let granted = match known.plan(ctx, definition, &scanned, &wishes) {
        Ok(plan) => plan.wishes.into_iter().find(|g| g.wish.id == wish.id),
        // That has to be settled first, and this waits for it.
        Err(RunError::DefinitionChanged { .. }) if !takes_again(&wish.verb) => None,
        Err(error) => return Err(error),
    };
    if let Some(granted) = granted.as_ref().filter(|g| g.files.is_empty()) {
        refuse_nothing(granted, of(&scanned, definition))?;
    }
    if let Some(state) = known.state.as_ref().filter(|_| is_new) {
        state.add_wish(&wish)?;
    }
    Ok(Asked { wish, granted })
}

fn no_such_source(ctx: &Context, name: &str) -> RunError {
    let sources = ctx.project.sources.iter().map(|s| s.name.as_str());
    RunError::NoSuchSource {
        name: name.to_owned(),
        nearest: nearest(name, sources).map(str::to_owned),
    }
}

fn takes_again(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Reset { .. } | Verb::Rewind { .. } | Verb::Replay
    )
}

fn validate(known: &Known, wish: &Wish) -> Result<(), RunError> {
    match &wish.verb {
        Verb::Reset { .. } | Verb::Replay => {}
        Verb::Rewind { to } => {
            let run = match &known.state {
                Some(state) => state.run(*to)?,
                None => None,
            };
            let run = run.ok_or(RunError::NoSuchRun { run: *to })?;
            if !run.committed() {
                return Err(RunError::TookNothing {
                    run: *to,
                    status: run.status,
                });
            }
        }
        Verb::SetAsProcessed { glob } | Verb::Hold { glob } | Verb::Release { glob } => {
            PathGlob::parse(glob)?;
        }
    }
    if let Verb::Release { glob } = &wish.verb {
        let mut held = known.source(&wish.source).held;
        held.extend(known.wishes.iter().filter_map(|w| match &w.verb {
            Verb::Hold { glob } if w.source == wish.source => Some(glob.clone()),
            _ => None,
        }));
        if !held.contains(glob) {
            return Err(RunError::NotHeld {
                source_name: wish.source.clone(),
                glob: glob.clone(),
                held: held.into_iter().collect(),
            });
        }
    }
    Ok(())
}

/// A wish that would come to nothing now is a slip, unless it is about what is to
/// come.
fn refuse_nothing(granted: &Granted, scanned: &[ScannedFile]) -> Result<(), RunError> {
    let source_name = granted.wish.source.clone();
    match &granted.wish.verb {
        Verb::Hold { .. } | Verb::Release { .. } => Ok(()),
        Verb::SetAsProcessed { glob } => {
            let parsed = PathGlob::stored(glob);
            Err(RunError::NothingToPass {
                source_name,
                glob: glob.clone(),
                matching: scanned.iter().filter(|f| parsed.matches(&f.path)).count() as u64,
            })
        }
        Verb::Reset { .. } | Verb::Rewind { .. } | Verb::Replay => {
            Err(RunError::NothingToTakeAgain {
                source_name,
                what: super::wishes::told(granted),
            })
        }
    }
}

/// Withdraws the wish whose id begins so.
///
/// # Errors
/// [`RunError::NoSuchWish`] if none does, or several. [`RunError::ProjectHeld`] if
/// a run is at work, which may be carrying it out.
pub fn cancel(ctx: &Context, id: &str) -> Result<Wish, RunError> {
    let command = "workbench bookmarks cancel";
    let _lock = lock::take(ctx, command, Duration::ZERO)?;
    let state = state_file::open(ctx)?;
    let wishes = state.wishes()?;
    let mut meant = wishes.into_iter().filter(|w| w.id.as_str().starts_with(id));
    match (meant.next(), meant.next()) {
        (Some(wish), None) if !id.is_empty() => {
            state.remove_wish(&wish.id)?;
            Ok(wish)
        }
        _ => Err(RunError::NoSuchWish { id: id.to_owned() }),
    }
}
