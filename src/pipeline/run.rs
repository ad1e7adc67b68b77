//! One `export` from its locks to its commit.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::context::{Context, ExportRequest};
use super::error::RunError;
use super::facts::Facts;
use super::ground::{self, Ground, Known};
use super::held::{Found, Held};
use super::plan::plan;
use super::recover::{self, Finisher};
use super::scan::{self, Scanned};
use super::staging::{self, remove_staging, staging_folder};
use super::summary::SharedJournal;
use super::transaction::Work;
use super::{lock, preview, space};
use crate::engine::Dialect;
use crate::engine::warehouse::Warehouse;
use crate::failpoint::{self, Failpoint};
use crate::model::bookmarks::Bookmarks;
use crate::model::commit::{FORMAT, Owner};
use crate::model::hash::ContentHash;
use crate::model::ledger::{Ledger, SchemaDrift};
use crate::model::names::SourceName;
use crate::model::plan::Plan;
use crate::model::run::{RunKind, RunStatus};
use crate::model::token::{RandomId, WriterToken};
use crate::model::transform::Transforms;
use crate::project::TargetUrl;
use crate::snapshots::documents;
use crate::state::{NewRun, State};
use crate::store::{Mark, Store, StoreError};
use crate::transforms::{self, Readable};

/// How often the owner of a new target is put, where the answer gets lost.
const OWNER_TRIES: u32 = 4;

/// Runs an export. The journal holds whatever can be told, also of a failure.
///
/// # Errors
/// Why it ended without doing what it was asked for.
pub fn export(
    ctx: &Context,
    request: &ExportRequest,
    journal: &SharedJournal,
) -> Result<(), RunError> {
    let target = request.target.as_ref().unwrap_or(&ctx.project.target);
    let transforms = read_transforms(ctx)?;
    journal.borrow_mut().begin(ctx, target);
    let command = if request.load_only {
        "workbench load"
    } else {
        "workbench export"
    };
    if let Some(folder) = &request.preview {
        let wait = request.lock_timeout.unwrap_or_default();
        let _project = lock::take(ctx, command, wait)?;
        reached(ctx, Failpoint::ProjectLocked)?;
        return preview::preview(ctx, request, target, &transforms, folder, journal);
    }
    let held = Held::take(ctx, command, target, transforms, request)?;
    let found = held.find(ctx, journal)?;
    let plan = held.plan(ctx, request, &found)?;
    held.carry_out(ctx, request, journal, found, &plan)
        .map(|_| ())
}

impl Held {
    /// Decides what a run would do.
    ///
    /// # Errors
    /// As for [`plan`].
    pub(super) fn plan(
        &self,
        ctx: &Context,
        request: &ExportRequest,
        found: &Found,
    ) -> Result<Plan, RunError> {
        let Found {
            ground, scanned, ..
        } = found;
        make_plan(
            ctx,
            request,
            &self.target,
            &self.transforms,
            ground,
            scanned,
        )
    }

    /// Does what is planned. Returns what was found where it still holds, as there
    /// was nothing to do.
    ///
    /// # Errors
    /// Why the run ended without doing what it was asked for.
    pub(super) fn carry_out(
        &self,
        ctx: &Context,
        request: &ExportRequest,
        journal: &SharedJournal,
        found: Found,
        plan: &Plan,
    ) -> Result<Option<Found>, RunError> {
        let (state, ground) = (&self.state, &found.ground);
        journal.borrow_mut().planned(plan, &ground.published);
        if let Some(owner) = &ground.owner {
            state.record_target(&owner.target, &self.store.url(), ctx.now())?;
            recover::catch_up(state, &*self.store, &owner.target, &ground.published)?;
        }
        if plan.is_empty() {
            scan::remember(state, &found.scanned)?;
            recover::in_step(state, &ground.ledger, &ground.bookmarks)?;
            recover::write_due_checkpoint(&*self.store, &ground.published)?;
            journal.borrow_mut().status(RunStatus::Succeeded);
            return Ok(Some(found));
        }
        let run = Run {
            ctx,
            request,
            transforms: &self.transforms,
            state,
            store: self.store.clone(),
            reader_timeout: self.reader_timeout,
            journal,
        };
        let Found {
            warehouse,
            ground,
            scanned,
        } = found;
        let known = run.carry_out(warehouse, ground, plan, &scanned)?;
        self.known.replace(known);
        Ok(None)
    }
}

/// The project's SQL, understood.
///
/// # Errors
/// All that is wrong with it.
pub fn read_transforms(ctx: &Context) -> Result<Transforms, RunError> {
    let syntax = Dialect::new()?;
    let sources: Vec<SourceName> = ctx.project.sources.iter().map(|s| s.name.clone()).collect();
    Ok(transforms::read(&ctx.project.root, &sources, &syntax)?)
}

