//! Questions of the app: what is kept of an answer is what an engine of one's own
//! finds, whatever is cancelled or does not fit in between.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use arrow_ipc::reader::StreamReader;
use workbench::browse::answers::Answers;
use workbench::browse::page::SortedBy;
use workbench::browse::row_index::RowIndex;
use workbench::browse::{Browser, Page, Table, View, find, forget};
use workbench::engine::diff::Change;
use workbench::model::difference::Pair;
use workbench::model::interrupt::Interrupt;
use workbench::model::progress::Silent;
use workbench::pipeline::asker::compare::TwoTables;
use workbench::pipeline::asker::feature::{self, Feature, FeatureError};
use workbench::pipeline::asker::saved::{self, Over, SaveError};
use workbench::pipeline::asker::tabs::{Tab, Tabs};
use workbench::pipeline::asker::{Answered, AskError, Asker, Heard, Question};
use workbench::pipeline::query::QueryRequest;
use workbench::report::answer_file::{self, FileFormat, Written};
use workbench::workbench::{Surroundings, Workbench};

use super::engine::texts;
use super::world::World;

/// A project that is looked into.
struct Desk {
    workbench: Workbench,
    browser: Browser,
    asker: Asker,
    answers: Arc<Answers>,
}

impl Desk {
    fn open(project: &Path, answers: &Path) -> Self {
        let surroundings = Surroundings {
            progress: Arc::new(Silent),
            interrupt: Interrupt::default(),
            host: "here".to_owned(),
            clock: Arc::new(|| "2024-11-04T09:00:00Z".parse().unwrap()),
        };
        let workbench = Workbench::open(project, surroundings).unwrap();
        let browser = workbench.browser().unwrap();
        let answers = Arc::new(Answers::open(answers).unwrap());
        let asker = workbench.asker(browser.clone(), Some(answers.clone()));
        Self {
            workbench,
            browser,
            asker,
            answers,
        }
    }

    fn of(world: &World) -> Self {
        Self::open(world.dir.path(), &world.path("answers"))
    }

    fn ask(&self, sql: &str) -> Result<(Arc<Table>, Page), AskError> {
        let answered = self
            .asker
            .answer(&question(sql), &Interrupt::default(), &|_| {});
        answered.map(|answered| match answered {
            Answered::Rows(table, first, _) => (table, first),
            other => panic!("{other:?}"),
        })
    }

    fn rows(&self, table: &Table, first: u64, count: u64) -> Vec<Vec<Option<String>>> {
        let never = Interrupt::default();
        let rows = first..first + count;
        let page = self
            .browser
            .page(table, &View::default(), None, rows, &never);
        page.unwrap().rows
    }

    fn all(&self, table: &Table) -> Vec<Vec<Option<String>>> {
        self.rows(table, 0, table.rows.max(1))
    }

    /// Files of answers in its folder.
    fn files(&self) -> usize {
        forget::settle(Duration::from_secs(60));
        let all = std::fs::read_dir(self.answers.path()).unwrap().flatten();
        all.filter(|e| e.file_name() != "lock" && e.file_name() != "spill")
            .count()
    }
}

/// The shop with two days, made once and only read.
static SHOP: LazyLock<World> = LazyLock::new(|| {
    let world = World::shop();
    world.run(&["export", "--date", "2024-11-01"]).ok();
    world.deliver_more();
    world.run(&["export"]).ok();
    world
});

fn question(sql: &str) -> Question {
    Question {
        sql: sql.to_owned(),
        params: Vec::new(),
        measures: false,
        as_of: None,
    }
}

fn own() -> duckdb::Connection {
    duckdb::Connection::open_in_memory().unwrap()
}

