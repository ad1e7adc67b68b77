//! Each rule by an example.

use super::*;

const NONE: [&str; 0] = [];

#[test]
fn new_files_are_taken_in_natural_order() {
    let mut world = World::new(LoadMode::Append);
    let steps = world.run(&[("d-10", "C"), ("d-9", "B"), ("d-1", "A")]);
    assert_eq!(
        steps,
        [
            "take 1 at 1.1: d-1",
            "take 2 at 1.2: d-9",
            "take 3 at 1.3: d-10"
        ]
    );
    let again = world.plan(&[("d-1", "A"), ("d-9", "B"), ("d-10", "C")]);
    assert_eq!((again.steps.len(), again.unchanged), (0, 3));
    let more = world.run(&[("d-0", "D"), ("d-1", "A"), ("d-9", "B"), ("d-10", "C")]);
    assert_eq!(more, ["take 4 at 2.1: d-0"]);
}

#[test]
fn a_changed_path_is_a_rewrite_in_its_place() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("a", "A"), ("b", "B")]);
        assert_eq!(world.run(&[("a", "X"), ("b", "B")]), ["rewrite 1 by 3: a"]);
        assert_eq!(world.live(), ["3 at 1.1: a", "2 at 1.2: b"]);
        // And back: what was replaced does not count any more.
        assert_eq!(world.run(&[("a", "A"), ("b", "B")]), ["rewrite 3 by 4: a"]);
        assert_eq!(world.live(), ["4 at 1.1: a", "2 at 1.2: b"]);
    }
}

#[test]
fn appended_content_is_followed_where_it_goes() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A"), ("b", "B")]);
    assert_eq!(world.run(&[("c", "A"), ("b", "B")]), ["rename 1: c"]);
    assert_eq!(
        world.run(&[("b", "A"), ("c", "B")]),
        ["rename 1: b", "rename 2: c"]
    );
    assert_eq!(world.live(), ["1 at 1.1: b", "2 at 1.2: c"]);
    // Moved away, and a new content in its place.
    assert_eq!(
        world.run(&[("b", "X"), ("c", "B"), ("d", "A")]),
        ["take 3 at 4.1: b", "rename 1: d"]
    );
}

#[test]
fn appended_copies_are_one_input_file() {
    let mut world = World::new(LoadMode::Append);
    assert_eq!(
        world.run(&[("a", "A"), ("b", "A"), ("c", "C")]),
        [
            "take 1 at 1.1: a",
            "take 2 at 1.2: c",
            "duplicate b of 1: a b"
        ]
    );
    assert_eq!(
        world.run(&[("a", "A"), ("b", "A"), ("c", "C"), ("d", "A")]),
        ["duplicate d of 1: a b d"]
    );
    // One of them gone is nothing; one of them changed is a new content.
    let files = [("a", "A"), ("b", "A"), ("c", "C")];
    assert_eq!(world.run(&files), NONE);
    assert_eq!(
        world.run(&[("a", "X"), ("b", "A"), ("c", "C")]),
        ["take 3 at 4.1: a", "fewer paths of 1: b"]
    );
    assert_eq!(world.live(), ["1 at 1.1: b", "2 at 1.2: c", "3 at 4.1: a"]);
}

#[test]
fn a_path_may_change_to_a_content_that_counts() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A"), ("b", "B")]);
    assert_eq!(
        world.run(&[("a", "B"), ("b", "B")]),
        ["retract 1", "duplicate a of 2: a b"]
    );
    assert_eq!(world.live(), ["2 at 1.2: a b"]);
    // Retracted, then back: at a new place.
    assert_eq!(
        world.run(&[("a", "B"), ("b", "B"), ("c", "A")]),
        ["take 3 at 3.1: c"]
    );
}

#[test]
fn a_rewrite_brings_its_copies_along() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("b", "B")]);
    assert_eq!(
        world.run(&[("a", "X"), ("b", "X")]),
        ["rewrite 1 by 2: b", "duplicate a of 2: a b"]
    );
    assert_eq!(world.live(), ["2 at 1.1: a b"]);
}

#[test]
fn all_copies_changed_leave_one_place() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A"), ("b", "A")]);
    assert_eq!(
        world.run(&[("a", "X"), ("b", "Y")]),
        ["rewrite 1 by 2: a", "take 3 at 2.1: b"]
    );
}

