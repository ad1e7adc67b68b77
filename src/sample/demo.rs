//! What `workbench demo` is made of: a project, and half a year of weekly
//! deliveries to it, with what happens to a feed in half a year. The SQL is this
//! repository's own, and the data is made as `sample_data/` is.

use std::io;

use super::csv::Csv;
use super::dates::{self, Day};
use super::{ACCOUNTS, About, Cadence, INVOICES, LINES, Maker, SEED, SKUS, Shape};

/// Every fourth delivery brings a price list.
const PRICE_LIST_EVERY: u64 = 4;

// In which delivery something happens, counted from 0.
const FIRST: u64 = 0;
const REWRITTEN: u64 = 7;
const NEW_COLUMN: u64 = 10;
const REVISION: u64 = 13;
const BAD_ROW: u64 = 17;
const REFUSED: u64 = 21;

/// The feature that is edited.
const EDITED: &str = "sql/features/account_invoice_level.sql";

/// An account that nobody knows.
const UNKNOWN_ACCOUNT: &str = "7007";

/// A file of the project: its path from the project's folder, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: String,
    pub bytes: Vec<u8>,
}

/// What arrives, to be written and exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When it arrives: hours since the beginning of 1970, in UTC.
    pub hour: i64,
    /// Some may be there already, and are written anew.
    pub files: Vec<File>,
    /// The path of one that was taken before, and comes with other contents.
    pub again: Option<String>,
    /// What sets it apart from others.
    pub event: Option<String>,
    /// Whether its export is to be refused.
    pub refused: bool,
}

/// The files of the repository that the demo takes over.
const TAKEN_OVER: [(&str, &str); 17] = {
    macro_rules! taken_over {
        ($($path:literal),*) => { [$(($path, include_str!(concat!("../../", $path)))),*] };
    }
    taken_over![
        "workbench.toml",
        "sql/checks/account_keys_unique.sql",
        "sql/checks/invoice_has_account.sql",
        "sql/checks/invoice_keys_unique.sql",
        "sql/checks/invoice_not_after_ingest_date.sql",
        "sql/checks/line_item_has_invoice.sql",
        "sql/checks/line_item_has_sku.sql",
        "sql/checks/price_not_negative.sql",
        "sql/checks/quantity_not_negative.sql",
        "sql/checks/sku_keys_unique.sql",
        "sql/features/account_invoice_level.sql",
        "sql/features/account_level.sql",
        "sql/features/invoices.sql",
        "sql/staging/accounts.sql",
        "sql/staging/invoice_line_items.sql",
        "sql/staging/invoices.sql",
        "sql/staging/skus.sql"
    ]
};

fn taken_over(path: &str) -> io::Result<&'static str> {
    TAKEN_OVER
        .iter()
        .find(|(name, _)| *name == path)
        .map(|(_, text)| *text)
        .ok_or_else(|| no_longer(path, "it is not among the files"))
}

