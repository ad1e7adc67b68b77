//! What is known of the compared columns before their rows are read: how values
//! come out of the engine, and between which two they lie.

use duckdb::arrow::array::RecordBatch;
use duckdb::arrow::datatypes::{DataType, SchemaRef};

use super::Sides;
use super::lane::{Domain, Lane, Values};
use super::source::{Shared, Source};
use super::spread::{Span, wide_word};
use super::tally::Counted;
use crate::engine::error::{EngineError, ErrorKind};
use crate::engine::quote;
use crate::engine::session::Session;
use crate::model::difference::Pair;

/// Sees to it that values of the common type can be compared: others are compared
/// as text.
///
/// # Errors
/// Of the engine.
pub(super) fn settle_type(session: &Session, shared: &mut Shared) -> Result<(), EngineError> {
    let schema = arrow_schema(session, std::slice::from_ref(shared))?;
    if Domain::of(schema.field(0).data_type()).is_none() {
        shared.common = "VARCHAR".to_owned();
    }
    Ok(())
}

/// How columns of the common types come out of the engine.
fn arrow_schema(session: &Session, columns: &[Shared]) -> Result<SchemaRef, EngineError> {
    let nulls: Vec<String> = columns
        .iter()
        .map(|column| format!("CAST(NULL AS {})", column.common))
        .collect();
    let (schema, _) = one_row(session, &format!("SELECT {}", nulls.join(", ")))?;
    Ok(schema)
}

/// A result of one row.
fn one_row(session: &Session, sql: &str) -> Result<(SchemaRef, RecordBatch), EngineError> {
    session.heed()?;
    let mut statement = session.prepare(sql)?;
    let mut batches = statement.stream_arrow([])?;
    let schema = batches.get_schema();
    match batches.next() {
        Some(batch) => Ok((schema, batch?)),
        None => Err(EngineError::new(ErrorKind::Other, "a row is missing")),
    }
}

/// How each compared column is counted.
///
/// # Errors
/// Of the engine.
pub(super) fn counted(
    session: &Session,
    sides: &Sides,
    tolerance: Option<f64>,
) -> Result<Vec<Counted>, EngineError> {
    let columns = &sides.columns;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let schema = arrow_schema(session, columns)?;
    let mut counted: Vec<Counted> = schema
        .fields()
        .iter()
        .map(|field| Counted {
            domain: Domain::of(field.data_type()).unwrap_or(Domain::Text),
            is_wide: matches!(field.data_type(), DataType::Decimal128(..)),
            expected: Pair::new(Span::ALL, Span::ALL),
            tolerance,
        })
        .collect();
    let spans = |source| spans(session, source, columns, &counted);
    let Pair { before, after } = sides.sources.as_ref().map(spans).ok()?;
    for (counted, span) in counted.iter_mut().zip(before.into_iter().zip(after)) {
        counted.expected = Pair::new(span.0, span.1);
    }
    Ok(counted)
}

/// The span of each column, as far as that can be told without reading it.
fn spans(
    session: &Session,
    source: &Source,
    columns: &[Shared],
    counted: &[Counted],
) -> Result<Vec<Span>, EngineError> {
    let mut wanted = Vec::new();
    let mut ends = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        if !counted[at].domain.is_spread() {
            continue;
        }
        wanted.push(at);
        for end in ["min", "max"] {
            ends.push(match &source.file {
                // The file's own statistics are text, and may be missing.
                Some(_) => format!(
                    "{end}(TRY_CAST(coalesce(stats_{end}_value, stats_{end}) AS {})) \
                     FILTER (WHERE path_in_schema = {})",
                    column.common,
                    quote::literal(&column.name)
                ),
                None => format!("{end}({})", source.common[at]),
            });
        }
    }
    let mut spans = vec![Span::ALL; columns.len()];
    if wanted.is_empty() {
        return Ok(spans);
    }
    let from = match &source.file {
        Some(file) => format!(
            "parquet_metadata({})",
            quote::literal(&file.to_string_lossy())
        ),
        None => source.from.clone(),
    };
    let sql = format!("SELECT {} FROM {from}", ends.join(", "));
    let (_, row) = one_row(session, &sql)?;
    for (place, at) in wanted.into_iter().enumerate() {
        let word = |end: usize| {
            let lane = Lane::of(row.columns().get(2 * place + end)?)?;
            let valid = lane.is_valid(0);
            valid.then(|| match &lane.values {
                Values::Words(words) => Some(words[0]),
                Values::Wide(values) => Some(wide_word(values[0], counted[at].domain.unit())),
                Values::Bytes { .. } => None,
            })?
        };
        if let (Some(low), Some(high)) = (word(0), word(1))
            && low <= high
        {
            spans[at] = Span { low, high };
        }
    }
    Ok(spans)
}