/// The rows of a query as an engine of one's own has them.
fn expected(connection: &duckdb::Connection, sql: &str, width: usize) -> Vec<Vec<Option<String>>> {
    let list = |cell: fn(usize) -> String| (0..width).map(cell).collect::<Vec<_>>().join(", ");
    let cells = list(|at| format!("CAST(c{at} AS VARCHAR)"));
    let names = list(|at| format!("c{at}"));
    texts(
        connection,
        &format!("SELECT {cells} FROM ({sql}\n) AS q({names})"),
    )
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const VALUES: [&str; 24] = [
    "x",
    "(x % 256)::UTINYINT",
    "CASE WHEN x % 3 = 0 THEN NULL ELSE '' END",
    "CASE x % 4 WHEN 0 THEN 'NULL' WHEN 1 THEN NULL WHEN 2 THEN 'it''s \"x\"' ELSE e'a\\nb,\\tc' END",
    "x / 7",
    "(x / 3)::FLOAT",
    "CASE x % 3 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN '-inf'::DOUBLE ELSE -0.0::DOUBLE END",
    "(x * 1000003)::DECIMAL(38, 5)",
    "sum(x) OVER (ORDER BY x)",
    "x::HUGEINT * 170141183460469231731",
    "DATE '2024-01-31' + x::INTEGER % 1000",
    "TIMESTAMP '2024-01-31 12:00:00.123456' + to_microseconds(x)",
    "to_days((x % 50)::INTEGER) + INTERVAL 1 MONTH",
    "TIME '10:00:00' + to_seconds(x)",
    "[x, NULL, x + 1]",
    "CASE WHEN x % 2 = 0 THEN [] ELSE [['a', ''], NULL, ['it''s, [b]']] END",
    "{'a': x, 'B c': NULL, 'd': {'e': ['x', 'NULL']}}",
    "map([x, x + 1], ['v, w', NULL])",
    "encode('ü\\' || x)",
    "md5(x::VARCHAR)::UUID",
    "x % 2 = 0",
    "NULL",
    "json_object('k', x)",
    "(['sad', 'ok', 'happy'])[1 + x % 3]::ENUM('sad', 'ok', 'happy')",
];

#[test]
fn pages_of_an_answer_are_its_rows() {
    let desk = Desk::of(&SHOP);
    let own = own();
    let mut dice = Dice(7);
    for round in 0..60 {
        let rows = [0, 1, 127, 128, 129, 2047, 2048, 2049, 5000, 20_000][dice.below(10)];
        let width = 1 + dice.below(6);
        let columns: Vec<String> = (0..width)
            .map(|_| {
                // Names come twice, and need quotes.
                let name = dice.of(&["a", "A", "b c", "\"", "select", "_position", "rowid"]);
                format!("{} AS \"{}\"", dice.of(&VALUES), name.replace('"', "\"\""))
            })
            .collect();
        let order = dice.of(&["", " ORDER BY x DESC", " ORDER BY x % 10, x"]);
        let condition = dice.of(&["", "", " WHERE x % 5 <> 1"]);
        let sql = format!(
            "-- {round}\nSELECT {} FROM range({rows}) AS r(x){condition}{order} -- end",
            columns.join(", ")
        );
        let (table, first) = desk.ask(&sql).unwrap_or_else(|e| panic!("{e} in {sql}"));
        let expected = expected(&own, &sql, width);
        assert_eq!(table.rows, expected.len() as u64, "{sql}");
        assert_eq!(first.rows[..], expected[..expected.len().min(128)], "{sql}");
        for _ in 0..4 {
            let at = dice.below(expected.len().max(1) + 10).min(expected.len());
            let count = dice.below(300);
            let end = (at + count).min(expected.len());
            let rows = desk.rows(&table, at as u64, count as u64);
            assert_eq!(rows, expected[at..end], "{at} {count} {sql}");
        }
        assert_eq!(desk.all(&table), expected, "{sql}");
    }
    assert_eq!(desk.files(), 0, "small answers need no file");
}

#[test]
fn an_answer_is_what_the_command_says() {
    let desk = Desk::of(&SHOP);
    for sql in [
        "SELECT 1",
        "FROM features.orders",
        "SELECT * FROM history.customer_level ORDER BY ALL",
        "SELECT * FROM staging.orders, raw.customers ORDER BY ALL",
        "DESCRIBE features.orders",
        "SUMMARIZE features.orders",
        "VALUES (1, 'a'), (NULL, '')",
        "SHOW TABLES",
        "SELECT name, name, 1 AS name FROM features.customer_level",
        "SELECT * FROM features.orders WHERE false",
        "PIVOT features.orders ON customer_id USING sum(amount)",
        "WITH a AS (FROM features.orders) SELECT count(*) FROM a;",
    ] {
        let (table, _) = desk.ask(sql).unwrap_or_else(|e| panic!("{e} in {sql}"));
        let command = desk.workbench.query(QueryRequest::of(sql)).unwrap();
        let rows = command.rows(None).unwrap();
        assert_eq!(desk.all(&table), rows.rows, "{sql}");
        let types = |columns: &[workbench::model::column::Column]| -> Vec<String> {
            columns.iter().map(|c| c.ty.clone()).collect()
        };
        assert_eq!(types(&table.columns), types(&rows.columns), "{sql}");
    }
    // The day is the one that was chosen.
    let as_of = Some("2024-11-01".parse().unwrap());
    let sql = "SELECT count(*) FROM features.orders WHERE order_id > $least";
    let asked = Question {
        as_of,
        params: ["least=10", "spare=1"].map(|p| p.parse().unwrap()).into(),
        ..question(sql)
    };
    let answered = desk.asker.answer(&asked, &Interrupt::default(), &|_| {});
    let Ok(Answered::Rows(_, first, _)) = answered else {
        panic!("{answered:?}")
    };
    assert_eq!(first.rows, [[Some("2".to_owned())]]);
}

#[test]
fn what_is_refused_is_refused_in_the_command_s_words() {
    let desk = Desk::of(&SHOP);
    for (sql, at) in [
        ("SELECT 1 FROM\n  features.orderz", "features"),
        ("-- ü\nSELECT nope FROM features.orders", "nope"),
        ("SELECT FROM WHERE", "WHERE"),
        ("COPY (SELECT 1) TO 'x'", "COPY"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'x'", "COPY"),
        ("SELECT 1; SELECT 2", "SELECT 2"),
        (
            "SELECT *, read_text('/etc/passwd') FROM staging.orders",
            "read_text",
        ),
    ] {
        let error = desk.ask(sql).unwrap_err();
        let AskError::Sql { message, at: found } = error else {
            panic!("{error:?} for {sql}")
        };
        let command = desk.workbench.query(QueryRequest::of(sql));
        let said = command.map(drop).unwrap_err().to_string();
        assert!(said.starts_with(&message), "{message}\n{said}");
        let place = sql.rfind(at).unwrap();
        assert_eq!(found.start, place, "{sql}: {message} {found:?}");
        assert!(
            at.starts_with(&sql[found.clone()]) && !found.is_empty(),
            "{found:?}"
        );
    }
    assert!(!Path::new("x").exists());
    let error = desk.ask("SELECT $a, $b, $a").unwrap_err();
    assert!(
        matches!(&error, AskError::Params(names) if *names == ["a", "b"]),
        "{error:?}"
    );
    let error = desk
        .ask("SELECT x::VARCHAR::DATE FROM range(3) AS r(x)")
        .unwrap_err();
    assert!(error.to_string().contains("date"), "{error}");
    assert_eq!(desk.ask("SELECT 1").unwrap().0.rows, 1);
}

#[test]
fn an_answer_is_looked_at_like_a_snapshot() {
    let desk = Desk::of(&SHOP);
    let sql =
        "SELECT x AS id, x * 7919 % 1000 AS v, 'n' || x % 50 AS name FROM range(30000) AS r(x)";
    let (table, _) = desk.ask(sql).unwrap();
    let (own, never) = (own(), Interrupt::default());
    let view = View {
        filter: Some("v < 900 -- most".to_owned()),
        order: vec![SortedBy {
            column: "v".to_owned(),
            descending: true,
        }],
    };
    let sorted = format!("SELECT id, v, name FROM ({sql}) WHERE v < 900 ORDER BY v DESC, id");
    let sorted = expected(&own, &sorted, 3);
    let session = desk.browser.session(&never).unwrap();
    let index = RowIndex::build(&session, &table, &view, |_| {}).unwrap();
    assert_eq!(index.rows, sorted.len() as u64);
    for first in [0, 13_000, index.rows - 5] {
        let rows = first..first + 100;
        let page = desk.browser.page(&table, &view, Some(&index), rows, &never);
        let until = (first as usize + 100).min(sorted.len());
        assert_eq!(page.unwrap().rows, sorted[first as usize..until]);
    }
    let page = desk.browser.page(&table, &view, None, 0..50, &never);
    assert_eq!(page.unwrap().rows, sorted[..50]);
    let profile = desk
        .browser
        .profile(&table, &table.columns[2], &view, &never)
        .unwrap();
    assert_eq!((profile.rows, profile.distinct), (index.rows, 50));
    let among = find::Among {
        table: &table,
        view: &view,
        index: Some(&index),
    };
    let found = find::text(&session, &among, "N49", 20_000, false).unwrap();
    let is_it = |row: &Vec<Option<String>>| row[2].as_deref() == Some("n49");
    let place = (20_000..sorted.len()).find(|at| is_it(&sorted[*at]));
    assert_eq!(found, place.map(|at| at as u64));
    // Into a file go the same rows in the same order.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.csv");
    let written = Written {
        browser: &desk.browser,
        table: &table,
        view: &view,
        columns: &[0, 1, 2],
        file: &file,
        format: FileFormat::of(&file).unwrap(),
    };
    assert_eq!(
        answer_file::write(&written, &never, |_| {}).unwrap(),
        index.rows
    );
    let back = format!("SELECT * FROM read_csv('{}')", file.display());
    assert_eq!(expected(&own, &back, 3), sorted);
    // Stopped, it leaves what was there.
    let stopped = Interrupt::default();
    stopped.request();
    std::fs::write(&file, "before").unwrap();
    assert!(answer_file::write(&written, &stopped, |_| {}).is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn files_of_an_answer_are_those_of_the_command() {
    let desk = Desk::of(&SHOP);
    let sql = "SELECT customer_id, name, NULL::DATE AS n, '' AS e, [name, ''] AS l, {'a': name} AS s, \
               total, 1.5::DOUBLE AS d, DATE '2024-01-31' AS day FROM features.customer_level";
    let (table, _) = desk.ask(sql).unwrap();
    for ending in ["csv", "json", "jsonl", "md", "parquet", "arrow"] {
        let file = SHOP.path(&format!("ours.{ending}"));
        let written = Written {
            browser: &desk.browser,
            table: &table,
            view: &View::default(),
            columns: &(0..table.columns.len()).collect::<Vec<_>>(),
            file: &file,
            format: FileFormat::of(&file).unwrap(),
        };
        let rows = answer_file::write(&written, &Interrupt::default(), |_| {}).unwrap();
        assert_eq!(rows, table.rows);
        let theirs = SHOP.path(&format!("theirs.{ending}"));
        SHOP.run(&["query", sql, "-o", theirs.to_str().unwrap()])
            .ok();
        if ending == "arrow" {
            let [ours, theirs] = [file, theirs].map(|file| {
                let read = StreamReader::try_new(File::open(file).unwrap(), None).unwrap();
                read.map(Result::unwrap).collect::<Vec<_>>()
            });
            assert_eq!(ours, theirs);
            continue;
        }
        let [ours, theirs] = [file, theirs].map(|file| std::fs::read(file).unwrap());
        assert!(ours == theirs, "{ending}");
    }
    // What is shown, in its order.
    for ending in ["csv", "parquet", "arrow"] {
        let file = SHOP.path(&format!("some.{ending}"));
        let written = Written {
            browser: &desk.browser,
            table: &table,
            view: &View::default(),
            columns: &[6, 1],
            file: &file,
            format: FileFormat::of(&file).unwrap(),
        };
        answer_file::write(&written, &Interrupt::default(), |_| {}).unwrap();
        let own = own();
        let names = match ending {
            "arrow" => {
                let read = StreamReader::try_new(File::open(file).unwrap(), None).unwrap();
                let fields = read.schema();
                fields.fields().iter().map(|f| f.name().clone()).collect()
            }
            _ => {
                let sql = format!(
                    "SELECT column_name FROM (DESCRIBE FROM '{}')",
                    file.display()
                );
                let rows = texts(&own, &sql);
                rows.into_iter().flatten().flatten().collect::<Vec<_>>()
            }
        };
        assert_eq!(names, ["total", "name"], "{ending}");
    }
}

#[test]
fn millions_of_rows_are_paged_from_disk_and_go_with_their_table() {
    let desk = Desk::of(&SHOP);
    let told = Mutex::new(Vec::new());
    let sql = "SELECT x AS id, x * 3 AS three, 'row ' || x AS name FROM range(3000000) AS r(x)";
    let answered = desk
        .asker
        .answer(&question(sql), &Interrupt::default(), &|heard| {
            told.lock().unwrap().push(heard);
        });
    let Ok(Answered::Rows(table, ..)) = answered else {
        panic!("{answered:?}")
    };
    assert_eq!(table.rows, 3_000_000);
    assert_ne!(desk.files(), 0);
    for first in [0, 1_499_990, 2_999_990] {
        let rows = desk.rows(&table, first, 20);
        let row = |x: u64| [x.to_string(), (x * 3).to_string(), format!("row {x}")].map(Some);
        let expected: Vec<_> = (first..(first + 20).min(table.rows)).map(row).collect();
        assert_eq!(rows, expected);
    }
    // The first rows came before it was known how many there are.
    let told = told.into_inner().unwrap();
    assert!(matches!(&told[0], Heard::Columns(columns) if columns.len() == 3));
    let first = told
        .iter()
        .position(|h| matches!(h, Heard::First(p) if p.rows.len() == 128));
    let counts = told.iter().filter_map(|heard| match heard {
        Heard::Rows(rows) => Some(*rows),
        _ => None,
    });
    let counts: Vec<u64> = counts.collect();
    assert!(first.is_some() && counts.is_sorted() && counts.iter().all(|n| *n < table.rows));
    drop(table);
    assert_eq!(desk.files(), 0);
}

#[test]
fn after_ten_cancels_the_next_question_is_answered() {
    let desk = Desk::of(&SHOP);
    let long = [
        "SELECT a.x * b.x AS p FROM range(1000000) AS a(x), range(1000000) AS b(x) ORDER BY p",
        "SELECT x, x::VARCHAR FROM range(100000000000) AS r(x)",
        "EXPLAIN ANALYZE SELECT sum(a.x * b.x) FROM range(1000000) AS a(x), range(1000000) AS b(x)",
    ];
    let mut dice = Dice(11);
    for round in 0..10 {
        let interrupt = Interrupt::default();
        let wait = Duration::from_millis(dice.below(400) as u64);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(wait);
                interrupt.request();
            });
            let answered = desk
                .asker
                .answer(&question(long[round % 3]), &interrupt, &|_| {});
            // One of them has rows to show at once, and these stay.
            match answered {
                Err(AskError::Interrupted) => {}
                Ok(Answered::Part(table, ..)) => assert!(round % 3 == 1 && table.rows > 0),
                other => panic!("{other:?}"),
            }
        });
        let (table, first) = desk
            .ask("SELECT sum(order_id) FROM features.orders")
            .unwrap();
        assert_eq!(first.rows, [[Some("60".to_owned())]]);
        assert_eq!(desk.all(&table), first.rows);
    }
    assert_eq!(desk.files(), 0);
}

