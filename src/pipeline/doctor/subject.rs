//! What is looked at: opened once, for all checks, and only for reading.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;

use crate::engine::inspect;
use crate::engine::{ErrorKind, Session, warehouse};
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::Owner;
use crate::model::hash::ContentHash;
use crate::model::ledger::Ledger;
use crate::model::token::RandomId;
use crate::model::transform::Transforms;
use crate::model::wish::Wish;
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::pipeline::lock;
use crate::pipeline::run::read_transforms;
use crate::project::{Layout, Project, ProjectError, S3Settings, TargetUrl};
use crate::snapshots::{Chronicle, PublishError, documents};
use crate::state::{RunRow, State, StateError, TargetRow};
use crate::store::Store;

/// The warehouse, while it is attached.
pub(super) const ATTACHED: &str = "warehouse";

/// A project that is looked over.
pub struct Subject<'a> {
    pub ctx: &'a Context,
    /// Why its file cannot be read; the context's project is a stand-in then.
    pub broken: Option<&'a ProjectError>,
    /// Contents are hashed too.
    pub deep: bool,
    /// The run that is at work.
    pub at_work: Option<String>,
    /// What is under `sql/`, if `workbench.toml` can be read.
    pub sql: Option<Result<Transforms, RunError>>,
    pub state: StateSeen,
    pub warehouse: WarehouseSeen,
    pub target: TargetSeen,
}

/// `state.db`, if it can be read.
pub enum StateSeen {
    Missing,
    Unreadable(StateError),
    There(Box<StateFacts>),
}

/// What state says.
pub struct StateFacts {
    pub state: State,
    pub project: Option<RandomId>,
    /// Newest first.
    pub runs: Vec<RunRow>,
    pub bookmarks: Bookmarks,
    /// Position and head of the ledger that the bookmarks are a copy of.
    pub bookmarks_end: Option<(u64, ContentHash)>,
    pub targets: Vec<TargetRow>,
    pub wishes: Vec<Wish>,
}

/// The warehouse, if it can be read.
pub enum WarehouseSeen {
    Missing,
    /// Somebody writes to it: who.
    Held(String),
    /// Why it cannot be read.
    Unreadable(RunError),
    There(Box<WarehouseFacts>),
}

/// What the warehouse says.
#[derive(Debug, Default)]
pub struct WarehouseFacts {
    pub project: Option<RandomId>,
    pub ledger: Ledger,
    pub bookmarks: Bookmarks,
    /// The rows that count, by source and input file.
    pub rows: BTreeMap<String, BTreeMap<u64, u64>>,
    /// Keys that come more than once, by source; only if contents are looked at.
    pub repeated_keys: BTreeMap<String, u64>,
    /// What the engine says of tables that it cannot read.
    pub damaged: Vec<String>,
}

/// What lies at the target.
pub struct TargetSeen {
    pub url: String,
    /// Where it is, if it is a folder.
    pub folder: Option<PathBuf>,
    /// Why it cannot be looked at.
    pub why_not: Option<String>,
    pub there: Option<TargetFacts>,
}

/// A target that can be looked at.
pub struct TargetFacts {
    pub store: Arc<dyn Store>,
    pub owner: Result<Option<Owner>, PublishError>,
    pub chronicle: Chronicle,
}

/// The project in `root`, or a stand-in with what is left of it, and why its file
/// cannot be read.
///
/// # Errors
/// If there is no such folder.
pub fn project_of(root: &Path) -> Result<(Project, Option<ProjectError>), RunError> {
    let error = match Project::load(root) {
        Ok(project) => return Ok((project, None)),
        Err(error) => error,
    };
    let root = fs::canonicalize(root).map_err(|source| RunError::Io {
        path: root.to_owned(),
        source,
    })?;
    let layout = Layout::new(&root);
    let remembered = State::look_into(&layout.state())
        .ok()
        .flatten()
        .and_then(|state| state.targets().ok())
        .and_then(|targets| TargetUrl::parse(&targets.last()?.url, &root).ok());
    let usual = TargetUrl::Folder {
        written: "output".to_owned(),
        path: root.join("output"),
    };
    let name = root.file_name().unwrap_or_default();
    let project = Project {
        config_path: layout.config(),
        name: name.to_string_lossy().into_owned(),
        timezone: Tz::UTC,
        memory: None,
        threads: None,
        target: remembered.unwrap_or(usual),
        s3: S3Settings::default(),
        sources: Vec::new(),
        root,
    };
    Ok((project, Some(error)))
}

