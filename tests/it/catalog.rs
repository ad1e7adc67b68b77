//! The catalogue: columns, since when, and what reads what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::world::World;

/// Columns of every kind of null share, one of them in a nested column.
const MANY: &str = r#"/*
description = "One row per order, and then some."
key = ["order_id"]
[columns]
whole = "Never NULL."
*/
SELECT order_id, order_id AS whole, NULL::VARCHAR AS never,
       CASE WHEN order_id % 2 = 0 THEN amount END AS half,
       CASE WHEN order_id > 10 THEN [order_id, NULL] END AS list
FROM staging.orders
"#;

fn table<'v>(all: &'v Value, name: &str) -> &'v Value {
    let mut tables = all.as_array().unwrap().iter();
    let found = tables.find(|t| t["table"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {all:#}"))
}

fn column<'v>(table: &'v Value, name: &str) -> &'v Value {
    let mut columns = table["columns"].as_array().unwrap().iter();
    let found = columns.find(|c| c["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {table:#}"))
}

fn catalog(world: &World, args: &[&str]) -> Value {
    let args = [&["catalog"], args, &["--format", "json"]].concat();
    let ended = world.run(&args).ok();
    assert_eq!(ended.stderr, "");
    ended.json()
}

/// Against DuckDB over the file that was published, and over the raw files.
#[test]
fn the_share_of_nulls_is_what_a_scan_finds() {
    let world = World::shop();
    world.write("sql/features/many.sql", MANY);
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount\n20,,1.00\n21,,\n22,1,\n23,2,2.00\n24,,\n",
    );
    world.run(&["export"]).ok();
    let duckdb = duckdb::Connection::open_in_memory().unwrap();
    let share = |from: &str, column: &str| -> f64 {
        let sql = format!(
            "SELECT (count(*) FILTER (\"{column}\" IS NULL)) / count(*)::DOUBLE FROM {from}"
        );
        duckdb.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let many = catalog(&world, &["features.many"]);
    let file = world.path("output/many/**/*.parquet");
    let from = format!("read_parquet('{}')", file.display());
    let mut shares = BTreeSet::new();
    for found in table(&many, "features.many")["columns"].as_array().unwrap() {
        let expected = share(&from, found["name"].as_str().unwrap());
        assert_eq!(found["null_share"].as_f64(), Some(expected), "{found}");
        shares.insert((expected * 8.0) as u64);
    }
    assert_eq!(shares, BTreeSet::from([0, 1, 5, 8]));

    let orders = catalog(&world, &["raw.orders"]);
    let from = format!("read_csv('{}')", world.path("raw/orders/*.csv").display());
    for name in ["order_id", "customer_id", "amount"] {
        let found = column(table(&orders, "raw.orders"), name);
        assert_eq!(found["null_share"].as_f64(), Some(share(&from, name)));
    }
    // Only of a table that is asked for: it may have to be read for it.
    let all = catalog(&world, &[]);
    assert!(column(table(&all, "features.many"), "half")["null_share"].is_null());
}

