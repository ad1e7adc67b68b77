//! Walking through both sides, in as many threads as the session has.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::lane::Lane;
use super::merge::{Cursor, Key, MergeError, merge};
use super::quartiles::Search;
use super::ranges;
use super::rows::{Listed, Noted};
use super::source::Source;
use super::spread::SpreadSoFar;
use super::tally::Tally;
use super::{DiffError, NOTED, Sides};
use crate::engine::error::{EngineError, ErrorKind};
use crate::engine::session::Session;
use crate::model::difference::Pair;

/// A piece of both sides.
type Piece = Pair<Range<u64>>;

/// What one thread found.
struct Found {
    tally: Tally,
    pieces: Vec<(usize, Ends, Noted)>,
}

/// The first and the last key of a piece, of either side.
type Ends = Option<(Key, Key)>;

/// Walks through all rows once.
///
/// # Errors
/// [`MergeError::OutOfOrder`] where a side is not sorted by unique keys.
pub(super) fn walk(
    session: &Session,
    threads: usize,
    sides: &Sides,
    listed: Option<Listed>,
    tell: &(dyn Fn(f64) + Sync),
) -> Result<(Tally, Noted), MergeError> {
    // Each statement runs in the thread that asks for its rows.
    session.batch("SET threads = 1")?;
    let pieces = ranges::cut(session, &sides.sources, &sides.key)?;
    let threads = threads.min(pieces.len());
    let sessions = (0..threads)
        .map(|_| Ok(Pair::new(session.beside()?, session.beside()?)))
        .collect::<Result<Vec<_>, EngineError>>()?;
    let all = sides.sources.as_ref().map(|source| source.rows);
    let progress = Progress {
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        all: (all.before + all.after).max(1),
        tell,
    };
    let found: Vec<Result<Found, MergeError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = sessions
            .into_iter()
            .map(|sessions| {
                let (pieces, progress) = (&pieces, &progress);
                scope.spawn(move || {
                    let found = some_pieces(sides, &sessions, pieces, listed, progress);
                    if found.is_err() {
                        progress.stop.store(true, Ordering::Relaxed);
                    }
                    found
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(died())))
            .collect()
    });
    let mut tally = Tally::new(&sides.counted, listed.is_none());
    let mut walked = Vec::new();
    let mut stopped = None;
    for found in found {
        match found {
            Ok(found) => {
                tally.join(found.tally);
                walked.extend(found.pieces);
            }
            // What made the others stop is more than that they did.
            Err(MergeError::Enough) => stopped = stopped.or(Some(MergeError::Enough)),
            Err(error) => return Err(error),
        }
    }
    if let Some(stopped) = stopped {
        return Err(stopped);
    }
    walked.sort_by_key(|(piece, ..)| *piece);
    let mut last: Option<Key> = None;
    let mut noted = Noted::default();
    for (_, ends, of_piece) in walked {
        if let Some((first, end)) = ends {
            if last.is_some_and(|last| last >= first) {
                return Err(MergeError::OutOfOrder);
            }
            last = Some(end);
        }
        noted.append(of_piece);
    }
    tally.end();
    Ok((tally, noted))
}

fn died() -> MergeError {
    EngineError::new(ErrorKind::Other, "a thread that compared rows died").into()
}

struct Progress<'p> {
    next: AtomicUsize,
    stop: AtomicBool,
    /// Rows of both sides.
    done: AtomicU64,
    all: u64,
    tell: &'p (dyn Fn(f64) + Sync),
}

impl Progress<'_> {
    fn add(&self, rows: u64) {
        let done = self.done.fetch_add(rows, Ordering::Relaxed) + rows;
        (self.tell)(done as f64 / self.all as f64);
    }
}

fn some_pieces(
    sides: &Sides,
    sessions: &Pair<Session>,
    pieces: &[Piece],
    listed: Option<Listed>,
    progress: &Progress<'_>,
) -> Result<Found, MergeError> {
    let mut found = Found {
        tally: Tally::new(&sides.counted, listed.is_none()),
        pieces: Vec::new(),
    };
    loop {
        let at = progress.next.fetch_add(1, Ordering::Relaxed);
        let Some(piece) = pieces.get(at) else {
            return Ok(found);
        };
        let mut noted = Noted::default();
        let ends = one_piece(sides, sessions, piece, |block| {
            let masks = found.tally.add(block);
            if let Some(listed) = listed {
                noted.add(block, masks, listed, NOTED);
            }
            progress.add((block.before.rows.len() + block.after.rows.len()) as u64);
            if progress.stop.load(Ordering::Relaxed) {
                return Err(MergeError::Enough);
            }
            Ok(())
        })?;
        found.tally.end_range(at);
        found.pieces.push((at, ends, noted));
    }
}

