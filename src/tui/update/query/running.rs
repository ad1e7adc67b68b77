//! Statements at work: what they tell, and what comes of them.

use std::ops::Range;

use crate::assist;
use crate::engine::param::Param;
use crate::pipeline::asker::{Answered, AskError, Heard, Question as Asked};
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Work};
use crate::tui::state::State;
use crate::tui::state::grid::{Grid, GridId};
use crate::tui::state::jobs::{JobId, Slot};
use crate::tui::state::query::answer::Shows;
use crate::tui::state::query::plan::PlanView;
use crate::tui::state::query::{How, KEPT, Running, Statement, Trouble};
use crate::tui::text;
use crate::tui::update::{act, wanted};

use super::queue::{enqueue, forgo, next, not_run, statement};
use super::{another_day, waiting};

/// Columns of a statement where it is named.
const NAME: usize = 30;

/// The changes of the text at which an answer is asked for again as of another day: the
/// text may be another one now, and nothing is underlined in it.
pub(super) const OF_A_DAY: u64 = u64::MAX;

/// The same of what is no statement of the text.
pub(super) const ASIDE: u64 = OF_A_DAY - 1;

/// How it begins that a statement is at work.
pub const RUNNING: &str = "running ";

/// What is said where there is nothing to run.
pub const NOTHING: &str = "There is no statement here";

/// Runs the statement at the cursor, or those that are selected.
pub fn run(state: &mut State, how: How) -> Vec<Effect> {
    let range = super::chosen(state).unwrap_or_default();
    begin(state, range, how)
}

/// Runs all statements, one after the other.
pub fn run_all(state: &mut State, how: How) -> Vec<Effect> {
    let all = 0..state.query.current().editor.text().len();
    begin(state, all, how)
}

/// Runs the statements of a part of the text.
fn begin(state: &mut State, part: Range<usize>, how: How) -> Vec<Effect> {
    state.query.popup = None;
    let tab = state.query.current();
    let text = tab.editor.text();
    let ranges = assist::statements(&text[part.clone()]).into_iter();
    let ranges = ranges.map(|r| super::trimmed(text, part.start + r.start..part.start + r.end));
    let asked: Vec<(usize, String)> = ranges
        .map(|range| (range.start, text[range].to_owned()))
        .collect();
    if asked.is_empty() {
        state.toasts.tell(state.now, NOTHING);
        return Vec::new();
    }
    let changes = tab.editor.changes();
    let together = state.query.name().0;
    let statements: Vec<Statement> = asked
        .into_iter()
        .map(|(at, sql)| Statement {
            at,
            changes,
            how,
            together,
            ..statement(state, sql)
        })
        .collect();
    state.query.current_mut().trouble = None;
    enqueue(state, statements)
}

pub(super) fn start(state: &mut State, statement: Statement) -> Vec<Effect> {
    let values = statement.params.iter();
    let params = values.filter_map(|(name, value)| format!("{name}={value}").parse::<Param>().ok());
    let question = Asked {
        sql: statement.sql.clone(),
        params: params.collect(),
        measures: statement.how == How::Measure,
        as_of: statement.as_of,
    };
    let title = statement
        .sql
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let title = format!("{RUNNING}{}", text::cut(&title, NAME));
    let work = Work::Answer(Box::new(question));
    let effects = wanted::begin(state, Slot::Answer, title, work);
    if let Some(Effect::Begin { id, .. }) = effects.first() {
        state.query.running = Some(Running {
            job: *id,
            statement,
            columns: Vec::new(),
            rows: None,
            answer: None,
            replaced: None,
        });
    }
    effects
}

