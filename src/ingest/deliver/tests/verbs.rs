//! What is asked for, by examples.

use super::*;
use crate::ingest::glob::PathGlob;
use crate::model::wish::{Left, LeftFile};

const NONE: [&str; 0] = [];

fn again(after: Option<RunNumber>) -> Asked {
    Asked {
        again: vec![Again { after }],
        ..Asked::default()
    }
}

fn pass(glob: &str) -> Asked {
    Asked {
        processed: vec![PathGlob::stored(glob)],
        ..Asked::default()
    }
}

fn left(path: &str, why: Left) -> LeftFile {
    LeftFile {
        path: path.to_owned(),
        why,
    }
}

#[test]
fn what_lies_there_is_taken_again_where_it_stood() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("b", "B")]);
        world.run(&[("a", "A"), ("b", "B"), ("c", "C")]);
        let files = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")];
        assert_eq!(
            world.run_asked(&files, &again(None)),
            [
                "take 1 at 1.1: b",
                "take 2 at 2.1: a",
                "take 3 at 2.2: c",
                "take 4 at 3.1: d"
            ]
        );
        // The run that took it again is the one that took it last.
        assert_eq!(world.run_asked(&files, &again(Some(3))), NONE);
        assert_eq!(world.live()[0], "1 at 1.1: b");
    }
}

#[test]
fn only_what_later_runs_took_is_rewound() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("a", "A"), ("b", "B")]);
        world.run(&[("a", "X"), ("b", "B"), ("c", "C")]);
        // A rewrite counts as taken by its own run.
        assert_eq!(
            world.run_asked(&[("a", "X"), ("b", "B"), ("c", "C")], &again(Some(1))),
            ["take 3 at 1.1: a", "take 4 at 2.1: c"]
        );
    }
}

#[test]
fn what_is_gone_or_held_stays_as_it_was_taken() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A"), ("b", "B"), ("c", "C")]);
    world.hold("c");
    let files = [("b", "B"), ("c", "C")];
    let planned = world.plan_asked(&files, &again(None));
    assert_eq!(planned.again[0].numbers, [2]);
    assert_eq!(
        planned.again[0].left,
        [left("a", Left::Gone), left("c", Left::Held)]
    );
    assert_eq!(
        world.run_asked(&files, &again(None)),
        ["take 2 at 1.2: b", "vanished 1"]
    );
    // Its content under another name is it.
    world.release("c");
    assert_eq!(
        world.run_asked(&[("b", "B"), ("c", "C"), ("z", "A")], &again(None)),
        ["take 1 at 1.1: z", "take 2 at 1.2: b", "take 3 at 1.3: c"]
    );
}

#[test]
fn where_the_last_one_counts_only_what_can_be_put_in_order_is_taken_again() {
    for load in [LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("1", "A"), ("2", "B"), ("3", "C")]);
        let files = [("1", "A"), ("3", "C")];
        let planned = world.plan_asked(&files, &again(None));
        assert_eq!(planned.again[0].numbers, [3]);
        let before = Left::Before {
            gone: "2".to_owned(),
        };
        assert_eq!(
            planned.again[0].left,
            [left("1", before), left("2", Left::Gone)]
        );
        // Its content lies there: what came before it can be put in order.
        let planned = world.plan_asked(&[("1", "A"), ("3", "C"), ("9", "B")], &again(None));
        assert_eq!(planned.again[0].numbers, [1, 3]);
        // Replaced by this run, it is in nobody's way.
        let planned = world.plan_asked(&[("1", "A"), ("2", "X"), ("3", "C")], &again(None));
        assert_eq!(planned.again[0].numbers, [1, 3]);
    }
}

#[test]
fn held_files_are_left_as_they_are() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.source.on_vanish = OnVanish::Retract;
        world.run(&[("a", "A"), ("b", "B"), ("c", "C")]);
        world.hold("[a-d]");
        // Rewritten, gone, and new.
        let files = [("a", "X"), ("c", "C"), ("d", "D"), ("e", "E")];
        let planned = world.plan(&files);
        assert_eq!(planned.held, ["a", "b", "c", "d"]);
        assert_eq!(planned.unchanged, 0);
        assert_eq!(world.run(&files), ["take 4 at 2.1: e"]);
        world.release("[a-d]");
        assert_eq!(
            world.run(&files),
            ["retract 2", "rewrite 1 by 5: a", "take 6 at 3.1: d"]
        );
    }
}

#[test]
fn a_held_path_still_carries_its_content() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A"), ("b", "A")]);
    world.hold("a");
    // Copies of it are copies; the other path may go or change.
    assert_eq!(
        world.run(&[("c", "A")]),
        ["duplicate c of 1: a c"],
        "a is not looked at"
    );
    assert_eq!(
        world.run(&[("a", "A"), ("c", "X")]),
        ["take 2 at 3.1: c", "fewer paths of 1: a"]
    );
}

#[test]
fn an_emptied_table_is_filled_from_held_files_that_did_not_change() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("a", "A"), ("b", "B")]);
        world.hold("[abc]");
        world.reset();
        let refresh = Asked {
            refresh: true,
            ..Asked::default()
        };
        assert_eq!(
            world.run_asked(&[("a", "A"), ("b", "X"), ("c", "C")], &refresh),
            ["take 1 at 1.1: a"]
        );
    }
}

#[test]
fn what_is_set_as_processed_counts_as_taken_and_has_no_rows() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        let files = [("a", "A"), ("b", "B"), ("c", "C")];
        assert_eq!(
            world.run_asked(&files, &pass("[ab]")),
            [
                "process 1 at 1.1: a",
                "process 2 at 1.2: b",
                "take 3 at 1.3: c"
            ]
        );
        assert_eq!(world.live(), ["3 at 1.3: c"]);
        let planned = world.plan(&files);
        assert_eq!((planned.steps.len(), planned.unchanged), (0, 3));
        // Gone and back is nothing; a rewrite takes its place.
        assert_eq!(world.run(&[("b", "X"), ("c", "C")]), ["rewrite 2 by 4: b"]);
        assert_eq!(world.run(&[("a", "A"), ("b", "X"), ("c", "C")]), NONE);
        // A reset loads it.
        assert_eq!(
            world.run_asked(&[("a", "A"), ("b", "X"), ("c", "C")], &again(Some(0)))[0],
            "take 1 at 1.1: a"
        );
        assert_eq!(world.live(), ["1 at 1.1: a", "4 at 1.2: b", "3 at 1.3: c"]);
    }
}

#[test]
fn copies_are_passed_over_only_together() {
    let mut world = World::new(LoadMode::Append);
    let files = [("a", "A"), ("b", "A")];
    assert_eq!(
        world.run_asked(&files, &pass("b")),
        ["take 1 at 1.1: a", "duplicate b of 1: a b"]
    );
    let mut world = World::new(LoadMode::Append);
    assert_eq!(
        world.run_asked(&files, &pass("*")),
        ["process 1 at 1.1: a", "duplicate b of 1: a b"]
    );
    // What was taken, or takes the place of something, is not passed over.
    assert_eq!(
        world.run_asked(&[("a", "X"), ("b", "A"), ("c", "A")], &pass("*")),
        ["process 2 at 2.1: a", "duplicate c of 1: b c"]
    );
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A")]);
    assert_eq!(
        world.run_asked(&[("a", "X")], &pass("*")),
        ["rewrite 1 by 2: a"]
    );
}
