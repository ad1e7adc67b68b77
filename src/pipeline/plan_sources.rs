//! The part of a plan that is about sources: what each has to take.

use super::error::RunError;
use super::facts::Facts;
use crate::ingest::deliver::{self, Deliveries};
use crate::ingest::error::ScanError;
use crate::model::bookmarks::{Bookmarks, Standing};
use crate::model::hash::ContentHash;
use crate::model::input_file::Fault;
use crate::model::ledger::Event;
use crate::model::names::SourceName;
use crate::model::plan::{FileStep, SourcePlan};
use crate::model::source::{BadRows, SourceDefinition};

/// What each source has to take, and the bookmarks as they will be after it.
pub(super) fn take_deliveries(facts: &Facts<'_>) -> Result<(Vec<SourcePlan>, Bookmarks), RunError> {
    let mut after = facts.bookmarks.clone();
    let mut next_number = after.last_number + 1;
    let mut plans = Vec::new();
    for source in facts.sources {
        let scanned = facts
            .scanned
            .get(&source.name)
            .map_or(&[][..], Vec::as_slice);
        let refresh = facts.request.full_refresh && has_live(&after, &source.name);
        if refresh {
            after.apply(
                facts.run,
                &Event::Reset {
                    source: source.name.clone(),
                },
            );
        } else {
            refuse_changed_definition(&after, source)?;
        }
        let bookmarks = after.sources.entry(source.name.clone()).or_default();
        let Deliveries { steps, unchanged } =
            deliver::deliveries(source, bookmarks, scanned, facts.run, &mut next_number);
        for event in deliver::expected_events(source, &steps, facts.run, facts.today) {
            after.apply(facts.run, &event);
        }
        if refresh && !facts.request.accept_drop {
            refuse_loss(&after, &source.name)?;
        }
        let mut plan = SourcePlan {
            name: source.name.clone(),
            steps,
            unchanged,
            refresh,
            generation: after.generation(&source.name, &source.fingerprint()),
        };
        refuse_damaged(&plan)?;
        if source.bad_rows == BadRows::Quarantine && plan.loads() {
            // How many records are refused, only the load will tell.
            let planned = [
                plan.generation.to_string(),
                format!("read by run {}", facts.run),
            ];
            plan.generation = ContentHash::of_parts(planned);
        }
        plans.push(plan);
    }
    Ok((plans, after))
}

/// A file that cannot be unpacked whole is not known to have lost nothing.
fn refuse_damaged(plan: &SourcePlan) -> Result<(), RunError> {
    for file in plan.steps.iter().filter_map(FileStep::reads) {
        let path = file.path.clone();
        match &file.fault {
            Some(Fault::Cut) => return Err(ScanError::Cut { path }.into()),
            Some(Fault::Damaged(why)) => {
                return Err(ScanError::Damaged {
                    path,
                    why: why.clone(),
                }
                .into());
            }
            Some(Fault::OpenQuote) | None => {}
        }
    }
    Ok(())
}

fn has_live(bookmarks: &Bookmarks, source: &SourceName) -> bool {
    bookmarks
        .sources
        .get(source)
        .is_some_and(|b| b.files.iter().any(|f| f.standing == Standing::Live))
}

/// A full refresh reads everything again; what is not there any more, at its
/// place, would be lost.
fn refuse_loss(after: &Bookmarks, source: &SourceName) -> Result<(), RunError> {
    let gone: Vec<String> = after
        .sources
        .get(source)
        .into_iter()
        .flat_map(|b| &b.files)
        .filter(|b| b.standing == Standing::Reset)
        .flat_map(|b| b.file.paths.clone())
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    Err(RunError::RefreshLoses {
        source_name: source.clone(),
        paths: gone,
    })
}

fn refuse_changed_definition(
    bookmarks: &Bookmarks,
    source: &SourceDefinition,
) -> Result<(), RunError> {
    let fingerprint = source.fingerprint();
    let changed = bookmarks
        .sources
        .get(&source.name)
        .is_some_and(|b| b.live().iter().any(|f| f.definition != fingerprint));
    if changed {
        return Err(RunError::DefinitionChanged {
            source_name: source.name.clone(),
            what: "its key, load mode, types or formats",
        });
    }
    Ok(())
}
