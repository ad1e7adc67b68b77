//! A drop and a restore, killed at every step: afterwards the day is there or it is
//! not, never between, and readers of the folder agree with the commits.

use std::collections::BTreeMap;

use workbench::failpoint::Failpoint;

use super::drop::two_days;
use super::snapshots::{assert_told_truly, lines};
use super::world::{World, walk};

const SIGABRT: i32 = 6;
const DROP: [&str; 4] = ["snapshots", "drop", "2024-11-03", "--yes"];
const RESTORE: [&str; 6] = ["snapshots", "restore", "2024-11-03", "--run", "3", "--yes"];

type Published = BTreeMap<String, String>;

/// The steps of both, with the hits at which they are tried: two datasets, two
/// documents.
fn steps(only: &[Failpoint]) -> impl Iterator<Item = (Failpoint, u32)> {
    let common = [
        (Failpoint::ProjectLocked, 1),
        (Failpoint::TargetLocked, 1),
        (Failpoint::RunPlanned, 1),
        (Failpoint::StagingSynced, 1),
        (Failpoint::WarehouseBegun, 1),
        (Failpoint::RunRecorded, 1),
        (Failpoint::WarehouseCommitted, 1),
        (Failpoint::WarehouseCheckpointed, 1),
        (Failpoint::StatePublishing, 1),
        (Failpoint::DocumentWritten, 1),
        (Failpoint::IntentPut, 1),
        (Failpoint::DocumentWritten, 2),
        (Failpoint::CommitPut, 1),
        (Failpoint::StateSucceeded, 1),
        (Failpoint::StagingRemoved, 1),
    ];
    let own = only.iter().flat_map(|f| [(*f, 1), (*f, 2)]);
    common.into_iter().chain(own.collect::<Vec<_>>())
}

/// Kills `command` at every step, and lets `export` find what is left.
fn killed_at_every_step(
    begin: impl Fn() -> World,
    command: &[&str],
    only: &[Failpoint],
    before: &Published,
    after: &Published,
) {
    for (failpoint, hit) in steps(only) {
        let fault = format!("{}#{hit}=abort", failpoint.name());
        let world = begin();
        let died = world.run_with(command, &fault);
        assert_eq!(died.signal, Some(SIGABRT), "{fault}: {}", died.stderr);
        // Each partition is there, whole, or not.
        let meanwhile = world.published("output");
        for (key, hash) in &meanwhile {
            assert!(
                [before, after].iter().any(|p| p.get(key) == Some(hash)),
                "{fault}: {key}"
            );
        }
        let next = world.run(&["export", "--format", "json"]).ok().json();
        let committed = failpoint >= Failpoint::WarehouseCommitted;
        let expected = if committed { after } else { before };
        assert_eq!(world.published("output"), *expected, "after {fault}");
        assert_told_truly(&world);
        let left = walk(&world.path("output/_workbench/tmp"));
        assert!(left.is_empty(), "left behind after {fault}: {left:?}");
        let outcome = &next["recovered"][0]["status"];
        if committed && failpoint < Failpoint::StateSucceeded {
            assert_eq!(outcome, "succeeded", "after {fault}");
        } else if !committed && failpoint >= Failpoint::RunPlanned {
            assert_eq!(outcome, "undone", "after {fault}");
        }
        // Asked for once more, it is done, by a new run or by none.
        world.run(command).ok();
        assert_eq!(world.published("output"), *after, "after {fault}");
        assert_told_truly(&world);
    }
}

fn dropped() -> World {
    let world = two_days();
    world.run(&DROP).ok();
    world
}

#[test]
fn a_drop_killed_at_any_step_is_done_or_not() {
    let before = two_days().published("output");
    let after = dropped().published("output");
    assert_eq!((before.len(), after.len()), (4, 2));
    killed_at_every_step(
        two_days,
        &DROP,
        &[Failpoint::ObjectKept, Failpoint::PartitionRemoved],
        &before,
        &after,
    );
}

