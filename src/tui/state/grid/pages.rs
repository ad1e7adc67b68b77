//! The rows that a grid knows, a page at a time, and those that it wants next. Of a
//! sorted view each row lies elsewhere, and every column costs: there what is in sight
//! comes first, the columns beside it later.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{FIRST, Grid, Row};
use crate::browse::Page;

/// Rows that are kept together.
pub const PAGE: u64 = 16;
/// Pages that are read at once, where rows lie beside each other. By an index each
/// row lies elsewhere: then what is in sight comes first, and alone.
pub(super) const AT_ONCE: u64 = 8;
/// Pages that are kept around the window.
const KEPT: u64 = 48;
/// Columns out of sight that are worth to be read by themselves.
const MANY: usize = 4;

/// Rows, and the columns of which they say nothing yet.
#[derive(Debug, Clone, Default)]
struct Part {
    rows: Vec<Row>,
    lacks: Vec<usize>,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages(BTreeMap<u64, Part>);

impl Pages {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All rows of which all columns are known.
    pub fn into_whole(self) -> impl Iterator<Item = Row> {
        let whole = self.0.into_values().filter(|part| part.lacks.is_empty());
        whole.flat_map(|part| part.rows)
    }

    /// A row, if all of it was read.
    pub fn row(&self, number: u64) -> Option<&Row> {
        let part = self.0.get(&(number / PAGE))?;
        let row = part.rows.get((number % PAGE) as usize)?;
        part.lacks.is_empty().then_some(row)
    }

    /// A cell, if it was read.
    pub fn cell(&self, number: u64, at: usize) -> Option<Option<&str>> {
        let part = self.0.get(&(number / PAGE))?;
        let cell = part.rows.get((number % PAGE) as usize)?.get(at)?;
        (!part.lacks.contains(&at)).then_some(cell.as_deref())
    }

    /// How many rows of the first pages were read.
    pub fn first(&self) -> u64 {
        let pages = (0..AT_ONCE).map_while(|number| self.0.get(&number));
        pages.map(|part| part.rows.len() as u64).sum()
    }

    /// Takes rows that were read.
    pub fn take(&mut self, page: &Page) {
        let mut first = page.first;
        let end = page.first + page.rows.len() as u64;
        if page.rows.is_empty() && page.first == 0 {
            // A view without rows: that was read, too, and is not asked for again.
            self.0.entry(0).or_default();
        }
        while first < end {
            let number = first / PAGE;
            let until = ((number + 1) * PAGE).min(end);
            let rows = &page.rows[(first - page.first) as usize..(until - page.first) as usize];
            // A page is kept only from its beginning.
            if first.is_multiple_of(PAGE) {
                self.take_part(number, rows, page.columns.as_deref());
            }
            first = until;
        }
    }

    fn take_part(&mut self, number: u64, rows: &[Row], columns: Option<&[usize]>) {
        let kept = self.0.entry(number).or_default();
        if kept.rows.len() < rows.len() {
            let lacks = (0..rows[0].len()).filter(|at| columns.is_some_and(|c| !c.contains(at)));
            *kept = Part {
                lacks: lacks.collect(),
                rows: rows.to_vec(),
            };
            return;
        }
        if kept.rows.len() > rows.len() {
            return;
        }
        let has = |at: &usize| columns.is_none_or(|columns| columns.contains(at));
        for (row, read) in kept.rows.iter_mut().zip(rows) {
            for at in kept.lacks.iter().filter(|at| has(at)) {
                row[*at].clone_from(&read[*at]);
            }
        }
        kept.lacks.retain(|at| !has(at));
    }

    /// Forgets what is far from a row, on a screen of so many lines.
    pub fn keep_around(&mut self, row: u64, height: u16) {
        let around = row / PAGE;
        // What is wanted next is kept on any screen, or it would be read for ever.
        let kept = KEPT.max(2 * u64::from(height) / PAGE + 1);
        self.0.retain(|number, _| number.abs_diff(around) <= kept);
    }

    /// Whether rows of a page are to be read, of so many that there are.
    fn lacks_rows(&self, number: u64, known: u64) -> bool {
        let there = self.0.get(&number).map_or(0, |p| p.rows.len() as u64);
        let first = number * PAGE;
        first < known && there < (known - first).min(PAGE)
    }

    fn lacking(&self, number: u64) -> &[usize] {
        self.0.get(&number).map_or(&[], |part| &part.lacks)
    }
}

/// What is to be read next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whole pages.
    pub rows: Range<u64>,
    /// By their places in the table; None: all.
    pub columns: Option<Vec<usize>>,
}

