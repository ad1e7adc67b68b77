//! Complaints about the file as a whole: its text, its keys, their types.

use std::path::Path;

use super::{SOURCE, refused, shown, source_refused};

#[test]
fn the_file_as_such() {
    insta::assert_snapshot!(refused(""), @r#"
    error: the project file is empty
      --> workbench.toml:1:1
       |
     1 |
       | ^
    hint: a source is a named feed of files; write for example

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(refused("# nothing yet\n"), @r#"
    error: the project file is empty
      --> workbench.toml:1:1
       |
     1 | # nothing yet
       | ^
    hint: a source is a named feed of files; write for example

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(refused("[project]\nname = \"x\"\n"), @r#"
    error: the project has no sources
      --> workbench.toml:1:1
       |
     1 | [project]
       | ^
    hint: a source is a named feed of files; write for example

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(refused("[sources]\n"), @r#"
    error: the project has no sources
      --> workbench.toml:1:1
       |
     1 | [sources]
       | ^^^^^^^^^
    hint: a source is a named feed of files; write for example

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = raw/*.csv\n"), @"
    error: not TOML: string values must be quoted, expected literal string
      --> workbench.toml:2:8
       |
     2 | path = raw/*.csv
       |        ^^^^^^^^^
    hint: the file holds `key = value` lines under `[table]` headers, with text in double quotes
    ");
    insta::assert_snapshot!(refused("[sources.a\npath = \"x\"\n"), @"
    error: not TOML: unclosed table, expected `]`
      --> workbench.toml:1:11
       |
     1 | [sources.a
       |           ^
    hint: the file holds `key = value` lines under `[table]` headers, with text in double quotes
    ");
    insta::assert_snapshot!(refused("[sources.a]\npath = \"x\n"), @r#"
    error: not TOML: invalid basic string, expected `"`
      --> workbench.toml:2:10
       |
     2 | path = "x
       |          ^
    hint: the file holds `key = value` lines under `[table]` headers, with text in double quotes
    "#);
    insta::assert_snapshot!(refused("[sources.a]\npath = [\"x\",\n"), @r#"
    error: not TOML: unclosed array, expected `]`
      --> workbench.toml:2:13
       |
     2 | path = ["x",
       |             ^
    hint: the file holds `key = value` lines under `[table]` headers, with text in double quotes
    "#);
    let latin1 = b"[project]\nname = \"Z\xfcrich\"\n";
    let error = crate::project::read::project(Path::new("/p"), latin1).unwrap_err();
    insta::assert_snapshot!(shown(&error), @r#"
    error: the file is not UTF-8
      --> workbench.toml:2:10
       |
     2 | name = "Z�rich"
       |          ^
    hint: save the file as UTF-8
    "#);
}

#[test]
fn things_defined_twice() {
    insta::assert_snapshot!(refused("[sources.a]\npath = \"x\"\n[sources.b]\npath = \"y\"\n[sources.a]\npath = \"z\"\n"), @"
    error: `a` is defined twice
      --> workbench.toml:5:10
       |
     5 | [sources.a]
       |          ^
    hint: keep one of the two
    ");
    insta::assert_snapshot!(source_refused("path = \"raw/b.csv\"\n"), @r#"
    error: `path` is defined twice
      --> workbench.toml:3:1
       |
     3 | path = "raw/b.csv"
       | ^^^^
    hint: keep one of the two
    "#);
    insta::assert_snapshot!(source_refused("[sources.b]\npath = \"./raw/a.csv\"\n"), @r#"
    error: `./raw/a.csv` is also the path of source `a`
      --> workbench.toml:4:8
       |
     4 | path = "./raw/a.csv"
       |        ^^^^^^^^^^^^^
    hint: each file belongs to one source: give the two different patterns
    "#);
}

#[test]
fn unknown_keys() {
    insta::assert_snapshot!(source_refused("laod = \"upsert\"\nkey = [\"id\"]\n"), @r#"
    error: unknown key `laod` in `[sources.a]`
      --> workbench.toml:3:1
       |
     3 | laod = "upsert"
       | ^^^^
    hint: did you mean `load`?
    "#);
    insta::assert_snapshot!(source_refused("compression = \"gzip\"\n"), @r#"
    error: unknown key `compression` in `[sources.a]`
      --> workbench.toml:3:1
       |
     3 | compression = "gzip"
       | ^^^^^^^^^^^
    hint: known keys: `path`, `load`, `key`, `bad_rows`, `schema`, `on_vanish`, `duplicates`, `settle`, `history`, `csv`, `columns`
    "#);
    insta::assert_snapshot!(source_refused("columns = { x = { type = \"DATE\", fromat = \"%d\" } }\n"), @r#"
    error: unknown key `fromat` in `[sources.a.columns.x]`
      --> workbench.toml:3:34
       |
     3 | columns = { x = { type = "DATE", fromat = "%d" } }
       |                                  ^^^^^^
    hint: did you mean `format`?
    "#);
    insta::assert_snapshot!(refused(&format!("{SOURCE}[storage]\nregion = \"x\"\n")), @"
    error: unknown key `storage` at the top of the file
      --> workbench.toml:3:2
       |
     3 | [storage]
       |  ^^^^^^^
    hint: known keys: `project`, `target`, `s3`, `sources`
    ");
    insta::assert_snapshot!(refused("[source.a]\npath = \"x\"\n"), @"
    error: unknown key `source` at the top of the file
      --> workbench.toml:1:2
       |
     1 | [source.a]
       |  ^^^^^^
    hint: did you mean `sources`?
    ");
    insta::assert_snapshot!(refused("[sources.a]\npaht = \"x\"\n"), @r#"
    error: unknown key `paht` in `[sources.a]`
      --> workbench.toml:2:1
       |
     2 | paht = "x"
       | ^^^^
    hint: did you mean `path`?
    "#);
    insta::assert_snapshot!(refused(&format!("{SOURCE}[project]\ntimezon = \"UTC\"\n[target]\nfolder = \"x\"\n")), @r#"
    error: 2 things are wrong with the project file

    unknown key `timezon` in `[project]`
      --> workbench.toml:4:1
       |
     4 | timezon = "UTC"
       | ^^^^^^^
    hint: did you mean `timezone`?

    unknown key `folder` in `[target]`
      --> workbench.toml:6:1
       |
     6 | folder = "x"
       | ^^^^^^
    hint: known keys: `url`
    "#);
}

#[test]
fn a_key_cannot_steer_the_terminal() {
    for text in ["\"\\u001b[31m\" = 1", "[\"sources\".\"\\u009b\"]\npath = 1"] {
        assert!(!refused(text).contains(['\u{1b}', '\u{9b}']), "{text}");
    }
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(source_refused("load = 1\n"), @r#"
    error: `load` in `[sources.a]` is an integer, but takes a string
      --> workbench.toml:3:8
       |
     3 | load = 1
       |        ^
    hint: put it in double quotes: `load = "…"`
    "#);
    insta::assert_snapshot!(source_refused("load = \"append\"\nkey = \"id\"\n"), @r#"
    error: `key` in `[sources.a]` is a string, but takes an array of strings
      --> workbench.toml:4:7
       |
     4 | key = "id"
       |       ^^^^
    hint: write `key = ["…"]`, with each in double quotes
    "#);
    insta::assert_snapshot!(source_refused("load = \"append\"\nkey = [\"id\", 2]\n"), @r#"
    error: `key` in `[sources.a]` is an integer, but takes an array of strings
      --> workbench.toml:4:14
       |
     4 | key = ["id", 2]
       |              ^
    hint: write `key = ["…"]`, with each in double quotes
    "#);
    insta::assert_snapshot!(source_refused("settle = 10\n"), @r#"
    error: `settle` in `[sources.a]` is an integer, but takes a string
      --> workbench.toml:3:10
       |
     3 | settle = 10
       |          ^^
    hint: put it in double quotes: `settle = "…"`
    "#);
    insta::assert_snapshot!(source_refused("columns = [\"id\"]\n"), @r#"
    error: `columns` in `[sources.a]` is an array, but takes a table
      --> workbench.toml:3:11
       |
     3 | columns = ["id"]
       |           ^^^^^^
    hint: write its keys below a header that ends in `columns]`, or as `columns = { … }`
    "#);
    insta::assert_snapshot!(source_refused("columns = { id = true }\n"), @r#"
    error: `id` in `[sources.a.columns]` is a boolean, but takes a type, or a table with `type` and `format`
      --> workbench.toml:3:18
       |
     3 | columns = { id = true }
       |                  ^^^^
    hint: write `id = "BIGINT"`, or `id = { type = "DATE", format = "%d/%m/%Y" }`
    "#);
    insta::assert_snapshot!(refused("[[sources]]\nname = \"a\"\n"), @r#"
    error: `sources` at the top of the file is an array, but takes a table
      --> workbench.toml:1:1
       |
     1 | [[sources]]
       | ^^^^^^^^^^^
    hint: each source is a table of its own:

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(refused("[sources]\na = \"raw/a.csv\"\n"), @r#"
    error: `a` in `[sources]` is a string, but takes a table
      --> workbench.toml:2:5
       |
     2 | a = "raw/a.csv"
       |     ^^^^^^^^^^^
    hint: each source is a table of its own:

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(refused(&format!("target = \"out\"\n{SOURCE}")), @r#"
    error: `target` at the top of the file is a string, but takes a table
      --> workbench.toml:1:10
       |
     1 | target = "out"
       |          ^^^^^
    hint: write its keys below a header that ends in `target]`, or as `target = { … }`
    "#);
    insta::assert_snapshot!(refused(&format!("project.threads = \"4\"\n{SOURCE}")), @r#"
    error: `threads` in `[project]` is a string, but takes an integer
      --> workbench.toml:1:19
       |
     1 | project.threads = "4"
       |                   ^^^
    hint: write a number without quotes: `threads = 4`
    "#);
    insta::assert_snapshot!(refused(&format!("project.name = 2024-01-01\n{SOURCE}")), @r#"
    error: `name` in `[project]` is a date or time, but takes a string
      --> workbench.toml:1:16
       |
     1 | project.name = 2024-01-01
       |                ^^^^^^^^^^
    hint: put it in double quotes: `name = "…"`
    "#);
}

#[test]
fn credentials_are_refused_and_not_shown() {
    let files = [
        format!("{SOURCE}[s3]\nsecret_access_key = \"hunter2\"\n"),
        format!("{SOURCE}[target]\nurl = \"s3://key:hunter2@bucket/x\"\n"),
        format!("{SOURCE}load = {{ x = 1, password = \"hunter2\" }}\n"),
        "token = hunter2\n".to_owned(),
        "token = \"hunter2\"\n\n[sources.a]\npath = \"x\nsecret = \"hunter2\"".to_owned(),
    ];
    for file in &files {
        let shown = refused(file);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    insta::assert_snapshot!(refused(&files[0]), @"
    error: `secret_access_key` looks like a credential, and credentials do not belong in a project file
      --> workbench.toml:4:1
       |
     4 | secret_access_key = *********
       | ^^^^^^^^^^^^^^^^^
    hint: take it out, and replace it if the file was shared; credentials are found where all AWS tools look for them: environment, `~/.aws`, or the machine's role
    ");
    insta::assert_snapshot!(refused(&files[1]), @"
    error: `url` looks like a credential, and credentials do not belong in a project file
      --> workbench.toml:4:7
       |
     4 | url = ***************************
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: take it out, and replace it if the file was shared; credentials are found where all AWS tools look for them: environment, `~/.aws`, or the machine's role
    ");
    insta::assert_snapshot!(refused(&files[3]), @"
    error: not TOML: string values must be quoted, expected literal string
      --> workbench.toml:1:9
       |
     1 | token =********
       |         ^^^^^^^
    hint: the file holds `key = value` lines under `[table]` headers, with text in double quotes
    ");
}

#[test]
fn everything_is_complained_about_at_once_in_the_order_of_the_file() {
    let text = "[sources.b]\nload = \"upsert\"\n[project]\nthreads = 0\n[sources.A]\npath = 1\n";
    insta::assert_snapshot!(refused(text), @r#"
    error: 5 things are wrong with the project file

    `path` is missing in `[sources.b]`
      --> workbench.toml:1:1
       |
     1 | [sources.b]
       | ^^^^^^^^^^^
    hint: say where its files are: `path = "raw/accounts/*.csv"`

    `key` is missing in `[sources.b]`
      --> workbench.toml:2:8
       |
     2 | load = "upsert"
       |        ^^^^^^^^
    hint: `upsert` replaces the rows of a key: name its columns, as in `key = ["account_id"]`

    `threads` cannot be `0`
      --> workbench.toml:4:11
       |
     4 | threads = 0
       |           ^
    hint: write a number from 1 to 1024, or leave it out: DuckDB then takes one per core

    `A` is not a name: names are lower-case letters, digits and `_`, and do not begin with a digit
      --> workbench.toml:5:10
       |
     5 | [sources.A]
       |          ^
    hint: write `[sources.a]`

    `path` in `[sources.A]` is an integer, but takes a string
      --> workbench.toml:6:8
       |
     6 | path = 1
       |        ^
    hint: put it in double quotes: `path = "…"`
    "#);
}

#[test]
fn ten_complaints_are_enough() {
    let lines: String = (0..13).map(|n| format!("zzz{n} = 1\n")).collect();
    let error = source_refused(&lines);
    assert_eq!(error.matches("unknown key").count(), 10);
    assert!(error.starts_with("error: 13 things"), "{error}");
    assert!(error.ends_with("\n\nand 3 more"), "{error}");
}
