//! The app, on a pseudo-terminal: how long until rows are seen, how long from a key
//! to its frame, and what a table of many rows costs; beside the bare engine.
//!
//!     cargo bench --bench app -- [--days N] [--rows N] [--runs N] [--project DIR]
//!
//! 1,000 days and 10 million rows by default. `--project` keeps the large project
//! there for another time.

#[path = "measured/arguments.rs"]
mod arguments;
mod measured;
#[path = "measured/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use workbench::browse::answers::Answers;
use workbench::browse::browser::Seen;
use workbench::browse::page::SortedBy;
use workbench::browse::{Browser, Table, View};
use workbench::model::interrupt::Interrupt;
use workbench::model::progress::Silent;
use workbench::workbench::{Surroundings, Workbench};

use arguments::{number, value};
use measured::{measure, median};
use terminal::Terminal;

const FIRST: &str = "2022-01-01";
const SIZE: (u16, u16) = (140, 40);

/// Days that a key is held for.
const HELD: u64 = 100;

fn main() {
    let (days, rows) = (number("--days", 1000), number("--rows", 10_000_000));
    let runs = number("--runs", 15);
    let small = tempfile::tempdir().expect("a folder");
    println!("publishing {days} days …");
    write_days(small.path(), days);
    first_frame(small.path(), runs);
    keys(small.path(), &format!("{days} days"));
    held(small.path(), days);
    idle(small.path());
    let kept = value("--project").map(PathBuf::from);
    let folder = tempfile::tempdir().expect("a folder");
    let large = kept.unwrap_or_else(|| folder.path().to_owned());
    if !large.join("output").exists() {
        println!("publishing {rows} rows …");
        write_rows(&large, rows);
    }
    pages(&large, runs);
    views(&large, runs.min(5));
    large_on_screen(&large);
}

/// From exec of a cold process to a frame with rows.
fn first_frame(project: &Path, runs: u64) {
    let mut took = Vec::new();
    let mut version = Vec::new();
    for run in 0..=runs {
        let terminal = Terminal::open(project, SIZE);
        let until = terminal.wait("rows", |screen| screen.contains("2093.25"));
        terminal.quit();
        let began = Instant::now();
        let mut bare = Command::new(env!("CARGO_BIN_EXE_workbench"));
        bare.arg("--version");
        measure(bare);
        if run > 0 {
            took.push(ms(until));
            version.push(ms(began.elapsed()));
        }
    }
    println!("first frame with rows: {}", spread(took));
    println!("`--version` alone:     {}", spread(version));
}

/// From a key to its frame.
fn keys(project: &Path, what: &str) {
    let mut terminal = Terminal::open(project, SIZE);
    terminal.wait("rows", |screen| screen.contains("2093.25"));
    std::thread::sleep(Duration::from_millis(300));
    let mut took = Vec::new();
    for key in ["j", "k", "l", "h", "[", "]", " ", "\x15"]
        .iter()
        .cycle()
        .take(800)
    {
        took.push(ms(terminal.press(key)));
        std::thread::sleep(Duration::from_millis(3));
    }
    println!("key to frame, {what}: {}", spread(took));
    terminal.quit();
}

/// `[` held over snapshots, as fast as keys repeat.
fn held(project: &Path, days: u64) {
    let mut terminal = Terminal::open(project, SIZE);
    terminal.wait("rows", |screen| screen.contains("2093.25"));
    let back = HELD.min(days - 1);
    let last = last_day(days) - chrono::Days::new(back);
    let frames = terminal.frames();
    for _ in 0..back {
        terminal.type_ahead("[");
        std::thread::sleep(Duration::from_millis(33));
    }
    let released = Instant::now();
    let wanted = format!("As of {last}");
    terminal.wait("the day", |screen| screen.contains(&wanted));
    println!(
        "`[` held over {back} days: {:.1} ms behind, {} frames",
        ms(released.elapsed()),
        terminal.frames() - frames
    );
    terminal.quit();
}

