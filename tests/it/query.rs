//! `query`: what is asked, in every format, as of any moment.

use std::fs::File;

use arrow_ipc::reader::StreamReader;

use super::world::World;

/// One row per kind of value; JSON, CSV and the engine read them back.
const VALUES: &str = "SELECT * FROM (VALUES
    (1, 5.50::DECIMAL(18,2), 'a,\"b\"', DATE '2024-01-31', true, [1, 2], {'x': 1, 'y': NULL}),
    (NULL, NULL, '', NULL, NULL, NULL, NULL),
    (7, NULL, 'NULL', NULL, NULL, NULL, NULL),
    (-3, 0.00, 'two
lines', DATE '1969-12-31', false, [], {'x': 2, 'y': 'ü'})) AS t(i, d, s, day, b, l, o)";

fn days_of(world: &World) -> &World {
    world.run(&["export", "--date", "2024-11-01"]).ok();
    world.run(&["export", "--date", "2024-11-02"]).ok();
    world.deliver_more();
    world.run(&["export"]).ok();
    world
}

/// The same rows, whatever they are written in: read back by the engine itself.
#[test]
fn every_format_holds_the_same_rows() {
    let world = World::shop();
    for ending in ["csv", "json", "jsonl", "parquet"] {
        let file = world.path(&format!("out.{ending}"));
        let shown = file.to_str().unwrap();
        world.run(&["query", VALUES, "-o", shown]).ok();
        let back = duckdb::Connection::open_in_memory().unwrap();
        let read = match ending {
            "csv" => format!(
                "read_csv('{shown}', header = true, nullstr = '', allow_quoted_nulls = false, types = \
                 {{'i': 'INTEGER', 'd': 'DECIMAL(18,2)', 's': 'VARCHAR', 'day': 'DATE', 'b': 'BOOLEAN', \
                 'l': 'INTEGER[]', 'o': 'STRUCT(x INTEGER, y VARCHAR)'}})"
            ),
            "parquet" => format!("read_parquet('{shown}')"),
            _ => format!(
                "read_json('{shown}', columns = {{'i': 'INTEGER', 'd': 'DECIMAL(18,2)', \
                 's': 'VARCHAR', 'day': 'DATE', 'b': 'BOOLEAN', 'l': 'INTEGER[]', \
                 'o': 'STRUCT(x INTEGER, y VARCHAR)'}})"
            ),
        };
        let differ = format!(
            "SELECT count(*) FROM ((FROM ({VALUES}) EXCEPT ALL FROM {read}) UNION ALL \
             (FROM {read} EXCEPT ALL FROM ({VALUES})))"
        );
        let differ: i64 = back.query_row(&differ, [], |row| row.get(0)).unwrap();
        assert_eq!(
            differ,
            0,
            "{}",
            std::fs::read_to_string(&file).unwrap_or_default()
        );
        // To stdout go the same bytes.
        if ending != "parquet" {
            let printed = world
                .run(&["query", VALUES, "--format", ending])
                .ok()
                .stdout;
            assert_eq!(printed, std::fs::read_to_string(&file).unwrap());
        }
    }
    world
        .run(&[
            "query",
            VALUES,
            "-o",
            world.path("out.arrow").to_str().unwrap(),
        ])
        .ok();
    let read = StreamReader::try_new(File::open(world.path("out.arrow")).unwrap(), None).unwrap();
    let batches: Vec<_> = read.map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), 4);
    assert_eq!(batches[0].column(0).null_count(), 1);
    insta::assert_snapshot!(world.run(&["query", VALUES, "--format", "jsonl"]).ok().stdout, @r#"
    {"i":1,"d":5.50,"s":"a,\"b\"","day":"2024-01-31","b":true,"l":[1,2],"o":{"x":1,"y":null}}
    {"i":null,"d":null,"s":"","day":null,"b":null,"l":null,"o":null}
    {"i":7,"d":null,"s":"NULL","day":null,"b":null,"l":null,"o":null}
    {"i":-3,"d":0.00,"s":"two\nlines","day":"1969-12-31","b":false,"l":[],"o":{"x":2,"y":"ü"}}
    "#);
    insta::assert_snapshot!(world.run(&["query", VALUES, "--format", "markdown"]).ok().stdout, @r#"
    | i | d | s | day | b | l | o |
    | ---: | ---: | --- | --- | --- | --- | --- |
    | 1 | 5.50 | a,"b" | 2024-01-31 | true | [1, 2] | {'x': 1, 'y': NULL} |
    | ∅ | ∅ |  | ∅ | ∅ | ∅ | ∅ |
    | 7 | ∅ | NULL | ∅ | ∅ | ∅ | ∅ |
    | -3 | 0.00 | two<br>lines | 1969-12-31 | false | [] | {'x': 2, 'y': ü} |
    "#);
    insta::assert_snapshot!(world.run(&["query", VALUES]).ok().stdout, @r#"
     i     d  s          day         b      l       o
    ────────────────────────────────────────────────────────────────────
     1  5.50  a,"b"      2024-01-31  true   [1, 2]  {'x': 1, 'y': NULL}
     ∅     ∅             ∅           ∅      ∅       ∅
     7     ∅  NULL       ∅           ∅      ∅       ∅
    -3  0.00  two⏎lines  1969-12-31  false  []      {'x': 2, 'y': ü}
    "#);
}

#[test]
fn what_json_has_no_number_or_name_for_is_kept() {
    let world = World::shop();
    let sql = "SELECT 1 AS a, 2 AS a, 'nan'::DOUBLE AS n, '-inf'::FLOAT AS f, 0.1::FLOAT AS t, \
               170141183460469231731687303715884105727::HUGEINT AS h, ['inf'::DOUBLE] AS l";
    insta::assert_snapshot!(world.run(&["query", sql, "--format", "json"]).ok().stdout, @r#"
    [
    {"a":1,"a_1":2,"n":"nan","f":"-inf","t":0.1,"h":170141183460469231731687303715884105727,"l":"[Infinity]"}
    ]
    "#);
    let none = world
        .run(&["query", "SELECT 1 AS a WHERE false", "--format", "json"])
        .ok();
    assert_eq!(none.json(), serde_json::json!([]));
}

#[test]
fn a_cut_off_result_says_so() {
    let world = World::shop();
    let ended = world.run(&["query", "FROM range(1001)"]).ok();
    assert_eq!(ended.stdout.lines().count(), 1002);
    assert!(
        ended.stderr.contains("Only the first 1,000 rows"),
        "{}",
        ended.stderr
    );
    let whole = world.run(&["query", "FROM range(1000)"]).ok();
    assert_eq!(whole.stderr, "");
    let all = world
        .run(&["query", "FROM range(5000)", "--format", "csv"])
        .ok();
    assert_eq!(
        (all.stdout.lines().count(), all.stderr.as_str()),
        (5001, "")
    );
    let few = world
        .run(&[
            "query",
            "FROM range(5000)",
            "--format",
            "csv",
            "--limit",
            "2",
        ])
        .ok();
    assert_eq!(few.stdout, "range\n0\n1\n");
    assert!(few.stderr.contains("there are more"), "{}", few.stderr);
    // Into a file everything goes, in every format that can be streamed.
    let file = world.path("all.md");
    world
        .run(&["query", "FROM range(1001)", "-o", file.to_str().unwrap()])
        .ok();
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 1003);
}

#[test]
fn a_cut_off_listing_says_so() {
    let world = World::shop();
    days_of(&world);
    for (command, all) in [("runs", "3 runs"), ("snapshots", "3 days")] {
        let one = world.run(&[command, "--limit", "1"]).ok();
        assert!(one.stderr.contains(all), "{}", one.stderr);
        assert!(one.stderr.contains("`--limit 3`"), "{}", one.stderr);
        let quiet = world.run(&[command, "--limit", "1", "-q"]).ok();
        assert_eq!((quiet.stderr.as_str(), &quiet.stdout), ("", &one.stdout));
        assert_eq!(world.run(&[command, "--limit", "3"]).ok().stderr, "");
        let none = world.run(&[command, "--limit", "0"]).expect(2).stderr;
        assert!(none.contains("--limit"), "{none}");
    }
}

#[test]
fn parameters_are_values_and_never_sql() {
    let world = World::shop();
    let ask = |params: &[&str], sql: &str| {
        let mut args = vec!["query", sql, "--format", "csv"];
        for param in params {
            args.extend(["--param", param]);
        }
        world.run(&args)
    };
    let evil = "text=x'; DROP TABLE t; --";
    let shown = ask(
        &["day=2024-01-31", "n=2", evil],
        "SELECT $day + 1 AS d, $n * 1.5 AS n, $text AS t, typeof($day) AS ty",
    );
    assert_eq!(
        shown.ok().stdout,
        "d,n,t,ty\n2024-02-01,3.0,x'; DROP TABLE t; --,DATE\n"
    );
    let quoted = ask(&["1='007'"], "SELECT ? AS id").ok().stdout;
    assert_eq!(quoted, "id\n007\n");
    let missing = ask(&[], "SELECT $day").expect(2).stderr;
    assert!(missing.contains("`--param day=…`"), "{missing}");
    let spare = ask(&["dya=1"], "SELECT $day").expect(2).stderr;
    assert!(
        spare.contains("no parameter `$dya`: it has `$day`"),
        "{spare}"
    );
}

#[test]
fn a_query_sees_any_moment() {
    let world = World::shop();
    days_of(&world);
    world
        .run(&["export", "--date", "2024-11-01", "--known", "now"])
        .ok();
    let count = |moment: &str| {
        let sql = "SELECT count(*) AS n, run_date() AS day FROM features.orders";
        let asked = world.run(&["query", sql, "--as-of", moment, "--format", "csv"]);
        asked
            .ok()
            .stdout
            .trim_start_matches("n,day\n")
            .trim_end()
            .to_owned()
    };
    // The first day was replaced by run 4; as of runs 1 to 3 it was not yet.
    assert_eq!(count("2024-11-01"), "5,2024-11-01");
    assert_eq!(count("1"), "3,2024-11-01");
    assert_eq!(count("2"), "3,2024-11-02");
    assert_eq!(count("3"), "5,2024-11-03");
    assert_eq!(count("4"), "5,2024-11-01");
    assert_eq!(count("latest"), "5,2024-11-03");
    assert_eq!(count("latest~1"), "3,2024-11-02");
    assert_eq!(count("-1d"), "3,2024-11-02");
    let refused = |moment: &str| {
        let args = ["query", "FROM features.orders", "--as-of", moment];
        world.run(&args).expect(2).stderr
    };
    assert!(
        refused("9").contains("no run 9 has published"),
        "{}",
        refused("9")
    );
    assert!(refused("2024-10-31").contains("the first is of 2024-11-01"));
    assert!(refused("latest~3").contains("no dataset has a snapshot as of latest~3"));
    assert!(refused("yesterday").contains("latest~1"));
}

/// A day without a snapshot shows the one before it, and says so.
#[test]
fn an_earlier_day_is_not_shown_without_a_word() {
    let world = World::shop();
    days_of(&world);
    world
        .run(&["snapshots", "drop", "2024-11-02", "orders", "--yes"])
        .ok();
    let note = |asked: &str, newest: &str| {
        format!("note: {asked} has no snapshot of `orders`: the newest before it is {newest}\n")
    };
    let count = |table: &str, day: &str| {
        let sql = format!("SELECT count(*) AS orders FROM {table}");
        world.run(&["query", &sql, "--as-of", day]).ok().stderr
    };
    assert!(count("features.orders", "2024-11-02").contains(&note("2024-11-02", "2024-11-01")));
    assert!(
        count("\"features\".\"Orders\"", "2024-11-09").contains(&note("2024-11-09", "2024-11-03"))
    );
    assert!(!count("features.orders", "2024-11-03").contains("note"));
    assert!(!count("features.orders", "latest~1").contains("note"));
    assert!(!count("features.customer_level", "2024-11-02").contains("note"));
    let diff = |more: &[&str]| world.run(&[&["diff", "orders"], more].concat()).ok().stderr;
    assert_eq!(
        diff(&["2024-11-02", "2024-11-09"]),
        note("2024-11-02", "2024-11-01") + &note("2024-11-09", "2024-11-03")
    );
    assert_eq!(diff(&["2024-11-02", "2024-11-09", "--quiet"]), "");
    assert_eq!(diff(&["2024-11-01", "2024-11-03"]), "");
}

/// The plan counts the files that are opened: one day of three.
#[test]
fn a_query_over_history_opens_only_the_days_of_its_filter() {
    let world = World::shop();
    days_of(&world);
    for (filter, files) in [
        (
            "ingest_date = DATE '2024-11-02'",
            "history.orders (1 of 3 files)",
        ),
        (
            "ingest_date >= DATE '2024-11-02' AND amount > 1",
            "history.orders (2 of 3 files)",
        ),
        (
            "ingest_date IN (DATE '2024-11-01', DATE '2024-11-03')",
            "history.orders (2 of 3 files)",
        ),
    ] {
        let sql = format!("EXPLAIN SELECT count(*) FROM history.orders WHERE {filter}");
        let plan = world.run(&["query", &sql]).ok().stdout;
        assert!(plan.contains(files), "{filter}: {plan}");
        assert!(!plan.contains("_workbench"), "{plan}");
    }
    let both = "EXPLAIN ANALYZE SELECT count(*) FROM features.orders JOIN history.orders USING (order_id) \
                JOIN raw.orders USING (order_id) WHERE ingest_date = DATE '2024-11-02'";
    let plan = world.run(&["query", both]).ok().stdout;
    for table in [
        "features.orders (1 file)",
        "history.orders (1 of 3 files)",
        "raw.orders",
    ] {
        let says = format!("table: {table}\n");
        assert!(plan.contains(&says), "{table} in {plan}");
        // Also where it is not run.
        let name = table.split(' ').next().unwrap_or_default();
        let one = format!("EXPLAIN SELECT DISTINCT order_id FROM {name}");
        let one = match name.starts_with("history") {
            true => format!("{one} WHERE ingest_date = DATE '2024-11-02'"),
            false => one,
        };
        let plan = world.run(&["query", &one]).ok().stdout;
        assert!(plan.contains(&says), "{table} in {plan}");
    }
    assert!(plan.contains("the costliest"), "{plan}");
    assert_eq!(
        world.query("SELECT ingest_date, count(*) AS n FROM history.orders GROUP BY 1 ORDER BY 1"),
        "ingest_date,n\n2024-11-01,3\n2024-11-02,3\n2024-11-03,5\n"
    );
    // A day of another schema is a scan of its own; what it lacks is NULL.
    let sql = std::fs::read_to_string(world.path("sql/features/orders.sql")).unwrap();
    world.write(
        "sql/features/orders.sql",
        &sql.replace("amount FROM", "amount, 1 AS one FROM"),
    );
    world
        .run(&["export", "--date", "2024-11-04", "--allow-future"])
        .ok();
    assert_eq!(
        world.query(
            "SELECT ingest_date, count(*) AS n, sum(one) AS ones FROM history.orders \
             WHERE ingest_date >= DATE '2024-11-03' GROUP BY 1 ORDER BY 1"
        ),
        "ingest_date,n,ones\n2024-11-03,5,\n2024-11-04,5,5\n"
    );
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let world = World::shop();
    let late =
        "SELECT CASE WHEN range < 500000 THEN range ELSE error('late') END AS n FROM range(500001)";
    for name in ["late.csv", "late.parquet", "late.json", "late.arrow"] {
        let path = world.path(name);
        std::fs::write(&path, "the old one").unwrap();
        let ended = world
            .run(&["query", late, "-o", path.to_str().unwrap()])
            .expect(1);
        assert!(ended.stderr.contains("late"), "{}", ended.stderr);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "the old one");
    }
    let left: Vec<_> = std::fs::read_dir(world.dir.path())
        .unwrap()
        .flatten()
        .collect();
    let part = left
        .iter()
        .any(|f| f.file_name().to_string_lossy().ends_with(".part"));
    assert!(!part, "{left:?}");
    // An error before the first row is one document; after it, it is no part of it.
    let early = world
        .run(&["query", "SELECT error('early')", "--format", "json"])
        .expect(1);
    assert_eq!(early.json()["error"]["exit_code"], 1);
    let unnamed = world
        .run(&["query", "SELECT 1", "-o", "x.doc"])
        .expect(2)
        .stderr;
    assert!(unnamed.contains("add `--format`"), "{unnamed}");
}

#[test]
fn an_error_is_shown_in_the_text_it_is_about() {
    let world = World::shop();
    world.write(
        "q/late.sql",
        "SELECT 1 AS a\n  -- nothing\n  , nme FROM range(3)\n",
    );
    let file = world.path("q/late.sql");
    let shown = world
        .run(&["query", "-f", file.to_str().unwrap()])
        .expect(2)
        .stderr;
    assert!(
        shown.contains("late.sql:3:5") && shown.contains("\n   |     ^"),
        "{shown}"
    );
    let value = world
        .run(&["query", "SELECT 1,\n  CAST('x' AS INTEGER)"])
        .expect(1)
        .stderr;
    assert!(
        value.contains("query:2:3") && value.contains("\n   |   ^"),
        "{value}"
    );
    let missing = world.run(&["query", "-f", "nowhere.sql"]).expect(1).stderr;
    assert!(missing.contains("`nowhere.sql`"), "{missing}");
    let both = world
        .run(&["query", "SELECT 1", "-f", "x.sql"])
        .expect(2)
        .stderr;
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn a_safe_query_reads_the_projects_data_only() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let safe = |sql: &str| world.run(&["query", "--safe", "--format", "csv", sql]);
    assert_eq!(
        safe("SELECT count(*) AS n FROM features.orders")
            .ok()
            .stdout,
        "n\n3\n"
    );
    assert_eq!(
        safe("SELECT count(*) AS n FROM raw.orders").ok().stdout,
        "n\n3\n"
    );
    for sql in [
        "FROM read_csv('raw/orders/orders_1.csv')",
        "FROM 'raw/orders/orders_1.csv'",
        "FROM read_text('/etc/hostname')",
        "SELECT getenv('HOME')",
        "FROM glob('*')",
    ] {
        let ended = safe(sql).expect(2);
        assert_eq!(ended.stdout, "", "{sql}");
        world.run(&["query", sql, "--format", "csv"]);
    }
    // Its result can be written all the same.
    let file = world.path("safe.parquet");
    let args = [
        "query",
        "--safe",
        "FROM features.orders",
        "-o",
        file.to_str().unwrap(),
    ];
    world.run(&args).ok();
    assert!(file.exists());
}

/// A result is not written over what the project is made of.
#[test]
fn files_of_the_project_are_not_written_over() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let before = world.published("output");
    let part = before.keys().find(|key| key.ends_with(".parquet")).unwrap();
    let part = format!("output/{part}");
    for file in [
        "workbench.toml",
        "sql/features/orders.sql",
        "sql/new.csv",
        "raw/orders/more.csv",
        ".workbench/rows.csv",
        part.as_str(),
        "./raw/../raw/orders/more.csv",
    ] {
        let args = ["query", "SELECT 1", "--format", "csv", "-o", file];
        let told = world.run(&args).expect(2).stderr;
        assert!(told.contains("belongs to the project"), "{file}: {told}");
        let args = [
            "diff", "orders", "latest", "latest", "--format", "csv", "-o", file,
        ];
        world.run(&args).expect(2);
    }
    assert_eq!(world.published("output"), before);
    assert!(!world.path("raw/orders/more.csv").exists());
    world.run(&["query", "SELECT 1", "-o", "rows.csv"]).ok();
}

