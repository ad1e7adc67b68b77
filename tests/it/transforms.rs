//! SQL as people write it, through the real parser: what is read, what is
//! refused and in which words, what counts for a fingerprint.

use proptest::prelude::*;

use workbench::engine::Dialect;
use workbench::model::names::SourceName;
use workbench::model::transform::{Relation, Transform, TransformKind, Transforms};
use workbench::transforms::{SqlFile, TransformErrors, chances, from_files, read};

thread_local! {
    static DIALECT: Dialect = Dialect::new().unwrap();
}

fn file(kind: TransformKind, name: &str, sql: &str) -> SqlFile {
    let header = match kind {
        TransformKind::Features => "/*\nkey = [\"account_id\"]\n*/",
        _ => "/* */",
    };
    SqlFile {
        kind,
        name: name.to_owned(),
        text: format!("{header}\n{sql}\n"),
    }
}

/// A small project, and one more file in it: `x`.
fn with(kind: TransformKind, sql: &str) -> Result<Transforms, TransformErrors> {
    let files = [
        file(
            TransformKind::Staging,
            "accounts",
            "SELECT * FROM raw.accounts",
        ),
        file(
            TransformKind::Staging,
            "invoices",
            "SELECT * FROM raw.invoices",
        ),
        file(
            TransformKind::Features,
            "account_level",
            "SELECT * FROM staging.accounts",
        ),
        file(kind, "x", sql),
    ];
    let sources = ["accounts", "invoices", "skus"].map(|name| name.parse().unwrap());
    DIALECT.with(|dialect| from_files(&files, &sources, dialect))
}

fn dataset(sql: &str) -> Transform {
    let transforms = with(TransformKind::Features, sql).unwrap_or_else(|e| panic!("{sql}\n{e}"));
    transforms.feature("x").unwrap().clone()
}

fn reads(sql: &str) -> String {
    let reads: Vec<String> = dataset(sql).reads.iter().map(Relation::to_string).collect();
    reads.join(" ")
}

fn refused_as(kind: TransformKind, sql: &str) -> String {
    match with(kind, sql) {
        Ok(_) => format!("not refused: {sql}"),
        Err(errors) => match errors.hint() {
            Some(hint) => format!("{errors}\nhint: {hint}"),
            None => errors.to_string(),
        },
    }
}

fn refused(sql: &str) -> String {
    refused_as(TransformKind::Features, sql)
}

