//! Keys where text is typed, and what is offered there.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::assist::{self, Kind};
use crate::tui::effect::{Effect, Work};
use crate::tui::state::editor::{Mode, Motion};
use crate::tui::state::jobs::Slot;
use crate::tui::state::query::Popup;
use crate::tui::state::{Pane, State};
use crate::tui::update::wanted;

use super::finding;

/// A key in the editor. None: it is a command.
pub fn key(state: &mut State, key: &KeyEvent) -> Option<Vec<Effect>> {
    if state.query.popup.is_some() && in_popup(state, key) {
        return Some(Vec::new());
    }
    let changes = state.query.current().editor.changes();
    let had_popup = state.query.popup.is_some();
    let is_known = match state
        .query
        .current()
        .editor
        .vim
        .as_ref()
        .map(|vim| vim.mode)
    {
        None => plain(state, key),
        Some(Mode::Insert) if key.code == KeyCode::Esc => {
            state.query.editor().leave_insert();
            true
        }
        Some(Mode::Insert) => plain(state, key),
        Some(mode) => command(state, key, mode),
    };
    if !is_known {
        return None;
    }
    if state.query.current().editor.changes() == changes {
        state.query.popup = None;
        return Some(Vec::new());
    }
    let begins = match key.code {
        KeyCode::Char(c) => c.is_alphanumeric() || matches!(c, '_' | '.' | '\''),
        KeyCode::Backspace => had_popup,
        _ => false,
    };
    let is_typing = state
        .query
        .editor()
        .vim
        .as_ref()
        .is_none_or(|vim| vim.mode == Mode::Insert);
    match begins && is_typing {
        true => offer(state, false),
        false => state.query.popup = None,
    }
    Some(Vec::new())
}

/// A key for what is offered. Returns whether it was one.
fn in_popup(state: &mut State, key: &KeyEvent) -> bool {
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let Some(popup) = &mut state.query.popup else {
        return false;
    };
    let count = popup.completion.candidates.len();
    let chosen = popup.chosen;
    match key.code {
        KeyCode::Down => popup.chosen = (popup.chosen + 1) % count,
        KeyCode::Up => popup.chosen = (popup.chosen + count - 1) % count,
        KeyCode::Char('n') if is_ctrl => popup.chosen = (popup.chosen + 1) % count,
        KeyCode::Char('p') if is_ctrl => popup.chosen = (popup.chosen + count - 1) % count,
        KeyCode::PageDown if !is_ctrl => popup.chosen = (popup.chosen + 8).min(count - 1),
        KeyCode::PageUp if !is_ctrl => popup.chosen = popup.chosen.saturating_sub(8),
        KeyCode::Esc => {
            state.query.popup = None;
            state.query.offered_at = None;
        }
        KeyCode::Tab => accept(state),
        KeyCode::Enter if key.modifiers.is_empty() && popup.is_chosen => accept(state),
        _ => return false,
    }
    if let Some(popup) = &mut state.query.popup {
        popup.is_chosen |= popup.chosen != chosen;
    }
    true
}

/// Takes what is chosen of what is offered.
pub fn accept(state: &mut State) {
    let Some(Popup {
        completion, chosen, ..
    }) = state.query.popup.take()
    else {
        return;
    };
    let Some(candidate) = completion.candidates.get(chosen) else {
        return;
    };
    let editor = state.query.editor();
    let mut range = completion.range;
    // What was closed already is not closed twice.
    let rest = &editor.text()[range.end..];
    if candidate.text.ends_with('\'') && rest.starts_with('\'') {
        range.end += 1;
    }
    editor.replace(range, &candidate.text);
}

/// Offers what can come at the cursor. What was asked for is shown also where
/// nothing was begun.
pub fn offer(state: &mut State, is_asked: bool) {
    state.query.popup = None;
    let editor = &state.query.current().editor;
    let place = (editor.changes(), editor.cursor());
    state.query.offered_at = Some(place);
    let editor = &state.query.current().editor;
    let (text, cursor) = (editor.text(), editor.cursor());
    let words = assist::words(text);
    let inside = words
        .iter()
        .rev()
        .find(|w| w.range.start < cursor && cursor <= w.range.end);
    let kind = inside.map(|word| word.kind);
    // Nobody completes a number, a comment or a finished text.
    let is_closed =
        matches!(kind, Some(Kind::Text)) && inside.is_some_and(|w| w.range.end == cursor);
    if matches!(kind, Some(Kind::Number | Kind::Comment)) || is_closed && !is_asked {
        return;
    }
    let completion = assist::complete(text, cursor, &state.query.vocabulary);
    let typed = text[completion.range.clone()].to_owned();
    let is_whole = completion
        .candidates
        .first()
        .is_some_and(|best| best.text.eq_ignore_ascii_case(&typed));
    state.query.wants_values = completion.wants_values.clone();
    if completion.candidates.is_empty() || is_whole && !is_asked {
        return;
    }
    let tab = state.query.current();
    let of = (tab.id, tab.editor.changes());
    state.query.popup = Some(Popup {
        of,
        completion,
        chosen: 0,
        is_chosen: is_asked,
    });
}

