//! Comparing the day that is shown with the marked one, or with the one before.

use std::sync::Arc;

use crate::engine::diff::Change;
use crate::model::difference::Pair;
use crate::model::moment::Moment;
use crate::pipeline::diff::DiffQuestion;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Work};
use crate::tui::state::diff::{Compared, DiffView, Level, ListedRows};
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Overlay, Question};
use crate::tui::state::{Pane, Screen, State};

use super::wanted::{self, begin};
use super::{copying, time};

/// What the text with the command, and the change of the SQL, is called.
pub const COMMAND: &str = "The command that tells the same";

/// The question that the screen answers: from the marked day, or the one before,
/// to the one that is shown.
pub fn question(state: &State) -> Option<DiffQuestion> {
    let timeline = state.timeline()?;
    let at = state.shown_at()?;
    let shown = timeline.days[at].date;
    let marked = state.marked().filter(|day| day.date != shown);
    let other = match marked {
        Some(marked) => marked.date,
        // The first day has none before: it is compared with the next.
        None => timeline.days.get(at.checked_sub(1).unwrap_or(1))?.date,
    };
    Some(DiffQuestion {
        dataset: timeline.dataset.clone(),
        moments: Pair::new(other.min(shown), other.max(shown)).map(Moment::Day),
        target: None,
        key: Vec::new(),
        columns: Vec::new(),
        ignored: Vec::new(),
        condition: state.diff.condition.clone(),
        tolerance: None,
    })
}

/// Compares, while the comparison is looked at and is another than before; and
/// lists what moved furthest, where the rows that are listed are not all.
pub fn wanted(state: &mut State) -> Vec<Effect> {
    if state.screen != Screen::Diff || state.diff.is_of_answers {
        return Vec::new();
    }
    let Some(question) = question(state) else {
        return Vec::new();
    };
    if state.diff.question.as_ref() == Some(&question) {
        return furthest(state, question);
    }
    state.diff.ask(question.clone());
    state.jobs.stop(Slot::DiffRows);
    let title = format!(
        "comparing {} and {}",
        question.moments.before, question.moments.after
    );
    begin(state, Slot::Diff, title, Work::Diff(Box::new(question)))
}

fn furthest(state: &mut State, question: DiffQuestion) -> Vec<Effect> {
    if state.jobs.busy(Slot::DiffRows).is_some() || state.diff.error.is_some() {
        return Vec::new();
    }
    let Some(column) = state.diff.wants_furthest().map(str::to_owned) else {
        return Vec::new();
    };
    let title = format!("finding what moved furthest in {column}");
    let work = Work::DiffRows {
        question: Box::new(question),
        by: Some(column),
    };
    begin(state, Slot::DiffRows, title, work)
}

/// Goes to the comparison.
pub fn show(state: &mut State) {
    let is_waiting = std::mem::take(&mut state.diff.is_waiting);
    match state.screen {
        Screen::Diff if state.diff.is_of_answers => {
            state.compared_from = (Screen::Query, Pane::Results);
        }
        Screen::Diff => {}
        screen => state.compared_from = (screen, state.pane),
    }
    if !is_waiting && state.diff.is_of_answers {
        state.diff = DiffView::default();
    }
    state.toasts.forget(time::MARKED);
    state.screen = Screen::Diff;
    state.pane = Pane::Diff;
}

/// Shows a comparison of two answers.
pub fn show_answers(state: &mut State, compared: Compared, rows: ListedRows) {
    state.diff = DiffView::default();
    state.diff.is_of_answers = true;
    let first = compared
        .difference
        .columns
        .iter()
        .position(|c| c.changed > 0);
    state.diff.column = first.unwrap_or(0);
    state.diff.compared = Some(Arc::new(compared));
    state.diff.take(rows);
    // What is typed meanwhile is not to become commands.
    let is_waited_for = state.screen == Screen::Query && state.pane == Pane::Results;
    if !is_waited_for || state.overlay().is_some() {
        state.diff.is_waiting = true;
        let key = state.keymap.key(Action::ShowDiff);
        let text = format!("The results are compared: `{key}` shows it");
        state.toasts.tell(state.now, text);
        return;
    }
    (state.screen, state.pane) = (Screen::Diff, Pane::Diff);
}

/// What an action does in the comparison.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let page = isize::from(i16::try_from(state.size.1).unwrap_or(24)) / 2;
    let diff = &mut state.diff;
    match action {
        Action::Up => diff.go(-1),
        Action::Down => diff.go(1),
        Action::PageUp => diff.go(-page),
        Action::PageDown => diff.go(page),
        Action::Top => diff.go(isize::MIN),
        Action::Bottom => diff.go(isize::MAX),
        Action::Open if diff.level == Level::Summary => match diff.column_at_cursor() {
            Some(column) if column.changed == 0 => {
                let key = state.keymap.key(Action::NextDifference);
                let text = format!(
                    "No row changed in `{}`; `{key}` lists all that differ",
                    column.name
                );
                state.toasts.tell(state.now, text);
            }
            column => {
                let column = column.map(|c| c.name.clone());
                diff.open(column);
            }
        },
        Action::Open if diff.lines() > 0 => {
            state.overlays.push(Overlay::Difference { scroll: 0 });
        }
        Action::NextDifference if diff.level == Level::Summary => diff.open(None),
        Action::SortByDistance => {
            diff.by_distance = !diff.by_distance;
            diff.row = 0;
            diff.choose();
        }
        Action::NextDifference => {
            if diff.row + 1 >= diff.lines() {
                state.toasts.tell(state.now, "This is the last difference");
            } else {
                diff.go(1);
            }
        }
        Action::PreviousDifference => diff.go(-1),
        Action::OnlyAdded => diff.toggle(Change::Added),
        Action::OnlyRemoved => diff.toggle(Change::Removed),
        Action::OnlyChanged => diff.toggle(Change::Changed),
        Action::Filter => {
            let before = diff.condition.clone().unwrap_or_default();
            super::act::ask(state, Question::DiffFilter, before);
        }
        Action::Search => {
            let before = diff.find.clone().unwrap_or_default();
            super::act::ask(state, Question::DiffSearch, before);
        }
        Action::ShowAllRows => {
            diff.forget();
            diff.choose();
        }
        Action::CopyCell => return copy(state),
        Action::SaveRows => copying::ask_for_file(state),
        Action::ShowSql => return command(state),
        _ => {}
    }
    Vec::new()
}