/// Against the commits, read as the files they are.
#[test]
fn a_column_is_first_seen_where_a_commit_first_has_it() {
    let world = World::shop();
    world.run(&["export", "--date", "2024-11-01"]).ok();
    world.run(&["export", "--date", "2024-11-02"]).ok();
    let sql = std::fs::read_to_string(world.path("sql/features/orders.sql")).unwrap();
    let with =
        |columns: &str| sql.replace("SELECT order_id,", &format!("SELECT order_id, {columns}"));
    world.write("sql/features/orders.sql", &with("amount * 2 AS doubled,"));
    world.run(&["export"]).ok();
    // A day that was there is published anew: that is not when its columns began.
    world
        .run(&["export", "--date", "2024-11-01", "--known", "now"])
        .ok();
    world.deliver_more();
    world.run(&["export"]).ok();
    // Not published: it is in the SQL, and no run had it yet.
    world.write(
        "sql/features/orders.sql",
        &with("amount * 2 AS doubled, 1 AS planned,"),
    );

    let mut first: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
    let mut newest: BTreeMap<String, (String, Value)> = BTreeMap::new();
    for file in super::world::walk(&world.path("output/_workbench/commits")) {
        let commit: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for partition in commit["partitions"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let dataset = text(&partition["dataset"]);
            for column in partition["schema"].as_array().unwrap() {
                first
                    .entry((dataset.clone(), text(&column["name"])))
                    .or_insert_with(|| {
                        (
                            commit["run"].as_u64().unwrap(),
                            text(&commit["ingest_date"]),
                        )
                    });
            }
            let day = text(&partition["ingest_date"]);
            let last = newest.entry(dataset).or_insert((day.clone(), Value::Null));
            if last.0 <= day {
                *last = (day, partition.clone());
            }
        }
    }
    let all = catalog(&world, &[]);
    for ((dataset, name), (run, day)) in &first {
        let entry = table(&all, &format!("features.{dataset}"));
        let seen = &column(entry, name)["first_seen"];
        assert_eq!(seen["run"].as_u64(), Some(*run), "{dataset}.{name}");
        assert_eq!(seen["ingest_date"], **day, "{dataset}.{name}");
        assert_eq!(entry["rows"], newest[dataset].1["rows"]);
        assert_eq!(entry["published"]["newest_day"], *newest[dataset].0);
    }
    let orders = table(&all, "features.orders");
    assert_eq!(column(orders, "doubled")["first_seen"]["run"], 3);
    let planned = column(orders, "planned");
    assert_eq!(
        (&planned["first_seen"], &planned["type"]),
        (&Value::Null, &"INTEGER".into())
    );
    assert_eq!(
        column(table(&all, "raw.orders"), "amount")["first_seen"]["run"],
        1
    );
}