impl<'a> Subject<'a> {
    /// Opens all that can be opened.
    ///
    /// # Errors
    /// Only a wish to stop: what cannot be read is said by the checks.
    pub fn open(
        ctx: &'a Context,
        broken: Option<&'a ProjectError>,
        deep: bool,
    ) -> Result<Self, RunError> {
        let at_work = at_work(ctx);
        let sql = broken.is_none().then(|| read_transforms(ctx));
        ctx.step("state");
        let state = StateSeen::of(&ctx.layout.state());
        ctx.step("warehouse");
        let warehouse = WarehouseSeen::of(ctx, deep)?;
        ctx.step("target");
        let target = TargetSeen::of(ctx);
        Ok(Self {
            ctx,
            broken,
            deep,
            at_work,
            sql,
            state,
            warehouse,
            target,
        })
    }

    /// What the ledger says, if it can be read.
    pub fn warehouse(&self) -> Option<&WarehouseFacts> {
        match &self.warehouse {
            WarehouseSeen::There(facts) => Some(facts),
            _ => None,
        }
    }

    /// What state says, if it can be read.
    pub fn state(&self) -> Option<&StateFacts> {
        match &self.state {
            StateSeen::There(facts) => Some(facts),
            _ => None,
        }
    }

    /// The project's SQL, if it can be understood.
    pub fn transforms(&self) -> Option<&Transforms> {
        self.sql.as_ref()?.as_ref().ok()
    }

    /// What was taken: as the warehouse says, or else state's copy of that.
    pub fn bookmarks(&self) -> Option<&Bookmarks> {
        let ledger = self.warehouse().map(|w| &w.bookmarks);
        ledger.or_else(|| self.state().map(|s| &s.bookmarks))
    }

    /// Whether the target is known to be this project's.
    pub fn is_ours(&self, target: &TargetFacts) -> bool {
        let state = self.state().and_then(|s| s.project.as_ref());
        let warehouse = self.warehouse().and_then(|w| w.project.as_ref());
        let mut known = [state, warehouse].into_iter().flatten().peekable();
        match &target.owner {
            Ok(Some(owner)) => known.peek().is_some() && known.all(|id| *id == owner.project),
            // What was never published to is nobody's.
            Ok(None) => target.chronicle.commits.is_empty(),
            Err(_) => false,
        }
    }

    /// Whether a run ever left anything: a project that never ran has nothing that
    /// could be missing.
    pub fn has_run(&self) -> bool {
        let state = self
            .state()
            .is_some_and(|s| s.runs.iter().any(RunRow::committed));
        let warehouse = match &self.warehouse {
            WarehouseSeen::There(facts) => !facts.ledger.entries.is_empty(),
            WarehouseSeen::Held(_) | WarehouseSeen::Unreadable(_) => true,
            WarehouseSeen::Missing => false,
        };
        let target = self.target.there.as_ref();
        state || warehouse || target.is_some_and(|t| !t.chronicle.commits.is_empty())
    }
}

/// The run that is at work in the project.
pub fn at_work(ctx: &Context) -> Option<String> {
    lock::is_held(ctx).then(|| match lock::read_holder(&ctx.layout.lock()) {
        Some(holder) => format!(
            "`{}` (process {}) since {}",
            holder.command, holder.pid, holder.since
        ),
        None => "another process".to_owned(),
    })
}

