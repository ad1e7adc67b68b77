//! A project and its target, held to the end: what runs that follow each other
//! share.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::context::{Context, ExportRequest};
use super::error::RunError;
use super::ground::{self, Ground, Known, READER_TIMEOUT};
use super::lock::{self, ProjectLock};
use super::recover;
use super::run::reached;
use super::scan::{self, Scanned};
use super::staging;
use super::summary::SharedJournal;
use super::{state_file, vanished};
use crate::engine::warehouse::Warehouse;
use crate::failpoint::Failpoint;
use crate::model::transform::Transforms;
use crate::project::TargetUrl;
use crate::state::State;
use crate::store::{Store, StoreLock};

/// Both locks, and what is read or opened once.
pub(super) struct Held {
    pub transforms: Transforms,
    pub state: State,
    pub store: Arc<dyn Store>,
    /// As the user wrote it.
    pub target: TargetUrl,
    /// How long a reader of the warehouse is waited for.
    pub reader_timeout: Duration,
    /// What the last run knew at its end.
    pub known: RefCell<Known>,
    // Dropped last, and in this order.
    _target: Box<dyn StoreLock>,
    _project: ProjectLock,
}

/// What a day is planned from. It holds until a run changes it.
pub(super) struct Found {
    /// None while there is no file yet. Open, and not locked down.
    pub warehouse: Option<Warehouse>,
    pub ground: Ground,
    pub scanned: Scanned,
}

impl Held {
    /// Takes both locks, for who types `command`.
    ///
    /// # Errors
    /// Whoever holds one of them still after the lock timeout; a target that belongs
    /// to another project, or is gone.
    pub fn take(
        ctx: &Context,
        command: &str,
        target: &TargetUrl,
        transforms: Transforms,
        request: &ExportRequest,
    ) -> Result<Self, RunError> {
        let lock_timeout = request.lock_timeout;
        let wait = lock_timeout.unwrap_or(Duration::ZERO);
        let project_lock = lock::take(ctx, command, wait)?;
        reached(ctx, Failpoint::ProjectLocked)?;
        let state = state_file::open(ctx)?;
        let store = ctx.store(target)?;
        // Whose it is comes first: a foreign target is not even locked. Where state
        // was lost the warehouse tells who we are, and that is read later.
        let project = state.project_id()?;
        let mut owner = None;
        if project.is_some() || !ctx.layout.warehouse().exists() {
            owner = ground::owner(&*store, project.as_ref(), &transforms)?;
        }
        if owner.is_none() && !request.new_target {
            vanished::refuse(Some(&state), &*store)?;
        }
        let target_lock = lock::take_target(ctx, &*store, wait)?;
        reached(ctx, Failpoint::TargetLocked)?;
        Ok(Self {
            transforms,
            state,
            store,
            target: target.clone(),
            reader_timeout: lock_timeout.unwrap_or(READER_TIMEOUT),
            known: RefCell::default(),
            _target: target_lock,
            _project: project_lock,
        })
    }

    /// Looks at everything, once no dead run is left.
    ///
    /// # Errors
    /// Disagreement, a dead run that cannot be completed, files that cannot be
    /// read.
    pub fn find(&self, ctx: &Context, journal: &SharedJournal) -> Result<Found, RunError> {
        let (warehouse, ground) = settled_ground(
            ctx,
            &self.state,
            &self.store,
            &self.transforms,
            self.reader_timeout,
            journal,
            self.known.take(),
        )?;
        ctx.step("scan");
        let scanned = scan::sources(ctx, Some(&self.state), scan::Wait::ToSettle)?;
        Ok(Found {
            warehouse,
            ground,
            scanned,
        })
    }
}

/// Everything looked at and in agreement, with no dead run left. The warehouse
/// is None while there is no file yet. What is `known` already is not read again.
///
/// # Errors
/// Disagreement, and whatever keeps a run that died from being settled.
pub(super) fn settled_ground(
    ctx: &Context,
    state: &State,
    store: &Arc<dyn Store>,
    transforms: &Transforms,
    reader_timeout: Duration,
    journal: &SharedJournal,
    mut known: Known,
) -> Result<(Option<Warehouse>, Ground), RunError> {
    ctx.step("agree");
    loop {
        let warehouse = if ctx.layout.warehouse().exists() {
            Some(ground::open_warehouse(ctx, reader_timeout)?)
        } else {
            None
        };
        let ground = ground::take(
            ctx,
            state,
            warehouse.as_ref(),
            store.clone(),
            transforms,
            std::mem::take(&mut known),
        )?;
        if !ground.recoveries.is_empty() {
            drop(warehouse);
            ctx.step("recover");
            let recovered = recover::recover(ctx, state, &ground)?;
            journal.borrow_mut().recovered(recovered);
        } else if let Some(intent) = &ground.open_intent {
            // Its run was given up while the target could not be reached.
            recover::close_given_up(ctx, &ground, intent)?;
        } else {
            staging::sweep(ctx, &**store)?;
            return Ok((warehouse, ground));
        }
    }
}
