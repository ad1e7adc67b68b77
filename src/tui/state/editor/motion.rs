//! Where a motion of the cursor leads.

use unicode_segmentation::UnicodeSegmentation;

use super::{Cell, Editor};

/// A motion of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    Left,
    Right,
    Up,
    Down,
    WordLeft,
    WordRight,
    /// To the first sign of the line, and from there to its beginning.
    LineStart,
    LineEnd,
    PageUp,
    PageDown,
    Start,
    End,
}

impl Editor {
    /// The byte to which a motion leads. `column` is the one to keep to going up and
    /// down, row by row.
    pub(super) fn target(&self, motion: Motion, column: usize) -> usize {
        let at = self.cursor;
        let page = usize::from(self.height.max(2)) - 1;
        match motion {
            Motion::Left => self.before(at),
            Motion::Right => self.after(at),
            Motion::Up => self.up(1, column),
            Motion::Down => self.down(1, column),
            Motion::PageUp => self.up(page, column),
            Motion::PageDown => self.down(page, column),
            Motion::WordLeft => self.word_left(at),
            Motion::WordRight => self.word_right(at),
            Motion::LineStart => {
                let first = self.first_of_line(at);
                if at == first {
                    self.line_start(at)
                } else {
                    first
                }
            }
            Motion::LineEnd => self.line_end(at),
            Motion::Start => 0,
            Motion::End => self.text.len(),
        }
    }

    fn up(&self, rows: usize, column: usize) -> usize {
        let row = self.cell(self.cursor).row;
        match row.checked_sub(rows) {
            Some(row) => self.byte_in(Cell { row, column }),
            None => self.byte_in(Cell {
                row: 0,
                column: if row == 0 { 0 } else { column },
            }),
        }
    }

    fn down(&self, rows: usize, column: usize) -> usize {
        let row = self.cell(self.cursor).row;
        let last = self.count_rows() - 1;
        match row == last {
            true => self.text.len(),
            false => self.byte_in(Cell {
                row: (row + rows).min(last),
                column,
            }),
        }
    }

    /// The nearest place between graphemes, not behind a byte.
    pub(super) fn boundary(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let start = self.line_start(at);
        let line = &self.text[start..self.line_end(at)];
        let mut places = line.grapheme_indices(true).map(|(byte, _)| start + byte);
        let end = start + line.len();
        if at == end {
            return at;
        }
        places.rfind(|place| *place <= at).unwrap_or(at)
    }

    pub(super) fn before(&self, at: usize) -> usize {
        let last = self.text[..at].graphemes(true).next_back();
        at - last.map_or(0, str::len)
    }

    pub(super) fn after(&self, at: usize) -> usize {
        let next = self.text[at..].graphemes(true).next();
        at + next.map_or(0, str::len)
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    pub(super) fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |end| at + end)
    }

    /// The first sign of a line that is no blank.
    pub(super) fn first_of_line(&self, at: usize) -> usize {
        let start = self.line_start(at);
        let line = &self.text[start..self.line_end(at)];
        start + line.len() - line.trim_start().len()
    }

    fn word_left(&self, at: usize) -> usize {
        let before = self.text[..at].trim_end();
        let Some(last) = before.chars().next_back() else {
            return 0;
        };
        let kind = class(last);
        before
            .char_indices()
            .rev()
            .take_while(|(_, c)| class(*c) == kind)
            .last()
            .map_or(0, |(byte, _)| byte)
    }

    fn word_right(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let Some(kind) = rest.chars().next().map(class) else {
            return at;
        };
        let end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
        let blanks = rest[end..].len() - rest[end..].trim_start().len();
        // The end of a line is a place of its own.
        match rest[end..end + blanks].find('\n') {
            Some(line) if kind != Class::Blank || line > 0 => at + end + line,
            _ => at + end + blanks,
        }
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
pub(super) enum Class {
    Blank,
    Word,
    Sign,
}

pub(super) fn class(c: char) -> Class {
    match c {
        c if c.is_whitespace() => Class::Blank,
        c if c.is_alphanumeric() || c == '_' => Class::Word,
        _ => Class::Sign,
    }
}
