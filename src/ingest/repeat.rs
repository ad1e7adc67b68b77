//! Loading again what an earlier run loaded, exactly as it did: the same contents at
//! the same places, by the rules of its day, into the columns that it found.
//!
//! What a run did to a source is told by its events, so a plan is made of these and
//! not of what lies there now. The loader that carries it out is the same.

use std::collections::BTreeSet;

use super::deliver::in_order;
use crate::model::bookmarks::SourceBookmarks;
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, ScannedFile};
use crate::model::ledger::{Event, SchemaDrift};
use crate::model::names::SourceName;
use crate::model::plan::{FileStep, SourcePlan};

/// What is known beforehand of a load that is done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated<'a> {
    /// The schema changes that the run told of. Nothing is inferred.
    pub drift: &'a [SchemaDrift],
    /// Every content that the source ever took was loaded. If not, a table without
    /// rows may still be one that had some.
    pub whole: bool,
}

/// What a run did to a source, to be done again.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    pub plan: SourcePlan,
    /// Schema changes, in their order.
    pub drift: Vec<SchemaDrift>,
    /// Input files that the run took and whose contents are not to be had.
    pub missing: Vec<InputFile>,
}

/// Makes the plan of a run from its events about `source`, before which `before`
/// was known. `content` finds what a run took, by the number of the input file.
pub fn repeat(
    source: &SourceName,
    events: &[&Event],
    before: &SourceBookmarks,
    content: impl Fn(&InputFile) -> Option<ScannedFile>,
) -> Repeat {
    let mut repeat = Repeat {
        plan: SourcePlan {
            name: source.clone(),
            steps: Vec::new(),
            unchanged: 0,
            refresh: false,
            generation: ContentHash::of(b""),
            first: Vec::new(),
            again: Vec::new(),
            replay: false,
            held: Vec::new(),
            wishes: Vec::new(),
        },
        drift: Vec::new(),
        missing: Vec::new(),
    };
    let mut again = BTreeSet::new();
    let known = |number: u64| {
        let mut files = before.files.iter().map(|b| &b.file);
        files.find(|f| f.number == number).cloned()
    };
    for event in events {
        let plan = &mut repeat.plan;
        match event {
            Event::Taken { file, .. } => match content(file) {
                Some(found) => plan.steps.push(FileStep::Take {
                    number: file.number,
                    place: file.place,
                    file: found,
                }),
                None => repeat.missing.push(file.clone()),
            },
            Event::Rewritten { replaces, file, .. } => {
                let replaced = known(*replaces);
                match (content(file), replaced) {
                    (Some(found), Some(replaces)) => plan.steps.push(FileStep::Rewrite {
                        number: file.number,
                        replaces: InputFile {
                            place: file.place,
                            ..replaces
                        },
                        file: found,
                    }),
                    (Some(found), None) => plan.steps.push(FileStep::Take {
                        number: file.number,
                        place: file.place,
                        file: found,
                    }),
                    (None, replaced) => {
                        repeat.missing.push(file.clone());
                        let retract = replaced.map(|file| FileStep::Retract { file });
                        plan.steps.extend(retract);
                    }
                }
            }
            Event::Retracted { number, .. } => {
                let retract = known(*number).map(|file| FileStep::Retract { file });
                plan.steps.extend(retract);
            }
            Event::Renamed { number, paths, .. } => {
                let file = known(*number).or_else(|| taken_now(events, *number));
                plan.steps.extend(file.map(|file| FileStep::Rename {
                    file,
                    paths: paths.clone(),
                }));
            }
            Event::Drifted { drift, .. } => repeat.drift.push(drift.clone()),
            Event::Reset { .. } => {
                plan.refresh = true;
                plan.first.push((*event).clone());
            }
            Event::ResetSome { numbers, .. } | Event::Rewound { numbers, .. } => {
                again.extend(numbers.iter().copied());
                plan.first.push((*event).clone());
            }
            Event::Replay { .. } => {
                plan.replay = true;
                plan.first.push((*event).clone());
            }
            Event::SetAsProcessed { .. } | Event::Held { .. } | Event::Released { .. } => {
                plan.first.push((*event).clone());
            }
            // What the load itself tells, and what is of no source.
            Event::Replayed { .. }
            | Event::Gone { .. }
            | Event::Abandoned { .. }
            | Event::Run(_) => {}
        }
    }
    repeat.plan.again = again.into_iter().collect();
    in_order(&mut repeat.plan.steps);
    repeat
}

/// A file that the run itself takes, or passes over.
fn taken_now(events: &[&Event], number: u64) -> Option<InputFile> {
    let mut files = events.iter().flat_map(|event| match event {
        Event::Taken { file, .. } | Event::Rewritten { file, .. } => std::slice::from_ref(file),
        Event::SetAsProcessed { files, .. } => files.as_slice(),
        _ => &[],
    });
    files.find(|f| f.number == number).cloned()
}
