//! What SQL of a project may not do: anything but one SELECT over the project's
//! own tables. Whoever may propose an edit under `sql/` cannot reach further.

use super::world::World;

/// The shop with this instead of the SQL of `sql/features/orders.sql`.
fn shop_with(sql: &str) -> World {
    let world = World::shop();
    world.write(
        "sql/features/orders.sql",
        &format!("/*\nkey = [\"order_id\"]\n*/\n{sql}\n"),
    );
    world
}

/// What an export says to it, which does nothing but refuse.
#[track_caller]
fn refused(sql: &str) -> String {
    let world = shop_with(sql);
    let before = world.published(".");
    let ended = world.run(&["export"]).expect(2);
    // Refused before it began: no state, no warehouse, no target, no file.
    assert_eq!(world.published("."), before, "{sql}");
    ended.stderr
}

/// The first line of what is said to each.
#[track_caller]
fn all_refused(sqls: &[&str]) -> String {
    let lines = sqls.iter().map(|sql| {
        let said = refused(sql);
        assert!(said.contains("--> sql/features/orders.sql:4:"), "{said}");
        format!("{sql}\n    {}", said.lines().next().unwrap_or_default())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn files_are_not_read() {
    insta::assert_snapshot!(refused("SELECT order_id FROM read_csv('raw/orders/*.csv')"), @"
    error: `read_csv` reads files
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM read_csv('raw/orders/*.csv')
       |                      ^^^^^^^^
    hint: make the files a source in `workbench.toml`, and read `raw.<source>`
    ");
    insta::assert_snapshot!(refused("SELECT order_id FROM 'raw/orders/orders_1.csv'"), @"
    error: `raw/orders/orders_1.csv` reads a file
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM 'raw/orders/orders_1.csv'
       |                      ^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: make the files a source in `workbench.toml`, and read `raw.<source>`
    ");
    insta::assert_snapshot!(all_refused(&[
        "SELECT order_id FROM \"raw/orders/orders_1.csv\"",
        "SELECT order_id FROM read_parquet('output/**/*.parquet')",
        "SELECT order_id FROM read_json('x.json')",
        "SELECT order_id FROM sqlite_scan('.workbench/state.db', 'runs')",
        "SELECT order_id FROM glob('*')",
        "SELECT order_id FROM 's3://bucket/x.parquet'",
        "SELECT order_id, (SELECT content FROM read_text('workbench.toml')) FROM staging.orders",
        "WITH x AS (FROM read_blob('.workbench/warehouse.duckdb')) SELECT order_id FROM staging.orders, x",
        "SELECT order_id, getenv('HOME') FROM staging.orders",
    ]), @r#"
    SELECT order_id FROM "raw/orders/orders_1.csv"
        error: `raw/orders/orders_1.csv` reads a file
    SELECT order_id FROM read_parquet('output/**/*.parquet')
        error: `read_parquet` reads files
    SELECT order_id FROM read_json('x.json')
        error: `read_json` reads files
    SELECT order_id FROM sqlite_scan('.workbench/state.db', 'runs')
        error: `sqlite_scan` reads files
    SELECT order_id FROM glob('*')
        error: `glob` reads files
    SELECT order_id FROM 's3://bucket/x.parquet'
        error: `s3://bucket/x.parquet` reads a file
    SELECT order_id, (SELECT content FROM read_text('workbench.toml')) FROM staging.orders
        error: `read_text` reads files
    WITH x AS (FROM read_blob('.workbench/warehouse.duckdb')) SELECT order_id FROM staging.orders, x
        error: `read_blob` reads files
    SELECT order_id, getenv('HOME') FROM staging.orders
        error: unknown function `getenv`
    "#);
}

#[test]
fn files_are_not_written_and_nothing_is_attached() {
    insta::assert_snapshot!(refused("COPY staging.orders TO 'stolen.csv'"), @"
    error: `COPY` is not a SELECT
      --> sql/features/orders.sql:4:1
       |
     4 | COPY staging.orders TO 'stolen.csv'
       | ^^^^
    hint: the file holds one SELECT, and nothing that changes data
    ");
    insta::assert_snapshot!(refused("ATTACH 'other.db'"), @"
    error: `ATTACH` is not a SELECT
      --> sql/features/orders.sql:4:1
       |
     4 | ATTACH 'other.db'
       | ^^^^^^
    hint: the file holds one SELECT, and nothing that changes data
    ");
    insta::assert_snapshot!(refused("INSTALL httpfs"), @"
    error: `INSTALL` is not a SELECT
      --> sql/features/orders.sql:4:1
       |
     4 | INSTALL httpfs
       | ^^^^^^^
    hint: the file holds one SELECT, and nothing that changes data
    ");
    insta::assert_snapshot!(all_refused(&[
        // A session locks nothing up that would keep it from its own log.
        "COPY (SELECT 1) TO '.workbench/warehouse.duckdb.wal' (FORMAT csv, USE_TMP_FILE false)",
        "COPY raw.orders FROM 'raw/orders/orders_1.csv'",
        "EXPORT DATABASE 'stolen'",
        "IMPORT DATABASE 'stolen'",
        "DETACH warehouse",
        "USE memory",
        "FORCE INSTALL httpfs",
        "LOAD httpfs",
        "LOAD './httpfs.duckdb_extension'",
        "PRAGMA threads = 4",
        "PRAGMA database_list",
        "SET memory_limit = '1GB'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "CALL pragma_version()",
        "CREATE TABLE t AS SELECT 1 AS order_id",
        "INSERT INTO raw.orders SELECT * FROM raw.orders",
        "DELETE FROM intervals.orders",
        "DROP TABLE raw.orders",
        "CHECKPOINT",
        "COMMIT",
    ]), @"
    COPY (SELECT 1) TO '.workbench/warehouse.duckdb.wal' (FORMAT csv, USE_TMP_FILE false)
        error: `COPY` is not a SELECT
    COPY raw.orders FROM 'raw/orders/orders_1.csv'
        error: `COPY` is not a SELECT
    EXPORT DATABASE 'stolen'
        error: `EXPORT` is not a SELECT
    IMPORT DATABASE 'stolen'
        error: `IMPORT` is not a SELECT
    DETACH warehouse
        error: `DETACH` is not a SELECT
    USE memory
        error: `USE` is not a SELECT
    FORCE INSTALL httpfs
        error: `FORCE` is not a SELECT
    LOAD httpfs
        error: `LOAD` is not a SELECT
    LOAD './httpfs.duckdb_extension'
        error: `LOAD` is not a SELECT
    PRAGMA threads = 4
        error: `PRAGMA` is not a SELECT
    PRAGMA database_list
        error: `PRAGMA` is not a SELECT
    SET memory_limit = '1GB'
        error: `SET` is not a SELECT
    SET enable_external_access = true
        error: `SET` is not a SELECT
    RESET lock_configuration
        error: `RESET` is not a SELECT
    CALL pragma_version()
        error: `CALL` is not a SELECT
    CREATE TABLE t AS SELECT 1 AS order_id
        error: `CREATE` is not a SELECT
    INSERT INTO raw.orders SELECT * FROM raw.orders
        error: `INSERT` is not a SELECT
    DELETE FROM intervals.orders
        error: `DELETE` is not a SELECT
    DROP TABLE raw.orders
        error: `DROP` is not a SELECT
    CHECKPOINT
        error: `CHECKPOINT` is not a SELECT
    COMMIT
        error: `COMMIT` is not a SELECT
    ");
}

#[test]
fn one_select_and_no_pivot() {
    insta::assert_snapshot!(refused("SELECT 1 AS order_id;\nSELECT 2 AS order_id"), @"
    error: more than one statement
      --> sql/features/orders.sql:5:1
       |
     5 | SELECT 2 AS order_id
       | ^^^^^^
    hint: keep one SELECT; each other one goes into a file of its own
    ");
    insta::assert_snapshot!(
        refused("SELECT order_id FROM staging.orders; COPY staging.orders TO 'stolen.csv'"),
        @"
        error: more than one statement
          --> sql/features/orders.sql:4:38
           |
         4 | SELECT order_id FROM staging.orders; COPY staging.orders TO 'stolen.csv'
           |                                      ^^^^
        hint: keep one SELECT; each other one goes into a file of its own
        "
    );
    insta::assert_snapshot!(
        refused("PIVOT staging.orders ON customer_id USING sum(amount) GROUP BY order_id"),
        @"
        error: `PIVOT` cannot be used: its columns depend on the data
          --> sql/features/orders.sql:4:1
           |
         4 | PIVOT staging.orders ON customer_id USING sum(amount) GROUP BY order_id
           | ^^^^^
        hint: write a column for each value: `sum(amount) FILTER (kind = 'a') AS amount_a`
        "
    );
}

#[test]
fn no_sql_comes_from_a_text() {
    insta::assert_snapshot!(refused("SELECT order_id FROM query('FROM raw.orders')"), @"
    error: `query` runs SQL that is not in the file
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM query('FROM raw.orders')
       |                      ^^^^^
    hint: write the SELECT itself, as a subquery or with WITH
    ");
    insta::assert_snapshot!(all_refused(&[
        "SELECT order_id FROM query_table('orders')",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1 AS order_id'))",
        "SELECT order_id FROM duckdb_settings()",
        "SELECT order_id FROM pragma_database_list()",
    ]), @"
    SELECT order_id FROM query_table('orders')
        error: `query_table` runs SQL that is not in the file
    SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1 AS order_id'))
        error: `json_execute_serialized_sql` runs SQL that is not in the file
    SELECT order_id FROM duckdb_settings()
        error: the table function `duckdb_settings` cannot be used
    SELECT order_id FROM pragma_database_list()
        error: the table function `pragma_database_list` cannot be used
    ");
}

#[test]
fn equal_runs_give_equal_rows() {
    insta::assert_snapshot!(
        refused("SELECT order_id, now() AS seen FROM staging.orders"),
        @"
        error: `now` reads the clock
          --> sql/features/orders.sql:4:18
           |
         4 | SELECT order_id, now() AS seen FROM staging.orders
           |                  ^^^
        hint: use `run_date()`, the day that the run is for; or, if it is a column, write its table before it
        "
    );
    insta::assert_snapshot!(
        refused("SELECT order_id, random() AS luck FROM staging.orders"),
        @"
        error: `random` gives another value each time
          --> sql/features/orders.sql:4:18
           |
         4 | SELECT order_id, random() AS luck FROM staging.orders
           |                  ^^^^^^
        hint: equal runs must publish equal rows; `hash(column)` spreads rows as evenly, and is the same each time
        "
    );
    insta::assert_snapshot!(all_refused(&[
        "SELECT order_id, current_date AS seen FROM staging.orders",
        "SELECT order_id, uuid() AS id FROM staging.orders",
        "SELECT order_id, nextval('s') AS n FROM staging.orders",
        "SELECT order_id, current_setting('threads') AS threads FROM staging.orders",
        "SELECT order_id, write_log('x') FROM staging.orders",
        "SELECT order_id FROM staging.orders USING SAMPLE 1",
    ]), @"
    SELECT order_id, current_date AS seen FROM staging.orders
        error: `current_date` reads the clock
    SELECT order_id, uuid() AS id FROM staging.orders
        error: `uuid` gives another value each time
    SELECT order_id, nextval('s') AS n FROM staging.orders
        error: `nextval` depends on the session, or changes it
    SELECT order_id, current_setting('threads') AS threads FROM staging.orders
        error: `current_setting` depends on the session, or changes it
    SELECT order_id, write_log('x') FROM staging.orders
        error: `write_log` depends on the session, or changes it
    SELECT order_id FROM staging.orders USING SAMPLE 1
        error: a sample holds other rows each time
    ");
}

#[test]
fn unknown_tables_and_cycles() {
    insta::assert_snapshot!(refused("SELECT order_id FROM staging.order"), @"
    error: unknown table `staging.order`
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM staging.order
       |                      ^^^^^^^^^^^^^
    hint: did you mean `staging.orders`?
    ");
    insta::assert_snapshot!(refused("SELECT order_id FROM raw.custmers"), @"
    error: unknown table `raw.custmers`
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM raw.custmers
       |                      ^^^^^^^^^^^^
    hint: did you mean `raw.customers`?
    ");
    insta::assert_snapshot!(refused("SELECT order_id FROM ledger.events"), @"
    error: unknown table `ledger.events`
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM ledger.events
       |                      ^^^^^^^^^^^^^
    hint: tables are `raw.<source>`, `staging.<view>`, `features.<dataset>` and `history.<dataset>`
    ");
    insta::assert_snapshot!(refused("SELECT order_id FROM warehouse.intervals.orders"), @"
    error: `warehouse.intervals.orders` has too many parts
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM warehouse.intervals.orders
       |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: write `raw.`, `staging.`, `features.` or `history.` and one name
    ");
    insta::assert_snapshot!(refused("SELECT order_id FROM features.orders"), @"
    error: a cycle: features.orders -> features.orders
      --> sql/features/orders.sql:4:22
       |
     4 | SELECT order_id FROM features.orders
       |                      ^^^^^^^^^^^^^^^
    hint: one of them must do without the next
    ");
    let world = shop_with("SELECT order_id FROM staging.totals");
    world.write(
        "sql/staging/totals.sql",
        "/*\ndescription = \"Around and around.\"\n*/\nSELECT * FROM staging.sums\n",
    );
    world.write(
        "sql/staging/sums.sql",
        "/*\ndescription = \"Around and around.\"\n*/\nSELECT * FROM staging.totals\n",
    );
    insta::assert_snapshot!(world.run(&["export"]).expect(2).stderr, @"
    error: a cycle: staging.sums -> staging.totals -> staging.sums
      --> sql/staging/sums.sql:4:15
       |
     4 | SELECT * FROM staging.totals
       |               ^^^^^^^^^^^^^^
    hint: one of them must do without the next
    ");
    assert!(!world.path("output").exists());
}

#[test]
fn views_and_checks_are_held_to_the_same() {
    for path in [
        "sql/staging/orders.sql",
        "sql/checks/no_negative_amount.sql",
    ] {
        for sql in [
            "COPY raw.orders TO 'stolen.csv'",
            "FROM read_csv('raw/orders/*.csv')",
        ] {
            let world = World::shop();
            world.write(path, &format!("/*\ndescription = \"x\"\n*/\n{sql}\n"));
            let before = world.published(".");
            let ended = world.run(&["export"]).expect(2);
            assert!(
                ended.stderr.contains(&format!("--> {path}:4:")),
                "{}",
                ended.stderr
            );
            assert_eq!(world.published("."), before);
        }
    }
}

/// Nothing of what was published or loaded changes when a later edit is refused.
#[test]
fn a_refused_edit_leaves_what_is_there() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let target = world.published("output");
    world.write(
        "sql/features/orders.sql",
        "/*\nkey = [\"order_id\"]\n*/\nSELECT order_id FROM read_csv('raw/orders/*.csv')\n",
    );
    world.deliver_more();
    for args in [&["export"][..], &["plan"], &["export", "--preview", "look"]] {
        world.run(args).expect(2);
        assert_eq!(world.published("output"), target);
        assert!(!world.path("look").exists());
    }
    assert_eq!(
        world.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n3\n"
    );
    let runs = world.run(&["runs", "--format", "json"]).ok().json();
    assert_eq!(runs.as_array().unwrap().len(), 1);
}

/// The second fence: what the engine itself refuses once a session is closed,
/// whatever gets past the parser.
#[test]
fn a_closed_session_reaches_nothing_outside() {
    use workbench::engine::{Session, Settings};
    let world = World::shop();
    let inside = world.path("inside");
    std::fs::create_dir(&inside).unwrap();
    let inside = inside.canonicalize().unwrap();
    let session = Session::open(
        &world.path("closed.duckdb"),
        &Settings::default(),
        &Default::default(),
    )
    .unwrap();
    let secret = world.path("workbench.toml");
    session.lock_down(&[inside.as_path()], &[]).unwrap();
    let secret = secret.display();
    let outside = world.path("stolen.csv");
    let copy = format!("COPY (SELECT 1) TO '{}'", outside.display());
    for sql in [
        format!("FROM read_text('{secret}')"),
        format!("FROM read_csv('{secret}')"),
        format!("FROM glob('{}/*')", world.dir.path().display()),
        format!("FROM read_text('{}/../workbench.toml')", inside.display()),
        copy,
        format!("COPY (SELECT 1) TO '{}/../stolen.csv'", inside.display()),
        format!("EXPORT DATABASE '{}'", world.path("stolen").display()),
        format!("ATTACH '{}'", world.path("other.duckdb").display()),
        "INSTALL httpfs".to_owned(),
        "LOAD httpfs".to_owned(),
        "SET enable_external_access = true".to_owned(),
        "SET allowed_directories = ['/']".to_owned(),
        "SET lock_configuration = false".to_owned(),
        "RESET enable_external_access".to_owned(),
    ] {
        assert!(session.batch(&sql).is_err(), "{sql}");
    }
    session
        .batch(&format!("COPY (SELECT 1) TO '{}/x.part'", inside.display()))
        .unwrap();
    assert!(inside.join("x.part").exists());
    for gone in ["stolen.csv", "stolen", "other.duckdb"] {
        assert!(!world.path(gone).exists(), "{gone}");
    }
}

/// A query that names `staging` runs SQL of the repository beside the user's own.
#[test]
fn a_query_over_staging_is_one_select_that_reads_no_file() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let all = || {
        let mut all = world.published(".");
        // Whoever reads state leaves a mark in it; it is no data.
        all.retain(|key, _| !key.ends_with("-shm"));
        all
    };
    let before = all();
    for sql in [
        "SELECT * FROM staging.orders, read_text('workbench.toml')",
        "SELECT * FROM staging.orders, 'raw/orders/orders_1.csv'",
        "COPY (FROM staging.orders) TO 'stolen.csv'",
        "FROM staging.orders; COPY (SELECT 1) TO 'stolen.csv'",
        // The engine takes its own files for inside: only the parser is in the way.
        "FROM staging.orders; COPY (SELECT 1) TO '.workbench/warehouse.duckdb.wal' (FORMAT csv, USE_TMP_FILE false)",
    ] {
        let ended = world.run(&["query", sql]);
        assert_ne!(ended.code, Some(0), "{sql}\n{}", ended.stdout);
        assert_eq!(all(), before, "{sql}");
    }
    assert_eq!(
        world.query("SELECT count(*) AS n FROM staging.orders"),
        "n\n3\n"
    );
}

/// A locked session must still be able to put aside what does not fit into memory.
#[test]
fn more_than_fits_into_memory_is_spilled() {
    const ROWS: u64 = 1_500_000;
    let world = shop_with(
        "SELECT order_id, customer_id, amount,
            hash(order_id)::VARCHAR || hash(amount)::VARCHAR AS mark,
            row_number() OVER (ORDER BY mark) AS place
         FROM staging.orders",
    );
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let limits = "name = \"shop\"\nmemory = \"100MB\"\nthreads = 2";
    world.write("workbench.toml", &config.replace("name = \"shop\"", limits));
    let rows: String = (0..ROWS)
        .map(|i| format!("{},{},{}.25\n", i + 100, i % 2 + 1, i % 97))
        .collect();
    world.write(
        "raw/orders/orders_2.csv",
        &format!("order_id,customer_id,amount\n{rows}"),
    );
    // Where it would be put aside, something else lies: then it does not fit.
    let aside = ".workbench/warehouse.duckdb.tmp";
    world.write(aside, "in the way");
    let ended = world.run(&["export"]).expect(1);
    assert!(
        ended.stderr.contains("warehouse.duckdb.tmp"),
        "{}",
        ended.stderr
    );
    assert!(world.published("output").is_empty());
    std::fs::remove_file(world.path(aside)).unwrap();
    let exported = world.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(exported["datasets"][1]["rows"], ROWS + 3);
    // What was put aside is gone with the run.
    assert!(!world.path(aside).exists());
}
