//! `workbench rebuild`: a project whose state and warehouse are lost goes on as if
//! nothing had happened. The oracle is a copy of it to which nothing did.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use workbench::failpoint::Failpoint;

use super::world::{World, walk};

const CONFIG: &str = r#"[project]
name = "shop"

[sources.customers]
path = "raw/customers/*.csv"
load = "upsert"
key  = ["customer_id"]
[sources.customers.columns]
customer_id = "BIGINT"
name        = "VARCHAR"
joined      = { type = "DATE", format = "%d/%m/%Y" }

[sources.orders]
path = "raw/orders/*.csv"
load = "append"
bad_rows = "quarantine"
[sources.orders.columns]
order_id    = "BIGINT"
customer_id = "BIGINT"
amount      = "DECIMAL(18,2)"

# Nobody declares these.
[sources.prices]
path = "raw/prices/*.csv"
load = "replace"
"#;

const PRICES: &str = r#"/*
description = "Prices, and how many rows there are of each."
key = ["item"]
*/
SELECT item, max(price)::DECIMAL(18,2) AS price, count(*) AS rows FROM raw.prices GROUP BY item
"#;

/// A project in which all kinds of things have happened to its sources, and whose
/// raw files are all still there.
fn eventful() -> World {
    let mut world = World::shop();
    world.write("workbench.toml", CONFIG);
    world.write("sql/features/prices.sql", PRICES);
    world.write("raw/prices/1.csv", "item,price\na,1\nb,2\n");
    world.run(&["export"]).ok();
    world.deliver_more();
    // Two columns that are new, and a record that does not fit.
    world.write(
        "raw/orders/orders_3.csv",
        "order_id,customer_id,amount,channel,weight\n20,1,n/a,web,1\n21,2,3.00,shop,2\n",
    );
    world.write(
        "raw/prices/2.csv",
        "item,price\na,1\na,1\nb,3000000000\nc,7\n",
    );
    world.today = "2024-11-04".to_owned();
    world.run(&["export"]).ok();
    // Refused by a check, and mended.
    world.write(
        "raw/orders/orders_4.csv",
        "order_id,customer_id,amount\n30,1,-5.00\n",
    );
    world.run(&["export"]).expect(3);
    world.write(
        "raw/orders/orders_4.csv",
        "order_id,customer_id,amount,weight\n30,1,5.00,2.5\n",
    );
    world.run(&["load"]).ok();
    // What was set aside fits by a looser rule, and is tried again.
    let looser = CONFIG.replace(
        "amount      = \"DECIMAL(18,2)\"",
        "amount      = { type = \"DECIMAL(18,2)\", nulls = [\"n/a\"] }",
    );
    world.write("workbench.toml", &looser);
    world.run(&["quarantine", "replay", "orders"]).ok();
    world.today = "2024-11-05".to_owned();
    world.run(&["export"]).ok();
    // Moved, doubled, held, passed over.
    fs::rename(
        world.path("raw/orders/orders_1.csv"),
        world.path("raw/orders/first.csv"),
    )
    .unwrap();
    fs::copy(
        world.path("raw/orders/orders_2.csv"),
        world.path("raw/orders/copy.csv"),
    )
    .unwrap();
    world.write(
        "raw/orders/old.csv",
        "order_id,customer_id,amount\n1,1,1.00\n",
    );
    world.write(
        "raw/orders/later.csv",
        "order_id,customer_id,amount\n90,1,1.00\n",
    );
    world.write(
        "raw/customers/customers_3.csv",
        "customer_id,name,joined\n1,\"Ann, Inc.\",3/10/2016\n3,Cleo & Co,1/1/2020\n",
    );
    world
        .run(&["bookmarks", "set", "orders", "--as-processed", "old.csv"])
        .ok();
    world
        .run(&["bookmarks", "hold", "orders", "later.csv"])
        .ok();
    world.today = "2024-11-06".to_owned();
    world.run(&["export"]).ok();
    // Taken again.
    world.run(&["bookmarks", "reset", "orders"]).ok();
    world
        .run(&["bookmarks", "rewind", "customers", "--to", "1"])
        .ok();
    world.write("raw/prices/3.csv", "item,price\na,1.25\nd,9\n");
    world.today = "2024-11-07".to_owned();
    world.run(&["export"]).ok();
    world
}

