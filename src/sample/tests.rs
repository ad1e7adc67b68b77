use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::{Cadence, SEED, Shape, csv::Csv, dates, write_deliveries};

type Row = Vec<String>;

/// Reads one CSV file by the rules of RFC 4180, without its header.
fn rows(text: &str) -> Vec<Row> {
    let mut rows = vec![vec![String::new()]];
    let mut in_quotes = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if in_quotes && chars.peek() == Some(&'"') => {
                row.last_mut().unwrap().push('"');
                chars.next();
            }
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => row.push(String::new()),
            '\n' if !in_quotes => rows.push(vec![String::new()]),
            _ => row.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(
        rows.pop(),
        Some(vec![String::new()]),
        "ends with a line break"
    );
    rows.remove(0);
    rows
}

/// The files of one table in the order of their deliveries: day and text.
fn files(dir: &Path, table: &str) -> BTreeMap<String, String> {
    fs::read_dir(dir.join("raw").join(table))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let day = stem.strip_prefix(&format!("{table}_")).unwrap().to_owned();
            (day, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn deliveries(dir: &Path, table: &str) -> Vec<Vec<Row>> {
    files(dir, table).values().map(|text| rows(text)).collect()
}

fn all(dir: &Path, table: &str) -> Vec<Row> {
    deliveries(dir, table).concat()
}

fn every_file(dir: &Path) -> Vec<(String, String)> {
    ["accounts", "skus", "invoices", "invoice_line_items"]
        .iter()
        .flat_map(|table| files(dir, table))
        .collect()
}

fn sample() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_deliveries(dir.path(), &Shape::sample(), SEED).unwrap();
    dir
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, two, other) = (sample(), sample(), tempfile::tempdir().unwrap());
    write_deliveries(other.path(), &Shape::sample(), SEED + 1).unwrap();
    assert_eq!(every_file(one.path()), every_file(two.path()));
    assert_ne!(every_file(one.path()), every_file(other.path()));
}

/// Whoever changes the generator writes `sample_data/` again, and sees in the
/// diff what the change does.
#[test]
fn the_committed_sample_is_what_the_generator_writes() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    assert!(
        every_file(&committed) == every_file(sample().path()),
        "run `cargo run --release --example generate_sample_data`"
    );
}

#[test]
fn the_sample_is_small_and_has_the_counts_of_its_shape() {
    let dir = sample();
    let bytes: usize = every_file(dir.path())
        .iter()
        .map(|(_, text)| text.len())
        .sum();
    assert!(bytes < 600_000, "{bytes} bytes");
    let days: Vec<String> = files(dir.path(), "accounts").into_keys().collect();
    assert_eq!(days, ["2024-09-01", "2024-10-01", "2024-11-01"]);

    let ids = |table| -> BTreeSet<String> {
        all(dir.path(), table)
            .into_iter()
            .map(|row| row[0].clone())
            .collect()
    };
    assert_eq!(ids("accounts").len(), 300);
    assert_eq!(ids("skus").len(), 60);
    assert_eq!(ids("invoices").len(), 3_000);
    assert_eq!(
        all(dir.path(), "invoices").len(),
        3_000,
        "no invoice comes twice"
    );
    let lines = all(dir.path(), "invoice_line_items").len();
    assert!((11_500..12_500).contains(&lines), "{lines} lines");
}

#[test]
fn a_row_refers_to_what_was_delivered_with_it_or_before() {
    let dir = sample();
    let by_delivery = |table| deliveries(dir.path(), table);
    let days: Vec<String> = files(dir.path(), "invoices").into_keys().collect();
    let (accounts, skus) = (by_delivery("accounts"), by_delivery("skus"));
    let (invoices, lines) = (by_delivery("invoices"), by_delivery("invoice_line_items"));
    let mut known = [const { BTreeSet::<String>::new() }; 2];
    for delivery in 0..days.len() {
        known[0].extend(accounts[delivery].iter().map(|row| row[0].clone()));
        known[1].extend(skus[delivery].iter().map(|row| row[0].clone()));
        let mut new_invoices = BTreeSet::new();
        for invoice in &invoices[delivery] {
            assert!(known[0].contains(&invoice[1]), "{invoice:?}");
            assert!(invoice[2] < days[delivery], "{invoice:?}");
            assert!(
                delivery == 0 || invoice[2] >= days[delivery - 1],
                "{invoice:?}"
            );
            assert!(new_invoices.insert(invoice[0].clone()));
        }
        for line in &lines[delivery] {
            assert!(new_invoices.contains(&line[0]), "{line:?}");
            assert!(known[1].contains(&line[1]), "{line:?}");
            assert!((1..=4).contains(&line[2].parse().unwrap()), "{line:?}");
        }
    }
}

