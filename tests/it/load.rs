//! `load`: the load part of an export alone.

use workbench::failpoint::Failpoint;

use super::world::{World, walk};

fn load(world: &World) -> serde_json::Value {
    world.run(&["load", "--format", "json"]).ok().json()
}

fn count(world: &World) -> String {
    world.query("SELECT count(*) AS n FROM raw.orders")
}

#[test]
fn what_is_loaded_is_published_by_the_next_export() {
    let world = World::shop();
    let done = load(&world);
    assert_eq!(
        (&done["run"], &done["status"], &done["datasets"]),
        (
            &serde_json::json!(1),
            &serde_json::json!("succeeded"),
            &serde_json::json!([])
        )
    );
    assert_eq!(done["sources"][1]["rows"]["taken"], 3);
    assert_eq!(done["checks"][0]["name"], "no_negative_amount");
    assert_eq!(count(&world), "n\n3\n");
    // The target holds no document yet, and nothing is left lying about.
    let there = walk(&world.path("output"));
    assert!(there.iter().all(|f| f.ends_with("lock")), "{there:?}");
    assert!(!world.path(".workbench/staging").exists());
    // Nothing is new.
    let again = world.run(&["load"]).ok().stdout;
    assert!(again.contains("Nothing to load"), "{again}");
    world.run(&["export"]).ok();
    world.deliver_more();
    let second = world.run(&["load"]).ok().stdout;
    assert!(second.contains("nothing is published by it"), "{second}");
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n3\n"
    );
    let published = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(published["sources"][1]["files"]["unchanged"], 2);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n5\n"
    );
    // As if it had been one export.
    let smooth = World::shop();
    smooth.run(&["export"]).ok();
    smooth.deliver_more();
    smooth.run(&["export"]).ok();
    assert_eq!(world.published("output"), smooth.published("output"));
}

/// More rows than the engine keeps together (122,880): each of them is there.
#[test]
fn a_file_of_many_rows_is_loaded_in_every_mode() {
    const ROWS: u64 = 130_000;
    let lines = |from: u64| {
        let mut text = String::from("id,v\n");
        for id in from..from + ROWS {
            text += &format!("{id},{}\n", id * 7);
        }
        text
    };
    let sum = |from: u64, to: u64| (from..to).map(|id| id * 7).sum::<u64>();
    for (mode, expected) in [
        (
            "load = \"append\"",
            (2 * ROWS, sum(0, ROWS) + sum(1000, ROWS + 1000)),
        ),
        (
            "load = \"upsert\"\nkey = [\"id\"]",
            (ROWS + 1000, sum(0, ROWS + 1000)),
        ),
        ("load = \"replace\"", (ROWS, sum(1000, ROWS + 1000))),
    ] {
        let world = World::empty();
        world.write(
            "workbench.toml",
            &format!(
                "[project]\nname = \"many\"\ntimezone = \"UTC\"\n\
                 [sources.many]\npath = \"raw/many/*.csv\"\n{mode}\n\
                 [sources.many.columns]\nid = \"BIGINT\"\nv = \"BIGINT\"\n\
                 [target]\nurl = \"output\"\n"
            ),
        );
        world.write("raw/many/many_1.csv", &lines(0));
        load(&world);
        world.write("raw/many/many_2.csv", &lines(1000));
        load(&world);
        let (rows, total) = expected;
        assert_eq!(
            world.query("SELECT count(id) AS n, sum(v)::BIGINT AS total FROM raw.many"),
            format!("n,total\n{rows},{total}\n"),
            "{mode}"
        );
    }
}