/// Copies a project as a backup does.
pub fn copy(world: &World) -> World {
    let to = World {
        dir: tempfile::tempdir().unwrap(),
        today: world.today.clone(),
    };
    let from = format!("{}/.", world.dir.path().display());
    let copied = Command::new("cp")
        .args(["-a", &from])
        .arg(to.dir.path())
        .status();
    assert!(copied.unwrap().success());
    to
}

pub fn lose(world: &World, names: &[&str]) {
    for entry in fs::read_dir(world.path(".workbench")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if names.iter().any(|n| name.starts_with(n)) {
            fs::remove_file(path).unwrap();
        }
    }
}

pub const BOTH: &[&str] = &["state.db", "warehouse.duckdb"];

/// All that a project answers.
fn answers(world: &World) -> Vec<String> {
    let mut answers = Vec::new();
    for args in [
        &["bookmarks", "list", "--format", "json"][..],
        &["runs", "list", "--limit", "100", "--format", "json"],
        &["catalog", "--format", "json"],
        &["quarantine", "list", "--format", "json"],
        &["plan", "--format", "json"],
    ] {
        answers.push(format!("{args:?}: {}", world.run(args).ok().stdout));
    }
    for sql in [
        "SELECT * FROM raw.customers ORDER BY ALL",
        "SELECT * FROM raw.orders ORDER BY ALL",
        "SELECT * FROM raw.prices ORDER BY ALL",
        "SELECT * FROM quarantine.orders ORDER BY ALL",
        // What was known at each run, and by which file.
        "SELECT * FROM warehouse.intervals.customers WHERE 'raw.' <> '' ORDER BY ALL",
        "SELECT * FROM warehouse.intervals.orders WHERE 'raw.' <> '' ORDER BY ALL",
        "SELECT * FROM warehouse.intervals.prices WHERE 'raw.' <> '' ORDER BY ALL",
        "SELECT * FROM warehouse.refused.orders WHERE 'raw.' <> '' ORDER BY ALL",
        "SELECT * FROM warehouse.ledger.events WHERE 'raw.' <> '' ORDER BY ALL",
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'warehouse' \
         AND schema_name = 'raw' AND 'raw.' <> '' ORDER BY table_name, column_index",
        "SELECT * FROM staging.orders ORDER BY ALL",
        "SELECT * FROM features.customer_level ORDER BY ALL",
        "SELECT * FROM history.orders ORDER BY ALL",
        "SELECT * FROM history.prices ORDER BY ALL",
    ] {
        answers.push(format!("{sql}: {}", world.query(sql)));
    }
    answers
}

#[track_caller]
fn assert_same(rebuilt: &World, untouched: &World, when: &str) {
    for (one, other) in answers(rebuilt).iter().zip(answers(untouched)) {
        assert_eq!(*one, other, "{when}");
    }
    assert_eq!(
        rebuilt.published("output"),
        untouched.published("output"),
        "{when}"
    );
}

/// The next days, in both.
#[track_caller]
fn assert_goes_on(rebuilt: &mut World, untouched: &mut World) {
    for world in [&mut *rebuilt, &mut *untouched] {
        // An earlier day as it was known then.
        world.run(&["export", "--date", "2024-11-05"]).ok();
        world.today = "2024-11-08".to_owned();
        world.write(
            "raw/orders/orders_9.csv",
            "order_id,customer_id,amount\n99,2,9.99\n",
        );
        world.write(
            "raw/customers/customers_9.csv",
            "customer_id,name,joined\n2,Bob again,2/2/2022\n",
        );
        world
            .run(&["bookmarks", "release", "orders", "later.csv"])
            .ok();
        world.run(&["export"]).ok();
    }
    let told = |world: &World| {
        let sql = "SELECT * FROM raw.orders ORDER BY ALL";
        let runs = world.run(&["runs", "--format", "csv"]).ok().stdout;
        (world.query(sql), runs, world.published("output"))
    };
    assert_eq!(told(rebuilt), told(untouched));
    let doctor = rebuilt.run(&["doctor", "--deep"]).ok();
    assert!(
        doctor.stdout.contains("All is as it should be."),
        "{}",
        doctor.stdout
    );
}

