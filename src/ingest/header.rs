//! Reading a file's header ourselves, and holding it against the columns that
//! are known: what is missing, new, doubled or in another order is our decision,
//! not that of the engine, which reads values only.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use super::dialect::LineEnd;
use super::error::HeaderError;
use super::records::{Flaw, Records};
use super::text;
use crate::model::column::Column;
use crate::model::dialect::Dialect;
use crate::model::input_file::ScannedFile;
use crate::model::ledger::SchemaDrift;
use crate::model::source::{SchemaPolicy, SourceDefinition, normalise_column};

/// Bytes. A first record longer than this is not a header: somewhere a quote is
/// not closed.
const LONGEST: usize = 1024 * 1024;
/// The type of a column that nobody declared.
const UNDECLARED: &str = "VARCHAR";
/// Names that begin so are those of our own columns in raw tables.
const OURS: &str = "_wb_";
/// What the engine calls the place of a row in its table.
const ROW_ID: &str = "rowid";

/// A header that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedHeader {
    /// The names of the file's columns as raw tables have them, in its order.
    pub columns: Vec<String>,
    /// The names as the file writes them.
    pub written: Vec<String>,
    /// Fields without a name behind them. They are to hold nothing.
    pub unnamed: usize,
    /// How they differ from those known.
    pub drift: Vec<SchemaDrift>,
    /// Lines with nothing in them before the header. The engine is to skip them:
    /// it would take the first one for the header.
    pub empty_lines: u64,
    /// How the header ends. The engine is to be told: it would go by the first
    /// line break in the file, even inside quotes, and lose every row.
    pub line_end: Option<LineEnd>,
}

/// The first record of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// As the file writes them, without quotes.
    pub names: Vec<String>,
    /// Fields without a name behind them, which delimiters at its end make.
    pub unnamed: usize,
    /// Lines with nothing in them before it.
    pub empty_lines: u64,
    /// How it ends; None if the file ends with it.
    pub line_end: Option<LineEnd>,
}

/// Reads the header of a file of a source, and matches it with the columns that
/// are `known`: those of the raw table and those declared.
///
/// # Errors
/// [`HeaderError`]: there is no header, it cannot be understood, lacks the key,
/// or differs where the source is frozen.
pub fn match_file(
    source: &SourceDefinition,
    file: &ScannedFile,
    known: &[Column],
) -> Result<MatchedHeader, HeaderError> {
    if !source.dialect.header {
        return match_names(source, &file.path, &declared(source), known);
    }
    let open = File::open(&file.absolute).map_err(|source| HeaderError::Unreadable {
        path: file.path.clone(),
        source,
    })?;
    let header = read(open, &file.path, &source.dialect)?;
    match_names(source, &file.path, &header, known)
}

/// The columns of files that do not name them.
fn declared(source: &SourceDefinition) -> Header {
    Header {
        names: source.columns.iter().map(|c| c.name.clone()).collect(),
        unnamed: 0,
        empty_lines: 0,
        line_end: None,
    }
}

/// Reads the first record; `path` is what errors call the file.
///
/// # Errors
/// [`HeaderError`], if it is no header of a CSV file in this dialect.
pub fn read(file: impl Read, path: &str, dialect: &Dialect) -> Result<Header, HeaderError> {
    let unreadable = |source| HeaderError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let path = path.to_owned();
    let mut file = BufReader::new(file);
    let start = file.fill_buf().map_err(unreadable)?;
    let looks_like = text::looks_like(&start[..start.len().min(4)]);
    let text = text::open(file, dialect.encoding).map_err(unreadable)?;
    let mut records = Records::new(text, dialect).limited(LONGEST);
    let Some(record) = records.next().map_err(unreadable)? else {
        return Err(HeaderError::Empty { path });
    };
    match &record.flaw {
        None => {}
        Some(Flaw::NoText | Flaw::Nul) => return Err(HeaderError::NotText { path, looks_like }),
        Some(Flaw::OpenQuote { .. }) => return Err(HeaderError::OpenQuote { path }),
        Some(Flaw::TooLong { .. }) => {
            return Err(HeaderError::TooLong {
                path,
                limit: LONGEST,
            });
        }
        Some(Flaw::AfterQuote { column }) => {
            let name = record.fields().nth(column - 1).unwrap_or_default();
            return Err(HeaderError::AfterQuote {
                path,
                name: String::from_utf8_lossy(name).into_owned(),
            });
        }
    }
    let mut names: Vec<String> = record
        .fields()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let named = names.iter().rposition(|name| !name.trim().is_empty());
    let named = named.map_or(names.len(), |last| last + 1);
    let unnamed = names.len() - named;
    names.truncate(named);
    let line_end = record.line_end;
    Ok(Header {
        names,
        unnamed,
        empty_lines: records.empty_lines(),
        line_end,
    })
}

