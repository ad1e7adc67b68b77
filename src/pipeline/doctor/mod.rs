//! `doctor`: is all that belongs to a project there, and does it agree?
//!
//! Each check looks at one thing and lives in a file of its own. A check that
//! cannot look says why, and others go on: one needs them most where much is
//! broken. Nothing is written and no lock is taken, unless something is to be
//! mended.

mod agreement;
mod checkpoints;
mod counts;
mod files;
pub mod finding;
mod leftovers;
mod locks;
mod mend;
mod objects;
mod partitions;
mod permissions;
mod project;
mod put_back;
mod raw_files;
mod runs;
mod space;
mod sql;
mod state;
pub mod subject;
mod target;
mod unknown_files;
mod warehouse;

pub use finding::{Checked, Finding, Verdict};
pub use mend::Mended;
pub use subject::project_of;

use super::context::Context;
use super::error::RunError;
use crate::project::ProjectError;
use subject::Subject;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DoctorRequest {
    /// Contents are hashed: published files, kept objects, raw files, and every
    /// block of the warehouse.
    pub deep: bool,
    /// What is safe to mend is mended first.
    pub fix: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// In the order in which one would look.
    pub checks: Vec<Checked>,
    /// The run that was at work meanwhile: what is half-way done is not judged.
    pub at_work: Option<String>,
    /// What was mended before; None if that was not asked for.
    pub mended: Option<Vec<Mended>>,
}

impl Examined {
    /// The worst of all checks.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.checks.iter().map(Checked::verdict);
        verdicts.max().unwrap_or(Verdict::Ok)
    }
}

type Look = fn(&Subject<'_>) -> Result<Vec<Finding>, RunError>;

/// Every check, with the name that programs know it by.
const CHECKS: [(&str, Look); 16] = [
    ("project", project::look),
    ("sql", sql::look),
    ("permissions", permissions::look),
    ("space", space::look),
    ("locks", locks::look),
    ("state", state::look),
    ("warehouse", warehouse::look),
    ("target", target::look),
    ("agreement", agreement::look),
    ("runs", runs::look),
    ("checkpoints", checkpoints::look),
    ("partitions", partitions::look),
    ("objects", objects::look),
    ("unknown_files", unknown_files::look),
    ("leftovers", leftovers::look),
    ("raw_files", raw_files::look),
];

/// Looks a project over; mends what is safe to mend first, if asked. `broken` is why
/// its file cannot be read.
///
/// # Errors
/// [`RunError::Interrupted`]; if something is to be mended, also
/// [`RunError::ProjectHeld`].
pub fn examine(
    ctx: &Context,
    broken: Option<&ProjectError>,
    request: DoctorRequest,
) -> Result<Examined, RunError> {
    let first = look(ctx, broken, request.deep)?;
    if !request.fix {
        return Ok(first);
    }
    let mendable = |c: &Checked| c.findings.iter().any(|f| f.mendable);
    if !first.checks.iter().any(mendable) {
        return Ok(Examined {
            mended: Some(Vec::new()),
            ..first
        });
    }
    let mended = mend::mend(ctx, broken, &first, request.deep)?;
    Ok(Examined {
        mended: Some(mended),
        ..look(ctx, broken, request.deep)?
    })
}

fn look(ctx: &Context, broken: Option<&ProjectError>, deep: bool) -> Result<Examined, RunError> {
    let subject = Subject::open(ctx, broken, deep)?;
    let mut checks = Vec::with_capacity(CHECKS.len());
    for (name, check) in CHECKS {
        if ctx.interrupt.is_requested() {
            return Err(RunError::Interrupted { run: None });
        }
        ctx.step(name);
        let findings = match check(&subject) {
            Err(error) if error.is_interrupt() => return Err(error),
            Err(error) => vec![Finding::error(error.to_string())],
            Ok(findings) => findings,
        };
        checks.push(Checked { name, findings });
    }
    // One that began meanwhile may have moved what was looked at.
    let at_work = subject.at_work.clone().or_else(|| subject::at_work(ctx));
    Ok(Examined {
        checks,
        at_work,
        mended: None,
    })
}
