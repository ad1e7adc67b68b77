//! Days in a row: as many runs one by one, resumed after whatever ends them.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::world::World;

/// Reads its own earlier days: what it holds depends on the order of the days.
const RUNNING: &str = r#"/*
description = "Orders so far, and on how many days before that was known."
key = ["orders"]
*/
SELECT count(*) AS orders, (SELECT count(DISTINCT ingest_date) FROM history.orders) AS days_before
FROM staging.orders
"#;

/// A shop that was exported on 1 November, got a second delivery, and was not
/// exported again until the 3rd.
fn shop() -> World {
    let mut world = World::shop();
    world.write("sql/features/running.sql", RUNNING);
    world.today = "2024-11-01".to_owned();
    world.run(&["export"]).ok();
    world.deliver_more();
    world.today = "2024-11-03".to_owned();
    world
}

/// Refuses this day, and no other.
fn refuse(world: &World, day: &str) {
    let sql = format!(
        "/*\ndescription = \"Not that day.\"\n*/\nSELECT 1 AS n WHERE run_date() = DATE '{day}'\n"
    );
    world.write("sql/checks/not_that_day.sql", &sql);
}

const RANGE: [&str; 4] = ["export", "--from", "2024-10-30", "--format=json"];

fn range(world: &World, more: &[&str]) -> Value {
    world.run(&[&RANGE, more].concat()).ok().json()
}

/// `day outcome` of each.
fn outcomes(document: &Value) -> Vec<String> {
    let days = document["days"].as_array().unwrap();
    let word = |v: &Value| v.as_str().unwrap().to_owned();
    days.iter()
        .map(|d| format!("{} {}", &word(&d["ingest_date"])[5..], word(&d["outcome"])))
        .collect()
}

fn commits(world: &World) -> usize {
    super::world::walk(&world.path("output/_workbench/commits")).len()
}

/// Published bytes, raw rows, what was taken and by how many runs.
fn end_state(world: &World) -> String {
    let mut state = format!("{} commits\n", commits(world));
    for (key, hash) in world.published("output") {
        state += &format!("{key} {hash}\n");
    }
    for sql in [
        "SELECT * FROM raw.customers ORDER BY ALL",
        "SELECT * FROM raw.orders ORDER BY ALL",
        "SELECT * FROM history.running ORDER BY ALL",
    ] {
        state += &world.query(sql);
    }
    state
}

#[test]
fn days_in_a_row_are_the_days_one_by_one() {
    let (together, alone) = (shop(), shop());
    let told = range(&together, &[]);
    // As known then: the first has nothing left to do.
    assert_eq!(
        outcomes(&told),
        [
            "10-30 published",
            "10-31 published",
            "11-01 published",
            "11-02 published",
            "11-03 published"
        ]
    );
    let mut runs = Vec::new();
    for day in ["10-30", "10-31", "11-01", "11-02", "11-03"] {
        let args = ["export", "--format=json", "--date", &format!("2024-{day}")];
        runs.push(alone.run(&args).ok().json());
    }
    assert_eq!(end_state(&together), end_state(&alone));
    // What each run says of itself is what it says alone.
    for (day, run) in told["days"].as_array().unwrap().iter().zip(&runs) {
        assert_eq!(day["run"], run["run"]);
        assert_eq!(day["known"], run["known"]);
        let datasets = run["datasets"].as_array().unwrap();
        let rows = datasets
            .iter()
            .filter(|d| d["status"] == "published")
            .map(|d| d["rows"].as_u64().unwrap());
        assert_eq!(day["rows"], rows.sum::<u64>());
    }
    // A second reader: on the 1st three orders were known, on the others all five.
    let path = together.path("output/orders");
    let connection = duckdb::Connection::open_in_memory().unwrap();
    let counts: String = connection
        .query_row(
            &format!(
                "SELECT string_agg(n, ' ' ORDER BY day) FROM (
                     SELECT ingest_month || '-' || ingest_day AS day, count(*)::VARCHAR AS n
                     FROM read_parquet('{}/**/*.parquet', hive_partitioning = true) GROUP BY 1)",
                path.display()
            ),
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(counts, "5 5 3 5 5");
    // And once more there is nothing to do.
    let again = range(&together, &[]);
    assert!(outcomes(&again).iter().all(|o| o.ends_with(" unchanged")));
    assert_eq!(end_state(&together), end_state(&alone));
}

#[test]
fn every_so_many_days() {
    let world = shop();
    let told = range(&world, &["--every", "2", "--to", "2024-11-02"]);
    assert_eq!(outcomes(&told), ["10-30 published", "11-01 published"]);
}

