//! The revisions of transforms, and which lines differ.

use serde_json::Value;

use super::world::World;

const FILE: &str = "sql/features/orders.sql";

fn read(world: &World, file: &str) -> String {
    std::fs::read_to_string(world.path(file)).unwrap()
}

fn json(world: &World, args: &[&str]) -> Value {
    let args = [&["transforms"], args, &["--format", "json"]].concat();
    world.run(&args).ok().json()
}

/// What differs, of one.
fn differs(world: &World, name: &str) -> Value {
    let all = json(world, &["list"]);
    let mut all = all.as_array().unwrap().iter();
    all.find(|t| t["transform"] == name).unwrap()["differs"].clone()
}

/// Applies a unified diff, going by its line numbers: another reader of it.
fn patched(before: &str, diff: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    let mut lines = diff.lines().skip(2).peekable();
    while let Some(line) = lines.next() {
        if let Some(place) = line.strip_prefix("@@ -") {
            let mut numbers = place.split([' ', ',']);
            let start: usize = numbers.next().unwrap().parse().unwrap();
            let is_empty = place.split(' ').next().unwrap().ends_with(",0");
            let start = if is_empty { start } else { start - 1 };
            out.extend(old[at..start].iter().map(|l| (*l).to_owned()));
            at = start;
            continue;
        }
        let unended = lines.next_if(|l| l.starts_with('\\')).is_some();
        let text = format!("{}{}", &line[1..], if unended { "" } else { "\n" });
        if !line.starts_with('+') {
            assert_eq!(old[at], text);
            at += 1;
        }
        if !line.starts_with('-') {
            out.push(text);
        }
    }
    out.extend(old[at..].iter().map(|l| (*l).to_owned()));
    out.concat()
}

