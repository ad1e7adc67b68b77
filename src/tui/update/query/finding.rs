//! Finding a text in the text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::report::words;
use crate::tui::state::State;
use crate::tui::state::overlay::{Edit, Finding, Line, Overlay};
use crate::tui::update::answer;

/// Asks what is looked for: what is selected, or what was looked for before.
pub fn open(state: &mut State) {
    let query = &mut state.query;
    query.popup = None;
    let editor = &query.current().editor;
    let selected = editor.selected().filter(|text| !text.contains('\n'));
    let wanted = selected.map(str::to_owned).or_else(|| query.find.clone());
    let from = editor
        .selection()
        .map_or(editor.cursor(), |range| range.start);
    query.find.clone_from(&wanted);
    state.overlays.push(Overlay::Find(Finding {
        wanted: Line::selected(wanted.unwrap_or_default()),
        from,
        ..Finding::default()
    }));
}

/// Goes to the next match of what was looked for, or to the one before.
pub fn again(state: &mut State, backwards: bool) {
    let Some(wanted) = state.query.find.clone().filter(|text| !text.is_empty()) else {
        return open(state);
    };
    let editor = state.query.editor();
    let from = match (backwards, editor.selection()) {
        (true, Some(selection)) => selection.start,
        (true, None) => editor.cursor(),
        (false, Some(selection)) => selection.end,
        (false, None) => editor.behind_cursor(),
    };
    if editor.go_to_match(&wanted, from, backwards).is_none() {
        let text = format!("`{wanted}` is not in the text");
        state.toasts.tell(state.now, text);
    }
}

/// A key while something is looked for.
pub fn key(state: &mut State, key: &KeyEvent) {
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = key.modifiers.contains(KeyModifiers::ALT);
    let is_shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let Some(Overlay::Find(finding)) = state.overlays.last_mut() else {
        return;
    };
    match key.code {
        KeyCode::Enter if finding.is_with => {
            let wanted = finding.wanted.text().to_owned();
            let with = finding.with.as_ref().map_or("", Line::text).to_owned();
            let editor = state.query.editor();
            if is_alt {
                let count = editor.replace_all(&wanted, &with) as u64;
                let text = format!("Replaced {}", words::count(count, "match"));
                state.toasts.tell(state.now, text);
            } else if !editor.replace_match(&wanted, &with) {
                again(state, false);
            }
        }
        KeyCode::Tab | KeyCode::BackTab => {
            finding.is_with = !finding.is_with;
            finding.with.get_or_insert_default();
        }
        KeyCode::Enter => again(state, is_shift),
        KeyCode::Down => again(state, false),
        KeyCode::Up => again(state, true),
        KeyCode::Char('g') if is_ctrl || is_alt => again(state, is_alt),
        KeyCode::Char('f') if is_ctrl => again(state, false),
        _ => {
            if let Some(change) = answer::edit_of(key) {
                edit(state, &change);
            }
        }
    }
}

/// Changes what is looked for, or what is put in its place; goes to the first match.
pub fn edit(state: &mut State, edit: &Edit) {
    let Some(Overlay::Find(finding)) = state.overlays.last_mut() else {
        return;
    };
    if finding.is_with {
        return finding.with.get_or_insert_default().edit(edit);
    }
    let before = finding.wanted.text().to_owned();
    finding.wanted.edit(edit);
    let wanted = finding.wanted.text().to_owned();
    if wanted == before {
        return;
    }
    let from = finding.from;
    let editor = state.query.editor();
    if editor.go_to_match(&wanted, from, false).is_none() {
        editor.go_to(from, false);
    }
    state.query.find = Some(wanted);
}
