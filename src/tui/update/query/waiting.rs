//! What is asked for with rows that are not there yet: it is done when they are.

use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::state::grid::GridId;
use crate::tui::state::query::answer::Next;
use crate::tui::update::act;

use super::choosing;

/// Waits with something for the rows of the answer that is seen.
pub fn wait(state: &mut State, next: Next) {
    let answer = state.query.answer_mut();
    let Some(answer) = answer.filter(|answer| answer.is_coming()) else {
        return;
    };
    let text = match &next {
        Next::Search => "Looks for it as soon as all rows are there".to_owned(),
        Next::Write(file) => format!("Writes `{file}` as soon as all rows are there"),
    };
    answer.next.push(next);
    state.toasts.tell(state.now, text);
}

/// The rows of an answer are there: what waited for them is done.
pub(super) fn go_on(state: &mut State, id: GridId) -> Vec<Effect> {
    let Some(answer) = state.query.answer_of(id) else {
        return Vec::new();
    };
    let mut effects = Vec::new();
    for next in std::mem::take(&mut answer.next) {
        effects.extend(match next {
            Next::Search => {
                let is_seen = state.query.answer().is_some_and(|answer| answer.id == id);
                match is_seen {
                    true => act::search(state, false),
                    false => Vec::new(),
                }
            }
            Next::Write(file) => choosing::write_answer(state, id, &file),
        });
    }
    effects
}

/// Not all rows of an answer come: no file of them is written, and that is said.
pub(super) fn give_up(state: &mut State, id: Option<GridId>) {
    let Some(answer) = id.and_then(|id| state.query.answer_of(id)) else {
        return;
    };
    for next in std::mem::take(&mut answer.next) {
        match next {
            Next::Write(file) => {
                let text = format!("`{file}` was not written: its rows did not all come");
                state.toasts.error(text);
            }
            Next::Search => answer.next.push(next),
        }
    }
}

/// The rows that had come of what was cancelled are being kept: asked once more, they are
/// let go.
pub fn let_go(state: &mut State) {
    let Some((id, rows)) = state.query.being_kept().map(|a| (a.id, a.so_far)) else {
        return;
    };
    if state.query.letting_go == Some(id) {
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
