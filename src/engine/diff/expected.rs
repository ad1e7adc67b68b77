//! What is known of the compared columns before their rows are read: how values
//! come out of the engine, and between which two they lie.

use duckdb::arrow::array::RecordBatch;
use duckdb::arrow::datatypes::{DataType, SchemaRef};

use super::buckets::{Guess, Span};
use super::lane::{Lane, Values};
use super::source::{Shared, Source};
use super::spread::wide_word;
use super::tally::Counted;
use super::word::{Domain, NAN};
use super::{Sides, ranges};
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
            guess: Guess::default(),
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

/// Guesses the quartiles of columns with many distinct values from a sample of the
/// side before: the sides are mostly the same. Few rows are walked through twice
/// sooner than sampled.
///
/// # Errors
/// Of the engine.
pub(super) fn guess(session: &Session, sides: &mut Sides) -> Result<(), EngineError> {
    /// So many rows are worth a sample,
    const MANY: u64 = 500_000;
    /// which is taken in so many places,
    const PLACES: u64 = 6;
    /// each of so many rows, of which one in so many is taken.
    const ROWS: u64 = ranges::ROW_GROUP;
    const ONE_IN: u64 = 16;
    let source = &sides.sources.before;
    let is_guessed = |counted: &Counted| {
        counted.domain.is_spread() && (counted.is_wide || counted.expected.before.shift() > 0)
    };
    let columns: Vec<usize> = (0..sides.counted.len())
        .filter(|at| is_guessed(&sides.counted[*at]))
        .collect();
    if source.rows < MANY || columns.is_empty() {
        return Ok(());
    }
    let selected: Vec<String> = columns
        .iter()
        .map(|at| source.common[*at].clone())
        .collect();
    let mut samples: Vec<Vec<u64>> = vec![Vec::new(); columns.len()];
    for place in 0..PLACES {
        let first = source.rows * (2 * place + 1) / (2 * PLACES) / ROWS * ROWS;
        let rows = first..(first + ROWS).min(source.rows);
        let sql = format!(
            "{} AND {} % {ONE_IN} = 0",
            source.select(&selected, rows),
            source.row
        );
        session.heed()?;
        let mut statement = session.prepare(&sql)?;
        for batch in statement.stream_arrow([])? {
            let batch = batch?;
            for ((at, sample), array) in columns.iter().zip(&mut samples).zip(batch.columns()) {
                if let Some(lane) = Lane::of(array) {
                    let unit = sides.counted[*at].domain.unit();
                    sample.extend(words(&lane, unit).filter(|word| *word != NAN));
                }
            }
        }
    }
    let together = columns.len();
    for (at, sample) in columns.into_iter().zip(samples) {
        sides.counted[at].guess = Guess::from(sample, source.rows, together);
    }
    Ok(())
}

/// The values of a lane that are not NULL, as they are counted.
fn words(lane: &Lane, unit: f64) -> impl Iterator<Item = u64> {
    let rows = match &lane.values {
        Values::Words(words) => words.len(),
        Values::Wide(values) => values.len(),
        Values::Bytes { .. } => 0,
    };
    (0..rows)
        .filter(|row| lane.is_valid(*row))
        .map(move |row| match &lane.values {
            Values::Wide(values) => wide_word(values[row], unit),
            Values::Words(words) => words[row],
            Values::Bytes { .. } => NAN,
        })
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
            words(&lane, counted[at].domain.unit()).next()
        };
        if let (Some(low), Some(high)) = (word(0), word(1))
            && low <= high
        {
            spans[at] = Span { low, high };
        }
    }
    Ok(spans)
}
