//! Two writers at one target: one commits, nothing is mixed, nothing wedged.

use std::path::Path;
use std::time::Duration;

use super::world::{World, copy_folder};

/// Waits until a paused run has written its file.
fn wait_for(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_second_project_is_refused_before_it_loads() {
    let first = World::shop();
    let target = first.path("shared").display().to_string();
    first.run(&["export", "--target", &target]).ok();
    let second = World::shop();
    let ended = second
        .run(&["export", "--target", &target, "--format", "json"])
        .expect(5);
    assert!(
        ended.stderr.contains("belongs to the project `shop`"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.json()["run"], serde_json::Value::Null);
    assert!(!second.path(".workbench/warehouse.duckdb").exists());
}

#[test]
fn a_target_without_an_owner_is_refused() {
    let world = World::shop();
    world.run(&["export"]).ok();
    std::fs::remove_file(world.path("output/_workbench/owner.json")).unwrap();
    let ended = world.run(&["export"]).expect(5);
    assert!(
        ended.stderr.contains("whose it is cannot be known"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_second_run_of_the_project_waits_or_ends_with_4() {
    let world = World::shop();
    let pause = world.path("paused");
    let mut child = world
        .command_with(
            &["export"],
            &format!("load-recorded=pause:{}", pause.display()),
        )
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&pause);
    let ended = world.run(&["export"]).expect(4);
    assert!(
        ended.stderr.contains(&format!("process {}", child.id())),
        "{}",
        ended.stderr
    );
    // Readers say who holds the warehouse, and read snapshots meanwhile.
    let reading = world.run(&["query", "SELECT * FROM raw.orders"]).expect(4);
    assert!(
        reading.stderr.contains("`workbench export`"),
        "{}",
        reading.stderr
    );
    let waiting = world
        .command(&["export", "--lock-timeout", "60"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::fs::remove_file(&pause).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(waiting.wait_with_output().unwrap().status.success());
}

/// Two copies of one project: a cloned `.workbench`, or a restored backup.
#[test]
fn of_two_copies_one_commits_and_the_other_is_refused() {
    let original = World::shop();
    let target = original.path("shared").display().to_string();
    let export = ["export", "--target", target.as_str()];
    original.run(&export).ok();
    let mut copy = World::empty();
    copy_folder(original.dir.path(), copy.dir.path());
    copy.today = "2024-11-04".to_owned();
    copy.run(&export).ok();
    // The original does not know of the copy's commit.
    let ended = original
        .run(&["export", "--target", &target, "--date", "2024-11-02"])
        .expect(1);
    assert!(ended.stderr.contains("do not agree"), "{}", ended.stderr);
    assert!(ended.stderr.contains("rebuild"), "{}", ended.stderr);
    assert_eq!(original.published("shared").len(), 4);
}

/// The copy died between its commit in the warehouse and its intent; meanwhile
/// the original took the sequence number.
#[test]
fn a_copy_that_lost_the_race_ends_abandoned() {
    let original = World::shop();
    let target = original.path("shared").display().to_string();
    original.run(&["export", "--target", &target]).ok();
    let mut copy = World::empty();
    copy_folder(original.dir.path(), copy.dir.path());
    copy.today = "2024-11-04".to_owned();
    copy.deliver_more();
    let died = copy.run_with(
        &["export", "--target", &target],
        "warehouse-committed=abort",
    );
    assert_eq!(died.signal, Some(6));
    let mut original = original;
    original.today = "2024-11-05".to_owned();
    original.run(&["export", "--target", &target]).ok();
    let published = original.published("shared");
    // It cannot publish from a ledger that the target has never heard of.
    let ended = copy.run(&["export", "--target", &target]).expect(1);
    assert!(ended.stderr.contains("rebuild"), "{}", ended.stderr);
    copy.run(&["runs", "abandon", "2"]).ok();
    let runs = copy.run(&["runs", "--format", "json"]).ok().json();
    assert_eq!(runs[0]["status"], "abandoned");
    // Its load stands; the original goes on.
    assert_eq!(copy.query("SELECT count(*) AS n FROM raw.orders"), "n\n5\n");
    assert_eq!(original.published("shared"), published);
    original.run(&["export", "--target", &target]).ok();
}

/// Both at work at once, on a file system whose locks do not hold.
#[test]
fn overtaken_in_the_middle_a_run_ends_abandoned() {
    let mut original = World::shop();
    let target = original.path("shared").display().to_string();
    original.run(&["export", "--target", &target]).ok();
    let mut copy = World::empty();
    copy_folder(original.dir.path(), copy.dir.path());
    copy.today = "2024-11-04".to_owned();
    copy.deliver_more();
    let pause = copy.path("paused");
    let child = copy
        .command_with(
            &["export", "--target", &target, "--format", "json"],
            &format!("state-publishing=pause:{}", pause.display()),
        )
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&pause);
    original.today = "2024-11-05".to_owned();
    original.run(&["export", "--target", &target]).expect(4);
    std::fs::remove_file(original.path("shared/_workbench/lock")).unwrap();
    original.run(&["export", "--target", &target]).ok();
    let published = original.published("shared");
    std::fs::remove_file(&pause).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["status"], "abandoned");
    assert!(
        document["error"]["message"]
            .as_str()
            .unwrap()
            .contains("overtaken")
    );
    assert_eq!(original.published("shared"), published);
    assert_eq!(copy.query("SELECT count(*) AS n FROM raw.orders"), "n\n5\n");
    original.run(&["export", "--target", &target]).ok();
}

/// The copy holds an open intent: the original names it, and can close it.
#[test]
fn an_open_intent_of_a_dead_copy_can_be_closed() {
    let mut original = World::shop();
    let target = original.path("output").display().to_string();
    original.run(&["export"]).ok();
    let mut copy = World::empty();
    copy_folder(original.dir.path(), copy.dir.path());
    copy.today = "2024-11-04".to_owned();
    copy.deliver_more();
    let died = copy.run_with(&["export", "--target", &target], "partition-renamed=abort");
    assert_eq!(died.signal, Some(6));
    original.today = "2024-11-04".to_owned();
    let ended = original.run(&["export"]).expect(5);
    assert!(ended.stderr.contains("runs abandon 2"), "{}", ended.stderr);
    original.run(&["runs", "abandon", "2"]).ok();
    original.run(&["export"]).ok();
    // The copy's half-published day was replaced by the original's, whole.
    let smooth = {
        let mut world = World::shop();
        world.run(&["export"]).ok();
        world.today = "2024-11-04".to_owned();
        world.run(&["export"]).ok();
        world.published("output")
    };
    assert_eq!(original.published("output"), smooth);
    let ended = copy.run(&["export", "--target", &target]);
    assert_ne!(ended.code, Some(0), "{}", ended.stdout);
    assert_eq!(original.published("output"), smooth);
}

/// A run given up half-way leaves keys that are put right, also of other days.
#[test]
fn an_abandoned_run_leaves_nothing_mixed() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.run(&["export"]).ok();
    let before = world.published("output");
    world.deliver_more();
    let backfill = ["export", "--date", "2024-11-03", "--known", "now"];
    let died = world.run_with(&backfill, "partition-renamed=abort");
    assert_eq!(died.signal, Some(6));
    assert_ne!(world.published("output"), before);
    world.run(&["runs", "abandon", "3"]).ok();
    let runs = world
        .run(&["runs", "show", "3", "--format", "json"])
        .ok()
        .json();
    assert_eq!(runs["status"], "abandoned");
    // An ordinary export of another day puts the key of the 3rd right.
    world.run(&["export"]).ok();
    let after = world.published("output");
    for (key, hash) in before.iter().filter(|(k, _)| k.contains("ingest_day=03")) {
        assert_eq!(&after[key], hash, "{key}");
    }
    let ended = world.run(&["runs", "abandon", "3"]).expect(2);
    assert!(ended.stderr.contains("ended already"), "{}", ended.stderr);
    world.run(&["runs", "abandon", "99"]).expect(2);
}

/// A target that cannot be reached does not keep a run from being given up.
#[test]
fn a_run_is_given_up_though_its_target_is_away() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    let died = world.run_with(&["export"], "intent-put=abort");
    assert_eq!(died.signal, Some(6));
    std::fs::rename(world.path("output"), world.path("away")).unwrap();
    let ended = world.run(&["runs", "abandon", "2"]).ok();
    assert!(
        ended.stdout.contains("could not be reached"),
        "{}",
        ended.stdout
    );
    // `runs abandon` must not have made an empty target where one was.
    let _ = std::fs::remove_dir_all(world.path("output"));
    std::fs::rename(world.path("away"), world.path("output")).unwrap();
    world.run(&["export"]).ok();
    let smooth = {
        let mut world = World::shop();
        world.run(&["export"]).ok();
        world.today = "2024-11-04".to_owned();
        world.deliver_more();
        world.run(&["export"]).ok();
        world.published("output")
    };
    assert_eq!(world.published("output"), smooth);
}

/// The target was deleted under a run that waits to be completed.
#[test]
fn a_run_whose_target_is_gone_can_be_given_up() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    let died = world.run_with(&["export"], "warehouse-committed=abort");
    assert_eq!(died.signal, Some(6));
    std::fs::remove_dir_all(world.path("output")).unwrap();
    let ended = world.run(&["export", "--new-target"]).expect(1);
    assert!(
        ended.stderr.contains("emptied or replaced"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("runs abandon"), "{}", ended.stderr);
    world.run(&["runs", "abandon", "2"]).ok();
    let _ = std::fs::remove_dir_all(world.path("output"));
    world.run(&["export"]).expect(1);
    world.run(&["export", "--new-target"]).ok();
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n5\n"
    );
}

/// A disk that is not mounted: nothing is begun in the folder under it.
#[test]
fn a_target_that_vanished_is_missed() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    let before = world.published("output");
    std::fs::rename(world.path("output"), world.path("away")).unwrap();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    for is_mounted_over in [false, true] {
        if is_mounted_over {
            std::fs::create_dir(world.path("output")).unwrap();
        }
        for command in [
            &["export"][..],
            &["export", "--from", "2024-11-01"],
            &["load"],
            &["plan"],
            &["snapshots"],
            &["query", "FROM features.orders"],
            &["diff", "orders"],
            &["rebuild"],
        ] {
            let told = world.run(command).expect(1);
            assert!(told.stderr.contains("is not mounted"), "{}", told.stderr);
            assert!(told.stderr.contains("--new-target"), "{}", told.stderr);
        }
        let doctor = world.run(&["doctor"]).expect(1).stdout;
        assert!(doctor.contains("is not mounted"), "{doctor}");
        // What the state and the SQL know is told all the same.
        let catalog = world.run(&["catalog"]).ok();
        assert!(catalog.stdout.contains("raw.orders"), "{}", catalog.stdout);
        assert!(
            catalog.stderr.contains("is not mounted"),
            "{}",
            catalog.stderr
        );
        assert_eq!(world.path("output").exists(), is_mounted_over);
    }
    std::fs::remove_dir(world.path("output")).unwrap();
    std::fs::rename(world.path("away"), world.path("output")).unwrap();
    assert_eq!(world.published("output"), before);
    world.run(&["export"]).ok();
    assert!(world.published("output").len() > before.len());

    std::fs::remove_dir_all(world.path("output")).unwrap();
    let begun = world.run(&["export", "--new-target"]).ok();
    assert!(
        begun.stdout.contains("is new: earlier days"),
        "{}",
        begun.stdout
    );
    world.run(&["export"]).ok();
}