#[test]
fn a_restore_killed_at_any_step_is_done_or_not() {
    let before = dropped().published("output");
    let after = two_days().published("output");
    killed_at_every_step(
        dropped,
        &RESTORE,
        &[
            Failpoint::OutputStaged,
            Failpoint::ObjectLinked,
            Failpoint::PartitionRenamed,
            Failpoint::PartitionSynced,
        ],
        &before,
        &after,
    );
}

/// A world, a command in it, the step at which it dies, and its run.
type Case<'a> = (fn() -> World, &'a [&'a str], &'a str, &'a str);

/// Given up half-way: what was taken away comes back, what was put goes again.
#[test]
fn given_up_half_way_the_day_is_as_it_was() {
    let cases: [Case<'_>; 2] = [
        (two_days, &DROP, "partition-removed", "5"),
        (dropped, &RESTORE, "partition-renamed", "6"),
    ];
    for (begin, command, step, run) in cases {
        let world = begin();
        let before = (world.published("output"), lines(&world, &[]));
        let died = world.run_with(command, &format!("{step}#1=abort"));
        assert_eq!(died.signal, Some(SIGABRT));
        assert_ne!(world.published("output"), before.0);
        world.run(&["runs", "abandon", run]).ok();
        world.run(&["export"]).ok();
        assert_eq!(world.published("output"), before.0, "after {step}");
        assert_told_truly(&world);
        world.run(command).ok();
        assert_told_truly(&world);
    }
}

/// The copies that a restore staged are gone when it is completed: they are taken
/// from what is kept, and where that is gone too, the run can be given up.
#[test]
fn staged_copies_that_are_gone_are_taken_from_what_is_kept() {
    let world = dropped();
    let fault = "warehouse-committed=abort";
    assert_eq!(world.run_with(&RESTORE, fault).signal, Some(SIGABRT));
    std::fs::remove_dir_all(world.path("output/_workbench/tmp")).unwrap();
    world.run(&["export"]).ok();
    assert_eq!(world.published("output"), two_days().published("output"));

    let world = dropped();
    let before = world.published("output");
    assert_eq!(world.run_with(&RESTORE, fault).signal, Some(SIGABRT));
    std::fs::remove_dir_all(world.path("output/_workbench/tmp")).unwrap();
    std::fs::remove_dir_all(world.path("output/_workbench/objects")).unwrap();
    let ended = world.run(&["export"]).expect(1);
    assert!(
        ended.stderr.contains("its kept bytes are gone"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("runs abandon"), "{}", ended.stderr);
    world.run(&["runs", "abandon", "6"]).ok();
    world.run(&["export"]).ok();
    assert_eq!(world.published("output"), before);
    assert_told_truly(&world);
}

/// A checkpoint knows what was dropped: readers that begin there do too, and so does
/// a state that is made anew from it.
#[test]
fn a_checkpoint_remembers_what_was_dropped() {
    let world = World::shop();
    let day = |n: u64| {
        (chrono::NaiveDate::from_ymd_opt(2024, 8, 1).unwrap() + chrono::Days::new(n)).to_string()
    };
    for n in 1..=62 {
        world
            .run(&["export", "--date", &day(n), "--only", "orders"])
            .ok();
    }
    world.run(&["snapshots", "drop", &day(7), "--yes"]).ok();
    world
        .run(&["export", "--date", &day(63), "--only", "orders"])
        .ok();
    assert!(
        world
            .path("output/_workbench/checkpoints/000000000064.json")
            .exists()
    );
    assert_told_truly(&world);
    let told = world
        .run(&["snapshots", "--dropped", "--format", "csv"])
        .ok()
        .stdout;
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains(&format!("{},orders,1,3,", day(7))), "{told}");
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = std::fs::remove_file(world.path(".workbench").join(name));
    }
    let by_commits = world
        .run(&["snapshots", "--dropped", "--format", "csv"])
        .ok()
        .stdout;
    assert_eq!(by_commits, told);
    world.run(&["rebuild"]).ok();
    world
        .run(&["export", "--date", &day(63), "--only", "orders"])
        .ok();
    let by_state = world
        .run(&["snapshots", "--dropped", "--format", "csv"])
        .ok()
        .stdout;
    assert_eq!(by_state, told);
    assert_told_truly(&world);
}
