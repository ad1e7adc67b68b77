//! The editor with modes, for who is used to vim: motions, operators over them, text
//! objects, counts, a register.

use std::ops::Range;

use super::history::Kind;
use super::reach::Reach;
use super::{Editor, Spot};

/// What keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Normal,
    Insert,
    Visual,
    VisualLine,
}

impl Mode {
    /// What it is called on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Insert => "INSERT",
            Self::Visual => "VISUAL",
            Self::VisualLine => "V-LINE",
        }
    }
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// A motion, or the same letter again for whole lines.
    Operator(char),
    /// Behind `g`, of an operator or none.
    Go(Option<char>),
    /// The character that `f`, `t`, `F` or `T` looks for.
    Find(char, Option<char>),
    /// The text object behind `i` or `a`.
    Object(bool, char),
    /// The character behind `r`.
    Replace,
}

/// The modes of an editor.
#[derive(Debug, Clone, Default)]
pub struct Vim {
    pub mode: Mode,
    count: Option<usize>,
    pending: Option<Pending>,
    register: String,
}

impl Editor {
    /// A character in a mode that is not for typing.
    pub fn command(&mut self, c: char) {
        let Some(vim) = &mut self.vim else { return };
        if let Some(digit) = c.to_digit(10).filter(|d| *d > 0 || vim.count.is_some())
            && !matches!(vim.pending, Some(Pending::Find(..) | Pending::Replace))
        {
            let count = vim.count.unwrap_or(0) * 10 + digit as usize;
            vim.count = Some(count.min(9_999));
            return;
        }
        let pending = vim.pending.take();
        let count = vim.count;
        let mode = vim.mode;
        let waits = self.begin(c, pending, count, mode);
        if let Some(vim) = &mut self.vim {
            vim.pending = waits;
            if waits.is_none() {
                vim.count = None;
            }
        }
        self.keep_on_text();
    }

    /// Whether a command is begun and not at its end.
    pub fn is_waiting(&self) -> bool {
        let vim = self.vim.as_ref();
        vim.is_some_and(|vim| vim.pending.is_some() || vim.count.is_some())
    }

    /// Back to commands.
    pub fn leave_insert(&mut self) {
        let was_insert = self.vim.as_ref().is_some_and(|v| v.mode == Mode::Insert);
        if was_insert && self.cursor > self.line_start(self.cursor) {
            self.cursor = self.before(self.cursor);
        }
        self.switch(Mode::Normal);
        self.deselect();
        self.keep_on_text();
    }

    fn switch(&mut self, mode: Mode) {
        self.history.end_word();
        if let Some(vim) = &mut self.vim {
            (vim.mode, vim.pending, vim.count) = (mode, None, None);
        }
    }

    /// Outside of typing the cursor is on a character, not behind the last.
    fn keep_on_text(&mut self) {
        let is_normal = self.vim.as_ref().is_some_and(|v| v.mode == Mode::Normal);
        let start = self.line_start(self.cursor);
        if is_normal && self.cursor == self.line_end(self.cursor) && self.cursor > start {
            self.cursor = self.before(self.cursor);
        }
        self.settle();
    }

    /// Does what a character means; returns what it waits for.
    fn begin(
        &mut self,
        c: char,
        pending: Option<Pending>,
        count: Option<usize>,
        mode: Mode,
    ) -> Option<Pending> {
        let is_visual = matches!(mode, Mode::Visual | Mode::VisualLine);
        let times = count.unwrap_or(1);
        match pending {
            Some(Pending::Replace) => {
                let end = self.after(self.cursor);
                if end > self.cursor && !self.text[self.cursor..].starts_with('\n') {
                    let at = self.cursor;
                    self.change(at..end, c.encode_utf8(&mut [0; 4]), Kind::Whole);
                    self.cursor = at;
                }
                return None;
            }
            Some(Pending::Operator(op)) if c == op => {
                let range = self.whole_lines(self.cursor, self.down_by(times - 1));
                self.operate(op, range, true);
                return None;
            }
            Some(Pending::Operator(op)) if matches!(c, 'i' | 'a') => {
                return Some(Pending::Object(c == 'a', op));
            }
            Some(Pending::Object(around, op)) => {
                if let Some(range) = self.object(c, around) {
                    self.operate(op, range, false);
                }
                return None;
            }
            _ => {}
        }
        let operator = match pending {
            Some(Pending::Operator(op)) => Some(op),
            Some(Pending::Go(op) | Pending::Find(_, op)) => op,
            _ => None,
        };
        let reach = match pending {
            Some(Pending::Go(_)) if c == 'g' => Some(Reach {
                to: self.byte(Spot {
                    line: times - 1,
                    column: 0,
                }),
                includes: false,
                lines: true,
            }),
            Some(Pending::Go(_)) => None,
            Some(Pending::Find(how, _)) => self.find(how, c, times),
            _ if c == 'g' => return Some(Pending::Go(operator)),
            _ if "fFtT".contains(c) => return Some(Pending::Find(c, operator)),
            // A word is changed up to its end, not with the blanks behind it.
            _ if operator == Some('c') && c == 'w' => self.rest_of_word(count),
            _ => self.reach(c, count),
        };
        match (reach, operator) {
            (Some(reach), Some(op)) => {
                let (from, to) = (self.cursor.min(reach.to), self.cursor.max(reach.to));
                let range = match reach {
                    Reach { lines: true, .. } => self.whole_lines(from, to),
                    Reach { includes: true, .. } => from..self.after(to),
                    _ => from..to,
                };
                self.operate(op, range, reach.lines);
                return None;
            }
            (Some(reach), None) => {
                let keeps = matches!(c, 'j' | 'k').then(|| self.goal_column());
                self.go_to(reach.to, is_visual);
                self.goal = keeps;
                return None;
            }
            (None, Some(_)) => return None,
            (None, None) => {}
        }
        self.simple(c, times, mode)
    }

