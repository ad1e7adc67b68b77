//! Rows of the screen: lines of the text, or where they are wrapped parts of them. And
//! which place of the text is in which cell.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{Editor, columns, wide};

/// A line on the screen, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it shows of the text.
    pub range: Range<usize>,
    /// The number of its line, from 0.
    pub line: usize,
    /// The line begins here; it ends here.
    pub is_first: bool,
    pub is_last: bool,
}

/// A cell: row and column of a screen that has room for the whole text, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub row: usize,
    pub column: usize,
}

impl Editor {
    /// Columns in which lines are wrapped; None: they are not. The cursor has one behind
    /// the last sign.
    fn wrapped_at(&self) -> Option<usize> {
        self.wraps.then(|| usize::from(self.width.max(3)) - 1)
    }

    fn parts(&self, line: &str) -> Vec<Range<usize>> {
        match self.wrapped_at() {
            Some(width) => parts(line, width),
            None => std::iter::once(0..line.len()).collect(),
        }
    }

    /// The rows from one on, at most so many.
    pub fn rows(&self, from: usize, most: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut start = 0;
        let mut row = 0;
        for (line, text) in self.text.split('\n').enumerate() {
            let parts = self.parts(text);
            let count = parts.len();
            if row + count > from {
                for (at, part) in parts.into_iter().enumerate() {
                    if row + at < from {
                        continue;
                    }
                    if rows.len() == most {
                        return rows;
                    }
                    rows.push(Row {
                        range: start + part.start..start + part.end,
                        line,
                        is_first: at == 0,
                        is_last: at + 1 == count,
                    });
                }
            }
            row += count;
            start += text.len() + 1;
        }
        rows
    }

    /// How many rows there are.
    pub fn count_rows(&self) -> usize {
        match self.wrapped_at() {
            None => self.text.matches('\n').count() + 1,
            Some(_) => self
                .text
                .split('\n')
                .map(|line| self.parts(line).len())
                .sum(),
        }
    }

    /// The cell of a byte.
    pub fn cell(&self, at: usize) -> Cell {
        let at = at.min(self.text.len());
        let start = self.line_start(at);
        let above = &self.text[..start];
        let mut row = match self.wrapped_at() {
            None => above.matches('\n').count(),
            Some(_) => {
                let lines = above.strip_suffix('\n').into_iter();
                let lines = lines.flat_map(|above| above.split('\n'));
                lines.map(|line| self.parts(line).len()).sum()
            }
        };
        let parts = self.parts(&self.text[start..self.line_end(at)]);
        let in_line = at - start;
        // A place between two rows is at the beginning of the second.
        let part = parts
            .iter()
            .rposition(|part| part.start <= in_line)
            .unwrap_or(0);
        row += part;
        let from = start + parts[part].start;
        Cell {
            row,
            column: columns(&self.text[from..at]),
        }
    }

    /// The byte in a cell, or the nearest before it in its row.
    pub fn byte_in(&self, cell: Cell) -> usize {
        let mut rows = self.rows(cell.row, 1);
        let Some(row) = rows.pop() else {
            // Below the last one: in that.
            let last = self.count_rows() - 1;
            return self.byte_in(Cell { row: last, ..cell });
        };
        let mut column = 0;
        for (at, grapheme) in self.text[row.range.clone()].grapheme_indices(true) {
            column += wide(grapheme, column);
            if column > cell.column {
                return row.range.start + at;
            }
        }
        match row.is_last {
            true => row.range.end,
            // Its end is the beginning of the next one.
            false => self.before(row.range.end).max(row.range.start),
        }
    }
}

/// A line in parts that are at most so wide, broken behind blanks where there are any.
fn parts(line: &str, width: usize) -> Vec<Range<usize>> {
    if line.len() <= width && line.is_ascii() && !line.contains('\t') {
        return std::iter::once(0..line.len()).collect();
    }
    let mut parts = Vec::new();
    let mut start = 0;
    while start < line.len() || parts.is_empty() {
        let mut column = 0;
        let mut blank = None;
        let mut end = line.len();
        for (at, grapheme) in line[start..].grapheme_indices(true) {
            let wide = wide(grapheme, column);
            if column + wide > width && at > 0 {
                end = start + blank.unwrap_or(at);
                break;
            }
            column += wide;
            if matches!(grapheme, " " | "\t") {
                blank = Some(at + grapheme.len());
            }
        }
        parts.push(start..end);
        start = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let told = |line, width| -> Vec<&str> {
            parts(line, width).into_iter().map(|p| &line[p]).collect()
        };
        assert_eq!(
            told("SELECT account_id, name", 10),
            ["SELECT ", "account_id", ", name"]
        );
        assert_eq!(told("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
        assert_eq!(told("名前名前 名", 5), ["名前", "名前 ", "名"]);
        assert_eq!(told("", 5), [""]);
    }

    proptest! {
        /// Every place of a text has a cell of its own, which leads back to it; rows hold
        /// all of the text and are not too wide; and where lines are not wrapped, cells
        /// are lines and columns.
        #[test]
        fn places_and_cells_belong_together(
            text in "([a-f名é\u{301}👩🇳🇿 ,\t]{0,12}\n?){0,8}",
            width in 6u16..16,
            wraps: bool,
        ) {
            let mut editor = Editor::of(text);
            (editor.width, editor.height, editor.wraps) = (width, 5, wraps);
            let text = editor.text().to_owned();
            let rows = editor.rows(0, usize::MAX);
            prop_assert_eq!(rows.len(), editor.count_rows());
            let whole: String = rows
                .iter()
                .map(|row| text[row.range.clone()].to_owned() + if row.is_last { "\n" } else { "" })
                .collect();
            prop_assert_eq!(whole, text.clone() + "\n");
            let room = usize::from(width.max(3)) - 1;
            for row in rows.iter().filter(|_| wraps) {
                let part = &text[row.range.clone()];
                let is_one = part.graphemes(true).count() == 1;
                prop_assert!(columns(part) <= room || is_one, "{part:?}");
            }
            for at in 0..rows.len() {
                prop_assert_eq!(editor.rows(at, 1), rows[at..=at].to_vec());
                // Behind its end is still in it.
                let end = editor.byte_in(Cell { row: at, column: 1_000 });
                prop_assert_eq!(editor.cell(end).row, at);
            }
            let mut places: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            places.push(text.len());
            let mut seen = std::collections::HashSet::new();
            for at in places {
                // What takes no room has no cell of its own.
                let next = text[at..].graphemes(true).next();
                if next.is_some_and(|next| next != "\n" && wide(next, 0) == 0) {
                    continue;
                }
                let cell = editor.cell(at);
                prop_assert!(seen.insert((cell.row, cell.column)), "{at} in {cell:?}");
                prop_assert_eq!(editor.byte_in(cell), at);
                let row = &rows[cell.row];
                prop_assert!(row.range.start <= at && at <= row.range.end);
                if !wraps {
                    let spot = editor.spot(at);
                    prop_assert_eq!((cell.row, cell.column), (spot.line, spot.column));
                }
                // Wherever it is gone to, it is in sight.
                editor.go_to(at, false);
                let cell = editor.cell(at);
                prop_assert!((editor.top..editor.top + 5).contains(&cell.row));
                prop_assert!(cell.column >= editor.left);
                prop_assert!(cell.column - editor.left < usize::from(width.max(2)));
            }
        }
    }
}
