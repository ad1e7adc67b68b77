//! The ground a run stands on: state, ledger, owner and commits, held against
//! each other before anything is written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::context::{Context, ExportRequest};
use super::error::RunError;
use super::{state_file, told, vanished, wishes};
use crate::engine::warehouse::{self, Warehouse};
use crate::engine::{EngineError, Session};
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::{FORMAT, Intent, Owner};
use crate::model::ended::EndedRun;
use crate::model::ledger::Ledger;
use crate::model::partition::dataset_prefix;
use crate::model::plan::Recovery;
use crate::model::progress::Progress;
use crate::model::run::{RunNumber, RunStatus};
use crate::model::token::RandomId;
use crate::model::transform::Transforms;
use crate::model::wish::Wish;
use crate::project::TargetUrl;
use crate::snapshots::{PublishError, Published, abandon, published};
use crate::state::{RunRow, State};
use crate::store::Store;

/// How long a run waits for a reader of the warehouse, unless told.
pub const READER_TIMEOUT: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(100);

/// What was found, agreeing.
pub struct Ground {
    pub store: Arc<dyn Store>,
    pub owner: Option<Owner>,
    pub published: Published,
    pub ledger: Ledger,
    pub bookmarks: Bookmarks,
    /// None while the project has never run.
    pub project: Option<RandomId>,
    pub recoveries: Vec<Recovery>,
    /// An intent of this project that no commit closed.
    pub open_intent: Option<Intent>,
    /// The number the next run gets.
    pub next_run: RunNumber,
    /// Another target was used before, and this one has nothing yet.
    pub target_is_new: bool,
    /// What is asked for and not carried out yet.
    pub wishes: Vec<Wish>,
    /// Runs that are over, and of which the ledger was not told so.
    pub ended: Vec<EndedRun>,
}

/// What the project itself remembers, without its target.
struct Memory {
    state_project: Option<RandomId>,
    warehouse_project: Option<RandomId>,
    runs: Vec<RunRow>,
    ledger: Ledger,
    targets: usize,
    wishes: Vec<Wish>,
}

/// Looks at everything without writing anything: for `plan`.
///
/// # Errors
/// Disagreement, a foreign target, a warehouse that a run holds.
pub fn look(
    ctx: &Context,
    target: &TargetUrl,
    transforms: &Transforms,
    request: &ExportRequest,
) -> Result<Ground, RunError> {
    let state = State::open_for_reading(&ctx.layout.state())?;
    let store = ctx.store(target)?;
    let path = ctx.layout.warehouse();
    let (warehouse_project, ledger) = if path.exists() {
        let session = Session::in_memory(&ctx.settings(), &ctx.interrupt)?;
        session
            .attach(&path, "warehouse")
            .map_err(|e| held(ctx, e))?;
        (
            warehouse::project(&session, Some("warehouse"))?,
            warehouse::ledger(&session, Some("warehouse"))?,
        )
    } else {
        (None, Ledger::default())
    };
    let memory = Memory {
        state_project: match &state {
            Some(state) => state.project_id()?,
            None => None,
        },
        warehouse_project,
        runs: match &state {
            Some(state) => state.listed_runs(None)?,
            None => Vec::new(),
        },
        targets: match &state {
            Some(state) => state.targets()?.len(),
            None => 0,
        },
        wishes: match &state {
            Some(state) => state.wishes()?,
            None => Vec::new(),
        },
        ledger,
    };
    let nothing = Published::default();
    let ground = agree(ctx, store, memory, nothing, transforms)?;
    if ground.owner.is_none() && !request.new_target {
        vanished::refuse(state.as_ref(), &*ground.store)?;
    }
    Ok(ground)
}

/// What the run before knew at its end, so that it need not be read again. The
/// locks were held since.
#[derive(Debug, Default)]
pub struct Known {
    pub ledger: Ledger,
    pub published: Published,
}

/// Looks at everything with the locks held and the warehouse open for writing.
///
/// # Errors
/// As for [`look`].
pub fn take(
    ctx: &Context,
    state: &State,
    warehouse: Option<&Warehouse>,
    store: Arc<dyn Store>,
    transforms: &Transforms,
    known: Known,
) -> Result<Ground, RunError> {
    let memory = Memory {
        state_project: state.project_id()?,
        warehouse_project: match warehouse {
            Some(warehouse) => warehouse.project()?,
            None => None,
        },
        runs: state.listed_runs(None)?,
        ledger: match warehouse {
            // Whoever knows none looks first whether there is one.
            Some(warehouse) if known.ledger.entries.is_empty() => warehouse.ledger()?,
            Some(warehouse) => warehouse.ledger_after(known.ledger)?,
            None => Ledger::default(),
        },
        targets: state.targets()?.len(),
        wishes: state.wishes()?,
    };
    agree(ctx, store, memory, known.published, transforms)
}

/// Opens the warehouse for writing, waiting for readers to let go.
///
/// # Errors
/// [`RunError::WarehouseHeld`] if it is held still after `timeout`.
pub fn open_warehouse(ctx: &Context, timeout: Duration) -> Result<Warehouse, RunError> {
    let path = ctx.layout.warehouse();
    let deadline = Instant::now() + timeout;
    let mut said = false;
    loop {
        let error = match Warehouse::open(&path, &ctx.settings(), &ctx.interrupt) {
            Ok(warehouse) => return Ok(warehouse),
            Err(error) if warehouse::is_locked(&error) => error,
            Err(error) => return Err(error.into()),
        };
        if Instant::now() >= deadline {
            return Err(held(ctx, error));
        }
        if ctx.interrupt.is_requested() {
            return Err(RunError::Interrupted { run: None });
        }
        if !said {
            said = true;
            ctx.progress.report(Progress::Waiting {
                reason: format!("the warehouse is open in {}", who(&error)),
            });
        }
        std::thread::sleep(PAUSE);
    }
}

