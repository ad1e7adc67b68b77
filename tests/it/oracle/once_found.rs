//! Cases that once found an error, made small.

use std::cell::RefCell;

use workbench::failpoint::Failpoint;

use super::steps::{AskStep, Case, Step};
use super::{Sums, try_case};

fn write(source: usize, name: &str, content: usize) -> Step {
    let name = name.to_owned();
    Step::Write {
        source,
        name,
        content,
    }
}

fn run(days: u64, full_refresh: bool, accept_drop: bool) -> Step {
    Step::Run {
        days,
        load: false,
        full_refresh,
        accept_drop,
    }
}

fn ask(source: usize, verb: AskStep) -> Step {
    Step::Ask { source, verb }
}

fn hold(case: Case) {
    let sums = RefCell::new(Sums::new());
    if let Err(error) = try_case(&case, &sums) {
        panic!("{error}");
    }
}

/// A `replace` source made anew reads its last file alone. Its table lacks what an
/// earlier file has, which is read again when the last one goes.
#[test]
fn a_table_made_anew_lacks_the_columns_of_what_is_read_again() {
    hold(Case {
        copies_count: false,
        retracts: [false; 3],
        steps: vec![
            write(2, "1", 2),
            write(2, "3", 4),
            run(1, false, false),
            write(2, "1", 6),
            run(1, false, true),
            run(1, true, true),
            ask(
                1,
                AskStep::Release {
                    nth: 7289298509533763764,
                },
            ),
            ask(
                1,
                AskStep::Rewind {
                    nth: 4397361402282862770,
                },
            ),
            run(0, false, true),
            ask(
                2,
                AskStep::Rewind {
                    nth: 17972735334377317613,
                },
            ),
            ask(
                1,
                AskStep::Rewind {
                    nth: 9733409046288301804,
                },
            ),
            run(1, false, false),
            ask(1, AskStep::Hold("*".to_owned())),
            ask(1, AskStep::Pass("1*".to_owned())),
            Step::Fault {
                days: 0,
                load: false,
                failpoint: Failpoint::TargetLocked,
                hit: 2,
                abort: false,
            },
            Step::Move {
                source: 0,
                from: "1".to_owned(),
                to: "10".to_owned(),
            },
            write(1, "10", 7),
            write(2, "10", 4),
            write(0, "2", 1),
        ],
    });
}

/// A file without a row counts, so its table keeps its types until it is reset,
/// also while an earlier day is computed as known then.
#[test]
fn a_backfill_does_not_change_the_types_of_an_empty_table() {
    hold(Case {
        copies_count: false,
        retracts: [false; 3],
        steps: vec![
            write(2, "3", 4),
            run(1, false, false),
            ask(2, AskStep::Hold("3".to_owned())),
            run(1, false, false),
            Step::Redefine {
                source: 2,
                reset: true,
            },
            Step::Backfill { nth: 0, now: false },
            Step::Redefine {
                source: 2,
                reset: false,
            },
            write(2, "4", 8),
            run(1, false, true),
        ],
    });
}
