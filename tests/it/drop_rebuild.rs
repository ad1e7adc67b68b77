//! A project with days that were dropped and put back: `doctor` finds nothing wrong
//! in it, and `rebuild` makes it again. The oracle is a copy to which nothing happened.

use serde_json::Value;

use super::drop::two_days;
use super::rebuild::{BOTH, copy, lose};
use super::snapshots::assert_told_truly;
use super::world::World;

const STATE: &str = ".workbench/state.db";

/// Days that were dropped whole, in part, and again; put back whole, in part, and as
/// they stood earlier. Of `days` before them each is published, so that some of it is
/// told by checkpoints alone.
fn eventful(days: Option<(&str, &str)>) -> World {
    let mut world = two_days();
    let run = |world: &World, args: &[&str]| world.run(args).ok();
    if let Some((from, to)) = days {
        run(&world, &["export", "--from", from, "--to", to]);
    }
    for day in ["2024-10-30", "2024-10-31", "2024-11-01", "2024-11-02"] {
        run(&world, &["export", "--date", day]);
    }
    let change = |world: &World, words: &[&str]| {
        let ended = world
            .run(&[&["snapshots"], words, &["--yes"]].concat())
            .ok();
        assert!(!ended.stdout.contains("Nothing to do"), "{}", ended.stdout);
    };
    change(&world, &["drop", "2024-10-30"]);
    change(&world, &["drop", "2024-10-31", "orders"]);
    change(&world, &["drop", "2024-11-01"]);
    change(&world, &["drop", "2024-11-02"]);
    // As an earlier run had published it, and of one dataset.
    change(&world, &["restore", "2024-11-03", "--run", "1"]);
    let runs = world.run(&["runs", "--limit", "99", "--format", "json"]);
    let of = |day: &str| {
        let runs = runs.json();
        let mut runs = runs.as_array().unwrap().iter();
        let is_it = |run: &&Value| run["ingest_date"] == day && run["kind"] == "export";
        runs.find(is_it).unwrap()["run"].to_string()
    };
    let run_of_the_second = of("2024-11-02");
    change(
        &world,
        &[
            "restore",
            "2024-11-02",
            "customer_level",
            "--run",
            &run_of_the_second,
        ],
    );
    // Computed anew, and dropped once more.
    run(&world, &["export", "--date", "2024-11-01"]);
    change(&world, &["drop", "2024-11-01", "customer_level"]);
    // A load that nobody has told the target of, told by the last run.
    world.write(
        "raw/orders/orders_3.csv",
        "order_id,customer_id,amount\n30,1,3.00\n",
    );
    world.today = "2024-11-05".to_owned();
    run(&world, &["load"]);
    run(&world, &["export"]);
    change(&world, &["drop", "2024-11-04"]);
    world
}

/// All that a project answers about its days.
fn answers(world: &World) -> Vec<String> {
    let json = |args: &[&str]| {
        let told = world.run(&[args, &["--format", "json"]].concat()).ok();
        format!("{args:?}: {}", told.stdout)
    };
    let mut answers: Vec<String> = [
        &["snapshots"][..],
        &["snapshots", "--dropped"],
        &["snapshots", "--as-of", "3"],
        &["snapshots", "--as-of", "5"],
        &["runs", "--limit", "999"],
        &["bookmarks"],
        &["catalog"],
        &["catalog", "orders"],
        &["transforms"],
        &["transforms", "history", "features.orders"],
        &["diff", "orders", "1", "3"],
        &["diff", "customer_level"],
        &["plan"],
        &["plan", "--date", "2024-10-30"],
        &["export", "--from", "2024-10-30", "--dry-run", "--missing"],
    ]
    .map(json)
    .into();
    for sql in [
        "SELECT * FROM history.orders ORDER BY ALL",
        "SELECT * FROM history.customer_level ORDER BY ALL",
        "SELECT * FROM features.orders ORDER BY ALL",
    ] {
        answers.push(format!("{sql}: {}", world.query(sql)));
    }
    answers
}

