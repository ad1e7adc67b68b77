//! What lies over the screen: one thing at a time that wants an answer, or is
//! only to be read.

use crate::tui::action::Action;

/// What lies over the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// All keys; what is typed searches them.
    Help { search: Line, scroll: usize },
    /// Everything that can be done; what is typed searches it.
    Palette { search: Line, chosen: usize },
    /// A question with a line to answer it.
    Ask {
        question: Question,
        line: Line,
        /// What was wrong with the answer before.
        error: Option<String>,
    },
    /// What was asked before, what is saved, or what was said; what is typed searches it.
    Choose {
        from: Choosing,
        search: Line,
        chosen: usize,
    },
    /// The values of a column, the most frequent first; what is typed searches them.
    Frequencies { search: Line, chosen: usize },
    /// A text that is looked for in the text of a query: below it, in a line.
    Find(Finding),
    /// One row, a column per line.
    Record { scroll: usize },
    /// One row that differs, a value per line.
    Difference { scroll: usize },
    /// A text to read: SQL, a message.
    Text {
        title: String,
        text: String,
        scroll: usize,
    },
    /// What is and was at work.
    Jobs { chosen: usize, scroll: usize },
}

/// What is looked for in a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    pub wanted: Line,
    /// What is put in its place, if anything is.
    pub with: Option<Line>,
    /// That is what is typed.
    pub is_with: bool,
    /// Where the cursor was before.
    pub from: usize,
}

impl Overlay {
    /// Lines below the text that it takes.
    pub fn lines_of_finding(&self) -> u16 {
        match self {
            Self::Find(finding) => 1 + u16::from(finding.with.is_some()),
            _ => 0,
        }
    }
}

/// What is chosen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choosing {
    History,
    Saved,
    /// What the app said.
    Messages,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Day,
    Filter,
    Search,
    DiffFilter,
    DiffSearch,
    ExportDay,
    SaveRows,
    /// The value of the parameter that is asked for next.
    Parameter,
    SaveQuery,
    FeatureName,
    FeatureKey,
    FeatureAbout,
    Remove,
    CompareKey,
}

impl Question {
    /// How it is asked.
    pub fn title(self) -> &'static str {
        match self {
            Self::Day => "Show the snapshot as of (2024-11-03, 2024-11, -30d, -2w, latest~1)",
            Self::Filter => "Show the rows for which this SQL condition holds",
            Self::Search => "Find in any column",
            Self::DiffFilter => {
                "Compare the rows for which this SQL condition holds, before or after"
            }
            Self::DiffSearch => "Show the rows with this text in a key, a name or a value",
            Self::ExportDay => "Run an export for the day",
            Self::Parameter => "The value of the parameter",
            Self::SaveQuery => "Save in `queries/` as (a name, without .sql)",
            Self::FeatureName => "Make a feature: its name, as in features.name",
            Self::FeatureKey => "Its key: the columns that name a row, with commas",
            Self::FeatureAbout => "What a row of it is, in a sentence",
            Self::Remove => "Remove it? `yes` moves its file to `.workbench/removed/`",
            Self::CompareKey => "Compare by the key (columns that name a row, with commas)",
            Self::SaveRows => "Write the rows to (.csv, .json, .jsonl, .md, .parquet, .arrow)",
        }
    }
}

/// A line that is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    text: String,
    /// Characters before the cursor.
    cursor: usize,
    /// All of it is selected: what is typed takes its place.
    is_selected: bool,
}

/// A change of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Insert(String),
    DeleteBefore,
    DeleteAfter,
    DeleteWord,
    DeleteAll,
    Left,
    Right,
    Home,
    End,
}

impl Line {
    /// A line with a text, the cursor behind it.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            cursor: text.chars().count(),
            text,
            is_selected: false,
        }
    }

    /// The same, selected as a whole.
    pub fn selected(text: impl Into<String>) -> Self {
        let mut line = Self::of(text);
        line.is_selected = !line.text.is_empty();
        line
    }

    /// Whether all of it is selected.
    pub fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before and behind the cursor.
    pub fn split(&self) -> (&str, &str) {
        self.text.split_at(self.byte(self.cursor))
    }

    fn byte(&self, character: usize) -> usize {
        let mut all = self.text.char_indices().map(|(at, _)| at);
        all.nth(character).unwrap_or(self.text.len())
    }

    /// Changes it.
    pub fn edit(&mut self, edit: &Edit) {
        if std::mem::take(&mut self.is_selected)
            && matches!(
                edit,
                Edit::Insert(_) | Edit::DeleteBefore | Edit::DeleteAfter
            )
        {
            *self = Self::default();
        }
        let length = self.text.chars().count();
        match edit {
            Edit::Insert(text) => {
                // A line stays one.
                let text: String = text
                    .chars()
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                self.text.insert_str(self.byte(self.cursor), &text);
                self.cursor += text.chars().count();
            }
            Edit::DeleteBefore if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.byte(self.cursor));
            }
            Edit::DeleteAfter if self.cursor < length => {
                self.text.remove(self.byte(self.cursor));
            }
            Edit::DeleteWord => {
                let (before, behind) = self.split();
                let kept = before.trim_end();
                let kept = kept
                    .trim_end_matches(|c: char| !c.is_whitespace())
                    .to_owned();
                let text = kept.clone() + behind;
                self.cursor = kept.chars().count();
                self.text = text;
            }
            Edit::DeleteAll => *self = Self::default(),
            Edit::Left => self.cursor = self.cursor.saturating_sub(1),
            Edit::Right => self.cursor = (self.cursor + 1).min(length),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = length,
            Edit::DeleteBefore | Edit::DeleteAfter => {}
        }
    }
}

/// One find of the palette.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub title: String,
    /// Its key, as it is bound now.
    pub keys: String,
    pub does: Choice,
}

/// What a choice in the palette does.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    Act(Action),
    Dataset(usize),
    Column(String),
    Day(chrono::NaiveDate),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_edited_by_characters() {
        let mut line = Line::of("größe = 'ß'");
        line.edit(&Edit::DeleteWord);
        assert_eq!(line.text(), "größe = ");
        line.edit(&Edit::Home);
        line.edit(&Edit::Right);
        line.edit(&Edit::Right);
        line.edit(&Edit::DeleteAfter);
        line.edit(&Edit::Insert("oe\n".into()));
        assert_eq!(line.text(), "groe ße = ");
        assert_eq!(line.split(), ("groe ", "ße = "));
        line.edit(&Edit::DeleteBefore);
        line.edit(&Edit::End);
        line.edit(&Edit::Right);
        line.edit(&Edit::DeleteBefore);
        assert_eq!(line.text(), "groeße =");
        line.edit(&Edit::DeleteAll);
        assert_eq!(line, Line::default());
    }
}
