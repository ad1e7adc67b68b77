//! Makes the data in `sample_data/`, of the demo and of the benchmark: four tables
//! as a company's systems deliver them, with the quirks that such files have
//! (line breaks and quotes inside values, dates with the day first, prices with
//! nine decimals, accounts without invoices), but no broken rows.
//!
//! All values are made up. The same shape and seed give the same bytes on every
//! machine, so `sample_data/` can be made again and compared.

mod cadence;
mod csv;
mod dates;
pub mod demo;
mod rng;
#[cfg(test)]
mod tests;
mod words;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

pub use self::cadence::Cadence;
use self::csv::Csv;
use self::dates::Day;
use self::rng::Rng;

/// The seed that `sample_data/` and the benchmark are made with.
pub const SEED: u64 = 20_241_103;

/// The tables, and the headers of their files.
const ACCOUNTS: (&str, &str) = (
    "accounts",
    "account_id,company_name,company_address,contact_person,contact_phone,gender,joining_date",
);
const SKUS: (&str, &str) = (
    "skus",
    "item_id,item_name,item_description,item_cost_price,item_retail_price",
);
const INVOICES: (&str, &str) = ("invoices", "invoice_id,account_id,date_issued");
const LINES: (&str, &str) = ("invoice_line_items", "invoice_id,item_id,quantity");

/// How much to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Accounts over all deliveries.
    pub accounts: u64,
    /// Items on the price list, at most 90,000.
    pub skus: u64,
    /// Invoices over all deliveries.
    pub invoices: u64,
    /// Line items of an invoice, on average: an invoice has from 1 to twice as
    /// many less 1, and one in 500 has none.
    pub lines_per_invoice: u64,
    /// How many times files arrive, at most 100.
    pub deliveries: u64,
    /// When they do.
    pub cadence: Cadence,
}

impl Shape {
    /// What `sample_data/` holds: enough to see features change over time, and
    /// small enough to be kept in the repository.
    pub fn sample() -> Self {
        Self {
            accounts: 300,
            skus: 60,
            invoices: 3_000,
            lines_per_invoice: 4,
            deliveries: 3,
            cadence: Cadence::Monthly,
        }
    }

    /// One delivery of this many invoices, five times as many line items, and
    /// an account for every fifty.
    pub fn benchmark(invoices: u64) -> Self {
        Self {
            accounts: (invoices / 50).max(1),
            skus: 100,
            invoices,
            lines_per_invoice: 5,
            deliveries: 1,
            cadence: Cadence::Monthly,
        }
    }

    fn check(&self) -> io::Result<()> {
        let wrong = if self.accounts == 0 || self.invoices == 0 || self.lines_per_invoice == 0 {
            "accounts, invoices and lines per invoice must be at least 1"
        } else if !(1..=90_000).contains(&self.skus) {
            "there must be from 1 to 90,000 SKUs"
        } else if !(1..=100).contains(&self.deliveries) {
            "there must be from 1 to 100 deliveries"
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, wrong))
    }

    /// How many of `total` are known once a delivery was made, if the first
    /// brings all but `later` and the others share those.
    fn known(&self, total: u64, later: u64, delivery: u64) -> u64 {
        let to_come = self.deliveries - 1 - delivery;
        total - later * to_come / self.deliveries.saturating_sub(1).max(1)
    }

    fn known_accounts(&self, delivery: u64) -> u64 {
        self.known(self.accounts, self.accounts / 10, delivery)
    }

    fn known_skus(&self, delivery: u64) -> u64 {
        self.known(self.skus, self.skus / 10, delivery)
    }

    fn known_invoices(&self, delivery: u64) -> u64 {
        let later = self.cadence.later_invoices(self.invoices);
        self.known(self.invoices, later, delivery)
    }

    /// The day on which a delivery arrives.
    fn arrives(&self, delivery: u64) -> Day {
        self.cadence
            .arrives((self.deliveries - 1 - delivery) as i64)
    }

    /// The first day of those that a delivery's invoices are dated on; the last
    /// is the one before it arrives.
    fn begins(&self, delivery: u64) -> Day {
        match delivery {
            0 => self.cadence.first_begins(self.arrives(0)),
            later => self.arrives(later - 1),
        }
    }
}

