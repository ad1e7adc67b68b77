//! `docs/csv.md`: each line of its tables is a case here, and each case a line there.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use super::world::{Ended, World};

/// What a project with one source does about one file, or a few.
struct Case {
    line: &'static str,
    /// The keys of `[sources.s]` beside its path, then other tables.
    config: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    then: Then,
}

enum Then {
    /// The rows, as CSV without a header.
    Loads(&'static str),
    /// The rows that are loaded, and the reason of each bad record.
    Bad(&'static str, &'static [&'static str]),
    /// What the message says.
    Refuses(&'static str),
}
use Then::{Bad, Loads, Refuses};

const COLUMNS: &str = "[sources.s.columns]\nid = \"BIGINT\"\nv = \"VARCHAR\"\n";

fn case(line: &'static str, config: &'static str, text: impl AsRef<[u8]>, then: Then) -> Case {
    Case {
        line,
        config,
        files: vec![("1.csv", text.as_ref().to_vec())],
        then,
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

fn zeroed_middle(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].fill(0xee);
    bytes
}

fn long_text() -> String {
    let rows: String = (0..20_000)
        .map(|n| format!("{n},{}\n", n * 7919 % 1013))
        .collect();
    format!("id,v\n{rows}")
}

fn bytes() -> Vec<Case> {
    let words = "id,v\n1,käse €\n";
    vec![
        case(
            "is UTF-8 with a byte order mark",
            "",
            format!("\u{feff}{words}"),
            Loads("1,käse €\n"),
        ),
        case(
            "is UTF-16 with a byte order mark",
            "",
            utf16(&format!("\u{feff}{words}")),
            Loads("1,käse €\n"),
        ),
        case(
            "is UTF-16 without one",
            "[sources.s.csv]\nencoding = \"utf-16\"",
            utf16(words),
            Loads("1,käse €\n"),
        ),
        case(
            "is UTF-16 without one, in a source in UTF-8",
            "",
            utf16(words),
            Refuses("looks like UTF-16"),
        ),
        case(
            "is Latin-1",
            "[sources.s.csv]\nencoding = \"latin-1\"",
            b"id,v\n1,caf\xe9 \x80\n",
            Loads("1,café €\n"),
        ),
        case(
            "is Latin-1 in a source in UTF-8",
            "",
            b"id,v\n1,caf\xe9\n2,ok\n",
            Bad("2,ok\n", &["no text in the file's encoding"]),
        ),
        case(
            "is packed by gzip",
            "",
            gzip(words.as_bytes()),
            Loads("1,käse €\n"),
        ),
        case(
            "is packed by zstd",
            "",
            zstd::encode_all(words.as_bytes(), 1).unwrap(),
            Loads("1,käse €\n"),
        ),
        case(
            "is packed, and cut",
            "",
            cut(gzip(long_text().as_bytes())),
            Refuses("ends before its text does"),
        ),
        case(
            "is packed, and damaged",
            "",
            zeroed_middle(gzip(long_text().as_bytes())),
            Refuses("cannot be unpacked"),
        ),
        case(
            "is a zip file or a spreadsheet",
            "",
            b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\x9a\xb4",
            Refuses("a zip file or a spreadsheet"),
        ),
        case(
            "holds a zero byte",
            "",
            b"id,v\n1,a\0b\n2,ok\n",
            Bad("2,ok\n", &["a zero byte"]),
        ),
    ]
}

fn lines() -> Vec<Case> {
    vec![
        case(
            "ends its lines with CR LF",
            "",
            "id,v\r\n1,a\r\n2,\"b\nc\"\r\n",
            Loads("1,a\n2,\"b\nc\"\n"),
        ),
        case(
            "ends its lines with CR",
            "",
            "id,v\r1,a\r2,b\r",
            Loads("1,a\n2,b\n"),
        ),
        case(
            "ends its lines in several ways",
            "",
            "id,v\r\n1,a\n2,b\r3,c",
            Loads("1,a\n2,b\n3,c\n"),
        ),
        case(
            "has no line end at its end",
            "",
            "id,v\n1,a",
            Loads("1,a\n"),
        ),
        case(
            "has empty lines",
            "",
            "\n\nid,v\n\n1,a\n\n\n2,b\n\n",
            Loads("1,a\n2,b\n"),
        ),
        case(
            "has comment lines",
            "[sources.s.csv]\ncomment = \"#\"",
            "# from \"x\nid,v\n1,a\n# 2,b\n3,#c\n",
            Loads("1,a\n3,#c\n"),
        ),
        case(
            "has lines in front of its header",
            "[sources.s.csv]\nskip = 2",
            "A \"report\nof today\nid,v\n1,a\n",
            Loads("1,a\n"),
        ),
    ]
}

fn fields() -> Vec<Case> {
    let columns: Vec<String> = (0..998).map(|n| format!("c{n}")).collect();
    let values: Vec<String> = (0..998).map(|n| n.to_string()).collect();
    let wide = format!("id,v,{}\n1,a,{}\n", columns.join(","), values.join(","));
    let huge = format!("id,v\n1,\"{}\"\n2,b\n", "x\n".repeat(50_000_000));
    vec![
        case(
            "has semicolons, tabs or bars",
            "[sources.s.csv]\ndelimiter = \";\"",
            "id;v\n1;\"a;b\"\n",
            Loads("1,a;b\n"),
        ),
        case(
            "has a delimiter of two characters",
            "[sources.s.csv]\ndelimiter = \", \"",
            "id, v\n1, a,b\n",
            Loads("1,\"a,b\"\n"),
        ),
        case(
            "has line ends inside quotes",
            "",
            "id,v\n1,\"a\nb\"\n",
            Loads("1,\"a\nb\"\n"),
        ),
        case(
            "has doubled quotes inside quotes",
            "",
            "id,v\n1,\"a\"\"b\"\n",
            Loads("1,\"a\"\"b\"\n"),
        ),
        case(
            "has backslashes in front of quotes",
            "[sources.s.csv]\nescape = \"\\\\\"",
            "id,v\n1,\"a\\\"b\\\\\"\n",
            Loads("1,\"a\"\"b\\\"\n"),
        ),
        case(
            "has single quotes",
            "[sources.s.csv]\nquote = \"'\"",
            "id,v\n1,'a,\"b'\n",
            Loads("1,\"a,\"\"b\"\n"),
        ),
        case(
            "has quotes that mean nothing",
            "[sources.s.csv]\nquote = \"\"",
            "id,v\n1,\"a\n2,b\"\n",
            Loads("1,\"\"\"a\"\n2,\"b\"\"\"\n"),
        ),
        case(
            "has a quote inside a field without quotes",
            "",
            "id,v\n1,5\" pipe\n",
            Loads("1,\"5\"\" pipe\"\n"),
        ),
        case(
            "has text behind a closing quote",
            "",
            "id,v\n1,\"a\"b\n2,c\n",
            Bad("2,c\n", &["goes on after its closing quote"]),
        ),
        case(
            "has a quote that is never closed",
            "settle = \"1s\"\n",
            "id,v\n1,a\n2,\"b\n3,c\n",
            Bad("1,a\n", &["opens in line 3 is never closed"]),
        ),
        case(
            "has a record with too few fields",
            "",
            "id,v\n1\n2,b\n",
            Bad("2,b\n", &["the record has 1 fields, and the header 2"]),
        ),
        case(
            "has a record with too many fields",
            "",
            "id,v\n1,a,x\n2,b\n",
            Bad("2,b\n", &["the record has 3 fields, and the header 2"]),
        ),
        case(
            "has a record with a delimiter too many at its end",
            "",
            "id,v\n1,a,\n2,b\n",
            Bad("2,b\n", &["the record has 3 fields, and the header 2"]),
        ),
        case(
            "has a header with a delimiter at its end",
            "",
            "id,v,\n1,a,\n2,b\n",
            Loads("1,a\n2,b\n"),
        ),
        case("has 1,000 columns", "", wide, Loads("1,a\n")),
        case("has a field of 100 MB", "", huge, Loads("")),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        case("has a header and nothing else", "", "id,v\n", Loads("")),
        case("is empty", "", "", Refuses("is empty")),
        case("has no header", "", "1,a\n2,b\n", Refuses("has no header")),
        case(
            "has its header twice",
            "",
            "id,v\n1,a\nid,v\n2,b\n",
            Bad("1,a\n2,b\n", &["the header again"]),
        ),
        case(
            "has its columns in another order",
            "",
            "v,id\na,1\n",
            Loads("1,a\n"),
        ),
        case(
            "writes its names in another case",
            "",
            " ID ,\"V\"\n1,a\n",
            Loads("1,a\n"),
        ),
        case(
            "has a name twice",
            "",
            "id,v,v\n1,a,b\n",
            Refuses("have the same name"),
        ),
        case(
            "has a column without a name",
            "",
            "id,,v\n1,a,b\n",
            Refuses("has no name"),
        ),
        case("lacks a column", "", "id\n1\n", Loads("1,\n")),
        case("has a new column", "", "id,v,w\n1,a,x\n", Loads("1,a\n")),
        Case {
            line: "has a new column, and later values that need more room",
            config: "",
            files: vec![
                ("1.csv", b"id,v,w\n1,a,7\n".to_vec()),
                ("2.csv", b"id,v,w\n2,b,3000000000\n".to_vec()),
                ("3.csv", b"id,v,w\n3,c,0.25\n".to_vec()),
            ],
            then: Loads("1,a\n2,b\n3,c\n"),
        },
    ]
}

const NUMBERS: &str = "[sources.s.columns]\nid = \"DECIMAL(18,2)\"\nv = \"VARCHAR\"\n";
const DATES: &str = "[sources.s.columns]\nid = { type = \"DATE\", format = \"%d/%m/%Y\" }\n";

fn values() -> Vec<Case> {
    vec![
        case(
            "has `5.6`, `1e3`, `1_000` or `0x1F` for a BIGINT",
            "",
            "id,v\n5.6,a\n1e3,b\n1_000,c\n0x1F,d\n 7 ,e\n007,f\n",
            Bad(
                "7,e\n7,f\n",
                &[
                    "`5.6` would not be kept whole by a BIGINT",
                    "`1e3` would not",
                    "`1_000` would not",
                    "`0x1F` would not",
                ],
            ),
        ),
        case(
            "has more decimals than a DECIMAL keeps",
            NUMBERS,
            "id,v\n1.239,a\n1.2300,b\n",
            Bad(
                "1.23,b\n",
                &["`1.239` would not be kept whole by a DECIMAL(18,2)"],
            ),
        ),
        case(
            "has a number that is too large",
            "",
            "id,v\n9223372036854775808,a\n9223372036854775807,b\n",
            Bad("9223372036854775807,b\n", &["is not a BIGINT"]),
        ),
        case(
            "has `1,234.50` for a DECIMAL",
            "[sources.s.columns]\nid = { type = \"DECIMAL(18,2)\", thousands = \",\" }\n",
            "id,v\n\"1,234.50\",a\n\"1,23.50\",b\n-5,c\n",
            Bad(
                "1234.50,a\n-5.00,c\n",
                &["`1,23.50` is not a DECIMAL(18,2)"],
            ),
        ),
        case(
            "has `1.234,50` for a DECIMAL",
            "[sources.s.columns]\nid = { type = \"DECIMAL(18,2)\", decimal = \",\", thousands = \".\" }\n",
            "id,v\n\"1.234,50\",a\n\"7,5\",b\n7.5,c\n",
            Bad("1234.50,a\n7.50,b\n", &["`7.5` is not a DECIMAL(18,2)"]),
        ),
        case(
            "has a date that is none, as 30/02/2020",
            DATES,
            "id,v\n30/02/2020,a\n29/02/2020,b\n",
            Bad(
                "2020-02-29,b\n",
                &["`30/02/2020` is not a DATE written as `%d/%m/%Y`"],
            ),
        ),
        case(
            "has a date in a second format",
            "[sources.s.columns]\nid = { type = \"DATE\", format = [\"%d/%m/%Y\", \"%Y-%m-%d\"] }\n",
            "id,v\n29/02/2020,a\n2020-03-01,b\n",
            Loads("2020-02-29,a\n2020-03-01,b\n"),
        ),
        case(
            "has a time in a DATE, or a zone in a TIMESTAMP",
            "[sources.s.columns]\nid = \"DATE\"\nv = \"TIMESTAMP\"\n",
            "id,v\n2020-01-05 10:00:00,\n2020-01-05,2020-01-05 10:00:00+05\n2020-1-5,2020-01-05T10:00:00.5\n",
            Bad(
                "2020-01-05,2020-01-05 10:00:00.5\n",
                &[
                    "would not be kept whole by a DATE",
                    "would not be kept whole by a TIMESTAMP",
                ],
            ),
        ),
        case(
            "has a word for a missing value",
            "[sources.s.columns]\nid = { type = \"BIGINT\", nulls = [\"n/a\"] }\n",
            "id,v\nn/a,a\n-,b\n",
            Bad(",a\n", &["`-` is not a BIGINT"]),
        ),
        case(
            "has no key, in a source that upserts",
            "load = \"upsert\"\nkey = [\"id\"]\n",
            "id,v\n1,a\n,b\n",
            Bad("1,a\n", &["the key column `id` is empty"]),
        ),
        case(
            "has an undeclared column of numbers with leading zeros",
            "[sources.s.columns]\nid = \"BIGINT\"\n",
            "id,v\n1,007\n2,8\n",
            Loads("1,007\n2,8\n"),
        ),
    ]
}

fn names() -> Vec<Case> {
    let named = |line, name, then| Case {
        line,
        config: "",
        files: vec![
            ("1.csv", b"id,v\n1,a\n".to_vec()),
            (name, b"id,v\n2,b\n".to_vec()),
        ],
        then,
    };
    vec![
        named(
            "names with spaces, quotes and other letters",
            "it's \"2\" é 名.csv",
            Loads("1,a\n2,b\n"),
        ),
        named(
            "a folder named like a file",
            "2.csv/x",
            Refuses("is a folder"),
        ),
        named(
            "a symbolic link into a loop",
            "2.csv -> 2.csv",
            Refuses("a loop"),
        ),
        named(
            "a symbolic link to nothing",
            "2.csv -> gone",
            Refuses("does not exist"),
        ),
        named(
            "a file that may not be read",
            "2.csv 000",
            Refuses("cannot be read"),
        ),
        named("no folder at all", "", Refuses("does not exist")),
        named("a hidden file", ".2.csv", Loads("1,a\n")),
    ]
}

fn all() -> Vec<Case> {
    [bytes(), lines(), fields(), headers(), values(), names()]
        .into_iter()
        .flatten()
        .collect()
}

fn world(case: &Case, bad_rows: &str) -> World {
    let world = World::empty();
    let (keys, tables) = match case.config.find("[sources") {
        Some(at) => case.config.split_at(at),
        None => (case.config, ""),
    };
    let columns = if tables.contains("columns") {
        ""
    } else {
        COLUMNS
    };
    let settle = if keys.contains("settle") {
        ""
    } else {
        "settle = \"0s\"\n"
    };
    world.write(
        "workbench.toml",
        &format!(
            "[sources.s]\npath = \"raw/*.csv\"\nbad_rows = \"{bad_rows}\"\n{settle}{keys}\n{tables}\n{columns}"
        ),
    );
    world.write(
        "sql/features/f.sql",
        "/*\ndescription = \"Rows.\"\nkey = [\"k\"]\n*/\nSELECT 1 AS k, count(*) AS n FROM raw.s\n",
    );
    for (name, bytes) in &case.files {
        let path = world.path("raw").join(name);
        if name.is_empty() {
            std::fs::remove_dir_all(world.path("raw")).unwrap();
            continue;
        }
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some((link, to)) = name.split_once(" -> ") {
            std::os::unix::fs::symlink(to, world.path("raw").join(link)).unwrap();
        } else if let Some(name) = name.strip_suffix(" 000") {
            let path = world.path("raw").join(name);
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o000)).unwrap();
        } else {
            std::fs::write(&path, bytes).unwrap();
        }
    }
    world
}

fn rows(world: &World) -> String {
    // The longest of them is only measured.
    let rows = world.query(
        "SELECT id, CASE WHEN length(v::VARCHAR) < 1000 THEN v::VARCHAR END AS v FROM raw.s",
    );
    rows.split_once('\n')
        .map_or(String::new(), |(_, rows)| rows.to_owned())
}

fn reasons(world: &World) -> Vec<String> {
    let reasons = world.query("SELECT reason FROM quarantine.s ORDER BY record");
    reasons
        .lines()
        .skip(1)
        .map(|r| r.replace('"', ""))
        .collect()
}

fn says(ended: &Ended, line: &str, words: &str) {
    let text = &ended.stderr;
    assert!(text.contains(words), "{line}: `{words}` is not in\n{text}");
    assert!(text.contains("raw"), "{line}: no file is named in\n{text}");
    assert!(text.contains("hint: "), "{line}: nothing to do in\n{text}");
}

#[test]
fn each_line_of_the_tables_is_a_case() {
    let text = include_str!("../../docs/csv.md");
    let lines: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|line| !["the file", "the path shows"].contains(line))
        .collect();
    let cases: BTreeSet<&str> = all().iter().map(|case| case.line).collect();
    assert_eq!(lines, cases);
}

fn check(cases: Vec<Case>) {
    for case in cases {
        let line = case.line;
        // Whoever is root may read all.
        if line == "a file that may not be read" && rustix::process::geteuid().is_root() {
            eprintln!("not tried: {line}: this user may read every file");
            continue;
        }
        match case.then {
            Refuses(words) => {
                let world = world(&case, "quarantine");
                let ended = world.run(&["export"]);
                assert!(
                    matches!(ended.code, Some(1 | 3)),
                    "{line}: {}",
                    ended.stderr
                );
                says(&ended, line, words);
            }
            Loads(expected) => {
                let world = world(&case, "fail");
                let ended = world.run(&["export"]);
                assert_eq!(ended.code, Some(0), "{line}: {}", ended.stderr);
                let found = rows(&world);
                if line == "has a field of 100 MB" {
                    assert_eq!(found, "1,\n2,b\n");
                    let size = world.query("SELECT max(length(v)) AS n FROM raw.s");
                    assert_eq!(size, "n\n100000000\n");
                } else {
                    assert_eq!(found, expected, "{line}");
                }
            }
            Bad(expected, wanted) => {
                let strict = world(&case, "fail");
                let refused = strict.run(&["export"]).expect(3);
                says(&refused, line, wanted[0]);
                let count = format!("{} record", wanted.len());
                assert!(
                    refused.stderr.contains(&count),
                    "{line}: {}",
                    refused.stderr
                );
                assert!(
                    refused.stderr.contains("raw/1.csv:"),
                    "{line}: {}",
                    refused.stderr
                );

                let world = world(&case, "quarantine");
                let document = world.run(&["export", "--format", "json"]).ok().json();
                assert_eq!(rows(&world), expected, "{line}");
                let found = reasons(&world);
                assert_eq!(found.len(), wanted.len(), "{line}: {found:?}");
                for (found, wanted) in found.iter().zip(wanted) {
                    assert!(found.contains(wanted), "{line}: {found}");
                }
                let rows = &document["sources"][0]["rows"];
                let quarantined = rows["quarantined"].as_u64().unwrap();
                assert_eq!(quarantined, wanted.len() as u64, "{line}");
                let taken = expected.matches('\n').count() as u64;
                assert_eq!(
                    rows["read"].as_u64().unwrap(),
                    taken + quarantined,
                    "{line}"
                );
                // What was taken is not taken again, and nothing is published anew.
                let again = world.run(&["export", "--format", "json"]).ok().json();
                assert_eq!(again["run"], serde_json::Value::Null, "{line}");
            }
        }
    }
}

#[test]
fn bytes_are_as_the_table_says() {
    check(bytes());
}

#[test]
fn lines_are_as_the_table_says() {
    check(lines());
}

#[test]
fn fields_are_as_the_table_says() {
    check(fields());
}

#[test]
fn headers_are_as_the_table_says() {
    check(headers());
}

#[test]
fn values_are_as_the_table_says() {
    check(values());
}

#[test]
fn names_are_as_the_table_says() {
    check(names());
}
