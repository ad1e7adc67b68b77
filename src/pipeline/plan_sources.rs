//! The part of a plan that is about sources: what each has to take, and what is
//! asked for beyond that.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::error::RunError;
use super::facts::Facts;
use crate::ingest::deliver::{self, Again, Asked, Deliveries};
use crate::ingest::error::ScanError;
use crate::ingest::glob::PathGlob;
use crate::model::bookmarks::{Bookmarks, SourceBookmarks, Standing};
use crate::model::hash::ContentHash;
use crate::model::input_file::{Fault, InputFile, RowCounts, ScannedFile};
use crate::model::ledger::Event;
use crate::model::names::SourceName;
use crate::model::plan::{FileStep, SourcePlan};
use crate::model::run::RunNumber;
use crate::model::source::{BadRows, SourceDefinition};
use crate::model::wish::{Granted, Verb, Wish};

/// What is known of sources, as values.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceFacts<'a> {
    pub run: RunNumber,
    pub today: NaiveDate,
    pub full_refresh: bool,
    pub accept_drop: bool,
    pub sources: &'a [SourceDefinition],
    pub bookmarks: &'a Bookmarks,
    pub scanned: &'a BTreeMap<SourceName, Vec<ScannedFile>>,
    /// Those to be carried out, in the order in which they were asked for.
    pub wishes: &'a [Wish],
}

impl<'a> SourceFacts<'a> {
    pub fn of(facts: &Facts<'a>) -> Self {
        Self {
            run: facts.run,
            today: facts.today,
            full_refresh: facts.request.full_refresh,
            accept_drop: facts.request.accept_drop,
            sources: facts.sources,
            bookmarks: facts.bookmarks,
            scanned: facts.scanned,
            wishes: facts.wishes,
        }
    }
}

/// What each source has to take, and the bookmarks as they will be after it.
pub(super) fn take_deliveries(
    facts: SourceFacts<'_>,
) -> Result<(Vec<SourcePlan>, Bookmarks), RunError> {
    let mut after = facts.bookmarks.clone();
    let mut next_number = after.last_number + 1;
    let mut plans = Vec::new();
    for source in facts.sources {
        plans.push(one_source(&facts, source, &mut after, &mut next_number)?);
    }
    Ok((plans, after))
}

/// A file that cannot be unpacked whole is not known to have lost nothing.
fn refuse_damaged(plan: &SourcePlan) -> Result<(), RunError> {
    let mut errors = Vec::new();
    for file in plan.steps.iter().filter_map(FileStep::reads) {
        let path = file.path.clone();
        match file.fault.clone() {
            Some(Fault::Cut) => errors.push(ScanError::Cut { path }),
            Some(Fault::Damaged(why)) => errors.push(ScanError::Damaged { path, why }),
            Some(Fault::OpenQuote) | None => {}
        }
    }
    ScanError::check(errors)?;
    Ok(())
}

fn one_source(
    facts: &SourceFacts<'_>,
    source: &SourceDefinition,
    after: &mut Bookmarks,
    next_number: &mut u64,
) -> Result<SourcePlan, RunError> {
    let scanned = facts
        .scanned
        .get(&source.name)
        .map_or(&[][..], Vec::as_slice);
    let before = after.sources.get(&source.name).cloned().unwrap_or_default();
    let wishes: Vec<&Wish> = facts
        .wishes
        .iter()
        .filter(|w| w.source == source.name)
        .collect();
    let rebuild = rebuild(facts, source, &before, &wishes)?;
    let mut first = events_before(&wishes, rebuild.as_ref(), source);
    for event in &first {
        after.apply(facts.run, event);
    }
    let mut asked = asked(&wishes);
    asked.refresh = rebuild.is_some();
    let bookmarks = after.sources.entry(source.name.clone()).or_default();
    let found = deliver::deliveries(source, bookmarks, scanned, &asked, facts.run, next_number);
    let behind = events_behind(facts, source, &wishes, &found);
    for event in &behind {
        after.apply(facts.run, event);
    }
    for event in deliver::expected_events(source, &found.steps, facts.run, facts.today) {
        after.apply(facts.run, &event);
    }
    if rebuild.is_some_and(|r| !r.accept_drop) {
        refuse_loss(&before, after, &source.name)?;
    }
    first.extend(behind);
    let mut plan = SourcePlan {
        name: source.name.clone(),
        unchanged: found.unchanged,
        refresh: asked.refresh,
        generation: after.generation(&source.name, &source.fingerprint()),
        first,
        again: found
            .again
            .iter()
            .flat_map(|a| a.numbers.iter().copied())
            .collect::<BTreeSet<u64>>()
            .into_iter()
            .collect(),
        wishes: granted(&wishes, &before, &found, asked.refresh, scanned),
        replay: wishes.iter().any(|w| w.verb == Verb::Replay),
        held: found.held,
        steps: found.steps,
    };
    refuse_damaged(&plan)?;
    if source.bad_rows == BadRows::Quarantine && (plan.loads() || plan.replay) {
        // How many records are refused, only the load will tell.
        let planned = [
            plan.generation.to_string(),
            format!("read by run {}", facts.run),
        ];
        plan.generation = ContentHash::of_parts(planned);
    }
    Ok(plan)
}

