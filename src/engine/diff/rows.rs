//! The rows that differ, as text. They are noted by their numbers, and read again
//! a few thousand at a time.

use std::ops::RangeInclusive;

use duckdb::arrow::array::{Array, AsArray};

use super::merge::{Block, Event};
use super::source::Source;
use super::tally::Masks;
use crate::engine::error::EngineError;
use crate::engine::session::Session;
use crate::model::difference::Pair;

/// So many rows are read at a time.
const TOGETHER: usize = 2048;
/// And they lie within so many: what lies between is read past.
const APART: u64 = 122_880;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
    Changed,
}

/// Which rows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    pub added: bool,
    pub removed: bool,
    pub changed: bool,
}

impl Listed {
    /// Rows of every kind.
    pub const ALL: Self = Self {
        added: true,
        removed: true,
        changed: true,
    };
    /// Rows of which both sides have the key.
    pub const CHANGED: Self = Self {
        added: false,
        removed: false,
        changed: true,
    };
}

/// A row that differs, as text; None is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub change: Change,
    pub key: Vec<Option<String>>,
    /// All compared columns of a row that is on one side only; of one that
    /// changed, those that did.
    pub cells: Vec<Cell>,
}

/// A value on each side. Of a row that is on one side only, the other is None.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its column, by its place among the compared ones.
    pub column: usize,
    pub values: Pair<Option<String>>,
}

/// Numbers of rows that differ, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Noted {
    rows: Vec<Numbers>,
    /// Of every row that changed, the columns that did.
    columns: Vec<u16>,
}

#[derive(Debug, Clone, Copy)]
struct Numbers {
    before: Option<u64>,
    after: Option<u64>,
    /// How many of `columns` are its own.
    columns: u16,
}