/// The same as far as it can be read, for who only looks.
///
/// # Errors
/// Only of the engine that parses it.
pub fn readable_transforms(ctx: &Context) -> Result<Readable, RunError> {
    let syntax = Dialect::new()?;
    let sources: Vec<SourceName> = ctx.project.sources.iter().map(|s| s.name.clone()).collect();
    Ok(transforms::readable(&ctx.project.root, &sources, &syntax))
}

/// Makes the plan from what was found.
///
/// # Errors
/// As for [`plan`].
pub fn make_plan(
    ctx: &Context,
    request: &ExportRequest,
    target: &TargetUrl,
    transforms: &Transforms,
    ground: &Ground,
    scanned: &Scanned,
) -> Result<Plan, RunError> {
    let today = ctx.today();
    let keys = scan::keys(
        &*ground.store,
        &ground.published,
        transforms,
        request.date.unwrap_or(today),
    )?;
    plan(&Facts {
        request,
        run: ground.next_run,
        today,
        target: target.to_string(),
        sources: &ctx.project.sources,
        transforms,
        ledger: &ground.ledger,
        bookmarks: &ground.bookmarks,
        published: &ground.published,
        target_is_new: ground.target_is_new,
        recover: ground.recoveries.clone(),
        scanned: &scanned.files,
        left_out: &scanned.left_out,
        wishes: &ground.wishes,
        orphans: scan::orphans(&*ground.store, &ground.published)?,
        repairable: scan::repairable(&*ground.store, &ground.published, &keys),
        returned: scan::returned(&*ground.store, &ground.published)?,
        keys,
    })
}

pub(super) fn reached(ctx: &Context, failpoint: Failpoint) -> Result<(), RunError> {
    failpoint::reached(failpoint).map_err(|source| RunError::Io {
        path: ctx.layout.private(),
        source,
    })
}

/// A run that has something to do.
struct Run<'a> {
    ctx: &'a Context,
    request: &'a ExportRequest,
    transforms: &'a Transforms,
    state: &'a State,
    store: Arc<dyn Store>,
    reader_timeout: Duration,
    journal: &'a SharedJournal,
}