/// The raw table is emptied, and loaded anew.
struct Rebuild<'a> {
    accept_drop: bool,
    /// None: by `--full-refresh`.
    wish: Option<&'a Wish>,
}

/// Whether the raw table has to be rebuilt. A changed definition does not allow
/// for less than that, and nothing but a wish or `--full-refresh` for that.
fn rebuild<'a>(
    facts: &SourceFacts<'_>,
    source: &SourceDefinition,
    before: &SourceBookmarks,
    wishes: &[&'a Wish],
) -> Result<Option<Rebuild<'a>>, RunError> {
    let live = before.live();
    let fingerprint = source.fingerprint();
    let changed = live.iter().any(|f| f.definition != fingerprint);
    let reset = wishes.iter().find_map(|wish| match wish.verb {
        Verb::Reset { accept_drop } => Some((*wish, accept_drop)),
        _ => None,
    });
    match reset {
        Some((wish, accept_drop)) if changed => Ok(Some(Rebuild {
            accept_drop: accept_drop || facts.accept_drop,
            wish: Some(wish),
        })),
        _ if facts.full_refresh && !live.is_empty() => Ok(Some(Rebuild {
            accept_drop: facts.accept_drop,
            wish: None,
        })),
        // No row counts that was taken with another definition, but such rows are
        // still known: the table has their types.
        _ if live.is_empty() && was_taken_otherwise(before, &fingerprint) => Ok(Some(Rebuild {
            accept_drop: true,
            wish: None,
        })),
        _ if changed => Err(RunError::DefinitionChanged {
            source_name: source.name.clone(),
            what: "its key, load mode, types or formats",
        }),
        _ => Ok(None),
    }
}

/// Whether the raw table was made with another definition.
fn was_taken_otherwise(before: &SourceBookmarks, fingerprint: &ContentHash) -> bool {
    let since = before.reset_by.unwrap_or(0);
    before.files.iter().any(|b| {
        matches!(b.standing, Standing::Retracted | Standing::Replaced)
            && b.file.run >= since
            && b.file.definition != *fingerprint
    })
}

/// What the ledger is told before the scan is looked at: it decides what the
/// scan means.
fn events_before(
    wishes: &[&Wish],
    rebuild: Option<&Rebuild<'_>>,
    source: &SourceDefinition,
) -> Vec<Event> {
    let rebuilt = rebuild.map(|rebuild| Event::Reset {
        source: source.name.clone(),
        wish: rebuild.wish.map(|w| w.id.clone()),
    });
    let holds = wishes.iter().filter_map(|wish| {
        let (source, wish_id) = (source.name.clone(), wish.id.clone());
        match &wish.verb {
            Verb::Hold { glob } => Some(Event::Held {
                source,
                glob: glob.clone(),
                wish: wish_id,
            }),
            Verb::Release { glob } => Some(Event::Released {
                source,
                glob: glob.clone(),
                wish: wish_id,
            }),
            _ => None,
        }
    });
    rebuilt.into_iter().chain(holds).collect()
}

fn asked(wishes: &[&Wish]) -> Asked {
    let mut asked = Asked::default();
    for wish in wishes {
        match &wish.verb {
            Verb::Reset { .. } => asked.again.push(Again { after: None }),
            Verb::Rewind { to } => asked.again.push(Again { after: Some(*to) }),
            Verb::SetAsProcessed { glob } => asked.processed.push(PathGlob::stored(glob)),
            Verb::Hold { .. } | Verb::Release { .. } | Verb::Replay => {}
        }
    }
    asked
}

