//! Bookmark verbs: what is asked for is done by the next run, once.

use workbench::failpoint::Failpoint;

use super::world::World;

fn export(world: &World, args: &[&str]) -> serde_json::Value {
    let mut all = vec!["export", "--format", "json"];
    all.extend(args);
    world.run(&all).ok().json()
}

/// Asks for it, and returns what is said.
#[track_caller]
fn ask(world: &World, args: &[&str]) -> String {
    let mut all = vec!["bookmarks"];
    all.extend(args);
    world.run(&all).ok().stdout
}

/// Asks for it, is refused as a usage error, and returns what is said.
#[track_caller]
fn refused(world: &World, args: &[&str]) -> String {
    let mut all = vec!["bookmarks"];
    all.extend(args);
    let before = world.run(&["bookmarks"]).ok().stdout;
    let said = world.run(&all).expect(2).stderr;
    assert_eq!(world.run(&["bookmarks"]).ok().stdout, before, "{args:?}");
    said
}

/// Intervals of a source: input file, run that added, run that retired.
fn intervals(world: &World, source: &str) -> String {
    world.query(&format!(
        "SELECT _wb_file AS f, _wb_added AS a, _wb_retired AS r, count(*) AS n \
         FROM warehouse.intervals.{source} WHERE 'raw.' <> '' GROUP BY ALL ORDER BY ALL"
    ))
}

/// What the ledger was told of wishes: kind, and how often.
fn told(world: &World) -> String {
    world.query(
        "SELECT json_extract_string(event, '$.event') AS event, count(*) AS n, \
         count(DISTINCT json_extract_string(event, '$.wish')) AS wishes \
         FROM warehouse.ledger.events WHERE json_extract_string(event, '$.wish') IS NOT NULL \
         AND 'raw.' <> '' GROUP BY 1 ORDER BY 1",
    )
}