/// A pattern that looks in a folder above knows its files by their names alone.
#[test]
fn a_source_above_the_project_owns_nothing_of_it() {
    let world = World::shop();
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let config = config.replace("raw/orders/*.csv", "../orders-elsewhere-*.csv");
    world.write("workbench.toml", &config);
    world.run(&["query", "SELECT 1", "-o", "rows.csv"]).ok();
    let own = ["query", "SELECT 1", "-o", "sql/rows.csv"];
    assert!(
        world
            .run(&own)
            .expect(2)
            .stderr
            .contains("belongs to the project")
    );
}

/// What no moment is asked of is said, so that nobody takes it for that of the moment.
#[test]
fn what_a_moment_does_not_change_is_told() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let told = |sql: &str| world.run(&["query", sql, "--as-of", "latest"]).ok().stderr;
    assert!(told("SELECT count(*) FROM raw.orders").contains("`--as-of` is for"));
    assert!(told("SELECT count(*) FROM history.orders").contains("`--as-of` is for"));
    assert_eq!(told("SELECT count(*) FROM features.orders"), "");
}

/// What lists tables finds all that can be read, as they are when they are read, and opens
/// none of the published files for it.
#[test]
fn the_tables_are_listed_with_their_columns() {
    let world = World::shop();
    days_of(&world);
    let rows = |sql: &str, more: &[&str]| -> Vec<String> {
        let all = [&["query", sql, "--format", "csv"], more].concat();
        let csv = world.run(&all).ok().stdout;
        csv.lines().skip(1).map(str::to_owned).collect()
    };
    let tables = rows("SHOW TABLES", &[]);
    let names: Vec<String> = tables
        .iter()
        .map(|row| row.splitn(3, ',').take(2).collect::<Vec<_>>().join("."))
        .collect();
    for name in [
        "features.customer_level",
        "history.customer_level",
        "staging.orders",
        "raw.orders",
    ] {
        assert!(names.contains(&name.to_owned()), "{tables:?}");
        // The columns that are listed are those that are read.
        let (schema, table) = name.split_once('.').unwrap();
        let listed = rows(
            &format!(
                "SELECT column_name, data_type FROM information_schema.columns \
                 WHERE table_schema || '.' || table_name = '{schema}' || '.{table}' ORDER BY ordinal_position"
            ),
            &[],
        );
        let read = format!("SELECT column_name, column_type FROM (DESCRIBE {name})");
        assert_eq!(listed, rows(&read, &[]), "{name}");
        assert!(!listed.is_empty());
    }
    let all = rows("SELECT count(*) FROM (SHOW ALL TABLES)", &[]);
    assert_eq!(all, [names.len().to_string()]);
    for table in ["staging.orders", "features.customer_level", "raw.orders"] {
        let summary = rows(&format!("SUMMARIZE {table}"), &[]);
        assert_eq!(summary, rows(&format!("SUMMARIZE {table}"), &["--safe"]));
        let columns = rows(&format!("DESCRIBE {table}"), &[]);
        assert!(
            !columns.is_empty() && summary.len() == columns.len(),
            "{table}"
        );
    }
    assert_eq!(rows("SHOW TABLES", &["--safe"]), tables);
    let file = "DESCRIBE SELECT * FROM read_csv('/etc/passwd')";
    world.run(&["query", file, "--safe"]).expect(2);
    // Files that are gone are no matter; reading them is one.
    let away = world.path("away");
    std::fs::create_dir(&away).unwrap();
    let folder = world.path("output/customer-level");
    std::fs::rename(&folder, away.join("customer-level")).unwrap();
    assert_eq!(rows("SHOW TABLES", &[]), tables);
    std::fs::rename(away.join("customer-level"), &folder).unwrap();
    // As of a moment before a dataset began it cannot be read, and is not listed; one that
    // is read beside is there with its rows.
    let beside = rows(
        "SELECT (SELECT count(*) FROM features.orders), count(*) FROM information_schema.tables",
        &[],
    );
    let rows_of = rows("SELECT count(*) FROM features.orders", &[]);
    assert_eq!(beside, [format!("{},{}", rows_of[0], names.len())]);
    // What stands in for a table says how it is read.
    let hidden = "SELECT count(*), any_value(customer_id) FROM features/**/.customer_level, \
                  information_schema.tables";
    let failed = world.run(&["query", hidden]).expect(1);
    assert!(
        failed.stderr.contains("`features.customer_level`"),
        "{}",
        failed.stderr
    );
    let before = rows("SHOW TABLES", &["--as-of", "2024-10-01"]);
    assert!(!before.is_empty() && before.iter().all(|row| !row.starts_with("features")));
}