#[test]
fn no_invoice_is_older_than_its_account() {
    let dir = sample();
    let joined: BTreeMap<String, String> = all(dir.path(), "accounts")
        .into_iter()
        .map(|row| {
            let date: Vec<i64> = row[6]
                .split('/')
                .map(|part| part.parse().unwrap())
                .collect();
            (
                row[0].clone(),
                dates::iso(dates::day(date[2], date[1], date[0])),
            )
        })
        .collect();
    for invoice in all(dir.path(), "invoices") {
        assert!(joined[&invoice[1]] <= invoice[2], "{invoice:?}");
    }
}

#[test]
fn accounts_have_the_quirks_of_real_ones() {
    let dir = sample();
    let accounts = all(dir.path(), "accounts");
    let some = |column: usize, what: &dyn Fn(&str) -> bool| {
        assert!(accounts.iter().any(|row| what(&row[column])));
    };
    assert!(accounts.iter().all(|row| row.len() == 7));
    assert!(accounts.iter().all(|row| row[2].contains('\n')));
    some(1, &|name| name.contains(','));
    some(1, &|name| name.contains('"'));
    some(1, &|name| name.contains('\''));
    some(1, &|name| !name.is_ascii());
    some(2, &|address| address.matches('\n').count() == 2);
    some(2, &|address| address.contains(','));
    some(4, &|phone| phone.starts_with('('));
    some(4, &|phone| phone.starts_with("+61"));
    some(4, &|phone| phone.bytes().all(|b| b.is_ascii_digit()));
    some(6, &|date| date.as_bytes()[1] == b'/');
    some(6, &|date| {
        date.as_bytes()[2] == b'/' && date[..2].parse::<u8>().unwrap() > 12
    });

    let texts = every_file(dir.path());
    assert!(texts.iter().all(|(_, text)| !text.contains('\r')));
    for row in &accounts {
        assert!(
            row.iter()
                .all(|value| value == value.trim() && !value.is_empty())
        );
    }
}

#[test]
fn later_deliveries_repeat_change_and_add_accounts() {
    let dir = sample();
    let deliveries = deliveries(dir.path(), "accounts");
    let mut seen: BTreeMap<String, Row> = BTreeMap::new();
    for (number, delivery) in deliveries.iter().enumerate() {
        let (mut repeated, mut changed, mut added) = (0, 0, 0);
        for row in delivery {
            match seen.insert(row[0].clone(), row.clone()) {
                None => added += 1,
                Some(before) if before == *row => repeated += 1,
                Some(before) => {
                    changed += 1;
                    assert_eq!(before[1], row[1], "only address and telephone change");
                    assert_eq!(before[6], row[6], "only address and telephone change");
                }
            }
        }
        assert!(added > 0);
        assert_eq!(repeated > 0, number > 0);
        assert_eq!(changed > 0, number > 0);
    }
}

#[test]
fn invoices_and_prices_have_their_quirks() {
    let dir = sample();
    let mut per_account: BTreeMap<String, u32> = BTreeMap::new();
    let mut without_lines = BTreeSet::new();
    for invoice in all(dir.path(), "invoices") {
        *per_account.entry(invoice[1].clone()).or_default() += 1;
        without_lines.insert(invoice[0].clone());
    }
    let (mut lines, mut twice) = (BTreeSet::new(), 0);
    for line in all(dir.path(), "invoice_line_items") {
        without_lines.remove(&line[0]);
        twice += u32::from(!lines.insert((line[0].clone(), line[1].clone())));
    }
    assert!(per_account.len() < 300, "some account has no invoice");
    assert!(per_account.values().any(|count| *count == 1));
    assert!(!without_lines.is_empty());
    assert!(twice > 0, "some invoice lists an item twice");

    let skus = all(dir.path(), "skus");
    let decimals = |price: &str| price.split_once('.').map_or(0, |(_, part)| part.len());
    let number = |price: &str| price.parse::<f64>().unwrap();
    assert!(
        skus.iter()
            .all(|sku| decimals(&sku[3]) <= 9 && decimals(&sku[4]) <= 9)
    );
    assert!(skus.iter().any(|sku| decimals(&sku[4]) == 9));
    assert!(skus.iter().any(|sku| decimals(&sku[3]) <= 2));
    assert!(skus.iter().any(|sku| number(&sku[4]) < number(&sku[3])));
    assert!(skus.iter().all(|sku| number(&sku[3]) > 0.0));
    assert!(skus.iter().any(|sku| sku[0].ends_with('X')));
    assert!(skus.iter().any(|sku| sku[2].contains('"')));
    let catalogs = deliveries(dir.path(), "skus");
    assert!(
        catalogs[0].iter().zip(&catalogs[2]).any(|(a, b)| a != b),
        "some price changes"
    );
}

