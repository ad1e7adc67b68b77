//! `workbench demo`: what it says is what lies there, and can be typed.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::world::World;

/// The day on which the demo ends.
const LAST_DAY: &str = "2024-11-03";

/// A name that a shell must have in quotes.
const FOLDER: &str = "look around";

/// A demo, and its document.
fn demo() -> (World, Value) {
    let world = World::empty();
    let made = world.run(&["demo", FOLDER, "--format", "json"]).ok();
    assert_eq!(made.stderr, "");
    let document = made.json();
    let inside = World {
        today: LAST_DAY.to_owned(),
        ..world
    };
    (inside, document)
}

/// Runs in the folder of the demo.
fn query(world: &World, sql: &str) -> String {
    world
        .run(&["-C", FOLDER, "query", sql, "--format", "csv"])
        .ok()
        .stdout
}

fn days(document: &Value) -> &Vec<Value> {
    document["days"].as_array().unwrap()
}

fn of<'v>(list: &'v Value, name: &str) -> &'v Value {
    let all = list.as_array().unwrap();
    all.iter().find(|entry| entry["name"] == name).unwrap()
}

/// To make one takes seconds: two must do.
#[test]
fn a_demo_is_the_same_each_time_and_what_it_says_it_is() {
    let ((one, told), (two, told_too)) = (demo(), demo());
    the_same_bytes_come_out(&one, &two);
    half_a_year_is_published_with_all_that_happens(&one, &told);
    what_is_to_be_typed_next_can_be_typed(&two, &told_too);
}

fn the_same_bytes_come_out(one: &World, two: &World) {
    let below = |world: &World, folder: &str| world.published(&format!("{FOLDER}/{folder}"));
    let published = below(one, "output");
    assert_eq!(published.len(), 26 * 3);
    assert_eq!(published, below(two, "output"));
    assert_eq!(below(one, "raw"), below(two, "raw"));
}

