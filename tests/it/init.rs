//! A project proposed from raw files: it is one, and its first export publishes.

use std::path::Path;

use super::world::{World, walk};

/// Accounts that come again in the second file, and orders that do not.
fn deliveries() -> World {
    let world = World::empty();
    world.write(
        "raw/accounts_2024-01.csv",
        "account_id,company,joined\n1,\"Ann, Inc.\",03/10/2016\n2,Bob,27/10/2018\n3,Cy,01/02/2020\n",
    );
    world.write(
        "raw/accounts_2024-02.csv",
        "account_id,company,joined\n3,Cy & Co,01/02/2020\n4,Di,05/02/2024\n",
    );
    let orders = |from: u32| -> String {
        let rows = (from..from + 10)
            .map(|n| format!("{n},{},{}.50,2024-01-{:02}\n", n % 4 + 1, n, n % 28 + 1));
        format!(
            "order_id,account_id,amount,ordered\n{}",
            rows.collect::<String>()
        )
    };
    world.write("raw/orders/north.csv", &orders(100));
    world.write("raw/orders/south.csv", &orders(200));
    world.write("raw/readme.pdf", "no rows");
    world
}

#[test]
fn the_first_export_publishes_what_init_proposed() {
    let world = deliveries();
    let said = world.run(&["init", "--from", "raw"]).ok().stdout;
    for words in [
        "account_level",
        "raw/readme.pdf: its name",
        "workbench export",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    insta::with_settings!({filters => vec![(r#"name = "\.tmp\w+""#, "name = \"folder\"")]}, {
        insta::assert_snapshot!(config, @r##"
# Proposed by `workbench init` after reading all of `raw`: 4 files, 25 rows. Read it through: what
# was not sure has a comment. Paths are relative to this file's folder.

[project]
name = "folder"
timezone = "UTC" # decides which day "today" is: write yours, such as "Europe/Paris"

# Where each day's results are published.
[target]
url = "output"

# 5 rows in 2 files.
[sources.accounts]
path = "raw/accounts_*.csv"
# 1 key comes again in later files: the last row counts
load = "upsert"
# unique and never empty in each file, perhaps by chance: look at it
key = ["account_id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.accounts.columns]
account_id = "BIGINT"
company = "VARCHAR"
joined = { type = "DATE", format = "%d/%m/%Y" }

# 20 rows in 2 files.
[sources.orders]
path = "raw/orders/*.csv"
# no file has a key of another
load = "append"
# unique and never empty in each file
key = ["order_id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.orders.columns]
order_id = "BIGINT"
account_id = "BIGINT"
amount = "DECIMAL(18,2)"
ordered = "DATE"
"##);
    });
    world.run(&["export"]).ok();
    let found = world.query(
        "SELECT account_id, company, days_since_joined AS days, orders_count AS n, \
         orders_sum_amount AS amount FROM features.account_level ORDER BY account_id",
    );
    assert_eq!(
        found,
        "account_id,company,days,n,amount\n\
         1,\"Ann, Inc.\",2953,6,927.00\n2,Bob,2199,6,933.00\n3,Cy & Co,1737,4,618.00\n4,Di,272,4,622.00\n"
    );
    // The same files again are nothing new, and a new one is taken.
    world.write(
        "raw/orders/east.csv",
        "order_id,account_id,amount,ordered\n300,1,1.25,2024-02-01\n",
    );
    world
        .run(&["export", "--date", "2024-11-04", "--allow-future"])
        .ok();
    assert_eq!(
        world.query("SELECT count(*) AS n FROM raw.orders"),
        "n\n21\n"
    );
}

#[test]
fn nothing_is_overwritten() {
    let world = deliveries();
    world.write("sql/staging/orders.sql", "mine");
    let before = walk(world.dir.path());
    let ended = world.run(&["init", "--from", "raw"]).expect(2);
    assert!(
        ended.stderr.contains("`sql/staging/orders.sql`"),
        "{}",
        ended.stderr
    );
    assert_eq!(walk(world.dir.path()), before);

    // Elsewhere it is fine; there it is a project now, and is not begun again.
    world.run(&["init", "new/project", "--from", "raw"]).ok();
    let ended = world
        .run(&["init", "new/project", "--from", "raw", "--format", "json"])
        .expect(2);
    assert_eq!(ended.json()["error"]["kind"], "usage");
    assert!(
        ended.stderr.contains("`workbench.toml`"),
        "{}",
        ended.stderr
    );
    world.run(&["-C", "new/project", "export"]).ok();
    // A list of what git is not to see stays what it is.
    world.write("third/.gitignore", "mine");
    world.run(&["init", "third", "--from", "raw"]).ok();
    assert_eq!(
        std::fs::read_to_string(world.path("third/.gitignore")).unwrap(),
        "mine"
    );
}

#[test]
fn a_folder_without_rows_says_what_to_do() {
    let world = World::empty();
    for (from, words) in [("raw", "does not exist"), (".", "no CSV files under")] {
        let ended = world.run(&["init", "--from", from]).expect(2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert!(ended.stderr.contains("hint: "), "{}", ended.stderr);
    }
    world.write("empty.csv", "");
    world.write("blank.csv", "\n\n\n");
    world.write("book.xlsx", "PK\u{3}\u{4}");
    let ended = world.run(&["init"]).expect(2);
    for words in [
        "empty.csv: it is empty",
        "blank.csv: it holds nothing",
        "book.xlsx: its name",
    ] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    assert!(!world.path("workbench.toml").exists());
}

/// Rows `from` to `to`, with a number and a text each.
fn numbered(from: u32, to: u32, text: &str) -> String {
    let rows = (from..to).map(|n| format!("{n},{text} {n},{}\n", n % 3));
    format!("id,name,kind\n{}", rows.collect::<String>())
}

#[test]
fn load_modes_follow_from_the_keys() {
    let world = World::empty();
    let two = |name: &str, first: &str, second: &str| {
        world.write(&format!("raw/{name}/1.csv"), first);
        world.write(&format!("raw/{name}/2.csv"), second);
    };
    two("parts", &numbered(0, 50, "a"), &numbered(50, 90, "a"));
    two("changes", &numbered(0, 50, "a"), &numbered(45, 70, "b"));
    two("copies", &numbered(0, 50, "a"), &numbered(0, 55, "b"));
    // Nothing tells these apart.
    two(
        "clicks",
        "kind,n\n1,2\n1,2\n2,2\n",
        "kind,n\n1,2\n2,2\n2,2\n",
    );
    // Almost a key.
    let almost = numbered(0, 50, "a") + "7,again 7,0\n";
    world.write("raw/almost/1.csv", &almost);
    // Columns that are not in all files.
    two(
        "drift",
        &numbered(0, 50, "a"),
        "id,name,kind,extra\n60,a,1,x\n61,b,2,y\n",
    );
    let found = world
        .run(&["init", "--from", "raw", "--format", "json"])
        .ok()
        .json();
    let source = |name: &str| {
        let sources = found["sources"].as_array().unwrap();
        sources.iter().find(|s| s["name"] == name).unwrap().clone()
    };
    for (name, load, key) in [
        ("parts", "append", "[\"id\"]"),
        ("changes", "upsert", "[\"id\"]"),
        ("copies", "replace", "[\"id\"]"),
        ("clicks", "append", "[]"),
        ("drift", "append", "[\"id\"]"),
    ] {
        let source = source(name);
        let found = (source["load"].as_str().unwrap(), source["key"].to_string());
        assert_eq!(found, (load, key.to_owned()), "{name}");
    }
    let almost = source("almost")["notes"].to_string();
    assert!(
        almost.contains("1 of 51 rows repeat another, such as `7`"),
        "{almost}"
    );
    let drift = source("drift")["notes"].to_string();
    assert!(
        drift.contains("1 of 2 files lack the column `extra`"),
        "{drift}"
    );
    world.run(&["export"]).ok();
    let counts = world.query(
        "SELECT (SELECT count(*) FROM raw.parts) AS parts, (SELECT count(*) FROM raw.changes) AS changes, \
         (SELECT count(*) FROM raw.copies) AS copies, (SELECT count(*) FROM raw.drift) AS drift",
    );
    assert_eq!(counts, "parts,changes,copies,drift\n90,70,55,52\n");
}

/// Files in ten ways that are not the usual one.
fn strange() -> World {
    let world = World::empty();
    let write = |name: &str, bytes: &[u8]| {
        let path = world.path(&format!("raw/{name}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let rows = |line: &dyn Fn(u32) -> String| (1..=30).map(line).collect::<String>();
    write(
        "bills.csv",
        format!(
            "bill_no;net;due\n{}",
            rows(&|n| format!("{n};1.{n:03},50;{:02}.01.2024\n", n % 28 + 1))
        )
        .as_bytes(),
    );
    write(
        "codes.tsv",
        format!(
            "code\tlabel\n{}",
            rows(&|n| format!("{n:04}\tLabel, {n}\n"))
        )
        .as_bytes(),
    );
    let latin: Vec<u8> = format!("id,town\n{}", rows(&|n| format!("{n},Köln {n}\n")))
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    write("towns.csv", &latin);
    let utf16 = format!("\u{feff}id,name\n{}", rows(&|n| format!("{n},Näme {n}\n")));
    write(
        "wide.csv",
        &utf16
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>(),
    );
    write(
        "bare.txt",
        rows(&|n| format!("{n}|x{n}|{n}.5\n")).as_bytes(),
    );
    write(
        "report.csv",
        format!(
            "Report of the shop\nfor you\n\nsku,units\n{}Total,465\n",
            rows(&|n| format!("S{n},{n}\n"))
        )
        .as_bytes(),
    );
    write(
        "notes.csv",
        format!(
            "# made by hand\nid,note\n{}# end\n",
            rows(&|n| format!("{n},\"say \\\"{n}\\\", please\"\n"))
        )
        .as_bytes(),
    );
    write(
        "dirty.csv",
        format!(
            "id,amount,day\n{}31,oops,2024-01-01\n32,5\n33,1.5,2024-02-30\n",
            rows(&|n| format!("{n},{n}.25,2024-01-{:02}\n", n % 28 + 1))
        )
        .as_bytes(),
    );
    write(
        "doubled.csv",
        format!(
            "id,name,Name,,select\n{}",
            rows(&|n| format!("{n},a{n},b{n},c{n},{n}\n"))
        )
        .as_bytes(),
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(
        &mut packed,
        format!("id,paid\n{}", rows(&|n| format!("{n},{}\n", n % 2 == 0))).as_bytes(),
    )
    .unwrap();
    write("paid.csv.gz", &packed.finish().unwrap());
    world
}

#[test]
fn strange_files_are_described() {
    let world = strange();
    let found = world
        .run(&["init", "--from", "raw", "--format", "json"])
        .ok()
        .json();
    let shown: Vec<String> = found["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| {
            let columns: Vec<String> = source["columns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| {
                    format!(
                        "{} {}",
                        c["column"]["name"].as_str().unwrap(),
                        c["column"]["type"].as_str().unwrap()
                    )
                })
                .collect();
            format!(
                "{} {} {} {} {}: {}",
                source["name"].as_str().unwrap(),
                source["rows"],
                source["load"].as_str().unwrap(),
                source["key"],
                source["bad_rows"].as_str().unwrap(),
                columns.join(", ")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r##"
bare 30 upsert ["column_1"] fail: column_1 BIGINT, column_2 VARCHAR, column_3 DECIMAL(18,1)
bills 30 upsert ["bill_no"] fail: bill_no BIGINT, net DECIMAL(18,2), due DATE
codes 30 upsert ["code"] fail: code VARCHAR, label VARCHAR
dirty 33 upsert ["id"] quarantine: id BIGINT, amount DECIMAL(18,2), day DATE
doubled 30 upsert ["id"] fail: id BIGINT, name VARCHAR, name_3 VARCHAR, column_4 VARCHAR, select BIGINT
notes 30 upsert ["id"] fail: id BIGINT, note VARCHAR
paid 30 upsert ["id"] fail: id BIGINT, paid BOOLEAN
report 31 upsert ["sku"] fail: sku VARCHAR, units BIGINT
towns 30 upsert ["id"] fail: id BIGINT, town VARCHAR
wide 30 upsert ["id"] fail: id BIGINT, name VARCHAR
"##);
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    insta::with_settings!({filters => vec![(r#"name = "\.tmp\w+""#, "name = \"folder\"")]}, {
        insta::assert_snapshot!(config, @r##"
# Proposed by `workbench init` after reading all of `raw`: 10 files, 304 rows. Read it through: what
# was not sure has a comment. Paths are relative to this file's folder.

[project]
name = "folder"
timezone = "UTC" # decides which day "today" is: write yours, such as "Europe/Paris"

# Where each day's results are published.
[target]
url = "output"

# 30 rows in 1 file.
# Note: no header was found: its columns have numbers; give them their names, in this order.
[sources.bare]
path = "raw/bare*.txt"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty, perhaps by chance: look at it
key = ["column_1"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.bare.csv]
delimiter = "|"
header = false # the columns are those below, in this order

[sources.bare.columns]
column_1 = "BIGINT"
column_2 = "VARCHAR"
column_3 = "DECIMAL(18,1)"

# 30 rows in 1 file.
[sources.bills]
path = "raw/bills*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["bill_no"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.bills.csv]
delimiter = ";"

[sources.bills.columns]
bill_no = "BIGINT"
net = { type = "DECIMAL(18,2)", decimal = ",", thousands = "." }
due = { type = "DATE", format = "%d.%m.%Y" }

# 30 rows in 1 file.
[sources.codes]
path = "raw/codes*.tsv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["code"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.codes.csv]
delimiter = "\t"

[sources.codes.columns]
# text: 30 of 30 values begin with a zero, such as `0001`, which a number would lose
code = "VARCHAR"
label = "VARCHAR"

# 33 rows in 1 file.
[sources.dirty]
path = "raw/dirty*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["id"]
# about 3 rows do not fit:
#   raw/dirty.csv line 33: 2 fields instead of 3: `32,5`
#   raw/dirty.csv line 32: `oops` in `amount` is no DECIMAL(18,2)
#   raw/dirty.csv line 34: `2024-02-30` in `day` is no DATE
bad_rows = "quarantine" # they are set aside, and can be looked at

[sources.dirty.columns]
id = "BIGINT"
amount = "DECIMAL(18,2)"
day = "DATE"

# 30 rows in 1 file.
# Note: columns 2 and 3 would both be `name`: the second is called `name_3`.
# Note: column 4 has no name, and is called `column_4`.
[sources.doubled]
path = "raw/doubled*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.doubled.csv]
header = false # the columns are those below, in this order
skip = 1

[sources.doubled.columns]
id = "BIGINT"
name = "VARCHAR"
name_3 = "VARCHAR"
column_4 = "VARCHAR"
select = "BIGINT"

# 30 rows in 1 file.
[sources.notes]
path = "raw/notes*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.notes.csv]
escape = "\\"
comment = "#"

[sources.notes.columns]
id = "BIGINT"
note = "VARCHAR"

# 30 rows in 1 file.
[sources.paid]
path = "raw/paid*.csv.gz"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.paid.columns]
id = "BIGINT"
paid = "BOOLEAN"

# 31 rows in 1 file.
# Note: these lines above the table are passed over (`skip`): `Report of the shop` / `for you`.
[sources.report]
path = "raw/report*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["sku"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.report.csv]
skip = 3

[sources.report.columns]
sku = "VARCHAR"
units = "BIGINT"

# 30 rows in 1 file.
[sources.towns]
path = "raw/towns*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.towns.csv]
encoding = "latin-1"

[sources.towns.columns]
id = "BIGINT"
town = "VARCHAR"

# 30 rows in 1 file.
[sources.wide]
path = "raw/wide*.csv"
# a later file that has a key again is taken to replace its row; one file does not tell
load = "upsert"
# unique and never empty
key = ["id"]
bad_rows = "fail" # all rows fit; one that does not refuses the run

[sources.wide.csv]
encoding = "utf-16"

[sources.wide.columns]
id = "BIGINT"
name = "VARCHAR"
"##);
    });
}

#[test]
fn strange_files_are_loaded_as_they_were_described() {
    let world = strange();
    world.run(&["init", "--from", "raw"]).ok();
    let summary = world.run(&["export", "--format", "json"]).ok().json();
    let rows: Vec<String> = summary["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let rows = &s["rows"];
            let name = s["name"].as_str().unwrap();
            format!(
                "{name} {} {} {}",
                rows["read"], rows["taken"], rows["quarantined"]
            )
        })
        .collect();
    assert_eq!(
        rows.join("; "),
        "bare 30 30 0; bills 30 30 0; codes 30 30 0; dirty 33 30 3; doubled 30 30 0; notes 30 30 0; \
         paid 30 30 0; report 31 31 0; towns 30 30 0; wide 30 30 0"
    );
    for (sql, expected) in [
        ("SELECT sum(net) AS x FROM staging.bills", "30480.00"),
        ("SELECT max(due) AS x FROM staging.bills", "2024-01-28"),
        ("SELECT max(code) AS x FROM staging.codes", "0030"),
        (
            "SELECT label AS x FROM staging.codes WHERE code = '0007'",
            "\"Label, 7\"",
        ),
        ("SELECT town AS x FROM staging.towns WHERE id = 3", "Köln 3"),
        ("SELECT name AS x FROM staging.wide WHERE id = 3", "Näme 3"),
        ("SELECT sum(column_3) AS x FROM staging.bare", "480.0"),
        (
            "SELECT note AS x FROM staging.notes WHERE id = 7",
            "\"say \"\"7\"\", please\"",
        ),
        (
            "SELECT concat(name, name_3, column_4, \"select\") AS x FROM staging.doubled WHERE id = 2",
            "a2b2c22",
        ),
        ("SELECT count(*) AS x FROM staging.paid WHERE paid", "15"),
    ] {
        assert_eq!(world.query(sql), format!("x\n{expected}\n"), "{sql}");
    }
}

#[test]
fn the_case_study_is_proposed_as_it_is() {
    let extracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/casestudy/raw");
    if !extracts.is_dir() {
        eprintln!("NOT TESTED: the case study's extracts are not on this machine");
        return;
    }
    let world = World::empty();
    world
        .run(&["init", "--from", extracts.to_str().unwrap()])
        .ok();
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    for words in [
        "[sources.accounts]",
        "joining_date = { type = \"DATE\", format = \"%d/%m/%Y\" }",
        "key = [\"invoice_id\"]",
        "date_issued = \"DATE\"",
        "item_cost_price = \"DECIMAL(18,9)\"",
        "contact_phone = \"VARCHAR\"",
    ] {
        assert!(config.contains(words), "{config}");
    }
    let summary = world.run(&["export", "--format", "json"]).ok().json();
    let taken: u64 = summary["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["rows"]["taken"].as_u64().unwrap())
        .sum();
    assert_eq!(taken, 200 + 10_253 + 55_937 + 100);
    assert_eq!(
        world.query("SELECT count(*) AS n FROM features.account_level"),
        "n\n200\n"
    );
}

/// Whatever the engine takes for a word of SQL may be a column's name.
#[test]
fn a_column_may_be_called_as_any_keyword() {
    let world = World::empty();
    let keywords = World::shop()
        .run(&["query", "--format", "csv", KEYWORDS])
        .ok();
    let names: Vec<&str> = keywords.stdout.lines().skip(1).collect();
    assert!(names.len() > 400, "{names:?}");
    let values: Vec<String> = (1..=names.len()).map(|n| format!("{n}.5")).collect();
    world.write(
        "raw/words/first.csv",
        &format!("{}\n{}\n", names.join(","), values.join(",")),
    );
    world.run(&["init", "--from", "raw"]).ok();
    world.run(&["export"]).ok();
    let rows = world.run(&["query", "--format", "csv", "FROM staging.words"]);
    assert_eq!(rows.ok().stdout.lines().nth(1), Some(&*values.join(",")));
}

const KEYWORDS: &str = "SELECT DISTINCT keyword_name FROM duckdb_keywords() ORDER BY 1";