/// What it uses while nobody touches it.
fn idle(project: &Path) {
    let terminal = Terminal::open(project, SIZE);
    terminal.wait("rows", |screen| screen.contains("2093.25"));
    std::thread::sleep(Duration::from_secs(7));
    let (before, _) = terminal.used();
    std::thread::sleep(Duration::from_secs(20));
    let (after, peak) = terminal.used();
    println!(
        "idle for 20 s: {} ms of a processor; peak memory {} MB",
        (after - before).as_millis(),
        peak / 1_000_000
    );
    terminal.quit();
}

fn browser(project: &Path) -> (Browser, Table) {
    let surroundings = Surroundings {
        progress: Arc::new(Silent),
        interrupt: Interrupt::default(),
        host: "here".to_owned(),
        clock: Arc::new(chrono::Utc::now),
    };
    let workbench = Workbench::open(project, surroundings).expect("a project");
    let kept = Answers::open(&std::env::temp_dir().join("workbench-bench")).expect("a folder");
    let browser = workbench.browser().expect("a target");
    let browser = browser.keeping_in(Some(Arc::new(kept)));
    let published = browser.published().expect("commits");
    let live = published.partitions.values().last().expect("a partition");
    let table = browser.open(live).expect("its file");
    (browser, table)
}

/// Pages of a large partition, anywhere.
fn pages(project: &Path, runs: u64) {
    let (browser, table) = browser(project);
    let never = Interrupt::default();
    println!("{} rows, {} columns", table.rows, table.columns.len());
    let mut took = Vec::new();
    // Any place, the same each time.
    for n in 0..runs * 10 {
        let first = n * 2_654_435_761 % (table.rows / 128) * 128;
        let began = Instant::now();
        let page = browser.page(&table, &View::default(), None, first..first + 128, &never);
        assert!(!page.expect("a page").rows.is_empty());
        took.push(ms(began.elapsed()));
    }
    println!("any page of 128 rows:  {}", spread(took));
}

/// Views: their first page beside bare SQL, their index, pages by the index.
fn views(project: &Path, runs: u64) {
    let (browser, table) = browser(project);
    let bare = duckdb::Connection::open_in_memory().expect("an engine");
    let file = table.path().expect("a partition").display();
    let amount = SortedBy {
        column: "amount".to_owned(),
        descending: true,
    };
    for (what, filter, order, sql) in [
        (
            "sorted",
            None,
            vec![amount.clone()],
            "ORDER BY amount DESC NULLS LAST",
        ),
        (
            "filtered",
            Some("quantity > 50"),
            Vec::new(),
            "WHERE quantity > 50",
        ),
        (
            "both",
            Some("quantity > 50"),
            vec![amount],
            "WHERE quantity > 50 ORDER BY amount DESC NULLS LAST",
        ),
    ] {
        let view = View {
            filter: filter.map(str::to_owned),
            order,
        };
        let sql = format!(
            "SELECT * FROM read_parquet('{file}', hive_partitioning = false) {sql} LIMIT 128"
        );
        first_page(what, &browser, &table, &view, &bare, &sql, runs);
        by_index(what, &browser, &table, &view);
    }
}

fn first_page(
    what: &str,
    browser: &Browser,
    table: &Table,
    view: &View,
    bare: &duckdb::Connection,
    sql: &str,
    runs: u64,
) {
    let never = Interrupt::default();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let began = Instant::now();
        let page = browser.page(table, view, None, 0..128, &never);
        assert_eq!(page.expect("a page").rows.len(), 128);
        let took = ms(began.elapsed());
        let began = Instant::now();
        let mut statement = bare.prepare(sql).expect("SQL");
        let mut rows = statement.query([]).expect("rows");
        while rows.next().expect("a row").is_some() {}
        if run > 0 {
            ours.push(took);
            theirs.push(ms(began.elapsed()));
        }
    }
    let ratio = median(ours.clone()) / median(theirs.clone());
    println!("{what}, first page:    {}", spread(ours));
    println!(
        "the same in bare SQL:  {}  ratio {ratio:.2}",
        spread(theirs)
    );
}