#[test]
fn killed_anywhere_it_goes_on_where_it_was() {
    let smooth = shop();
    range(&smooth, &[]);
    let expected = end_state(&smooth);
    for fault in [
        "target-locked=abort",
        "run-planned=abort",
        "warehouse-begun#3=abort",
        "output-staged#5=abort",
        "run-recorded#2=abort",
        "warehouse-committed#3=abort",
        "intent-put#2=abort",
        "partition-renamed#7=abort",
        "commit-put#4=abort",
        "state-succeeded#2=abort",
        "staging-removed#5=abort",
    ] {
        let world = shop();
        let died = world.run_with(&RANGE, fault);
        assert_eq!(died.signal, Some(6), "{fault} was not reached: {died:?}");
        let done = commits(&world);
        let next = range(&world, &[]);
        assert_eq!(end_state(&world), expected, "after {fault}");
        // What was committed is not done again: each run has its own day.
        let runs = next["days"].as_array().unwrap();
        let published = runs.iter().filter(|d| d["outcome"] == "published").count();
        let recovered = next["recovered"].as_array().unwrap().iter();
        let completed = recovered.filter(|r| r["status"] == "succeeded").count();
        // A commit that was put before its run was told of it is both.
        let counted = done - 1 + published + completed;
        assert!(
            counted == 5 || counted == 6 && completed == 1,
            "{fault}: {next:#}"
        );
    }
}

#[test]
fn asked_to_stop_it_ends_after_the_day_at_hand() {
    let world = shop();
    let pause = world.path("paused");
    let fault = format!("commit-put#2=pause:{}", pause.display());
    let child = world
        .command_with(&RANGE, &fault)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !pause.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    // As a service manager asks; Ctrl-C is the same to it.
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    std::fs::remove_file(&pause).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    let told: Value = serde_json::from_slice(&ended.stdout).unwrap();
    // The second was past its point of no return, and was done.
    assert_eq!(
        outcomes(&told),
        [
            "10-30 published",
            "10-31 published",
            "11-01 interrupted",
            "11-02 not tried",
            "11-03 not tried"
        ]
    );
    assert_eq!(told["error"]["exit_code"], 130);
    go_on(&world, &String::from_utf8(ended.stderr).unwrap(), 0);
    let smooth = shop();
    range(&smooth, &[]);
    assert_eq!(end_state(&world), end_state(&smooth));
}

/// Types what an error says to type.
#[track_caller]
fn go_on(world: &World, stderr: &str, code: i32) {
    let typed = stderr
        .rsplit_once("go on with `workbench ")
        .and_then(|(_, rest)| rest.split_once('`'))
        .unwrap_or_else(|| panic!("{stderr}"))
        .0;
    let bin = env!("CARGO_BIN_EXE_workbench");
    let ended = Command::new("/bin/sh")
        .args(["-c", &format!("'{bin}' {typed}")])
        .current_dir(world.dir.path())
        .env_clear()
        .env("WORKBENCH_TEST", format!("clock={}T09:00:00Z", world.today))
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(code), "{typed}: {ended:?}");
}

#[test]
fn the_first_refused_day_ends_it_and_says_how_to_go_on() {
    let world = shop();
    refuse(&world, "2024-10-31");
    let ended = world.run(&RANGE).expect(3);
    let told = ended.json();
    assert_eq!(
        outcomes(&told),
        [
            "10-30 published",
            "10-31 refused",
            "11-01 not tried",
            "11-02 not tried",
            "11-03 not tried"
        ]
    );
    assert_eq!(told["error"]["exit_code"], 3);
    assert!(
        ended
            .stderr
            .starts_with("error: 2024-10-31 (day 2 of 5): the check `not_that_day` found 1 row"),
        "{}",
        ended.stderr
    );
    go_on(&world, &ended.stderr, 3);
    std::fs::remove_file(world.path("sql/checks/not_that_day.sql")).unwrap();
    go_on(&world, &ended.stderr, 0);
    let smooth = shop();
    range(&smooth, &[]);
    assert_eq!(world.published("output"), smooth.published("output"));
}