/// Also where the engine does not say which table it means.
#[test]
fn a_table_that_is_known_and_not_there_is_not_said_to_be_meant() {
    let world = World::shop();
    days_of(&world);
    let late = "/*\nkey = [\"order_id\"]\n*/\nSELECT order_id FROM staging.orders\n";
    world.write("sql/features/late.sql", late);
    let said = |verb: &str, moment: &[&str]| {
        let sql = format!("{verb} features.late");
        let args = [&["query", &sql], moment].concat();
        let said = world.run(&args).expect(2).stderr;
        assert!(!said.contains("did you mean"), "{said}");
        said
    };
    let verbs = [
        "FROM",
        "DESCRIBE",
        "SUMMARIZE",
        "EXPLAIN FROM",
        "SELECT count(*) FROM",
    ];
    for verb in verbs {
        let said = said(verb, &[]);
        let expected = "`features.late` has no snapshot yet; `workbench export` publishes one";
        assert!(said.contains(expected), "{verb}: {said}");
    }
    world.run(&["export", "--date", "2024-11-02"]).ok();
    world.run(&["export"]).ok();
    for verb in verbs {
        let said = said(verb, &["--as-of", "2024-11-01"]);
        let expected =
            "`features.late` has no snapshot as of 2024-11-01: its first is of 2024-11-02";
        assert!(said.contains(expected), "{verb}: {said}");
        // The table is what is pointed at.
        let sql = format!("{verb} features.late");
        let column = format!("query:1:{}", sql.find("features").unwrap() + 1);
        assert!(said.contains(&column), "{verb}: {said}");
    }
    world.write("raw/skus/skus_1.csv", "sku\n1\n");
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let more = "\n[sources.skus]\npath = \"raw/skus/*.csv\"\nload = \"append\"\n";
    world.write("workbench.toml", &(config + more));
    let said = world.run(&["query", "FROM raw.skus"]).expect(2).stderr;
    assert!(said.contains("`raw.skus` is not loaded yet"), "{said}");
}