#[test]
fn rows_that_came_until_it_was_cancelled_are_kept() {
    let desk = Desk::of(&SHOP);
    // In memory, and in a file.
    for least in [1, 3_000_000] {
        let interrupt = Interrupt::default();
        let sql = "SELECT x, x % 7 AS rest, 'row ' || x AS name FROM range(100000000000) AS r(x)";
        let answered = desk.asker.answer(&question(sql), &interrupt, &|heard| {
            let rows = match heard {
                Heard::Rows(rows) => rows,
                Heard::First(page) => page.rows.len() as u64,
                Heard::Columns(_) | Heard::Share(_) => 0,
            };
            if rows >= least {
                interrupt.request();
            }
        });
        let Ok(Answered::Part(table, first, took)) = answered else {
            panic!("{answered:?}");
        };
        assert!(table.rows >= least && took > Duration::ZERO);
        assert!(first.rows.len() >= 100 && desk.files() == usize::from(least > 1));
        let row = |n: u64| [n.to_string(), (n % 7).to_string(), format!("row {n}")].map(Some);
        for at in [0, table.rows / 2, table.rows - 1] {
            assert_eq!(desk.rows(&table, at, 1), [row(at)]);
        }
        // They are looked at like those of an answer.
        let view = View {
            filter: Some("rest = 3".to_owned()),
            ..View::default()
        };
        let never = Interrupt::default();
        let index = desk.browser.index(&table, &view, &never, |_| {}).unwrap();
        assert_eq!(index.rows, (table.rows + 3) / 7);
        drop((table, index));
        assert_eq!(desk.files(), 0);
        assert_eq!(desk.ask("SELECT 1").unwrap().1.rows.len(), 1);
    }
}

