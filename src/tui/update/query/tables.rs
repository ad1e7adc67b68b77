//! What keys and the mouse do in the list of tables.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::assist::{self, CandidateKind, Kind, TableWords, written};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::layout;
use crate::tui::state::editor::Mode;
use crate::tui::state::overlay::Edit;
use crate::tui::state::query::tables::Entry;
use crate::tui::state::{Pane, State};

use super::running;

/// Shows the list and goes there; from there, closes it.
pub fn toggle(state: &mut State) {
    state.query.popup = None;
    if state.pane == Pane::Tables {
        state.query.arrangement.has_tables = false;
        state.pane = Pane::Editor;
    } else {
        state.query.arrangement.has_tables = true;
        state.pane = Pane::Tables;
    }
}

/// A key that is typed into what is looked for. Returns whether it was one.
pub fn key(state: &mut State, key: &KeyEvent) -> bool {
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = key.modifiers.contains(KeyModifiers::ALT);
    let edit = match key.code {
        // No name has one that is looked for, and it is a key of its own.
        KeyCode::Char(' ') => return false,
        KeyCode::Char(c) if !is_ctrl && !is_alt => Edit::Insert(c.to_string()),
        KeyCode::Char('w' | 'u') if is_ctrl => Edit::DeleteAll,
        KeyCode::Backspace => Edit::DeleteBefore,
        _ => return false,
    };
    find(state, &edit);
    true
}

/// Changes what is looked for.
pub fn find(state: &mut State, edit: &Edit) {
    let query = &mut state.query;
    query.tables.search.edit(edit);
    query.tables.go_to_found(&query.vocabulary);
}

/// What an action does in the list. None: it is not for it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    let query = &mut state.query;
    let (list, of) = (&mut query.tables, &query.vocabulary);
    let page = isize::try_from(list.height.max(2)).unwrap_or(2) - 1;
    match action {
        Action::Up => list.go(-1, of),
        Action::Down => list.go(1, of),
        Action::PageUp => list.go(-page, of),
        Action::PageDown => list.go(page, of),
        Action::Top => list.go(isize::MIN, of),
        Action::Bottom => list.go(isize::MAX, of),
        Action::Left => list.fold(of),
        Action::Right => list.unfold(of),
        Action::InsertName => insert(state, false),
        Action::InsertAnother => insert(state, true),
        Action::ShowTable => return Some(show(state)),
        _ => return None,
    }
    Some(Vec::new())
}

/// One step back: from what is looked for, to the text.
pub fn back(state: &mut State) {
    match state.query.tables.search.text().is_empty() {
        true => state.pane = Pane::Editor,
        false => find(state, &Edit::DeleteAll),
    }
}

/// A click on a schema or a table unfolds or folds it; one on a column goes there, and
/// another one writes its name.
pub fn click(state: &mut State, line: usize) {
    let is_there = std::mem::replace(&mut state.pane, Pane::Tables) == Pane::Tables;
    let query = &mut state.query;
    let at = query.tables.top + line;
    if at >= query.tables.entries(&query.vocabulary).len() {
        return;
    }
    let is_again = std::mem::replace(&mut query.tables.cursor, at) == at && is_there;
    match query.tables.at_cursor(&query.vocabulary) {
        Some(Entry::Column { .. }) if is_again => insert(state, true),
        Some(Entry::Schema { .. } | Entry::Table { .. }) => query.tables.toggle(&query.vocabulary),
        _ => {}
    }
}

/// Shows the rows of the table, beside what the text asks.
fn show(state: &mut State) -> Vec<Effect> {
    let query = &mut state.query;
    let table = match query.tables.at_cursor(&query.vocabulary) {
        Some(Entry::Table { table, .. } | Entry::Column { table, .. }) => table,
        Some(Entry::Schema { .. }) => {
            query.tables.toggle(&query.vocabulary);
            return Vec::new();
        }
        None => return Vec::new(),
    };
    let sql = format!("SELECT * FROM {}", whole(table));
    // What is asked for is seen.
    state.query.arrangement.is_zoomed = false;
    if state.size.0 <= layout::PORTRAIT {
        state.pane = Pane::Results;
    }
    running::run_aside(state, sql)
}

/// A table as it is written.
fn whole(table: &TableWords) -> String {
    match table.schema.is_empty() {
        true => written(&table.name),
        false => format!("{}.{}", written(&table.schema), written(&table.name)),
    }
}

/// Writes the name at the cursor of the text.
fn insert(state: &mut State, stays: bool) {
    let query = &mut state.query;
    let Some(entry) = query.tables.at_cursor(&query.vocabulary) else {
        return;
    };
    if let Entry::Schema { .. } = entry {
        return query.tables.toggle(&query.vocabulary);
    }
    let editor = &query.current().editor;
    let range = editor.selection().unwrap_or_else(|| {
        let at = match &editor.vim {
            // There the cursor is on a character: the name comes behind it.
            Some(vim) if vim.mode == Mode::Normal => editor.behind_cursor(),
            _ => editor.cursor(),
        };
        at..at
    });
    let (before, behind) = (&editor.text()[..range.start], &editor.text()[range.end..]);
    let gap = gap(before, matches!(entry, Entry::Column { .. }));
    let mut name = match entry {
        Entry::Table { table, .. } => {
            let is_begun = before
                .to_lowercase()
                .ends_with(&format!("{}.", table.schema));
            match is_begun && !table.schema.is_empty() {
                true => written(&table.name),
                false => whole(table),
            }
        }
        Entry::Column { table, name, .. } => {
            let text = format!("{before}{gap}{behind}");
            let at = range.start + gap.len();
            let qualifier = match before.ends_with('.') {
                true => String::new(),
                false => qualifier(&text, at, table, &query.vocabulary),
            };
            qualifier + &written(name)
        }
        Entry::Schema { .. } => return,
    };
    if behind.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"') {
        name.push(' ');
    }
    query.editor().replace(range, &(gap.to_owned() + &name));
    query.popup = None;
    if !stays {
        state.pane = Pane::Editor;
    }
}

/// What must stand between what is written and a name.
fn gap(before: &str, is_column: bool) -> &'static str {
    let Some(last) = before.chars().next_back() else {
        return "";
    };
    if last.is_whitespace() || matches!(last, '(' | '.' | '[') {
        return "";
    }
    let kind = assist::words(before).last().map(|word| word.kind);
    let is_name = matches!(kind, Some(Kind::Name | Kind::QuotedName)) || last == ')';
    match is_name && is_column {
        true => ", ",
        false => " ",
    }
}

/// The name by which a table is known at a place of a statement, with its dot, if there
/// are others to be told from it.
fn qualifier(text: &str, at: usize, table: &TableWords, of: &assist::Vocabulary) -> String {
    let completion = assist::complete(text, at, of);
    let sources = completion.candidates.iter();
    let sources: Vec<_> = sources.filter(|c| c.kind == CandidateKind::Alias).collect();
    let name = format!("{}.{}", table.schema, table.name);
    let mut same = sources
        .iter()
        .filter(|c| c.detail == name || c.detail == table.name);
    match (sources.len(), same.next(), same.next()) {
        (2.., Some(source), None) => source.text.clone(),
        _ => String::new(),
    }
}
