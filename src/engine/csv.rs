//! CSV in: how a file is read by the engine. Every field is read as text; what
//! becomes of it is said in [`super::values`].

use std::path::Path;

use super::quote;

/// The number of a record, in a copy of ours.
pub const RECORD: &str = "_wb_record";
/// The line that a record begins in, in a copy of ours.
pub const LINE: &str = "_wb_line";

/// Bytes of a record that the engine reads unless told.
const USUAL_RECORD: u64 = 2_000_000;

/// A plain file and how it is to be read. Nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile<'a> {
    pub path: &'a Path,
    /// The names of its columns, in its order.
    pub columns: Vec<String>,
    pub delimiter: char,
    pub quote: char,
    /// Lines with nothing in them before the header. None: there is no header.
    pub empty_lines: Option<u64>,
    /// Lines end in a carriage return and a line feed, and not in a line feed alone.
    /// Left to itself the engine goes by the first line break of the file, even
    /// inside quotes.
    pub crlf: bool,
    /// Bytes. A record may have so many.
    pub longest: u64,
}

impl<'a> CsvFile<'a> {
    /// A copy of ours: commas, quotes, no header, line feeds; number and line of
    /// each record in front of its fields.
    pub fn copy(path: &'a Path, columns: &[String], longest: u64) -> Self {
        let ours = [RECORD, LINE].map(str::to_owned);
        Self {
            path,
            columns: ours.iter().chain(columns).cloned().collect(),
            delimiter: ',',
            quote: '"',
            empty_lines: None,
            crlf: false,
            longest,
        }
    }

    /// An expression for FROM, with all values as text; a field with nothing in it
    /// is NULL. Blank lines are passed over; quotes are doubled.
    pub fn scan(&self) -> String {
        let columns = quote::join(
            self.columns
                .iter()
                .map(|name| format!("{}: 'VARCHAR'", quote::literal(name))),
        );
        let end = if self.crlf { "\\r\\n" } else { "\\n" };
        let mut options = format!(", new_line = '{end}'");
        match self.empty_lines {
            None => options += ", header = false",
            Some(0) => options += ", header = true",
            Some(lines) => options += &format!(", header = true, skip = {lines}"),
        }
        if self.longest > USUAL_RECORD {
            // A buffer holds a record or two, where it would hold sixteen.
            let (longest, buffer) = (self.longest + 16, 2 * self.longest + 32);
            options += &format!(", max_line_size = {longest}, buffer_size = {buffer}");
        }
        let quote = quote::literal(&self.quote.to_string());
        format!(
            "read_csv({}, auto_detect = false, delim = {}, quote = {quote}, escape = {quote}, \
             columns = {{{columns}}}{options})",
            quote::literal(&self.path.to_string_lossy()),
            quote::literal(&self.delimiter.to_string()),
        )
    }
}