/// The app is left: nothing is waited for that nobody will see.
#[test]
fn at_the_end_nothing_is_kept_of_what_is_cancelled() {
    let desk = Desk::of(&SHOP);
    let interrupt = Interrupt::default();
    let sql = "SELECT x, 'row ' || x AS name FROM range(100000000000) AS r(x)";
    let answered = desk.asker.answer(&question(sql), &interrupt, &|heard| {
        if matches!(heard, Heard::Rows(rows) if rows > 2_000_000) {
            desk.asker.end();
            interrupt.request();
        }
    });
    assert!(
        matches!(answered, Err(AskError::Interrupted)),
        "{answered:?}"
    );
    assert_eq!(desk.files(), 0);
}

#[test]
fn a_question_that_does_not_fit_into_memory_ends_in_words() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let config = std::fs::read_to_string(world.path("workbench.toml")).unwrap();
    let small = config.replace("name = \"shop\"", "name = \"shop\"\nmemory = \"60MB\"");
    world.write("workbench.toml", &small);
    let desk = Desk::of(&world);
    let sql = "SELECT list(x ORDER BY x DESC) AS l FROM range(30000000) AS r(x)";
    let error = desk.ask(sql).unwrap_err();
    let AskError::Memory(said) = &error else {
        panic!("{error:?}")
    };
    assert!(
        said.contains("`memory`") && !said.contains("SET "),
        "{said}"
    );
    assert_eq!(desk.ask("FROM features.orders").unwrap().0.rows, 3);
}

