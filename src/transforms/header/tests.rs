//! Every complaint about a header, as it is shown.

use super::*;
use crate::model::located::Located;

/// What is wrong with a file, as it is shown.
fn wrong(kind: TransformKind, text: &str) -> String {
    let shown: Vec<String> = read(kind, text)
        .problems
        .into_iter()
        .map(|(span, what)| {
            let hint = what.hint().unwrap_or_default();
            let at = Located::at("sql/x.sql", text, span);
            format!("{what}\n{at}\nhint: {hint}")
        })
        .collect();
    shown.join("\n\n")
}

fn dataset(header: &str) -> String {
    let text = format!("/*\n{header}\n*/\nSELECT 1\n");
    wrong(TransformKind::Features, &text)
}

#[test]
fn a_whole_header_is_read_in_its_order() {
    let text = "\u{feff}\r\n/*\r\ndescription = \"é\"\r\nkey = [\"b\", \"a\"]\r\nversion = 0x1_0\r\n[columns]\r\nz = \"Z\"\r\na = \"A\"\r\n*/\r\n-- why\r\nSELECT 1; -- end\r\n";
    let parts = read(TransformKind::Features, text);
    assert!(parts.problems.is_empty(), "{:?}", parts.problems);
    assert_eq!(&text[parts.sql.unwrap()], "-- why\r\nSELECT 1");
    let header = parts.header;
    assert_eq!(header.description.as_deref(), Some("é"));
    assert_eq!(header.key, ["b", "a"]);
    assert_eq!(header.version, 16);
    let columns: Vec<&str> = header.columns.iter().map(|(name, _)| &**name).collect();
    assert_eq!(columns, ["z", "a"]);
    assert_eq!(header.severity, Severity::Fail);
}

#[test]
fn little_is_required() {
    for kind in [TransformKind::Staging, TransformKind::Check] {
        let parts = read(kind, "/**/SELECT 1");
        assert!(parts.problems.is_empty());
        assert_eq!(parts.sql, Some(4..12));
        assert_eq!(parts.header.version, 1);
    }
    let check = read(TransformKind::Check, "/* severity = \"warn\" */ SELECT 1");
    assert_eq!(check.header.severity, Severity::Warn);
}