/// Writes all deliveries as `raw/<table>/<table>_<day>.csv` under a folder:
///
/// - accounts: all, then what is new, what changed, and some rows repeated
///   unchanged (made for `upsert`);
/// - skus: the whole price list each time (made for `upsert` or `replace`);
/// - invoices and invoice_line_items: new ones only (made for `append`).
///
/// Files of the same name are written anew; others in the folder stay.
pub fn write_deliveries(dir: &Path, shape: &Shape, seed: u64) -> io::Result<()> {
    shape.check()?;
    let mut maker = Maker::new(shape, seed);
    for delivery in 0..shape.deliveries {
        let day = dates::iso(shape.arrives(delivery));
        let create = |(table, header): (&str, &str)| {
            let folder = dir.join("raw").join(table);
            fs::create_dir_all(&folder)?;
            Csv::create(&folder.join(format!("{table}_{day}.csv")), header)
        };
        maker.accounts(delivery, create(ACCOUNTS)?)?;
        maker.skus(delivery, create(SKUS)?)?;
        maker.invoices(delivery, create(INVOICES)?, create(LINES)?)?;
    }
    Ok(())
}

/// What a random number is drawn for; the first part of an [`Rng`]'s name.
#[derive(Clone, Copy)]
enum About {
    Company = 1,
    Address,
    History,
    Redelivery,
    Item,
    Price,
    NewPrice,
    Invoices,
    Channel,
}

/// How often an account is invoiced.
enum Custom {
    /// Never.
    Never,
    /// Once, in the delivery that brings the account.
    Once,
    /// In each delivery, in proportion to this weight.
    Regular(u64),
}

struct Account {
    joined: Day,
    custom: Custom,
    /// How often it has moved: each time its address and telephone change.
    moves: u64,
}

struct Sku {
    id: String,
    /// How often its price has changed.
    changes: u64,
}

/// What was delivered so far, from which the next delivery follows.
struct Maker<'a> {
    shape: &'a Shape,
    seed: u64,
    accounts: Vec<Account>,
    skus: Vec<Sku>,
    invoices: u64,
}

impl<'a> Maker<'a> {
    fn new(shape: &'a Shape, seed: u64) -> Self {
        Self {
            shape,
            seed,
            accounts: Vec::new(),
            skus: Vec::new(),
            invoices: 0,
        }
    }

    fn rng(&self, about: About, thing: u64, edition: u64) -> Rng {
        Rng::about(self.seed, &[about as u64, thing, edition])
    }

    fn accounts<W: Write>(&mut self, delivery: u64, mut csv: Csv<W>) -> io::Result<W> {
        for index in 0..self.accounts.len() {
            let mut rng = self.rng(About::Redelivery, index as u64, delivery);
            let moved = rng.one_in(self.shape.cadence.deliveries_per_move());
            if moved {
                self.accounts[index].moves += 1;
            }
            if moved || rng.one_in(self.shape.cadence.deliveries_per_repetition()) {
                self.account(index, &mut csv)?;
            }
        }
        for index in self.accounts.len()..self.shape.known_accounts(delivery) as usize {
            let account = self.new_account(index as u64, delivery);
            self.accounts.push(account);
            self.account(index, &mut csv)?;
        }
        csv.finish()
    }

    fn new_account(&self, index: u64, delivery: u64) -> Account {
        let mut rng = self.rng(About::History, index, 0);
        let begins = self.shape.begins(delivery);
        let ends = self.shape.arrives(delivery);
        let is_recent = delivery > 0 || rng.one_in(12);
        let joined = if is_recent {
            // In the first half, which leaves time for its invoices.
            begins + rng.below((ends - begins) as u64 / 2) as i64
        } else {
            begins - rng.between(30, 3_000) as i64
        };
        Account {
            joined,
            custom: match index % 50 {
                3 => Custom::Never,
                7 | 31 => Custom::Once,
                _ => Custom::Regular(rng.between(1, 99)),
            },
            moves: 0,
        }
    }

    fn account<W: Write>(&self, index: usize, csv: &mut Csv<W>) -> io::Result<()> {
        let account = &self.accounts[index];
        let index = index as u64;
        let mut company = self.rng(About::Company, index, 0);
        let mut address = self.rng(About::Address, index, account.moves);
        csv.integer(index + 1);
        csv.text(&words::company(&mut company));
        csv.text(&words::address(&mut address));
        csv.text(&words::person(&mut company));
        csv.text(&words::phone(&mut address));
        csv.text(words::gender(&mut company));
        csv.text(&dates::day_first(account.joined));
        csv.end_row()
    }