/// Takes notice of what a statement tells while it is at work.
pub fn heard(state: &mut State, id: JobId, heard: Heard) {
    let Some(running) = state.query.running.as_mut().filter(|r| r.job == id) else {
        return;
    };
    match heard {
        Heard::Columns(columns) => running.columns = columns,
        Heard::Rows(rows) => {
            running.rows = Some(rows);
            let answer = running.answer;
            if let Some(answer) = answer.and_then(|id| state.query.answer_of(id)) {
                answer.so_far = Some(rows);
            }
        }
        Heard::Share(share) => {
            let now = state.now;
            if let Some(job) = state.jobs.running(id) {
                job.note_share(now, share);
            }
        }
        Heard::First(page) => {
            let Some(mut running) = state.query.running.take() else {
                return;
            };
            let there = running.answer.and_then(|id| state.query.answer_of(id));
            match there.map(|answer| &mut answer.shows) {
                Some(Shows::Rows(grid)) => grid.preview(&running.columns, &page),
                _ => {
                    let columns = running.columns.clone();
                    state.query.add(&mut running, |id| {
                        let mut grid = Grid::new(id);
                        grid.preview(&columns, &page);
                        Shows::Rows(grid)
                    });
                }
            }
            running.rows = running.rows.max(Some(page.rows.len() as u64));
            state.query.running = Some(running);
        }
    }
}

/// Takes what came of a statement.
pub fn answered(state: &mut State, id: JobId, came: Result<Answered, AskError>) -> Vec<Effect> {
    let Some(mut running) = state.query.running.take_if(|r| r.job == id) else {
        return Vec::new();
    };
    let is_of_a_day = running.statement.changes == OF_A_DAY;
    let answered = match came {
        Ok(answered) => answered,
        Err(error) => {
            waiting::give_up(state, running.answer);
            forgo_after_failure(state, running.statement.together);
            state.query.give_back(&mut running);
            return trouble(state, running.statement, error);
        }
    };
    match answered {
        Answered::Rows(table, page, took) | Answered::Part(table, page, took) => {
            if running.answer.is_none() {
                state
                    .query
                    .add(&mut running, |id| Shows::Rows(Grid::new(id)));
            }
            let answer = running.answer.and_then(|id| state.query.answer_of(id));
            // Its tab may be closed.
            if let Some(answer) = answer {
                answer.take(table, &page, took);
                // Rows of another day are seen as those before.
                let before = running.replaced.as_ref().filter(|_| is_of_a_day);
                if let (Shows::Rows(grid), Some(Shows::Rows(before))) =
                    (&mut answer.shows, before.map(|answer| &answer.shows))
                    && grid.view.is_plain()
                    && before.table.as_ref().map(|t| &t.columns)
                        == grid.table.as_ref().map(|t| &t.columns)
                    && !before.view.is_plain()
                {
                    grid.review(before.view.clone());
                }
            }
        }
        Answered::Plan(plan, took) => {
            let view = PlanView::new(plan);
            state.query.add(&mut running, |_| Shows::Plan(view));
            if let Some(answer) = running.answer.and_then(|id| state.query.answer_of(id)) {
                answer.took = Some(took);
            }
        }
    }
    forget_oldest(state, running.statement.tab, None);
    let mut effects = running
        .answer
        .map_or_else(Vec::new, |id| waiting::go_on(state, id));
    effects.extend(next(state));
    if is_of_a_day && effects.is_empty() {
        // The day may have changed since.
        effects = another_day::as_of_another_day(state);
    }
    effects
}

fn forget_oldest(state: &mut State, tab: u64, besides: Option<GridId>) {
    let gone = state.query.forget_oldest(tab, besides);
    if !gone.is_empty() {
        let gone = gone.join(", ");
        if std::mem::replace(&mut state.query.has_told_of_oldest, true) {
            state.toasts.note(format!("Closed {gone}, the oldest"));
            return;
        }
        let key = state.keymap.key(Action::PinResult);
        let text = format!("Closed {gone}, the oldest: {KEPT} results are kept, `{key}` pins one");
        state.toasts.tell(state.now, text);
    }
}

/// Takes the rows that had come of a statement when it was cancelled.
pub fn cut_short(state: &mut State, id: JobId, came: Result<Answered, AskError>) -> Vec<Effect> {
    // What it showed may be gone.
    let Some(answer) = state.query.answer_cut_short(id) else {
        return Vec::new();
    };
    let (grid, is_part) = (answer.id, matches!(came, Ok(Answered::Part(..))));
    match came {
        Ok(Answered::Rows(table, page, took) | Answered::Part(table, page, took)) => {
            let rows = words::count(table.rows, "row");
            answer.take(table, &page, took);
            answer.is_cut = is_part;
            if !is_part {
                let text = format!("The statement was done before it was cancelled: {rows}, all");
                state.toasts.tell(state.now, text);
            }
        }
        Ok(Answered::Plan(..)) => {}
        Err(error) => {
            waiting::give_up(state, Some(grid));
            state.query.remove(grid);
            let text = format!("The rows that had come could not be kept: {error}");
            state.toasts.error(text);
        }
    }
    waiting::go_on(state, grid)
}

