use std::path::PathBuf;

use super::super::dialect::guess;
use super::super::find::Candidate;
use super::super::layout::layout;
use super::super::sample::Sample;
use super::*;

const ACCOUNTS: &str = "account_id,name\n1,Ann\n2,Bob\n";
const ORDERS: &str = "order_id,account_id,amount\n1,1,5.50\n2,1,6.25\n";

fn file(path: &str, text: &str) -> Sniffed {
    let sample = Sample::of(text.as_bytes()).unwrap();
    let guess = guess(&sample);
    let layout = layout(&sample, &guess);
    let candidate = Candidate {
        absolute: PathBuf::from(path),
        path: path.to_owned(),
        bytes: text.len() as u64,
    };
    Sniffed::new(candidate, sample, guess, layout)
}

#[track_caller]
fn are(files: &[(&str, &str)], left_out: &[&str], expected: &[(&str, &str, usize)]) {
    let sniffed = files.iter().map(|(path, text)| file(path, text)).collect();
    let left_out: Vec<String> = left_out.iter().map(|p| (*p).to_owned()).collect();
    let found = feeds(sniffed, &left_out, "raw");
    let found: Vec<(&str, &str, usize)> = found
        .iter()
        .map(|f| (f.name.as_str(), f.pattern.as_str(), f.files.len()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn files_of_one_kind_are_one_source() {
    are(
        &[
            ("raw/accounts_2024-01.csv", ACCOUNTS),
            ("raw/accounts_2024-02.csv", ACCOUNTS),
            ("raw/orders.csv", ORDERS),
        ],
        &[],
        &[
            ("accounts", "raw/accounts_*.csv", 2),
            ("orders", "raw/orders*.csv", 1),
        ],
    );
    are(
        &[
            ("raw/accounts/x1.csv", ACCOUNTS),
            ("raw/accounts/x2.csv", ACCOUNTS),
            ("raw/orders/today.csv", ORDERS),
        ],
        &[],
        &[
            ("accounts", "raw/accounts/*.csv", 2),
            ("orders", "raw/orders/*.csv", 1),
        ],
    );
    // Days as folders.
    are(
        &[
            ("raw/2024-01-01/orders.csv", ORDERS),
            ("raw/2024-01-02/orders.csv", ORDERS),
            ("raw/2024-01-02/accounts.csv", ACCOUNTS),
        ],
        &[],
        &[
            ("accounts", "raw/*/accounts*.csv", 1),
            ("orders", "raw/*/orders*.csv", 2),
        ],
    );
    // Names that differ by a word, and the same columns.
    are(
        &[
            ("raw/orders_north.csv", ORDERS),
            ("raw/orders_south.csv", ORDERS),
            ("raw/accounts.csv", ACCOUNTS),
        ],
        &[],
        &[
            ("accounts", "raw/accounts*.csv", 1),
            ("orders", "raw/orders_*.csv", 2),
        ],
    );
    are(
        &[
            ("raw/shop/north.csv", ORDERS),
            ("raw/shop/south.csv.gz", ORDERS),
        ],
        &[],
        &[("shop", "raw/shop/*.{csv,csv.gz}", 2)],
    );
}

#[test]
fn what_is_written_in_another_way_is_another_source() {
    let semicolons = ORDERS.replace(',', ";");
    are(
        &[
            ("raw/orders_1.csv", ORDERS),
            ("raw/orders_2.csv", &semicolons),
            ("raw/orders_3.csv", ORDERS),
        ],
        &[],
        &[
            ("orders", "raw/{orders_1.csv,orders_3.csv}", 2),
            ("orders_2", "raw/orders_2.csv", 1),
        ],
    );
    are(
        &[
            ("raw/a.csv", ACCOUNTS),
            ("raw/a b.csv", ORDERS),
            ("raw/[x].csv", "k,v\n1,2\n3,4\n"),
        ],
        &[],
        &[
            ("a", "raw/a.csv", 1),
            ("a_b", "raw/a b*.csv", 1),
            ("x", "raw/\\[x\\]*.csv", 1),
        ],
    );
}

#[test]
fn patterns_do_not_show_what_was_left_out() {
    are(
        &[("raw/orders_1.csv", ORDERS), ("raw/orders_2.csv", ORDERS)],
        &["raw/orders_3.csv"],
        &[("orders", "raw/{orders_1.csv,orders_2.csv}", 2)],
    );
    are(
        &[
            ("raw/invoices.csv", ORDERS),
            ("raw/invoices_lines.csv", ACCOUNTS),
        ],
        &[],
        &[
            ("invoices", "raw/invoices.csv", 1),
            ("invoices_lines", "raw/invoices_lines*.csv", 1),
        ],
    );
    are(
        &[("raw/2024.csv", ORDERS), ("raw/x/orders_v2.csv", ACCOUNTS)],
        &[],
        &[("raw", "raw/2024.csv", 1), ("x", "raw/x/*.csv", 1)],
    );
}