/// The commits hold the whole ledger, also what a load told it.
#[test]
fn what_a_load_told_the_ledger_reaches_the_target() {
    let world = World::shop();
    load(&world);
    world.run(&["export"]).ok();
    world.deliver_more();
    load(&world);
    world.run(&["export"]).ok();
    let mut carried = String::new();
    for commit in walk(&world.path("output/_workbench/commits")) {
        let commit: serde_json::Value =
            serde_json::from_slice(&std::fs::read(commit).unwrap()).unwrap();
        for event in commit["events"].as_array().unwrap() {
            let event = (&event["seq"], &event["run"], &event["text"]);
            carried += &format!("{} {} {}\n", event.0, event.1, event.2.as_str().unwrap());
        }
    }
    let rows = duckdb::Connection::open(world.path(".workbench/warehouse.duckdb")).unwrap();
    let mut rows = rows
        .prepare("SELECT seq || ' ' || run || ' ' || event FROM ledger.events ORDER BY seq")
        .unwrap();
    let ledger: String = rows
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(|line| line.unwrap() + "\n")
        .collect();
    assert_eq!(carried, ledger);
    assert!(ledger.lines().count() >= 8, "{ledger}");
}

#[test]
fn a_failed_check_keeps_a_load_from_being_done() {
    let world = World::shop();
    // This one is about what is published, and not looked at.
    world.write(
        "sql/checks/published.sql",
        "/*\ndescription = \"x\"\n*/\nSELECT * FROM features.orders",
    );
    load(&world);
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,1,-3.00\n",
    );
    let ended = world.run(&["load", "--format", "json"]).expect(3);
    assert_eq!(ended.json()["checks"][0]["failed"], 1);
    assert_eq!(count(&world), "n\n3\n");
    let usage = world
        .run(&["load", "--format", "json", "--date", "2024-11-03"])
        .expect(2);
    assert_eq!(usage.json()["status"], "failed");
}

#[test]
fn a_load_killed_at_any_step_ends_as_if_it_was_not() {
    let commands = ["load", "export"];
    for failpoint in Failpoint::ALL {
        let fault = format!("{}=abort", failpoint.name());
        for next in commands {
            let world = World::shop();
            world.run(&["export"]).ok();
            world.deliver_more();
            if world.run_with(&["load"], &fault).code == Some(0) {
                // Steps of publishing are not among those of a load.
                assert!(
                    !(Failpoint::RunPlanned..=Failpoint::ChecksPassed).contains(failpoint),
                    "{fault} was not reached"
                );
                break;
            }
            world.run(&[next]).ok();
            world.run(&["load"]).ok();
            assert_eq!(count(&world), "n\n5\n", "after {fault}");
            let runs = world.run(&["runs", "--format", "json"]).ok().json();
            let open = |run: &serde_json::Value| run["status"] == "loading";
            assert!(!runs.as_array().unwrap().iter().any(open), "after {fault}");
        }
    }
}

/// A load recovers what an export left, before it does its own.
#[test]
fn a_load_completes_an_export_that_died() {
    let world = World::shop();
    world.run_with(&["export"], "warehouse-committed=abort");
    world.deliver_more();
    let done = load(&world);
    assert_eq!(done["recovered"][0]["status"], "succeeded");
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n3\n"
    );
    assert_eq!(count(&world), "n\n5\n");
}

/// What was loaded after the last export of a day was not published on it.
#[test]
fn a_backfill_is_as_the_export_of_the_day_was() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    let third = world.published("output");
    world.deliver_more();
    load(&world);
    world.today = "2024-11-05".to_owned();
    let key = third.keys().find(|k| k.starts_with("orders/")).unwrap();
    std::fs::remove_file(world.path("output").join(key)).unwrap();
    let done = world
        .run(&["export", "--date", "2024-11-03", "--format", "json"])
        .ok()
        .json();
    assert_eq!(done["known"], "then (run 1)");
    assert_eq!(world.published("output"), third);
    // A day on which there was only a load is known as it left it.
    world.today = "2024-11-06".to_owned();
    world.write(
        "raw/orders/orders_9.csv",
        "order_id,customer_id,amount\n90,1,1.00\n",
    );
    load(&world);
    world.today = "2024-11-07".to_owned();
    let done = world
        .run(&["export", "--date", "2024-11-06", "--format", "json"])
        .ok()
        .json();
    assert_eq!(done["known"], "then (run 4)");
}
