//! What is left of a project, and what has to be built from it.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use super::losses::{Loss, LossKind};
use crate::engine::ErrorKind;
use crate::engine::warehouse::WarehouseError;
use crate::model::commit::Owner;
use crate::model::ledger::Ledger;
use crate::model::run::RunNumber;
use crate::model::token::{RandomId, WriterToken};
use crate::pipeline::doctor::subject::{StateFacts, Subject, WarehouseFacts, WarehouseSeen};
use crate::pipeline::error::RunError;
use crate::snapshots::{PublishError, Published};
use crate::store::Store;

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is whole, and stays.
    Kept,
    /// It is gone on from where it ends, in a copy.
    Continued,
    /// It is made anew.
    Made,
}

/// What is left, and what is to be done.
pub struct Survey {
    /// The project's identity.
    pub project: RandomId,
    /// The target's owner and what is published there; None: nothing was ever.
    pub target: Option<Target>,
    /// The longest ledger that can be believed.
    pub ledger: Ledger,
    pub warehouse: Fate,
    /// How much of the ledger the warehouse at hand has, if that can be gone on from.
    pub base: u64,
    pub state: Fate,
    /// Runs that neither the ledger nor a commit has any more.
    pub lost: Vec<Loss>,
}

/// A target that was published to.
pub struct Target {
    pub store: Arc<dyn Store>,
    pub owner: Owner,
    pub published: Published,
}

impl Survey {
    /// Decides what is to be built, from what was seen.
    ///
    /// # Errors
    /// A target that is another project's or cannot be read; nothing that is left.
    pub fn of(subject: &Subject<'_>) -> Result<Self, RunError> {
        refuse_out_of_reach(subject)?;
        let target = target(subject)?;
        let project = identity(subject, target.as_ref().map(|t| &t.owner))?;
        // One of another project is as good as none.
        let local = subject.warehouse();
        let local = local.filter(|w| w.project.as_ref().is_none_or(|p| *p == project));
        let state = subject.state();
        let state = state.filter(|s| match &s.project {
            Some(of_state) => *of_state == project,
            // Made by a command that came to nothing more.
            None => !s.runs.is_empty() || !s.wishes.is_empty(),
        });
        let (ledger, base) = ledger(subject, target.as_ref(), local)?;
        let lost = lost(subject, &ledger, local, state);
        let project_now = &subject.ctx.project;
        let rows =
            |w: &&WarehouseFacts| w.damaged.is_empty() && w.miscounted(project_now).is_empty();
        let sound = local.filter(rows).filter(|w| !w.ledger.entries.is_empty());
        let warehouse = match sound {
            Some(w) if w.ledger.head() == ledger.head() => Fate::Kept,
            Some(_) if base > 0 => Fate::Continued,
            _ => Fate::Made,
        };
        let seq = target.as_ref().map_or(0, |t| t.published.seq);
        let state = match state {
            None => Fate::Made,
            Some(facts) if !facts.state.damage(true).is_ok_and(|d| d.is_empty()) => Fate::Made,
            Some(facts) => {
                let newest = target.as_ref().map(|t| &t.owner.target);
                let newest = newest
                    .map(|target| facts.state.newest_seq(target))
                    .transpose()?;
                let ahead = newest.is_some_and(|newest| newest > seq);
                if warehouse == Fate::Kept && lost.is_empty() && !ahead {
                    Fate::Kept
                } else {
                    Fate::Continued
                }
            }
        };
        Ok(Self {
            project,
            target,
            ledger,
            warehouse,
            base: if warehouse == Fate::Continued {
                base
            } else {
                0
            },
            state,
            lost,
        })
    }

    /// Whether there is nothing to do.
    pub fn is_whole(&self) -> bool {
        self.warehouse == Fate::Kept && self.state == Fate::Kept
    }
}