/// The repository changed and the demo did not.
fn no_longer(path: &str, what: &str) -> io::Error {
    let message = format!("the demo does not fit `{path}` any more: {what}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// An edit that must find what it replaces.
fn edit(path: &str, text: &mut String, from: &str, to: &str) -> io::Result<()> {
    if !text.contains(from) {
        return Err(no_longer(path, &format!("`{from}` is gone")));
    }
    *text = text.replace(from, to);
    Ok(())
}

/// `workbench.toml` and `sql/`, as they are before the first delivery.
///
/// # Errors
/// If the repository's own do not fit any more.
pub fn project() -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for (path, text) in TAKEN_OVER {
        let mut text = text.to_owned();
        if path == "workbench.toml" {
            for (from, to) in [
                (
                    "The repository itself is one, over the\n# made-up data in `sample_data/`.",
                    "`workbench demo` made\n# this one, over made-up data in `raw/`.",
                ),
                ("\"dealer-payments\"", "\"demo\""),
                ("\"sample_data/raw/", "\"raw/"),
                (
                    "[sources.invoice_line_items]\n",
                    "[sources.invoice_line_items]\n\
                     bad_rows = \"quarantine\" # a row that does not fit is set aside, the others are loaded\n",
                ),
            ] {
                edit(path, &mut text, from, to)?;
            }
        }
        files.push(File {
            path: path.to_owned(),
            bytes: text.into_bytes(),
        });
    }
    Ok(files)
}

/// How many weeks there are.
const WEEKS: u64 = 26;

/// All deliveries in their order, the same on every machine.
///
/// # Errors
/// If the repository's own SQL does not fit any more.
pub fn deliveries() -> io::Result<Vec<Delivery>> {
    let shape = Shape {
        accounts: 300,
        skus: 60,
        invoices: 3_000,
        lines_per_invoice: 3,
        deliveries: WEEKS,
        cadence: Cadence::Weekly,
    };
    let mut maker = Maker::new(&shape, SEED);
    let mut all = Vec::new();
    let mut invoices_before = Vec::new();
    for week in 0..WEEKS {
        let day = shape.arrives(week);
        let csv = |(_, header): (&str, &str)| Csv::new(Vec::new(), header);
        let accounts = maker.accounts(week, csv(ACCOUNTS))?;
        let mut files = vec![raw(ACCOUNTS, day, accounts)];
        if week.is_multiple_of(PRICE_LIST_EVERY) {
            files.push(raw(SKUS, day, maker.skus(week, csv(SKUS))?));
        }
        let (mut invoices, mut lines) = maker.invoices(week, csv(INVOICES), csv(LINES))?;
        if week >= NEW_COLUMN {
            invoices = with_channel(&maker, &invoices);
        }
        let mut again = None;
        let event = match week {
            FIRST => Some("the first delivery: the books so far".to_owned()),
            REWRITTEN => {
                let before = raw(INVOICES, day - 7, rebooked(&invoices_before, 2));
                again = Some(before.path.clone());
                files.push(before);
                Some("last week's invoices again: two were booked wrongly".to_owned())
            }
            NEW_COLUMN => Some("invoices have a new column, `channel`".to_owned()),
            REVISION => {
                files.push(edited_feature()?);
                Some("`account_invoice_level` is edited to show the margin".to_owned())
            }
            BAD_ROW => {
                lines = with_a_bad_row(&lines);
                Some("a quantity of `2 pcs`: its row goes to the quarantine".to_owned())
            }
            REFUSED => {
                let mistaken = to_account(&invoices, UNKNOWN_ACCOUNT);
                files.push(raw(INVOICES, day, mistaken));
                files.push(raw(LINES, day, lines.clone()));
                all.push(Delivery {
                    hour: day * 24 + 6,
                    files: std::mem::take(&mut files),
                    again: None,
                    event: Some(format!(
                        "an invoice to account {UNKNOWN_ACCOUNT}, which nobody knows"
                    )),
                    refused: true,
                });
                Some("the same, with that invoice mended".to_owned())
            }
            _ => None,
        };
        invoices_before.clone_from(&invoices);
        files.push(raw(INVOICES, day, invoices));
        if week != REFUSED {
            files.push(raw(LINES, day, lines));
        }
        all.push(Delivery {
            // In Sydney it is the afternoon of the same day.
            hour: day * 24 + if week == REFUSED { 7 } else { 6 },
            files,
            again,
            event,
            refused: false,
        });
    }
    Ok(all)
}

fn raw((table, _): (&str, &str), day: Day, bytes: Vec<u8>) -> File {
    File {
        path: format!("raw/{table}/{table}_{}.csv", dates::iso(day)),
        bytes,
    }
}

/// The fields of invoices and line items, which need no quotes.
fn records(csv: &[u8]) -> Vec<Vec<String>> {
    String::from_utf8_lossy(csv)
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

fn csv_of(records: &[Vec<String>]) -> Vec<u8> {
    let lines = records.iter().map(|fields| fields.join(",") + "\n");
    lines.collect::<String>().into_bytes()
}

/// How each invoice came in.
fn with_channel(maker: &Maker, invoices: &[u8]) -> Vec<u8> {
    let mut records = records(invoices);
    for (at, record) in records.iter_mut().enumerate() {
        let invoice = record[0].parse().unwrap_or(0);
        let mut rng = maker.rng(About::Channel, invoice, 0);
        record.push(match at {
            0 => "channel".to_owned(),
            _ => rng.word(&["web", "web", "phone", "counter"]).to_owned(),
        });
    }
    csv_of(&records)
}

/// The first few invoices go to the account of the last one.
fn rebooked(invoices: &[u8], few: usize) -> Vec<u8> {
    let mut records = records(invoices);
    if let Some(account) = records.last().map(|last| last[1].clone()) {
        for record in records.iter_mut().skip(1).take(few) {
            record[1].clone_from(&account);
        }
    }
    csv_of(&records)
}

fn to_account(invoices: &[u8], account: &str) -> Vec<u8> {
    let mut records = records(invoices);
    if let Some(first) = records.get_mut(1) {
        account.clone_into(&mut first[1]);
    }
    csv_of(&records)
}

/// A unit where only a number may stand, in an invoice that has other lines.
fn with_a_bad_row(lines: &[u8]) -> Vec<u8> {
    let mut records = records(lines);
    let of_many = records.windows(2).position(|pair| pair[0][0] == pair[1][0]);
    if let Some(record) = of_many.and_then(|at| records.get_mut(at)) {
        "2 pcs".clone_into(&mut record[2]);
    }
    csv_of(&records)
}

/// The feature with one more column.
fn edited_feature() -> io::Result<File> {
    let mut text = taken_over(EDITED)?.to_owned();
    edit(
        EDITED,
        &mut text,
        "\n*/\n",
        "\nfeature_invoice_margin   = \"What it earns, rounded to 2 decimals; NULL if it has no lines.\"\n*/\n",
    )?;
    edit(
        EDITED,
        &mut text,
        "AS feature_invoice_spending\nFROM",
        "AS feature_invoice_spending,\n  margin AS feature_invoice_margin\nFROM",
    )?;
    Ok(File {
        path: EDITED.to_owned(),
        bytes: text.into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{TAKEN_OVER, deliveries, project};

    #[test]
    fn the_demo_has_all_of_the_repositorys_sql() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let there: BTreeSet<String> = walkdir::WalkDir::new(root.join("sql"))
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.is_file())
            .map(|path| path.strip_prefix(root).unwrap().display().to_string())
            .collect();
        let taken: BTreeSet<String> = TAKEN_OVER
            .iter()
            .map(|(path, _)| (*path).to_owned())
            .filter(|path| path != "workbench.toml")
            .collect();
        assert_eq!(taken, there);
        project().unwrap();
    }

    #[test]
    fn a_week_is_small_and_comes_on_a_sunday() {
        let all = deliveries().unwrap();
        assert_eq!(all, deliveries().unwrap());
        for delivery in &all {
            // 1970-01-01 was a Thursday.
            assert_eq!((delivery.hour / 24 + 4) % 7, 0);
            let bytes: usize = delivery.files.iter().map(|f| f.bytes.len()).sum();
            assert!(bytes < 200_000, "{bytes} bytes");
        }
        assert_eq!(all.last().unwrap().hour / 24, 20_030, "2024-11-03");
    }
}
