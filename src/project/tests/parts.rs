//! Complaints about what the keys hold.

use super::{SOURCE, read, refused, source_refused};

#[test]
fn sources_and_their_paths() {
    insta::assert_snapshot!(refused("[sources.Dealer-Accounts]\npath = \"x\"\n"), @"
    error: `Dealer-Accounts` is not a name: names are lower-case letters, digits and `_`, and do not begin with a digit
      --> workbench.toml:1:10
       |
     1 | [sources.Dealer-Accounts]
       |          ^^^^^^^^^^^^^^^
    hint: write `[sources.dealer_accounts]`
    ");
    insta::assert_snapshot!(refused("[sources.2024]\npath = \"x\"\n"), @"
    error: `2024` is not a name: names are lower-case letters, digits and `_`, and do not begin with a digit
      --> workbench.toml:1:10
       |
     1 | [sources.2024]
       |          ^^^^
    hint: write a name such as `[sources.accounts]`
    ");
    insta::assert_snapshot!(refused("\n[sources.accounts]\nload = \"append\"\n"), @r#"
    error: `path` is missing in `[sources.accounts]`
      --> workbench.toml:2:1
       |
     2 | [sources.accounts]
       | ^^^^^^^^^^^^^^^^^^
    hint: say where its files are: `path = "raw/accounts/*.csv"`
    "#);
    insta::assert_snapshot!(refused("[sources.accounts.columns]\nid = \"BIGINT\"\n"), @r#"
    error: `path` is missing in `[sources.accounts]`
      --> workbench.toml:1:10
       |
     1 | [sources.accounts.columns]
       |          ^^^^^^^^
    hint: say where its files are: `path = "raw/accounts/*.csv"`
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"\"\n"), @r#"
    error: `path` cannot be ``
      --> workbench.toml:2:8
       |
     2 | path = ""
       |        ^^
    hint: say where its files are: `path = "raw/accounts/*.csv"`
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"gs://bucket/a/*.csv\"\n"), @r#"
    error: source paths cannot be at `gs://`
      --> workbench.toml:2:8
       |
     2 | path = "gs://bucket/a/*.csv"
       |        ^^^^^^^^^^^^^^^^^^^^^
    hint: write the path of files, `raw/accounts/*.csv`, or of objects of a bucket, `s3://bucket/accounts/*.csv`
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"s3://Bucket/a/*.csv\"\n"), @r#"
    error: `Bucket` is not the name of an S3 bucket
      --> workbench.toml:2:8
       |
     2 | path = "s3://Bucket/a/*.csv"
       |        ^^^^^^^^^^^^^^^^^^^^^
    hint: write `s3://bucket/prefix`; a bucket's name has 3 to 63 lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"s3://bucket/\"\n"), @r#"
    error: `path` cannot be `s3://bucket/`
      --> workbench.toml:2:8
       |
     2 | path = "s3://bucket/"
       |        ^^^^^^^^^^^^^^
    hint: say which objects: `path = "s3://bucket/accounts/*.csv"`
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"s3://bucket/a//*.csv\"\n"), @r#"
    error: `path` cannot be `s3://bucket/a//*.csv`
      --> workbench.toml:2:8
       |
     2 | path = "s3://bucket/a//*.csv"
       |        ^^^^^^^^^^^^^^^^^^^^^^
    hint: write the keys with one `/` between their parts, and none of these `.` or `..`: `path = "s3://bucket/accounts/*.csv"`
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"~/a/*.csv\"\n"), @r#"
    error: `~` in `~/a/*.csv` stands for nothing here
      --> workbench.toml:2:8
       |
     2 | path = "~/a/*.csv"
       |        ^^^^^^^^^^^
    hint: write the whole path, or one relative to `workbench.toml`
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = \"raw/[a.csv\"\n"), @r#"
    error: `raw/[a.csv` is not a pattern: unclosed character class; missing ']'
      --> workbench.toml:2:8
       |
     2 | path = "raw/[a.csv"
       |        ^^^^^^^^^^^^
    hint: `*` stands for any part of a name, `**` for any folders; a bracket that is meant is written `[[]`
    "#);
}