/// How long things took differs.
fn without_times(answer: &str) -> String {
    let is_time = |line: &&str| !line.trim_start().starts_with("\"seconds\"");
    answer
        .lines()
        .filter(is_time)
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn assert_same(rebuilt: &World, untouched: &World, when: &str) {
    for (one, other) in answers(rebuilt).iter().zip(answers(untouched)) {
        let (one, other) = (without_times(one), without_times(&other));
        let mut lines = one.lines().zip(other.lines());
        let first = lines.find(|(one, other)| one != other);
        assert_eq!(first, None, "{when}: {one}");
        assert_eq!(one, other, "{when}");
    }
    let published = |world: &World| world.published("output");
    assert_eq!(published(rebuilt), published(untouched), "{when}");
    assert_told_truly(rebuilt);
}

#[track_caller]
fn assert_sound(world: &World, when: &str) {
    let told = world.run(&["doctor", "--deep"]).ok().stdout;
    assert!(told.contains("All is as it should be."), "{when}: {told}");
}

/// What is dropped can be put back, computed, and left as it is.
#[track_caller]
fn assert_goes_on(worlds: [&mut World; 2]) {
    let [rebuilt, untouched] = worlds.map(|world| {
        let nothing = world.run(&["export", "--format", "json"]).ok().json();
        assert_eq!(nothing["run"], Value::Null, "{nothing:#}");
        for args in [
            &["snapshots", "restore", "2024-11-04", "--run", "4", "--yes"][..],
            &["snapshots", "restore", "2024-11-03", "--run", "3", "--yes"],
            &["snapshots", "drop", "2024-11-02", "--yes"],
            &["export", "--date", "2024-10-31"],
        ] {
            world.run(args).ok();
        }
        world.today = "2024-11-06".to_owned();
        world.run(&["export"]).ok();
        &*world
    });
    assert_same(rebuilt, untouched, "some days later");
    assert_sound(rebuilt, "some days later");
}

fn rebuilt_as_if_nothing_had_happened(world: &World, all_lost: &[&[&str]]) {
    assert_sound(world, "before");
    for lost in all_lost {
        let (mut untouched, mut rebuilt) = (copy(world), copy(world));
        lose(&rebuilt, lost);
        let told = rebuilt.run(&["rebuild", "--format", "json"]).ok().json();
        assert_eq!(told["losses"], serde_json::json!([]), "{told:#}");
        let when = format!("after {lost:?} was lost");
        assert_same(&rebuilt, &untouched, &when);
        let events = "SELECT * FROM warehouse.ledger.events WHERE 'raw.' <> '' ORDER BY ALL";
        assert!(rebuilt.query(events) == untouched.query(events), "{when}");
        assert_sound(&rebuilt, &when);
        let nothing = rebuilt.run(&["rebuild"]).ok().stdout;
        assert!(nothing.contains("nothing to rebuild"), "{nothing}");
        assert_goes_on([&mut rebuilt, &mut untouched]);
    }
}

#[test]
fn a_rebuild_remembers_what_was_dropped_and_put_back() {
    let all = [BOTH, &["state.db"], &["warehouse.duckdb"]];
    rebuilt_as_if_nothing_had_happened(&eventful(None), &all);
}

#[test]
fn a_rebuild_remembers_it_from_checkpoints_too() {
    let world = eventful(Some(("2024-09-01", "2024-10-29")));
    assert!(
        world
            .path("output/_workbench/checkpoints/000000000064.json")
            .exists()
    );
    rebuilt_as_if_nothing_had_happened(&world, &[BOTH]);
}

/// A target from a backup knows less than state: what was dropped since is there.
#[test]
fn a_target_from_before_a_drop_is_gone_on_from() {
    let world = two_days();
    let untouched = copy(&world);
    world
        .run(&["snapshots", "drop", "2024-11-03", "--yes"])
        .ok();
    std::fs::remove_dir_all(world.path("output")).unwrap();
    let (from, to) = (untouched.path("output"), world.path("output"));
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status();
    assert!(copied.unwrap().success());
    world.run(&["rebuild"]).ok();
    for args in [&["snapshots", "--dropped"][..], &["snapshots"]] {
        assert_eq!(world.run(args).ok().stdout, untouched.run(args).ok().stdout);
    }
    assert_told_truly(&world);
    let nothing = world.run(&["export", "--date", "2024-11-03", "--format", "json"]);
    assert_eq!(nothing.ok().json()["run"], Value::Null);
    assert_sound(&world, "after the target came from a backup");
    world
        .run(&["snapshots", "drop", "2024-11-03", "--yes"])
        .ok();
    assert_told_truly(&world);
}

/// What a run did is told by the ledger, where nobody else knows it any more.
#[test]
fn a_run_that_dropped_is_still_one_after_a_rebuild() {
    let world = two_days();
    let drop = world.run(&["snapshots", "drop", "2024-11-03", "--yes"]);
    drop.ok();
    let restore = ["snapshots", "restore", "2024-11-03", "--run", "1", "--yes"];
    world.run(&restore).ok();
    let summary = |run: &str| {
        let shown = world.run(&["runs", "show", run, "--format", "json"]);
        shown.ok().json()["summary"].clone()
    };
    let before = [summary("5"), summary("6")];
    lose(&world, &["state.db"]);
    world.run(&["rebuild"]).ok();
    for (before, after) in before.iter().zip([summary("5"), summary("6")]) {
        for field in ["run", "kind", "ingest_date", "target"] {
            assert_eq!(before[field], after[field], "{field} of {after:#}");
        }
        let partitions = |of: &Value| {
            let mut all = of["partitions"].as_array().unwrap().clone();
            // Only whoever put it back knew what stood there.
            all.iter_mut().for_each(|p| p["replaces"] = Value::Null);
            all
        };
        assert_eq!(partitions(before), partitions(&after));
        let fields =
            |of: &Value| -> Vec<String> { of.as_object().unwrap().keys().cloned().collect() };
        assert_eq!(fields(before), fields(&after));
    }
}

/// A drop that died is settled by whoever comes next, also if state is lost by then.
#[test]
fn a_drop_that_died_is_settled_after_a_rebuild() {
    for step in [
        "warehouse-committed",
        "intent-put",
        "partition-removed",
        "commit-put",
    ] {
        let world = two_days();
        let drop = ["snapshots", "drop", "2024-11-03", "--yes"];
        let died = world.run_with(&drop, &format!("{step}=abort"));
        assert_eq!(died.signal, Some(6), "{step}: {}", died.stderr);
        lose(&world, &["state.db"]);
        world.run(&["rebuild"]).ok();
        world.run(&["export"]).ok();
        assert_told_truly(&world);
        let left = world.run(&["snapshots", "--format", "csv"]).ok().stdout;
        assert!(!left.contains("2024-11-03"), "{step}: {left}");
        world.run(&["doctor", "--deep", "--fix"]).ok();
        assert_sound(&world, step);
    }
}

/// State is only a copy of what the commits say.
#[test]
fn a_copy_of_dropped_days_that_differs_is_found_and_mended() {
    let sound = eventful(None);
    for damage in [
        "DELETE FROM dropped",
        "DELETE FROM dropped WHERE ingest_date = '2024-10-30' AND dataset = 'orders'",
        "INSERT INTO dropped SELECT target, dataset, 2, ingest_date, document FROM dropped LIMIT 1",
        "UPDATE dropped SET ingest_date = '2024-10-29' WHERE ingest_date = '2024-10-30'",
        "UPDATE dropped SET document = json_set(document, '$.run', 1)",
        "UPDATE dropped SET document = json_set(document, '$.rows', 0)
         WHERE ingest_date = '2024-11-04'",
        "INSERT INTO snapshots SELECT target, dataset, version, '2024-10-30', seq, run, rows, bytes,
             blake3, document, revision, computed_by, known_run, committed, mixed
         FROM snapshots WHERE ingest_date = '2024-11-05'",
        // What is listed, but for the document.
        "UPDATE snapshots SET mixed = 1 WHERE ingest_date = '2024-11-05'",
        "UPDATE snapshots SET rows = rows + 1",
        "UPDATE snapshots SET known_run = 1 WHERE ingest_date = '2024-11-05'",
    ] {
        let world = copy(&sound);
        let changed = rusqlite::Connection::open(world.path(STATE)).unwrap();
        changed.execute_batch(damage).unwrap();
        assert!(changed.changes() > 0, "{damage}");
        drop(changed);
        let document = world.run(&["doctor", "--format", "json"]).ok().json();
        let wrong = |check: &&Value| check["verdict"] != "ok";
        let wrong: Vec<&Value> = document["checks"].as_array().unwrap().iter().filter(wrong).collect();
        assert_eq!(wrong.len(), 1, "{damage}");
        assert_eq!(wrong[0]["check"], "agreement", "{damage}");
        assert_eq!(wrong[0]["verdict"], "warning", "{damage}");
        world.run(&["doctor", "--fix"]).ok();
        assert_sound(&world, damage);
        assert_same(&world, &sound, damage);
    }
}