#[test]
fn what_is_lost_is_built_again_as_if_nothing_had_happened() {
    let world = eventful();
    for lost in [&[][..], BOTH, &["state.db"], &["warehouse.duckdb"]] {
        let (mut untouched, mut rebuilt) = (copy(&world), copy(&world));
        if lost.is_empty() {
            fs::remove_dir_all(rebuilt.path(".workbench")).unwrap();
        }
        lose(&rebuilt, lost);
        let told = rebuilt.run(&["rebuild", "--format", "json"]).ok().json();
        assert_eq!(told["losses"], serde_json::json!([]), "{told:#}");
        assert_same(&rebuilt, &untouched, &format!("after {lost:?} was lost"));
        // Once more is nothing to do.
        let nothing = rebuilt.run(&["rebuild"]).ok().stdout;
        assert!(nothing.contains("nothing to rebuild"), "{nothing}");
        assert_goes_on(&mut rebuilt, &mut untouched);
    }
}

const STATE: &str = ".workbench/state.db";
const WAREHOUSE: &str = ".workbench/warehouse.duckdb";

/// All that is under `.workbench/` but what a rebuild makes beside it, locks and logs.
fn private(world: &World) -> BTreeMap<String, String> {
    let root = world.path(".workbench");
    walk(&root)
        .into_iter()
        .map(|file| {
            let name = file
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let bytes = fs::read(&file).unwrap();
            (name, blake3::hash(&bytes).to_hex().to_string())
        })
        // Who reads marks in the index of the log how far he has come.
        .filter(|(name, _)| {
            let others = ["rebuild/", "logs/", "lock", "state.db-shm"];
            !others.iter().any(|other| name.starts_with(other))
        })
        .collect()
}

fn damage(world: &World) {
    // A log of the old must not meet the new.
    let not_a_database = "no database ".repeat(1000);
    world.write(WAREHOUSE, &not_a_database);
    world.write(&format!("{WAREHOUSE}.wal"), &not_a_database);
    world.write(STATE, &not_a_database);
    world.write(&format!("{STATE}-wal"), &not_a_database);
}

#[test]
fn killed_at_any_step_a_rebuild_leaves_the_old_or_the_new() {
    let world = eventful();
    let steps = Failpoint::ALL.iter().copied().filter(|f| f.is_of_rebuild());
    for (nth, failpoint) in steps.enumerate() {
        let name = failpoint.name();
        let (untouched, rebuilt) = (copy(&world), copy(&world));
        // Lost, or there and damaged.
        if nth % 2 == 0 {
            lose(&rebuilt, BOTH);
        } else {
            damage(&rebuilt);
        }
        let old = private(&rebuilt);
        let died = rebuilt.run_with(&["rebuild"], &format!("{name}=abort"));
        assert_eq!(died.signal, Some(6), "{name}: {}", died.stderr);
        let doctor = rebuilt
            .run(&["doctor", "--format", "json"])
            .expect(1)
            .json();
        let left = |check: &Value| check["check"] == "leftovers" && check["verdict"] != "ok";
        assert!(
            doctor["checks"].as_array().unwrap().iter().any(left),
            "{name}: {doctor:#}"
        );
        if failpoint < Failpoint::RebuildReady {
            assert_eq!(private(&rebuilt), old, "{name}");
            rebuilt.run(&["rebuild"]).ok();
        } else {
            // Whoever takes the lock next completes it.
            rebuilt.run(&["export"]).ok();
        }
        assert_same(&rebuilt, &untouched, name);
        assert!(!rebuilt.path(".workbench/rebuild").exists(), "{name}");
        // What cannot be read is kept, for nobody knows what it knew.
        let kept = rebuilt.path(".workbench/replaced");
        assert_eq!(kept.exists(), nth % 2 == 1, "{name}");
        let _ = fs::remove_dir_all(kept);
        let doctor = rebuilt.run(&["doctor", "--deep", "--fix"]).ok().stdout;
        assert!(
            doctor.contains("All is as it should be."),
            "{name}: {doctor}"
        );
    }
}