#[test]
fn keeping_going_does_the_others_and_ends_as_the_worst() {
    let world = shop();
    refuse(&world, "2024-10-31");
    let args = [&RANGE[..], &["--keep-going"]].concat();
    let ended = world.run(&args).expect(3);
    let four = [
        "10-30 published",
        "10-31 refused",
        "11-01 published",
        "11-02 published",
        "11-03 published",
    ];
    assert_eq!(outcomes(&ended.json()), four);
    // A failure is worse than a refusal, whichever comes first.
    for (fault, failed) in [("outputs-checked=eio", 0), ("outputs-checked#3=eio", 3)] {
        let world = shop();
        refuse(&world, "2024-10-31");
        let ended = world.run_with(&args, fault).expect(1);
        let told = outcomes(&ended.json());
        for (n, (told, otherwise)) in told.iter().zip(four).enumerate() {
            let failed = n == failed;
            assert_eq!(told.ends_with("failed"), failed, "{told}");
            assert!(failed || told == otherwise, "{told}");
        }
        assert_eq!(
            ended.stderr.matches("error: ").count(),
            2,
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn missing_days_are_those_without_a_snapshot() {
    let world = shop();
    // The 1st was exported on its day.
    let told = range(&world, &["--missing"]);
    assert_eq!(told["left_out"], 1);
    assert_eq!(
        outcomes(&told),
        [
            "10-30 published",
            "10-31 published",
            "11-02 published",
            "11-03 published"
        ]
    );
    // Other data, other SQL: no day is missing for that.
    let before = end_state(&world);
    deliver_one_more(&world);
    edit_orders(&world);
    let told = range(&world, &["--missing"]);
    assert_eq!(
        (outcomes(&told), &told["left_out"]),
        (vec![], &Value::from(5))
    );
    assert_eq!(end_state(&world), before);
    // A dataset that is new is missing on every day.
    world.write(
        "sql/features/amounts.sql",
        "/*\nkey = [\"order_id\"]\n*/\nSELECT order_id, amount FROM staging.orders\n",
    );
    let told = range(&world, &["--missing", "--only", "orders"]);
    assert_eq!(told["left_out"], 5);
    let told = range(&world, &["--missing", "--only", "amounts"]);
    assert_eq!(outcomes(&told).len(), 5);
    let told = range(&world, &["--missing"]);
    assert_eq!(told["left_out"], 5);
}

/// A timer does not bring back what somebody took out.
#[test]
fn dropped_days_are_neither_missing_nor_stale() {
    let world = shop();
    range(&world, &[]);
    world
        .run(&["snapshots", "drop", "2024-11-02", "orders", "--yes"])
        .ok();
    let before = world.published("output");
    deliver_one_more(&world);
    world.run(&["load"]).ok();
    for which in ["--missing", "--stale"] {
        let told = range(&world, &[which]);
        assert!(
            !outcomes(&told).iter().any(|d| d.starts_with("11-02")),
            "{told}"
        );
    }
    let of_the_day = |all: &std::collections::BTreeMap<String, String>| {
        let keys = all.keys().filter(|key| key.contains("ingest_day=02"));
        keys.cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_the_day(&world.published("output")), of_the_day(&before));
    assert_eq!(of_the_day(&before).len(), 2);
    // Days that are named are published, also in a row.
    let told = range(&world, &[]);
    assert!(
        outcomes(&told).contains(&"11-02 published".to_owned()),
        "{told}"
    );
    assert_eq!(of_the_day(&world.published("output")).len(), 3);
}

/// Other SQL for `orders`, of the same shape.
fn edit_orders(world: &World) {
    let path = "sql/features/orders.sql";
    let orders = std::fs::read_to_string(world.path(path)).unwrap();
    world.write(
        path,
        &orders.replace("amount FROM", "-amount AS amount FROM"),
    );
}

fn deliver_one_more(world: &World) {
    let orders = "order_id,customer_id,amount\n15,2,1.00\n";
    world.write("raw/orders/orders_3.csv", orders);
}

#[test]
fn stale_days_are_those_that_an_export_would_publish() {
    let world = shop();
    std::fs::remove_file(world.path("sql/features/running.sql")).unwrap();
    range(&world, &[]);
    let none_is_stale = |world: &World| {
        let told = range(world, &["--stale"]);
        assert_eq!((outcomes(&told), &told["left_out"]), (vec![], &5.into()));
    };
    none_is_stale(&world);
    // A comment is no other SQL.
    let path = "sql/features/orders.sql";
    let orders = std::fs::read_to_string(world.path(path)).unwrap();
    world.write(path, &format!("{orders}-- as they came\n"));
    none_is_stale(&world);
    // With other SQL every day is stale but the one that was published with it.
    edit_orders(&world);
    world.run(&["export", "--date", "2024-11-02"]).ok();
    let others = ["10-30", "10-31", "11-01", "11-03"];
    let dry = range(&world, &["--stale", "--dry-run"]);
    assert_eq!(outcomes(&dry), others.map(|d| format!("{d} would publish")));
    let told = range(&world, &["--stale"]);
    assert_eq!(outcomes(&told), others.map(|d| format!("{d} published")));
    none_is_stale(&world);
    // With other data too, but the 1st, which is shown as it was known then.
    deliver_one_more(&world);
    let told = range(&world, &["--stale"]);
    let others = ["10-30", "10-31", "11-02", "11-03"];
    assert_eq!(outcomes(&told), others.map(|d| format!("{d} published")));
    none_is_stale(&world);
}

#[test]
fn what_was_not_known_then_is_told_to_who_asks_for_it() {
    let world = shop();
    let notes = |args: &[&str]| {
        let told = world.run(&[args, &["--format", "json"]].concat());
        let notes = &told.ok().json()["notes"];
        let notes = notes
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_str().unwrap());
        let notes =
            notes.filter_map(|n| n.strip_suffix(": computed from the data as it is known now"));
        notes.map(str::to_owned).collect::<Vec<_>>()
    };
    let of = |day: &str| notes(&["export", "--known", "then", "--date", day]);
    let on = |days: &str| vec![format!("no run took place on {days}")];
    assert_eq!(
        notes(&["plan", "--known", "then", "--date", "2024-10-31"]),
        on("2024-10-31")
    );
    assert_eq!(of("2024-10-31"), on("2024-10-31"));
    // With nothing to do, too.
    assert_eq!(of("2024-10-31"), on("2024-10-31"));
    for known in ["2024-11-01", "2024-11-03"] {
        assert_eq!(of(known), [""; 0], "{known}");
    }
    assert_eq!(notes(&["export", "--date", "2024-10-31"]), [""; 0]);
    let range = ["export", "--from", "2024-10-30", "--known", "then"];
    let all = on("3 days between 2024-10-30 and 2024-11-02");
    assert_eq!(notes(&[&range[..], &["--dry-run"]].concat()), all);
    assert_eq!(notes(&range), all);
    assert_eq!(notes(&["export", "--from", "2024-10-30"]), [""; 0]);
}

#[test]
fn a_day_without_a_snapshot_is_missing_and_not_stale() {
    let world = shop();
    range(&world, &["--to", "2024-11-01"]);
    edit_orders(&world);
    let notes = world.run(&["plan", "--format", "json"]).ok().json()["notes"].to_string();
    assert!(notes.contains("not yet in 3 other days of it"), "{notes}");
    // On the 1st one did.
    let as_now = "no run took place on 2 of them: computed from the data as it is known now";
    assert!(notes.contains(as_now), "{notes}");
    let told = range(&world, &["--stale"]);
    let published = ["10-30", "10-31", "11-01"].map(|d| format!("{d} published"));
    // Nor is one left as it is that is not there.
    assert_eq!(
        (outcomes(&told), &told["left_out"]),
        (published.into(), &0.into())
    );
    let told = range(&world, &["--missing", "--stale"]);
    let missing = ["11-02", "11-03"].map(|d| format!("{d} published"));
    assert_eq!(outcomes(&told), missing);
    let notes = world.run(&["plan", "--format", "json"]).ok().json()["notes"].to_string();
    assert!(!notes.contains("other days"), "{notes}");
}

/// A day that reads a day which is published before it is stale by its turn.
#[test]
fn stale_days_make_others_stale() {
    let world = shop();
    range(&world, &[]);
    edit_orders(&world);
    world.run(&["export", "--date", "2024-11-02"]).ok();
    let dry = range(&world, &["--stale", "--dry-run"]);
    let told = range(&world, &["--stale"]);
    let all = ["10-30", "10-31", "11-01", "11-02", "11-03"];
    assert_eq!(outcomes(&dry), all.map(|d| format!("{d} would publish")));
    assert_eq!(outcomes(&told), all.map(|d| format!("{d} published")));
    assert_eq!(told["days"][3]["datasets"], 1);
    assert_eq!(range(&world, &["--stale"])["left_out"], 5);
}

#[test]
fn a_dry_run_says_what_will_be_done_and_changes_nothing() {
    let world = shop();
    range(&world, &["--to", "2024-10-31"]);
    // A day that cannot be shown as it was known is refused, and told.
    world.run(&["export", "--full-refresh", "--known=now"]).ok();
    deliver_one_more(&world);
    let all = || {
        let mut files = world.published(".");
        // Readers of state leave their marks in it.
        files.remove(".workbench/state.db-shm");
        files
    };
    let before = all();
    let dry = world
        .run(&[&RANGE[..], &["--dry-run"]].concat())
        .expect(2)
        .json();
    assert_eq!(all(), before);
    assert_eq!(dry["planned"], true);
    let done = world
        .run(&[&RANGE[..], &["--keep-going"]].concat())
        .expect(2)
        .json();
    assert!(outcomes(&done).contains(&"11-01 refused".to_owned()));
    let as_done: Vec<String> = outcomes(&dry)
        .iter()
        .map(|o| o.replace("would publish", "published"))
        .collect();
    assert_eq!(as_done, outcomes(&done));
    // Day by day for the reasons that were told.
    for (dry, done) in dry["days"]
        .as_array()
        .unwrap()
        .iter()
        .zip(done["days"].as_array().unwrap())
    {
        assert_eq!(dry["because"], done["because"]);
        assert_eq!(dry["known"].as_str().is_some(), done["error"].is_null());
    }
}

#[test]
fn what_cannot_go_together_is_a_usage_error() {
    let world = shop();
    let before = world.published(".");
    for (args, says) in [
        (
            &["--from", "2024-11-01", "--date", "2024-11-01"][..],
            "cannot be used with",
        ),
        (
            &["--from", "2024-11-01", "--preview", "look"],
            "cannot be used with",
        ),
        (
            &["--from", "2024-11-01", "--full-refresh"],
            "cannot be used with",
        ),
        (&["--from", "2024-11-01", "--every", "0"], "--every"),
        (&["--missing"], "--from"),
        (&["--to", "2024-11-01"], "--from"),
        (&["--keep-going"], "--from"),
        (&["--format", "csv"], "--from"),
        (
            &["--from", "2024-11-02", "--to", "2024-11-01"],
            "no day from 2024-11-02 to 2024-11-01",
        ),
        (
            &["--from", "2024-11-02", "--to", "2024-11-09"],
            "after today",
        ),
        (
            &["--from", "2024-11-02", "--only", "odrers"],
            "no dataset `odrers`",
        ),
    ] {
        let ended = world.run(&[&["export"], args].concat()).expect(2);
        assert!(ended.stderr.contains(says), "{args:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{args:?}");
    }
    assert_eq!(world.published("."), before);
    let ended = world
        .run(&["export", "--format=json", "--from", "soon"])
        .expect(2);
    assert_eq!(ended.json()["days"], serde_json::json!([]));
    assert_eq!(ended.json()["error"]["kind"], "usage");
}

#[test]
fn the_listing_is_told_in_every_format() {
    let told = |format: &str| {
        let world = shop();
        refuse(&world, "2024-10-31");
        let args = [
            "export",
            "--from=2024-10-30",
            "--to=2024-11-01",
            "--keep-going",
            "--format",
            format,
        ];
        world.run(&args).expect(3).stdout
    };
    // How long it took is never the same.
    let times = [(r"\d+\.\d+ s", "0.00 s"), (r",\d+\.\d{3},", ",0.000,")];
    insta::with_settings!({filters => times}, {
        insta::assert_snapshot!(told("table"), @"
        day         outcome    run  data known    rows    took  because
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        2024-10-30  published    2  now              9  0.00 s  no snapshot of this day yet
        2024-10-31  refused      3  now              -  0.00 s  the check `not_that_day` found 1 row that must not exist
        2024-11-01  published    4  then (run 1)     6  0.00 s  `customer_level`, `orders`: its checks changed; `running`: an earlier day that it reads changed

        3 days at output: 2 published, 1 refused, in 0.00 s.
        ");
        insta::assert_snapshot!(told("csv"), @r#"
        ingest_date,outcome,run,known,rows,seconds,because
        2024-10-30,published,2,now,9,0.000,no snapshot of this day yet
        2024-10-31,refused,3,now,,0.000,the check `not_that_day` found 1 row that must not exist
        2024-11-01,published,4,then (run 1),6,0.000,"`customer_level`, `orders`: its checks changed; `running`: an earlier day that it reads changed"
        "#);
        insta::assert_snapshot!(told("markdown"), @"
        | day | outcome | run | data known | rows | took | because |
        | --- | --- | ---: | --- | ---: | ---: | --- |
        | 2024-10-30 | published | 2 | now | 9 | 0.00 s | no snapshot of this day yet |
        | 2024-10-31 | refused | 3 | now | - | 0.00 s | the check `not_that_day` found 1 row that must not exist |
        | 2024-11-01 | published | 4 | then (run 1) | 6 | 0.00 s | `customer_level`, `orders`: its checks changed; `running`: an earlier day that it reads changed |
        ");
    });
}