fn ids(text: String) -> String {
    // Ids are random.
    let words = text.split(' ').map(|word| {
        let id = word.trim_start_matches('`');
        let hex = id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
        if hex && id.bytes().any(|b| b.is_ascii_digit()) {
            word.replace(id, "[wish]")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_reset_takes_again_what_lies_there_and_keeps_the_history() {
    let mut world = World::shop();
    export(&world, &[]);
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    export(&world, &[]);
    let before = world.published("output");
    std::fs::remove_file(world.path("raw/orders/orders_1.csv")).unwrap();
    let said = ask(&world, &["reset", "orders"]);
    assert!(
        said.contains("1 file is taken again: `raw/orders/orders_2.csv`")
            && said.contains("`raw/orders/orders_1.csv` stays as it was taken: it is gone"),
        "{said}"
    );
    // Nothing is done yet, and `plan` says what will be.
    assert_eq!(intervals(&world, "orders"), "f,a,r,n\n2,1,,3\n4,2,,2\n");
    let plan = world.run(&["plan"]).ok().stdout;
    assert!(
        plan.contains("(`reset orders`): 1 file is taken again"),
        "{plan}"
    );
    assert!(plan.contains("again     raw/orders/orders_2.csv"), "{plan}");
    let done = export(&world, &[]);
    assert_eq!(done["sources"][1]["files"]["again"], 1);
    assert_eq!(done["sources"][1]["rows"]["read"], 2);
    assert_eq!(done["datasets"][1]["status"], "unchanged");
    assert_eq!(
        intervals(&world, "orders"),
        "f,a,r,n\n2,1,,3\n4,2,3,2\n4,3,,2\n"
    );
    assert_eq!(world.published("output"), before);
    // It is done once.
    assert_eq!(export(&world, &[])["run"], serde_json::Value::Null);
    assert_eq!(told(&world), "event,n,wishes\nreset_some,1,1\n");
    // Where keys decide, all of it; and the earlier day is still known.
    ask(&world, &["reset", "customers"]);
    assert_eq!(export(&world, &[])["sources"][0]["files"]["again"], 2);
    let then = export(&world, &["--date", "2024-11-03"]);
    assert_eq!(then["known"], "then (run 1)");
    assert_eq!(world.published("output"), before);
}

#[test]
fn a_changed_definition_is_reset() {
    let world = World::shop();
    export(&world, &[]);
    world.deliver_more();
    export(&world, &[]);
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    world.write(
        "workbench.toml",
        &config.replace("order_id    = \"BIGINT\"", "order_id    = \"INTEGER\""),
    );
    world.write(
        "sql/staging/orders.sql",
        "/*\ndescription = \"x\"\n*/\nSELECT order_id::BIGINT AS order_id, customer_id, amount FROM raw.orders",
    );
    let ended = world.run(&["export"]).expect(2);
    assert!(
        ended.stderr.contains("`workbench bookmarks reset orders`"),
        "{}",
        ended.stderr
    );
    // What only waits for that may be asked for meanwhile.
    let held = ask(&world, &["hold", "orders", "none.csv"]);
    assert!(held.contains("nothing before the definition"), "{held}");
    let rewind = refused(&world, &["rewind", "orders", "--to", "1"]);
    assert!(rewind.contains("definition of source `orders`"), "{rewind}");
    // A taken file that is gone would be lost.
    let moved = world.path("raw/orders/orders_1.csv");
    let text = std::fs::read_to_string(&moved).unwrap();
    std::fs::remove_file(&moved).unwrap();
    let lost = world.run(&["bookmarks", "reset", "orders"]).expect(3);
    assert!(lost.stderr.contains("orders_1.csv"), "{}", lost.stderr);
    std::fs::write(&moved, text).unwrap();
    ask(&world, &["reset", "orders"]);
    let done = export(&world, &[]);
    assert_eq!(done["sources"][1]["files"]["new"], 2);
    assert_eq!(
        world.query("SELECT count(*) AS n, any_value(typeof(order_id)) AS t FROM raw.orders"),
        "n,t\n5,INTEGER\n"
    );
    // Lost between the wish and the run: the run refuses, and the wish waits.
    world.write("workbench.toml", &config);
    ask(&world, &["reset", "orders"]);
    std::fs::remove_file(&moved).unwrap();
    world.run(&["export"]).expect(3);
    let list = world.run(&["bookmarks"]).ok().stdout;
    assert!(list.contains("reset orders"), "{list}");
    export(&world, &["--accept-drop"]);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n2\n"
    );
    // What was let go is not missed by the next one.
    export(&world, &["--full-refresh"]);
}

/// A run that failed is one, and is not said to be none.
#[test]
fn a_run_that_took_nothing_is_not_gone_back_to() {
    let world = World::shop();
    export(&world, &[]);
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n13,1,x\n",
    );
    world.run(&["export"]).expect(3);
    let failed = refused(&world, &["rewind", "orders", "--to", "2"]);
    assert!(failed.contains("run 2 ended as `failed`"), "{failed}");
    let none = refused(&world, &["rewind", "orders", "--to", "7"]);
    assert!(none.contains("there is no run 7"), "{none}");
}

#[test]
fn a_rewind_takes_again_what_later_runs_took() {
    let world = World::shop();
    export(&world, &[]);
    world.deliver_more();
    export(&world, &[]);
    let raw = world.query("FROM raw.customers ORDER BY ALL");
    for source in ["customers", "orders"] {
        let said = ask(&world, &["rewind", source, "--to", "1"]);
        assert!(said.contains("1 file is taken again"), "{said}");
    }
    let done = export(&world, &[]);
    assert_eq!(done["sources"][0]["files"]["again"], 1);
    assert_eq!(done["sources"][1]["files"]["again"], 1);
    assert_eq!(world.query("FROM raw.customers ORDER BY ALL"), raw);
    assert_eq!(told(&world), "event,n,wishes\nrewound,2,2\n");
}

#[test]
fn files_set_as_processed_are_not_loaded_until_a_reset() {
    let world = World::shop();
    export(&world, &[]);
    world.deliver_more();
    let said = ask(&world, &["set", "orders", "--as-processed", "orders_*.csv"]);
    assert!(
        said.contains("1 file counts as taken, and no row is loaded: `raw/orders/orders_2.csv`"),
        "{said}"
    );
    let done = export(&world, &[]);
    assert_eq!(done["sources"][1]["files"]["processed"], 1);
    assert_eq!(done["sources"][1]["rows"]["read"], 0);
    let count = |world: &World| world.query("SELECT count(*) AS n FROM raw.orders");
    assert_eq!(count(&world), "n\n3\n");
    assert_eq!(export(&world, &[])["run"], serde_json::Value::Null);
    let list = world.run(&["bookmarks", "--format", "json"]).ok().json();
    assert_eq!(list["sources"][1]["processed"], 1);
    assert_eq!(list["sources"][1]["live"], 1);
    ask(&world, &["reset", "orders"]);
    export(&world, &[]);
    assert_eq!(count(&world), "n\n5\n");
    // A rewrite of one is taken as any other.
    world.write(
        "raw/orders/orders_3.csv",
        "order_id,customer_id,amount\n30,1,1.00\n",
    );
    ask(
        &world,
        &["set", "orders", "--as-processed", "raw/orders/orders_3.csv"],
    );
    export(&world, &[]);
    world.write(
        "raw/orders/orders_3.csv",
        "order_id,customer_id,amount\n31,1,1.00\n",
    );
    assert_eq!(export(&world, &[])["sources"][1]["files"]["rewritten"], 1);
    assert_eq!(count(&world), "n\n6\n");
}

#[test]
fn held_files_are_left_as_they_are_until_released() {
    let world = World::shop();
    let said = ask(&world, &["hold", "orders", "raw/orders/orders_2*.csv"]);
    assert!(said.contains("no file matches now"), "{said}");
    export(&world, &[]);
    world.deliver_more();
    let done = export(&world, &[]);
    assert_eq!(done["sources"][1]["files"]["held"], 1);
    let notes = done["notes"].to_string();
    assert!(
        notes.contains(
            "source `orders`: 1 file is held, and left as it is: `raw/orders/orders_2.csv`"
        ),
        "{notes}"
    );
    let count = |world: &World| world.query("SELECT count(*) AS n FROM raw.orders");
    assert_eq!(count(&world), "n\n3\n");
    // Said also where there is nothing to do.
    let again = world.run(&["export"]).ok().stdout;
    assert!(again.contains("is held, and left"), "{again}");
    let told = world
        .run(&["bookmarks", "explain", "raw/orders/orders_2.csv"])
        .ok()
        .stdout;
    assert!(
        told.contains("held       by `raw/orders/orders_2*.csv`"),
        "{told}"
    );
    assert!(told.contains("taken      never"), "{told}");
    let wrong = refused(&world, &["release", "orders", "orders_2.csv"]);
    assert!(
        wrong.contains("held is `raw/orders/orders_2*.csv`"),
        "{wrong}"
    );
    ask(&world, &["release", "orders", "raw/orders/orders_2*.csv"]);
    export(&world, &[]);
    assert_eq!(count(&world), "n\n5\n");
}

#[test]
fn what_cannot_be_meant_is_refused_at_once() {
    let world = World::shop();
    export(&world, &[]);
    let nearest = refused(&world, &["reset", "order"]);
    assert!(nearest.contains("did you mean `orders`?"), "{nearest}");
    refused(&world, &["rewind", "orders", "--to", "7"]);
    let nothing = refused(&world, &["rewind", "orders", "--to", "1"]);
    assert!(nothing.contains("no file is taken again"), "{nothing}");
    let glob = refused(&world, &["hold", "orders", "raw/[a"]);
    assert!(glob.contains("is not a path pattern"), "{glob}");
    let none = refused(
        &world,
        &["set", "orders", "--as-processed", "raw/order/*.csv"],
    );
    assert!(
        none.contains("matches no file of source `orders`"),
        "{none}"
    );
    let taken = refused(&world, &["set", "orders", "--as-processed", "*.csv"]);
    assert!(taken.contains("none of them is new"), "{taken}");
    let path = refused(&world, &["explain", "raw/orders/order_1.csv"]);
    assert!(
        path.contains("did you mean `raw/orders/orders_1.csv`?"),
        "{path}"
    );
    refused(&world, &["cancel", ""]);
    refused(&world, &["cancel", "zzz"]);
}

/// By a way round, from another folder, by its name alone; also if it is gone.
#[test]
fn a_file_is_explained_however_it_is_named() {
    let world = World::shop();
    export(&world, &[]);
    world.write(
        "raw/customers/same.csv",
        "customer_id,name,joined\n9,Z,1/1/2020\n",
    );
    world.write(
        "raw/orders/same.csv",
        "order_id,customer_id,amount\n19,2,1.00\n",
    );
    let orders = "raw/orders/orders_1.csv";
    let plain = ask(&world, &["explain", orders]);
    let project = world
        .path("")
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let ways = [
        "orders_1.csv".to_owned(),
        "raw/customers/../orders/orders_1.csv".to_owned(),
        format!("../{project}/{orders}"),
        world.path(orders).display().to_string(),
    ];
    for way in &ways {
        assert_eq!(ask(&world, &["explain", way]), plain, "{way}");
    }
    std::fs::remove_file(world.path(orders)).unwrap();
    let gone = ask(&world, &["explain", orders]);
    assert!(gone.contains("there now  nothing"), "{gone}");
    for way in &ways {
        assert_eq!(ask(&world, &["explain", way]), gone, "{way}");
    }
    let several = refused(&world, &["explain", "same.csv"]);
    assert!(
        several.contains("called so: `raw/customers/same.csv`, `raw/orders/same.csv`"),
        "{several}"
    );
    let looked = refused(&world, &["explain", "nothing-like-it"]);
    assert!(looked.contains("they look for `raw/"), "{looked}");
}

/// A file that came before under another name decides again, and `plan` says so.
#[test]
fn an_old_delivery_under_a_new_name_is_told() {
    let world = World::shop();
    let file = |name: &str, rows: &str| {
        let path = format!("raw/customers/{name}.csv");
        world.write(&path, &format!("customer_id,name,joined\n{rows}"));
    };
    file("customers_1", "1,A1,1/1/2020\n");
    export(&world, &[]);
    file("customers_2", "1,B1,1/1/2020\n");
    export(&world, &[]);
    let notes = || world.run(&["plan", "--format", "json"]).ok().json()["notes"].to_string();
    assert!(!notes().contains("taken before"), "{}", notes());
    let old = world.path("raw/customers/customers_1.csv");
    std::fs::rename(old, world.path("raw/customers/customers_old.csv")).unwrap();
    let told = notes();
    assert!(
        told.contains(
            "the content of `raw/customers/customers_old.csv` was taken before by run 1, as \
             `raw/customers/customers_1.csv`; it counts as the newest delivery"
        ),
        "{told}"
    );
    // What it says prevents it does.
    let command =
        "workbench bookmarks set customers --as-processed 'raw/customers/customers_old.csv'";
    assert!(told.contains(command), "{told}");
    ask(
        &world,
        &[
            "set",
            "customers",
            "--as-processed",
            "raw/customers/customers_old.csv",
        ],
    );
    assert!(!notes().contains("taken before"), "{}", notes());
    export(&world, &[]);
    let names = world.query("SELECT name FROM raw.customers WHERE customer_id = 1");
    assert_eq!(names, "name\nB1\n");
}

#[test]
fn a_wish_can_be_withdrawn() {
    let world = World::shop();
    export(&world, &[]);
    let said = world
        .run(&["bookmarks", "reset", "orders", "--format", "json"])
        .ok()
        .json();
    let id = said["wish"]["id"].as_str().unwrap();
    assert_eq!(said["files"][0], "raw/orders/orders_1.csv");
    let again = world
        .run(&["bookmarks", "reset", "orders", "--format", "json"])
        .ok()
        .json();
    assert_eq!(again, said, "asked again, it is the same wish");
    ask(&world, &["cancel", &id[..6]]);
    assert_eq!(export(&world, &[])["run"], serde_json::Value::Null);
}

#[test]
fn the_list_tells_each_source_and_what_is_asked_for() {
    let mut world = World::shop();
    export(&world, &[]);
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    std::fs::remove_file(world.path("raw/orders/orders_1.csv")).unwrap();
    ask(&world, &["hold", "customers", "*_2.csv"]);
    insta::assert_snapshot!(ids(ask(&world, &[])), @r"
    source     live  waiting  held  processed  gone  rows taken  last run
    ──────────────────────────────────────────────────────────────────────
    customers     1        0     1          0     0           2         1
    orders        1        1     0          0     1           3         1

    For the next export or load:
      [wish]  hold customers '*_2.csv'  (asked 2024-11-04 09:00 UTC)
    ");
    let told = ask(&world, &["explain", "raw/orders/orders_1.csv"]);
    insta::with_settings!({filters => vec![("[0-9a-f]{64}", "[hash]")]}, {
        insta::assert_snapshot!(told, @r"
        `raw/orders/orders_1.csv` in source `orders`

        there now  nothing
        taken      by run 1 of 2024-11-03 as input file 2, at place 1.1: its rows count
                   3 records read: 3 added, 0 repeated, 0 superseded, 0 quarantined; BLAKE3 [hash]
                   carried by `raw/orders/orders_1.csv`
        next run   vanished: `raw/orders/orders_1.csv`, its rows stay
        ");
    });
}

/// A project with wishes of every kind waiting.
fn with_wishes() -> World {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.deliver_more();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    for n in 3..6 {
        world.write(
            &format!("raw/orders/orders_{n}.csv"),
            &format!("order_id,customer_id,amount\n{n}0,1,1.00\n"),
        );
    }
    ask(&world, &["reset", "customers"]);
    ask(&world, &["rewind", "orders", "--to", "1"]);
    ask(&world, &["set", "orders", "--as-processed", "orders_3.csv"]);
    ask(&world, &["hold", "orders", "orders_4.csv"]);
    world
}

/// What the wishes came to, whichever runs did it.
fn end_state(world: &World) -> String {
    let mut state = told(world);
    for (key, hash) in world.published("output") {
        state += &format!("{key} {hash}\n");
    }
    for source in ["customers", "orders"] {
        state += &world.query(&format!("FROM raw.{source} ORDER BY ALL"));
        state += &world.query(&format!(
            "SELECT count(*) AS n, count(_wb_retired) AS retired \
             FROM warehouse.intervals.{source} WHERE 'raw.' <> ''"
        ));
    }
    let list = world.run(&["bookmarks", "--format", "json"]).ok().json();
    assert_eq!(list["wishes"], serde_json::json!([]));
    for source in list["sources"].as_array().unwrap() {
        state += &format!(
            "{} {} {} {}\n",
            source["live"], source["held"], source["processed"], source["holds"]
        );
    }
    state
}

#[test]
fn a_run_killed_at_any_step_carries_a_wish_out_once() {
    let smooth = with_wishes();
    smooth.run(&["export"]).ok();
    let expected = end_state(&smooth);
    assert!(
        expected.starts_with(
            "event,n,wishes\nheld,1,1\nreset_some,1,1\nrewound,1,1\nset_as_processed,1,1\n"
        ),
        "{expected}"
    );
    for failpoint in Failpoint::ALL {
        let is_elsewhere = matches!(
            failpoint,
            Failpoint::OwnerPut
                | Failpoint::CheckpointPut
                | Failpoint::ObjectKept
                | Failpoint::PartitionRemoved
                | Failpoint::PartSent
        );
        if is_elsewhere || failpoint.is_of_rebuild() {
            continue;
        }
        let world = with_wishes();
        let fault = format!("{}=abort", failpoint.name());
        let died = world.run_with(&["export"], &fault);
        assert!(died.signal.is_some(), "{fault} was not reached");
        world.run(&["export"]).ok();
        assert_eq!(end_state(&world), expected, "after {fault}");
    }
}

#[test]
fn a_run_that_fails_leaves_the_wish() {
    let world = World::shop();
    export(&world, &[]);
    ask(&world, &["reset", "orders"]);
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,1,-3.00\n",
    );
    world.run(&["export"]).expect(3);
    let list = world.run(&["bookmarks", "--format", "json"]).ok().json();
    assert_eq!(list["wishes"][0]["kind"], "reset");
    assert_eq!(told(&world), "event,n,wishes\n");
    // A backfill as known then loads nothing, and lets it wait too.
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,1,3.00\n",
    );
    export(&world, &[]);
    assert_eq!(told(&world), "event,n,wishes\nreset_some,1,1\n");
}

/// Whatever keeps a file from being read keeps a refresh from losing its rows.
#[test]
fn a_refresh_is_refused_while_a_taken_file_is_unreadable() {
    let world = World::shop();
    world.deliver_more();
    export(&world, &[]);
    let before = world.query("FROM raw.orders ORDER BY ALL");
    let kept = world.path("kept");
    std::fs::rename(world.path("raw/orders"), &kept).unwrap();
    let refuse = |code: i32, words: &[&str]| {
        for command in ["export", "load"] {
            let ended = world.run(&[command, "--full-refresh"]).expect(code);
            for word in words {
                assert!(ended.stderr.contains(word), "{}", ended.stderr);
            }
            assert_eq!(world.query("FROM raw.orders ORDER BY ALL"), before);
        }
    };
    refuse(1, &["`raw/orders`", "does not exist"]);
    // An empty folder, as an unmounted disk shows it: both are named.
    std::fs::create_dir(world.path("raw/orders")).unwrap();
    refuse(3, &["raw/orders/orders_1.csv", "raw/orders/orders_2.csv"]);
    let link = world.path("raw/orders/orders_1.csv");
    std::os::unix::fs::symlink(world.path("nowhere"), &link).unwrap();
    refuse(1, &["`raw/orders/orders_1.csv` is a symbolic link"]);
    // All that cannot be read is named, whatever kept it and of whichever source.
    std::fs::create_dir(world.path("raw/orders/orders_2.csv")).unwrap();
    let customers = world.path("raw/customers");
    std::fs::rename(&customers, world.path("kept_customers")).unwrap();
    refuse(
        1,
        &[
            "3 files or folders cannot be taken:",
            "`raw/customers`, the folder",
            "`raw/orders/orders_1.csv` is a symbolic link",
            "`raw/orders/orders_2.csv` is a folder",
            "mend or remove the link",
        ],
    );
    std::fs::rename(world.path("kept_customers"), &customers).unwrap();
    std::fs::remove_dir_all(world.path("raw/orders")).unwrap();
    std::fs::rename(&kept, world.path("raw/orders")).unwrap();
    export(&world, &["--full-refresh"]);
    assert_eq!(world.query("FROM raw.orders ORDER BY ALL"), before);
}

/// Rows that no longer count keep their types in the table; what is declared now
/// must not be bent to them.
#[test]
fn types_are_declared_anew_once_nothing_counts() {
    let world = World::shop();
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let config = config.replace(
        "path = \"raw/orders/*.csv\"",
        "path = \"raw/orders/*.csv\"\non_vanish = \"retract\"",
    );
    world.write("workbench.toml", &config);
    export(&world, &[]);
    std::fs::remove_file(world.path("raw/orders/orders_1.csv")).unwrap();
    export(&world, &[]);
    world.write(
        "workbench.toml",
        &config.replace("order_id    = \"BIGINT\"", "order_id    = \"VARCHAR\""),
    );
    world.write(
        "sql/staging/orders.sql",
        "/*\ndescription = \"x\"\n*/\nSELECT order_id::BIGINT AS order_id, customer_id, amount FROM raw.orders",
    );
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n007,1,3.00\n",
    );
    export(&world, &[]);
    assert_eq!(
        world.query("SELECT order_id FROM raw.orders"),
        "order_id\n007\n"
    );
    assert_eq!(export(&world, &[])["run"], serde_json::Value::Null);
}

/// What is taken again, or for the first time, at an earlier place loses to what
/// stands behind it.
#[test]
fn an_old_place_does_not_come_last() {
    let world = World::shop();
    let customers = |n: u32, rows: &str| {
        world.write(
            &format!("raw/customers/customers_{n}.csv"),
            &format!("customer_id,name,joined\n{rows}"),
        );
    };
    let names = || world.query("SELECT customer_id AS c, name FROM raw.customers ORDER BY 1");
    customers(1, "1,A1,1/1/2020\n2,A2,1/1/2020\n");
    export(&world, &[]);
    customers(2, "1,B1,1/1/2020\n");
    export(&world, &[]);
    customers(1, "1,C1,1/1/2020\n2,C2,1/1/2020\n");
    export(&world, &[]);
    assert_eq!(names(), "c,name\n1,B1\n2,C2\n");
    // The rewrite is all that a later run took, and it stands in front.
    let said = ask(&world, &["rewind", "customers", "--to", "2"]);
    assert!(said.contains("1 file is taken again"), "{said}");
    export(&world, &[]);
    assert_eq!(names(), "c,name\n1,B1\n2,C2\n");
    // A file that was passed over is rewritten: it has the place it had.
    customers(3, "2,D2,1/1/2020\n3,D3,1/1/2020\n");
    ask(
        &world,
        &["set", "customers", "--as-processed", "customers_3.csv"],
    );
    export(&world, &[]);
    customers(4, "3,E3,1/1/2020\n");
    export(&world, &[]);
    customers(3, "2,F2,1/1/2020\n3,F3,1/1/2020\n");
    export(&world, &[]);
    assert_eq!(names(), "c,name\n1,B1\n2,F2\n3,E3\n");
}