#[test]
fn copies_may_count_each() {
    let mut world = World::new(LoadMode::Append);
    world.source.duplicates = Duplicates::Load;
    assert_eq!(
        world.run(&[("a", "A"), ("b", "A")]),
        ["take 1 at 1.1: a", "take 2 at 1.2: b"]
    );
    assert_eq!(world.run(&[("b", "A"), ("c", "A")]), ["rename 1: c"]);
    assert_eq!(
        world.run(&[("b", "A"), ("c", "A"), ("d", "A")]),
        ["take 3 at 3.1: d"]
    );
    assert_eq!(
        world.run(&[("b", "B"), ("c", "A"), ("d", "A"), ("e", "A")]),
        ["take 4 at 4.1: b", "rename 2: e"]
    );
}

#[test]
fn what_vanished_stays_unless_told() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("a", "A"), ("b", "B")]);
        assert_eq!(world.run(&[("b", "B")]), ["vanished 1"]);
        assert_eq!(world.run(&[("a", "A"), ("b", "B")]), NONE, "back as it was");
        assert_eq!(world.run(&[]), ["vanished 1", "vanished 2"]);
        world.source.on_vanish = OnVanish::Retract;
        assert_eq!(world.run(&[("b", "B")]), ["retract 1"]);
        assert_eq!(world.run(&[("a", "A"), ("b", "B")]), ["take 3 at 6.1: a"]);
    }
}

#[test]
fn what_was_reset_is_taken_again_where_it_stood() {
    for load in [LoadMode::Append, LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("b", "B")]);
        world.run(&[("a", "A"), ("b", "B"), ("c", "C")]);
        world.reset();
        assert_eq!(
            world.run(&[("a", "A"), ("b", "B"), ("d", "D")]),
            ["take 1 at 1.1: b", "take 2 at 2.1: a", "take 4 at 3.1: d"]
        );
        assert_eq!(
            world.run(&[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]),
            ["take 3 at 2.2: c"]
        );
        world.reset();
        assert_eq!(
            world.run(&[("a", "X"), ("b", "B"), ("c", "C"), ("d", "D")]),
            [
                "take 1 at 1.1: b",
                "rewrite 2 by 5: a",
                "take 3 at 2.2: c",
                "take 4 at 3.1: d"
            ]
        );
    }
}

#[test]
fn appended_copies_are_reset_together() {
    let mut world = World::new(LoadMode::Append);
    world.run(&[("a", "A"), ("b", "A")]);
    world.reset();
    assert_eq!(
        world.run(&[("b", "A"), ("c", "A")]),
        ["take 1 at 1.1: b", "duplicate c of 1: b c"]
    );
    assert_eq!(world.live(), ["1 at 1.1: b c"]);
}

#[test]
fn where_the_last_one_counts_every_new_path_is_a_delivery() {
    for load in [LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("1", "A")]);
        world.run(&[("1", "A"), ("2", "B")]);
        assert_eq!(
            world.run(&[("1", "A"), ("2", "B"), ("3", "A"), ("4", "A")]),
            ["take 3 at 3.1: 3", "take 4 at 3.2: 4"]
        );
    }
}

#[test]
fn where_the_last_one_counts_only_the_last_is_renamed() {
    for load in [LoadMode::Upsert, LoadMode::Replace] {
        let mut world = World::new(load);
        world.run(&[("1", "A"), ("2", "B")]);
        assert_eq!(world.run(&[("1", "A"), ("5", "B")]), ["rename 2: 5"]);
        // Something was taken after it.
        assert_eq!(
            world.run(&[("5", "B"), ("6", "A")]),
            ["take 3 at 3.1: 6", "vanished 1"]
        );
        // Something new comes before it.
        assert_eq!(
            world.run(&[("5", "B"), ("7", "C"), ("8", "A")]),
            [
                "take 4 at 4.1: 7",
                "take 5 at 4.2: 8",
                "vanished 1",
                "vanished 3"
            ]
        );
        // Something new comes after it.
        assert_eq!(
            world.run(&[("5", "B"), ("7", "C"), ("9", "A"), ("10", "D")]),
            [
                "take 6 at 5.1: 10",
                "rename 5: 9",
                "vanished 1",
                "vanished 3"
            ]
        );
        // It did not vanish: it changed.
        assert_eq!(
            world.run(&[("5", "B"), ("7", "C"), ("9", "A"), ("10", "X"), ("11", "D")]),
            [
                "rewrite 6 by 7: 10",
                "take 8 at 6.1: 11",
                "vanished 1",
                "vanished 3"
            ]
        );
    }
}