/// Goes to the row that differs, where it is: to be watched from day to day.
pub fn watch(state: &mut State) -> Vec<Effect> {
    let Some((row, question)) = state.diff.row_at_cursor().zip(state.diff.question.as_ref()) else {
        return Vec::new();
    };
    let (key, days) = (row.key.clone(), question.moments);
    let Moment::Day(day) = (match row.change {
        Change::Removed => days.before,
        Change::Added | Change::Changed => days.after,
    }) else {
        return Vec::new();
    };
    let newest = state.timeline().and_then(|t| t.days.last()).map(|d| d.date);
    state.as_of = Some(day).filter(|day| Some(*day) != newest);
    (state.screen, state.pane) = (Screen::Snapshots, Pane::Grid);
    state.is_watching = true;
    state.overlays.clear();
    state.grid.followed = Some(key);
    state.grid.wanted_column = state.diff.in_column.clone();
    wanted::show(state)
}

/// One step back: from rows to the summary. Returns whether there was one.
pub fn back(state: &mut State) -> bool {
    if state.screen == Screen::Diff && state.diff.level == Level::Rows {
        state.diff.close();
        return true;
    }
    false
}

fn copy(state: &State) -> Vec<Effect> {
    let diff = &state.diff;
    let text = match diff.level {
        Level::Summary => diff
            .column_at_cursor()
            .map_or(String::new(), |c| c.name.clone()),
        Level::Rows => diff.row_at_cursor().map_or(String::new(), |row| {
            let key = row.key.iter().map(|k| k.clone().unwrap_or_default());
            key.collect::<Vec<_>>().join("\t")
        }),
    };
    let what = match diff.level {
        Level::Summary => "the column's name",
        Level::Rows => "the key",
    };
    vec![Effect::Copy {
        text,
        what: what.to_owned(),
    }]
}

/// The command that tells the same; and what changed in the SQL, if it did.
fn command(state: &mut State) -> Vec<Effect> {
    let Some(command) = command_line(state) else {
        return Vec::new();
    };
    // Also where the summary has no room for it; as a comment, for the text is copied.
    let compared = state.diff.compared.as_ref();
    let told: String = compared
        .map_or(&[][..], |c| &c.sentences)
        .iter()
        .map(|s| format!("# {s}\n"))
        .collect();
    let told = if told.is_empty() { told } else { told + "\n" };
    state.overlays.push(Overlay::Text {
        title: COMMAND.to_owned(),
        text: told + &words_of(&command),
        scroll: 0,
    });
    let Some((dataset, days)) = state
        .diff
        .question
        .as_ref()
        .map(|q| (q.dataset.clone(), q.moments))
    else {
        return Vec::new();
    };
    let revision = |moment: Moment| match moment {
        Moment::Day(day) => Some(state.live_of(&dataset, day)?.partition.staged.revision),
        _ => None,
    };
    let (Some(before), Some(after)) = (revision(days.before), revision(days.after)) else {
        return Vec::new();
    };
    if before == after {
        return Vec::new();
    }
    let work = Work::SqlChange {
        dataset,
        revisions: Pair::new(before, after),
    };
    begin(
        state,
        Slot::SqlChange,
        "reading what changed in the SQL",
        work,
    )
}

/// A command as a shell reads it.
fn words_of(command: &[String]) -> String {
    let words = command.iter().map(|word| words::shell_word(word));
    words.collect::<Vec<_>>().join(" ")
}

/// The words of `workbench diff` for what is seen, without where it goes.
pub fn command_line(state: &State) -> Option<Vec<String>> {
    let diff = &state.diff;
    let question = diff.question.as_ref()?;
    let Pair { before, after } = question.moments;
    let mut words = vec![
        "workbench".to_owned(),
        "diff".to_owned(),
        question.dataset.to_string(),
        before.to_string(),
        after.to_string(),
    ];
    if let Some(condition) = &question.condition {
        words.extend(["--where".to_owned(), condition.clone()]);
    }
    if diff.level == Level::Rows {
        words.push("--rows".to_owned());
        match (&diff.in_column, diff.only) {
            (Some(column), _) if diff.by_distance && diff.has_distances() => {
                words.extend(["--by".to_owned(), column.clone()]);
            }
            (Some(column), _) => words.extend([
                "--columns".to_owned(),
                column.clone(),
                "--only".to_owned(),
                "changed".to_owned(),
            ]),
            (None, Some(only)) => {
                let kind = match only {
                    Change::Added => "added",
                    Change::Removed => "removed",
                    Change::Changed => "changed",
                };
                words.extend(["--only".to_owned(), kind.to_owned()]);
            }
            (None, None) => {}
        }
    }
    Some(words)
}
