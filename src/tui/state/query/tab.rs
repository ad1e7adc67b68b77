//! A text of the Query screen, and what was answered to its statements.

use std::collections::BTreeMap;
use std::ops::Range;

use super::answer::Answer;
use crate::assist;
use crate::tui::state::editor::Editor;
use crate::tui::state::grid::GridId;
use crate::tui::text;

/// Columns of the name of a tab.
const NAME: usize = 24;
/// And of what tells answers apart.
pub(super) const MORE: usize = 26;

/// A text, and what was answered to its statements.
pub struct Tab {
    pub id: u64,
    /// The name under which it is saved, and the text as it was read or written last.
    pub saved: Option<String>,
    pub on_file: Option<String>,
    pub editor: Editor,
    /// Values of parameters, as they were typed.
    pub params: BTreeMap<String, String>,
    pub answers: Vec<Answer>,
    /// How many there were.
    pub answered: u32,
    /// Which answer is seen.
    pub shown: usize,
    pub trouble: Option<Trouble>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub message: String,
    /// The statement, and where it stood in the text; None: it is not in it.
    pub sql: String,
    pub stood: Option<usize>,
    /// The place in the statement.
    pub at: Option<Range<usize>>,
    /// The changes of the text when it was asked.
    pub changes: u64,
}

impl Tab {
    /// What it is called: the name of its file, or its first words.
    pub fn title(&self) -> String {
        if let Some(saved) = &self.saved {
            return saved.clone();
        }
        let text = self.editor.text();
        let mut lines = text
            .lines()
            .map(|line| line.trim().trim_start_matches("--").trim());
        // Of a feature the header begins it, which says nothing.
        match lines.find(|line| !matches!(*line, "" | "/*")) {
            Some(line) => text::cut(line, NAME),
            None => "new".to_owned(),
        }
    }

    /// Takes an answer away. The one that is seen stays.
    pub fn remove(&mut self, id: GridId) {
        let Some(at) = self.answers.iter().position(|answer| answer.id == id) else {
            return;
        };
        self.answers.remove(at);
        if at < self.shown {
            self.shown -= 1;
        }
        self.shown = self.shown.min(self.answers.len().saturating_sub(1));
    }

    /// Whether it is a saved query with another text than its file, as far as that is
    /// known.
    pub fn is_unsaved(&self) -> bool {
        let text = self.editor.text().trim_end();
        let is_same = |file: &String| file.trim_end() == text;
        self.saved.is_some() && !self.on_file.as_ref().is_some_and(is_same)
    }

    /// What an answer is called, so that it can be told from the others: its number, its
    /// title, and if others have that, too, what it has and they have not.
    pub fn name_of_answer(&self, at: usize) -> String {
        self.name_within(at, MORE)
    }

    /// The same; what tells it apart in so many columns.
    pub fn name_within(&self, at: usize, most: usize) -> String {
        let (title, more) = self.title_of_answer(at, most, true);
        let name = format!("{} {title}", self.answers[at].number);
        match more.is_empty() {
            true => name,
            false => format!("{name}: {more}"),
        }
    }

    /// Its number, and what tells it apart alone, in so many columns.
    pub fn short_name(&self, at: usize, most: usize) -> String {
        let (title, full) = self.title_of_answer(at, usize::MAX, true);
        let more = match text::width(&full) <= most {
            true => full,
            // The value is what differs.
            false => self.title_of_answer(at, most, false).1,
        };
        let name = if more.is_empty() { title } else { more };
        format!("{} {}", self.answers[at].number, text::cut(&name, most))
    }

    fn title_of_answer(&self, at: usize, most: usize, is_full: bool) -> (String, String) {
        let answer = &self.answers[at];
        let title = answer.title();
        let others = self.answers.iter().enumerate();
        let others = others.filter(|(n, other)| *n != at && other.title() == title);
        let others: Vec<&Answer> = others.map(|(_, other)| other).collect();
        let more = text::cut(&answer.beside(&others, most, is_full), most);
        (title, more)
    }

    /// Where the statement that was wrong stands in the text now; None: it is another one.
    fn troubled(&self, trouble: &Trouble) -> Option<usize> {
        let stood = trouble.stood?;
        if trouble.changes == self.editor.changes() {
            return Some(stood);
        }
        let bare = |sql: &str| sql.trim_end_matches([';', ' ', '\n', '\t']).len();
        let wanted = &trouble.sql[..bare(&trouble.sql)];
        let text = self.editor.text();
        let places = assist::statements(text).into_iter().map(|range| {
            let all = &text[range.clone()];
            let start = range.start + all.len() - all.trim_start().len();
            (start, &text[start..range.end])
        });
        let same = places.filter(|(_, sql)| &sql[..bare(sql)] == wanted);
        same.map(|(start, _)| start)
            .min_by_key(|start| start.abs_diff(stood))
    }

    /// Whether what is wrong is of a statement that was changed since.
    pub fn is_of_before(&self) -> bool {
        let trouble = self.trouble.as_ref();
        trouble.is_some_and(|t| t.stood.is_some() && self.troubled(t).is_none())
    }

    /// The place of what is wrong, if the statement is still what was asked.
    pub fn wrong(&self) -> Option<Range<usize>> {
        let trouble = self.trouble.as_ref()?;
        let at = trouble.at.as_ref()?;
        let start = self.troubled(trouble)?;
        Some(start + at.start..start + at.end)
    }
}