/// Walks through a piece.
fn one_piece(
    sides: &Sides,
    sessions: &Pair<Session>,
    piece: &Piece,
    mut each: impl FnMut(&super::merge::Block<'_>) -> Result<(), MergeError>,
) -> Result<Ends, MergeError> {
    let Pair { before, after } = &sides.sources;
    let keys = sides.key.len();
    let mut statements = Pair::new(
        sessions
            .before
            .prepare(&before.select(&before.compared(), piece.before.clone()))?,
        sessions
            .after
            .prepare(&after.select(&after.compared(), piece.after.clone()))?,
    );
    let before = statements.before.stream_arrow([])?;
    let after = statements.after.stream_arrow([])?;
    let mut before = Cursor::new(before, keys, piece.before.start);
    let mut after = Cursor::new(after, keys, piece.after.start);
    merge(&mut before, &mut after, |block| {
        sessions.before.heed()?;
        each(block)
    })?;
    let ends = [before.ends(), after.ends()].into_iter().flatten();
    Ok(ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))))
}

/// Walks through all rows again, and hands those that differ to `each` now and
/// then, as long as it says true.
///
/// # Errors
/// Of the engine, and of `each`.
pub(super) fn again<E: From<EngineError>>(
    session: &Session,
    sides: &Sides,
    listed: Listed,
    mut each: impl FnMut(&Noted) -> Result<bool, E>,
) -> Result<(), E> {
    /// Rows are handed over when there are so many.
    const TOGETHER: usize = 4096;
    let sessions = Pair::new(session.beside()?, session.beside()?);
    let all = sides.sources.as_ref().map(|source| 0..source.rows);
    let mut tally = Tally::new(&sides.counted, false);
    let mut noted = Noted::default();
    let mut failed = None;
    let walked = one_piece(sides, &sessions, &all, |block| {
        let masks = tally.add(block);
        noted.add(block, masks, listed, usize::MAX);
        if noted.len() < TOGETHER {
            return Ok(());
        }
        match each(&std::mem::take(&mut noted)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(MergeError::Enough),
            Err(error) => {
                failed = Some(error);
                Err(MergeError::Enough)
            }
        }
    });
    match (failed, walked) {
        (Some(error), _) => Err(error),
        (None, Ok(_)) => each(&noted).map(drop),
        (None, Err(MergeError::Enough)) => Ok(()),
        (None, Err(MergeError::Engine(error))) => Err(error.into()),
        (None, Err(MergeError::OutOfOrder)) => Err(died_order().into()),
    }
}

fn died_order() -> EngineError {
    EngineError::new(
        ErrorKind::Other,
        "the rows came in another order than before",
    )
}

/// The quartiles of all columns. Only columns with many distinct values have to be
/// read again.
///
/// # Errors
/// Of the engine.
pub(super) fn quartiles(
    session: &Session,
    sources: &Pair<Source>,
    spreads: &Pair<Vec<Option<SpreadSoFar>>>,
) -> Result<Pair<Search>, DiffError> {
    let sessions = Pair::new(session.beside()?, session.beside()?);
    let side = |session: Session, spreads: &[Option<SpreadSoFar>], source: &Source| {
        let mut search = Search::of(spreads);
        loop {
            let columns = search.columns();
            if columns.is_empty() {
                return Ok::<_, EngineError>(search);
            }
            let selected: Vec<String> = columns
                .iter()
                .map(|at| source.common[*at].clone())
                .collect();
            let mut statement = session.prepare(&source.select(&selected, 0..source.rows))?;
            for batch in statement.stream_arrow([])? {
                let batch = batch?;
                for (column, array) in columns.iter().zip(batch.columns()) {
                    if let Some(lane) = Lane::of(array) {
                        search.look(*column, &lane);
                    }
                }
                session.heed()?;
            }
            search.end_pass();
        }
    };
    let found = std::thread::scope(|scope| {
        let Pair { before, after } = sessions;
        let after = scope.spawn(|| side(after, &spreads.after, &sources.after));
        let before = side(before, &spreads.before, &sources.before);
        let after = after
            .join()
            .unwrap_or_else(|_| Err(EngineError::new(ErrorKind::Other, "a thread died")));
        Pair::new(before, after)
    });
    Ok(found.ok()?)
}