/// Several, one below the other, without their places.
fn all_refused(sqls: &[&str]) -> String {
    let first_lines = sqls.iter().map(|sql| {
        let shown = refused(sql);
        let first = shown.lines().next().unwrap_or_default().to_owned();
        let caret = shown
            .lines()
            .find(|line| line.trim_start().starts_with("| "));
        let marked = caret
            .map(|line| line.matches('^').count())
            .unwrap_or_default();
        format!("{sql}\n    {first} ({marked} marked)")
    });
    first_lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_project_of_this_repository_is_understood() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<SourceName> = ["accounts", "invoices", "invoice_line_items", "skus"]
        .map(|name| name.parse().unwrap())
        .into();
    let transforms = DIALECT.with(|dialect| read(root, &sources, dialect).unwrap());
    let shown: Vec<String> = transforms
        .all()
        .map(|t| {
            let reads: Vec<String> = t.reads.iter().map(Relation::to_string).collect();
            format!("{}/{}: {}", t.kind.folder(), t.name, reads.join(", "))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    staging/accounts: raw.accounts
    staging/invoice_line_items: raw.invoice_line_items
    staging/invoices: raw.invoices
    staging/skus: raw.skus
    features/account_level: staging.accounts, staging.invoices
    features/invoices: staging.accounts, staging.invoice_line_items, staging.invoices, staging.skus
    features/account_invoice_level: features.invoices
    checks/account_keys_unique: staging.accounts
    checks/invoice_has_account: staging.accounts, staging.invoices
    checks/invoice_keys_unique: staging.invoices
    checks/invoice_not_after_ingest_date: staging.invoices
    checks/line_item_has_invoice: staging.invoice_line_items, staging.invoices
    checks/line_item_has_sku: staging.invoice_line_items, staging.skus
    checks/price_not_negative: staging.skus
    checks/quantity_not_negative: staging.invoice_line_items
    checks/sku_keys_unique: staging.skus
    ");
    let warnings: Vec<&String> = transforms.all().flat_map(|t| &t.warnings).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn tables_are_found_wherever_they_stand() {
    assert_eq!(reads("SELECT 1 AS account_id"), "");
    assert_eq!(reads("FROM staging.accounts"), "staging.accounts");
    assert_eq!(reads("TABLE staging.accounts"), "staging.accounts");
    assert_eq!(reads("FROM Staging.\"ACCOUNTS\" a"), "staging.accounts");
    assert_eq!(
        reads(
            "SELECT (SELECT max(b) FROM staging.invoices) FROM raw.skus WHERE a IN (FROM raw.accounts) AND EXISTS (FROM history.x)"
        ),
        "raw.accounts raw.skus staging.invoices history.x"
    );
    assert_eq!(
        reads(
            "SELECT 1 FROM raw.skus UNION ALL (SELECT 2 FROM raw.accounts ORDER BY (SELECT 1 FROM raw.invoices) LIMIT 1)"
        ),
        "raw.accounts raw.invoices raw.skus"
    );
    assert_eq!(
        reads(
            "FROM staging.accounts ANTI JOIN staging.invoices USING (a), LATERAL (SELECT 1 FROM features.account_level)"
        ),
        "staging.accounts staging.invoices features.account_level"
    );
}

#[test]
fn names_of_a_with_are_no_tables() {
    assert_eq!(
        reads(
            "WITH a AS (FROM raw.skus), B AS (FROM a) SELECT * FROM b, (WITH c AS (FROM A) FROM c, b)"
        ),
        "raw.skus"
    );
    assert_eq!(
        reads(
            "WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x < 3) FROM a"
        ),
        ""
    );
    assert_eq!(
        reads(
            "WITH RECURSIVE k(x, y) USING KEY (x) AS (SELECT 1, 1 UNION SELECT x, y + 1 FROM recurring.k) FROM k"
        ),
        ""
    );
    assert_eq!(
        reads("WITH a AS (SELECT 1) SELECT 2 UNION SELECT * FROM a"),
        ""
    );
    // What a name stands for ends with the query that it belongs to.
    insta::assert_snapshot!(all_refused(&[
        "WITH a AS (FROM b), b AS (SELECT 1) FROM a",
        "WITH a AS (FROM a) FROM a",
        "SELECT * FROM (WITH q AS (SELECT 1) FROM q), q",
        "WITH q AS (SELECT 1) FROM recurring.q",
    ]), @"
    WITH a AS (FROM b), b AS (SELECT 1) FROM a
        unknown table `b` (1 marked)
    WITH a AS (FROM a) FROM a
        unknown table `a` (1 marked)
    SELECT * FROM (WITH q AS (SELECT 1) FROM q), q
        unknown table `q` (1 marked)
    WITH q AS (SELECT 1) FROM recurring.q
        unknown table `recurring.q` (11 marked)
    ");
}

#[test]
fn harmless_sql_is_taken() {
    for sql in [
        "SELECT * FROM range(3), unnest([1, 2]) u(x), generate_series(1, 2)",
        "SELECT unnest([1]), generate_series(1, 2), [y + 1 FOR y IN [1, 2] IF y > 1], list_transform([1], lambda y: y)",
        "SELECT {'query_location': 1, 'type': 'PIVOT', 'class': 'PARAMETER', 'sample': 2}, MAP {'a': 1}, row(1, 2)",
        "VALUES (1, 'a; b'), (2, '$1 ? PIVOT now()')",
        "SELECT CASE WHEN a THEN 1 END, coalesce(a, b), nullif(a, b), ifnull(a, b), if(a, b, a), a BETWEEN 1 AND 2, a IS DISTINCT FROM b, a LIKE 'x', a ~ 'x', NOT a, -a, a[1], a.b, a || b, a::DECIMAL(18, 9), try_cast(a AS DATE), extract(year FROM a), date_trunc('month', a), strftime(a, '%d'), INTERVAL 3 DAY, a -> '$.x', a COLLATE nocase, #1, grouping(a), count(*), count(DISTINCT a), sum(a) FILTER (b > 1), x'ab', trim(BOTH 'x' FROM a), substring(a FROM 1 FOR 2), position('a' IN b), overlay(a PLACING b FROM 1), array(SELECT 1), a.trim().upper() FROM raw.skus",
        "SELECT rank() OVER w, sum(a) OVER (PARTITION BY b ORDER BY c ROWS 3 PRECEDING), first_value(a) OVER w FROM raw.skus WINDOW w AS (ORDER BY a) QUALIFY rank() OVER w = 1",
        "SELECT quantile_cont(a, 0.5), median(b), percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM raw.skus GROUP BY GROUPING SETS ((a), ()) HAVING count(*) > 1",
        "SELECT * EXCLUDE (a) REPLACE (b AS c), COLUMNS('a.*'), user FROM raw.skus ASOF JOIN staging.accounts USING (a)",
        "SELECT run_date() - INTERVAL 7 DAY, age(run_date(), a), t.current_date, error('no') FROM raw.skus t",
        "SELECT DISTINCT ON (a) a, b FROM raw.skus ORDER BY a, b LIMIT 10%",
        "SELECT a FROM raw.skus ORDER BY a ASC NULLS FIRST, b DESC LIMIT 5 OFFSET 2",
        "SELECT sum(a) OVER (ORDER BY b DESC GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES), string_agg(a, ',' ORDER BY b DESC) FROM raw.skus",
        "SELECT 1 UNION BY NAME SELECT 2 INTERSECT ALL SELECT 3 EXCEPT SELECT 4",
        "SELECT * FROM (VALUES (1), (2)) v(x), raw.skus NATURAL JOIN raw.accounts LEFT JOIN LATERAL (SELECT 1) ON true",
        "SELECT a FROM raw.skus GROUP BY ROLLUP (a, b), CUBE (c)",
        "SELECT a::STRUCT(x INT, y VARCHAR[]), b::ENUM('a', 'b'), c::MAP(INT, VARCHAR), e::INT[3] FROM raw.skus",
        "SELECT list_reduce(l, lambda x, y: x + y), COLUMNS(lambda c: c LIKE 'a%') FROM raw.skus",
        "WITH a AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (SELECT 2) SELECT x: 1, y: 2 FROM a, b WHERE (1, 2) IN (SELECT 1, 2) AND 1 = ANY (SELECT 2)",
    ] {
        dataset(sql);
    }
    // Long sums nest deeply.
    dataset(&format!("SELECT {} FROM raw.skus", ["a"; 900].join(" + ")));
}

#[test]
fn a_syntax_error_is_shown_at_its_place() {
    insta::assert_snapshot!(refused("SELECT 'é' AS a,\n  'éé', b c d\nFROM raw.skus"), @r#"
    syntax error at or near "d"
      --> sql/features/x.sql:5:13
       |
     5 |   'éé', b c d
       |             ^
    "#);
    insta::assert_snapshot!(refused("SELECT a FROM"), @r#"
    syntax error at or near "FROM"
      --> sql/features/x.sql:4:10
       |
     4 | SELECT a FROM
       |          ^^^^
    "#);
    insta::assert_snapshot!(refused("SELECT (a FROM raw.skus"), @r#"
    syntax error at or near "FROM"
      --> sql/features/x.sql:4:11
       |
     4 | SELECT (a FROM raw.skus
       |           ^^^^
    "#);
    insta::assert_snapshot!(refused("SELECT 'a FROM raw.skus"), @"
    unterminated string literal
      --> sql/features/x.sql:4:8
       |
     4 | SELECT 'a FROM raw.skus
       |        ^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn more_or_less_than_one_statement() {
    insta::assert_snapshot!(refused("SELECT 1;\n-- and\nSELECT 2;"), @"
    more than one statement
      --> sql/features/x.sql:6:1
       |
     6 | SELECT 2;
       | ^^^^^^
    hint: keep one SELECT; each other one goes into a file of its own
    ");
    insta::assert_snapshot!(refused("SELECT 1; DROP TABLE x"), @"
    more than one statement
      --> sql/features/x.sql:4:11
       |
     4 | SELECT 1; DROP TABLE x
       |           ^^^^
    hint: keep one SELECT; each other one goes into a file of its own
    ");
    insta::assert_snapshot!(refused("-- nothing yet\n;"), @"
    the file has no SELECT
      --> sql/features/x.sql:4:1
       |
     4 | -- nothing yet
       | ^
    hint: write one SELECT below the header
    ");
}

#[test]
fn what_is_not_a_select() {
    insta::assert_snapshot!(refused("CREATE TABLE t AS SELECT 1"), @"
    `CREATE` is not a SELECT
      --> sql/features/x.sql:4:1
       |
     4 | CREATE TABLE t AS SELECT 1
       | ^^^^^^
    hint: the file holds one SELECT, and nothing that changes data
    ");
    insta::assert_snapshot!(refused("WITH gone AS (DELETE FROM raw.skus RETURNING *) FROM gone"), @"
    `DELETE` is not a SELECT
      --> sql/features/x.sql:4:15
       |
     4 | WITH gone AS (DELETE FROM raw.skus RETURNING *) FROM gone
       |               ^^^^^^
    hint: the file holds one SELECT, and nothing that changes data
    ");
    insta::assert_snapshot!(all_refused(&[
        "INSERT INTO raw.skus VALUES (1)",
        "COPY raw.skus TO 'x.csv'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "PRAGMA version",
        "CALL pragma_version()",
        "EXPLAIN SELECT 1",
        "EXECUTE x",
        "BEGIN",
        "WITH a AS (INSERT INTO raw.skus VALUES (1) RETURNING *) FROM a",
        "WITH a AS (UPDATE raw.skus SET b = 1 RETURNING *) FROM a",
        "WITH a AS (COPY raw.skus TO 'x.csv') SELECT 1",
    ]), @"
    INSERT INTO raw.skus VALUES (1)
        `INSERT` is not a SELECT (6 marked)
    COPY raw.skus TO 'x.csv'
        `COPY` is not a SELECT (4 marked)
    ATTACH 'x.db'
        `ATTACH` is not a SELECT (6 marked)
    INSTALL httpfs
        `INSTALL` is not a SELECT (7 marked)
    LOAD httpfs
        `LOAD` is not a SELECT (4 marked)
    SET threads = 1
        `SET` is not a SELECT (3 marked)
    PRAGMA version
        `PRAGMA` is not a SELECT (6 marked)
    CALL pragma_version()
        `CALL` is not a SELECT (4 marked)
    EXPLAIN SELECT 1
        `EXPLAIN` is not a SELECT (7 marked)
    EXECUTE x
        `EXECUTE` is not a SELECT (7 marked)
    BEGIN
        `BEGIN` is not a SELECT (5 marked)
    WITH a AS (INSERT INTO raw.skus VALUES (1) RETURNING *) FROM a
        `INSERT` is not a SELECT (6 marked)
    WITH a AS (UPDATE raw.skus SET b = 1 RETURNING *) FROM a
        `UPDATE` is not a SELECT (6 marked)
    WITH a AS (COPY raw.skus TO 'x.csv') SELECT 1
        `COPY` is not a SELECT (4 marked)
    ");
}

#[test]
fn pivot_show_and_the_like() {
    insta::assert_snapshot!(refused("PIVOT raw.skus ON a USING sum(b)"), @"
    `PIVOT` cannot be used: its columns depend on the data
      --> sql/features/x.sql:4:1
       |
     4 | PIVOT raw.skus ON a USING sum(b)
       | ^^^^^
    hint: write a column for each value: `sum(amount) FILTER (kind = 'a') AS amount_a`
    ");
    insta::assert_snapshot!(refused("FROM raw.skus UNPIVOT (v FOR n IN (a, b))"), @"
    `UNPIVOT` cannot be used
      --> sql/features/x.sql:4:15
       |
     4 | FROM raw.skus UNPIVOT (v FOR n IN (a, b))
       |               ^^^^^^^
    hint: write a SELECT per column, and put UNION ALL between them
    ");
    insta::assert_snapshot!(refused("DESCRIBE raw.skus"), @"
    `DESCRIBE` cannot be used: it tells of tables, not of what is in them
      --> sql/features/x.sql:4:1
       |
     4 | DESCRIBE raw.skus
       | ^^^^^^^^
    hint: write a SELECT; `workbench query` can look at tables
    ");
    insta::assert_snapshot!(all_refused(&[
        "SELECT * FROM (PIVOT raw.skus ON a USING sum(b))",
        "WITH p AS (PIVOT raw.skus ON a USING sum(b)) FROM p",
        "FROM raw.skus PIVOT (sum(b) FOR a IN (1, 2))",
        "PIVOT raw.skus ON a IN (1, 2) USING sum(b)",
        "UNPIVOT raw.skus ON a, b",
        "SHOW TABLES",
        "SUMMARIZE raw.skus",
        "SELECT * FROM (SUMMARIZE raw.skus)",
        "SELECT * FROM (SHOW ALL TABLES)",
        "DESCRIBE SELECT 1",
    ]), @"
    SELECT * FROM (PIVOT raw.skus ON a USING sum(b))
        `PIVOT` cannot be used: its columns depend on the data (5 marked)
    WITH p AS (PIVOT raw.skus ON a USING sum(b)) FROM p
        `PIVOT` cannot be used: its columns depend on the data (5 marked)
    FROM raw.skus PIVOT (sum(b) FOR a IN (1, 2))
        `PIVOT` cannot be used: its columns depend on the data (5 marked)
    PIVOT raw.skus ON a IN (1, 2) USING sum(b)
        `PIVOT` cannot be used: its columns depend on the data (5 marked)
    UNPIVOT raw.skus ON a, b
        `UNPIVOT` cannot be used (7 marked)
    SHOW TABLES
        `SHOW` cannot be used: it tells of tables, not of what is in them (4 marked)
    SUMMARIZE raw.skus
        `SUMMARIZE` cannot be used: it tells of tables, not of what is in them (9 marked)
    SELECT * FROM (SUMMARIZE raw.skus)
        `SUMMARIZE` cannot be used: it tells of tables, not of what is in them (9 marked)
    SELECT * FROM (SHOW ALL TABLES)
        `SHOW` cannot be used: it tells of tables, not of what is in them (4 marked)
    DESCRIBE SELECT 1
        `DESCRIBE` cannot be used: it tells of tables, not of what is in them (8 marked)
    ");
}

#[test]
fn parameters_samples_and_versions() {
    insta::assert_snapshot!(refused("SELECT a FROM raw.skus WHERE b = $1"), @"
    `$1` is a parameter, and nothing gives it a value
      --> sql/features/x.sql:4:34
       |
     4 | SELECT a FROM raw.skus WHERE b = $1
       |                                  ^^
    hint: write the value itself; the ingest date is `run_date()`
    ");
    insta::assert_snapshot!(refused("SELECT a FROM raw.skus USING SAMPLE 10"), @"
    a sample holds other rows each time
      --> sql/features/x.sql:4:30
       |
     4 | SELECT a FROM raw.skus USING SAMPLE 10
       |                              ^^^^^^
    hint: choose rows by their values, for example `WHERE hash(account_id) % 100 = 0`
    ");
    insta::assert_snapshot!(refused("SELECT a FROM raw.skus AT (VERSION => 3)"), @"
    `AT` cannot be used: tables have no versions
      --> sql/features/x.sql:4:24
       |
     4 | SELECT a FROM raw.skus AT (VERSION => 3)
       |                        ^^
    hint: earlier days of a dataset are in `history.<dataset>`
    ");
    insta::assert_snapshot!(all_refused(&[
        "SELECT ?",
        "SELECT $day, $day",
        "SELECT $1, ?, $x",
        "SELECT 1 LIMIT ?",
        "FROM raw.skus TABLESAMPLE 10%",
        "FROM raw.skus TABLESAMPLE reservoir(10) REPEATABLE (1)",
        "FROM raw.skus AT (TIMESTAMP => DATE '2024-01-01')",
    ]), @"
    SELECT ?
        `?` is a parameter, and nothing gives it a value (1 marked)
    SELECT $day, $day
        `$day` is a parameter, and nothing gives it a value (4 marked)
    SELECT $1, ?, $x
        `$1` is a parameter, and nothing gives it a value (2 marked)
    SELECT 1 LIMIT ?
        `?` is a parameter, and nothing gives it a value (1 marked)
    FROM raw.skus TABLESAMPLE 10%
        a sample holds other rows each time (11 marked)
    FROM raw.skus TABLESAMPLE reservoir(10) REPEATABLE (1)
        a sample holds other rows each time (11 marked)
    FROM raw.skus AT (TIMESTAMP => DATE '2024-01-01')
        `AT` cannot be used: tables have no versions (2 marked)
    ");
}

#[test]
fn the_clock() {
    insta::assert_snapshot!(refused("SELECT current_date - joining_date FROM raw.accounts"), @"
    `current_date` reads the clock
      --> sql/features/x.sql:4:8
       |
     4 | SELECT current_date - joining_date FROM raw.accounts
       |        ^^^^^^^^^^^^
    hint: use `run_date()`, the day that the run is for; or, if it is a column, write its table before it
    ");
    insta::assert_snapshot!(refused("SELECT ago(INTERVAL 7 DAY)"), @"
    `ago` reads the clock
      --> sql/features/x.sql:4:8
       |
     4 | SELECT ago(INTERVAL 7 DAY)
       |        ^^^
    hint: the only date there is, is the ingest date: `run_date() - INTERVAL 7 DAY`
    ");
    insta::assert_snapshot!(refused("SELECT age(joining_date) FROM raw.accounts"), @"
    `age` reads the clock
      --> sql/features/x.sql:4:8
       |
     4 | SELECT age(joining_date) FROM raw.accounts
       |        ^^^
    hint: give two dates; the ingest date is `run_date()`: `age(run_date(), joining_date)`
    ");
    insta::assert_snapshot!(all_refused(&[
        "SELECT now()",
        "SELECT today()",
        "SELECT CURRENT_TIMESTAMP",
        "SELECT \"current_time\"",
        "SELECT localtime, 1",
        "SELECT localtimestamp",
        "SELECT current_date()",
        "SELECT main.now()",
        "SELECT get_current_timestamp()",
        "SELECT transaction_timestamp()",
        "SELECT current_localtimestamp()",
        "SELECT pg_postmaster_start_time()",
        "SELECT joining_date.age() FROM raw.accounts",
    ]), @r#"
    SELECT now()
        `now` reads the clock (3 marked)
    SELECT today()
        `today` reads the clock (5 marked)
    SELECT CURRENT_TIMESTAMP
        `current_timestamp` reads the clock (17 marked)
    SELECT "current_time"
        `current_time` reads the clock (14 marked)
    SELECT localtime, 1
        `localtime` reads the clock (9 marked)
    SELECT localtimestamp
        `localtimestamp` reads the clock (14 marked)
    SELECT current_date()
        `current_date` reads the clock (12 marked)
    SELECT main.now()
        `now` reads the clock (8 marked)
    SELECT get_current_timestamp()
        `get_current_timestamp` reads the clock (21 marked)
    SELECT transaction_timestamp()
        `transaction_timestamp` reads the clock (21 marked)
    SELECT current_localtimestamp()
        `current_localtimestamp` reads the clock (22 marked)
    SELECT pg_postmaster_start_time()
        `pg_postmaster_start_time` reads the clock (24 marked)
    SELECT joining_date.age() FROM raw.accounts
        `age` reads the clock (16 marked)
    "#);
}

#[test]
fn chance_and_the_session() {
    insta::assert_snapshot!(refused("SELECT a FROM raw.skus ORDER BY random()"), @"
    `random` gives another value each time
      --> sql/features/x.sql:4:33
       |
     4 | SELECT a FROM raw.skus ORDER BY random()
       |                                 ^^^^^^
    hint: equal runs must publish equal rows; `hash(column)` spreads rows as evenly, and is the same each time
    ");
    insta::assert_snapshot!(refused("SELECT current_setting('threads')"), @"
    `current_setting` depends on the session, or changes it
      --> sql/features/x.sql:4:8
       |
     4 | SELECT current_setting('threads')
       |        ^^^^^^^^^^^^^^^
    hint: equal runs must publish equal rows: write the value itself
    ");
    insta::assert_snapshot!(all_refused(&[
        "SELECT uuid()",
        "SELECT gen_random_uuid()",
        "SELECT uuidv7()",
        "SELECT setseed(0.5)",
        "SELECT getvariable('x')",
        "SELECT current_schema",
        "SELECT current_catalog",
        "SELECT current_database()",
        "SELECT current_schemas(true)",
        "SELECT current_query()",
        "SELECT txid_current()",
        "SELECT nextval('s')",
        "SELECT write_log('x')",
        "SELECT sleep_ms(1)",
        "SELECT pg_sleep(1)",
        "SELECT pg_get_viewdef(1)",
        "SELECT get_block_size('x')",
    ]), @"
    SELECT uuid()
        `uuid` gives another value each time (4 marked)
    SELECT gen_random_uuid()
        `gen_random_uuid` gives another value each time (15 marked)
    SELECT uuidv7()
        `uuidv7` gives another value each time (6 marked)
    SELECT setseed(0.5)
        `setseed` gives another value each time (7 marked)
    SELECT getvariable('x')
        `getvariable` depends on the session, or changes it (11 marked)
    SELECT current_schema
        `current_schema` depends on the session, or changes it (14 marked)
    SELECT current_catalog
        `current_catalog` depends on the session, or changes it (15 marked)
    SELECT current_database()
        `current_database` depends on the session, or changes it (16 marked)
    SELECT current_schemas(true)
        `current_schemas` depends on the session, or changes it (15 marked)
    SELECT current_query()
        `current_query` depends on the session, or changes it (13 marked)
    SELECT txid_current()
        `txid_current` depends on the session, or changes it (12 marked)
    SELECT nextval('s')
        `nextval` depends on the session, or changes it (7 marked)
    SELECT write_log('x')
        `write_log` depends on the session, or changes it (9 marked)
    SELECT sleep_ms(1)
        `sleep_ms` depends on the session, or changes it (8 marked)
    SELECT pg_sleep(1)
        `pg_sleep` depends on the session, or changes it (8 marked)
    SELECT pg_get_viewdef(1)
        `pg_get_viewdef` depends on the session, or changes it (14 marked)
    SELECT get_block_size('x')
        `get_block_size` depends on the session, or changes it (14 marked)
    ");
}

#[test]
fn functions_that_reach_further_than_their_arguments() {
    insta::assert_snapshot!(refused("SELECT *\nFROM read_csv('secrets.csv')"), @"
    `read_csv` reads files
      --> sql/features/x.sql:5:6
       |
     5 | FROM read_csv('secrets.csv')
       |      ^^^^^^^^
    hint: make the files a source in `workbench.toml`, and read `raw.<source>`
    ");
    insta::assert_snapshot!(refused("FROM query('SELECT 1')"), @"
    `query` runs SQL that is not in the file
      --> sql/features/x.sql:4:6
       |
     4 | FROM query('SELECT 1')
       |      ^^^^^
    hint: write the SELECT itself, as a subquery or with WITH
    ");
    insta::assert_snapshot!(refused("FROM duckdb_secrets()"), @"
    the table function `duckdb_secrets` cannot be used
      --> sql/features/x.sql:4:6
       |
     4 | FROM duckdb_secrets()
       |      ^^^^^^^^^^^^^^
    hint: those that can: `generate_series`, `json_each`, `json_tree`, `range`, `repeat`, `repeat_row`, `unnest`
    ");
    insta::assert_snapshot!(all_refused(&[
        "FROM query_table('x')",
        "FROM json_execute_serialized_sql('{}')",
        "FROM histogram_values(x, y)",
        "FROM read_parquet('x')",
        "FROM read_text('x')",
        "FROM read_blob('x')",
        "FROM read_json_auto('x')",
        "FROM parquet_scan('x')",
        "FROM parquet_metadata('x')",
        "FROM sniff_csv('x')",
        "FROM glob('*')",
        "FROM seq_scan('x')",
        "FROM main.read_csv('x')",
        "FROM \"READ_CSV\"('x')",
        "FROM raw.skus, LATERAL read_csv(a)",
        "SELECT (FROM read_csv('x'))",
        "WITH a AS (FROM read_csv('x')) SELECT 1",
        "FROM range((SELECT count(*) FROM glob('*')))",
        "FROM duckdb_settings()",
        "FROM pragma_table_info('x')",
        "FROM checkpoint()",
        "FROM test_all_types()",
        "FROM which_secret('x', 's3')",
    ]), @r#"
    FROM query_table('x')
        `query_table` runs SQL that is not in the file (11 marked)
    FROM json_execute_serialized_sql('{}')
        `json_execute_serialized_sql` runs SQL that is not in the file (27 marked)
    FROM histogram_values(x, y)
        `histogram_values` runs SQL that is not in the file (16 marked)
    FROM read_parquet('x')
        `read_parquet` reads files (12 marked)
    FROM read_text('x')
        `read_text` reads files (9 marked)
    FROM read_blob('x')
        `read_blob` reads files (9 marked)
    FROM read_json_auto('x')
        `read_json_auto` reads files (14 marked)
    FROM parquet_scan('x')
        `parquet_scan` reads files (12 marked)
    FROM parquet_metadata('x')
        `parquet_metadata` reads files (16 marked)
    FROM sniff_csv('x')
        `sniff_csv` reads files (9 marked)
    FROM glob('*')
        `glob` reads files (4 marked)
    FROM seq_scan('x')
        `seq_scan` reads files (8 marked)
    FROM main.read_csv('x')
        `read_csv` reads files (13 marked)
    FROM "READ_CSV"('x')
        `read_csv` reads files (10 marked)
    FROM raw.skus, LATERAL read_csv(a)
        `read_csv` reads files (8 marked)
    SELECT (FROM read_csv('x'))
        `read_csv` reads files (8 marked)
    WITH a AS (FROM read_csv('x')) SELECT 1
        `read_csv` reads files (8 marked)
    FROM range((SELECT count(*) FROM glob('*')))
        `glob` reads files (4 marked)
    FROM duckdb_settings()
        the table function `duckdb_settings` cannot be used (15 marked)
    FROM pragma_table_info('x')
        the table function `pragma_table_info` cannot be used (17 marked)
    FROM checkpoint()
        the table function `checkpoint` cannot be used (10 marked)
    FROM test_all_types()
        the table function `test_all_types` cannot be used (14 marked)
    FROM which_secret('x', 's3')
        the table function `which_secret` cannot be used (12 marked)
    "#);
}

#[test]
fn unknown_functions_are_named_with_the_nearest() {
    insta::assert_snapshot!(refused("SELECT cuont(*) FROM raw.skus"), @"
    unknown function `cuont`
      --> sql/features/x.sql:4:8
       |
     4 | SELECT cuont(*) FROM raw.skus
       |        ^^^^^
    hint: did you mean `count`?
    ");
    insta::assert_snapshot!(refused("SELECT feature_of_the_month(a) FROM raw.skus"), @"
    unknown function `feature_of_the_month`
      --> sql/features/x.sql:4:8
       |
     4 | SELECT feature_of_the_month(a) FROM raw.skus
       |        ^^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(refused("SELECT rundate()"), @"
    unknown function `rundate`
      --> sql/features/x.sql:4:8
       |
     4 | SELECT rundate()
       |        ^^^^^^^
    hint: did you mean `run_date`?
    ");
}

#[test]
fn unknown_tables_are_named_with_the_nearest() {
    insta::assert_snapshot!(refused("SELECT *\nFROM staging.acounts"), @"
    unknown table `staging.acounts`
      --> sql/features/x.sql:5:6
       |
     5 | FROM staging.acounts
       |      ^^^^^^^^^^^^^^^
    hint: did you mean `staging.accounts`?
    ");
    insta::assert_snapshot!(refused("FROM accounts"), @"
    unknown table `accounts`
      --> sql/features/x.sql:4:6
       |
     4 | FROM accounts
       |      ^^^^^^^^
    hint: did you mean `staging.accounts`?
    ");
    insta::assert_snapshot!(refused("FROM nothing_like_it"), @"
    unknown table `nothing_like_it`
      --> sql/features/x.sql:4:6
       |
     4 | FROM nothing_like_it
       |      ^^^^^^^^^^^^^^^
    hint: tables are `raw.<source>`, `staging.<view>`, `features.<dataset>` and `history.<dataset>`
    ");
    insta::assert_snapshot!(refused("FROM staging.nothing_like_it"), @"
    unknown table `staging.nothing_like_it`
      --> sql/features/x.sql:4:6
       |
     4 | FROM staging.nothing_like_it
       |      ^^^^^^^^^^^^^^^^^^^^^^^
    hint: there are: `staging.accounts`, `staging.invoices`
    ");
    insta::assert_snapshot!(refused("FROM history.accounts"), @"
    unknown table `history.accounts`: there is no dataset `accounts`
      --> sql/features/x.sql:4:6
       |
     4 | FROM history.accounts
       |      ^^^^^^^^^^^^^^^^
    hint: only what is published has a history: a dataset is a file under `sql/features/`
    ");
    insta::assert_snapshot!(refused("FROM warehouse.raw.accounts"), @"
    `warehouse.raw.accounts` has too many parts
      --> sql/features/x.sql:4:6
       |
     4 | FROM warehouse.raw.accounts
       |      ^^^^^^^^^^^^^^^^^^^^^^
    hint: write `raw.`, `staging.`, `features.` or `history.` and one name
    ");
    insta::assert_snapshot!(refused("FROM 'raw/accounts.csv'"), @"
    `raw/accounts.csv` reads a file
      --> sql/features/x.sql:4:6
       |
     4 | FROM 'raw/accounts.csv'
       |      ^^^^^^^^^^^^^^^^^^
    hint: make the files a source in `workbench.toml`, and read `raw.<source>`
    ");
    insta::assert_snapshot!(refused_as(TransformKind::Staging, "FROM features.account_level"), @"
    a staging view cannot read `features.account_level`
      --> sql/staging/x.sql:2:6
       |
     2 | FROM features.account_level
       |      ^^^^^^^^^^^^^^^^^^^^^^
    hint: staging views read `raw` and `staging`: what is published is made from them, and not the other way round
    ");
    insta::assert_snapshot!(refused_as(TransformKind::Staging, "FROM history.account_level"), @"
    a staging view cannot read `history.account_level`
      --> sql/staging/x.sql:2:6
       |
     2 | FROM history.account_level
       |      ^^^^^^^^^^^^^^^^^^^^^
    hint: staging views read `raw` and `staging`: what is published is made from them, and not the other way round
    ");
    insta::assert_snapshot!(all_refused(&[
        "FROM information_schema.tables",
        "FROM duckdb_tables",
        "FROM sqlite_master",
        "FROM pg_catalog.pg_class",
        "FROM main.accounts",
        "FROM \"s3://bucket/x.parquet\"",
        "FROM 'x.csv' AS raw",
        "TABLE acounts",
        "FROM a.b.c.d",
    ]), @r#"
    FROM information_schema.tables
        unknown table `information_schema.tables` (25 marked)
    FROM duckdb_tables
        unknown table `duckdb_tables` (13 marked)
    FROM sqlite_master
        unknown table `sqlite_master` (13 marked)
    FROM pg_catalog.pg_class
        unknown table `pg_catalog.pg_class` (19 marked)
    FROM main.accounts
        unknown table `main.accounts` (13 marked)
    FROM "s3://bucket/x.parquet"
        `s3://bucket/x.parquet` reads a file (23 marked)
    FROM 'x.csv' AS raw
        `x.csv` reads a file (7 marked)
    TABLE acounts
        unknown table `acounts` (7 marked)
    FROM a.b.c.d
        `a.b.c.d` has too many parts (7 marked)
    "#);
}

#[test]
fn cycles_are_shown_where_they_begin() {
    let files = [
        file(TransformKind::Features, "a", "SELECT *\nFROM features.b"),
        file(TransformKind::Features, "b", "FROM features.a"),
    ];
    let errors = DIALECT.with(|dialect| from_files(&files, &[], dialect).unwrap_err());
    insta::assert_snapshot!(errors, @"
    a cycle: features.a -> features.b -> features.a
      --> sql/features/a.sql:5:6
       |
     5 | FROM features.b
       |      ^^^^^^^^^^
    ");
}

#[test]
fn what_is_not_the_same_each_time_is_warned_of() {
    let warned = |sql: &str| dataset(sql).warnings.join("\n");
    insta::assert_snapshot!(warned(
        "SELECT any_value(a), first(a), last(a ORDER BY b), arbitrary(a), mode(a),
  string_agg(a, ','), list(a ORDER BY b), array_agg(a), group_concat(a),
  arg_max(a, b), min_by(a, b), row_number() OVER (), row_number() OVER (ORDER BY a),
  stddev(a), corr(a, b), sum(a::DOUBLE), avg(2 * CAST(a AS real)), sum(a)::DOUBLE, approx_quantile(a, 0.5),
  lag(a) OVER (PARTITION BY b), sum(a::FLOAT) OVER (ORDER BY a), sum((SELECT max(b::DOUBLE) FROM raw.skus))
FROM raw.skus
LIMIT 3"
    ), @"
    sql/features/x.sql:4:8: `any_value` without ORDER BY takes whichever row comes first
    sql/features/x.sql:4:22: `first` without ORDER BY takes whichever row comes first
    sql/features/x.sql:4:52: `arbitrary` without ORDER BY takes whichever row comes first
    sql/features/x.sql:4:66: `mode` takes whichever of equally frequent values comes first
    sql/features/x.sql:5:3: `string_agg` without ORDER BY lists rows in whichever order they come
    sql/features/x.sql:5:43: `array_agg` without ORDER BY lists rows in whichever order they come
    sql/features/x.sql:5:57: `group_concat` without ORDER BY lists rows in whichever order they come
    sql/features/x.sql:6:3: `arg_max` takes whichever comes first of rows that are equal
    sql/features/x.sql:6:18: `min_by` takes whichever comes first of rows that are equal
    sql/features/x.sql:6:32: `row_number` without ORDER BY counts rows in whichever order they come
    sql/features/x.sql:7:3: `stddev` adds up floating-point numbers, whose last digits depend on the order of rows
    sql/features/x.sql:7:14: `corr` adds up floating-point numbers, whose last digits depend on the order of rows
    sql/features/x.sql:7:31: `sum` of a DOUBLE: its last digits depend on the order of rows; sum a DECIMAL, and cast the sum
    sql/features/x.sql:7:50: `avg` of a FLOAT: its last digits depend on the order of rows; sum a DECIMAL, and cast the sum
    sql/features/x.sql:7:84: `approx_quantile` estimates, and may come out differently each time
    sql/features/x.sql:8:3: `lag` without ORDER BY counts rows in whichever order they come
    sql/features/x.sql:8:38: `sum` of a FLOAT: its last digits depend on the order of rows; sum a DECIMAL, and cast the sum
    sql/features/x.sql:10:7: LIMIT without ORDER BY keeps whichever rows come first
    ");
    insta::assert_snapshot!(warned(
        "WITH a AS (FROM raw.skus LIMIT 3), b AS (SELECT DISTINCT ON (x) x, y FROM raw.skus)
SELECT * FROM a POSITIONAL JOIN b WHERE EXISTS (FROM raw.skus LIMIT 1)"
    ), @"
    sql/features/x.sql:4:32: LIMIT without ORDER BY keeps whichever rows come first
    sql/features/x.sql:4:49: DISTINCT ON without ORDER BY keeps whichever rows come first
    sql/features/x.sql:5:17: POSITIONAL JOIN pairs rows in whichever order they come
    ");
    insta::assert_snapshot!(warned(
        "SELECT account_id, a FROM raw.skus ORDER BY a, 2 LIMIT 3"
    ), @"sql/features/x.sql:4:56: LIMIT keeps whichever come first of rows that ORDER BY finds equal");
    for sql in [
        "SELECT sum(a), avg(a), median(a), count(*), min(a), list(a ORDER BY a), round(sum(a), 2)::DOUBLE FROM raw.skus",
        "SELECT account_id FROM raw.skus ORDER BY Account_ID LIMIT 3",
        "SELECT a AS account_id FROM raw.skus ORDER BY b, 1 LIMIT 3",
        "FROM raw.skus ORDER BY ALL LIMIT 3",
        "SELECT * FROM (FROM raw.skus ORDER BY a LIMIT 3)",
        "SELECT a FROM raw.skus LIMIT ALL",
        "SELECT row_number() OVER w FROM raw.skus WINDOW w AS (ORDER BY a)",
    ] {
        assert_eq!(warned(sql), "", "{sql}");
    }
}

#[test]
fn meaning_decides_a_fingerprint() {
    let of = |sql: &str| dataset(sql).fingerprint;
    let first = of("SELECT a::DATE AS b, count(*) FROM raw.skus WHERE a <> 'X' GROUP BY ALL");
    for same in [
        "select a::date as b, COUNT(*) from raw.skus where a <> 'X' group by all;",
        "-- é\nSELECT\n\ta::Date b,\r\n count( /* all */ * )\nFROM raw.skus WHERE (a) != 'X' GROUP BY ALL -- end",
    ] {
        assert_eq!(first, of(same), "{same}");
    }
    for other in [
        "SELECT a::DATE AS b, count(*) FROM raw.skus WHERE a <> 'x' GROUP BY ALL",
        "SELECT a::TIME AS b, count(*) FROM raw.skus WHERE a <> 'X' GROUP BY ALL",
        "SELECT a::DATE AS c, count(*) FROM raw.skus WHERE a <> 'X' GROUP BY ALL",
        "SELECT a::DATE AS b, count(*) FROM raw.accounts WHERE a <> 'X' GROUP BY ALL",
        "SELECT a::DATE AS b, count(*) FROM raw.skus WHERE a <> 'X'",
    ] {
        assert_ne!(first, of(other), "{other}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn layout_does_not_count(
        gaps in prop::collection::vec(prop_oneof!["[ \t\r\n]{1,3}", " --[a-z;'é ]{0,6}\n", " /\\*[a-z;'é ]{0,6}\\*/ "], 24),
        lower: bool,
    ) {
        let words = "SELECT a , sum ( b ) FILTER ( c > 1 ) FROM staging.accounts JOIN raw.skus USING ( a ) GROUP BY";
        let words: Vec<String> = words
            .split(' ')
            .map(|word| if lower { word.to_lowercase() } else { word.to_owned() })
            .collect();
        let laid_out: String = words.iter().zip(&gaps).flat_map(|(word, gap)| [word.as_str(), gap.as_str()]).collect();
        let plain = words.join(" ");
        let of = |sql: &str| dataset(&format!("{sql} a")).fingerprint;
        prop_assert_eq!(of(&plain), of(&laid_out));
        prop_assert_eq!(of(&plain), of(&plain.to_lowercase()));
        prop_assert_ne!(of(&plain), of(&plain.replace('1', "2")));
    }
}

/// What a query may do, and a dataset may not, is told of two of its results.
#[test]
fn what_may_make_two_results_differ_is_told() {
    let told = |sql: &str, key: &[&str]| {
        let key: Vec<String> = key.iter().map(|&name| name.to_owned()).collect();
        DIALECT
            .with(|dialect| chances(sql, &key, dialect))
            .join("\n")
    };
    insta::assert_snapshot!(told(
        "SELECT random(), uuid(), random() FROM t TABLESAMPLE 10% WHERE EXISTS (FROM u USING SAMPLE 3) LIMIT 2",
        &[]
    ), @"
    a sample holds other rows each time
    `random` gives another value each time
    `uuid` gives another value each time
    LIMIT without ORDER BY keeps whichever rows come first
    ");
    let ties = told("SELECT a, b FROM t ORDER BY b LIMIT 2", &["a"]);
    assert!(ties.contains("ORDER BY finds equal"), "{ties}");
    let all = told("SELECT *, 1 AS b FROM t ORDER BY b LIMIT 2", &[]);
    assert_eq!(all, ties);
    for (sql, key) in [
        ("SELECT a, b FROM t ORDER BY b, t.a LIMIT 2", &["A"][..]),
        ("SELECT a, b FROM t ORDER BY b", &["a"]),
        ("SELECT current_date, hash(a) FROM t", &["a"]),
        (
            "SELECT DISTINCT a, count(*) FROM t ORDER BY 2, A LIMIT 2",
            &[],
        ),
        ("SUMMARIZE t", &[]),
    ] {
        assert_eq!(told(sql, key), "", "{sql}");
    }
}