#[test]
fn every_text_that_was_published_can_be_had_again() {
    let world = World::shop();
    assert_eq!(differs(&world, "features.orders"), "new");
    let first = read(&world, FILE);
    world.run(&["export", "--date", "2024-11-01"]).ok();
    assert_eq!(differs(&world, "features.orders"), Value::Null);

    let second = first.replace("amount FROM", "amount,\n       amount * 2 AS doubled\nFROM");
    let second = second.trim_end();
    world.write(FILE, second);
    assert_eq!(differs(&world, "features.orders"), "edited");
    // Loaded under it, and not published: that is no use of it yet.
    world.deliver_more();
    world.run(&["load"]).ok();
    assert_eq!(differs(&world, "features.orders"), "edited");
    let history = json(&world, &["history", "features.orders"]);
    assert_eq!(history[0]["revision"], 2);
    assert_eq!(history[0]["runs"], serde_json::json!([]));
    world.run(&["export", "--date", "2024-11-02"]).ok();
    world.run(&["export"]).ok();

    let third = second.replace("SELECT", "-- Only words.\nSELECT");
    world.write(FILE, &third);
    assert_eq!(differs(&world, "features.orders"), "layout");

    let show = |name: &str| world.run(&["transforms", "show", name, "-q"]).ok();
    assert_eq!(show("features.orders@1").stdout, first);
    assert_eq!(show("features.orders@2").stdout, second);
    assert_eq!(show("features.orders@latest").stdout, second);
    assert_eq!(show("features.orders@latest~1").stdout, first);
    assert_eq!(show("features.orders").stdout, third);
    assert_eq!(show("sql/features/orders.sql@1").stdout, first);
    let history = json(&world, &["history", "features.orders"]);
    let print = history[1]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(
        show(&format!("features.orders@{}", &print[..6])).stdout,
        first
    );
    let runs = |revision: &Value| -> Vec<(u64, String)> {
        let runs = revision["runs"].as_array().unwrap().iter();
        runs.map(|r| {
            (
                r["run"].as_u64().unwrap(),
                r["ingest_date"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
    };
    assert_eq!(
        runs(&history[0]),
        [(3, "2024-11-02".into()), (4, "2024-11-03".into())]
    );
    assert_eq!(runs(&history[1]), [(1, "2024-11-01".into())]);

    for (before, after, old, new) in [
        ("features.orders@1", "features.orders@2", &*first, second),
        ("features.orders@2", "features.orders@1", second, &*first),
        ("features.orders@1", "features.orders", &first, &third),
    ] {
        let diff = world
            .run(&["transforms", "diff", before, after])
            .ok()
            .stdout;
        assert_eq!(patched(old, &diff), new, "{diff}");
        let diff = world
            .run(&["transforms", "diff", before, after, "-U0"])
            .ok()
            .stdout;
        assert_eq!(patched(old, &diff), new, "{diff}");
    }
    // Left out: the last that was published, and the file as it is.
    let diff = world
        .run(&["transforms", "diff", "features.orders"])
        .ok()
        .stdout;
    assert_eq!(patched(second, &diff), third);
    assert_eq!(world.run(&["transforms", "diff"]).ok().stdout, diff);
    let same = world.run(&["transforms", "diff", "staging.orders"]).ok();
    assert_eq!(
        (same.stdout.as_str(), same.stderr.as_str()),
        ("", "No line differs.\n")
    );

    // What was published before is the same revision again.
    world.write(FILE, &first);
    let all = json(&world, &["list"]);
    let mut all = all.as_array().unwrap().iter();
    let orders = all.find(|t| t["transform"] == "features.orders").unwrap();
    assert_eq!(
        (&orders["revision"], &orders["published"]["revision"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn what_lies_below_counts_and_what_is_refused_hides_nothing() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let staging = read(&world, "sql/staging/orders.sql");
    world.write(
        "sql/staging/orders.sql",
        &staging.replace("FROM", "FROM /* ! */"),
    );
    assert_eq!(differs(&world, "staging.orders"), "layout");
    assert_eq!(differs(&world, "features.orders"), Value::Null);
    world.write(
        "sql/staging/orders.sql",
        &staging.replace("raw.orders", "raw.orders WHERE true"),
    );
    assert_eq!(differs(&world, "staging.orders"), "edited");
    let listed = world.run(&["transforms"]).ok().stdout;
    assert_eq!(differs(&world, "features.orders"), "below");
    assert!(listed.contains("`staging.orders` was edited"), "{listed}");

    world.write(
        "sql/staging/orders.sql",
        &staging.replace("SELECT", "SELECT random() AS x,"),
    );
    std::fs::remove_file(world.path("sql/features/customer_level.sql")).unwrap();
    let ended = world.run(&["transforms", "--format", "csv"]).ok();
    assert!(
        ended.stderr.contains("sql/staging/orders.sql:"),
        "{}",
        ended.stderr
    );
    insta::assert_snapshot!(ended.stdout, @"
    transform,revision,published_revision,published_run,published_day,differs
    staging.orders,,1,1,2024-11-03,refused
    features.customer_level,,1,1,2024-11-03,gone
    features.orders,,1,1,2024-11-03,unsure
    checks.no_negative_amount,,,1,2024-11-03,
    ");
    // The refused text is there to be looked at, and held against what was fine.
    let diff = world
        .run(&["transforms", "diff", "staging.orders"])
        .ok()
        .stdout;
    assert!(diff.contains("+SELECT random() AS x, order_id"), "{diff}");
    // And so is what has no file any more.
    let gone = world
        .run(&["transforms", "show", "customer_level@latest"])
        .ok();
    assert!(
        gone.stdout.contains("One row per customer."),
        "{}",
        gone.stdout
    );
    assert!(
        gone.stderr.contains("published by run 1 of 2024-11-03"),
        "{}",
        gone.stderr
    );
}

#[test]
fn names_that_mean_nothing_or_too_much_are_told() {
    let world = World::shop();
    world.run(&["export"]).ok();
    for (name, message, hint) in [
        (
            "orders",
            "may be `staging.orders` or `features.orders`",
            "write it whole",
        ),
        (
            "featuers.orders",
            "no transform",
            "did you mean `features.orders`?",
        ),
        ("xyz", "no transform", "`workbench transforms` lists them"),
        ("features.orders@7", "has no revision `7`", "there are `1`"),
        (
            "features.orders@latest~1",
            "has no revision `latest~1`",
            "there are `1`",
        ),
        ("features.orders@", "has no revision ``", "there are `1`"),
    ] {
        let ended = world
            .run(&["transforms", "show", name, "--format", "json"])
            .expect(2);
        let error = &ended.json()["error"];
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{error}"
        );
        assert_eq!(error["hint"], hint, "{error}");
    }
    let fresh = World::shop();
    let ended = fresh
        .run(&["transforms", "diff", "features.orders"])
        .expect(2);
    assert!(ended.stderr.contains("never published"), "{}", ended.stderr);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let world = World::shop();
    world.run(&["export"]).ok();
    world.write(
        FILE,
        &read(&world, FILE).replace("amount", "amount -- what it came to"),
    );
    let plain = world
        .run(&["transforms", "diff", "features.orders"])
        .ok()
        .stdout;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let args = ["transforms", "diff", "features.orders", "--color", "always"];
    let painted = world.run(&args).ok().stdout;
    assert!(painted.contains("\u{1b}[38;5;10m+SELECT"), "{painted:?}");
    insta::assert_snapshot!(plain, @r#"
    --- features.orders@1
    +++ sql/features/orders.sql
    @@ -2,4 +2,4 @@
     description = "One row per order."
     key = ["order_id"]
     */
    -SELECT order_id, customer_id, amount FROM staging.orders
    +SELECT order_id, customer_id, amount -- what it came to FROM staging.orders
    "#);
    insta::assert_snapshot!(world.run(&["transforms"]).ok().stdout, @"
    transform                  revision  last run  what differs
    ───────────────────────────────────────────────────────────────────
    staging.orders                    1         1
    features.customer_level           1         1
    features.orders               1 → 2         1  edited: +1 −1 lines
    checks.no_negative_amount         -         1
    ");
    insta::assert_snapshot!(world.run(&["transforms", "history", "features.orders"]).ok().stdout, @"
    revision  fingerprint  runs  days  from        to          last published (UTC)
    ────────────────────────────────────────────────────────────────────────────────
           1  5966f663     1        1  2024-11-03  2024-11-03  2024-11-03 09:00
    ");
}