/// A commit that is lost is put again, not taken for given up.
#[test]
fn a_lost_commit_is_put_again() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    world.run(&["export"]).ok();
    let before = world.published("output");
    std::fs::remove_file(world.path("output/_workbench/commits/000000000002.json")).unwrap();
    let again = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(again["recovered"][0]["status"], "succeeded");
    assert_eq!(world.published("output"), before);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n5\n"
    );
}

/// A target given relative to another folder is found again by the recovery.
#[test]
fn a_target_named_from_elsewhere_is_completed() {
    let world = World::shop();
    std::fs::create_dir_all(world.path("elsewhere")).unwrap();
    let mut command = world.command_with(
        &["-C", "..", "export", "--target", "out"],
        "warehouse-committed=abort",
    );
    command
        .current_dir(world.path("elsewhere"))
        .output()
        .unwrap();
    let next = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(next["recovered"][0]["status"], "succeeded", "{next:#}");
    assert_eq!(world.published("elsewhere/out").len(), 2);
    assert!(!world.path("out").exists());
}

/// State is a copy, but for wishes and failed runs: nobody goes on without it unasked.
#[test]
fn a_lost_state_is_missed_and_made_again() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let before = world.published("output");
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = std::fs::remove_file(world.path(".workbench").join(name));
    }
    for command in [
        &["export"][..],
        &["plan"],
        &["runs"],
        &["bookmarks"],
        &["bookmarks", "hold", "orders", "*.csv"],
        &["snapshots", "drop", "2024-11-03", "--yes"],
    ] {
        let told = world.run(command).expect(1);
        assert!(told.stderr.contains("it was lost"), "{}", told.stderr);
        assert!(told.stderr.contains("workbench rebuild"), "{}", told.stderr);
        assert!(!world.path(".workbench/state.db").exists(), "{command:?}");
    }
    // What is published can be read all the same.
    world.run(&["snapshots"]).ok();
    world.run(&["rebuild"]).ok();
    world.run(&["export"]).ok();
    assert_eq!(world.published("output"), before);
    let runs = world.run(&["runs", "--format", "json"]).ok().json();
    assert_eq!(runs[0]["run"], 1);
    assert_eq!(runs[0]["status"], "succeeded");
    assert_eq!(
        world.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n3\n"
    );
}

/// Whatever state was told of a run, the ledger decides whether it is completed.
#[test]
fn a_committed_run_that_state_calls_failed_is_completed() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    let died = world.run_with(&["export"], "warehouse-committed=abort");
    assert_eq!(died.signal, Some(6));
    let state = rusqlite::Connection::open(world.path(".workbench/state.db")).unwrap();
    let told = state
        .execute("UPDATE runs SET status = 'failed' WHERE number = 2", [])
        .unwrap();
    assert_eq!(told, 1);
    drop(state);
    let next = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(next["recovered"][0]["run"], 2, "{next:#}");
    assert_eq!(next["recovered"][0]["status"], "succeeded");
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n5\n"
    );
}
