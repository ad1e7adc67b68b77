//! What is asked for with rows that are not there yet: it is done when they are.

use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::state::grid::GridId;

use super::choosing;

/// Writes the rows of the answer that is seen once they are there. Returns whether it
/// waits for that.
pub(super) fn write(state: &mut State, file: &str) -> bool {
    let answer = state.query.answer_mut();
    let Some(answer) = answer.filter(|answer| answer.is_coming()) else {
        return false;
    };
    answer.files.push(file.to_owned());
    let text = format!("Writes `{file}` as soon as all rows are there");
    state.toasts.tell(state.now, text);
    true
}

/// The rows of an answer are there: the files that waited for them are written.
pub(super) fn go_on(state: &mut State, id: GridId) -> Vec<Effect> {
    let answer = state.query.answer_of(id);
    let files = answer.map(|answer| std::mem::take(&mut answer.files));
    let files = files.unwrap_or_default().into_iter();
    let begun = files.flat_map(|file| choosing::write_answer(state, id, &file));
    begun.collect()
}

/// Not all rows of an answer come: no file of them is written, and that is said.
pub(super) fn give_up(state: &mut State, id: Option<GridId>) {
    let answer = id.and_then(|id| state.query.answer_of(id));
    let files = answer.map(|answer| std::mem::take(&mut answer.files));
    for file in files.unwrap_or_default() {
        let text = format!("`{file}` was not written: its rows did not all come");
        state.toasts.error(text);
    }
}

/// The rows that had come of what was cancelled are being kept: asked once more, they are
/// let go.
pub fn let_go(state: &mut State) {
    let Some((id, rows)) = state.query.being_kept().map(|a| (a.id, a.so_far)) else {
        return;
    };
    if state.query.letting_go == Some(id) {
        give_up(state, Some(id));
        state.query.remove(id);
        let text = "Cancelled: the rows that had come are not kept";
        state.toasts.tell(state.now, text);
        return;
    }
    state.query.letting_go = Some(id);
    let key = match state.keymap.key_here(Action::Cancel, state.pane) {
        "" => state.keymap.key(Action::Cancel),
        key => key,
    };
    let rows = match rows {
        Some(rows) => format!("The {} that had come", words::count(rows, "row")),
        None => "The rows that had come".to_owned(),
    };
    let text = format!("{rows} are being kept: `{key}` again lets them go");
    state.toasts.tell(state.now, text);
}
