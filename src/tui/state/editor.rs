//! A text that is edited: where the cursor is, what is selected, what can be undone.
//!
//! Positions are bytes of the text, between graphemes.

mod find;
mod history;
mod motion;
mod reach;
mod rows;
mod vim;

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::tui::text;
use history::{History, Kind};
pub use motion::Motion;
pub use rows::{Cell, Row};
pub use vim::{Mode, Vim};

/// Blanks of one indent, as in the SQL of a project.
const INDENT: usize = 4;

/// A text that is edited.
#[derive(Debug, Clone, Default)]
pub struct Editor {
    text: String,
    cursor: usize,
    /// Where the selection began; it ends at the cursor.
    anchor: Option<usize>,
    /// The column of the terminal that going up and down keeps to.
    goal: Option<usize>,
    history: History,
    /// Counts the changes of the text.
    changes: u64,
    /// The first row and the first column in sight.
    pub top: usize,
    pub left: usize,
    /// Lines and columns of the terminal that it has.
    pub height: u16,
    pub width: u16,
    /// Long lines go on in the next row.
    pub wraps: bool,
    /// Its modes, where it has them.
    pub vim: Option<Vim>,
}

/// A place in the text: line and column of the terminal, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    pub line: usize,
    pub column: usize,
}

impl Editor {
    /// An editor of a text, the cursor at its end.
    pub fn of(text: impl Into<String>) -> Self {
        let text = plain(&text.into());
        Self {
            cursor: text.len(),
            text,
            ..Self::default()
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte before which the cursor is.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The place behind the character at the cursor, in its line.
    pub fn behind_cursor(&self) -> usize {
        self.after(self.cursor).min(self.line_end(self.cursor))
    }

    /// How often the text was changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// What is selected.
    pub fn selection(&self) -> Option<Range<usize>> {
        let anchor = self.anchor?;
        let (from, to) = (anchor.min(self.cursor), anchor.max(self.cursor));
        let range = match &self.vim {
            Some(vim) if vim.mode == Mode::VisualLine => {
                self.line_start(from)..(self.line_end(to) + 1).min(self.text.len())
            }
            // There the cursor is on a character, which is selected as well.
            Some(vim) if vim.mode == Mode::Visual => from..self.after(to),
            _ => from..to,
        };
        (!range.is_empty()).then_some(range)
    }

    /// The text that is selected.
    pub fn selected(&self) -> Option<&str> {
        self.selection().map(|range| &self.text[range])
    }

    /// Selects nothing. Returns whether something was.
    pub fn deselect(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    /// Selects everything.
    pub fn select_all(&mut self) {
        self.anchor = Some(0);
        self.cursor = self.text.len();
        self.settle();
    }

    /// Puts the cursor at a byte; what lies before it is selected from where it was,
    /// if `selects`.
    pub fn go_to(&mut self, at: usize, selects: bool) {
        match (selects, self.anchor) {
            (true, None) => self.anchor = Some(self.cursor),
            (true, Some(_)) => {}
            (false, _) => self.anchor = None,
        }
        self.goal = None;
        self.cursor = self.boundary(at);
        self.history.end_word();
        self.settle();
    }

    /// Moves the cursor.
    pub fn go(&mut self, motion: Motion, selects: bool) {
        if !selects && let (Some(range), Motion::Left | Motion::Right) = (self.selection(), motion)
        {
            // Out of a selection it goes to its end.
            let to = if motion == Motion::Left {
                range.start
            } else {
                range.end
            };
            return self.go_to(to, false);
        }
        let keeps = matches!(
            motion,
            Motion::Up | Motion::Down | Motion::PageUp | Motion::PageDown
        );
        let goal = self.goal.unwrap_or_else(|| self.cell(self.cursor).column);
        let to = self.target(motion, goal);
        self.go_to(to, selects);
        self.goal = keeps.then_some(goal);
    }

    /// Types a character or a text in the place of what is selected.
    pub fn insert(&mut self, text: &str) {
        let range = self.selection().unwrap_or(self.cursor..self.cursor);
        self.change(range, text, Kind::Typed);
    }

    /// Puts a text in the place of what is selected, as one change.
    pub fn paste(&mut self, text: &str) {
        let range = self.selection().unwrap_or(self.cursor..self.cursor);
        self.change(range, &plain(text), Kind::Whole);
    }

    /// Puts a text in the place of another, the cursor behind it.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        self.change(range, with, Kind::Whole);
    }

    /// Another text as a whole, the cursor about where it was.
    pub fn rewrite(&mut self, text: &str) {
        let text = plain(text);
        if text == self.text {
            return;
        }
        let spot = self.spot(self.cursor);
        self.change(0..self.text.len(), &text, Kind::Whole);
        self.cursor = self.byte(spot);
        self.settle();
    }

    /// A new line, as far to the right as this one begins.
    pub fn break_line(&mut self) {
        let start = self.line_start(self.cursor);
        let line = &self.text[start..self.cursor];
        let blanks = &line[..line.len() - line.trim_start().len()];
        let text = format!("\n{blanks}");
        let range = self.selection().unwrap_or(self.cursor..self.cursor);
        self.change(range, &text, Kind::Typed);
    }

    /// Deletes what is selected, or up to where a motion leads.
    pub fn delete(&mut self, motion: Motion) {
        let range = self.selection().unwrap_or_else(|| {
            let to = self.target(motion, 0);
            self.cursor.min(to)..self.cursor.max(to)
        });
        if !range.is_empty() {
            self.change(range, "", Kind::Deleted);
        }
    }

    /// Blanks up to the next indent; of the lines that are selected, each one.
    pub fn indent(&mut self) {
        let is_lines = self.selected().is_some_and(|text| text.contains('\n'));
        if is_lines {
            return self.each_line(|line| match line.is_empty() {
                true => String::new(),
                false => " ".repeat(INDENT) + line,
            });
        }
        let column = self.spot(self.cursor).column;
        self.insert(&" ".repeat(INDENT - column % INDENT));
    }

    /// The lines of the selection, or this one, an indent less.
    pub fn unindent(&mut self) {
        self.each_line(|line| {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            line[blanks.min(INDENT)..].to_owned()
        });
    }

    /// Makes comments of the lines of the selection, or of this one; or of comments
    /// lines.
    pub fn toggle_comment(&mut self) {
        let range = self.lines_of_selection();
        let mut lines = self.text[range].lines().filter(|l| !l.trim().is_empty());
        let is_comment = lines.all(|line| line.trim_start().starts_with("--"));
        self.each_line(|line| {
            let begin = line.len() - line.trim_start().len();
            let (blanks, rest) = line.split_at(begin);
            match rest.strip_prefix("--") {
                Some(rest) if is_comment => {
                    blanks.to_owned() + rest.strip_prefix(' ').unwrap_or(rest)
                }
                _ if rest.is_empty() => line.to_owned(),
                _ => format!("{blanks}-- {rest}"),
            }
        });
    }

    fn lines_of_selection(&self) -> Range<usize> {
        let range = self.selection().unwrap_or(self.cursor..self.cursor);
        // A selection that ends at the beginning of a line has none of it.
        let is_below = range.end > range.start && self.text[..range.end].ends_with('\n');
        let end = if is_below { range.end - 1 } else { range.end };
        self.line_start(range.start)..self.line_end(end)
    }

    fn each_line(&mut self, make: impl Fn(&str) -> String) {
        let range = self.lines_of_selection();
        let had_selection = self.selection().is_some();
        let old = &self.text[range.clone()];
        let new = old.split('\n').map(make).collect::<Vec<_>>().join("\n");
        if new == old {
            return;
        }
        let behind = self.text.len() - self.cursor;
        let end = range.start + new.len();
        self.change(range.clone(), &new, Kind::Whole);
        if had_selection {
            (self.anchor, self.cursor) = (Some(range.start), end);
        } else {
            self.cursor = self.boundary(self.text.len().saturating_sub(behind).max(range.start));
        }
        self.settle();
    }

    /// The one way by which the text changes.
    fn change(&mut self, range: Range<usize>, with: &str, kind: Kind) {
        let removed = self.text[range.clone()].to_owned();
        self.history
            .note(range.start, removed, with, self.cursor, kind);
        self.text.replace_range(range.clone(), with);
        self.cursor = range.start + with.len();
        self.changed();
    }

    fn changed(&mut self) {
        self.anchor = None;
        self.goal = None;
        self.changes += 1;
        self.cursor = self.boundary(self.cursor);
        self.settle();
    }

    /// Takes the last change back. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let cursor = self.history.undo(&mut self.text);
        cursor.map(|at| self.cursor = at).is_some() && {
            self.changed();
            true
        }
    }

    /// Makes the change again that was taken back last.
    pub fn redo(&mut self) -> bool {
        let cursor = self.history.redo(&mut self.text);
        cursor.map(|at| self.cursor = at).is_some() && {
            self.changed();
            true
        }
    }

    /// Keeps the cursor in sight.
    pub fn settle(&mut self) {
        let cell = self.cell(self.cursor);
        let height = usize::from(self.height.max(1));
        let width = usize::from(self.width.max(2));
        let rows = self.count_rows();
        self.top = self
            .top
            .min(cell.row)
            .max((cell.row + 1).saturating_sub(height))
            .min(
                rows.saturating_sub(height)
                    .max(cell.row.saturating_sub(height - 1)),
            );
        if self.wraps {
            self.left = 0;
            return;
        }
        // As much of the line as there is room for, and all of the sign at the cursor.
        let sign = self.text[self.cursor..].graphemes(true).next();
        let here = sign.map_or(1, |sign| wide(sign, cell.column)).max(1);
        let start = self.line_start(self.cursor);
        let whole = columns(&self.text[start..self.line_end(start)]);
        self.left = self
            .left
            .min((whole + 1).saturating_sub(width))
            .min(cell.column)
            .max((cell.column + here).saturating_sub(width));
    }

    /// Moves the window by rows, and the cursor with it.
    pub fn scroll(&mut self, by: i64) {
        let cell = self.cell(self.cursor);
        let row = cell.row.saturating_add_signed(by as isize);
        self.top = self.top.saturating_add_signed(by as isize);
        let at = self.byte_in(Cell { row, ..cell });
        self.go_to(at, false);
    }

    /// Line and column of a byte.
    pub fn spot(&self, at: usize) -> Spot {
        let at = at.min(self.text.len());
        let start = self.line_start(at);
        Spot {
            line: self.text[..start].matches('\n').count(),
            column: columns(&self.text[start..at]),
        }
    }

    /// The byte at a line and a column, or the nearest before it.
    pub fn byte(&self, spot: Spot) -> usize {
        let mut start = 0;
        for _ in 0..spot.line {
            match self.text[start..].find('\n') {
                Some(at) => start += at + 1,
                None => break,
            }
        }
        let line = &self.text[start..self.line_end(start)];
        let mut column = 0;
        for (at, grapheme) in line.grapheme_indices(true) {
            column += wide(grapheme, column);
            if column > spot.column {
                return start + at;
            }
        }
        start + line.len()
    }
}

/// Columns of the terminal that a line takes.
pub fn columns(line: &str) -> usize {
    line.graphemes(true)
        .fold(0, |column, grapheme| column + wide(grapheme, column))
}

/// Columns that a grapheme takes which begins in a column: a tab reaches to the next
/// indent.
pub fn wide(grapheme: &str, column: usize) -> usize {
    match grapheme {
        "\t" => INDENT - column % INDENT,
        _ => text::width(grapheme),
    }
}

/// A text with line ends of one kind, and without signs that no text has.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "")
}

#[cfg(test)]
mod tests;
