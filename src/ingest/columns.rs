//! Which columns a file has, and how the engine is to read them.

use super::dialect::LineEnd;
use super::header::MatchedHeader;
use crate::engine::csv::CsvFile;
use crate::engine::values::{TextColumn, TextColumns};
use crate::engine::{EngineError, Session, warehouse};
use crate::model::column::Column;
use crate::model::input_file::ScannedFile;
use crate::model::source::{LoadMode, SourceDefinition};

/// How the engine is to read a file as it lies, if it can.
pub(super) fn plain_file<'a>(
    source: &SourceDefinition,
    file: &'a ScannedFile,
    header: &MatchedHeader,
) -> Option<CsvFile<'a>> {
    let (delimiter, quote) = source.dialect.simple()?;
    (header.unnamed == 0).then(|| CsvFile {
        path: &file.absolute,
        columns: header.columns.clone(),
        delimiter: char::from(delimiter),
        quote: char::from(quote),
        empty_lines: Some(header.empty_lines),
        crlf: header.line_end == Some(LineEnd::CrLf),
        longest: 0,
    })
}

/// What the fields of a file are to become: the types of the raw table, written as
/// declared.
pub fn text_columns(source: &SourceDefinition, names: &[String], known: &[Column]) -> TextColumns {
    let columns = names.iter().map(|name| {
        let declared = source.columns.iter().find(|c| c.name == *name);
        let also = declared.map(|c| c.also.clone()).unwrap_or_default();
        TextColumn {
            ty: known
                .iter()
                .find(|c| c.name == *name)
                .map_or("VARCHAR".to_owned(), |c| c.ty.clone()),
            format: declared.and_then(|c| c.format.clone()),
            decimal: declared.and_then(|c| c.decimal),
            formats: also.formats,
            thousands: also.thousands,
            nulls: also.nulls,
            required: source.load == LoadMode::Upsert && source.key.contains(name),
            name: name.clone(),
        }
    });
    TextColumns(columns.collect())
}

/// The columns that are declared.
pub(super) fn declared(source: &SourceDefinition) -> Vec<Column> {
    let columns = source.columns.iter();
    columns
        .map(|column| Column {
            name: column.name.clone(),
            ty: column.ty.clone(),
        })
        .collect()
}

/// The columns of a raw table, and those declared that it does not have yet.
///
/// # Errors
/// Any error of the engine.
pub fn known_columns(
    session: &Session,
    source: &SourceDefinition,
) -> Result<Vec<Column>, EngineError> {
    let mut columns = warehouse::raw_columns(session, source.name.as_str())?;
    for column in declared(source) {
        if columns.iter().all(|c| c.name != column.name) {
            columns.push(column);
        }
    }
    Ok(columns)
}
