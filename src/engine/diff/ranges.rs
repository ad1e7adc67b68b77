//! Sides, cut at the same keys, so that several threads can walk through them.

use std::ops::Range;

use super::source::{Shared, Source};
use crate::engine::error::EngineError;
use crate::engine::quote;
use crate::engine::session::Session;
use crate::model::difference::Pair;

/// A piece has about so many rows.
const PIECE: u64 = 2_000_000;
const MOST_PIECES: u64 = 64;
/// The engine writes so many rows into one group of a file; a piece that begins
/// with one is read without looking at others.
pub(super) const ROW_GROUP: u64 = 122_880;

/// Cuts both sides at the same keys, if they are sorted. The pieces depend on the
/// rows alone, so that sums do not depend on how many threads there are.
///
/// # Errors
/// Of the engine.
pub(super) fn cut(
    session: &Session,
    sources: &Pair<Source>,
    key: &[Shared],
) -> Result<Vec<Pair<Range<u64>>>, EngineError> {
    let rows = sources.as_ref().map(|source| source.rows);
    let pieces = (rows.before.min(rows.after) / PIECE).clamp(1, MOST_PIECES);
    let mut cuts = vec![Pair::new(0, 0)];
    for piece in 1..pieces {
        let row = rows.before * piece / pieces / ROW_GROUP * ROW_GROUP;
        let Some(other) = place_of(session, sources, key, row)? else {
            continue;
        };
        let last = cuts[cuts.len() - 1];
        // A side that is not sorted is cut anywhere; that it is not will be seen.
        if row > last.before && other >= last.after {
            cuts.push(Pair::new(row, other));
        }
    }
    cuts.push(rows);
    Ok(cuts
        .windows(2)
        .map(|ends| Pair::new(ends[0].before..ends[1].before, ends[0].after..ends[1].after))
        .collect())
}

/// The first row after whose key is not below that of the row `row` before. None
/// if that has no whole key.
fn place_of(
    session: &Session,
    sources: &Pair<Source>,
    key: &[Shared],
    row: u64,
) -> Result<Option<u64>, EngineError> {
    let Pair { before, after } = sources;
    let texts: Vec<String> = before
        .keys
        .iter()
        .map(|key| format!("CAST({key} AS VARCHAR)"))
        .collect();
    let found = session.texts(&before.select(&texts, row..row + 1))?;
    let Some(parts) = found.into_iter().next() else {
        return Ok(None);
    };
    let values: Option<Vec<String>> = parts
        .into_iter()
        .zip(key)
        .map(|(part, shared)| {
            Some(format!(
                "CAST({} AS {})",
                quote::literal(&part?),
                shared.common
            ))
        })
        .collect();
    let Some(values) = values else {
        return Ok(None);
    };
    let mut condition = format!("{} >= {}", after.keys[0], values[0]);
    if values.len() > 1 {
        condition += &format!(
            " AND ({}) >= ({})",
            after.keys.join(", "),
            values.join(", ")
        );
    }
    let place = session.text(&format!(
        "SELECT CAST({} AS VARCHAR) FROM {} WHERE {condition} LIMIT 1",
        after.row, after.from
    ))?;
    Ok(Some(
        place
            .and_then(|place| place.parse().ok())
            .unwrap_or(after.rows),
    ))
}