fn trouble(state: &mut State, statement: Statement, error: AskError) -> Vec<Effect> {
    let (message, at) = match error {
        AskError::Interrupted => return Vec::new(),
        AskError::Sql { message, at } => (message, Some(at)),
        error @ (AskError::Params(_) | AskError::Memory(_) | AskError::Other(_)) => {
            (error.to_string(), None)
        }
    };
    // There it may have no room, and goes with the text.
    state.toasts.keep(message.clone());
    if let Some(tab) = state.query.tab_mut(statement.tab) {
        let is_aside = matches!(statement.changes, OF_A_DAY | ASIDE);
        tab.trouble = Some(Trouble {
            message,
            stood: (!is_aside).then_some(statement.at),
            sql: statement.sql,
            at,
            changes: statement.changes,
        });
    }
    Vec::new()
}

/// Cancels what is running, and what was asked for together with it; what was asked for
/// since is next. Returns whether anything was.
pub fn cancel(state: &mut State) -> bool {
    let Some(running) = &state.query.running else {
        return false;
    };
    let (job, together) = (running.job, running.statement.together);
    let took = state
        .jobs
        .running(job)
        .map(|job| state.now.saturating_sub(job.began));
    state.jobs.stop(Slot::Answer);
    let seconds = words::seconds(took.unwrap_or(0) as f64 / 1000.0);
    let count = forgo(state, together);
    let stay = match let_go(state) {
        true => ": its rows stay",
        false => "",
    };
    let text = format!(
        "Cancelled the statement after {seconds}{stay}{}",
        not_run(count)
    );
    state.toasts.tell(state.now, text);
    true
}

/// Stops what is running, and what was asked for together with it: nothing of it stays.
pub fn stop(state: &mut State) {
    if let Some(running) = &state.query.running {
        let together = running.statement.together;
        state.jobs.stop(Slot::Answer);
        let count = forgo(state, together);
        drop_unfinished(state);
        let text = format!("Cancelled the statement{}", not_run(count));
        state.toasts.tell(state.now, text);
    }
}

/// What was asked for together with a statement that failed is not run, and that is said.
fn forgo_after_failure(state: &mut State, together: u64) {
    let count = forgo(state, together);
    if count > 0 {
        let text = format!("The statement failed{}", not_run(count));
        state.toasts.tell(state.now, text);
    }
}

/// The statement at work ended by a fault of the program.
pub fn failed(state: &mut State) {
    if let Some(running) = &state.query.running {
        forgo_after_failure(state, running.statement.together);
    }
    drop_unfinished(state);
}

/// What was at work is not waited for any more: the rows that had come stay. Returns
/// whether there are any.
fn let_go(state: &mut State) -> bool {
    let Some(mut running) = state.query.running.take() else {
        return false;
    };
    waiting::give_up(state, running.answer);
    // Who came from another day goes back to it.
    if running.statement.changes == OF_A_DAY {
        state.query.give_back(&mut running);
        return false;
    }
    let given_back = running.replaced.as_ref().map(|before| before.id);
    let is_any = state.query.cut_short(&mut running);
    forget_oldest(state, running.statement.tab, given_back);
    is_any
}

/// The first rows of what is not waited for any more go, and what they replaced is
/// there again.
pub(super) fn drop_unfinished(state: &mut State) {
    if let Some(mut running) = state.query.running.take() {
        waiting::give_up(state, running.answer);
        state.query.give_back(&mut running);
    }
}

/// Runs a statement that does not stand in the text.
pub fn run_aside(state: &mut State, sql: String) -> Vec<Effect> {
    let statement = statement(state, sql);
    enqueue(state, vec![statement])
}

/// A statement of the history, in a tab of its own, and how it is run there, if it is.
pub fn again(state: &mut State, sql: &str, how: Option<How>) -> Vec<Effect> {
    state.query.open_tab(sql);
    act::act(state, Action::ShowQuery);
    how.map_or_else(Vec::new, |how| run_all(state, how))
}