/// Both ways tell the same, and it is what the files say.
#[test]
fn what_reads_what_is_told_from_both_sides() {
    let world = World::shop();
    world.run(&["export", "--date", "2024-11-02"]).ok();
    world.write(
        "sql/features/trend.sql",
        "/*\nkey = [\"customer_id\"]\n*/\nSELECT customer_id, max(total) AS most \
         FROM history.customer_level GROUP BY 1",
    );
    let all = catalog(&world, &[]);
    let texts = |value: &Value| -> BTreeSet<String> {
        let list = value.as_array().unwrap().iter();
        list.map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let mut readers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in all.as_array().unwrap() {
        let name = entry["table"].as_str().unwrap().to_owned();
        if let Some(path) = entry["path"].as_str() {
            let sql = std::fs::read_to_string(world.path(path)).unwrap();
            let named = ["raw.", "staging.", "features.", "history."]
                .into_iter()
                .flat_map(|schema| {
                    let found = sql.match_indices(schema).map(|(at, _)| {
                        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
                        let end = sql[at..].find(|c| !is_name(c));
                        sql[at..end.map_or(sql.len(), |end| at + end)].to_owned()
                    });
                    found.collect::<Vec<_>>()
                })
                .collect::<BTreeSet<String>>();
            assert_eq!(texts(&entry["reads"]), named, "{name}");
        }
        for read in texts(&entry["reads"]) {
            let read = read.replace("history.", "features.");
            readers.entry(read).or_default().insert(name.clone());
        }
    }
    for entry in all.as_array().unwrap() {
        let told: BTreeSet<String> = texts(&entry["read_by"])
            .into_iter()
            .filter(|reader| !reader.starts_with("checks."))
            .collect();
        let name = entry["table"].as_str().unwrap();
        assert_eq!(told, readers.remove(name).unwrap_or_default(), "{name}");
    }
    let orders = table(&all, "raw.orders");
    assert!(texts(&orders["read_by"]).contains("checks.no_negative_amount"));
    assert_eq!(
        readers.into_keys().collect::<Vec<_>>(),
        ["raw/customers/*.csv", "raw/orders/*.csv"]
    );
    // It binds over the days that are published.
    assert_eq!(
        column(table(&all, "features.trend"), "most")["type"],
        "DECIMAL(18,2)"
    );
}

#[test]
fn a_file_that_is_refused_hides_nothing_else() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let before = catalog(&world, &[]);
    world.write(
        "sql/staging/orders.sql",
        "/*\n*/\nSELECT order_id FROM raw.ordres",
    );
    world.write(
        "sql/features/extra.sql",
        "/*\nkey = [\"x\"]\n*/\nSELECT x FROM range(1) AS t(x",
    );
    world.write(
        "sql/checks/fine.sql",
        "/*\n*/\nSELECT nothing FROM raw.orders",
    );
    let ended = world.run(&["catalog", "--format", "json"]).ok();
    let all = ended.json();
    for place in [
        "sql/staging/orders.sql:3",
        "sql/features/extra.sql",
        "`raw.orders`?",
    ] {
        assert!(ended.stderr.contains(place), "{place}: {}", ended.stderr);
    }
    for (name, refused) in [
        ("raw.orders", false),
        ("staging.orders", true),
        ("features.orders", false),
        ("features.customer_level", false),
        ("features.extra", true),
    ] {
        assert_eq!(table(&all, name)["refused"], refused, "{name}");
    }
    // What is published is as it was, also of those whose SQL now leads nowhere.
    for name in ["features.orders", "features.customer_level"] {
        for what in ["columns", "published", "rows", "reads", "description"] {
            assert_eq!(
                table(&all, name)[what],
                table(&before, name)[what],
                "{name}"
            );
        }
    }
    // A column that is not there is said too, with its place.
    world.run(&["catalog"]).ok();
    world.write(
        "sql/staging/orders.sql",
        "/*\n*/\nSELECT order_id, amuont FROM raw.orders",
    );
    std::fs::remove_file(world.path("sql/features/extra.sql")).unwrap();
    let ended = world.run(&["catalog"]).ok();
    assert!(ended.stderr.contains("amuont"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("sql/staging/orders.sql:3:18"),
        "{}",
        ended.stderr
    );
}

#[test]
fn names_are_taken_as_people_write_them() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let names = |name: &str| -> Vec<String> {
        let all = catalog(&world, &[name]);
        let all = all.as_array().unwrap().iter();
        all.map(|t| t["table"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("orders"),
        ["raw.orders", "staging.orders", "features.orders"]
    );
    for name in [
        "features.customer_level",
        "customer-level",
        "history.customer_level",
        "sql/features/customer_level.sql",
    ] {
        assert_eq!(names(name), ["features.customer_level"], "{name}");
    }
    let ended = world
        .run(&["catalog", "featuers.orders", "--format", "json"])
        .expect(2);
    assert_eq!(
        ended.json()["error"]["hint"],
        "did you mean `features.orders`?"
    );
    let ended = world.run(&["catalog", "xyz"]).expect(2);
    assert!(
        ended.stderr.contains("`workbench catalog` lists them"),
        "{}",
        ended.stderr
    );
}

/// A run has the warehouse: what it alone knows is left out, and that is said.
#[test]
fn a_warehouse_that_is_held_does_not_keep_it_from_telling() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let held = duckdb::Connection::open(world.path(".workbench/warehouse.duckdb")).unwrap();
    let ended = world.run(&["catalog", "--format", "json"]).ok();
    assert!(ended.stderr.starts_with("warning: "), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("warehouse.duckdb"),
        "{}",
        ended.stderr
    );
    let all = ended.json();
    assert_eq!(table(&all, "raw.orders")["rows"], Value::Null);
    assert_eq!(
        column(table(&all, "raw.orders"), "amount")["type"],
        "DECIMAL(18,2)"
    );
    assert_eq!(table(&all, "features.orders")["rows"], 3);
    drop(held);
}

#[test]
fn it_can_be_read() {
    let world = World::shop();
    world.run(&["export", "--date", "2024-11-02"]).ok();
    world.write(
        "raw/orders/orders_2.csv",
        "order_id,customer_id,amount,channel\n13,1,7.25,web\n14,2,2.00,\n",
    );
    world.run(&["export"]).ok();
    insta::assert_snapshot!(world.run(&["catalog"]).ok().stdout, @"
    table                    columns  rows  changed on  description
    ──────────────────────────────────────────────────────────────────────────────────
    raw.customers                  3     2  2024-11-02  upsert of raw/customers/*.csv
    raw.orders                     4     5  2024-11-03  append of raw/orders/*.csv
    staging.orders                 3     -  -           Orders as they came.
    features.customer_level        5     2  2024-11-03  One row per customer.
    features.orders                3     5  2024-11-03  One row per order.
    ");
    insta::assert_snapshot!(world.run(&["catalog", "orders"]).ok().stdout, @"
    raw.orders

    load       append
    taken      2 files, 5 rows; the last by run 2 of 2024-11-03
    reads      raw/orders/*.csv
    read by    staging.orders, checks.no_negative_amount

    column       type           type from         null  first seen
    ──────────────────────────────────────────────────────────────────────
    order_id     BIGINT         workbench.toml     0 %  run 1, 2024-11-02
    customer_id  BIGINT         workbench.toml     0 %  run 1, 2024-11-02
    amount       DECIMAL(18,2)  workbench.toml     0 %  run 1, 2024-11-02
    channel      VARCHAR        its values      80.0 %  run 2, 2024-11-03

    run 2 of 2024-11-03: `raw/orders/orders_2.csv` brings a new column `channel` to source `orders`, taken as VARCHAR

    staging.orders: Orders as they came.

    file       sql/staging/orders.sql
    reads      raw.orders
    read by    features.customer_level, features.orders

    column       type
    ───────────────────────────
    order_id     BIGINT
    customer_id  BIGINT
    amount       DECIMAL(18,2)

    features.orders: One row per order.

    published  2 days, 2024-11-02 to 2024-11-03; the last by run 2 of 2024-11-03
    newest     5 rows, 761 B, version 1, revision 1
    file       sql/features/orders.sql
    key        order_id
    reads      staging.orders

    column       type           null  first seen
    ────────────────────────────────────────────────────
    order_id     BIGINT          0 %  run 1, 2024-11-02
    customer_id  BIGINT          0 %  run 1, 2024-11-02
    amount       DECIMAL(18,2)   0 %  run 1, 2024-11-02
    ");
    insta::assert_snapshot!(
        world.run(&["catalog", "customer_level", "--format", "csv"]).ok().stdout, @r#"
    table,column,type,null_share,first_seen_run,first_seen_day,changed_run,changed_day,description
    features.customer_level,customer_id,BIGINT,0,1,2024-11-02,1,2024-11-02,
    features.customer_level,name,VARCHAR,0,1,2024-11-02,1,2024-11-02,
    features.customer_level,age_days,BIGINT,0,1,2024-11-02,1,2024-11-02,
    features.customer_level,total,"DECIMAL(18,2)",0,1,2024-11-02,1,2024-11-02,All they ordered.
    features.customer_level,orders,BIGINT,0,1,2024-11-02,1,2024-11-02,
    "#
    );
    let fresh = World::shop();
    insta::assert_snapshot!(fresh.run(&["catalog", "customer_level"]).ok().stdout, @"
    features.customer_level: One row per customer.

    published  not yet
    file       sql/features/customer_level.sql
    key        customer_id
    reads      raw.customers, staging.orders

    column       type           description
    ──────────────────────────────────────────────
    customer_id  BIGINT
    name         VARCHAR
    age_days     BIGINT
    total        DECIMAL(18,2)  All they ordered.
    orders       BIGINT
    ");
}
