use proptest::prelude::*;

use super::super::count::RecordCounter;
use super::*;
use crate::model::source::DeclaredColumn;

fn header(text: &str) -> Result<Header, HeaderError> {
    read(text.as_bytes(), "raw/x.csv", &Dialect::default())
}

fn names(text: &str) -> Vec<String> {
    header(text).unwrap().names
}

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ty: "BIGINT".to_owned(),
    }
}

fn source() -> SourceDefinition {
    SourceDefinition::new("orders".parse().unwrap(), "raw/*.csv")
}

fn matched(
    source: &SourceDefinition,
    text: &str,
    known: &[&str],
) -> Result<MatchedHeader, HeaderError> {
    let known: Vec<Column> = known.iter().map(|name| column(name)).collect();
    match_names(source, "raw/x.csv", &header(text)?, &known)
}

fn refusal(error: &HeaderError) -> String {
    format!("{error} ({})", error.hint().unwrap())
}

#[test]
fn names_are_read_as_the_file_writes_them() {
    for (text, expected) in [
        ("a,b\n1,2\n", &["a", "b"][..]),
        ("a,b", &["a", "b"]),
        ("a,b\r\n1,2", &["a", "b"]),
        ("a,b\r1,2", &["a", "b"]),
        ("\u{feff}a,b\n", &["a", "b"]),
        ("\u{feff}\"a\",b\n", &["a", "b"]),
        ("\"a,b\",\"c\"\"d\",\"e\nf\"\n", &["a,b", "c\"d", "e\nf"]),
        (" Account ID ,b c\n", &[" Account ID ", "b c"]),
        (" \"a\" , \"b\"\n", &["a", "b"]),
        ("a\"b,  \"c\"\n", &["a\"b", "  \"c\""]),
        ("a,\n", &["a"]),
        ("a,,b, ,\n", &["a", "", "b"]),
        ("\"\"\n", &[""]),
        (" \n", &[" "]),
    ] {
        assert_eq!(names(text), expected, "{text:?}");
    }
}

#[test]
fn how_it_ends_is_told() {
    for (text, end) in [
        ("a\n", Some(LineEnd::Lf)),
        ("\n\"a\n\"\r\n1\n", Some(LineEnd::CrLf)),
        ("a\r1\n", Some(LineEnd::Cr)),
        ("a\r", Some(LineEnd::Cr)),
        ("a", None),
    ] {
        assert_eq!(header(text).unwrap().line_end, end, "{text:?}");
    }
}

