//! Printing a listing in the format it was asked for.

use serde_json::Value;

use super::args::ListFormat;
use super::width;
use crate::report::listing::Listing;

/// The listing as text; `json` and `table` are made only if they are asked for.
/// A table may say more than the listing does.
pub fn told(
    format: ListFormat,
    listing: &Listing,
    json: impl FnOnce() -> Value,
    table: impl FnOnce(Option<u16>) -> String,
) -> String {
    match format {
        ListFormat::Table => table(width()),
        ListFormat::Json => format!("{:#}\n", json()),
        ListFormat::Csv => listing.csv(),
        ListFormat::Markdown => listing.markdown(),
    }
}