fn half_a_year_is_published_with_all_that_happens(world: &World, document: &Value) {
    let days = days(document);
    let (refused, published): (Vec<&Value>, Vec<&Value>) =
        days.iter().partition(|day| day["status"] == "failed");
    assert_eq!(published.len(), 26);
    assert!(published.iter().all(|day| {
        day["status"] == "succeeded"
            && day["error"].is_null()
            && day["datasets"]
                .as_array()
                .unwrap()
                .iter()
                .all(|d| d["status"] == "published")
    }));
    assert_eq!(published[0]["ingest_date"], "2024-05-12");
    assert_eq!(published[25]["ingest_date"], LAST_DAY);
    assert_eq!(document["error"], Value::Null);

    // One check failed, and the day was published by the run after it.
    let [refused] = refused[..] else {
        panic!("{refused:#?}")
    };
    assert_eq!(refused["error"]["exit_code"], 3);
    assert_eq!(of(&refused["checks"], "invoice_has_account")["failed"], 1);
    let run = refused["run"].as_u64().unwrap();
    let after = published.iter().find(|day| day["run"] == run + 1).unwrap();
    assert_eq!(after["ingest_date"], refused["ingest_date"]);
    let runs = world
        .run(&["-C", FOLDER, "runs", "--limit", "99", "--format", "json"])
        .ok()
        .json();
    let failed: Vec<&Value> = runs
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["status"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["run"], run);

    // Every week brings invoices and accounts.
    let sum = |what: &dyn Fn(&Value) -> u64| published.iter().map(|day| what(day)).sum::<u64>();
    for source in ["accounts", "invoices", "invoice_line_items"] {
        let least = published
            .iter()
            .map(|day| {
                of(&day["sources"], source)["rows"]["taken"]
                    .as_u64()
                    .unwrap()
            })
            .min();
        assert!(least > Some(0), "{source}");
    }
    // One file was written anew, one row set aside, one column added.
    let rewritten = |day: &Value| {
        let sources = day["sources"].as_array().unwrap();
        let all = sources
            .iter()
            .map(|s| s["files"]["rewritten"].as_u64().unwrap());
        all.sum()
    };
    assert_eq!(sum(&rewritten), 1);
    let set_aside = |day: &Value| {
        of(&day["sources"], "invoice_line_items")["rows"]["quarantined"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(sum(&set_aside), 1);
    assert_eq!(
        query(
            world,
            "SELECT count(*) AS n FROM quarantine.invoice_line_items"
        ),
        "n\n1\n"
    );
    let events: Vec<&Value> = published
        .iter()
        .flat_map(|day| day["schema_events"].as_array().unwrap())
        .collect();
    assert_eq!(events.len(), 1, "{events:#?}");
    assert!(events[0].to_string().contains("channel"), "{}", events[0]);
    assert_eq!(
        query(
            world,
            "SELECT count(*) AS n FROM raw.invoices WHERE channel IS NOT NULL"
        ),
        "n\n960\n"
    );

    // One dataset has two revisions; its newer days have one more column.
    let revisions = |name: &str| {
        let mut all: Vec<u64> = published
            .iter()
            .map(|day| of(&day["datasets"], name)["revision"].as_u64().unwrap())
            .collect();
        all.dedup();
        all
    };
    assert_eq!(revisions("account_invoice_level"), [1, 2]);
    assert_eq!(revisions("account_level"), [1]);
    assert_eq!(revisions("invoices"), [1]);
    assert_eq!(
        query(
            world,
            "SELECT ingest_date, count(feature_invoice_margin) > 0 AS has FROM history.account_invoice_level
             WHERE ingest_date IN ('2024-08-04', '2024-08-11') GROUP BY ALL ORDER BY ALL"
        ),
        "ingest_date,has\n2024-08-04,false\n2024-08-11,true\n"
    );

    // On its last day nothing is left to do, nor on an earlier one; of a day
    // before the edit, only what was edited would come out otherwise.
    let again = |date: &str| {
        let args = ["-C", FOLDER, "export", "--date", date, "--format", "json"];
        let summary = world.run(&args).ok().json();
        let all = summary["datasets"].as_array().unwrap().clone();
        all.iter()
            .filter(|d| d["status"] == "published")
            .map(|d| d["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(again(LAST_DAY).is_empty());
    assert!(again("2024-09-01").is_empty());
    assert_eq!(again("2024-06-30"), ["account_invoice_level"]);
}

fn what_is_to_be_typed_next_can_be_typed(world: &World, document: &Value) {
    let next = document["next"].as_array().unwrap();
    assert!(next.len() >= 7, "{next:#?}");
    let readme = std::fs::read_to_string(world.path(FOLDER).join("README.md")).unwrap();
    let mut script = "set -e\n".to_owned();
    for step in next {
        let command = step["command"].as_str().unwrap();
        assert!(readme.contains(command), "{readme}");
        script += &format!("{command}\n");
    }
    let bin = Path::new(env!("CARGO_BIN_EXE_workbench")).parent().unwrap();
    // By the clock of today, as a reader does.
    let ended = Command::new("/bin/sh")
        .args(["-c", &script])
        .current_dir(world.dir.path())
        .env_clear()
        .env("PATH", bin)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let shown = String::from_utf8(ended.stdout).unwrap();
    for found in [
        "before  after",
        "invoice_has_account",
        "2 pcs",
        "another content took its place",
        "brings a new column `channel`",
        "would be run 28",
    ] {
        assert!(shown.contains(found), "{found}: {shown}");
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let world = World::empty();
    world.write("mine/note.txt", "mine");
    for dir in ["mine", "mine/note.txt"] {
        let ended = world.run(&["demo", dir, "--format", "json"]).expect(2);
        assert_eq!(ended.json()["error"]["kind"], "usage");
        assert!(
            ended.stderr.contains("hint: name another"),
            "{}",
            ended.stderr
        );
    }
    world.run(&["demo", "-C", "mine"]).expect(2);
    assert_eq!(super::world::walk(world.dir.path()).len(), 1);
}

#[test]
fn what_is_interrupted_is_removed() {
    let world = World::empty();
    std::fs::create_dir(world.path("there")).unwrap();
    for dir in ["new", "there"] {
        let child = world
            .command(&["demo", dir])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !world.path(dir).join("output/account-level").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let unfinished = std::fs::read_to_string(world.path(dir).join("README.md")).unwrap();
        assert!(unfinished.contains("unfinished"), "{unfinished}");
        let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    }
    assert!(!world.path("new").exists());
    assert_eq!(std::fs::read_dir(world.path("there")).unwrap().count(), 0);
}
