//! CSV in: how a file is read by the engine, and what it refuses.

use std::path::Path;

use super::error::EngineError;
use super::quote;
use super::session::Session;

/// One column of a file, in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvColumn {
    pub name: String,
    pub ty: String,
    /// How dates or timestamps are written; None: ISO 8601.
    pub format: Option<String>,
}

/// A file and how it is to be read. Nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvFile<'a> {
    pub path: &'a Path,
    pub columns: Vec<CsvColumn>,
    /// Lines with nothing in them before the header.
    pub empty_lines: u64,
    /// Lines end in a carriage return and a line feed. Left to itself the engine
    /// goes by the first line break of the file, even inside quotes.
    pub crlf: bool,
}

/// A record that the engine refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// From 1, the header counted.
    pub line: u64,
    pub column: Option<String>,
    /// What the engine says is wrong, in one line.
    pub reason: String,
    /// The record as it stands in the file.
    pub text: String,
}

/// The first refused records, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rejects {
    pub first: Vec<Reject>,
    pub total: u64,
}

impl CsvFile<'_> {
    /// The one format that the reader itself applies to a type; columns with
    /// another are read as text and parsed by [`CsvFile::values`].
    fn own_format(&self, ty: &str) -> Option<Option<&str>> {
        let mut formats = self
            .columns
            .iter()
            .filter(|c| c.ty == ty)
            .map(|c| c.format.as_deref());
        let first = formats.next()?;
        formats.all(|f| f == first).then_some(first)
    }

    fn is_parsed_by_reader(&self, column: &CsvColumn) -> bool {
        column.format.is_none() && !matches!(column.ty.as_str(), "DATE" | "TIMESTAMP")
            || self.own_format(&column.ty) == Some(column.format.as_deref())
            || column.format.is_none() && self.own_format(&column.ty).is_none()
    }

    /// An expression for FROM. Blank lines are passed over; quotes are doubled.
    pub fn scan(&self, store_rejects: bool) -> String {
        let columns = quote::join(self.columns.iter().map(|c| {
            let ty = if self.is_parsed_by_reader(c) {
                &c.ty
            } else {
                "VARCHAR"
            };
            format!("{}: {}", quote::literal(&c.name), quote::literal(ty))
        }));
        let mut options = String::new();
        for (ty, option) in [("DATE", "dateformat"), ("TIMESTAMP", "timestampformat")] {
            if let Some(Some(format)) = self.own_format(ty) {
                options += &format!(", {option} = {}", quote::literal(format));
            }
        }
        if self.crlf {
            options += ", new_line = '\\r\\n'";
        }
        if self.empty_lines > 0 {
            options += &format!(", skip = {}", self.empty_lines);
        }
        if store_rejects {
            options += ", store_rejects = true, rejects_limit = 0";
        }
        format!(
            "read_csv({}, auto_detect = false, header = true, delim = ',', quote = '\"', \
             escape = '\"', columns = {{{columns}}}{options})",
            quote::literal(&self.path.to_string_lossy())
        )
    }

    /// The value of a column, for SELECT over [`CsvFile::scan`].
    pub fn value(&self, column: &CsvColumn) -> String {
        let name = quote::ident(&column.name);
        match &column.format {
            Some(format) if !self.is_parsed_by_reader(column) => format!(
                "CAST(strptime({name}, {}) AS {})",
                quote::literal(format),
                column.ty
            ),
            _ => name,
        }
    }
}

/// Reads a whole file for what is wrong with it. Slower than a load.
///
/// # Errors
/// Any error of the engine that is not about a record.
pub fn rejects(session: &Session, file: &CsvFile<'_>, most: usize) -> Result<Rejects, EngineError> {
    // Every column is named, for a value that nobody asks for is not converted.
    let counts = quote::join(
        file.columns
            .iter()
            .map(|c| format!("count({})", file.value(c))),
    );
    session.batch(&format!(
        "DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans; \
         CREATE OR REPLACE TEMP TABLE wb_read AS SELECT {counts} FROM {}",
        file.scan(true)
    ))?;
    let total = session
        .number("SELECT count(*) FROM (SELECT DISTINCT line, byte_position FROM reject_errors)")?;
    // A record may break several rules; its first says enough.
    let rows = session.texts(&format!(
        "SELECT line::VARCHAR, column_name, error_type::VARCHAR, error_message, csv_line FROM reject_errors \
         QUALIFY row_number() OVER (PARTITION BY line, byte_position ORDER BY column_idx) = 1 \
         ORDER BY line LIMIT {most}"
    ))?;
    let first = rows
        .into_iter()
        .map(|row| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            let (line, column, kind, message, text) = (next(), next(), next(), next(), next());
            let fields = kind != "CAST";
            Reject {
                line: line.parse().unwrap_or(0),
                reason: reason(file, &column, &message),
                column: Some(column).filter(|c| !c.is_empty() && !fields),
                text,
            }
        })
        .collect();
    Ok(Rejects { first, total })
}

/// What is wrong with a record, without the engine's advice to programmers.
fn reason(file: &CsvFile<'_>, column: &str, message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let value = line
        .split_once("Could not convert string \"")
        .and_then(|(_, rest)| rest.rsplit_once("\" to "))
        .map(|(value, _)| value);
    let declared = file.columns.iter().find(|c| c.name == column);
    if let (Some(value), Some(column)) = (value, declared) {
        let format = column
            .format
            .as_ref()
            .map_or(String::new(), |f| format!(" written as `{f}`"));
        return format!("`{value}` is not a {}{format}", column.ty);
    }
    if let Some((expected, found)) = line
        .strip_prefix("Expected Number of Columns: ")
        .and_then(|rest| rest.split_once(" Found: "))
    {
        return format!("the record has {found} fields, and the header {expected}");
    }
    line.to_owned()
}
