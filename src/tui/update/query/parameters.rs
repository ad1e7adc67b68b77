//! The values that a statement is given before it runs.

use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::state::overlay::{Line, Overlay, Question};

use super::queue;

/// Asks for the next parameter, with the value of the last time.
pub(super) fn ask(state: &mut State) {
    let Some(asking) = &state.query.asking else {
        return;
    };
    let Some(name) = asking.names.front().cloned() else {
        return;
    };
    let tab = asking.statement.tab;
    let tab = state.query.tabs.iter().find(|t| t.id == tab);
    let before = tab.and_then(|tab| tab.params.get(&name)).cloned();
    let line = Line::selected(before.unwrap_or_default());
    state.overlays.push(Overlay::Ask {
        question: Question::Parameter,
        line,
        error: None,
    });
}

/// Takes the value of a parameter.
///
/// # Errors
/// It is no value.
pub fn take_parameter(state: &mut State, value: &str) -> Result<Vec<Effect>, String> {
    let Some(mut asking) = state.query.asking.take() else {
        return Ok(Vec::new());
    };
    let Some(name) = asking.names.pop_front() else {
        return Ok(Vec::new());
    };
    if let Some(tab) = state.query.tab_mut(asking.statement.tab) {
        tab.params.insert(name.clone(), value.to_owned());
    }
    asking.statement.params.insert(name, value.to_owned());
    if asking.names.is_empty() {
        // Behind all, or, where nothing is running, it is its turn.
        match state.query.running {
            Some(_) => state.query.queue.push_back(asking.statement),
            None => state.query.queue.push_front(asking.statement),
        }
        return Ok(queue::next(state));
    }
    state.query.asking = Some(asking);
    ask(state);
    Ok(Vec::new())
}

/// Leaves a question for a parameter.
pub fn leave(state: &mut State) {
    if let Some(asking) = state.query.asking.take() {
        queue::forgo(state, asking.statement.together);
    }
}
