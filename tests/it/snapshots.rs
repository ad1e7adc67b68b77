//! `workbench snapshots`: what it says is what lies there, to any reader.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::World;

/// Dataset prefix, day: rows, bytes.
pub type Seen = BTreeMap<(String, String), (u64, u64)>;

/// What a plain DuckDB and the file system see of a target.
pub fn seen_by_folder(world: &World, target: &str) -> Seen {
    let root = world.path(target);
    let engine = duckdb::Connection::open_in_memory().unwrap();
    let mut seen = Seen::new();
    for key in world.published(target).keys() {
        let file = root.join(key);
        let sql = format!(
            "SELECT count(*), coalesce(any_value(ingest_year || '-' || ingest_month || '-' || ingest_day), '') \
             FROM read_parquet('{}', hive_partitioning = true, hive_types_autocast = false)",
            file.display()
        );
        let (rows, day): (u64, String) = engine
            .query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        let prefix = key.split('/').next().unwrap().to_owned();
        let bytes = std::fs::metadata(&file).unwrap().len();
        seen.insert((prefix, day), (rows, bytes));
    }
    seen
}

/// What the listing says of it.
fn seen_by_listing(listed: &Value) -> Seen {
    let of = |l: &Value| {
        let (path, rows, bytes) = (&l["path"], l["rows"].as_u64(), l["bytes"].as_u64());
        let prefix = path.as_str().unwrap().split('/').next().unwrap().to_owned();
        let day = l["ingest_date"].as_str().unwrap().to_owned();
        ((prefix, day), (rows.unwrap(), bytes.unwrap()))
    };
    listed.as_array().unwrap().iter().map(of).collect()
}

pub fn listed(world: &World) -> Value {
    world.run(&["snapshots", "--format", "json"]).ok().json()
}

/// Day, dataset, run, known, whether it is mixed.
pub fn lines(world: &World, args: &[&str]) -> Vec<String> {
    let listed = world
        .run(&[&["snapshots", "--format", "json"], args].concat())
        .ok()
        .json();
    let of = |l: &Value| {
        let text = |name: &str| l[name].to_string().replace('"', "");
        ["ingest_date", "dataset", "run", "known", "mixed"]
            .map(text)
            .join(" ")
    };
    listed.as_array().unwrap().iter().map(of).collect()
}

/// Without state the commits are read; both say what lies there, and so does SQL.
pub fn assert_told_truly(world: &World) {
    let told = listed(world);
    let seen = seen_by_folder(world, "output");
    assert_eq!(seen_by_listing(&told), seen);
    for (prefix, dataset) in [("orders", "orders"), ("customer-level", "customer_level")] {
        let of_it = seen.iter().filter(|((p, _), _)| p == prefix);
        let days: String = of_it
            .map(|((_, day), (rows, _))| format!("{day},{rows}\n"))
            .collect();
        if !days.is_empty() {
            let sql = format!(
                "SELECT ingest_date, count(*) AS n FROM history.{dataset} GROUP BY ALL ORDER BY 1"
            );
            assert_eq!(world.query(&sql), format!("ingest_date,n\n{days}"));
        }
    }
    let state = world.path(".workbench/state.db");
    let aside = world.path(".workbench/state.aside");
    std::fs::rename(&state, &aside).unwrap();
    assert_eq!(listed(world), told, "by the commits alone");
    std::fs::rename(&aside, &state).unwrap();
}

