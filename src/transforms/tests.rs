//! Whole folders at once, over a dialect of nothing but `SELECT words FROM names`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::syntax::{FunctionKind, SyntaxError};
use crate::model::transform::Relation;

/// Every name with a dot is a table; every other word counts.
struct Words;

impl Syntax for Words {
    fn parse(&self, sql: &str) -> Result<Vec<Value>, SyntaxError> {
        let words: Vec<(usize, &str)> = text::tokens(sql, 0)
            .filter(|token| token.kind != text::Kind::Comment)
            .map(|token| (token.span.start, &sql[token.span]))
            .collect();
        let mut tables = Vec::new();
        let mut others = Vec::new();
        let mut at = 0;
        while at < words.len() {
            if let Some([(start, schema), (_, "."), (_, name)]) = words.get(at..at + 3) {
                tables.push(json!({
                    "type": "BASE_TABLE", "schema_name": schema, "table_name": name, "query_location": start,
                }));
                at += 3;
            } else {
                let word = words[at].1;
                let keyword = ["select", "from"].contains(&word.to_lowercase().as_str());
                others.push(if keyword {
                    word.to_lowercase()
                } else {
                    word.to_owned()
                });
                at += 1;
            }
        }
        let node = json!({"type": "SELECT_NODE", "from_table": tables, "select_list": others});
        Ok(vec![json!({"node": node})])
    }

    fn function(&self, _: &str) -> FunctionKind {
        FunctionKind::Pure
    }

