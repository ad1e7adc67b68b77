//! Statements that wait for the one that is running: one runs at a time, and none is
//! thrown away for another.

use std::collections::VecDeque;

use crate::assist;
use crate::pipeline::query;
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::state::query::{Asking, How, Statement};

use super::parameters;
use super::running::{ASIDE, start};

/// A statement for the tab that is seen, as of the day that is shown.
pub(super) fn statement(state: &mut State, sql: String) -> Statement {
    // Raw data and all days at once are of no day.
    let is_of_a_day = query::reads_a_day(&sql);
    Statement {
        tab: state.query.current().id,
        sql,
        at: 0,
        changes: ASIDE,
        how: How::Run,
        params: Default::default(),
        as_of: state.as_of,
        day: state.shown().map(|day| day.date).filter(|_| is_of_a_day),
        together: state.query.name().0,
        instead: None,
    }
}

/// Runs statements, behind what is running: nothing that was asked for is thrown away.
pub(super) fn enqueue(state: &mut State, statements: Vec<Statement>) -> Vec<Effect> {
    let is_same = |a: &Statement, b: &Statement| {
        (a.tab, &a.sql, a.how, a.as_of) == (b.tab, &b.sql, b.how, b.as_of)
            && assist::parameters(&a.sql).is_empty()
    };
    let Some(running) = &state.query.running else {
        state.query.queue.extend(statements);
        return next(state);
    };
    let key = state.keymap.key(Action::Cancel);
    let already = statements.first().filter(|_| statements.len() == 1);
    let already = already.and_then(|new| match () {
        () if is_same(new, &running.statement) => Some(format!(
            "This statement is running already: `{key}` cancels it"
        )),
        () if state.query.queue.iter().any(|other| is_same(new, other)) => {
            Some("This statement waits already".to_owned())
        }
        () => None,
    });
    if let Some(text) = already {
        state.toasts.tell(state.now, text);
        return Vec::new();
    }
    let is_here = |new: &Statement| new.tab == running.statement.tab;
    let does = match statements.first().is_some_and(is_here) {
        true => "cancels that",
        false => "withdraws this one",
    };
    let text = format!("Waits for the statement that is running: `{key}` {does}");
    state.toasts.tell(state.now, text);
    // Who is there is asked now, and not in the middle of something else.
    let first = statements.first().map(lacking).unwrap_or_default();
    if statements.len() == 1 && !first.is_empty() && state.query.asking.is_none() {
        let statement = statements.into_iter().next();
        state.query.asking = statement.map(|statement| Asking {
            statement,
            names: first,
        });
        parameters::ask(state);
    } else {
        state.query.queue.extend(statements);
    }
    Vec::new()
}

/// The parameters of a statement that have no value yet.
fn lacking(statement: &Statement) -> VecDeque<String> {
    let names = assist::parameters(&statement.sql).into_iter();
    names
        .filter(|name| !statement.params.contains_key(name))
        .collect()
}

/// Runs the next statement that waits, once its parameters are known. While one is
/// asked for, the others wait.
pub(super) fn next(state: &mut State) -> Vec<Effect> {
    let query = &mut state.query;
    if query.asking.is_some() || query.running.is_some() {
        return Vec::new();
    }
    let Some(statement) = query.queue.pop_front() else {
        return Vec::new();
    };
    let names = lacking(&statement);
    if names.is_empty() {
        return start(state, statement);
    }
    state.query.asking = Some(Asking { statement, names });
    parameters::ask(state);
    Vec::new()
}

/// Takes back what the text that is seen waits for another one with. Returns whether
/// there was anything.
pub fn withdraw(state: &mut State) -> bool {
    let here = state.query.current().id;
    let running = state.query.running.as_ref();
    if running.is_none_or(|running| running.statement.tab == here) {
        return false;
    }
    let before = state.query.queue.len();
    state.query.queue.retain(|statement| statement.tab != here);
    let is_any = state.query.queue.len() < before;
    if is_any {
        let text = "Withdrawn: it had not begun; the statement of the other text goes on";
        state.toasts.tell(state.now, text);
    }
    is_any
}

/// What was asked for together with a statement is not run. Returns how many that are.
pub(super) fn forgo(state: &mut State, together: u64) -> usize {
    let before = state.query.queue.len();
    let is_other = |statement: &Statement| statement.together != together;
    state.query.queue.retain(is_other);
    before - state.query.queue.len()
}

/// How many statements were not run, as the end of a sentence.
pub(super) fn not_run(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; the statement after it was not run".to_owned(),
        count => format!("; the {count} statements after it were not run"),
    }
}
