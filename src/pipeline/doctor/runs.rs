//! Did a run die, and what becomes of it?

use super::finding::Finding;
use super::subject::{Subject, WarehouseSeen};
use crate::model::ledger::Ledger;
use crate::model::plan::Recovery;
use crate::model::run::RunStatus;
use crate::pipeline::error::RunError;
use crate::pipeline::ground;

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    if let Some(who) = &subject.at_work {
        return Ok(vec![Finding::skipped(format!("a run is at work: {who}"))]);
    }
    let mut found = Vec::new();
    let Some(unsettled) = unsettled(subject) else {
        return Ok(vec![Finding::skipped(
            "without state and warehouse it cannot be told how far a run came",
        )]);
    };
    for Recovery {
        run,
        ingest_date,
        was,
        complete,
    } in unsettled
    {
        found.push(
            Finding::warning(match (complete, was) {
                (true, RunStatus::Succeeded) => format!(
                    "the commit of run {run} of {ingest_date} is gone from the target, and has to \
                     be put again"
                ),
                (true, _) => format!(
                    "run {run} of {ingest_date} died before all of it was published"
                ),
                (false, _) => format!(
                    "run {run} died before it changed anything: {ingest_date} has no snapshot from it"
                ),
            })
            .run("`workbench export` settles it first, and so does `workbench doctor --fix`")
            .mendable(),
        );
    }
    found.extend(open_intent(subject));
    if found.is_empty() {
        found.push(Finding::ok("no run is left half-way"));
    }
    Ok(found)
}

/// The runs that are not over though none is at work; None: that cannot be told.
pub(super) fn unsettled(subject: &Subject<'_>) -> Option<Vec<Recovery>> {
    let target = subject.target.there.as_ref();
    let open = target.and_then(|t| t.chronicle.open_intent());
    let state = subject.state();
    let none = Ledger::default();
    let ledger = match &subject.warehouse {
        WarehouseSeen::There(facts) => &facts.ledger,
        WarehouseSeen::Missing if !subject.has_run() => &none,
        _ => return None,
    };
    let runs = match state {
        Some(state) => state.runs.as_slice(),
        None if ledger.entries.is_empty() => &[],
        None => return None,
    };
    Some(ground::recoveries(runs, ledger, open))
}

/// An intent that no commit has closed, and that is no run's to be completed.
fn open_intent(subject: &Subject<'_>) -> Option<Finding> {
    let target = subject.target.there.as_ref()?;
    let intent = target.chronicle.open_intent()?;
    let ledger = &subject.warehouse()?.ledger;
    let (run, seq) = (intent.run, intent.seq);
    if ledger.runs().all(|r| r.token != intent.token) {
        return Some(
            Finding::error(format!(
                "run {run} of another copy of this project holds commit {seq} at `{}`, and has not \
                 put it",
                subject.target.url
            ))
            .run(format!(
                "if that copy is gone for good, `workbench runs abandon {run}`"
            )),
        );
    }
    ledger.is_abandoned(run).then(|| {
        Finding::warning(format!(
            "run {run} was given up, and its intent {seq} at `{}` is not closed yet",
            subject.target.url
        ))
        .run("`workbench export` closes it, and so does `workbench doctor --fix`")
        .mendable()
    })
}
