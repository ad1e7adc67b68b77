//! What an export does: again, elsewhere, for another day, refused.

use super::world::{World, copy_folder};

fn statuses(document: &serde_json::Value) -> Vec<String> {
    document["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            format!(
                "{} {}",
                d["name"].as_str().unwrap(),
                d["status"].as_str().unwrap()
            )
        })
        .collect()
}

fn export(world: &World, args: &[&str]) -> serde_json::Value {
    let mut all = vec!["export", "--format", "json"];
    all.extend(args);
    world.run(&all).ok().json()
}

#[test]
fn a_run_again_is_a_no_op() {
    let world = World::shop();
    let first = export(&world, &[]);
    assert_eq!(first["run"], 1);
    assert_eq!(first["status"], "succeeded");
    assert_eq!(
        statuses(&first),
        ["customer_level published", "orders published"]
    );
    assert_eq!(first["sources"][0]["files"]["new"], 1);
    let before = world.published("output");
    let again = export(&world, &[]);
    assert_eq!(again["run"], serde_json::Value::Null);
    assert_eq!(
        statuses(&again),
        ["customer_level unchanged", "orders unchanged"]
    );
    assert_eq!(again["sources"][0]["files"]["unchanged"], 1);
    assert_eq!(world.published("output"), before);
    let runs = world.run(&["runs", "--format", "json"]).ok().json();
    assert_eq!(runs.as_array().unwrap().len(), 1);
}

#[test]
fn output_deleted_or_changed_by_hand_is_published_again() {
    let world = World::shop();
    export(&world, &[]);
    let before = world.published("output");
    let key = before
        .keys()
        .find(|k| k.starts_with("orders/"))
        .unwrap()
        .clone();
    std::fs::remove_file(world.path("output").join(&key)).unwrap();
    let healed = export(&world, &[]);
    assert_eq!(
        statuses(&healed),
        ["customer_level unchanged", "orders published"]
    );
    assert_eq!(world.published("output"), before);
    let path = world.path("output").join(&key);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "not parquet").unwrap();
    assert_eq!(
        statuses(&export(&world, &[])),
        ["customer_level unchanged", "orders published"]
    );
    assert_eq!(world.published("output"), before);
}

#[test]
fn a_failed_check_stays_failed_until_it_holds() {
    let world = World::shop();
    export(&world, &[]);
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,1,-3.00\n",
    );
    for _ in 0..3 {
        let ended = world.run(&["export", "--format", "json"]).expect(3);
        let document = ended.json();
        assert_eq!(document["status"], "failed");
        assert_eq!(document["error"]["kind"], "data_refused");
        assert_eq!(document["checks"][0]["failed"], 1);
        assert!(
            ended.stderr.contains("`no_negative_amount` found 1 row"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("-3.00"), "{}", ended.stderr);
    }
    // Nothing of it was loaded.
    assert_eq!(
        world.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n3\n"
    );
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,1,3.00\n",
    );
    assert_eq!(
        statuses(&export(&world, &[])),
        ["customer_level published", "orders published"]
    );
}

#[test]
fn another_target_gets_its_own_snapshot() {
    let world = World::shop();
    export(&world, &[]);
    let there = export(&world, &["--target", "elsewhere"]);
    assert_eq!(
        statuses(&there),
        ["customer_level published", "orders published"]
    );
    assert_eq!(world.published("elsewhere"), world.published("output"));
    assert_eq!(
        statuses(&export(&world, &["--target", "elsewhere"])),
        ["customer_level unchanged", "orders unchanged"]
    );
    assert_eq!(
        statuses(&export(&world, &[])),
        ["customer_level unchanged", "orders unchanged"]
    );
}

#[test]
fn a_backfill_replaces_one_day_and_knows_what_was_known_then() {
    let mut world = World::shop();
    export(&world, &[]);
    let third = world.published("output");
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    export(&world, &[]);
    let both = world.published("output");
    // As known then: the same bytes as on the day.
    let backfill = export(&world, &["--date", "2024-11-03"]);
    assert_eq!(backfill["known"], "then (run 1)");
    assert_eq!(
        statuses(&backfill),
        ["customer_level unchanged", "orders unchanged"]
    );
    let key = third.keys().find(|k| k.starts_with("orders/")).unwrap();
    std::fs::remove_file(world.path("output").join(key)).unwrap();
    export(&world, &["--date", "2024-11-03"]);
    assert_eq!(world.published("output"), both);
    // As known now: that day has the new orders, the other is as it was.
    export(&world, &["--date", "2024-11-03", "--known", "now"]);
    let after = world.published("output");
    assert_ne!(after[key], both[key]);
    for (other, hash) in both.iter().filter(|(k, _)| k.contains("ingest_day=04")) {
        assert_eq!(&after[other], hash);
    }
}

