//! What of a list is out of sight, told in one way everywhere: `↑ 3 more` at its top,
//! `↓ 12 more` at its bottom.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::put;
use crate::report::words::grouped;
use crate::tui::look::Look;
use crate::tui::text;

/// The first line in sight of a list: the one that is chosen always is.
pub fn first(chosen: usize, room: usize) -> usize {
    (chosen + 1).saturating_sub(room)
}

/// Lines above and below those that are in sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct More {
    above: usize,
    below: usize,
    /// They are at the left and the right.
    is_across: bool,
}

impl More {
    /// Of a list of so many lines, of which `room` are in sight from `first` on.
    pub fn of(first: usize, room: usize, count: usize) -> Self {
        Self {
            above: first.min(count),
            below: count.saturating_sub(first + room),
            is_across: false,
        }
    }

    /// The same of names that stand in a line.
    pub fn across(first: usize, room: usize, count: usize) -> Self {
        Self {
            is_across: true,
            ..Self::of(first, room, count)
        }
    }

    fn labels(self, look: Look) -> [Option<String>; 2] {
        let label = |lines: usize, sign: &str, words: &str| {
            let lines = (lines > 0).then(|| grouped(lines as u64))?;
            Some(match look.is_accessible {
                // It may stand behind what it cuts off.
                true => format!("… {lines} more {words} "),
                false => format!(" {sign} {lines} more "),
            })
        };
        match self.is_across {
            true => [
                label(self.above, "←", "before"),
                label(self.below, "→", "behind"),
            ],
            false => [
                label(self.above, "↑", "above"),
                label(self.below, "↓", "below"),
            ],
        }
    }

    /// Tells it at the right of the first and the last line of an area: of a list, or of
    /// the border around one. In one line, what is below it is told.
    pub fn draw(self, frame: &mut Frame<'_>, look: Look, area: Rect) {
        let [above, below] = self.labels(look);
        let above = above.filter(|_| area.height > 1 || below.is_none());
        let last = area.y + area.height.saturating_sub(1);
        for (label, y) in [(above, area.y), (below, last)] {
            if let Some(label) = label.filter(|_| area.height > 0) {
                at_right(frame, look, Rect::new(area.x, y, area.width, 1), &label);
            }
        }
    }

    /// Columns of both in a line.
    pub fn width(self, look: Look) -> usize {
        let labels = self.labels(look).into_iter().flatten();
        labels.map(|label| text::width(&label)).sum()
    }

    /// Tells both in a line.
    pub fn draw_in_line(self, frame: &mut Frame<'_>, look: Look, line: Rect) {
        let labels = self.labels(look).into_iter().flatten();
        at_right(frame, look, line, &labels.collect::<String>());
    }
}

fn at_right(frame: &mut Frame<'_>, look: Look, line: Rect, label: &str) {
    let width = (text::width(label) as u16).min(line.width);
    let x = line.x + line.width - width;
    put(frame, x, line.y, label, look.accent(), width);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_out_of_sight_are_counted() {
        let more = |first, room, count| {
            let More { above, below, .. } = More::of(first, room, count);
            (above, below)
        };
        assert_eq!(more(0, 10, 10), (0, 0));
        assert_eq!(more(0, 10, 22), (0, 12));
        assert_eq!(more(12, 10, 22), (12, 0));
        assert_eq!(more(3, 0, 2), (2, 0));
    }
}