/// An index, and pages by it, anywhere: what a screen has in sight, and more.
fn by_index(what: &str, browser: &Browser, table: &Table, view: &View) {
    let never = Interrupt::default();
    let began = Instant::now();
    let index = browser.index(table, view, &never, |_| {});
    let index = index.expect("an index");
    println!(
        "its index:             {:.0} ms, {} rows",
        ms(began.elapsed()),
        index.rows
    );
    let seen: Vec<usize> = (0..11).collect();
    let all = table.columns.len();
    for (rows, columns) in [(32, Some(&seen)), (32, None), (128, None)] {
        let mut took = Vec::new();
        for n in 0..50 {
            let first = n * 2_654_435_761 % (index.rows / rows) * rows;
            let (range, view) = (first..first + rows, view);
            let index = Some(&index);
            let began = Instant::now();
            let seen = Seen { table, view, index };
            let columns = columns.map(Vec::as_slice);
            let page = browser.cells(seen, range, columns, &never);
            assert_eq!(page.expect("a page").rows.len() as u64, rows);
            took.push(ms(began.elapsed()));
        }
        let columns = columns.map_or(all, Vec::len);
        println!("{what}, any {rows} rows x {columns}: {}", spread(took));
    }
}

/// The same on the screen: the end, memory, keys while all processors are at work,
/// and a cancel.
fn large_on_screen(project: &Path) {
    let (_, table) = browser(project);
    let last = (table.rows - 1).to_string();
    // Not where it was left.
    let _ = std::fs::remove_file(project.join(".workbench/app.json"));
    let mut terminal = Terminal::open(project, SIZE);
    terminal.wait("rows", |screen| screen.contains("Company 0"));
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    terminal.type_ahead("G");
    terminal.wait("the end", |screen| screen.contains(&last));
    println!("`G`, the last rows:    {:.1} ms", ms(began.elapsed()));
    for _ in 0..200 {
        terminal.type_ahead("\x15");
        std::thread::sleep(Duration::from_millis(10));
    }
    let (_, peak) = terminal.used();
    println!("peak memory, browsing: {} MB", peak / 1_000_000);
    // Sort by the column beside the key.
    terminal.type_ahead("ls");
    std::thread::sleep(Duration::from_millis(150));
    let mut took = Vec::new();
    for key in ["l", "h"].iter().cycle().take(200) {
        took.push(ms(terminal.press(key)));
        std::thread::sleep(Duration::from_millis(3));
    }
    println!("key to frame, sorting: {}", spread(took));
    let began = Instant::now();
    terminal.type_ahead("\x18");
    terminal.wait("the cancel", |screen| screen.contains("ancelled"));
    println!("cancel is seen after   {:.1} ms", ms(began.elapsed()));
    let told = |terminal: &Terminal, what: &str, began: Instant| {
        let (_, peak) = terminal.used();
        let peak = peak / 1_000_000;
        println!(
            "{what}: {:.0} ms; peak memory {peak} MB",
            ms(began.elapsed())
        );
    };
    told(&terminal, "cancelled", began);
    let all = format!("1 of {}", grouped(table.rows));
    terminal.type_ahead("u");
    // Beside the name of `amount` or `company`; the timeline has one, too.
    let is_sorted = |screen: &str| screen.contains("t ▲") || screen.contains("y ▲");
    terminal.wait("no order", |screen| {
        !is_sorted(screen) && screen.contains(&all)
    });
    let began = Instant::now();
    terminal.type_ahead("s");
    terminal.wait("the first", |screen| {
        is_sorted(screen) && screen.contains("128+")
    });
    terminal.wait("all rows, sorted", |screen| screen.contains(&all));
    told(&terminal, "sorted, all rows known", began);
    let mut took = Vec::new();
    for key in [" ", " ", " ", "\x15"].iter().cycle().take(60) {
        let began = Instant::now();
        terminal.type_ahead(key);
        std::thread::sleep(Duration::from_millis(2));
        // Until no cell in sight is still to be read.
        terminal.wait("a page", |screen| !screen.contains(" …"));
        took.push(ms(began.elapsed()));
        std::thread::sleep(Duration::from_millis(150));
    }
    println!("a page down, sorted:   {}", spread(took));
    // From one end to the other, where nothing was read ahead.
    let mut took = Vec::new();
    for (key, at) in ["G", "g"].iter().zip([table.rows, 1]).cycle().take(20) {
        let there = format!("{} of {}", grouped(at), grouped(table.rows));
        let began = Instant::now();
        terminal.type_ahead(key);
        terminal.wait("an end", |screen| {
            screen.contains(&there) && !screen.contains(" …")
        });
        took.push(ms(began.elapsed()));
        std::thread::sleep(Duration::from_millis(300));
        terminal.type_ahead("\x04");
        std::thread::sleep(Duration::from_millis(300));
    }
    println!("the ends, sorted:      {}", spread(took));
    told(&terminal, "paged", began);
    for (what, keys, until) in [
        ("a text is found", "u/company 249999\r", "Company 249999"),
        (
            "filtered, all rows known",
            "ufquantity > 50\r",
            "where quantity",
        ),
        ("what a column holds", "u0lc", "median"),
        ("its values by frequency", "cF", "values in"),
    ] {
        let began = Instant::now();
        terminal.type_ahead(keys);
        terminal.wait(what, |screen| {
            screen.contains(until) && !screen.contains("more rows")
        });
        told(&terminal, what, began);
    }
    terminal.type_ahead("\x1b");
    std::thread::sleep(Duration::from_millis(300));
    terminal.quit();
}

