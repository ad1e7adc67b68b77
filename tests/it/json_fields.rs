//! `docs/json.md`: the fields that are documented are those that are printed.
//!
//! A listing that is new gets a section there and a line in [`printed`].

/// What the page says, and a document held against it.
mod page;

use std::collections::BTreeSet;

use serde_json::Value;

use super::world::World;
use page::Page;

fn json(world: &World, args: &[&str]) -> Value {
    let ended = world.run(&[args, &["--format", "json"]].concat());
    serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{args:?}: {error}: {ended:?}"))
}

fn dies(world: &World, args: &[&str], fault: &str) {
    let ended = world.run_with(args, fault);
    assert!(ended.signal.is_some(), "{args:?}: {ended:?}");
}

/// The document of each command, under the title of its section. Each is run where
/// as many of its fields as can be have something in them.
fn printed(world: &World) -> Vec<(&'static str, Value)> {
    let json = |args: &[&str]| json(world, args);
    let dies = |args: &[&str], fault: &str| dies(world, args, fault);
    let edit = |file: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(world.path(file)).unwrap();
        assert!(text.contains(from), "{file}");
        world.write(file, &text.replace(from, to));
    };
    let mut all = vec![("`workbench demo`", json(&["demo", "."]))];
    world.write("raw/empty.csv", "");
    all.extend([
        (
            "`workbench init`",
            json(&["init", "proposed", "--from", "raw"]),
        ),
        ("Errors", json(&["runs", "show", "99"])),
        ("`workbench catalog`", json(&["catalog"])),
        ("`workbench catalog`", json(&["catalog", "invoices"])),
        ("`workbench quarantine`", json(&["quarantine"])),
        (
            "`workbench quarantine show`",
            json(&["quarantine", "show", "invoice_line_items"]),
        ),
        ("`workbench runs`", json(&["runs", "--limit", "99"])),
        // The first, one that was refused, one with schema events.
        ("`workbench runs show`", json(&["runs", "show", "1"])),
        ("`workbench runs show`", json(&["runs", "show", "22"])),
        ("`workbench runs show`", json(&["runs", "show", "11"])),
        (
            "`workbench runs show --log`",
            json(&["runs", "show", "22", "--log"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["bookmarks", "reset", "skus"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["bookmarks", "hold", "invoices", "*-13.csv"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["bookmarks", "rewind", "invoices", "--to", "25"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["quarantine", "replay", "invoice_line_items"]),
        ),
        ("`workbench bookmarks`", json(&["bookmarks"])),
        (
            "`workbench bookmarks explain`",
            json(&[
                "bookmarks",
                "explain",
                "raw/invoices/invoices_2024-06-23.csv",
            ]),
        ),
        ("`workbench plan`", json(&["plan"])),
    ]);
    for verb in ["rewind", "hold", "reset"] {
        let bookmarks = json(&["bookmarks"]);
        let mut wishes = bookmarks["wishes"].as_array().unwrap().iter();
        let wish = wishes.find(|wish| wish["kind"] == verb).unwrap();
        let id = wish["id"].as_str().unwrap();
        all.push((
            "`workbench bookmarks cancel`",
            json(&["bookmarks", "cancel", id]),
        ));
    }

    let level = "sql/features/account_invoice_level.sql";
    edit(level, "margin AS", "margin + 0 AS");
    edit(
        "sql/features/account_level.sql",
        "FROM staging.accounts",
        "FROM staging.acounts",
    );
    all.extend([
        ("`workbench transforms`", json(&["transforms"])),
        (
            "`workbench transforms show`",
            json(&["transforms", "show", "account_invoice_level"]),
        ),
        (
            "`workbench transforms show`",
            json(&["transforms", "show", "account_invoice_level@1"]),
        ),
        (
            "`workbench transforms history`",
            json(&["transforms", "history", "account_level"]),
        ),
        (
            "`workbench transforms history`",
            json(&["transforms", "history", "price_not_negative"]),
        ),
        (
            "`workbench transforms diff`",
            json(&["transforms", "diff", "account_invoice_level"]),
        ),
        ("`workbench catalog`", json(&["catalog"])),
    ]);
    edit(
        "sql/features/account_level.sql",
        "FROM staging.acounts",
        "FROM staging.accounts",
    );
    world.write(
        "sql/features/rough.sql",
        "/*\nkey = [\"n\"]\n*/\nSELECT 1 AS n, sum(item_cost_price::DOUBLE) AS cost FROM raw.skus",
    );

    // A run that dies after it committed: the next one completes it.
    let deliver = |name: &str, n: u64| {
        let id = 900_000 + n % 10;
        let header = "invoice_id,account_id,date_issued,channel,pages";
        world.write(
            &format!("raw/invoices/{name}.csv"),
            &format!("{header}\n{id},1,2024-11-01,web,{n}\n"),
        );
    };
    dies(&["export"], "state-publishing=abort");
    deliver("z_1", 1);
    all.push(("`workbench plan`", json(&["plan"])));
    all.push(("`workbench export`", json(&["export"])));
    let after = json(&["runs", "--limit", "1"]);
    let last = after[0]["run"].to_string();
    all.push(("`workbench runs show`", json(&["runs", "show", &last])));
    // Columns that are new, need more room, and are refused.
    deliver("z_2", 12_345_678_902);
    all.push(("`workbench export`", json(&["export"])));
    edit(
        "workbench.toml",
        "[sources.invoices]",
        "[sources.invoices]\nschema = \"freeze\"",
    );
    world.write(
        "raw/invoices/z_3.csv",
        "invoice_id,account_id,date_issued,surprise\n",
    );
    all.push(("`workbench export`", json(&["export"])));
    std::fs::remove_file(world.path("raw/invoices/z_3.csv")).unwrap();
    // One that is given up: what it left at its keys is put right.
    edit(level, "margin + 0 AS", "margin + 1 AS");
    dies(
        &["export", "--date", "2024-10-20", "--known", "now"],
        "partition-renamed=abort",
    );
    let after = json(&["runs", "--limit", "1"]);
    let last = after[0]["run"].to_string();
    all.push(("`workbench runs`", after));
    all.push((
        "`workbench runs abandon`",
        json(&["runs", "abandon", &last]),
    ));
    all.push(("`workbench plan`", json(&["plan"])));
    // What is asked for and cannot be had.
    std::fs::remove_file(world.path("raw/skus/skus_2024-06-09.csv")).unwrap();
    all.push((
        "`workbench bookmarks reset`",
        json(&["bookmarks", "reset", "skus"]),
    ));
    world.write("raw/skus/skus_2024-11-03.csv", "item_id\n\"1");
    all.push(("`workbench export`", json(&["export"])));
    all.push(("`workbench bookmarks`", json(&["bookmarks"])));
    all
}

/// The same of what is about many days: of a shop that published some, lost one, and
/// then its state and its warehouse.
fn of_days() -> Vec<(&'static str, Value)> {
    let mut world = World::shop();
    let mut all = Vec::new();
    world.run(&["export"]).ok();
    world.today = "2024-11-05".to_owned();
    world.deliver_more();
    // A column goes, which takes another version, and two come.
    world.write(
        "sql/features/orders.sql",
        "/*\nversion = 2\nkey = [\"order_id\"]\n*/\n\
         SELECT order_id, amount, 1 AS n, 'new' AS state FROM staging.orders",
    );
    // One that died, days that are published, and one that is refused.
    dies(&world, &["export"], "partition-renamed=abort");
    let mut tell = |world: &World, title, args: &[&str]| all.push((title, json(world, args)));
    let range = "`workbench export --from`";
    let days = ["export", "--from", "2024-11-02"];
    tell(&world, range, &[&days[..], &["--dry-run"]].concat());
    tell(&world, range, &[&days[..], &["--missing"]].concat());
    world.write(
        "raw/orders/bad.csv",
        "order_id,customer_id,amount\n1,1,-1\n",
    );
    tell(
        &world,
        range,
        &["export", "--from", "2024-11-04", "--known", "now"],
    );
    std::fs::remove_file(world.path("raw/orders/bad.csv")).unwrap();
    tell(&world, "`workbench export`", &["load"]);
    tell(&world, "`workbench plan`", &["export", "--dry-run"]);

    let sql = "SELECT 1 AS n, 'x' AS n, NULL AS nothing";
    tell(&world, "`workbench query`", &["query", sql]);
    for dataset in ["customer_level", "orders"] {
        let diff = ["diff", dataset, "1", "latest"];
        tell(&world, "`workbench diff`", &diff);
        let rows = [&diff[..], &["--rows"]].concat();
        tell(&world, "`workbench diff --rows`", &rows);
    }

    dies(
        &world,
        &["export", "--date", "2024-10-01"],
        "partition-renamed=abort",
    );
    let title = "`workbench snapshots drop`";
    tell(&world, title, &["snapshots", "drop", "2024-11-03", "--yes"]);
    tell(&world, title, &["snapshots", "drop", "2024-11-03", "--yes"]);
    tell(
        &world,
        "`workbench snapshots --dropped`",
        &["snapshots", "--dropped"],
    );
    tell(
        &world,
        title,
        &["snapshots", "restore", "2024-11-03", "--run", "1", "--yes"],
    );
    tell(&world, "`workbench snapshots`", &["snapshots"]);
    let title = "`workbench runs show`, of a drop or a restore";
    for back in [0, 1] {
        let runs = json(&world, &["runs"]);
        tell(
            &world,
            title,
            &["runs", "show", &runs[back]["run"].to_string()],
        );
    }

    let doctor = "`workbench doctor`";
    world.write(".workbench/copies/3.good.csv", "left");
    std::fs::remove_file(world.path(".workbench/state.db")).unwrap();
    tell(&world, doctor, &["doctor"]);
    tell(&world, doctor, &["doctor", "--fix"]);
    std::fs::remove_file(world.path(".workbench/warehouse.duckdb")).unwrap();
    std::fs::remove_file(world.path("raw/orders/orders_2.csv")).unwrap();
    tell(&world, "`workbench rebuild`, refused", &["rebuild"]);
    tell(&world, "`workbench rebuild`", &["rebuild", "--accept-loss"]);
    all
}

#[test]
fn the_documented_fields_are_those_that_are_printed() {
    let page = Page::read();
    let mut sections = BTreeSet::new();
    let all = printed(&World::empty()).into_iter().chain(of_days());
    let all = all.chain([("`workbench upload`", super::upload::told())]);
    for (title, mut document) in all {
        if title == "`workbench demo`" {
            // Each day is a document of `export`, with one field more.
            for day in document["days"].as_array_mut().unwrap() {
                let day = day.as_object_mut().unwrap();
                let event = day.remove("event");
                page.check("`workbench export`", &Value::Object(std::mem::take(day)));
                day.extend(event.map(|event| ("event".to_owned(), event)));
            }
        }
        page.check(title, &document);
        sections.insert(title);
    }
    let documented: BTreeSet<&str> = page.sections.keys().map(String::as_str).collect();
    let shapes = documented
        .iter()
        .filter(|title| title.starts_with("Shape: "));
    let told: BTreeSet<&str> = sections.into_iter().chain(shapes.copied()).collect();
    assert_eq!(
        told, documented,
        "sections of docs/json.md, and what is printed for them"
    );
    let never = page.never_seen();
    assert!(
        never.is_empty(),
        "documented, and never printed:\n{}",
        never.join("\n")
    );
}