    pub(super) fn goal_column(&self) -> usize {
        self.goal.unwrap_or_else(|| self.spot(self.cursor).column)
    }

    /// What is no motion.
    fn simple(&mut self, c: char, times: usize, mode: Mode) -> Option<Pending> {
        let is_visual = matches!(mode, Mode::Visual | Mode::VisualLine);
        match c {
            'd' | 'x' | 'c' | 's' | 'y' if is_visual => {
                let op = match c {
                    'x' => 'd',
                    's' => 'c',
                    c => c,
                };
                if let Some(range) = self.selection() {
                    self.switch(Mode::Normal);
                    self.operate(op, range, mode == Mode::VisualLine);
                }
                self.deselect();
            }
            'd' | 'c' | 'y' => return Some(Pending::Operator(c)),
            'r' => return Some(Pending::Replace),
            'v' | 'V' => {
                let wanted = if c == 'v' {
                    Mode::Visual
                } else {
                    Mode::VisualLine
                };
                if mode == wanted {
                    self.switch(Mode::Normal);
                    self.deselect();
                } else {
                    self.switch(wanted);
                    self.anchor.get_or_insert(self.cursor);
                }
            }
            'x' => {
                let end = (0..times).fold(self.cursor, |at, _| self.after(at));
                let end = end.min(self.line_end(self.cursor));
                self.operate('d', self.cursor..end, false);
            }
            'D' | 'C' => {
                let end = self.line_end(self.cursor);
                self.operate(c.to_ascii_lowercase(), self.cursor..end, false);
            }
            'i' => self.switch(Mode::Insert),
            'a' => {
                if self.cursor < self.line_end(self.cursor) {
                    self.cursor = self.after(self.cursor);
                }
                self.switch(Mode::Insert);
            }
            'I' => {
                self.cursor = self.first_of_line(self.cursor);
                self.switch(Mode::Insert);
            }
            'A' => {
                self.cursor = self.line_end(self.cursor);
                self.switch(Mode::Insert);
            }
            'o' => {
                self.cursor = self.line_end(self.cursor);
                self.switch(Mode::Insert);
                self.break_line();
            }
            'O' => {
                let start = self.line_start(self.cursor);
                self.change(start..start, "\n", Kind::Whole);
                self.cursor = start;
                self.switch(Mode::Insert);
            }
            'J' => {
                let end = self.line_end(self.cursor);
                if end < self.text.len() {
                    let rest = &self.text[end + 1..];
                    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                    self.change(end..end + 1 + blanks, " ", Kind::Whole);
                    self.cursor = end;
                }
            }
            'p' | 'P' => self.put(c == 'p'),
            'u' => {
                self.undo();
            }
            _ => {}
        }
        None
    }

    /// Puts the register behind the cursor, or before it; lines below this one.
    fn put(&mut self, behind: bool) {
        let register = self.vim.as_ref().map_or("", |v| &v.register).to_owned();
        if let Some(lines) = register.strip_suffix('\n') {
            let (at, text) = match behind {
                true => (self.line_end(self.cursor), format!("\n{lines}")),
                false => (self.line_start(self.cursor), register.clone()),
            };
            self.change(at..at, &text, Kind::Whole);
            self.cursor = self.boundary(at + usize::from(behind));
        } else {
            let is_empty = self.line_start(self.cursor) == self.line_end(self.cursor);
            let at = match behind && !is_empty {
                true => self.after(self.cursor),
                false => self.cursor,
            };
            self.change(at..at, &register, Kind::Whole);
        }
    }

    fn operate(&mut self, op: char, range: Range<usize>, lines: bool) {
        let mut taken = self.text[range.clone()].to_owned();
        if lines && !taken.ends_with('\n') {
            taken.push('\n');
        }
        if let Some(vim) = &mut self.vim {
            vim.register = taken;
        }
        let start = range.start;
        match op {
            'y' => self.cursor = start,
            'c' if lines => {
                let end = if self.text[range.clone()].ends_with('\n') {
                    range.end - 1
                } else {
                    range.end
                };
                self.change(start..end, "", Kind::Whole);
                self.switch(Mode::Insert);
            }
            'c' => {
                self.change(range, "", Kind::Whole);
                self.switch(Mode::Insert);
            }
            _ => {
                // The last line goes with the line end before it.
                let is_last = lines && range.end == self.text.len() && start > 0;
                let from = if is_last && !self.text[range.clone()].ends_with('\n') {
                    start - 1
                } else {
                    start
                };
                self.change(from..range.end, "", Kind::Whole);
                self.cursor = match lines {
                    true => self.first_of_line(self.boundary(start)),
                    false => start,
                };
            }
        }
        self.settle();
    }
}
