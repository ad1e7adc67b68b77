//! The rows whose value moved furthest in one column.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use chrono::{NaiveDate, NaiveDateTime};

use super::rows::{Change, Row};
use crate::model::column::Column;
use crate::model::difference::Pair;

/// How far a value moved, with its sign: numbers by their difference, days and
/// points in time in days. None where that cannot be said: of other types, and
/// where a side has no number.
pub fn distance(column: &Column, values: &Pair<Option<String>>) -> Option<f64> {
    let number = |text: &Option<String>| number(column, text.as_deref()?);
    let moved = number(&values.after)? - number(&values.before)?;
    moved.is_finite().then_some(moved)
}

/// Whether values of a column can move far or near.
pub fn has_distances(column: &Column) -> bool {
    column.is_number() || column.ty == "DATE" || column.ty.starts_with("TIMESTAMP")
}

fn number(column: &Column, text: &str) -> Option<f64> {
    if column.is_number() {
        return text.parse().ok();
    }
    if column.ty == "DATE" {
        let day: NaiveDate = text.parse().ok()?;
        return Some(f64::from(day.to_epoch_days()));
    }
    if column.ty.starts_with("TIMESTAMP") {
        // With a zone it ends in its offset: both sides are told in the same one.
        let (day, time) = text.split_once(' ')?;
        let time = time.split(['+', '-']).next()?;
        let at: NaiveDateTime = format!("{day}T{time}").parse().ok()?;
        return Some(at.and_utc().timestamp_micros() as f64 / 86_400e6);
    }
    None
}

/// Keeps those of the rows it is given that moved furthest.
#[derive(Debug)]
pub struct Furthest<'c> {
    column: &'c Column,
    place: usize,
    most: usize,
    rows: BinaryHeap<Reverse<Ranked>>,
    /// Rows that changed in the column.
    changed: u64,
}

#[derive(Debug)]
struct Ranked {
    /// Negative where it cannot be said: those come last.
    distance: f64,
    number: u64,
    row: Row,
}

impl<'c> Furthest<'c> {
    /// Keeps at most so many rows. `place` is the column's among the compared ones.
    pub fn new(column: &'c Column, place: usize, most: usize) -> Self {
        Self {
            column,
            place,
            most,
            rows: BinaryHeap::new(),
            changed: 0,
        }
    }

    /// Takes a row, if it changed in the column.
    pub fn take(&mut self, row: Row) {
        if row.change != Change::Changed {
            return;
        }
        let Some(cell) = row.cells.iter().find(|cell| cell.column == self.place) else {
            return;
        };
        self.changed += 1;
        let ranked = Ranked {
            distance: distance(self.column, &cell.values).map_or(-1.0, f64::abs),
            number: self.changed,
            row,
        };
        if self.rows.len() < self.most {
            self.rows.push(Reverse(ranked));
        } else if let Some(mut least) = self.rows.peek_mut()
            && ranked > least.0
        {
            *least = Reverse(ranked);
        }
    }

    /// The rows, the furthest first, then by key; and how many there were in all.
    pub fn finish(self) -> (Vec<Row>, u64) {
        // Reversed, so that the greatest stand first.
        let rows = self.rows.into_sorted_vec().into_iter();
        (rows.map(|ranked| ranked.0.row).collect(), self.changed)
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_distance = self.distance.total_cmp(&other.distance);
        by_distance.then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

#[cfg(test)]
mod tests {
    use super::super::rows::Cell;
    use super::*;

    fn column(ty: &str) -> Column {
        Column {
            name: "c".to_owned(),
            ty: ty.to_owned(),
        }
    }

    #[test]
    fn distances_are_those_of_the_type() {
        let far = |ty: &str, before: &str, after: &str| {
            let values = Pair::new(Some(before.to_owned()), Some(after.to_owned()));
            distance(&column(ty), &values)
        };
        assert_eq!(far("DECIMAL(18,2)", "10.50", "-1.50"), Some(-12.0));
        assert_eq!(far("DATE", "2024-02-28", "2024-03-01"), Some(2.0));
        let day = ["2024-01-01 00:00:00", "2024-01-01 12:00:00.5"];
        let half = far("TIMESTAMP", day[0], day[1]).unwrap();
        assert!((half - 0.5).abs() < 1e-4, "{half}");
        let zoned = ["2024-01-01 00:00:00-05", "2024-01-02 00:00:00-05"];
        assert_eq!(
            far("TIMESTAMP WITH TIME ZONE", zoned[0], zoned[1]),
            Some(1.0)
        );
        assert_eq!(far("DOUBLE", "1.0", "inf"), None);
        assert_eq!(far("VARCHAR", "1", "2"), None);
    }

    #[test]
    fn the_furthest_are_kept_in_order_and_ties_by_key() {
        let column = column("BIGINT");
        let mut furthest = Furthest::new(&column, 1, 4);
        let moves = [Some("3"), Some("-9"), None, Some("9"), Some("0"), Some("3")];
        for (at, to) in moves.iter().enumerate() {
            furthest.take(Row {
                change: Change::Changed,
                key: vec![Some(at.to_string())],
                cells: vec![Cell {
                    column: 1,
                    values: Pair::new(Some("0".to_owned()), to.map(str::to_owned)),
                }],
            });
        }
        let (rows, changed) = furthest.finish();
        let keys: Vec<_> = rows.iter().filter_map(|r| r.key[0].as_deref()).collect();
        assert_eq!((keys, changed), (vec!["1", "3", "0", "5"], 6));
    }
}