fn who(error: &EngineError) -> String {
    match error.holder() {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

fn held(ctx: &Context, error: EngineError) -> RunError {
    if warehouse::is_locked(&error) {
        return RunError::WarehouseHeld {
            path: ctx.layout.warehouse(),
            who: who(&error),
        };
    }
    error.into()
}

fn agree(
    ctx: &Context,
    store: Arc<dyn Store>,
    memory: Memory,
    known: Published,
    transforms: &Transforms,
) -> Result<Ground, RunError> {
    let project = same_project(&memory)?;
    // With no memory at all a target can only be somebody else's, or lost to us.
    let owner = owner(&*store, project.as_ref(), transforms)?;
    let published = known.read_on(&*store)?;
    if published.format > FORMAT {
        return Err(PublishError::Newer {
            key: format!("commit {}", published.seq),
            format: published.format,
            known: FORMAT,
        }
        .into());
    }
    committed_runs_are_there(ctx, &memory)?;
    // A run is in state before it is in the ledger.
    if memory.runs.is_empty() && memory.ledger.last_run() > 0 {
        return Err(state_file::lost_beside_warehouse(ctx));
    }
    if !memory.ledger.ever_had(&published.head) {
        return Err(RunError::Disagreement(format!(
            "commit {} at `{}` was made from a ledger that this project does not have \
             (it was restored from a backup, or another copy of it publishes there)",
            published.seq,
            store.url()
        )));
    }
    let own_tokens: Vec<_> = memory.ledger.runs().map(|r| r.token.clone()).collect();
    let open_intent = abandon::open_intent(&*store, &published)?;
    if let Some(intent) = &open_intent
        && !own_tokens.contains(&intent.token)
    {
        return Err(PublishError::Overtaken {
            run: intent.run,
            token: intent.token.to_string(),
            seq: intent.seq,
        }
        .into());
    }
    let recoveries = recoveries(&memory.runs, &memory.ledger, open_intent.as_ref());
    let last_state = memory.runs.iter().map(|r| r.number).max().unwrap_or(0);
    Ok(Ground {
        target_is_new: owner.is_none() && memory.targets > 0,
        wishes: wishes::pending(memory.wishes, &memory.ledger),
        ended: told::ended(&memory.runs, &memory.ledger),
        next_run: last_state.max(memory.ledger.last_run()) + 1,
        bookmarks: Bookmarks::of(&memory.ledger),
        ledger: memory.ledger,
        store,
        owner,
        published,
        project,
        recoveries,
        open_intent,
    })
}

/// The owner of the target, held against the project.
///
/// # Errors
/// [`PublishError::ForeignOwner`] also where the project has no identity yet:
/// then the target cannot be its own.
pub fn owner(
    store: &dyn Store,
    project: Option<&RandomId>,
    transforms: &Transforms,
) -> Result<Option<Owner>, RunError> {
    let prefixes: Vec<String> = transforms
        .features
        .iter()
        .map(|d| dataset_prefix(&d.name, d.header.version))
        .collect();
    let nobody = RandomId::from_stored("");
    Ok(published::owner_of(
        store,
        Some(project.unwrap_or(&nobody)),
        &prefixes,
    )?)
}

fn same_project(memory: &Memory) -> Result<Option<RandomId>, RunError> {
    match (&memory.state_project, &memory.warehouse_project) {
        (Some(state), Some(warehouse)) if state != warehouse => Err(RunError::Disagreement(
            "`state.db` and `warehouse.duckdb` belong to different projects".to_owned(),
        )),
        (state, warehouse) => Ok(state.clone().or_else(|| warehouse.clone())),
    }
}

/// The engine opens an empty database without a word where a file was deleted,
/// and an old one where a log was; the ledger would then lack what state knows.
fn committed_runs_are_there(ctx: &Context, memory: &Memory) -> Result<(), RunError> {
    let missing: Vec<String> = memory
        .runs
        .iter()
        .filter(|r| r.committed() && memory.ledger.run(r.number).is_none())
        .map(|r| r.number.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = if ctx.layout.warehouse().exists() {
        "the warehouse does not have"
    } else {
        "there is no warehouse that has"
    };
    Err(RunError::Disagreement(format!(
        "{what} what run {} committed",
        missing.join(", ")
    )))
}

/// The runs that died, oldest first: completed if the ledger has them.
pub(super) fn recoveries(
    runs: &[RunRow],
    ledger: &Ledger,
    open_intent: Option<&Intent>,
) -> Vec<Recovery> {
    let mut open = BTreeMap::new();
    let known: BTreeMap<RunNumber, &RunRow> = runs.iter().map(|r| (r.number, r)).collect();
    for row in known.values().filter(|r| !r.status.is_over()) {
        open.insert(
            row.number,
            Recovery {
                run: row.number,
                ingest_date: row.ingest_date,
                was: row.status,
                complete: false,
            },
        );
    }
    for record in ledger.runs() {
        let row = known.get(&record.run);
        // What the ledger has was committed, whatever state was told of it.
        let settled =
            row.is_some_and(|r| matches!(r.status, RunStatus::Succeeded | RunStatus::Abandoned));
        // And a commit that is gone again has to be put again.
        let reopened = open_intent.is_some_and(|i| i.token == record.token)
            && !ledger.is_abandoned(record.run)
            && row.is_none_or(|r| r.status != RunStatus::Abandoned);
        if !settled || reopened {
            open.insert(
                record.run,
                Recovery {
                    run: record.run,
                    ingest_date: record.ingest_date,
                    was: row.map_or(RunStatus::Publishing, |r| r.status),
                    complete: true,
                },
            );
        }
    }
    open.into_values().collect()
}