/// Holds a header against the columns that are `known`.
///
/// # Errors
/// See [`match_file`].
pub fn match_names(
    source: &SourceDefinition,
    path: &str,
    header: &Header,
    known: &[Column],
) -> Result<MatchedHeader, HeaderError> {
    let path = path.to_owned();
    let found = &header.names;
    let columns: Vec<String> = found.iter().map(|name| normalise_column(name)).collect();
    let key: Vec<String> = source.key.iter().map(|k| normalise_column(k)).collect();
    refuse_separator(&path, found)?;

    let mut expected: Vec<String> = known.iter().map(|c| c.name.clone()).collect();
    for name in source.columns.iter().map(|c| &c.name).chain(&key) {
        if !expected.contains(name) {
            expected.push(name.clone());
        }
    }
    let none_known = !columns.iter().any(|name| expected.contains(name));
    let no_words = !columns.iter().any(|c| c.chars().any(char::is_alphabetic));
    if none_known && (no_words || !expected.is_empty()) {
        return Err(HeaderError::NoHeader {
            path,
            found: found.clone(),
            expected,
        });
    }
    refuse_names(&path, found, &columns)?;

    let lacks = |name: &&String| !columns.contains(name);
    let missing_key: Vec<String> = key.iter().filter(lacks).cloned().collect();
    if !missing_key.is_empty() {
        return Err(HeaderError::MissingKey {
            path,
            missing: missing_key,
            found: found.clone(),
        });
    }
    let missing: Vec<String> = expected.iter().filter(lacks).cloned().collect();
    let extra: Vec<String> = columns
        .iter()
        .filter(|name| !expected.contains(name))
        .cloned()
        .collect();
    // The first file of a source that declares nothing says what its columns are.
    let differs = !missing.is_empty() || (!extra.is_empty() && !known.is_empty());
    if source.schema == SchemaPolicy::Freeze && differs {
        return Err(HeaderError::Frozen {
            path,
            missing,
            extra,
        });
    }
    let added = extra.into_iter().map(|column| SchemaDrift::Added {
        column,
        ty: UNDECLARED.to_owned(),
        path: path.clone(),
    });
    let missing = missing.into_iter().map(|column| SchemaDrift::Missing {
        column,
        path: path.clone(),
    });
    let reordered =
        is_reordered(&columns, known).then(|| SchemaDrift::Reordered { path: path.clone() });
    Ok(MatchedHeader {
        drift: added.chain(missing).chain(reordered).collect(),
        written: header.names.clone(),
        unnamed: header.unnamed,
        columns,
        empty_lines: header.empty_lines,
        line_end: header.line_end,
    })
}

/// Whether the columns of a file that are known stand in another order there.
fn is_reordered(columns: &[String], known: &[Column]) -> bool {
    let place = |name: &String| known.iter().position(|c| c.name == *name);
    let places: Vec<usize> = columns.iter().filter_map(place).collect();
    !places.is_sorted()
}

/// A single name that holds what is a separator elsewhere.
fn refuse_separator(path: &str, found: &[String]) -> Result<(), HeaderError> {
    let [name] = found else { return Ok(()) };
    let separators = [(';', "semicolons"), ('\t', "tabs"), ('|', "`|`")];
    match separators.iter().find(|(c, _)| name.contains(*c)) {
        None => Ok(()),
        Some((_, separator)) => Err(HeaderError::Separator {
            path: path.to_owned(),
            separator,
            name: name.clone(),
        }),
    }
}

fn refuse_names(path: &str, found: &[String], columns: &[String]) -> Result<(), HeaderError> {
    let path = path.to_owned();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, (name, column)) in found.iter().zip(columns).enumerate() {
        if column.is_empty() {
            return Err(HeaderError::NoName {
                path,
                column: at + 1,
            });
        }
        if column.starts_with(OURS) || column == ROW_ID {
            return Err(HeaderError::Reserved {
                path,
                column: at + 1,
                name: name.clone(),
            });
        }
        let Some(before) = seen.insert(column, at) else {
            continue;
        };
        return Err(if found[before] == *name {
            HeaderError::Doubled {
                path,
                name: name.clone(),
                first: before + 1,
                second: at + 1,
            }
        } else {
            HeaderError::Collision {
                path,
                column: column.clone(),
                first: found[before].clone(),
                second: name.clone(),
            }
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