impl Noted {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Notes the rows of a block that differ, until there are `most`.
    pub(super) fn add(&mut self, block: &Block<'_>, masks: &Masks, listed: Listed, most: usize) {
        let (before, after) = (block.before.first, block.after.first);
        for event in block.events {
            let room = most.saturating_sub(self.rows.len());
            match *event {
                Event::Removed { before: i, n } if listed.removed => {
                    self.rows.extend((i..i + n.min(room)).map(|i| Numbers {
                        before: Some(before + i as u64),
                        after: None,
                        columns: 0,
                    }));
                }
                Event::Added { after: j, n } if listed.added => {
                    self.rows.extend((j..j + n.min(room)).map(|j| Numbers {
                        before: None,
                        after: Some(after + j as u64),
                        columns: 0,
                    }));
                }
                Event::Both {
                    before: i,
                    after: j,
                    n,
                    pair,
                } if listed.changed => {
                    let changed = (0..n).filter(|k| masks.is_changed(pair + k)).take(room);
                    for k in changed {
                        let columns = self.columns.len();
                        let differ = masks.columns(pair + k).map(|column| column as u16);
                        self.columns.extend(differ);
                        self.rows.push(Numbers {
                            before: Some(before + (i + k) as u64),
                            after: Some(after + (j + k) as u64),
                            columns: (self.columns.len() - columns) as u16,
                        });
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn append(&mut self, mut later: Self) {
        self.rows.append(&mut later.rows);
        self.columns.append(&mut later.columns);
    }
}

/// Reads rows again, and hands them to `each` in their order, as long as it says
/// true.
///
/// # Errors
/// Of the engine, and of `each`.
pub(super) fn read<E: From<EngineError>>(
    session: &Session,
    sources: &Pair<Source>,
    texts: &Pair<Vec<String>>,
    noted: &Noted,
    each: &mut impl FnMut(Row) -> Result<bool, E>,
) -> Result<bool, E> {
    let mut columns = noted.columns.as_slice();
    let mut rows = noted.rows.as_slice();
    while !rows.is_empty() {
        let (now, later) = rows.split_at(together(rows));
        rows = later;
        if !read_some(session, sources, texts, now, &mut columns, each)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many of the next rows are read at a time.
fn together(rows: &[Numbers]) -> usize {
    let mut first = Pair::new(None, None);
    let is_near = |first: &mut Option<u64>, row: Option<u64>| {
        row.is_none_or(|row| row - *first.get_or_insert(row) < APART)
    };
    let near = rows.iter().take(TOGETHER).take_while(|row| {
        is_near(&mut first.before, row.before) && is_near(&mut first.after, row.after)
    });
    near.count().max(1)
}

fn read_some<E: From<EngineError>>(
    session: &Session,
    sources: &Pair<Source>,
    texts: &Pair<Vec<String>>,
    rows: &[Numbers],
    columns: &mut &[u16],
    each: &mut impl FnMut(Row) -> Result<bool, E>,
) -> Result<bool, E> {
    let keys = sources.before.keys.len();
    let width = texts.before.len();
    let sql = sql(sources, texts, rows);
    session.heed()?;
    let mut statement = session.prepare(&sql)?;
    let batches = statement.stream_arrow([]).map_err(EngineError::from)?;
    let mut numbers = rows.iter();
    for batch in batches {
        let batch = batch.map_err(EngineError::from)?;
        let cell = |at: usize, row: usize| {
            let cells = batch.column(at).as_string_opt::<i32>()?;
            cells.is_valid(row).then(|| cells.value(row).to_owned())
        };
        for row in 0..batch.num_rows() {
            let Some(number) = numbers.next() else { break };
            let change = match (number.before, number.after) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                _ => Change::Changed,
            };
            let (own, later) = columns.split_at(usize::from(number.columns));
            *columns = later;
            let value = |column: usize| Cell {
                column,
                values: Pair::new(cell(keys + column, row), cell(keys + width + column, row)),
            };
            let listed = Row {
                change,
                key: (0..keys).map(|at| cell(at, row)).collect(),
                cells: match change {
                    Change::Changed => own.iter().map(|c| value(usize::from(*c))).collect(),
                    _ => (0..width).map(value).collect(),
                },
            };
            if !each(listed)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The rows, by their numbers: key, columns before, columns after.
fn sql(sources: &Pair<Source>, texts: &Pair<Vec<String>>, rows: &[Numbers]) -> String {
    let numbers = |side: fn(&Numbers) -> Option<u64>| {
        let texts = rows.iter().map(|row| match side(row) {
            Some(number) => number.to_string(),
            None => "NULL".to_owned(),
        });
        let range = rows.iter().filter_map(side);
        let range = range.clone().min().zip(range.max());
        (
            texts.collect::<Vec<_>>().join(","),
            range.map(|(first, last)| first..=last),
        )
    };
    let (before, before_range) = numbers(|row| row.before);
    let (after, after_range) = numbers(|row| row.after);
    let side = |source: &Source, texts: &[String], rows: Option<RangeInclusive<u64>>| {
        let keys = source.keys.iter().enumerate();
        let keys = keys.map(|(at, key)| format!("CAST({key} AS VARCHAR) AS k{at}"));
        let columns = texts.iter().enumerate();
        let columns = columns.map(|(at, text)| format!("{text} AS c{at}"));
        let selected: Vec<String> = keys.chain(columns).collect();
        let kept = match rows {
            Some(rows) => format!("{} BETWEEN {} AND {}", source.row, rows.start(), rows.end()),
            None => "false".to_owned(),
        };
        format!(
            "(SELECT {} AS r, {} FROM {} WHERE {kept})",
            source.row,
            selected.join(", "),
            source.from
        )
    };
    let keys = (0..sources.before.keys.len()).map(|at| format!("coalesce(b.k{at}, a.k{at})"));
    let of = |letter: char, n: usize| (0..n).map(move |at| format!("{letter}.c{at}"));
    let selected: Vec<String> = keys
        .chain(of('b', texts.before.len()))
        .chain(of('a', texts.after.len()))
        .collect();
    format!(
        "SELECT {} FROM (SELECT unnest(range({})) AS n, unnest([{before}]::BIGINT[]) AS b, \
         unnest([{after}]::BIGINT[]) AS a) AS p LEFT JOIN {} AS b ON b.r = p.b \
         LEFT JOIN {} AS a ON a.r = p.a ORDER BY p.n",
        selected.join(", "),
        rows.len(),
        side(&sources.before, &texts.before, before_range),
        side(&sources.after, &texts.after, after_range),
    )
}