#[test]
fn a_disk_that_fails_leaves_the_old() {
    let world = eventful();
    let steps = Failpoint::ALL.iter().copied().filter(|f| f.is_of_rebuild());
    for (nth, failpoint) in steps.enumerate() {
        let name = failpoint.name();
        let rebuilt = copy(&world);
        damage(&rebuilt);
        let old = private(&rebuilt);
        let fault = if nth % 2 == 0 { "enospc" } else { "eio" };
        let ended = rebuilt
            .run_with(&["rebuild"], &format!("{name}={fault}"))
            .expect(1);
        assert!(
            ended.stderr.starts_with("error: "),
            "{name}: {}",
            ended.stderr
        );
        if failpoint < Failpoint::RebuildReady {
            assert_eq!(private(&rebuilt), old, "{name}");
            assert!(!rebuilt.path(".workbench/rebuild").exists(), "{name}");
        }
        rebuilt.run(&["rebuild"]).ok();
        rebuilt.run(&["export"]).ok();
    }
}

#[test]
fn ctrl_c_leaves_the_old() {
    let world = eventful();
    lose(&world, BOTH);
    let old = private(&world);
    let pause = world.path("paused");
    let child = world
        .command_with(
            &["rebuild"],
            &format!("rebuild-run-loaded=pause:{}", pause.display()),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !pause.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // Meanwhile nobody else works here, and readers are told who does.
    world.run(&["export"]).expect(4);
    world.run(&["rebuild"]).expect(4);
    let doctor = world.run(&["doctor"]);
    assert!(
        doctor.stdout.contains("`workbench rebuild` (process"),
        "{}",
        doctor.stdout
    );
    world
        .run(&["doctor", "--fix"])
        .code
        .filter(|code| [1, 4].contains(code))
        .unwrap();
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    fs::remove_file(&pause).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("interrupted; nothing was changed"),
        "{stderr}"
    );
    assert_eq!(private(&world), old);
    assert!(!world.path(".workbench/rebuild").exists());
    world.run(&["rebuild"]).ok();
}