#[test]
fn equal_inputs_give_equal_bytes_at_any_threads_and_place() {
    let mut all = Vec::new();
    for threads in [1, 2, 4] {
        let world = World::shop();
        let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
        world.write(
            "workbench.toml",
            &config.replace(
                "name = \"shop\"",
                &format!("name = \"shop\"\nthreads = {threads}"),
            ),
        );
        let rows: String = (0..300_000)
            .map(|i| format!("{},{},{}.25\n", i + 100, i % 2 + 1, i % 97))
            .collect();
        world.write(
            "raw/orders/orders_2.csv",
            &format!("order_id,customer_id,amount\n{rows}"),
        );
        export(&world, &[]);
        all.push(world.published("output"));
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    // In one delivery or in two, moved to another folder.
    let once = World::shop();
    once.deliver_more();
    export(&once, &[]);
    let twice = World::shop();
    export(&twice, &[]);
    twice.deliver_more();
    export(&twice, &[]);
    assert_eq!(once.published("output"), twice.published("output"));
    let moved = World::empty();
    copy_folder(twice.dir.path(), moved.dir.path());
    assert_eq!(
        statuses(&export(&moved, &[])),
        ["customer_level unchanged", "orders unchanged"]
    );
}

/// The engine writes a column without NULLs otherwise than one with them, and its
/// statistics are also over rows that no longer count.
#[test]
fn bytes_do_not_depend_on_rows_that_no_longer_count() {
    let clean = World::shop();
    export(&clean, &[]);
    let mended = World::shop();
    let whole = std::fs::read_to_string(mended.path("raw/orders/orders_1.csv")).unwrap();
    mended.write(
        "raw/orders/orders_1.csv",
        &whole.replace("12,2,1.00", "12,,"),
    );
    export(&mended, &[]);
    mended.write("raw/orders/orders_1.csv", &whole);
    export(&mended, &[]);
    assert_eq!(mended.published("output"), clean.published("output"));
}

#[test]
fn a_broken_shape_is_refused_until_the_version_is_raised() {
    let world = World::shop();
    export(&world, &[]);
    let text = std::fs::read_to_string(world.path("sql/features/orders.sql")).unwrap();
    world.write(
        "sql/features/orders.sql",
        &text.replace("customer_id, amount FROM", "amount FROM"),
    );
    let planned = world.run(&["plan"]).expect(3);
    assert!(
        planned.stderr.contains("column `customer_id` is gone"),
        "{}",
        planned.stderr
    );
    let ended = world.run(&["export"]).expect(3);
    assert!(
        ended.stderr.contains("column `customer_id` is gone"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("raise `version` to 2"),
        "{}",
        ended.stderr
    );
    world.write(
        "sql/features/orders.sql",
        &text
            .replace("customer_id, amount FROM", "amount FROM")
            .replace("key = [\"order_id\"]", "key = [\"order_id\"]\nversion = 2"),
    );
    export(&world, &[]);
    let keys: Vec<String> = world.published("output").into_keys().collect();
    assert!(keys.iter().any(|k| k.starts_with("orders-v2/")), "{keys:?}");
    assert!(keys.iter().any(|k| k.starts_with("orders/")), "{keys:?}");
}

#[test]
fn a_preview_changes_nothing() {
    let world = World::shop();
    export(&world, &[]);
    world.deliver_more();
    let state = |world: &World| {
        let mut all = world.published("output");
        all.extend(world.published(".workbench"));
        // The lock names its last holder; SQLite's shared memory is no data.
        all.retain(|key, _| !key.ends_with("lock") && !key.ends_with("-shm"));
        all
    };
    let before = state(&world);
    let shown = world
        .run(&["export", "--preview", "look", "--format", "json"])
        .ok()
        .json();
    assert_eq!(shown["datasets"][1]["rows"], 5);
    assert_eq!(state(&world), before);
    let previewed = world.published("look");
    assert_eq!(previewed.len(), 2);
    // One that fails takes no run's number either.
    let sql = "sql/checks/none.sql";
    world.write(sql, "/*\ndescription = \"None.\"\n*/\nSELECT 1 AS n\n");
    let failed = world.run(&["export", "--preview", "failed"]).expect(3);
    assert!(
        failed
            .stdout
            .contains("The preview of 2024-11-03 came to nothing")
    );
    assert!(!failed.stdout.contains("Run "), "{}", failed.stdout);
    std::fs::remove_file(world.path(sql)).unwrap();
    export(&world, &[]);
    assert_eq!(world.published("output"), previewed);
}

#[test]
fn plan_says_what_and_why_and_writes_nothing() {
    let world = World::shop();
    let plan = world.run(&["plan"]).ok();
    assert!(!world.path(".workbench").exists());
    assert!(!world.path("output").exists());
    insta::assert_snapshot!(plan.stdout, @r#"
    Plan for 2024-11-03 at output (data as known now)

    source customers: 1 new
      new       raw/customers/customers_1.csv  (2 records)
    source orders: 1 new
      new       raw/orders/orders_1.csv  (3 records)

    dataset         version  revision  action   because
    ─────────────────────────────────────────────────────────────────
    customer_level        1         1  publish  never published here
    orders                1         1  publish  never published here

    `workbench export` would be run 1, publishing 2 datasets if the check holds. Nothing was changed.
    "#);
    export(&world, &[]);
    world.deliver_more();
    insta::assert_snapshot!(world.run(&["export", "--dry-run"]).ok().stdout, @r#"
    Plan for 2024-11-03 at output (data as known now)

    source customers: 1 new, 1 unchanged
      new       raw/customers/customers_2.csv  (3 records)
    source orders: 1 new, 1 unchanged
      new       raw/orders/orders_2.csv  (2 records)

    dataset         version  revision  action   because
    ──────────────────────────────────────────────────────────────────────────────
    customer_level        1         1  publish  new data in `customers`, `orders`
    orders                1         1  publish  new data in `orders`

    `workbench export` would be run 2, publishing 2 datasets if the check holds. Nothing was changed.
    "#);
}

#[test]
fn bad_records_are_all_told() {
    let world = World::shop();
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,1,3.00\nx,1,3.00\n22,1,cheap\n",
    );
    world.write(
        "raw/orders/orders_3.csv",
        "order_id,customer_id,amount\n23,1\n",
    );
    let ended = world.run(&["export"]).expect(3);
    insta::assert_snapshot!(ended.stderr, @r#"
    error: 3 records of source `orders` in 2 files cannot be loaded:
      raw/orders/orders_2.csv:3, column `order_id`: `x` is not a BIGINT
          x,1,3.00
      raw/orders/orders_2.csv:4, column `amount`: `cheap` is not a DECIMAL(18,2)
          22,1,cheap
      raw/orders/orders_3.csv:2: the record has 2 fields, and the header 3
          23,1
    hint: correct the files and export again, or set `bad_rows = "quarantine"` to load the others; nothing of this run was loaded
    "#);
    assert!(!world.path("output/orders").exists());
}

#[test]
fn history_is_read_as_published_and_before_the_day_only() {
    let mut world = World::shop();
    world.write(
        "sql/features/growth.sql",
        "/*\nkey = [\"customer_id\"]\n*/\nSELECT customer_id, total, (SELECT count(*) FROM history.customer_level h \
         WHERE h.customer_id = c.customer_id) AS days_before FROM features.customer_level c",
    );
    // Nothing is published yet that could be read back.
    let ended = world.run(&["export"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        world.query("SELECT sum(days_before) AS n FROM features.growth"),
        "n\n0\n"
    );
    world.today = "2024-11-04".to_owned();
    export(&world, &[]);
    world.today = "2024-11-05".to_owned();
    export(&world, &[]);
    assert_eq!(
        world.query("SELECT sum(days_before) AS n FROM features.growth"),
        "n\n4\n"
    );
    // A dataset that reads its own days needs one to know their columns from.
    world.write(
        "sql/features/streak.sql",
        "/*\nkey = [\"customer_id\"]\n*/\nSELECT customer_id, (SELECT count(*) FROM history.streak) AS n FROM features.customer_level",
    );
    let own = world.run(&["export"]).expect(2);
    assert!(
        own.stderr.contains("reads its own history"),
        "{}",
        own.stderr
    );
    let second = world.run(&[
        "query",
        "SELECT sum(days_before) AS n FROM features.growth",
        "--as-of",
        "2024-11-04",
        "--format",
        "csv",
    ]);
    assert_eq!(second.ok().stdout, "n\n2\n");
}

#[test]
fn dates_and_names_that_cannot_be_are_refused() {
    let world = World::shop();
    let future = world.run(&["export", "--date", "2024-11-04"]).expect(2);
    assert!(
        future.stderr.contains("--allow-future"),
        "{}",
        future.stderr
    );
    world
        .run(&["export", "--date", "2024-11-04", "--allow-future"])
        .ok();
    let unknown = world.run(&["export", "--only", "order"]).expect(2);
    assert!(
        unknown.stderr.contains("did you mean `orders`?"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn only_some_datasets() {
    let world = World::shop();
    let some = export(&world, &["--only", "orders"]);
    assert_eq!(
        statuses(&some),
        ["customer_level skipped", "orders published"]
    );
    let rest = export(&world, &[]);
    assert_eq!(
        statuses(&rest),
        ["customer_level published", "orders unchanged"]
    );
}

#[test]
fn a_full_refresh_loads_all_again_to_the_same_end() {
    let world = World::shop();
    export(&world, &[]);
    world.deliver_more();
    export(&world, &[]);
    let before = (
        world.published("output"),
        world.query("FROM raw.customers ORDER BY ALL"),
    );
    let refreshed = export(&world, &["--full-refresh"]);
    assert_eq!(refreshed["sources"][0]["files"]["new"], 2);
    assert_eq!(
        (
            world.published("output"),
            world.query("FROM raw.customers ORDER BY ALL")
        ),
        before
    );
    std::fs::remove_file(world.path("raw/orders/orders_1.csv")).unwrap();
    let ended = world.run(&["export", "--full-refresh"]).expect(3);
    assert!(ended.stderr.contains("orders_1.csv"), "{}", ended.stderr);
}

/// `latest.csv` overwritten by the next delivery: as many rows, none of the old.
#[test]
fn a_new_delivery_under_an_old_name_is_refused() {
    let world = World::shop();
    export(&world, &[]);
    world.write(
        "raw/orders/orders_1.csv",
        "order_id,customer_id,amount\n20,1,1.00\n21,1,2.00\n22,2,3.00\n",
    );
    let ended = world.run(&["export"]).expect(3);
    assert!(
        ended.stderr.contains("would keep 0 of the 3 rows"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        world.query("SELECT min(order_id) AS first FROM raw.orders"),
        "first\n10\n"
    );
    // A correction keeps most of what was there.
    world.write(
        "raw/orders/orders_1.csv",
        "order_id,customer_id,amount\n10,1,5.50\n11,1,4.75\n12,2,1.00\n",
    );
    assert_eq!(export(&world, &[])["sources"][1]["files"]["rewritten"], 1);
    assert_eq!(
        world.query("SELECT sum(amount) AS s FROM raw.orders"),
        "s\n11.25\n"
    );
}

#[test]
fn columns_may_have_names_that_the_engine_uses_itself() {
    let world = World::shop();
    world.write(
        "raw/customers/customers_2.csv",
        "customer_id,name,joined,rowid\n1,A,1/1/2020,z\n",
    );
    let ended = world.run(&["export"]).expect(3);
    assert!(ended.stderr.contains("`rowid`"), "{}", ended.stderr);
    world.write(
        "raw/customers/customers_2.csv",
        "customer_id,name,joined,was,fresh\n1,A,1/1/2020,a,b\n2,B,1/1/2020,c,d\n",
    );
    export(&world, &[]);
    world.write(
        "raw/customers/customers_3.csv",
        "customer_id,name,joined,was,fresh\n1,A,1/1/2020,a,b\n2,C,1/1/2020,c,d\n",
    );
    export(&world, &[]);
    // The repeated row opened no interval, the changed one did.
    let intervals = "SELECT count(*) AS n FROM warehouse.intervals.customers WHERE 'raw.' <> '' GROUP BY customer_id ORDER BY customer_id";
    assert_eq!(world.query(intervals), "n\n1\n2\n");
}

#[test]
fn a_failed_run_says_that_nothing_is_published() {
    let world = World::shop();
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\nx,1,3.00\n",
    );
    let document = world.run(&["export", "--format", "json"]).expect(3).json();
    assert_eq!(
        statuses(&document),
        ["customer_level skipped", "orders skipped"]
    );
    world.write("workbench.toml", "[sources.a]\npaht = \"x\"\n");
    let document = world.run(&["export", "--format", "json"]).expect(2).json();
    assert_eq!(document["status"], "failed");
    assert_eq!(document["run"], serde_json::Value::Null);
}

#[test]
fn a_preview_is_not_written_where_readers_look() {
    let world = World::shop();
    export(&world, &[]);
    world.deliver_more();
    let before = world.published("output");
    for folder in ["output", "output/orders", ".", "sql"] {
        let ended = world.run(&["export", "--preview", folder]).expect(2);
        assert!(
            ended.stderr.contains("cannot be written to"),
            "{folder}: {}",
            ended.stderr
        );
    }
    assert_eq!(world.published("output"), before);
}

#[test]
fn a_column_that_is_missing_or_new_is_said() {
    let world = World::shop();
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,channel\n20,1,web\n",
    );
    let ended = world.run(&["export"]).ok();
    assert!(
        ended.stdout.contains("has no column `amount`"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("new column `channel`"),
        "{}",
        ended.stdout
    );
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let world = World::shop();
    export(&world, &[]);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = world.command(&["query", "SELECT * FROM features.orders", "--format", "csv"]);
    let ended = command.stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn a_day_without_a_snapshot_is_named() {
    let world = World::shop();
    let none = world.run(&["query", "FROM features.orders"]).expect(1);
    assert!(
        none.stderr.contains("nothing is published"),
        "{}",
        none.stderr
    );
    export(&world, &[]);
    let early = world
        .run(&["query", "FROM features.orders", "--as-of", "2024-01-01"])
        .expect(2);
    assert!(
        early.stderr.contains("the first is of 2024-11-03"),
        "{}",
        early.stderr
    );
}

/// A check counts by its meaning: also that of a view only it reads.
#[test]
fn an_edit_below_a_check_is_evaluated() {
    let world = World::shop();
    world.write(
        "sql/staging/limits.sql",
        "/*\ndescription = \"x\"\n*/\nSELECT 1 AS most",
    );
    world.write(
        "sql/checks/limit.sql",
        "/*\ndescription = \"x\"\n*/\nSELECT most FROM staging.limits WHERE most > 5",
    );
    export(&world, &[]);
    world.write(
        "sql/staging/limits.sql",
        "/*\ndescription = \"x\"\n*/\nSELECT 10 AS most",
    );
    world.run(&["export"]).expect(3);
}

#[test]
fn types_may_change_while_nothing_was_loaded() {
    let world = World::shop();
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let elsewhere = config.replace("raw/orders/*.csv", "raw/*/none*.csv");
    world.write("workbench.toml", &elsewhere);
    export(&world, &[]);
    world.write(
        "workbench.toml",
        &config.replace("order_id    = \"BIGINT\"", "order_id    = \"VARCHAR\""),
    );
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n007,1,3.00\n",
    );
    world.write(
        "sql/features/orders.sql",
        "/*\nkey = [\"order_id\"]\nversion = 2\n*/\nFROM staging.orders",
    );
    export(&world, &[]);
    assert_eq!(
        world.query("SELECT min(order_id) AS first FROM raw.orders"),
        "first\n007\n"
    );
}

/// What a refresh would lose is told by place: the same content elsewhere does
/// not stand in for it. With `--accept-drop` it may go.
#[test]
fn a_refresh_does_not_change_what_counts() {
    let world = World::shop();
    let a = "customer_id,name,joined\n1,A,1/1/2020\n";
    let b = "customer_id,name,joined\n1,B,1/1/2020\n";
    for (n, text) in [(2, a), (3, b), (4, a)] {
        world.write(&format!("raw/customers/customers_{n}.csv"), text);
        export(&world, &[]);
    }
    let name = "SELECT name FROM raw.customers WHERE customer_id = 1";
    assert_eq!(world.query(name), "name\nA\n");
    std::fs::remove_file(world.path("raw/customers/customers_4.csv")).unwrap();
    world.run(&["export", "--full-refresh"]).expect(3);
    assert_eq!(world.query(name), "name\nA\n");
    export(&world, &["--full-refresh", "--accept-drop"]);
    assert_eq!(world.query(name), "name\nB\n");
}

#[test]
fn bytes_changed_in_place_are_noticed_and_healed() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::shop();
    export(&world, &[]);
    let before = world.published("output");
    let key = before.keys().find(|k| k.starts_with("orders/")).unwrap();
    let path = world.path("output").join(key);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, &bytes).unwrap();
    let ended = world.run(&["query", "SELECT count(*) FROM features.orders"]);
    assert_ne!(ended.code, Some(0), "{}", ended.stdout);
    assert_eq!(
        statuses(&export(&world, &[])),
        ["customer_level unchanged", "orders published"]
    );
    assert_eq!(world.published("output"), before);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.orders"),
        "n\n3\n"
    );
}