#[test]
fn today_is_the_day_of_the_projects_time_zone() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let project = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let ask = |zone: &str, sql: &str, more: &[&str]| {
        let text = format!("[project]\ntimezone = \"{zone}\"\n");
        world.write("workbench.toml", &project.replace("[project]\n", &text));
        let args = ["query", sql, "--format", "csv"];
        let shown = world.run(&[&args[..], more].concat()).ok().stdout;
        shown.lines().last().unwrap_or_default().to_owned()
    };
    let days = ["Etc/GMT+12", "Pacific/Kiritimati"];
    let days = days.map(|zone| ask(zone, "SELECT current_date", &[]));
    assert!(days[0] < days[1], "{days:?}");
    // One of them all, also where SQL of the repository is run.
    let same = "SELECT current_date = today() AND localtimestamp::DATE = today() \
                AND age(DATE '2024-01-01') = age(today(), DATE '2024-01-01') AND age(today(), today() - 1) = INTERVAL 1 DAY \
                AND current_time = localtime AND date_trunc('day', localtimestamp) = current_date";
    for (from, more) in [
        ("", &[][..]),
        (" FROM staging.orders LIMIT 1", &[]),
        ("", &["--safe"]),
    ] {
        assert_eq!(ask("Asia/Tokyo", &format!("{same}{from}"), more), "true");
    }
    let own = "FROM (SELECT 'x' AS current_date) SELECT current_date";
    assert_eq!(ask("Asia/Tokyo", own, &[]), "x");
}

