//! Rows that are asked for again as of another day.

use std::time::Duration;

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::state::jobs::Slot;
use crate::tui::state::query::{How, Statement, Trouble};
use crate::tui::state::{Pane, Screen, State};

use super::queue::{enqueue, statement};
use super::running::{OF_A_DAY, drop_unfinished, run};

/// An answer that took no longer is asked for again when the day changes.
const QUICK: Duration = Duration::from_secs(2);

/// The answer that is seen, asked for again as of the day that is shown now: where the
/// rows have the focus, and it does not take long.
pub fn as_of_another_day(state: &mut State) -> Vec<Effect> {
    if state.screen != Screen::Query || !matches!(state.pane, Pane::Results | Pane::Columns) {
        return Vec::new();
    }
    let tab = state.query.current_mut();
    let is_of_day = |trouble: &mut Trouble| trouble.changes == OF_A_DAY;
    // What is wrong on a day is not said of another.
    tab.trouble.take_if(is_of_day);
    match &state.query.running {
        // The day before is not waited for.
        Some(running) if running.statement.changes == OF_A_DAY => {
            state.jobs.stop(Slot::Answer);
            drop_unfinished(state);
        }
        Some(_) => return Vec::new(),
        None => {}
    }
    let Some(answer) = state.query.answer() else {
        return Vec::new();
    };
    if answer.as_of == state.as_of || answer.how != How::Run {
        return Vec::new();
    }
    if answer.is_cut || answer.took.is_none_or(|took| took > QUICK) {
        let key = state.keymap.key(Action::RunStatement);
        let text = format!(
            "These rows are of another day, as they took long; `{key}` finds those of this one"
        );
        state.toasts.tell(state.now, text);
        return Vec::new();
    }
    ask_again(state)
}

/// Runs the statement of the rows that have the focus as of the day that is shown; if
/// they are of that day, the one at the cursor of the text.
pub fn run_of_rows(state: &mut State) -> Vec<Effect> {
    let as_of = state.as_of;
    match state.query.answer() {
        Some(answer) if answer.as_of != as_of && answer.how == How::Run => ask_again(state),
        _ => run(state, How::Run),
    }
}

fn ask_again(state: &mut State) -> Vec<Effect> {
    let Some(answer) = state.query.answer() else {
        return Vec::new();
    };
    let instead = (!answer.stays(state.query.marked)).then_some(answer.id);
    let (sql, params) = (answer.sql.clone(), answer.params.clone());
    let again = Statement {
        changes: OF_A_DAY,
        params,
        instead,
        ..statement(state, sql)
    };
    enqueue(state, vec![again])
}