#[test]
fn a_plan_is_a_tree() {
    let desk = Desk::of(&SHOP);
    let ask = |sql: &str| {
        let answered = desk
            .asker
            .answer(&question(sql), &Interrupt::default(), &|_| {});
        match answered {
            Ok(Answered::Plan(plan, _)) => plan,
            other => panic!("{other:?}"),
        }
    };
    let sql = "SELECT customer_id, sum(amount) FROM features.orders GROUP BY 1";
    let plan = ask(&format!("EXPLAIN {sql}"));
    assert!(!plan.is_measured && plan.roots[0].rows.is_none());
    let plan = ask(&format!("/* how */ EXPLAIN ANALYZE\n{sql}"));
    assert!(plan.is_measured);
    assert_eq!(plan.roots[0].rows, Some(3));
    let mut scan = &plan.roots[0];
    while let [below] = &scan.below[..] {
        scan = below;
    }
    let table = ("Table".to_owned(), "features.orders (1 file)".to_owned());
    assert_eq!(scan.about.first(), Some(&table), "{scan:?}");
    let plan = ask("EXPLAIN SELECT * FROM history.orders WHERE ingest_date > DATE '2020-01-01'");
    let said = format!("{plan:?}");
    assert!(said.contains("\"history.orders ("), "{said}");
    assert!(!said.contains("_wb_path"), "{said}");
    let error = desk
        .ask("EXPLAIN ANALYZE SELECT nope FROM features.orders")
        .unwrap_err();
    assert!(matches!(error, AskError::Sql { at, .. } if at.start == 23));
    // Measured, a statement is the one that was typed, and errors are in that.
    let measured = |sql: &str| {
        let asked = Question {
            measures: true,
            ..question(sql)
        };
        desk.asker.answer(&asked, &Interrupt::default(), &|_| {})
    };
    assert!(matches!(measured(sql), Ok(Answered::Plan(plan, _)) if plan.is_measured));
    let error = measured("SELECT nope FROM features.orders").unwrap_err();
    assert!(matches!(error, AskError::Sql { at, .. } if at == (7..11)));
}

/// Quartiles of many rows are found in another way than those of few.
#[test]
fn a_column_of_millions_of_rows_has_its_figures() {
    let desk = Desk::of(&SHOP);
    let sql = "SELECT CASE WHEN x % 3 = 0 THEN NULL ELSE x END AS x FROM range(2100001) AS r(x)";
    let (table, _) = desk.ask(sql).unwrap();
    let (column, view) = (&table.columns[0], View::default());
    let profile = desk
        .browser
        .profile(&table, column, &view, &Interrupt::default())
        .unwrap();
    assert_eq!((profile.rows, profile.nulls), (2_100_001, 700_001));
    // Of those that stay, there are as many below the middle as above it.
    let median = profile.numbers.unwrap().quartiles[1].clone();
    assert_eq!(median.unwrap().parse(), Ok(1_050_000.0));
}

#[test]
fn answers_are_compared_by_key() {
    let desk = Desk::of(&SHOP);
    let before = "SELECT x AS id, x % 10 AS v, sum(x) OVER () AS wide, INTERVAL 1 DAY AS i, x AS gone \
                  FROM range(1000) AS r(x) ORDER BY hash(x)";
    let after = "SELECT x AS id, CASE WHEN x % 100 = 7 THEN 99 ELSE x % 10 END AS v, \
                 sum(x) OVER () AS wide, INTERVAL 1 DAY AS i FROM range(10, 1010) AS r(x)";
    let [(before, _), (after, _)] = [before, after].map(|sql| desk.ask(sql).unwrap());
    let compare = |key: &[&str]| {
        let two = TwoTables {
            sides: Pair::new(&*before, &*after),
            key: key.iter().map(|k| (*k).to_owned()).collect(),
            most: 100,
        };
        desk.asker.compare(&two, &Interrupt::default(), &|_| {})
    };
    let compared = compare(&["id"]).unwrap();
    // The engine knows no case, and neither does a key.
    let shouted = compare(&["ID", "Id"]).unwrap();
    assert_eq!(shouted, compared);
    assert_eq!(compared.key[0].name, "id");
    let rows = compared.difference.rows;
    // All sums differ.
    assert_eq!(
        (rows.added, rows.removed, rows.changed, rows.unchanged),
        (10, 10, 990, 0)
    );
    let changed = |name: &str| {
        let columns = &compared.difference.columns;
        columns.iter().find(|c| c.name == name).map(|c| c.changed)
    };
    assert_eq!(
        (changed("v"), changed("wide"), changed("i")),
        (Some(9), Some(990), Some(0))
    );
    assert_eq!(compared.only.before[0].name, "gone");
    assert!(compared.is_cut && compared.rows.len() == 100);
    assert_eq!(compared.rows[0].change, Change::Removed);
    assert_eq!(compared.rows[0].key, [Some("0".to_owned())]);
    assert!(compare(&[]).is_err() && compare(&["gone"]).is_err());
    let twice = compare(&["v"]).unwrap_err().to_string();
    assert!(twice.contains("rows have `v` "), "{twice}");
    let lacking = "SELECT nullif(x, 3) AS id FROM range(5) AS r(x)";
    let [(one, _), (other, _)] = [lacking, lacking].map(|sql| desk.ask(sql).unwrap());
    let two = TwoTables {
        sides: Pair::new(&*one, &*other),
        key: vec!["id".to_owned()],
        most: 10,
    };
    let refused = desk.asker.compare(&two, &Interrupt::default(), &|_| {});
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("has no `id`"), "{refused}");
    // With what was published, too.
    let (table, _) = desk
        .ask("SELECT order_id, amount + 1 AS amount FROM features.orders")
        .unwrap();
    let published = desk.browser.published().unwrap();
    let newest = published.partitions.values().rfind(|live| {
        let id = &live.partition.staged.id;
        id.dataset.as_str() == "orders" && id.ingest_date.to_string() == "2024-11-03"
    });
    let snapshot = desk.browser.open(newest.unwrap()).unwrap();
    let with_snapshot = |table: &Table| {
        let two = TwoTables {
            sides: Pair::new(&snapshot, table),
            key: vec!["order_id".to_owned()],
            most: 10,
        };
        let compared = desk.asker.compare(&two, &Interrupt::default(), &|_| {});
        compared.unwrap()
    };
    let compared = with_snapshot(&table);
    assert_eq!(compared.difference.rows.changed, 5);
    assert_eq!(desk.files(), 0);
    // The sides may spell a column in two ways: it is one.
    let sql = "SELECT ORDER_ID AS Order_Id, customer_id AS CUSTOMER_ID FROM features.orders";
    let (table, _) = desk.ask(sql).unwrap();
    let compared = with_snapshot(&table);
    assert_eq!(compared.key[0].name, "Order_Id");
    let only = compared.only.map(|columns| columns.len());
    assert_eq!((compared.columns.len(), only), (1, Pair::new(1, 0)));
    let rows = compared.difference.rows;
    assert_eq!((rows.added, rows.removed, rows.changed), (0, 0, 0));
}

