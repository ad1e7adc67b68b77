//! Colours and signs: the terminal's own sixteen colours, none, or no drawing at
//! all for who has the screen read aloud.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

/// How the app looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Without colours: NO_COLOR.
    pub is_plain: bool,
    /// No box art, no spinner, words for signs: ACCESSIBLE=1.
    pub is_accessible: bool,
}

/// A bar of so many eighths of a column.
pub fn eighths(eighths: usize) -> String {
    const PIECES: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    "█".repeat(eighths / 8) + PIECES[eighths % 8]
}

impl Look {
    fn color(self, color: Color) -> Style {
        if self.is_plain {
            Style::new()
        } else {
            Style::new().fg(color)
        }
    }

    /// What is chosen, and has the keys.
    pub fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The row or line that the cursor is in.
    pub fn line(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What matters less.
    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Headings.
    pub fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Keys, and where one is.
    pub fn accent(self) -> Style {
        self.color(Color::Cyan)
    }

    /// The part of the screen that has the keys.
    pub fn focus(self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// Functions in SQL.
    pub fn function(self) -> Style {
        self.color(Color::Blue)
    }

    /// What lies over a text.
    pub fn popup(self) -> Style {
        match self.is_plain {
            true => Style::new().add_modifier(Modifier::UNDERLINED),
            false => Style::new().fg(Color::White).bg(Color::DarkGray),
        }
    }

    /// What was added, or went well.
    pub fn good(self) -> Style {
        self.color(Color::Green)
    }

    /// What was removed, or failed.
    pub fn bad(self) -> Style {
        self.color(Color::Red)
    }

    /// What changed.
    pub fn changed(self) -> Style {
        self.color(Color::Yellow)
    }

    /// A cell that holds something else than on the day before.
    pub fn differs(self) -> Style {
        if self.is_plain {
            Style::new().add_modifier(Modifier::UNDERLINED)
        } else {
            self.changed()
        }
    }

    /// What was looked for.
    pub fn found(self) -> Style {
        match self.is_plain {
            true => Style::new().add_modifier(Modifier::UNDERLINED),
            false => Style::new().fg(Color::Black).bg(Color::Yellow),
        }
    }

    /// What is selected.
    pub fn selected(self) -> Style {
        if self.is_plain {
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        } else {
            Style::new().fg(Color::Black).bg(Color::Cyan)
        }
    }

    /// Between what was and what is.
    pub fn arrow(self) -> &'static str {
        self.sign("→", "to")
    }

    /// What stands for NULL, which is no text.
    pub fn null(self) -> &'static str {
        if self.is_accessible { "(null)" } else { "∅" }
    }

    /// A bar of a sparkline: none, or one of eight heights.
    pub fn bar(self, eighths: u64) -> &'static str {
        const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        const DIGITS: [&str; 9] = [" ", "1", "2", "3", "4", "5", "6", "7", "8"];
        let bars = if self.is_accessible { DIGITS } else { BARS };
        bars[(eighths as usize).min(8)]
    }

    /// Between facts in a line.
    pub fn between(self) -> &'static str {
        self.sign(" · ", ", ")
    }

    /// Before lines of which one has the cursor, where that is not to be seen by its
    /// colours alone.
    pub fn pointer(self, has_cursor: bool) -> &'static str {
        match (self.is_accessible, has_cursor) {
            (false, _) => "",
            (true, true) => "> ",
            (true, false) => "  ",
        }
    }

    /// The same for names with a blank before them.
    pub fn blank(self, is_shown: bool) -> &'static str {
        if self.is_accessible && is_shown {
            ">"
        } else {
            " "
        }
    }

    /// A sentence that was written for the eye.
    pub fn said(self, sentence: &str) -> Cow<'_, str> {
        if !self.is_accessible {
            return sentence.into();
        }
        let said = sentence.replace(" → ", " to ").replace(" · ", ", ");
        said.replace('−', "-").replace('–', " to ").into()
    }

    /// A share as a bar of so many columns, drawn by eighths; nothing where nothing is
    /// drawn.
    pub fn length(self, part: u64, all: u64, columns: usize) -> String {
        if self.is_accessible {
            return String::new();
        }
        let share = part as f64 / all.max(1) as f64;
        eighths((share * (columns * 8) as f64).round() as usize)
    }

    /// One of two signs.
    pub fn sign(self, drawn: &'static str, spoken: &'static str) -> &'static str {
        if self.is_accessible { spoken } else { drawn }
    }
}