#[test]
fn what_cannot_be_brought_back_is_listed_refused_and_told_to_the_ledger() {
    let world = eventful();
    let (untouched, mut rebuilt) = (copy(&world), copy(&world));
    let first = fs::read_to_string(rebuilt.path("raw/orders/first.csv")).unwrap();
    fs::remove_file(rebuilt.path("raw/orders/first.csv")).unwrap();
    let prices = fs::read_to_string(rebuilt.path("raw/prices/2.csv")).unwrap();
    rebuilt.write("raw/prices/2.csv", "item,price\na,5\n");
    lose(&rebuilt, BOTH);
    let old = private(&rebuilt);
    let refused = rebuilt.run(&["rebuild", "--format", "json"]).expect(3);
    insta::assert_snapshot!(refused.stderr, @"
    error: 2 things cannot be brought back:
      `raw/orders/first.csv`, which run 1 took, is gone or was changed: 3 rows of source `orders`
      `raw/prices/2.csv`, as run 2 took it, is gone or was changed: its rows do not count now, but what source `prices` held while they did cannot be shown again
    hint: nothing was changed. Bring back what is missing, or a backup of `.workbench`, and rebuild again; or go on without it with `--accept-loss`: the ledger will say what is gone
    ");
    let losses = refused.json()["losses"].clone();
    let kinds: Vec<&str> = losses
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["rows", "history"]);
    assert_eq!(private(&rebuilt), old);

    let told = rebuilt.run(&["rebuild", "--accept-loss"]).ok().stdout;
    insta::assert_snapshot!(told, @"
    The warehouse was built again: 6 runs done again, 14 files loaded, 26 records.
    State was built again from ledger and commits.

    Not brought back:
      `raw/orders/first.csv`, which run 1 took, is gone or was changed: 3 rows of source `orders`
      `raw/prices/2.csv`, as run 2 took it, is gone or was changed: its rows do not count now, but what source `prices` held while they did cannot be shown again
    ");
    let events = rebuilt.query(
        "SELECT event FROM warehouse.ledger.events WHERE event LIKE '%\"gone\"%' AND 'raw.' <> '' ORDER BY seq",
    );
    insta::assert_snapshot!(events, @r#"
    event
    "{""event"":""gone"",""source"":""orders"",""number"":2}"
    "{""event"":""gone"",""source"":""prices"",""number"":7}"
    "#);
    // What is left is all there, and nothing else.
    let orders = "SELECT * FROM raw.orders WHERE order_id NOT IN (10, 11, 12) ORDER BY ALL";
    assert_eq!(rebuilt.query(orders), untouched.query(orders));
    assert_eq!(
        rebuilt.query("SELECT count(*) AS n FROM raw.orders WHERE order_id IN (10, 11, 12)"),
        "n\n0\n"
    );
    let prices_now = "SELECT * FROM raw.prices ORDER BY ALL";
    assert_eq!(rebuilt.query(prices_now), untouched.query(prices_now));
    // It is found by what it is, and a second rebuild does not ask again.
    assert!(
        rebuilt
            .run(&["rebuild"])
            .ok()
            .stdout
            .contains("nothing to rebuild")
    );
    lose(&rebuilt, &["warehouse.duckdb"]);
    // What only the ledger that was lost said is in no commit yet.
    rebuilt.run(&["rebuild"]).expect(3);
    rebuilt.run(&["rebuild", "--accept-loss"]).ok();

    // An earlier day is not shown as it was known then, for it is not known any more.
    let then = rebuilt.run(&["export", "--date", "2024-11-03"]).expect(2);
    assert!(
        then.stderr.contains("a rebuild could not load"),
        "{}",
        then.stderr
    );
    assert!(then.stderr.contains("--known now"), "{}", then.stderr);
    rebuilt.run(&["export"]).ok();
    let doctor = rebuilt.run(&["doctor", "--deep"]).ok().stdout;
    assert!(!doctor.contains("error"), "{doctor}");

    // What turns up again is loaded at its place.
    rebuilt.write("raw/orders/first.csv", &first);
    rebuilt.write("raw/prices/2.csv", &prices);
    rebuilt.today = "2024-11-08".to_owned();
    rebuilt.run(&["export"]).ok();
    for table in ["raw.orders", "raw.prices", "raw.customers"] {
        let all = format!("SELECT * FROM {table} ORDER BY ALL");
        assert_eq!(rebuilt.query(&all), untouched.query(&all), "{table}");
    }
    let places = |world: &World| {
        let state = rusqlite::Connection::open(world.path(STATE)).unwrap();
        let sql = "SELECT group_concat(number || ' ' || place_run || '.' || place_position, ';') FROM \
                   (SELECT * FROM input_files WHERE source = 'orders' AND standing = 'live' ORDER BY number)";
        state
            .query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(places(&rebuilt), places(&untouched));
}

/// Files that were moved away are found where somebody keeps them.
#[test]
fn raw_files_are_found_in_an_archive() {
    let world = eventful();
    let (untouched, rebuilt) = (copy(&world), copy(&world));
    fs::create_dir_all(rebuilt.path("archive/2024")).unwrap();
    fs::rename(
        rebuilt.path("raw/orders/first.csv"),
        rebuilt.path("archive/2024/o1.csv"),
    )
    .unwrap();
    fs::rename(
        rebuilt.path("raw/customers/customers_1.csv"),
        rebuilt.path("archive/c1.csv"),
    )
    .unwrap();
    lose(&rebuilt, BOTH);
    rebuilt.run(&["rebuild"]).expect(3);
    rebuilt.run(&["rebuild", "--from", "archive"]).ok();
    fs::rename(
        rebuilt.path("archive/2024/o1.csv"),
        rebuilt.path("raw/orders/first.csv"),
    )
    .unwrap();
    fs::rename(
        rebuilt.path("archive/c1.csv"),
        rebuilt.path("raw/customers/customers_1.csv"),
    )
    .unwrap();
    assert_same(&rebuilt, &untouched, "with an archive");
}

/// A backup of `.workbench` from some days ago is gone on from: only what came later
/// is loaded, so that what came before need not be there.
#[test]
fn a_backup_is_gone_on_from() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    let backup = copy(&world);
    world.deliver_more();
    world.today = "2024-11-04".to_owned();
    world.run(&["export"]).ok();
    let (untouched, restored) = (copy(&world), copy(&world));
    fs::remove_dir_all(restored.path(".workbench")).unwrap();
    super::world::copy_folder(&backup.path(".workbench"), &restored.path(".workbench"));
    fs::remove_file(restored.path("raw/orders/orders_1.csv")).unwrap();
    let refused = restored.run(&["export"]).expect(1);
    assert!(
        refused.stderr.contains("workbench rebuild"),
        "{}",
        refused.stderr
    );
    let told = restored.run(&["rebuild", "--format", "json"]).ok().json();
    assert_eq!(told["warehouse"], "continued");
    assert_eq!(told["files"], 2);
    fs::copy(
        untouched.path("raw/orders/orders_1.csv"),
        restored.path("raw/orders/orders_1.csv"),
    )
    .unwrap();
    for sql in [
        "SELECT * FROM raw.orders ORDER BY ALL",
        "SELECT * FROM warehouse.intervals.customers WHERE 'raw.' <> '' ORDER BY ALL",
        "SELECT * FROM warehouse.ledger.events WHERE 'raw.' <> '' ORDER BY ALL",
    ] {
        assert_eq!(restored.query(sql), untouched.query(sql), "{sql}");
    }
    let runs = |w: &World| w.run(&["runs", "--format", "json"]).ok().stdout;
    assert_eq!(runs(&restored), runs(&untouched));
    let again = restored.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(again["run"], Value::Null);
}

/// A load that no export has told the target of is in no commit.
#[test]
fn a_run_that_no_commit_tells_of_is_lost_and_its_files_are_new() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.deliver_more();
    world.run(&["load"]).ok();
    lose(&world, &["warehouse.duckdb"]);
    let refused = world.run(&["rebuild"]).expect(3);
    assert!(
        refused.stderr.contains("run 2 is in no commit"),
        "{}",
        refused.stderr
    );
    world.run(&["rebuild", "--accept-loss"]).ok();
    let runs = world.run(&["runs", "--format", "json"]).ok().json();
    assert_eq!(runs[0]["status"], "undone");
    world.today = "2024-11-04".to_owned();
    let next = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(next["run"], 3);
    assert_eq!(next["sources"][1]["files"]["new"], 1);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n5\n"
    );
}