#[test]
fn the_names_of_a_project_are_known() {
    let desk = Desk::of(&SHOP);
    let never = Interrupt::default();
    let words = desk.asker.vocabulary(None, &never);
    let columns = |schema: &str, name: &str| -> Vec<(String, String)> {
        let table = words
            .tables
            .iter()
            .find(|t| t.schema == schema && t.name == name);
        table
            .unwrap_or_else(|| panic!("{schema}.{name} in {words:?}"))
            .columns
            .clone()
    };
    let pair = |name: &str, ty: &str| (name.to_owned(), ty.to_owned());
    let orders = vec![
        pair("order_id", "BIGINT"),
        pair("customer_id", "BIGINT"),
        pair("amount", "DECIMAL(18,2)"),
    ];
    assert_eq!(columns("features", "orders"), orders);
    assert_eq!(columns("staging", "orders"), orders);
    assert_eq!(columns("raw", "orders")[..3], orders[..]);
    let of_history = columns("history", "orders");
    assert_eq!(of_history.last(), Some(&pair("ingest_date", "DATE")));
    let features = words.tables.iter().find(|t| t.name == "customer_level");
    assert_eq!(features.unwrap().about, "One row per customer.");
    let round = words.functions.iter().find(|f| f.name == "round").unwrap();
    assert!(
        round.signatures.iter().any(|s| s.ends_with("→ DOUBLE")),
        "{round:?}"
    );
    for name in ["current_date", "today", "run_date"] {
        assert!(words.functions.iter().any(|f| f.name == name), "{name}");
    }
    for word in ["select", "qualify"] {
        assert!(words.keywords.iter().any(|k| k == word));
    }
    assert!(words.types.iter().any(|t| t == "BIGINT"));
    let values = |column| {
        desk.asker
            .values("features.customer_level", column, None, &never)
    };
    let names = ["Ann, Inc.", "Bobs", "Cleo"].map(str::to_owned);
    assert_eq!(values("name").as_deref(), Some(&names[..]));
    assert_eq!(values("nope"), None);
    // Also of what is not published, from the first rows.
    let few = |table: &str, column: &str| desk.asker.values(table, column, None, &never);
    assert_eq!(few("raw.customers", "name").as_deref(), Some(&names[..]));
    let ids = few("staging.orders", "customer_id");
    assert_eq!(ids, few("features.orders", "customer_id"));
    assert!(ids.is_some_and(|ids| ids.len() > 1));
    assert_eq!(few("staging.orders", "nope"), None);
    assert_eq!(few("staging.nope", "customer_id"), None);
    assert_eq!(few("raw.orders; SELECT 1", "customer_id"), None);
}

/// A view that takes for ever keeps nobody waiting, and the next question is answered.
#[test]
fn values_that_take_too_long_are_none() {
    let world = World::shop();
    let sql = "/*\ndescription = \"Has no end.\"\n*/\n\
               SELECT count(*) AS many FROM range(1000000) a, range(1000000) b, raw.orders \
               WHERE (a.range * b.range) % 7 = 3\n";
    std::fs::write(world.path("sql/staging/endless.sql"), sql).unwrap();
    world.run(&["load"]).ok();
    let desk = Desk::of(&world);
    let interrupt = Interrupt::default();
    assert_eq!(
        desk.asker
            .values("staging.endless", "many", None, &interrupt),
        None
    );
    assert!(!interrupt.is_requested());
    // Whoever wants something else waits even less.
    std::thread::scope(|scope| {
        let values = scope.spawn(|| {
            desk.asker
                .values("staging.endless", "many", None, &interrupt)
        });
        interrupt.request();
        assert_eq!(values.join().unwrap(), None);
    });
    assert!(desk.ask("SELECT count(*) FROM raw.orders").is_ok());
}