/// What the ledger is told of what the scan showed. Each wish has its event, also
/// one that came to nothing: it is carried out.
fn events_behind(
    facts: &SourceFacts<'_>,
    source: &SourceDefinition,
    wishes: &[&Wish],
    found: &Deliveries,
) -> Vec<Event> {
    let mut events = Vec::new();
    let (mut again, mut processed) = (found.again.iter(), 0..);
    for wish in wishes {
        let (source_name, id) = (source.name.clone(), wish.id.clone());
        match &wish.verb {
            Verb::Reset { .. } => events.push(Event::ResetSome {
                source: source_name,
                numbers: again.next().map(|a| a.numbers.clone()).unwrap_or_default(),
                wish: id,
            }),
            Verb::Rewind { to } => events.push(Event::Rewound {
                source: source_name,
                to: *to,
                numbers: again.next().map(|a| a.numbers.clone()).unwrap_or_default(),
                wish: id,
            }),
            Verb::SetAsProcessed { glob } => {
                let files = processed
                    .next()
                    .map(|n| passed_over(facts, source, found, n));
                events.push(Event::SetAsProcessed {
                    source: source_name,
                    glob: glob.clone(),
                    files: files.unwrap_or_default(),
                    wish: id,
                });
            }
            Verb::Replay => events.push(Event::Replay {
                source: source_name,
                wish: id,
            }),
            Verb::Hold { .. } | Verb::Release { .. } => {}
        }
    }
    events
}

fn passed_over(
    facts: &SourceFacts<'_>,
    source: &SourceDefinition,
    found: &Deliveries,
    nth: usize,
) -> Vec<InputFile> {
    let file = |step: &FileStep| match step {
        FileStep::Process {
            number,
            place,
            file,
            wish,
        } if *wish == nth => Some(deliver::input_file(
            source,
            (*number, *place, file),
            (facts.run, facts.today),
            RowCounts::default(),
        )),
        _ => None,
    };
    found.steps.iter().filter_map(file).collect()
}

/// What each wish comes to, for people.
fn granted(
    wishes: &[&Wish],
    before: &SourceBookmarks,
    found: &Deliveries,
    refresh: bool,
    scanned: &[ScannedFile],
) -> Vec<Granted> {
    let (mut again, mut processed) = (found.again.iter(), 0..);
    let known = |number: &u64| before.files.iter().find(|b| b.file.number == *number);
    let of_again = |numbers: &[u64]| -> Vec<String> {
        let files = numbers.iter().filter_map(known);
        files.map(|b| b.file.paths.join(", ")).collect()
    };
    let of_steps = |wanted: &dyn Fn(&FileStep) -> bool| -> Vec<String> {
        let steps = found.steps.iter().filter(|s| wanted(s));
        steps.filter_map(|s| Some(s.file()?.path.clone())).collect()
    };
    let mut all = Vec::new();
    for wish in wishes {
        let mut granted = Granted {
            wish: (*wish).clone(),
            files: Vec::new(),
            left: Vec::new(),
        };
        match &wish.verb {
            Verb::Replay => {
                let live = before.live().into_iter();
                let live = live.filter(|f| f.rows.quarantined > 0);
                granted.files = live.map(|f| f.paths.join(", ")).collect();
            }
            Verb::Reset { .. } | Verb::Rewind { .. } => {
                if let Some(again) = again.next() {
                    granted.files = of_again(&again.numbers);
                    granted.left.clone_from(&again.left);
                }
                if refresh {
                    granted.files = of_steps(&|s| matches!(s, FileStep::Take { .. }));
                }
            }
            Verb::SetAsProcessed { .. } => {
                let nth = processed.next();
                granted.files = of_steps(
                    &|s| matches!(s, FileStep::Process { wish, .. } if Some(*wish) == nth),
                );
            }
            Verb::Hold { glob } => {
                let glob = PathGlob::stored(glob);
                let held = found.held.iter().filter(|p| glob.matches(p));
                granted.files = held.cloned().collect();
            }
            Verb::Release { glob } => {
                let glob = PathGlob::stored(glob);
                let free = scanned.iter().map(|f| &f.path).filter(|p| glob.matches(p));
                let free = free.filter(|p| !found.held.contains(p));
                granted.files = free.cloned().collect();
            }
        }
        all.push(granted);
    }
    all
}

/// A rebuilt table holds what is read again; what counted and is not there any
/// more, at its place, would be lost.
fn refuse_loss(
    before: &SourceBookmarks,
    after: &Bookmarks,
    source: &SourceName,
) -> Result<(), RunError> {
    let live: BTreeSet<u64> = before.live().iter().map(|f| f.number).collect();
    let gone: Vec<String> = after
        .sources
        .get(source)
        .into_iter()
        .flat_map(|b| &b.files)
        .filter(|b| b.standing == Standing::Reset && live.contains(&b.file.number))
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
