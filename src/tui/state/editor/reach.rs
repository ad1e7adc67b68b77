//! Where the motions of vim lead, and what its text objects hold.

use std::ops::Range;

use super::motion::class;
use super::{Editor, Motion, Spot};

/// Where a motion leads, and what of it an operator takes.
pub(super) struct Reach {
    pub to: usize,
    /// The character there as well.
    pub includes: bool,
    /// Whole lines.
    pub lines: bool,
}

impl Editor {
    pub(super) fn whole_lines(&self, from: usize, to: usize) -> Range<usize> {
        self.line_start(from)..(self.line_end(to) + 1).min(self.text.len())
    }

    pub(super) fn down_by(&self, lines: usize) -> usize {
        let line = self.spot(self.cursor).line + lines;
        self.byte(Spot { line, column: 0 })
    }

    /// Where a motion leads.
    pub(super) fn reach(&self, c: char, count: Option<usize>) -> Option<Reach> {
        let times = count.unwrap_or(1);
        let (start, end) = (self.line_start(self.cursor), self.line_end(self.cursor));
        let plain = |to| Reach {
            to,
            includes: false,
            lines: false,
        };
        let spot = self.spot(self.cursor);
        let column = self.goal_column();
        let again = |step: &dyn Fn(&Self, usize) -> usize| {
            (0..times).fold(self.cursor, |at, _| step(self, at))
        };
        Some(match c {
            'h' => plain(again(&|e, at| if at > start { e.before(at) } else { at })),
            'l' | ' ' => plain(again(&|e, at| if at < end { e.after(at) } else { at })),
            'j' | 'k' => {
                let by = if c == 'j' {
                    times as isize
                } else {
                    -(times as isize)
                };
                let line = spot.line.saturating_add_signed(by);
                Reach {
                    to: self.byte(Spot { line, column }),
                    includes: false,
                    lines: true,
                }
            }
            'w' => plain(again(&|e, at| e.from(at).target(Motion::WordRight, 0))),
            'b' => plain(again(&|e, at| e.from(at).target(Motion::WordLeft, 0))),
            'e' => Reach {
                to: again(&Self::word_end),
                includes: true,
                lines: false,
            },
            '0' => plain(start),
            '^' => plain(self.first_of_line(self.cursor)),
            '$' => plain(end),
            'G' => {
                let line = count.map_or(usize::MAX, |line| line - 1);
                let to = match count {
                    None => self.line_start(self.text.len()),
                    Some(_) => self.byte(Spot { line, column: 0 }),
                };
                Reach {
                    to,
                    includes: false,
                    lines: true,
                }
            }
            '{' => plain(
                self.text[..start]
                    .trim_end()
                    .rfind("\n\n")
                    .map_or(0, |at| at + 1),
            ),
            '}' => plain(
                self.text[end..]
                    .find("\n\n")
                    .map_or(self.text.len(), |at| end + at + 1),
            ),
            _ => return None,
        })
    }

    /// The same text with the cursor elsewhere.
    fn from(&self, at: usize) -> Self {
        Self {
            text: self.text.clone(),
            cursor: at,
            ..Self::default()
        }
    }

    /// Up to the end of the word at the cursor, also if that is here.
    pub(super) fn rest_of_word(&self, count: Option<usize>) -> Option<Reach> {
        let mut kinds = self.text[self.cursor..].chars().map(class);
        let is_end = kinds.next() != kinds.next();
        match is_end && count.is_none() {
            true => Some(Reach {
                to: self.cursor,
                includes: true,
                lines: false,
            }),
            false => self.reach('e', count),
        }
    }

    fn word_end(&self, at: usize) -> usize {
        let mut at = self.after(at);
        let blanks = self.text[at..].len() - self.text[at..].trim_start().len();
        at += blanks;
        let Some(kind) = self.text[at..].chars().next().map(class) else {
            return self.before(self.text.len());
        };
        let rest = &self.text[at..];
        let end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
        self.before(at + end)
    }

    pub(super) fn find(&self, how: char, wanted: char, times: usize) -> Option<Reach> {
        let (start, end) = (self.line_start(self.cursor), self.line_end(self.cursor));
        let is_back = how.is_ascii_uppercase();
        let places: Vec<usize> = match is_back {
            true => self.text[start..self.cursor]
                .rmatch_indices(wanted)
                .map(|(at, _)| start + at)
                .collect(),
            false => {
                let from = self.after(self.cursor).min(end);
                self.text[from..end]
                    .match_indices(wanted)
                    .map(|(at, _)| from + at)
                    .collect()
            }
        };
        let at = *places.get(times - 1)?;
        let to = match how {
            't' => self.before(at),
            'T' => self.after(at),
            _ => at,
        };
        Some(Reach {
            to,
            includes: !is_back,
            lines: false,
        })
    }

    /// A word, or what stands in quotes or parentheses around the cursor.
    pub(super) fn object(&self, c: char, around: bool) -> Option<Range<usize>> {
        let (open, close) = match c {
            'w' => {
                let kind = class(self.text[self.cursor..].chars().next()?);
                let before = self.text[..self.cursor].char_indices().rev();
                let start = before.take_while(|(_, c)| class(*c) == kind).last();
                let start = start.map_or(self.cursor, |(at, _)| at);
                let rest = &self.text[self.cursor..];
                let mut end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
                if around {
                    let more = rest[end..].len() - rest[end..].trim_start_matches(' ').len();
                    end += more;
                }
                return Some(start..self.cursor + end);
            }
            '(' | ')' | 'b' => ('(', ')'),
            '[' | ']' => ('[', ']'),
            '{' | '}' => ('{', '}'),
            '\'' | '"' => (c, c),
            _ => return None,
        };
        let is_at_open = open != close && self.text[self.cursor..].starts_with(open);
        let mut depth = 0;
        let until = match is_at_open {
            true => self.cursor + open.len_utf8(),
            false => self.cursor,
        };
        let mut before = self.text[..until].char_indices().rev();
        let start = before.find(|(_, c)| match *c {
            c if c == open && depth == 0 => true,
            c if c == open => {
                depth -= 1;
                false
            }
            c if c == close => {
                depth += 1;
                false
            }
            _ => false,
        });
        let start = match start {
            Some((at, _)) => at,
            None if self.text[self.cursor..].starts_with(open) => self.cursor,
            None => return None,
        };
        let mut depth = 0;
        let mut behind = self.text[start + 1..].char_indices();
        let (end, _) = behind.find(|(_, c)| match *c {
            c if c == close && depth == 0 => true,
            c if c == close => {
                depth -= 1;
                false
            }
            c if c == open => {
                depth += 1;
                false
            }
            _ => false,
        })?;
        let end = start + 1 + end;
        Some(if around {
            start..end + 1
        } else {
            start + 1..end
        })
    }
}