#[test]
fn a_query_becomes_a_dataset() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let desk = Desk::of(&world);
    let feature = |name: &str, sql: &str| Feature {
        name: name.to_owned(),
        sql: sql.to_owned(),
        description: "One row per \"customer\" */ of ours.".to_owned(),
        key: vec!["customer_id".to_owned()],
    };
    let good =
        "-- by hand\nSELECT customer_id, sum(amount) AS \"sum */\" FROM staging.orders GROUP BY 1;";
    let path = desk.asker.make_feature(&feature("spent", good)).unwrap();
    assert_eq!(path, world.path("sql/features/spent.sql"));
    let listed = world.run(&["transforms"]).ok().stdout;
    assert!(listed.contains("features.spent"), "{listed}");
    let plan = world.run(&["plan"]).ok().stdout;
    assert!(plan.contains("spent"), "{plan}");
    // What a file does not keep is told before anything is asked, and written exactly only
    // where a person asks for a file.
    let wide = "SELECT customer_id, sum(order_id) AS total FROM staging.orders GROUP BY 1";
    let error = desk.asker.look_at_feature(wide).unwrap_err().to_string();
    let said = "the column `total` is HUGEINT, which a Parquet file would hold as DOUBLE";
    assert!(error.contains(said), "{error}");
    // Nor is a text saved that breaks who reads what is published.
    let orders = std::fs::read_to_string(world.path("sql/features/orders.sql")).unwrap();
    let check = |text: &str| {
        desk.asker
            .check_feature_file("orders", text, &Interrupt::default())
    };
    check(&orders).unwrap();
    let other = orders.replace("amount", "amount AS paid");
    let error = check(&other).unwrap_err().to_string();
    assert!(error.contains("breaks its readers"), "{error}");
    // A key is of columns that there are, in their own spelling.
    let key_of = |names: &[&str]| Feature {
        key: names.iter().map(|name| (*name).to_owned()).collect(),
        ..feature(
            "keyed",
            "SELECT customer_id AS id, amount FROM staging.orders",
        )
    };
    let error = desk.asker.make_feature(&key_of(&["id", "nope"]));
    assert_eq!(
        error.unwrap_err().to_string(),
        "`nope` cannot be in the key: the query has `id`, `amount`"
    );
    // One that no key column may be called, or that are two, before all else.
    for (names, said) in [(["count_star()"], "with `AS`"), (["id"], "several columns")] {
        let sql =
            "SELECT count(*), customer_id AS id, amount AS ID FROM staging.orders GROUP BY ALL";
        let key = names.map(str::to_owned);
        let columns = ["count_star()", "id", "ID"].map(str::to_owned);
        let why = feature::key(&key, &columns).unwrap_err().to_string();
        assert!(why.contains(said), "{why}");
        let error = Feature {
            sql: sql.to_owned(),
            ..key_of(&names)
        };
        let error = desk.asker.make_feature(&error).unwrap_err();
        assert!(matches!(error, FeatureError::NoKey { .. }), "{error}");
    }
    assert!(!world.path("sql/features/keyed.sql").exists());
    let path = desk.asker.make_feature(&key_of(&["ID", "Id"])).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\nkey = [\"id\"]\n"), "{text}");
    std::fs::remove_file(path).unwrap();
    // Without a key it is refused until it has one.
    let unfilled = Feature {
        key: Vec::new(),
        ..feature("unfilled", good)
    };
    let path = desk.asker.make_feature(&unfilled).unwrap();
    world.run(&["plan"]).expect(2);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replacen("key = []", "key = [\"customer_id\"]", 1),
    )
    .unwrap();
    world.run(&["plan"]).ok();
    for (name, sql, said) in [
        ("spent", good, "already"),
        ("Bad", good, "lower-case"),
        ("x_v2", good, "version"),
        ("x", "SELECT now() AS customer_id", "clock"),
        ("x", "SELECT 1; SELECT 2", "one SELECT"),
        ("x", "SELECT nope FROM staging.orders", "nope"),
        ("x", "SELECT $a AS customer_id", "parameter"),
        ("x", "SELECT customer_id FROM features.orderz", "orderz"),
    ] {
        let error = desk.asker.make_feature(&feature(name, sql)).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        if let FeatureError::Sql { at, .. } = &error {
            assert!(sql.is_char_boundary(at.start) && at.end <= sql.len());
        }
        assert!(!world.path("sql/features/x.sql").exists());
    }
    let error = desk
        .asker
        .make_feature(&feature("x", "-- a\nSELECT\n  now() AS customer_id"));
    assert!(
        matches!(error, Err(FeatureError::Sql { at, .. }) if at.start == 14),
        "at `now`"
    );
}