impl Run<'_> {
    fn carry_out(
        &self,
        warehouse: Option<Warehouse>,
        ground: Ground,
        plan: &Plan,
        scanned: &Scanned,
    ) -> Result<Known, RunError> {
        let ctx = self.ctx;
        space::check_space(ctx, &*self.store, plan)?;
        let project = self.identity(&ground)?;
        let target = self.target(&ground, &project)?;
        let warehouse = match warehouse {
            Some(warehouse) => warehouse,
            None => ground::open_warehouse(ctx, self.reader_timeout)?,
        };
        warehouse.set_project(&project)?;
        let started = ctx.now();
        self.state.begin_run(&NewRun {
            number: plan.run,
            kind: RunKind::Export,
            ingest_date: plan.ingest_date,
            planned_on: plan.planned_on,
            known: plan.known,
            target_url: target.as_ref().map(|_| self.store.url()),
            target_id: target.clone(),
            started,
        })?;
        reached(ctx, Failpoint::RunPlanned)?;
        let outcome = self.transact(warehouse, &ground, plan, scanned, target.as_ref(), started);
        match outcome {
            Ok(ledger) => {
                self.finish(plan, RunStatus::Succeeded, None)?;
                Ok(Known {
                    ledger,
                    published: ground.published,
                })
            }
            Err(error) => Err(self.end(plan, error)),
        }
    }

    /// The project's identity, made at its first run.
    fn identity(&self, ground: &Ground) -> Result<RandomId, RunError> {
        let project = ground.project.clone().unwrap_or_default();
        self.state.set_project_id(&project)?;
        Ok(project)
    }

    /// Where the run publishes; None if it only loads.
    fn target(&self, ground: &Ground, project: &RandomId) -> Result<Option<RandomId>, RunError> {
        if self.request.load_only {
            return Ok(None);
        }
        let target = self.own_target(ground, project)?.target;
        self.state
            .record_target(&target, &self.store.url(), self.ctx.now())?;
        Ok(Some(target))
    }

    /// The target's owner: this project, written down before anything else.
    fn own_target(&self, ground: &Ground, project: &RandomId) -> Result<Owner, RunError> {
        if let Some(owner) = &ground.owner {
            return Ok(owner.clone());
        }
        let owner = Owner {
            format: FORMAT,
            project: project.clone(),
            project_name: self.ctx.project.name.clone(),
            target: RandomId::new(),
        };
        let bytes = documents::encode(documents::OWNER, &owner)?;
        let mark = Mark {
            token: WriterToken::from_stored(project.as_str()),
            blake3: ContentHash::of(&bytes),
        };
        let owner = self.put_owner(owner, &bytes, &mark)?;
        reached(self.ctx, Failpoint::OwnerPut)?;
        Ok(owner)
    }

    /// Puts the owner, or finds the one that is there. No run may name a target whose
    /// owner was not seen there: nobody could complete it.
    fn put_owner(&self, owner: Owner, bytes: &[u8], mark: &Mark) -> Result<Owner, RunError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let lost = match self.store.put_if_absent(documents::OWNER, bytes, mark) {
                Ok(_) => return Ok(owner),
                Err(lost @ (StoreError::Precondition { .. } | StoreError::Unknown { .. })) => lost,
                Err(other) => return Err(other.into()),
            };
            // It may be ours, whose answer got lost, or one that was quicker.
            let found = ground::owner(&*self.store, Some(&owner.project), self.transforms)?;
            match found {
                Some(found) => return Ok(found),
                None if tries < OWNER_TRIES => {}
                None => return Err(lost.into()),
            }
        }
    }

    fn transact(
        &self,
        warehouse: Warehouse,
        ground: &Ground,
        plan: &Plan,
        scanned: &Scanned,
        target: Option<&RandomId>,
        started: chrono::DateTime<chrono::Utc>,
    ) -> Result<Ledger, RunError> {
        let ctx = self.ctx;
        let folder = match target {
            Some(_) => staging::new_folder(ctx, &*self.store, plan.run)?,
            // What is only loaded is not staged.
            None => PathBuf::new(),
        };
        self.state.set_status(plan.run, RunStatus::Loading)?;
        let token = WriterToken::new(plan.run);
        let work = Work {
            ctx,
            warehouse: &warehouse,
            ground,
            transforms: self.transforms,
            plan,
            scanned: &scanned.files,
            folder: &folder,
            accept_drop: self.request.accept_drop,
            target,
            started,
        };
        let done = work.compute()?;
        self.journal.borrow_mut().computed(&done);
        let (record, ledger) = work.commit(&done, &token)?;
        // Nobody needs the warehouse any more: readers may have it.
        drop(warehouse);
        let after = || -> Result<(), RunError> {
            ctx.step("publish");
            recover::in_step(self.state, &ledger, &Bookmarks::of(&ledger))?;
            self.state.record_committed(&record, ledger.end().0)?;
            self.state.sync_revisions(&record.transforms, record.run)?;
            scan::remember(self.state, scanned)?;
            reached(ctx, Failpoint::StatePublishing)?;
            let Some(target) = &record.target else {
                return match target {
                    Some(_) => remove_staging(&folder),
                    None => Ok(()),
                };
            };
            if ctx.interrupt.is_requested() {
                return Err(RunError::Interrupted {
                    run: Some(record.run),
                });
            }
            let finisher = Finisher {
                ctx,
                state: self.state,
                store: &*self.store,
                ledger: &ledger,
            };
            match finisher.publish(&record, target, &ground.published)? {
                RunStatus::Abandoned => Err(RunError::Abandoned {
                    run: record.run,
                    by: "`runs abandon`".to_owned(),
                }),
                _ => Ok(()),
            }
        };
        self.journal.borrow_mut().committed(&record);
        after().map_err(|error| match error {
            RunError::Incomplete { .. } | RunError::Abandoned { .. } => error,
            other => super::transaction::incomplete(&record, other),
        })?;
        Ok(ledger)
    }

    /// Writes down how a run ended that did not do what it was asked for.
    fn end(&self, plan: &Plan, error: RunError) -> RunError {
        let committed = match &error {
            RunError::Incomplete { run, .. } | RunError::Abandoned { run, .. } => Some(*run),
            _ => None,
        };
        let interrupted = error.is_interrupt();
        if let RunError::SchemaRefused(refused) = &error {
            let drift = SchemaDrift::Refused {
                path: refused.error.path().to_owned(),
                why: refused.error.to_string(),
            };
            let mut journal = self.journal.borrow_mut();
            journal.drifted(refused.source_name.clone(), drift);
        }
        if committed.is_none() {
            // If this cannot be written either, the next run will find out.
            let why = if interrupted {
                "interrupted".to_owned()
            } else {
                error.to_string()
            };
            let _ = self.finish(plan, RunStatus::Failed, Some(&why));
            let _ = remove_staging(&staging_folder(self.ctx, &*self.store, plan.run));
            self.journal.borrow_mut().status(RunStatus::Failed);
        } else if matches!(error, RunError::Abandoned { .. }) {
            self.journal.borrow_mut().status(RunStatus::Abandoned);
        } else {
            self.journal.borrow_mut().status(RunStatus::Publishing);
        }
        if interrupted {
            return RunError::Interrupted { run: committed };
        }
        error
    }

    fn finish(&self, plan: &Plan, status: RunStatus, error: Option<&str>) -> Result<(), RunError> {
        let mut journal = self.journal.borrow_mut();
        journal.status(status);
        let summary = serde_json::to_value(journal.summary()).unwrap_or_default();
        self.state
            .finish_run(plan.run, status, self.ctx.now(), error, Some(&summary))?;
        for step in journal.steps() {
            self.state
                .add_step(plan.run, &step.step, self.ctx.now(), step.seconds)?;
        }
        Ok(())
    }
}
