//! Keys for what lies over the screen, by what that is.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::query::choosing::lists::{self, Take};
use super::super::{act, compare, frequencies, query};
use super::{answer, choose, edit_of};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::keymap::Key;
use crate::tui::state::overlay::{Choosing, Edit, Line, Overlay, Question};
use crate::tui::state::{Pane, State};
use crate::tui::view::overlay;

/// A key for what lies on top. None: nothing does, or it is not for it.
pub fn key(state: &mut State, key: &KeyEvent) -> Option<Vec<Effect>> {
    // What is read can be scrolled wherever it was opened.
    let bound = |pane| state.keymap.action(Key::of(key), pane);
    let action = bound(state.pane).or_else(|| bound(Pane::Grid));
    let page = overlay::page(state);
    let top = state.overlays.last_mut()?;
    if key.code == KeyCode::Esc || is_ctrl(key, 'c') {
        close(state);
        return Some(Vec::new());
    }
    if action == Some(Action::Messages) && !Key::of(key).is_text() && !is_of_messages(top) {
        // One of them may be read already; a question is not thrown away.
        let is_read = matches!(top, Overlay::Text { .. });
        match state.overlays.iter().rposition(is_of_messages) {
            Some(list) if is_read => state.overlays.truncate(list + 1),
            _ => act::messages(state),
        }
        return Some(Vec::new());
    }
    Some(match top {
        Overlay::Ask { line, error, .. } => {
            if key.code == KeyCode::Enter {
                return Some(answer(state));
            }
            if let Some(edit) = edit_of(key) {
                line.edit(&edit);
                *error = None;
            }
            Vec::new()
        }
        Overlay::Palette { search, chosen } => {
            if key.code == KeyCode::Enter {
                return Some(choose(state));
            }
            in_list(key, search, chosen, page);
            Vec::new()
        }
        Overlay::Frequencies { search, chosen } => {
            if key.code == KeyCode::Enter {
                return Some(frequencies::take(state));
            }
            in_list(key, search, chosen, page);
            Vec::new()
        }
        Overlay::Choose { .. } => in_choice(state, key, action, page),
        Overlay::Help { search, scroll } => {
            in_help(key, search, scroll, page);
            Vec::new()
        }
        Overlay::Find(_) => {
            query::finding::key(state, key);
            Vec::new()
        }
        Overlay::Record { .. } | Overlay::Difference { .. } | Overlay::Text { .. } => {
            action.map_or_else(Vec::new, |action| in_reading(state, action, page))
        }
        Overlay::Jobs { .. } => action.map_or_else(Vec::new, |a| in_jobs(state, a, page)),
    })
}

fn is_ctrl(key: &KeyEvent, letter: char) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(letter)
}

/// Whether it is the list of messages.
fn is_of_messages(overlay: &Overlay) -> bool {
    let from = Choosing::Messages;
    matches!(overlay, Overlay::Choose { from: f, .. } if *f == from)
}

/// Closes what lies on top, unanswered.
fn close(state: &mut State) {
    match state.overlays.last() {
        Some(Overlay::Frequencies { .. }) => frequencies::close(state),
        Some(Overlay::Ask {
            question: Question::Parameter,
            ..
        }) => {
            state.overlays.pop();
            query::parameters::leave(state);
        }
        _ => {
            state.overlays.pop();
        }
    }
}

/// In a list that what is typed searches.
fn in_list(key: &KeyEvent, search: &mut Line, chosen: &mut usize, page: usize) {
    match key.code {
        KeyCode::Up => *chosen = chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => *chosen += 1,
        KeyCode::PageUp => *chosen = chosen.saturating_sub(page),
        KeyCode::PageDown => *chosen += page,
        _ if is_ctrl(key, 'p') => *chosen = chosen.saturating_sub(1),
        _ if is_ctrl(key, 'n') => *chosen += 1,
        _ => typed(search, chosen, edit_of(key)),
    }
}

/// What is searched changes: the first that fits is chosen.
fn typed(search: &mut Line, chosen: &mut usize, edit: Option<Edit>) {
    if let Some(edit) = edit {
        search.edit(&edit);
        *chosen = 0;
    }
}