/// Offers again where something was offered last, with what is known by now.
pub fn offer_again(state: &mut State) {
    let editor = &state.query.current().editor;
    let place = (editor.changes(), editor.cursor());
    let is_there = state.query.offered_at == Some(place) && state.query.popup.is_none();
    if state.pane == Pane::Editor && state.overlay().is_none() && is_there {
        offer(state, false);
    }
}

/// The values of a column, where they would help and are not known.
pub fn wanted_values(state: &mut State) -> Vec<Effect> {
    let Some((table, column)) = state.query.wants_values.take() else {
        return Vec::new();
    };
    let title = format!("reading the values of {column}");
    let as_of = state.as_of;
    let wanted = Some((table.clone(), column.clone(), as_of));
    // Each letter asks for them again.
    if state.query.values_of == wanted && state.jobs.busy(Slot::Values).is_some() {
        return Vec::new();
    }
    state.query.values_of = wanted;
    let work = Work::Values {
        table,
        column,
        as_of,
    };
    wanted::begin(state, Slot::Values, title, work)
}

/// A key of an editor without modes. Returns whether it was one.
fn plain(state: &mut State, key: &KeyEvent) -> bool {
    let modifiers = key.modifiers;
    let is_ctrl = modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = modifiers.contains(KeyModifiers::ALT);
    let selects = modifiers.contains(KeyModifiers::SHIFT);
    let editor = state.query.editor();
    match key.code {
        KeyCode::Char('w') if is_ctrl && !is_alt => editor.delete(Motion::WordLeft),
        // What terminals send for ctrl with backspace.
        KeyCode::Char('h') if is_ctrl && !is_alt => editor.delete(Motion::WordLeft),
        KeyCode::Char(c) if !is_ctrl && !is_alt => editor.insert(c.encode_utf8(&mut [0; 4])),
        KeyCode::Enter if modifiers.is_empty() => editor.break_line(),
        KeyCode::Backspace if is_ctrl || is_alt => editor.delete(Motion::WordLeft),
        KeyCode::Backspace => editor.delete(Motion::Left),
        KeyCode::Delete if is_ctrl || is_alt => editor.delete(Motion::WordRight),
        KeyCode::Delete => editor.delete(Motion::Right),
        KeyCode::Tab if modifiers.is_empty() => editor.indent(),
        KeyCode::BackTab => editor.unindent(),
        _ => match motion(key.code, is_ctrl).filter(|_| !is_alt) {
            Some(motion) => editor.go(motion, selects),
            None => return false,
        },
    }
    true
}

fn motion(code: KeyCode, is_ctrl: bool) -> Option<Motion> {
    Some(match code {
        KeyCode::Left if is_ctrl => Motion::WordLeft,
        KeyCode::Right if is_ctrl => Motion::WordRight,
        KeyCode::Home if is_ctrl => Motion::Start,
        KeyCode::End if is_ctrl => Motion::End,
        KeyCode::Left => Motion::Left,
        KeyCode::Right => Motion::Right,
        KeyCode::Up => Motion::Up,
        KeyCode::Down => Motion::Down,
        KeyCode::Home => Motion::LineStart,
        KeyCode::End => Motion::LineEnd,
        KeyCode::PageUp if !is_ctrl => Motion::PageUp,
        KeyCode::PageDown if !is_ctrl => Motion::PageDown,
        _ => return None,
    })
}

/// A key of a mode that is not for typing. Returns whether it was one.
fn command(state: &mut State, key: &KeyEvent, mode: Mode) -> bool {
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = key.modifiers.contains(KeyModifiers::ALT);
    let editor = state.query.editor();
    let is_visual = mode != Mode::Normal;
    let is_free = !is_ctrl && !is_alt && !editor.is_waiting();
    match key.code {
        KeyCode::Char('/') if is_free => finding::open(state),
        KeyCode::Char('n') if is_free => finding::again(state, false),
        KeyCode::Char('N') if is_free => finding::again(state, true),
        KeyCode::Char('r') if is_ctrl => {
            editor.redo();
        }
        KeyCode::Char(c) if !is_ctrl && !is_alt => editor.command(c),
        KeyCode::Enter if key.modifiers.is_empty() && editor.is_waiting() => {
            editor.leave_insert();
        }
        KeyCode::Enter if key.modifiers.is_empty() => editor.command('j'),
        KeyCode::Backspace => editor.command('h'),
        KeyCode::Esc if is_visual || editor.is_waiting() => editor.leave_insert(),
        code => match motion(code, is_ctrl).filter(|_| !is_alt) {
            Some(motion) => editor.go(motion, is_visual),
            None => return false,
        },
    }
    true
}
