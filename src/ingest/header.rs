//! Reading a file's header ourselves, and holding it against the columns that
//! are known: what is missing, new, doubled or in another order is our decision,
//! not that of the engine, which reads values only.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use super::dialect::{BOM, Dialect, LineEnd};
use super::error::HeaderError;
use crate::model::column::Column;
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
    let unreadable = |source| HeaderError::Unreadable {
        path: file.path.clone(),
        source,
    };
    let open = BufReader::new(File::open(&file.absolute).map_err(unreadable)?);
    let header = read(open, &file.path, Dialect::of(source))?;
    match_names(source, &file.path, &header, known)
}

/// Reads the first record; `path` is what errors call the file.
///
/// # Errors
/// [`HeaderError`], if it is no header of a CSV file in UTF-8.
pub fn read(file: impl BufRead, path: &str, dialect: Dialect) -> Result<Header, HeaderError> {
    let record = first_record(file, path, dialect)?;
    let mut names = Vec::with_capacity(record.fields.len());
    for field in record.fields {
        match String::from_utf8(field) {
            Ok(name) if !name.contains('\0') => names.push(name),
            _ => {
                return Err(HeaderError::NotText {
                    path: path.to_owned(),
                    looks_like: looks_like(&record.start),
                });
            }
        }
    }
    Ok(Header {
        names,
        empty_lines: record.empty_lines,
        line_end: record.line_end,
    })
}

fn looks_like(start: &[u8]) -> &'static str {
    match start {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        [0x1f, 0x8b, ..] => "a gzip file",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "a zstd file",
        [b'P', b'K', 3, 4, ..] => "a zip file or a spreadsheet",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file",
        _ => "text in another encoding, such as Latin-1, or no text at all",
    }
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
    Ok(MatchedHeader {
        drift: added.chain(missing).collect(),
        columns,
        empty_lines: header.empty_lines,
        line_end: header.line_end,
    })
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

struct Record {
    fields: Vec<Vec<u8>>,
    empty_lines: u64,
    line_end: Option<LineEnd>,
    /// The first bytes of the file.
    start: Vec<u8>,
}

/// How far a field of the header is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Start,
    Plain,
    Quoted,
    Closed,
    /// After spaces that follow a closing quote.
    After,
}

/// The first record, by the rules of [`super::count`].
fn first_record(
    mut file: impl BufRead,
    path: &str,
    dialect: Dialect,
) -> Result<Record, HeaderError> {
    let path = || path.to_owned();
    let mut bytes = Bytes {
        file: &mut file,
        read: 0,
    };
    let unreadable = |source| HeaderError::Unreadable {
        path: path(),
        source,
    };
    let start = bytes.start().map_err(unreadable)?;
    let (mut empty_lines, mut after_cr) = (0, false);
    let mut fields = vec![Vec::new()];
    let mut at = Field::Start;
    loop {
        if bytes.read > LONGEST {
            return Err(HeaderError::TooLong {
                path: path(),
                limit: LONGEST,
            });
        }
        let byte = bytes.next().map_err(unreadable)?;
        let nothing_yet = at == Field::Start && fields.len() == 1 && fields[0].is_empty();
        let field = fields.last_mut().expect("there is a first field");
        let ends = matches!(byte, None | Some(b'\n' | b'\r'));
        at = match byte {
            None if nothing_yet => return Err(HeaderError::Empty { path: path() }),
            None if at == Field::Quoted => return Err(HeaderError::OpenQuote { path: path() }),
            Some(b) if at == Field::Quoted && b == dialect.quote => Field::Closed,
            Some(b) if at == Field::Quoted => {
                field.push(b);
                at
            }
            _ if ends && nothing_yet => {
                empty_lines += u64::from(!(byte == Some(b'\n') && after_cr));
                after_cr = byte == Some(b'\r');
                at
            }
            None | Some(b'\n' | b'\r') => {
                let line_end = match byte {
                    None => None,
                    Some(b'\n') => Some(LineEnd::Lf),
                    Some(_) if bytes.next().map_err(unreadable)? == Some(b'\n') => {
                        Some(LineEnd::CrLf)
                    }
                    Some(_) => Some(LineEnd::Cr),
                };
                return Ok(Record {
                    line_end,
                    fields,
                    empty_lines,
                    start,
                });
            }
            Some(b) if b == dialect.delimiter => {
                fields.push(Vec::new());
                Field::Start
            }
            Some(b) if at == Field::Closed && b == dialect.quote => {
                field.push(b);
                Field::Quoted
            }
            Some(b' ') if matches!(at, Field::Closed | Field::After) => Field::After,
            Some(_) if matches!(at, Field::Closed | Field::After) => {
                return Err(HeaderError::AfterQuote {
                    path: path(),
                    name: String::from_utf8_lossy(field).into_owned(),
                });
            }
            Some(b) if b == dialect.quote && at == Field::Start => {
                field.clear();
                Field::Quoted
            }
            Some(b) => {
                let spaced = b == b' ' && field.is_empty() && at == Field::Start;
                field.push(b);
                if spaced { at } else { Field::Plain }
            }
        };
    }
}

/// Bytes one by one, and how many were read.
struct Bytes<'a, R> {
    file: &'a mut R,
    read: usize,
}

impl<R: BufRead> Bytes<'_, R> {
    /// The first bytes, without reading them, and without a byte order mark.
    fn start(&mut self) -> std::io::Result<Vec<u8>> {
        let mut start = self.file.fill_buf()?;
        start = &start[..start.len().min(4)];
        let shown = start.to_vec();
        if start.starts_with(BOM) {
            self.file.consume(BOM.len());
        }
        Ok(shown)
    }

    fn next(&mut self) -> std::io::Result<Option<u8>> {
        let byte = self.file.fill_buf()?.first().copied();
        self.file.consume(usize::from(byte.is_some()));
        self.read += 1;
        Ok(byte)
    }
}

#[cfg(test)]
mod tests;