/// A key is tried on all rows before a file is written, and again when it is corrected.
#[test]
fn a_feature_has_a_key_and_is_corrected_and_removed() {
    let world = World::shop();
    world.run(&["export"]).ok();
    let desk = Desk::of(&world);
    let never = Interrupt::default();
    let sql = |values: &str| {
        format!(
            "SELECT v.id, v.a_b FROM (VALUES {values}) AS v(id, a_b) -- of all\n\
             WHERE v.id IS DISTINCT FROM (SELECT -1 FROM staging.orders LIMIT 1)"
        )
    };
    let feature = |values: &str, key: &[&str]| Feature {
        name: "made".to_owned(),
        sql: sql(values),
        description: "One row.".to_owned(),
        key: key.iter().map(|name| (*name).to_owned()).collect(),
    };
    let why = |values: &str, key: &[&str]| {
        let checked = desk.asker.check_feature(&feature(values, key), &never);
        checked.map_err(|error| error.to_string())
    };
    let twice = "(1, 'x'), (1, 'y'), (2, 'x'), (2, 'y'), (2, NULL), (3, 'x')";
    assert_eq!(
        why(twice, &["id"]).unwrap_err(),
        "`id` is no key: 2 of its values name several rows each, such as `2` (3 rows)"
    );
    assert_eq!(
        why("(7, 'x'), (7, 'x'), (7, NULL)", &["id", "a_b"]).unwrap_err(),
        "`id`, `a_b` is no key: 1 of its values names several rows, it is `7`, `x` (2 rows)"
    );
    let null = why(twice, &["id", "a_b"]).unwrap_err();
    assert!(null.contains("it is NULL in 1 row;"), "{null}");
    assert_eq!(why("(1, 'x'), (1, 'y')", &["A_B"]), Ok(()));
    assert_eq!(why("(1, 'x'), (1, 'y')", &[]), Ok(()));
    let requested = Interrupt::default();
    requested.request();
    let good = feature("(1, 'x'), (2, 'x')", &["id"]);
    let stopped = desk.asker.check_feature(&good, &requested);
    assert!(matches!(stopped, Err(FeatureError::Interrupted)));
    // It is opened, corrected and stays a feature.
    let path = desk.asker.make_feature(&good).unwrap();
    let name = saved::of_feature("made");
    let listed = desk.asker.saved();
    assert!(
        listed.iter().any(|s| s.name == name && s.path == path),
        "{listed:?}"
    );
    let text = desk.asker.read_saved(&name).unwrap();
    let check = |text: &str| desk.asker.check_saved(&name, text, &never);
    for (from, to, said, at) in [
        ("key = [\"id\"]", "key = []", "key", "["),
        ("key = [\"id\"]", "key = [\"a_b\"]", "several rows", ""),
        ("key = [\"id\"]", "key = [\"no\"]", "`no`", ""),
        ("staging.orders", "staging.nothing", "nothing", "staging"),
        ("SELECT v.id", "SELECT now() AS id", "clock", "now"),
        ("v.a_b FROM", "v.nope FROM", "nope", "v"),
    ] {
        let wrong = text.replace(from, to);
        let error = check(&wrong).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        if let SaveError::Feature(FeatureError::Sql { at: place, .. }) = &error
            && !at.is_empty()
        {
            assert!(wrong[place.clone()].starts_with(at), "{error} at {place:?}");
        }
        if said != "several rows" {
            assert!(desk.asker.save(&name, &wrong, &Over::Whatever).is_err());
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    let better = text.replace("(2, 'x')", "(3, 'y')");
    check(&better).unwrap();
    desk.asker
        .save(&name, &better, &Over::Only(text.clone()))
        .unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), better);
    world.run(&["plan"]).ok();
    // What others read stays; else it is taken away, and is not lost.
    let reader = Feature {
        name: "reader".to_owned(),
        sql: "SELECT id FROM features.made".to_owned(),
        ..good
    };
    world.run(&["export"]).ok();
    let path_of_reader = desk.asker.make_feature(&reader).unwrap();
    let error = desk.asker.remove(&name).unwrap_err().to_string();
    assert!(error.contains("`sql/features/reader.sql`"), "{error}");
    std::fs::remove_file(path_of_reader).unwrap();
    let (_, kept) = desk.asker.remove(&name).unwrap();
    assert!(!path.exists());
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), better);
    assert!(
        kept.starts_with(world.path(".workbench/removed")),
        "{kept:?}"
    );
    // Another one of that name, in the same second.
    std::fs::write(&path, &text).unwrap();
    let (_, beside) = desk.asker.remove(&name).unwrap();
    assert_ne!(beside, kept);
    assert!(desk.asker.save(&name, &better, &Over::Whatever).is_err());
    world.run(&["plan"]).ok();
}

#[test]
fn queries_and_tabs_are_kept_whole() {
    let world = World::shop();
    let desk = Desk::of(&world);
    let asker = &desk.asker;
    let queries = || {
        let all = asker.saved().into_iter();
        all.filter(|s| saved::feature(&s.name).is_none())
            .collect::<Vec<_>>()
    };
    assert_eq!(queries(), []);
    let saved = asker
        .save("accounts/by day", "SELECT 1\n\n", &Over::No)
        .unwrap();
    assert_eq!(saved.path, world.path("queries/accounts/by day.sql"));
    // It is the same query, and has one name.
    let again = asker.save(" accounts/by day.sql ", "SELECT 1", &Over::No);
    assert_eq!(again.unwrap(), saved);
    assert_eq!(saved.name, "accounts/by day");
    let again = asker.save("accounts/by day.sql", "SELECT 2", &Over::No);
    assert!(matches!(again, Err(SaveError::Exists(name)) if name == saved.name));
    assert_eq!(asker.read_saved("accounts/by day").unwrap(), "SELECT 1\n");
    asker
        .save("accounts/by day", "SELECT 2", &Over::Whatever)
        .unwrap();
    assert_eq!(asker.read_saved("accounts/by day").unwrap(), "SELECT 2\n");
    asker.save("b", "SELECT 3", &Over::No).unwrap();
    let names: Vec<String> = queries().into_iter().map(|s| s.name).collect();
    assert_eq!(names, ["accounts/by day", "b"]);
    assert!(asker.save("../b", "x", &Over::Whatever).is_err());

    assert_eq!(asker.tabs(), Tabs::default());
    let tab = Tab {
        text: "SELECT 'ü'".to_owned(),
        cursor: 9,
        ..Tab::default()
    };
    let tabs = Tabs {
        tabs: vec![tab.clone(), tab],
        current: 7,
        ..Tabs::default()
    };
    asker.keep_tabs(&tabs).unwrap();
    let kept = asker.tabs();
    // Cursors lie between characters, and the tab that is seen is there.
    assert_eq!((kept.current, kept.tabs[0].cursor), (1, 8));
    std::fs::write(world.path(".workbench/tabs.json"), "{\"tabs\": [").unwrap();
    assert_eq!(asker.tabs(), Tabs::default());
    asker.keep_tabs(&tabs.clone()).unwrap();
    let bad = std::fs::read_to_string(world.path(".workbench/tabs.json.bad"));
    assert_eq!(bad.unwrap(), "{\"tabs\": [");
}

#[test]
fn what_the_dead_left_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join("1-dead");
    std::fs::create_dir(&dead).unwrap();
    std::fs::write(dead.join("lock"), "").unwrap();
    std::fs::write(dead.join("1.duckdb"), "rows").unwrap();
    let first = Answers::open(folder.path()).unwrap();
    let second = Answers::open(folder.path()).unwrap();
    forget::settle(Duration::from_secs(10));
    assert!(!dead.exists() && first.path().exists() && second.path().exists());
    let path = first.path().to_owned();
    drop(first);
    assert!(!path.exists() && second.path().exists());
}