#[test]
fn what_is_wrong_is_told_with_what_is_meant() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let ask = |args: &[&str]| world.run(&[&["query"], args].concat());
    let one = "PIVOT (FROM staging.orders SELECT customer_id, order_id % 2 AS odd) ON odd IN (0, 1) \
               USING count(*) GROUP BY customer_id";
    for (args, said) in [
        (
            &[
                "SELECT * FROM features.orders WHERE order_id = $n",
                "--param",
                "n=abc",
            ][..],
            "'abc' to INT64 (`$n` is `abc`)",
        ),
        (
            &[
                "SELECT DATE '2024-01-01' < $day",
                "--param",
                "day=2026-13-99",
            ],
            "(`$day` is `2026-13-99`)",
        ),
        (
            &["SELECT DATE '2024-01-01' > $n", "--param", "n=5"],
            "(`$n` is `5`)",
        ),
        (
            &["SELECT o.amout FROM features.orders AS o"],
            "Candidate bindings: \"amount\"",
        ),
        (
            &["WITH a AS (SELECT 1 AS id) SELECT a.idd FROM a"],
            "Candidate bindings: \"id\"",
        ),
        (
            &["WITH large AS (SELECT 1 AS id) FROM larg"],
            "did you mean `large`?",
        ),
        (
            &["FROM (FROM staging.orders) PIVOT (count(*) FOR order_id IN (1)), glob('*')"],
            "`glob`",
        ),
        (&[&one.replace(" IN (0, 1)", "")], "1:1\n"),
        (
            &["FROM features.orders PIVOT (count(*) FOR order_id)"],
            "add the values of this `PIVOT`, as in `FOR kind IN ('a', 'b')`\n  --> query:1:50",
        ),
        (
            &["FROM staging.orders PIVOT (count(*) FOR order_id)"],
            "as in `FOR kind IN ('a', 'b')`\n  --> query:1:49",
        ),
        (&[&one.replace(" IN (0, 1)", "")], "ON kind IN ('a', 'b')"),
        (
            &[
                "SELECT * FROM (PIVOT features.orders ON order_id USING sum(amount)) LIMIT $n",
                "--param",
                "n=1",
            ],
            "ON kind IN ('a', 'b')",
        ),
    ] {
        let shown = ask(args);
        assert!(shown.stderr.contains(said), "{args:?}\n{}", shown.stderr);
    }
    for more in [&[][..], &["--safe"]] {
        let rows = ask(&[&[one, "--format", "csv"], more].concat()).ok().stdout;
        assert!(rows.starts_with("customer_id,0,1\n"), "{rows}");
    }
    let file = world.path("x.parquet");
    let all = "PIVOT features.orders ON customer_id USING sum(amount) GROUP BY order_id";
    let said = ask(&[all, "-o", file.to_str().unwrap()]).ok().stderr;
    let rows = ask(&["SELECT count(*) FROM features.orders", "--format", "csv"]);
    let rows = format!(
        "{} rows into",
        rows.ok().stdout.lines().last().unwrap_or_default()
    );
    assert!(said.contains(&rows), "{said}");
}