/// In a list of what was asked, saved or said.
fn in_choice(
    state: &mut State,
    key: &KeyEvent,
    action: Option<Action>,
    page: usize,
) -> Vec<Effect> {
    let Some(Overlay::Choose {
        from,
        search,
        chosen,
    }) = state.overlays.last_mut()
    else {
        return Vec::new();
    };
    match (key.code, action) {
        (KeyCode::Enter, _) if key.modifiers.contains(KeyModifiers::ALT) => {
            return lists::take(state, Take::Run);
        }
        (KeyCode::Enter, _) => return lists::take(state, Take::Open),
        _ if is_ctrl(key, 'y') && *from == Choosing::Messages => {
            let found = state.toasts.found(search.text());
            return found.get(*chosen).map_or_else(Vec::new, |toast| {
                let (text, what) = (toast.text.clone(), "the message".to_owned());
                vec![Effect::Copy { text, what }]
            });
        }
        (_, Some(Action::RunStatement)) => return lists::take(state, Take::Run),
        (_, Some(Action::RunAll)) => return lists::take(state, Take::RunAsThen),
        _ => in_list(key, search, chosen, page),
    }
    Vec::new()
}

fn in_help(key: &KeyEvent, search: &mut Line, scroll: &mut usize, page: usize) {
    match key.code {
        KeyCode::Up => *scroll = scroll.saturating_sub(1),
        KeyCode::Down => *scroll += 1,
        KeyCode::PageUp => *scroll = scroll.saturating_sub(page),
        KeyCode::PageDown => *scroll += page,
        KeyCode::Home => *scroll = 0,
        KeyCode::End => *scroll = usize::MAX / 2,
        _ => typed(search, scroll, edit_of(key)),
    }
}

/// In what is only read: a record, a row that differs, a text.
fn in_reading(state: &mut State, action: Action, page: usize) -> Vec<Effect> {
    let Some(top) = state.overlays.last_mut() else {
        return Vec::new();
    };
    if let Overlay::Record { scroll }
    | Overlay::Difference { scroll }
    | Overlay::Text { scroll, .. } = top
    {
        match action {
            Action::Up => *scroll = scroll.saturating_sub(1),
            Action::Down => *scroll += 1,
            Action::PageUp => *scroll = scroll.saturating_sub(page),
            Action::PageDown => *scroll += page,
            _ => {}
        }
    }
    match (top, action) {
        // The record follows the cursor of the grid, and the days.
        (Overlay::Record { .. }, Action::Left) => return act::act(state, Action::Up),
        (Overlay::Record { .. }, Action::Right) => return act::act(state, Action::Down),
        (
            Overlay::Record { .. },
            Action::EarlierDay
            | Action::LaterDay
            | Action::FirstDay
            | Action::LastDay
            | Action::CopyRow,
        )
        | (Overlay::Difference { .. }, Action::NextDifference | Action::PreviousDifference) => {
            return act::act(state, action);
        }
        (Overlay::Difference { .. }, Action::Open) => return compare::watch(state),
        (Overlay::Text { text, .. }, Action::CopyCell | Action::CopyRow) => {
            let (text, what) = (text.clone(), "the text".to_owned());
            return vec![Effect::Copy { text, what }];
        }
        (Overlay::Record { .. }, Action::ShowRecord)
        | (Overlay::Text { .. }, Action::ShowSql)
        | (_, Action::Quit) => {
            state.overlays.pop();
        }
        _ => {}
    }
    Vec::new()
}

fn in_jobs(state: &mut State, action: Action, page: usize) -> Vec<Effect> {
    let Some(Overlay::Jobs { chosen, scroll }) = state.overlays.last_mut() else {
        return Vec::new();
    };
    match action {
        Action::Up => (*chosen, *scroll) = (chosen.saturating_sub(1), 0),
        Action::Down => (*chosen, *scroll) = (*chosen + 1, 0),
        Action::PageUp => *scroll += page,
        Action::PageDown => *scroll = scroll.saturating_sub(page),
        Action::Cancel => return act::act(state, Action::Cancel),
        Action::Quit | Action::Jobs => {
            state.overlays.pop();
        }
        _ => {}
    }
    Vec::new()
}