#[test]
fn a_file_without_a_header() {
    insta::assert_snapshot!(wrong(TransformKind::Staging, "-- hello\nSELECT 1\n"), @r#"
    the file has no header
      --> sql/x.sql:1:1
       |
     1 | -- hello
       | ^
    hint: begin the file with a comment in TOML, such as

    /*
    description = "One row per account."
    key = ["account_id"]
    */
    "#);
    insta::assert_snapshot!(wrong(TransformKind::Check, ""), @r#"
    the file has no header
      --> sql/x.sql:1:1
       |
     1 |
       | ^
    hint: begin the file with a comment in TOML, such as

    /*
    description = "One row per account."
    key = ["account_id"]
    */
    "#);
}

#[test]
fn an_open_comment() {
    insta::assert_snapshot!(wrong(TransformKind::Staging, "\n/*\ndescription = \"x\"\nSELECT 1\n"), @"
    the header's comment is not closed
      --> sql/x.sql:2:1
       |
     2 | /*
       | ^^
    hint: close it with `*/`, before the SELECT
    ");
}

#[test]
fn toml_that_does_not_parse() {
    insta::assert_snapshot!(dataset("description = One row\nkey = [\"a\"]"), @"
    the header is not TOML: string values must be quoted, expected literal string
      --> sql/x.sql:2:15
       |
     2 | description = One row
       |               ^^^^^^^
    hint: the header holds `key = value` lines, with text in double quotes; SQL comments go below it, after `--`
    ");
    insta::assert_snapshot!(dataset("key = [\"a\"]\nOne row per account."), @"
    the header is not TOML: key with no value, expected `=`
      --> sql/x.sql:3:5
       |
     3 | One row per account.
       |     ^
    hint: the header holds `key = value` lines, with text in double quotes; SQL comments go below it, after `--`
    ");
    insta::assert_snapshot!(dataset("key = [\"a\"]\nkey = [\"b\"]"), @r#"
    the header is not TOML: duplicate key
      --> sql/x.sql:3:1
       |
     3 | key = ["b"]
       | ^^^
    hint: the header holds `key = value` lines, with text in double quotes; SQL comments go below it, after `--`
    "#);
    insta::assert_snapshot!(dataset("key = [\"a\"]\n  description = \"é"), @r#"
    the header is not TOML: invalid basic string, expected `"`
      --> sql/x.sql:3:19
       |
     3 |   description = "é
       |                   ^
    hint: the header holds `key = value` lines, with text in double quotes; SQL comments go below it, after `--`
    "#);
}

#[test]
fn unknown_keys() {
    insta::assert_snapshot!(dataset("kee = [\"a\"]\nowner = \"me\""), @r#"
    unknown key `kee` in the header
      --> sql/x.sql:2:1
       |
     2 | kee = ["a"]
       | ^^^
    hint: did you mean `key`?

    unknown key `owner` in the header
      --> sql/x.sql:3:1
       |
     3 | owner = "me"
       | ^^^^^
    hint: known keys: `description`, `key`, `version`, `columns`
    "#);
}

#[test]
fn keys_of_another_kind() {
    let text = "/* version = 2\nseverity = \"warn\" */ SELECT 1";
    insta::assert_snapshot!(wrong(TransformKind::Staging, text), @r#"
    `version` is not for staging views
      --> sql/x.sql:1:4
       |
     1 | /* version = 2
       |    ^^^^^^^
    hint: only datasets have versions, because only they are published: take it out

    `severity` is not for staging views
      --> sql/x.sql:2:1
       |
     2 | severity = "warn" */ SELECT 1
       | ^^^^^^^^
    hint: only checks have a severity: take it out
    "#);
    insta::assert_snapshot!(wrong(TransformKind::Check, "/* key = [\"a\"] */ SELECT 1"), @r#"
    `key` is not for checks
      --> sql/x.sql:1:4
       |
     1 | /* key = ["a"] */ SELECT 1
       |    ^^^
    hint: a check returns offending rows, whatever their columns: take it out
    "#);
}

#[test]
fn values_of_the_wrong_type() {
    insta::assert_snapshot!(dataset("description = 1\nkey = \"a\"\nversion = \"2\"\ncolumns = []"), @r#"
    `description` is an integer, but takes a string
      --> sql/x.sql:2:15
       |
     2 | description = 1
       |               ^
    hint: put it in double quotes: `description = "…"`

    `key` is a string, but takes an array of strings
      --> sql/x.sql:3:7
       |
     3 | key = "a"
       |       ^^^
    hint: write `key = ["…"]`, with each in double quotes

    `version` is a string, but takes a whole number
      --> sql/x.sql:4:11
       |
     4 | version = "2"
       |           ^^^
    hint: write `version = 2`, without quotes

    `columns` is an array, but takes a table of descriptions
      --> sql/x.sql:5:11
       |
     5 | columns = []
       |           ^^
    hint: write `name = "What it holds."` lines under `[columns]`
    "#);
    insta::assert_snapshot!(dataset("key = [\"a\", 1]\n[columns]\na = true"), @r#"
    `key` is an integer, but takes an array of strings
      --> sql/x.sql:2:13
       |
     2 | key = ["a", 1]
       |             ^
    hint: write `key = ["…"]`, with each in double quotes

    `a` is a boolean, but takes a string
      --> sql/x.sql:4:5
       |
     4 | a = true
       |     ^^^^
    hint: put it in double quotes: `a = "…"`
    "#);
}

#[test]
fn a_dataset_without_a_key() {
    insta::assert_snapshot!(dataset("description = \"x\""), @r#"
    a dataset needs a `key`: the columns that name a row
      --> sql/x.sql:1:1
       |
     1 | /*
       | ^^
    hint: write for example `key = ["account_id"]`: rows are sorted by it, and it must be unique
    "#);
    insta::assert_snapshot!(dataset("key = []"), @r#"
    a dataset needs a `key`: the columns that name a row
      --> sql/x.sql:2:7
       |
     2 | key = []
       |       ^^
    hint: write for example `key = ["account_id"]`: rows are sorted by it, and it must be unique
    "#);
}

#[test]
fn key_columns() {
    insta::assert_snapshot!(dataset("key = [\"a\", \"Account Id\", \"a\"]"), @r#"
    `Account Id` cannot be a key column: those are lower-case letters, digits and `_`, and do not begin with a digit
      --> sql/x.sql:2:13
       |
     2 | key = ["a", "Account Id", "a"]
       |             ^^^^^^^^^^^^
    hint: give the output column such a name, with `AS`

    column `a` is in the key twice
      --> sql/x.sql:2:27
       |
     2 | key = ["a", "Account Id", "a"]
       |                           ^^^
    hint: name each column once
    "#);
}

#[test]
fn versions_begin_at_one() {
    insta::assert_snapshot!(dataset("key = [\"a\"]\nversion = 0"), @"
    `0` is not a version
      --> sql/x.sql:3:11
       |
     3 | version = 0
       |           ^
    hint: versions are 1, 2, 3 and so on; raise it when a change would break those who read the dataset
    ");
    insta::assert_snapshot!(dataset("key = [\"a\"]\nversion = -1"), @"
    `-1` is not a version
      --> sql/x.sql:3:11
       |
     3 | version = -1
       |           ^^
    hint: versions are 1, 2, 3 and so on; raise it when a change would break those who read the dataset
    ");
}

#[test]
fn severities() {
    let check = |severity: &str| {
        let text = format!("/* severity = \"{severity}\" */ SELECT 1");
        wrong(TransformKind::Check, &text)
    };
    insta::assert_snapshot!(check("warning"), @r#"
    `warning` is not a severity
      --> sql/x.sql:1:15
       |
     1 | /* severity = "warning" */ SELECT 1
       |               ^^^^^^^^^
    hint: write "fail", and nothing is published while rows are found, or "warn"
    "#);
    insta::assert_snapshot!(check("fial"), @r#"
    `fial` is not a severity
      --> sql/x.sql:1:15
       |
     1 | /* severity = "fial" */ SELECT 1
       |               ^^^^^^
    hint: did you mean `fail`?
    "#);
}
