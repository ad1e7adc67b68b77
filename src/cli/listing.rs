//! Printing a listing in the format it was asked for.

use serde_json::Value;

use super::args::{Global, ListFormat};
use super::{narrate, pager, width};
use crate::report::listing::Listing;

/// What is printed, and behind it what is said of it on stderr: behind a pager too.
pub struct Shown {
    pub text: String,
    pub note: Option<String>,
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self { text, note: None }
    }
}

impl Shown {
    /// Prints it.
    pub fn print(&self, global: &Global, format: ListFormat) {
        pager::show(global, format, &self.text);
        if let Some(note) = self.note.as_ref().filter(|_| !global.quiet) {
            narrate(note);
        }
    }
}

/// How many are shown: as many as were asked for, else so many to people and all to
/// programs.
pub fn most<N>(asked: Option<N>, format: ListFormat, to_people: N) -> Option<N> {
    asked.or(match format {
        ListFormat::Table | ListFormat::Markdown => Some(to_people),
        ListFormat::Json | ListFormat::Csv => None,
    })
}

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