#[test]
fn a_listing_says_what_lies_there() {
    let mut world = World::shop();
    let none = world.run(&["snapshots"]).ok().stdout;
    assert!(
        none.contains("Nothing is published at output yet"),
        "{none}"
    );
    world.run(&["export"]).ok();
    world.run(&["export", "--date", "2024-10-01"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    // A reader that comes between the commit and state is not told an old story.
    let died = world.run_with(&["export"], "commit-put=abort");
    assert_eq!(died.signal, Some(6));
    assert_told_truly(&world);
    world.run(&["export"]).ok();
    assert_told_truly(&world);
    // A day published again from later data.
    world
        .run(&["export", "--date", "2024-11-03", "--known", "now"])
        .ok();
    world.run(&["export"]).ok();
    assert_told_truly(&world);
    insta::assert_snapshot!(
        world.run(&["snapshots", "--format", "csv"]).ok().stdout,
        @r"
    ingest_date,dataset,version,revision,rows,bytes,run,known,mixed
    2024-11-04,customer_level,1,1,3,1060,3,now,false
    2024-11-04,orders,1,1,5,761,3,now,false
    2024-11-03,customer_level,1,1,3,1060,4,now,false
    2024-11-03,orders,1,1,5,761,4,now,false
    2024-10-01,customer_level,1,1,2,1060,2,now,false
    2024-10-01,orders,1,1,3,744,2,now,false
    "
    );
    insta::assert_snapshot!(
        world.run(&["snapshots", "orders", "--limit", "2", "--format", "markdown"]).ok().stdout,
        @r"
    | ingest date | dataset | version | revision | rows | size | run | known | mixed |
    | --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
    | 2024-11-04 | orders | 1 | 1 | 5 | 761 B | 3 | now |  |
    | 2024-11-03 | orders | 1 | 1 | 5 | 761 B | 4 | now |  |
    "
    );
    insta::assert_snapshot!(world.run(&["snapshots", "--limit", "1"]).ok().stdout, @r"
    ingest date  dataset         revision  rows    size  run  known
    ────────────────────────────────────────────────────────────────
    2024-11-04   customer_level         1     3  1.1 kB    3  now
    2024-11-04   orders                 1     5   761 B    3  now
    ");
    let cut = world.run(&["snapshots", "list", "--limit", "1"]).ok();
    assert_eq!(
        cut.stderr,
        "The newest of 3 days is shown; `--limit 3` shows all.\n"
    );
    // As it stood after the first run.
    assert_eq!(
        lines(&world, &["--as-of", "1"]),
        [
            "2024-11-03 customer_level 1 now false",
            "2024-11-03 orders 1 now false"
        ]
    );
    let ended = world.run(&["snapshots", "ordres"]).expect(2);
    assert!(
        ended.stderr.contains("did you mean `orders`?"),
        "{}",
        ended.stderr
    );
}

/// A day as known then, published anew after later data came.
#[test]
fn how_a_day_was_known_is_told() {
    let mut world = World::shop();
    world.run(&["export"]).ok();
    world.today = "2024-11-04".to_owned();
    world.deliver_more();
    world.run(&["export"]).ok();
    let sql = world.path("sql/features/orders.sql");
    let edited = std::fs::read_to_string(&sql).unwrap() + "WHERE amount > 0\n";
    std::fs::write(&sql, edited).unwrap();
    world.run(&["export", "--date", "2024-11-03"]).ok();
    assert_eq!(
        lines(&world, &[]),
        [
            "2024-11-04 customer_level 2 now false",
            "2024-11-04 orders 2 now false",
            "2024-11-03 customer_level 1 now false",
            "2024-11-03 orders 3 then (run 1) false",
        ]
    );
    assert_told_truly(&world);
}

/// Mixed is a day whose datasets show different states of the raw data, and no
/// other: not one of which a run found a part to be up to date.
#[test]
fn only_what_was_computed_from_different_data_is_mixed() {
    let world = World::shop();
    let mixed = || {
        let lines = lines(&world, &[]);
        let mixed = lines.iter().filter(|l| l.ends_with("true")).count();
        assert!(mixed == 0 || mixed == lines.len(), "{lines:?}");
        assert_told_truly(&world);
        mixed > 0
    };
    world.run(&["export"]).ok();
    assert!(!mixed());
    // Customers alone: the dataset of orders is left as it is, and up to date.
    world.write(
        "raw/customers/customers_2.csv",
        "customer_id,name,joined\n3,Cleo,1/1/2020\n",
    );
    world.run(&["export"]).ok();
    assert!(!mixed());
    // Other SQL over the same data.
    let sql = world.path("sql/features/orders.sql");
    let edited = std::fs::read_to_string(&sql).unwrap() + "WHERE amount > 0\n";
    std::fs::write(&sql, edited).unwrap();
    world.run(&["export"]).ok();
    assert!(!mixed());
    // New orders, in one of the two datasets that read them.
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n13,3,7.25\n",
    );
    world.run(&["export", "--only", "orders"]).ok();
    assert!(mixed());
    let table = world.run(&["snapshots"]).ok().stdout;
    assert!(table.contains("  mixed\n"), "{table}");
    assert!(
        table.contains("`workbench export --date 2024-11-03`"),
        "{table}"
    );
    world.run(&["export", "--date", "2024-11-03"]).ok();
    assert!(!mixed());
}