    fn skus<W: Write>(&mut self, delivery: u64, mut csv: Csv<W>) -> io::Result<W> {
        for index in 0..self.skus.len() {
            if self.rng(About::NewPrice, index as u64, delivery).one_in(20) {
                self.skus[index].changes += 1;
            }
        }
        for index in self.skus.len() as u64..self.shape.known_skus(delivery) {
            self.skus.push(Sku {
                id: words::item_id(index),
                changes: 0,
            });
        }
        for (index, sku) in self.skus.iter().enumerate() {
            let index = index as u64;
            let (cost, retail) = self.prices(index, sku.changes);
            csv.text(&sku.id);
            csv.text(&words::item_name(index));
            csv.text(words::item_description(&mut self.rng(
                About::Item,
                index,
                0,
            )));
            csv.price(cost);
            csv.price(retail);
            csv.end_row()?;
        }
        csv.finish()
    }

    /// Cost and retail price, in billionths. Most have nine decimals, as if a
    /// spreadsheet had worked them out; one in ten items is sold at a loss.
    fn prices(&self, index: u64, changes: u64) -> (u64, u64) {
        const CENT: u64 = 10_000_000;
        let mut rng = self.rng(About::Price, index, changes);
        let cost = rng.between(CENT, 8_000 * CENT);
        let percent = if rng.one_in(10) {
            rng.between(30, 95)
        } else {
            rng.between(105, 290)
        };
        let retail = cost / 100 * percent + rng.between(1, 99);
        if rng.one_in(6) {
            (cost / CENT * CENT, (retail / CENT + 1) * CENT)
        } else {
            (cost, retail)
        }
    }

    fn invoices<W: Write>(
        &mut self,
        delivery: u64,
        mut invoices: Csv<W>,
        mut lines: Csv<W>,
    ) -> io::Result<(W, W)> {
        let begins = self.shape.begins(delivery);
        let ends = self.shape.arrives(delivery);
        // Formatting a date is most of the work of a row, and there are few.
        let days: Vec<String> = (begins..ends).map(dates::iso).collect();
        let mut rng = self.rng(About::Invoices, delivery, 0);
        for (index, count) in self.counts(delivery).into_iter().enumerate() {
            let first = (self.accounts[index].joined - begins).max(0) as u64;
            for _ in 0..count {
                self.invoices += 1;
                invoices.integer(self.invoices);
                invoices.integer(index as u64 + 1);
                invoices.text(&days[rng.between(first, days.len() as u64 - 1) as usize]);
                invoices.end_row()?;
                self.lines(&mut rng, &mut lines)?;
            }
        }
        Ok((invoices.finish()?, lines.finish()?))
    }

    /// How many invoices of a delivery go to each account, in the order of the
    /// accounts. They add up to what the shape asks for.
    fn counts(&self, delivery: u64) -> Vec<u64> {
        let known_before = match delivery {
            0 => 0,
            later => self.shape.known_accounts(later - 1),
        };
        let mut left = self.shape.known_invoices(delivery) - self.invoices;
        let mut counts = vec![0; self.accounts.len()];
        let mut weights = 0;
        for (index, account) in self.accounts.iter().enumerate() {
            match account.custom {
                Custom::Once if index as u64 >= known_before && left > 0 => {
                    counts[index] = 1;
                    left -= 1;
                }
                Custom::Regular(weight) => weights += weight,
                Custom::Once | Custom::Never => {}
            }
        }
        // Shares of a running total, not of each weight: nothing is lost to rounding.
        let (mut weight_so_far, mut given) = (0, 0);
        for (index, account) in self.accounts.iter().enumerate() {
            if let Custom::Regular(weight) = account.custom {
                weight_so_far += weight;
                let due = left * weight_so_far / weights;
                counts[index] = due - given;
                given = due;
            }
        }
        counts
    }

    /// The line items of the newest invoice.
    fn lines<W: Write>(&self, rng: &mut Rng, csv: &mut Csv<W>) -> io::Result<()> {
        if self.invoices % 500 == 77 {
            return Ok(());
        }
        let mut item = 0;
        for line in 0..rng.between(1, 2 * self.shape.lines_per_invoice - 1) {
            // Now and then an item is listed twice, as when a clerk adds to an order.
            if line == 0 || !rng.one_in(50) {
                item = rng.below(self.skus.len() as u64) as usize;
            }
            csv.integer(self.invoices);
            csv.text(&self.skus[item].id);
            csv.integer(rng.between(1, 4));
            csv.end_row()?;
        }
        Ok(())
    }
}