#[test]
fn a_benchmark_is_one_delivery() {
    let dir = tempfile::tempdir().unwrap();
    write_deliveries(dir.path(), &Shape::benchmark(5_000), SEED).unwrap();
    assert_eq!(deliveries(dir.path(), "invoices").len(), 1);
    assert_eq!(all(dir.path(), "invoices").len(), 5_000);
    assert_eq!(all(dir.path(), "accounts").len(), 100);
    let lines = all(dir.path(), "invoice_line_items").len();
    assert!((24_000..26_000).contains(&lines), "{lines} lines");
}

#[test]
fn shapes_of_any_size_work_and_empty_ones_are_refused() {
    let one = Shape {
        accounts: 1,
        skus: 1,
        invoices: 1,
        lines_per_invoice: 1,
        deliveries: 1,
        cadence: Cadence::Monthly,
    };
    for shape in [
        one.clone(),
        Shape {
            deliveries: 4,
            ..one.clone()
        },
        Shape {
            accounts: 9,
            invoices: 2,
            deliveries: 2,
            ..one.clone()
        },
        Shape {
            accounts: 60,
            invoices: 3,
            deliveries: 100,
            ..one.clone()
        },
        Shape {
            accounts: 60,
            invoices: 30,
            deliveries: 26,
            cadence: Cadence::Weekly,
            ..one.clone()
        },
    ] {
        let dir = tempfile::tempdir().unwrap();
        write_deliveries(dir.path(), &shape, 1).unwrap();
        assert_eq!(
            all(dir.path(), "invoices").len() as u64,
            shape.invoices,
            "{shape:?}"
        );
    }
    let empty = Shape { invoices: 0, ..one };
    let error = write_deliveries(Path::new("not written"), &empty, 1).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn item_ids_differ() {
    let ids: BTreeSet<String> = (0..90_000).map(super::words::item_id).collect();
    assert_eq!(ids.len(), 90_000);
}

#[test]
fn dates_agree_with_the_calendar() {
    assert_eq!(dates::day(1970, 1, 1), 0);
    assert_eq!(dates::day(2024, 11, 3), 20_030);
    assert_eq!(dates::iso(dates::day(2024, 2, 29) + 1), "2024-03-01");
    assert_eq!(dates::day_first(dates::day(2016, 10, 3)), "3/10/2016");
    assert_eq!(
        dates::iso(dates::months_before(dates::day(2024, 2, 1), 14)),
        "2022-12-01"
    );
    for day in (-200_000..200_000).step_by(17) {
        let (year, month, day_of_month) = dates::date(day);
        assert_eq!(dates::day(year, month, day_of_month), day);
    }
}

#[test]
fn values_are_written_as_csv() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("values.csv");
    let mut csv = Csv::create(&path, "a,b").unwrap();
    for (text, billionths) in [
        ("plain", 12_345_678_901),
        ("a, b", 1_500_000_000),
        ("The \"x\"", 2_000_000_000),
        ("two\nlines", 40),
        ("", 0),
    ] {
        csv.text(text);
        csv.price(billionths);
        csv.end_row().unwrap();
    }
    csv.integer(u64::MAX);
    csv.integer(0);
    csv.end_row().unwrap();
    csv.finish().unwrap();
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "a,b\nplain,12.345678901\n\"a, b\",1.5\n\"The \"\"x\"\"\",2\n\"two\nlines\",0.00000004\n,0\n\
         18446744073709551615,0\n"
    );
}