impl StateSeen {
    fn of(path: &Path) -> Self {
        match State::look_into(path) {
            Ok(None) => Self::Missing,
            Err(error) => Self::Unreadable(error),
            Ok(Some(state)) => match StateFacts::of(state) {
                Ok(facts) => Self::There(Box::new(facts)),
                Err(error) => Self::Unreadable(error),
            },
        }
    }
}

impl StateFacts {
    fn of(state: State) -> Result<Self, StateError> {
        Ok(Self {
            project: state.project_id()?,
            runs: state.runs(None)?,
            bookmarks: state.bookmarks()?,
            bookmarks_end: state.bookmarks_head()?,
            targets: state.targets()?,
            wishes: state.wishes()?,
            state,
        })
    }
}

impl WarehouseSeen {
    fn of(ctx: &Context, deep: bool) -> Result<Self, RunError> {
        let path = ctx.layout.warehouse();
        if !path.exists() {
            return Ok(Self::Missing);
        }
        let facts = WarehouseFacts::of(ctx, &path, deep);
        Ok(match facts {
            Ok(facts) => Self::There(Box::new(facts)),
            Err(error) if error.is_interrupt() => return Err(error),
            Err(RunError::WarehouseHeld { who, .. }) => Self::Held(who),
            Err(error) => Self::Unreadable(error),
        })
    }
}

impl WarehouseFacts {
    /// Reads the warehouse at `path`, and lets go of it.
    ///
    /// # Errors
    /// [`RunError::WarehouseHeld`] if somebody writes to it; a ledger that cannot be
    /// believed.
    pub fn of(ctx: &Context, path: &Path, deep: bool) -> Result<Self, RunError> {
        let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
        session.attach(path, ATTACHED).map_err(|error| {
            if !warehouse::is_locked(&error) {
                return RunError::from(error);
            }
            let who = error.holder();
            RunError::WarehouseHeld {
                path: path.to_owned(),
                who: who.map_or("another process".to_owned(), |pid| format!("process {pid}")),
            }
        })?;
        let ledger = warehouse::ledger(&session, Some(ATTACHED))?;
        let mut facts = Self {
            project: warehouse::project(&session, Some(ATTACHED))?,
            bookmarks: Bookmarks::of(&ledger),
            ledger,
            ..Self::default()
        };
        for table in inspect::row_tables(&session, ATTACHED)? {
            ctx.step("warehouse");
            match facts.count(&ctx.project, &session, &table, deep) {
                Err(error) if error.kind == ErrorKind::Interrupted => return Err(error.into()),
                Err(error) => facts.damaged.push(format!(
                    "the rows of `{}.{}` cannot be read: {error}",
                    table.schema, table.name
                )),
                Ok(()) => {}
            }
        }
        Ok(facts)
    }
}

impl TargetSeen {
    fn of(ctx: &Context) -> Self {
        let target = &ctx.project.target;
        let folder = match target {
            TargetUrl::Folder { path, .. } => Some(path.clone()),
            TargetUrl::S3 { .. } => None,
        };
        let mut seen = Self {
            url: target.to_string(),
            folder,
            why_not: None,
            there: None,
        };
        if seen.folder.as_ref().is_some_and(|f| !f.exists()) {
            seen.why_not = Some(format!("the target `{}` is not there", seen.url));
            return seen;
        }
        match facts_of(ctx, target) {
            Ok(facts) => seen.there = Some(facts),
            Err(error) => seen.why_not = Some(error.to_string()),
        }
        seen
    }
}

fn facts_of(ctx: &Context, target: &TargetUrl) -> Result<TargetFacts, RunError> {
    let store = ctx.store_afresh(target)?;
    Ok(TargetFacts {
        owner: documents::read::<Owner>(&*store, documents::OWNER).map(|o| o.map(|(o, _)| o)),
        chronicle: Chronicle::read(&*store)?,
        store,
    })
}