#[test]
fn options_that_take_a_word() {
    insta::assert_snapshot!(source_refused("load = \"insert\"\nkey = [\"id\"]\n"), @r#"
    error: `load` cannot be `insert`
      --> workbench.toml:3:8
       |
     3 | load = "insert"
       |        ^^^^^^^^
    hint: did you mean `upsert`?
    "#);
    insta::assert_snapshot!(source_refused("load = \"merge\"\n"), @r#"
    error: `load` cannot be `merge`
      --> workbench.toml:3:8
       |
     3 | load = "merge"
       |        ^^^^^^^
    hint: it takes: `append`, `upsert`, `replace`
    "#);
    insta::assert_snapshot!(source_refused("bad_rows = \"Quarantine\"\n"), @r#"
    error: `bad_rows` cannot be `Quarantine`
      --> workbench.toml:3:12
       |
     3 | bad_rows = "Quarantine"
       |            ^^^^^^^^^^^^
    hint: did you mean `quarantine`?
    "#);
    insta::assert_snapshot!(source_refused("on_vanish = \"delete\"\n"), @r#"
    error: `on_vanish` cannot be `delete`
      --> workbench.toml:3:13
       |
     3 | on_vanish = "delete"
       |             ^^^^^^^^
    hint: it takes: `keep`, `retract`
    "#);
    insta::assert_snapshot!(source_refused("settle = \"10 seconds\"\n"), @r#"
    error: `settle` cannot be `10 seconds`
      --> workbench.toml:3:10
       |
     3 | settle = "10 seconds"
       |          ^^^^^^^^^^^^
    hint: write a whole number and its unit: `500ms`, `10s` or `2m`
    "#);
}

#[test]
fn keys() {
    insta::assert_snapshot!(source_refused("load = \"upsert\"\n"), @r#"
    error: `key` is missing in `[sources.a]`
      --> workbench.toml:3:8
       |
     3 | load = "upsert"
       |        ^^^^^^^^
    hint: `upsert` replaces the rows of a key: name its columns, as in `key = ["account_id"]`
    "#);
    insta::assert_snapshot!(source_refused("load = \"upsert\"\nkey = []\n"), @r#"
    error: `key` is missing in `[sources.a]`
      --> workbench.toml:3:8
       |
     3 | load = "upsert"
       |        ^^^^^^^^
    hint: `upsert` replaces the rows of a key: name its columns, as in `key = ["account_id"]`
    "#);
    insta::assert_snapshot!(source_refused("key = [\"id\"]\n"), @r#"
    error: `load` is missing in `[sources.a]`
      --> workbench.toml:3:1
       |
     3 | key = ["id"]
       | ^^^
    hint: with a key, say what it is for: `load = "upsert"` replaces the rows of a key, `load = "append"` adds to them
    "#);
    insta::assert_snapshot!(source_refused("load = \"upsert\"\nkey = [\"id\", \"day\", \"id\"]\n"), @r#"
    error: column `id` is in the key twice
      --> workbench.toml:4:21
       |
     4 | key = ["id", "day", "id"]
       |                     ^^^^
    hint: name each column once
    "#);
    insta::assert_snapshot!(source_refused("load = \"upsert\"\nkey = [\"Account ID\"]\n"), @r#"
    error: `Account ID` cannot be a key column: those are lower-case letters, digits and `_`, and do not begin with a digit
      --> workbench.toml:4:8
       |
     4 | key = ["Account ID"]
       |        ^^^^^^^^^^^^
    hint: write `account_id`, which the header becomes
    "#);
    insta::assert_snapshot!(source_refused("load = \"upsert\"\nkey = [\"größe\"]\n"), @r#"
    error: `größe` cannot be a key column: those are lower-case letters, digits and `_`, and do not begin with a digit
      --> workbench.toml:4:8
       |
     4 | key = ["größe"]
       |        ^^^^^^^
    hint: rename the column in the files, or choose another key
    "#);
}

#[test]
fn columns() {
    insta::assert_snapshot!(source_refused("[sources.a.columns]\n\"Account ID\" = \"BIGINT\"\n"), @r#"
    error: `Account ID` is not the name of a column
      --> workbench.toml:4:1
       |
     4 | "Account ID" = "BIGINT"
       | ^^^^^^^^^^^^
    hint: headers are lower-cased, with `_` for all but letters and digits: write `account_id`
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\n\"\" = \"BIGINT\"\n"), @r#"
    error: `` is not the name of a column
      --> workbench.toml:4:1
       |
     4 | "" = "BIGINT"
       | ^^
    hint: write the column's name
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nid = \"BIGNIT\"\n"), @r#"
    error: unknown type `BIGNIT`
      --> workbench.toml:4:6
       |
     4 | id = "BIGNIT"
       |      ^^^^^^^^
    hint: did you mean `BIGINT`?
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nid = \"money\"\n"), @r#"
    error: unknown type `money`
      --> workbench.toml:4:6
       |
     4 | id = "money"
       |      ^^^^^^^
    hint: known types: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, UHUGEINT, FLOAT, DOUBLE, DECIMAL, VARCHAR, DATE, TIME, TIMESTAMP, UUID
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nat = { type = \"timestamptz\" }\n"), @r#"
    error: type `timestamptz` needs time zones inside DuckDB, which this build does not have (no ICU)
      --> workbench.toml:4:15
       |
     4 | at = { type = "timestamptz" }
       |               ^^^^^^^^^^^^^
    hint: declare `TIMESTAMP` or `VARCHAR`, and convert it in a staging view
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nprice = \"DECIMAL(40,2)\"\n"), @r#"
    error: `DECIMAL(40,2)` is not a DECIMAL that DuckDB has
      --> workbench.toml:4:9
       |
     4 | price = "DECIMAL(40,2)"
       |         ^^^^^^^^^^^^^^^
    hint: write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nday = { format = \"%d\" }\n"), @r#"
    error: `type` is missing in `[sources.a.columns.day]`
      --> workbench.toml:4:7
       |
     4 | day = { format = "%d" }
       |       ^^^^^^^^^^^^^^^^^
    hint: write `{ type = "DATE", format = "%d/%m/%Y" }`
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nid = { type = \"int\", format = \"%d\" }\n"), @r#"
    error: column `id` has a format, but INTEGER is not read by one
      --> workbench.toml:4:31
       |
     4 | id = { type = "int", format = "%d" }
       |                               ^^^^
    hint: only DATE and TIMESTAMP are: leave the format out
    "#);
    insta::assert_snapshot!(source_refused("[sources.a.columns]\nday = { type = \"DATE\", format = \"dd/mm/yyyy\" }\n"), @r#"
    error: the format `dd/mm/yyyy` holds no `%`
      --> workbench.toml:4:33
       |
     4 | day = { type = "DATE", format = "dd/mm/yyyy" }
       |                                 ^^^^^^^^^^^^
    hint: write `%d/%m/%Y` for 31/12/2024, `%Y-%m-%d %H:%M:%S` for 2024-12-31 23:59:59
    "#);
}

#[test]
fn project_and_target() {
    let project_refused = |line: &str| refused(&format!("{SOURCE}[project]\n{line}\n"));
    insta::assert_snapshot!(project_refused("timezone = \"Australia/Sidney\""), @r#"
    error: no time zone is named `Australia/Sidney`
      --> workbench.toml:4:12
       |
     4 | timezone = "Australia/Sidney"
       |            ^^^^^^^^^^^^^^^^^^
    hint: did you mean `Australia/Sydney`?
    "#);
    insta::assert_snapshot!(project_refused("timezone = \"new york\""), @r#"
    error: no time zone is named `new york`
      --> workbench.toml:4:12
       |
     4 | timezone = "new york"
       |            ^^^^^^^^^^
    hint: did you mean `America/New_York`?
    "#);
    insta::assert_snapshot!(project_refused("timezone = \"Sidney\""), @r#"
    error: no time zone is named `Sidney`
      --> workbench.toml:4:12
       |
     4 | timezone = "Sidney"
       |            ^^^^^^^^
    hint: did you mean `Australia/Sydney`?
    "#);
    insta::assert_snapshot!(project_refused("timezone = \"local\""), @r#"
    error: no time zone is named `local`
      --> workbench.toml:4:12
       |
     4 | timezone = "local"
       |            ^^^^^^^
    hint: write `UTC`, or area and city, such as `Australia/Sydney`
    "#);
    insta::assert_snapshot!(project_refused("memory = \"4 gigs\""), @r#"
    error: `memory` cannot be `4 gigs`
      --> workbench.toml:4:10
       |
     4 | memory = "4 gigs"
       |          ^^^^^^^^
    hint: write a number and its unit, such as `4GB`, `512MB` or `1.5GiB`
    "#);
    insta::assert_snapshot!(project_refused("memory = \"0GB\""), @r#"
    error: `memory` cannot be `0GB`
      --> workbench.toml:4:10
       |
     4 | memory = "0GB"
       |          ^^^^^
    hint: write a number and its unit, such as `4GB`, `512MB` or `1.5GiB`
    "#);
    insta::assert_snapshot!(project_refused("threads = 0"), @"
    error: `threads` cannot be `0`
      --> workbench.toml:4:11
       |
     4 | threads = 0
       |           ^
    hint: write a number from 1 to 1024, or leave it out: DuckDB then takes one per core
    ");
    insta::assert_snapshot!(project_refused("threads = -1"), @"
    error: `threads` cannot be `-1`
      --> workbench.toml:4:11
       |
     4 | threads = -1
       |           ^^
    hint: write a number from 1 to 1024, or leave it out: DuckDB then takes one per core
    ");
    insta::assert_snapshot!(project_refused("name = \"a\\nb\""), @r#"
    error: `name` cannot be `a\nb`
      --> workbench.toml:4:8
       |
     4 | name = "a\nb"
       |        ^^^^^^
    hint: write a name of one line, or leave it out: it is the folder's then
    "#);
    let target_refused = |url: &str| refused(&format!("{SOURCE}[target]\nurl = \"{url}\"\n"));
    insta::assert_snapshot!(target_refused("gs://bucket/x"), @r#"
    error: a target cannot be at `gs://`
      --> workbench.toml:4:7
       |
     4 | url = "gs://bucket/x"
       |       ^^^^^^^^^^^^^^^
    hint: a target is a folder, such as `output`, or `s3://bucket/prefix`
    "#);
    insta::assert_snapshot!(target_refused("s3://My_Bucket/x"), @r#"
    error: `My_Bucket` is not the name of an S3 bucket
      --> workbench.toml:4:7
       |
     4 | url = "s3://My_Bucket/x"
       |       ^^^^^^^^^^^^^^^^^^
    hint: write `s3://bucket/prefix`; a bucket's name has 3 to 63 lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit
    "#);
    insta::assert_snapshot!(target_refused(""), @r#"
    error: the target's url is empty
      --> workbench.toml:4:7
       |
     4 | url = ""
       |       ^^
    hint: a target is a folder, such as `output`, or `s3://bucket/prefix`
    "#);
}

#[test]
fn memory_is_a_number_and_a_unit() {
    for memory in ["4GB", "512MB", "1.5GiB", "800 mb", "1TB"] {
        let text = format!("{SOURCE}[project]\nmemory = \"{memory}\"\n");
        assert_eq!(read(&text).unwrap().memory.as_deref(), Some(memory));
    }
    for memory in [
        "",
        "4",
        "GB",
        "-4GB",
        "4.GBs",
        "..GB",
        "4GB; DROP",
        "80%",
        "infGB",
    ] {
        let text = format!("{SOURCE}[project]\nmemory = \"{memory}\"\n");
        assert!(read(&text).is_err(), "{memory}");
    }
}