/// What is only out of reach now is not lost.
fn refuse_out_of_reach(subject: &Subject<'_>) -> Result<(), RunError> {
    let path = subject.ctx.layout.warehouse();
    match &subject.warehouse {
        WarehouseSeen::Held(who) => {
            let who = who.clone();
            return Err(RunError::WarehouseHeld { path, who });
        }
        WarehouseSeen::Unreadable(RunError::Warehouse(WarehouseError::Engine(error)))
            if error.kind == ErrorKind::OutOfMemory =>
        {
            return Err(error.clone().into());
        }
        _ => {}
    }
    for path in [path, subject.ctx.layout.state()] {
        match File::open(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(RunError::Io { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

fn target(subject: &Subject<'_>) -> Result<Option<Target>, RunError> {
    let seen = &subject.target;
    let Some(there) = &seen.there else {
        if seen.folder.is_none() {
            let why = seen.why_not.clone();
            return Err(damaged(subject, why.unwrap_or_default()));
        }
        return Ok(None);
    };
    let chronicle = &there.chronicle;
    let owner = there
        .owner
        .as_ref()
        .map_err(|error| damaged(subject, error.to_string()))?;
    let Some(owner) = owner.clone() else {
        return match chronicle.commits.first() {
            None => Ok(None),
            Some(first) => Err(PublishError::NoOwner {
                url: seen.url.clone(),
                found: crate::snapshots::documents::commit_key(first.seq),
            }
            .into()),
        };
    };
    let published = if chronicle.is_whole() {
        chronicle.published.clone()
    } else {
        // A checkpoint may know what the broken ones said.
        Published::read(&*there.store).map_err(|error| damaged(subject, error.to_string()))?
    };
    Ok(Some(Target {
        store: there.store.clone(),
        owner,
        published,
    }))
}

fn damaged(subject: &Subject<'_>, what: String) -> RunError {
    RunError::TargetDamaged {
        url: subject.target.url.clone(),
        what,
    }
}

/// Which project this is.
fn identity(subject: &Subject<'_>, owner: Option<&Owner>) -> Result<RandomId, RunError> {
    let state = subject.state().and_then(|s| s.project.as_ref());
    let warehouse = subject.warehouse().and_then(|w| w.project.as_ref());
    let known: Vec<&RandomId> = [warehouse, state].into_iter().flatten().collect();
    let Some(owner) = owner else {
        return match known.first() {
            Some(id) => Ok((*id).clone()),
            None => Err(RunError::NothingLeft {
                url: subject.target.url.clone(),
            }),
        };
    };
    let ours = known.contains(&&owner.project);
    // With no memory left, its name is all that a project can be told by.
    let alike = known.is_empty() && owner.project_name == subject.ctx.project.name;
    if ours || alike {
        return Ok(owner.project.clone());
    }
    Err(PublishError::ForeignOwner {
        url: subject.target.url.clone(),
        project: owner.project_name.clone(),
    }
    .into())
}

/// The ledger to go by, and how much of it the warehouse has.
fn ledger(
    subject: &Subject<'_>,
    target: Option<&Target>,
    local: Option<&WarehouseFacts>,
) -> Result<(Ledger, u64), RunError> {
    let chronicle = subject.target.there.as_ref().map(|t| &t.chronicle);
    let told = chronicle.filter(|c| c.is_whole()).map(|c| &c.ledger);
    let head = target.map(|t| t.published.head);
    if let Some(local) = local
        && head.is_none_or(|head| local.ledger.ever_had(&head))
        && !local.ledger.entries.is_empty()
    {
        return Ok((local.ledger.clone(), local.ledger.end().0));
    }
    let Some(told) = told else {
        let faults = chronicle.map(|c| c.faults.as_slice()).unwrap_or_default();
        return match faults.first() {
            Some(fault) => Err(damaged(subject, fault.to_string())),
            None => Err(RunError::NothingLeft {
                url: subject.target.url.clone(),
            }),
        };
    };
    if told.entries.is_empty() {
        return Err(RunError::NothingLeft {
            url: subject.target.url.clone(),
        });
    }
    // A warehouse from a backup is gone on from.
    let base = local.filter(|local| told.ever_had(&local.ledger.head()));
    Ok((told.clone(), base.map_or(0, |local| local.ledger.end().0)))
}

/// The runs that state or the old ledger has, and the new one does not.
fn lost(
    subject: &Subject<'_>,
    ledger: &Ledger,
    local: Option<&WarehouseFacts>,
    state: Option<&StateFacts>,
) -> Vec<Loss> {
    let tokens: BTreeSet<&WriterToken> = ledger.runs().map(|r| &r.token).collect();
    let mut numbers: BTreeSet<RunNumber> = BTreeSet::new();
    let of_ledger = local.into_iter().flat_map(|w| w.ledger.runs());
    numbers.extend(
        of_ledger
            .filter(|r| !tokens.contains(&r.token))
            .map(|r| r.run),
    );
    let rows = state.into_iter().flat_map(|s| &s.runs);
    let lost =
        rows.filter(|r| r.committed() && r.token.as_ref().is_none_or(|t| !tokens.contains(t)));
    numbers.extend(lost.map(|r| r.number));
    numbers
        .into_iter()
        .map(|run| Loss {
            kind: LossKind::Run,
            source: None,
            run,
            what: format!(
                "run {run} is in no commit at `{}`: what it loaded is loaded anew by the next \
                 export, if its files are there, and what it was asked for is not",
                subject.target.url
            ),
            numbers: Vec::new(),
        })
        .collect()
}
