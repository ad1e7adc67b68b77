//! The part of a plan that is about sources: what each has to take.

use super::error::RunError;
use super::facts::Facts;
use crate::ingest::deliver::{self, Deliveries};
use crate::model::bookmarks::{Bookmarks, Standing};
use crate::model::ledger::Event;
use crate::model::names::SourceName;
use crate::model::plan::SourcePlan;
use crate::model::source::SourceDefinition;

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
        plans.push(SourcePlan {
            name: source.name.clone(),
            steps,
            unchanged,
            refresh,
            generation: after.generation(&source.name, &source.fingerprint()),
        });
    }
    Ok((plans, after))
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
