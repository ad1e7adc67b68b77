//! What is done in a case, at random.

use proptest::prelude::*;
use workbench::failpoint::Failpoint;

use super::model::CONTENTS;

/// The sources of a case: append, upsert, replace.
pub const SOURCES: [&str; 3] = ["a", "u", "r"];

/// How many names there are in a source's folder.
const NAMES: u32 = 4;

#[derive(Debug, Clone)]
pub enum Step {
    Write {
        source: usize,
        name: String,
        content: usize,
    },
    Remove {
        source: usize,
        name: String,
    },
    Move {
        source: usize,
        from: String,
        to: String,
    },
    Copy {
        source: usize,
        from: String,
        to: String,
    },
    /// Another declared type: what was taken with the one before is refused.
    Redefine {
        source: usize,
        /// And what to do about it.
        reset: bool,
    },
    Ask {
        source: usize,
        verb: AskStep,
    },
    Run {
        days: u64,
        load: bool,
        full_refresh: bool,
        accept_drop: bool,
    },
    /// A run of the program itself, that is killed or gets an error at a step.
    Fault {
        days: u64,
        load: bool,
        failpoint: Failpoint,
        hit: u32,
        abort: bool,
    },
    /// An earlier day once more.
    Backfill {
        nth: usize,
        now: bool,
    },
    /// State, warehouse or both are lost, and built again.
    Lose {
        state: bool,
        warehouse: bool,
        /// Contents that were overwritten or removed are to be had elsewhere.
        archive: bool,
    },
}

#[derive(Debug, Clone)]
pub enum AskStep {
    Reset {
        accept_drop: bool,
    },
    /// To one of the runs there were.
    Rewind {
        nth: usize,
    },
    Pass(String),
    Hold(String),
    /// One of the globs that are held.
    Release {
        nth: usize,
    },
}

fn name() -> impl Strategy<Value = String> {
    // One of them is longer: it comes behind the others.
    (1..=NAMES).prop_map(|n| {
        if n == NAMES {
            "10".to_owned()
        } else {
            n.to_string()
        }
    })
}

fn glob() -> impl Strategy<Value = String> {
    prop_oneof![3 => name(), 1 => Just("1*".to_owned()), 1 => Just("*".to_owned())]
}

fn source() -> impl Strategy<Value = usize> {
    0..SOURCES.len()
}

fn verb() -> impl Strategy<Value = AskStep> {
    prop_oneof![
        2 => any::<bool>().prop_map(|accept_drop| AskStep::Reset { accept_drop }),
        3 => any::<usize>().prop_map(|nth| AskStep::Rewind { nth }),
        2 => glob().prop_map(AskStep::Pass),
        2 => glob().prop_map(AskStep::Hold),
        2 => any::<usize>().prop_map(|nth| AskStep::Release { nth }),
    ]
}

fn failpoint() -> impl Strategy<Value = Failpoint> {
    let of_runs = Failpoint::ALL.iter().copied();
    let of_runs = of_runs.filter(|f| !f.is_of_rebuild());
    prop::sample::select(of_runs.collect::<Vec<_>>())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => (source(), name(), 0..CONTENTS.len())
            .prop_map(|(source, name, content)| Step::Write { source, name, content }),
        6 => (source(), name()).prop_map(|(source, name)| Step::Remove { source, name }),
        6 => (source(), name(), name())
            .prop_map(|(source, from, to)| Step::Move { source, from, to }),
        4 => (source(), name(), name())
            .prop_map(|(source, from, to)| Step::Copy { source, from, to }),
        1 => (source(), prop::bool::weighted(0.8))
            .prop_map(|(source, reset)| Step::Redefine { source, reset }),
        10 => (source(), verb()).prop_map(|(source, verb)| Step::Ask { source, verb }),
        10 => (0..2_u64, prop::bool::weighted(0.2), prop::bool::weighted(0.08), prop::bool::weighted(0.8))
            .prop_map(|(days, load, full_refresh, accept_drop)| Step::Run {
                days, load, full_refresh, accept_drop
            }),
        3 => (0..2_u64, prop::bool::weighted(0.2), failpoint(), 1..3_u32, any::<bool>())
            .prop_map(|(days, load, failpoint, hit, abort)| Step::Fault {
                days, load, failpoint, hit, abort
            }),
        3 => (any::<usize>(), prop::bool::weighted(0.2))
            .prop_map(|(nth, now)| Step::Backfill { nth, now }),
        2 => (any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(state, warehouse, archive)| Step::Lose { state, warehouse, archive }),
    ]
}

/// How the sources of a case are set up, and what is done.
#[derive(Debug, Clone)]
pub struct Case {
    /// Of the source that appends.
    pub copies_count: bool,
    /// By source.
    pub retracts: [bool; 3],
    pub steps: Vec<Step>,
}

impl Step {
    /// The same for another source.
    fn at(mut self, at: usize) -> Self {
        match &mut self {
            Step::Write { source, .. }
            | Step::Remove { source, .. }
            | Step::Move { source, .. }
            | Step::Copy { source, .. }
            | Step::Redefine { source, .. }
            | Step::Ask { source, .. } => *source = at,
            Step::Run { .. } | Step::Fault { .. } | Step::Backfill { .. } | Step::Lose { .. } => {}
        }
        self
    }
}

pub fn case() -> impl Strategy<Value = Case> {
    (
        any::<bool>(),
        any::<[bool; 3]>(),
        // Mostly one source is busy: then what is done to it meets.
        prop::option::weighted(0.7, source()),
        prop::collection::vec(step(), 4..60),
    )
        .prop_map(|(copies_count, retracts, busy, steps)| Case {
            copies_count,
            retracts,
            steps: match busy {
                Some(busy) => steps.into_iter().map(|step| step.at(busy)).collect(),
                None => steps,
            },
        })
}