/// How files were read is known though `workbench.toml` says otherwise now.
#[test]
fn what_was_taken_by_other_rules_is_loaded_by_these() {
    let world = eventful();
    let (untouched, rebuilt) = (copy(&world), copy(&world));
    for world in [&untouched, &rebuilt] {
        let config = fs::read_to_string(world.path("workbench.toml")).unwrap();
        let config = config
            .replace("%d/%m/%Y", "%m/%d/%Y")
            .replace(", nulls = [\"n/a\"]", "");
        world.write("workbench.toml", &config);
    }
    lose(&rebuilt, BOTH);
    rebuilt.run(&["rebuild"]).ok();
    let sql = "SELECT * FROM raw.customers ORDER BY ALL";
    assert_eq!(rebuilt.query(sql), untouched.query(sql));
    let sql = "SELECT * FROM raw.orders ORDER BY ALL";
    assert_eq!(rebuilt.query(sql), untouched.query(sql));
    let refused = |w: &World| w.run(&["export"]).expect(2).stderr;
    assert_eq!(refused(&rebuilt), refused(&untouched));
}

#[test]
fn whose_a_target_is_must_be_known() {
    let world = World::shop();
    world.run(&["rebuild"]).expect(1);
    world.run(&["export"]).ok();
    lose(&world, BOTH);
    let config = fs::read_to_string(world.path("workbench.toml")).unwrap();
    world.write(
        "workbench.toml",
        &config.replace("\"shop\"", "\"another shop\""),
    );
    let refused = world.run(&["rebuild"]).expect(5);
    assert!(
        refused.stderr.contains("belongs to the project `shop`"),
        "{}",
        refused.stderr
    );
    world.write("workbench.toml", &config);
    // A commit that cannot be read is not guessed.
    let commit = world.path("output/_workbench/commits/000000000001.json");
    let text = fs::read_to_string(&commit).unwrap();
    fs::remove_file(&commit).unwrap();
    fs::write(&commit, "{").unwrap();
    let refused = world.run(&["rebuild"]).expect(1);
    assert!(
        refused.stderr.contains("000000000001.json"),
        "{}",
        refused.stderr
    );
    fs::write(&commit, text).unwrap();
    world.run(&["rebuild"]).ok();
    let next = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(next["run"], Value::Null);
}