impl Grid {
    /// What is to be read next: what is in sight, then what a page down and a page up
    /// would show, then the columns beside those in sight. None if all that is there.
    pub fn wants(&self) -> Option<Wanted> {
        self.table.as_ref()?;
        if self.error.is_some() {
            return None;
        }
        // Without an index only the first page of a view can be had.
        let known = match self.rows {
            Some(rows) => rows,
            None => FIRST,
        };
        // A view that ended early has fewer rows than its first page wants.
        if self.rows.is_none() && self.pages.0.contains_key(&0) {
            return None;
        }
        let lacks = |number: &u64| self.pages.lacks_rows(*number, known);
        let height = u64::from(self.height.max(1));
        let page = |row: u64| row / PAGE;
        let sight = page(self.top)..page(self.top + height - 1) + 1;
        let below = sight.end..page(self.top + 2 * height) + 1;
        let above = page(self.top.saturating_sub(height))..sight.start;
        let end = |from: u64, most: u64| {
            let end = (from + 1..most).find(|n| !lacks(n)).unwrap_or(most);
            (end * PAGE).min(known)
        };
        let is_far = self.index.is_some();
        let rows = |part: &Range<u64>| {
            let first = part.clone().find(lacks)?;
            let most = if is_far { part.end } else { first + AT_ONCE };
            Some(first * PAGE..end(first, most))
        };
        let columns = self.seen_columns().filter(|_| is_far);
        let wanted = |rows, columns| Some(Wanted { rows, columns });
        if let Some(rows) = rows(&sight) {
            return wanted(rows, columns);
        }
        let lacking = |part: &Range<u64>, seen: Option<&[usize]>| {
            let in_question = |at: &&usize| seen.is_none_or(|seen| seen.contains(at));
            let here = |n: &u64| self.pages.lacking(*n).iter().any(|at| in_question(&at));
            let first = part.clone().find(here)?;
            let last = part.clone().rev().find(here)?;
            let all = (first..=last).flat_map(|n| self.pages.lacking(n));
            let mut all: Vec<usize> = all.filter(in_question).copied().collect();
            all.sort_unstable();
            all.dedup();
            Some((first * PAGE..((last + 1) * PAGE).min(known), all))
        };
        let seen = columns.clone().unwrap_or_default();
        if let Some((rows, columns)) = lacking(&sight, Some(&seen)) {
            return wanted(rows, Some(columns));
        }
        if let Some(rows) = rows(&below).or_else(|| rows(&above)) {
            return wanted(rows, columns);
        }
        let (rows, columns) = lacking(&sight, None)?;
        wanted(rows, Some(columns))
    }

    /// The columns that are in sight, and those that name a row; None: there are not
    /// many others.
    fn seen_columns(&self) -> Option<Vec<usize>> {
        let key = self.table.iter().flat_map(|table| &table.key);
        let key = key.filter_map(|name| self.fields.iter().position(|c| c.name == *name));
        let seen = self.in_sight().into_iter().map(|(_, column, _)| column.at);
        let mut all: Vec<usize> = seen.chain(key).collect();
        all.sort_unstable();
        all.dedup();
        (all.len() + MANY <= self.fields.len()).then_some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_come_later_join_their_rows() {
        let whole: Vec<Row> = (0..20)
            .map(|n| {
                (0..3)
                    .map(|at| (at != n % 3).then(|| format!("{n}-{at}")))
                    .collect()
            })
            .collect();
        let page = |columns: &[usize]| Page {
            first: 0,
            rows: whole
                .iter()
                .map(|row| {
                    let cells = row.iter().enumerate();
                    cells
                        .map(|(at, cell)| cell.clone().filter(|_| columns.contains(&at)))
                        .collect()
                })
                .collect(),
            columns: Some(columns.to_vec()),
        };
        let mut pages = Pages::default();
        pages.take(&page(&[0, 2]));
        assert_eq!(pages.row(3), None);
        assert_eq!(pages.cell(3, 1), None);
        assert_eq!(
            (pages.cell(3, 0), pages.cell(3, 2)),
            (Some(None), Some(Some("3-2")))
        );
        assert_eq!(pages.clone().into_whole().count(), 0);
        pages.take(&page(&[1]));
        let all: Vec<Option<&Row>> = (0..20).map(|n| pages.row(n)).collect();
        assert_eq!(all, whole.iter().map(Some).collect::<Vec<_>>());
        // What is known is not taken again.
        pages.take(&page(&[0]));
        assert_eq!(pages.row(7), Some(&whole[7]));
    }
}
