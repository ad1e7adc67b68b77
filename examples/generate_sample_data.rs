//! Writes the data in `sample_data/` again, or a large delivery to measure with.
//!
//! ```text
//! cargo run --release --example generate_sample_data
//! cargo run --release --example generate_sample_data -- big_data --invoices 1000000
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use workbench::sample::{SEED, Shape, write_deliveries};

const USAGE: &str = "usage: generate_sample_data [DIR] [--invoices N]

Writes DIR/raw/<table>/*.csv. Without --invoices: the small sample, three
deliveries, into `sample_data` unless DIR is given. With it: one delivery of N
invoices and about 5 N line items, into DIR.";

fn main() -> ExitCode {
    let (dir, shape) = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match write_deliveries(&dir, &shape, SEED) {
        Ok(()) => {
            println!(
                "wrote {} accounts and {} invoices under `{}`",
                shape.accounts,
                shape.invoices,
                dir.join("raw").display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write under `{}`: {error}", dir.display());
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Result<(PathBuf, Shape), String> {
    let mut dir = None;
    let mut invoices = None;
    while let Some(argument) = given.next() {
        if argument == "--invoices" {
            let number = given.next().unwrap_or_default();
            invoices = Some(
                number
                    .parse()
                    .map_err(|_| format!("`--invoices` takes a whole number, not `{number}`"))?,
            );
        } else if argument.starts_with('-') || dir.is_some() {
            return Err(format!("`{argument}` is not expected here"));
        } else {
            dir = Some(PathBuf::from(argument));
        }
    }
    match (dir, invoices) {
        (dir, None) => Ok((
            dir.unwrap_or_else(|| PathBuf::from("sample_data")),
            Shape::sample(),
        )),
        (Some(dir), Some(invoices)) => Ok((dir, Shape::benchmark(invoices))),
        // A million invoices should not land in a folder that is in the repository.
        (None, Some(_)) => Err("`--invoices` needs a DIR to write to".to_owned()),
    }
}