#[test]
fn whole_numbers_of_128_bits_are_written_exactly() {
    let world = World::shop();
    let file = world.path("wide.parquet");
    let path = file.to_str().unwrap();
    let sql = "SELECT 12345678901234567890123::HUGEINT AS h, 'x' AS t, 7::UHUGEINT AS u";
    world.run(&["query", sql, "-o", path]).ok();
    let read = format!("SELECT h::VARCHAR, typeof(h), t, u::VARCHAR FROM '{path}'");
    let shown = world.run(&["query", &read, "--format", "csv"]).ok().stdout;
    let row = shown.lines().last().unwrap_or_default();
    assert_eq!(row, "12345678901234567890123,\"DECIMAL(38,0)\",x,7");
    let twice = "SELECT sum(x) AS n, sum(-x) AS n FROM (VALUES (1), (2)) AS t(x)";
    world.run(&["query", twice, "-o", path]).ok();
    let shown = world.run(&["query", &format!("FROM '{path}'"), "--format", "csv"]);
    assert!(shown.ok().stdout.ends_with("\n3,-3\n"));
    // What has no room in that is no other number.
    let sql = "SELECT 100000000000000000000000000000000000000::HUGEINT AS h";
    let refused = world.run(&["query", sql, "-o", path]).expect(1).stderr;
    assert!(refused.contains("DECIMAL(38,0)"), "{refused}");
    // A number of a parameter is what it is in SQL.
    let sql = "SELECT DATE '2024-01-31' - $n";
    let args = ["query", sql, "--param", "n=30", "--format", "csv"];
    let shown = world.run(&args).ok().stdout;
    assert!(shown.ends_with("2024-01-01\n"), "{shown}");
}
