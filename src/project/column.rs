//! `[sources.<name>.columns]`: the columns whose types the project decides.

use std::ops::Range;

use toml::de::DeValue;

use crate::model::column_type::canonical_type;
use crate::model::source::{Also, DeclaredColumn, normalise_column};

use super::document::{Entry, Problems, Table};
use super::error::{ConfigProblem, Expected};

const COLUMN_KEYS: &[&str] = &["type", "format", "decimal", "thousands", "nulls"];

pub(super) fn columns(table: &Table<'_>, problems: &mut Problems<'_>) -> Vec<DeclaredColumn> {
    let Some(columns) = table.table("columns", problems) else {
        return Vec::new();
    };
    let path = columns.path.clone();
    columns
        .into_entries()
        .iter()
        .filter_map(|entry| column(&path, entry, problems))
        .collect()
}

fn column(path: &str, entry: &Entry<'_>, problems: &mut Problems<'_>) -> Option<DeclaredColumn> {
    let name = entry.key.to_owned();
    if name.is_empty() || normalise_column(&name) != name {
        let problem = ConfigProblem::ColumnName { name: name.clone() };
        problems.add(entry.key_span.clone(), problem);
    }
    match entry.value {
        DeValue::String(ty) => {
            let ty = column_type(ty, entry.span.clone(), problems)?;
            Some(DeclaredColumn::new(name, ty))
        }
        DeValue::Table(tree) => {
            let table = Table::new(format!("{path}.{name}"), entry.span.clone(), tree);
            detailed(name, table, problems)
        }
        _ => {
            entry.wrong_type(Expected::Column, problems);
            None
        }
    }
}

fn column_type(ty: &str, span: Range<usize>, problems: &mut Problems<'_>) -> Option<String> {
    match canonical_type(ty) {
        Ok(ty) => Some(ty),
        Err(bad) => {
            problems.add(span, ConfigProblem::Type(bad));
            None
        }
    }
}

fn detailed(
    name: String,
    mut table: Table<'_>,
    problems: &mut Problems<'_>,
) -> Option<DeclaredColumn> {
    table.refuse_unknown(COLUMN_KEYS, problems);
    if table.entry("type").is_none() && !table.is_meant("type") {
        let problem = ConfigProblem::MissingKey {
            key: "type",
            place: table.place(),
            hint: "write `{ type = \"DATE\", format = \"%d/%m/%Y\" }`",
        };
        problems.add(table.span.clone(), problem);
    }
    let (ty, span) = table.string("type", problems)?;
    let ty = column_type(ty, span, problems)?;
    let (format, formats) = formats(&name, &ty, &table, problems);
    let decimal = mark("decimal", &name, &ty, &table, problems);
    let thousands = mark("thousands", &name, &ty, &table, problems);
    if let (Some(entry), true) = (
        table.entry("thousands"),
        thousands.is_some() && thousands == Some(decimal.unwrap_or('.')),
    ) {
        let problem = ConfigProblem::BadValue {
            key: "thousands",
            value: thousands.map(String::from).unwrap_or_default(),
            hint: "it is not what stands before the decimals too: set `decimal` to the other",
        };
        problems.add(entry.span.clone(), problem);
    }
    let nulls = nulls(&name, &ty, &table, problems);
    Some(DeclaredColumn {
        name,
        ty,
        format,
        decimal: decimal.filter(|mark| *mark != '.'),
        also: Also {
            formats,
            thousands,
            nulls,
        },
    })
}

/// The format, and others that are tried after it.
fn formats(
    column: &str,
    ty: &str,
    table: &Table<'_>,
    problems: &mut Problems<'_>,
) -> (Option<String>, Vec<String>) {
    let Some(entry) = table.entry("format") else {
        return (None, Vec::new());
    };
    let written = match entry.value {
        DeValue::Array(_) => table.strings("format", problems),
        _ => table.string("format", problems).into_iter().collect(),
    };
    if ty != "DATE" && ty != "TIMESTAMP" {
        let problem = ConfigProblem::FormatOfType {
            column: column.to_owned(),
            ty: ty.to_owned(),
        };
        problems.add(entry.span.clone(), problem);
        return (None, Vec::new());
    }
    for (format, span) in &written {
        if !format.contains('%') {
            let problem = ConfigProblem::Format {
                format: (*format).to_owned(),
            };
            problems.add(span.clone(), problem);
        }
    }
    let mut formats = written.iter().map(|(format, _)| (*format).to_owned());
    (formats.next(), formats.collect())
}

fn is_number(ty: &str) -> bool {
    let others = ["VARCHAR", "DATE", "TIMESTAMP", "TIME", "BOOLEAN", "UUID"];
    !others.contains(&ty)
}

/// A character between the digits of a number.
fn mark(
    key: &'static str,
    column: &str,
    ty: &str,
    table: &Table<'_>,
    problems: &mut Problems<'_>,
) -> Option<char> {
    let (text, span) = table.string(key, problems)?;
    if !is_number(ty) {
        let problem = ConfigProblem::NotForType {
            key,
            column: column.to_owned(),
            ty: ty.to_owned(),
        };
        problems.add(span, problem);
        return None;
    }
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(mark), None) if !mark.is_alphanumeric() && !['+', '-'].contains(&mark) => Some(mark),
        _ => {
            let problem = ConfigProblem::BadValue {
                key,
                value: text.to_owned(),
                hint: "write one character, such as `,`, `.`, `'` or a space",
            };
            problems.add(span, problem);
            None
        }
    }
}

fn nulls(column: &str, ty: &str, table: &Table<'_>, problems: &mut Problems<'_>) -> Vec<String> {
    let Some(entry) = table.entry("nulls") else {
        return Vec::new();
    };
    if ty == "VARCHAR" {
        let problem = ConfigProblem::NotForType {
            key: "nulls",
            column: column.to_owned(),
            ty: ty.to_owned(),
        };
        problems.add(entry.span.clone(), problem);
        return Vec::new();
    }
    let words = table.strings("nulls", problems);
    words.into_iter().map(|(word, _)| word.to_owned()).collect()
}