    fn function_names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn file(path: &str, sql: &str) -> SqlFile {
    let (folder, name) = path.split_once('/').unwrap();
    let kind = match folder {
        "staging" => TransformKind::Staging,
        "features" => TransformKind::Features,
        _ => TransformKind::Check,
    };
    let header = match kind {
        TransformKind::Features => "key = [\"id\"]",
        _ => "",
    };
    SqlFile {
        kind,
        name: name.to_owned(),
        text: format!("/* {header} */\n{sql}\n"),
    }
}

fn understood(files: &[(&str, &str)]) -> Result<Transforms, TransformErrors> {
    let files: Vec<SqlFile> = files.iter().map(|(path, sql)| file(path, sql)).collect();
    let sources: Vec<SourceName> = ["accounts", "skus"]
        .map(|name| name.parse().unwrap())
        .into();
    from_files(&files, &sources, &Words)
}

fn refused(files: &[(&str, &str)]) -> String {
    let errors = understood(files).unwrap_err();
    let hint = errors.hint().map(|hint| format!("\nhint: {hint}"));
    format!("{errors}{}", hint.unwrap_or_default())
}

fn names(transforms: &[Transform]) -> Vec<&str> {
    transforms.iter().map(|t| t.name.as_str()).collect()
}

#[test]
fn each_comes_after_what_it_reads() {
    let transforms = understood(&[
        ("staging/a", "SELECT x FROM staging.b"),
        ("staging/b", "SELECT x FROM raw.accounts"),
        ("features/a", "SELECT x FROM features.z, history.a"),
        ("features/z", "SELECT x FROM staging.a, raw.skus, staging.a"),
        ("checks/a", "SELECT x FROM features.a"),
    ])
    .unwrap();
    assert_eq!(names(&transforms.staging), ["b", "a"]);
    assert_eq!(names(&transforms.features), ["z", "a"]);
    assert_eq!(names(&transforms.checks), ["a"]);
    let reads = &transforms.feature("z").unwrap().reads;
    let reads: Vec<String> = reads.iter().map(Relation::to_string).collect();
    assert_eq!(reads, ["raw.skus", "staging.a"]);
}

#[test]
fn a_body_is_found_in_its_file() {
    let transforms =
        understood(&[("staging/a", "-- why\nSELECT x FROM raw.skus ; -- end")]).unwrap();
    let a = &transforms.staging[0];
    assert_eq!(a.sql, "-- why\nSELECT x FROM raw.skus");
    assert_eq!(&a.text[a.sql_start..a.sql_start + a.sql.len()], a.sql);
    let error = engine_error(a, "no column `x`", a.sql.find('x'));
    insta::assert_snapshot!(error, @"
    no column `x`
      --> sql/staging/a.sql:3:8
       |
     3 | SELECT x FROM raw.skus ; -- end
       |        ^
    ");
    let error = engine_error(a, "out of memory", None);
    insta::assert_snapshot!(error, @"
    out of memory
      --> sql/staging/a.sql
    ");
}

#[test]
fn cycles_are_named() {
    insta::assert_snapshot!(refused(&[
        ("staging/a", "SELECT x FROM raw.skus, staging.b"),
        ("staging/b", "SELECT x FROM staging.c"),
        ("staging/c", "SELECT x FROM staging.a"),
    ]), @"
    a cycle: staging.a -> staging.b -> staging.c -> staging.a
      --> sql/staging/a.sql:2:25
       |
     2 | SELECT x FROM raw.skus, staging.b
       |                         ^^^^^^^^^
    hint: one of them must do without the next
    ");
    insta::assert_snapshot!(refused(&[("features/a", "SELECT x FROM features.a")]), @"
    a cycle: features.a -> features.a
      --> sql/features/a.sql:2:15
       |
     2 | SELECT x FROM features.a
       |               ^^^^^^^^^^
    hint: one of them must do without the next
    ");
}

#[test]
fn all_files_are_complained_about_at_once() {
    insta::assert_snapshot!(refused(&[
        ("staging/Accounts", "SELECT x FROM raw.acounts"),
        ("features/level_v2", "SELECT x, staging.accounts, staging.accounts, main.skus"),
        ("checks/empty", "-- nothing"),
    ]), @"
    5 things are wrong in `sql/`

    `Accounts` is not a name: names are lower-case letters, digits and `_`, and do not begin with a digit
      --> sql/staging/Accounts.sql
    hint: rename the file: its name is the transform's, such as `account_level.sql`

    unknown table `raw.acounts`
      --> sql/staging/Accounts.sql:2:15
       |
     2 | SELECT x FROM raw.acounts
       |               ^^^^^^^^^^^
    hint: did you mean `raw.accounts`?

    `level_v2` ends in a version: `_v` and digits are kept for versions, which are raised in the header
      --> sql/features/level_v2.sql
    hint: name the file without it, and write `version = 2` in its header

    unknown table `main.skus`
      --> sql/features/level_v2.sql:2:47
       |
     2 | SELECT x, staging.accounts, staging.accounts, main.skus
       |                                               ^^^^^^^^^
    hint: did you mean `raw.skus`?

    the file has no SELECT
      --> sql/checks/empty.sql:2:1
       |
     2 | -- nothing
       | ^
    hint: write one SELECT below the header
    ");
}

#[test]
fn ten_are_listed_and_the_rest_counted() {
    let sql: String = (0..13).map(|n| format!("raw.unknown_table_{n} ")).collect();
    let errors = understood(&[("staging/a", &sql)]).unwrap_err();
    assert_eq!((errors.listed().len(), errors.unlisted()), (10, 3));
    let shown = errors.to_string();
    assert!(
        shown.starts_with("13 things are wrong in `sql/`"),
        "{shown}"
    );
    assert!(shown.ends_with("and 3 more"), "{shown}");
}

#[test]
fn folders_are_read_and_what_is_not_ours_is_left() {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let sources = ["skus".parse().unwrap()];
    assert_eq!(
        read(root.path(), &sources, &Words),
        Ok(Transforms::default())
    );

    write("sql/staging/b.sql", b"/**/ SELECT x FROM raw.skus");
    write("sql/staging/a.sql", b"/**/ SELECT x FROM raw.skus");
    write("sql/staging/README.md", b"hello");
    write("sql/staging/.#b.sql", b"hello");
    write("sql/staging/old.sql/b.sql", b"hello");
    write("sql/notes.sql", b"hello");
    let transforms = read(root.path(), &sources, &Words).unwrap();
    assert_eq!(names(&transforms.staging), ["a", "b"]);
    assert_eq!(transforms.staging[0].path, "sql/staging/a.sql");

    write(
        "sql/checks/latin.sql",
        b"/* description = \"\xe9\" */ SELECT 1",
    );
    write("sql/checks/no-name.sql", b"/**/ SELECT 1");
    let errors = read(root.path(), &sources, &Words).unwrap_err();
    insta::assert_snapshot!(errors, @"
    2 things are wrong in `sql/`

    the file is not UTF-8
      --> sql/checks/latin.sql
    hint: save the file as UTF-8

    `no-name` is not a name: names are lower-case letters, digits and `_`, and do not begin with a digit
      --> sql/checks/no-name.sql
    hint: rename the file: its name is the transform's, such as `account_level.sql`
    ");
}

/// Between any two words: blanks and comments.
fn gaps() -> impl Strategy<Value = Vec<String>> {
    let gap = prop_oneof![
        "[ \t\r\n]{1,4}",
        " -- [a-z;' ]{0,8}\n",
        " /\\* [a-z;'é ]{0,8}\\*/ ",
    ];
    prop::collection::vec(gap, 8)
}

fn fingerprints(staging: &str, feature: &str) -> [String; 2] {
    let files = [
        ("staging/a", staging),
        ("features/f", feature),
        ("staging/other", "SELECT 1"),
    ];
    let transforms = understood(&files).unwrap();
    let of = |t: Option<&Transform>| t.unwrap().fingerprint.to_string();
    [of(transforms.staging("a")), of(transforms.feature("f"))]
}

proptest! {
    #[test]
    fn layout_does_not_count_and_words_do(gaps in gaps(), upper: bool, literal in 2u32..99) {
        let plain = "SELECT 1 FROM raw.skus";
        let upstream = "SELECT x FROM staging.a";
        let first = fingerprints(plain, upstream);

        let select = if upper { "SELECT" } else { "select" };
        let words = [select, "1", "from", "raw.skus", ";"];
        let laid_out: String = words.iter().zip(&gaps).flat_map(|(w, g)| [g.as_str(), w]).collect();
        prop_assert_eq!(&first, &fingerprints(&laid_out, upstream));

        let changed = plain.replace('1', &literal.to_string());
        let changed = fingerprints(&changed, upstream);
        prop_assert_ne!(&first[0], &changed[0]);
        prop_assert_ne!(&first[1], &changed[1]);
    }
}

#[test]
fn history_and_unread_transforms_do_not_count() {
    let base = [
        ("staging/a", "SELECT 1 FROM raw.skus"),
        ("features/f", "SELECT x FROM staging.a, history.g"),
        ("features/g", "SELECT 1 FROM raw.skus"),
    ];
    let mut changed = base;
    changed[2].1 = "SELECT 2 FROM raw.skus";
    let (base, changed) = (understood(&base).unwrap(), understood(&changed).unwrap());
    let f = |t: &Transforms| t.feature("f").unwrap().fingerprint;
    let g = |t: &Transforms| t.feature("g").unwrap().fingerprint;
    assert_eq!(f(&base), f(&changed));
    assert_ne!(g(&base), g(&changed));
}
