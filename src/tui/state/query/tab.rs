//! A text of the Query screen, and what was answered to its statements.

use std::collections::BTreeMap;
use std::ops::Range;

use super::answer::Answer;
use crate::tui::state::editor::Editor;
use crate::tui::state::grid::GridId;
use crate::tui::text;

/// Columns of the name of a tab.
const NAME: usize = 24;

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
    /// Which answer is seen.
    pub shown: usize,
    pub trouble: Option<Trouble>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub message: String,
    /// The place in the text, as long as it is not changed.
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
        match lines.find(|line| !line.is_empty()) {
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

    /// The place of what is wrong, if the text is still what was asked.
    pub fn wrong(&self) -> Option<Range<usize>> {
        let trouble = self.trouble.as_ref()?;
        let at = trouble.at.clone()?;
        (trouble.changes == self.editor.changes()).then_some(at)
    }
}