#[test]
fn empty_lines_before_it_are_counted() {
    for (text, lines) in [
        ("a\n", 0),
        ("\na\n", 1),
        ("\r\n\r\na", 2),
        ("\r\r\na", 2),
        ("\n\r\na", 2),
    ] {
        let header = header(text).unwrap();
        assert_eq!(
            (header.names[0].as_str(), header.empty_lines),
            ("a", lines),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_no_header_says_what_it_is() {
    let long = format!("a,\"{}", "b".repeat(LONGEST));
    let texts: [&[u8]; 11] = [
        b"",
        b"\xef\xbb\xbf",
        b"\n\r\n",
        b"a,\"b\n1,2\n",
        b"a,\"b\"c\n",
        b"a,\"b\" \"c\"\n",
        b"a\0,\0b\0\n\0",
        b"\x1f\x8b\x08\0abc\n",
        b"Gr\xf6\xdfe,b\n",
        b"a\0b,c\n",
        long.as_bytes(),
    ];
    let refusals = texts.map(|text| {
        let refused = read(text, "raw/x.csv", &Dialect::default());
        refusal(&refused.unwrap_err())
    });
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    `raw/x.csv` is empty: it has not even a header (remove it, or deliver it again; a file without rows has a header)
    `raw/x.csv` is empty: it has not even a header (remove it, or deliver it again; a file without rows has a header)
    `raw/x.csv` is empty: it has not even a header (remove it, or deliver it again; a file without rows has a header)
    a quote in the header of `raw/x.csv` is never closed (a name in quotes ends with a quote, and a quote inside it is written twice)
    a quoted name in the header of `raw/x.csv` goes on after its closing quote: `bc` (a name in quotes ends with a quote, and a quote inside it is written twice)
    a quoted name in the header of `raw/x.csv` goes on after its closing quote: `b"c"` (a name in quotes ends with a quote, and a quote inside it is written twice)
    `raw/x.csv` is not text as its source says it is, but looks like UTF-16 without a byte order mark (say how it is written, with `encoding = "latin-1"` or `"utf-16"` below `[sources.<name>.csv]`, or convert it to UTF-8 text)
    `raw/x.csv` cannot be read: unexpected end of file (let the user who runs this read it, or move it away)
    `raw/x.csv` is not text as its source says it is, but looks like text in another encoding, such as Latin-1, or no text at all (say how it is written, with `encoding = "latin-1"` or `"utf-16"` below `[sources.<name>.csv]`, or convert it to UTF-8 text)
    `raw/x.csv` is not text as its source says it is, but looks like UTF-16 without a byte order mark (say how it is written, with `encoding = "latin-1"` or `"utf-16"` below `[sources.<name>.csv]`, or convert it to UTF-8 text)
    the first record of `raw/x.csv` is longer than 1024 KiB, which is no header (look for a quote that is never closed)
    "#);
}

#[test]
fn columns_come_in_the_order_of_the_file() {
    let header = matched(&source(), "C,a,\"B \"\n", &["a", "b", "c"]).unwrap();
    assert_eq!(header.columns, ["c", "a", "b"]);
    let reordered = SchemaDrift::Reordered {
        path: "raw/x.csv".to_owned(),
    };
    assert_eq!(header.drift, [reordered]);
    let fewer = matched(&source(), "a,c\n", &["a", "b", "c"]).unwrap();
    assert!(matches!(fewer.drift[..], [SchemaDrift::Missing { .. }]));
}

#[test]
fn new_and_missing_columns_are_drift() {
    let header = matched(&source(), "d,a\n", &["a", "b"]).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&header.drift).unwrap(), @r#"
    [
      {
        "kind": "added",
        "column": "d",
        "ty": "VARCHAR",
        "path": "raw/x.csv"
      },
      {
        "kind": "missing",
        "column": "b",
        "path": "raw/x.csv"
      }
    ]
    "#);

    let mut declares = source();
    declares.columns = vec![DeclaredColumn::new("b", "DATE")];
    let header = matched(&declares, "a,b\n", &[]).unwrap();
    assert_eq!(header.drift.len(), 1, "the declared one is known");
}

#[test]
fn a_frozen_source_refuses_both() {
    let mut frozen = source();
    frozen.schema = SchemaPolicy::Freeze;
    assert!(matched(&frozen, "b,a\n", &["a", "b"]).is_ok());
    assert!(matched(&frozen, "a,b\n", &[]).is_ok(), "the first file");
    let refusals = ["a\n", "a,b,c,d\n", "a,c\n"]
        .map(|text| refusal(&matched(&frozen, text, &["a", "b"]).unwrap_err()));
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    the columns of `raw/x.csv` differ, and its source is frozen: missing `b` (deliver it with the columns that are there, or set `schema = "evolve"`)
    the columns of `raw/x.csv` differ, and its source is frozen: new `c`, `d` (deliver it with the columns that are there, or set `schema = "evolve"`)
    the columns of `raw/x.csv` differ, and its source is frozen: missing `b`; new `c` (deliver it with the columns that are there, or set `schema = "evolve"`)
    "#);
}

#[test]
fn the_key_must_be_there() {
    let mut keyed = source();
    keyed.key = vec!["account_id".to_owned(), "region".to_owned()];
    let known = ["account_id", "region", "name"];
    assert!(matched(&keyed, "Account ID,REGION\n", &known).is_ok());
    let refused = matched(&keyed, "acount_id,name\n", &known).unwrap_err();
    insta::assert_snapshot!(refusal(&refused), @"`raw/x.csv` lacks columns `account_id`, `region` of the key; it has `acount_id`, `name` (deliver it with the key, or change the source's `key`)");
    assert!(matched(&keyed, "region,name\n", &[]).is_err());
}

#[test]
fn names_must_be_names() {
    let known = ["account_id", "b"];
    let refusals = [
        "account_id,b,account_id\n",
        "Account ID,b,account-id\n",
        "account_id,,b\n",
        "account_id,_WB_file\n",
        "account_id;b\n",
        "account_id\tb\n",
    ]
    .map(|text| refusal(&matched(&source(), text, &known).unwrap_err()));
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    columns 1 and 3 of `raw/x.csv` have the same name, `account_id` (rename the column; names are compared in lower case, with `_` for all but letters and digits)
    columns `Account ID` and `account-id` of `raw/x.csv` would both become `account_id` (rename the column; names are compared in lower case, with `_` for all but letters and digits)
    column 2 of `raw/x.csv` has no name (name it, or take out the comma that makes a column of nothing)
    column 2 of `raw/x.csv` has a name that is kept for our own columns: `_WB_file` (rename the column; names are compared in lower case, with `_` for all but letters and digits)
    `raw/x.csv` seems to be separated by semicolons: its header is one name, `account_id;b` (say so with `delimiter = "…"` below `[sources.<name>.csv]`)
    `raw/x.csv` seems to be separated by tabs: its header is one name, `account_id b` (say so with `delimiter = "…"` below `[sources.<name>.csv]`)
    "#);
}

#[test]
fn a_file_without_a_header_says_what_was_expected() {
    let many: Vec<String> = (0..12).map(|n| format!("Column \u{1b}[31m{n}")).collect();
    let refusals = [
        matched(&source(), "1,2021-01-03\n", &["invoice_id", "date_issued"]),
        matched(&source(), "1,2021-01-03\n", &[]),
        matched(&source(), &many.join(","), &["a"]),
        matched(&source(), &"x".repeat(100), &["a"]),
    ]
    .map(|refused| refusal(&refused.unwrap_err()));
    insta::assert_snapshot!(refusals.join("\n"), @"
    `raw/x.csv` has no header, or one without any name that is known: its first record is `1`, `2021-01-03`, expected `invoice_id`, `date_issued` (put a line with the column names on top of it)
    `raw/x.csv` has no header, or one without any name that is known: its first record is `1`, `2021-01-03`, expected names (put a line with the column names on top of it)
    `raw/x.csv` has no header, or one without any name that is known: its first record is `Column �[31m0`, `Column �[31m1`, `Column �[31m2`, `Column �[31m3`, `Column �[31m4`, `Column �[31m5`, `Column �[31m6`, `Column �[31m7`, and 4 more, expected `a` (put a line with the column names on top of it)
    `raw/x.csv` has no header, or one without any name that is known: its first record is `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`, expected `a` (put a line with the column names on top of it)
    ");
    assert!(matched(&source(), "2023,2024,region\n", &[]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// The counter reads the header too, by rules of its own.
    #[test]
    fn the_counter_sees_the_same_header(text in "[a\", \r\n]{0,20}") {
        let count = |text: &str| {
            let mut counter = RecordCounter::new((b',', b'"'));
            counter.update(text.as_bytes());
            counter.finish()
        };
        let text = text.trim_end_matches(['\r', '\n']);
        let Ok(header) = header(text) else { return Ok(()) };
        let all = count(text);
        // Only texts that are a header to their end.
        if all.records > 0 || all.ends_inside_quote {
            return Ok(());
        }
        let line = u64::from(header.names.len() + header.unnamed == 1);
        // An empty line counts if, and only if, there is one column.
        let rest = format!("{text}\nx\n");
        prop_assert_eq!(count(&rest).records, 1);
        prop_assert_eq!(count(&format!("{rest}\n")).records, 1 + line);
    }
}