fn grouped(number: u64) -> String {
    workbench::report::words::grouped(number)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Median, 99th percentile and most.
fn spread(mut took: Vec<f64>) -> String {
    took.sort_by(f64::total_cmp);
    let p99 = took[(took.len() * 99 / 100).min(took.len() - 1)];
    let most = took[took.len() - 1];
    format!(
        "median {:.1} ms, p99 {p99:.1}, most {most:.1}",
        median(took)
    )
}

fn last_day(days: u64) -> chrono::NaiveDate {
    let first: chrono::NaiveDate = FIRST.parse().expect("a day");
    first + chrono::Days::new(days.saturating_sub(1))
}

fn write(project: &Path, path: &str, text: &str) {
    let path = project.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

const SOURCE: &str = "[sources.orders]\npath = \"raw/*.csv\"\nload = \"append\"\n\n\
                      [sources.orders.columns]\nid = \"BIGINT\"\namount = \"DECIMAL(18,2)\"\n";

/// A small source and one dataset, published for so many days.
fn write_days(project: &Path, days: u64) {
    write(project, "workbench.toml", SOURCE);
    let select = "/*\ndescription = \"Orders.\"\nkey = [\"id\"]\n*/\n\
                  SELECT id, amount FROM raw.orders ORDER BY id";
    write(project, "sql/features/orders.sql", select);
    // The last row that is seen first: 299 * 7.
    let rows: String = (0..300)
        .rev()
        .map(|id| format!("{},{}.25\n", 299 - id, id * 7))
        .collect();
    write(project, "raw/orders.csv", &format!("id,amount\n{rows}"));
    let last = last_day(days).to_string();
    export(project, &["--from", FIRST, "--to", &last]);
}

/// One dataset of many rows and 20 columns.
fn write_rows(project: &Path, rows: u64) {
    // Or it would take all memory there is.
    let memory = "[project]\nname = \"many\"\nmemory = \"3GB\"\n\n";
    write(project, "workbench.toml", &format!("{memory}{SOURCE}"));
    write(project, "raw/orders.csv", "id,amount\n1,1.00\n");
    let more: String = (1..=14)
        .map(|n| format!(",\n  (r * {} % 100003)::INTEGER AS figure_{n}", n * 7919))
        .collect();
    let select = format!(
        "/*\ndescription = \"Many.\"\nkey = [\"id\"]\n*/\n\
         WITH many AS (SELECT range AS id, (range * 2654435761) % 1000003 AS r FROM range(0, {rows}))\n\
         SELECT id, (r / 7)::DOUBLE AS amount, 'Company ' || (r % 250000) AS company,\n  \
         ['open', 'paid', 'late', 'void'][1 + r % 4] AS status,\n  \
         DATE '2020-01-01' + (r % 1800)::INTEGER AS issued,\n  \
         CASE WHEN r % 50 = 0 THEN NULL ELSE (r % 97)::INTEGER END AS quantity{more}\nFROM many"
    );
    write(project, "sql/features/many.sql", &select);
    export(project, &["--date", FIRST]);
}

fn export(project: &Path, days: &[&str]) {
    let mut export = Command::new(env!("CARGO_BIN_EXE_workbench"));
    export
        .args(["export", "-q"])
        .args(days)
        .arg("-C")
        .arg(project);
    measure(export);
}
