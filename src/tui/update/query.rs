//! What actions do in the Query screen.

pub mod another_day;
pub mod arranging;
pub mod choosing;
pub mod finding;
pub mod parameters;
pub mod queue;
pub mod running;
pub mod tables;
pub mod typing;
pub mod waiting;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::assist;
use crate::tui::action::Action;
use crate::tui::bindings::{BINDINGS, Place};
use crate::tui::effect::{Effect, Work};
use crate::tui::state::grid::GridId;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choosing, Line, Overlay, Question};
use crate::tui::state::query::How;
use crate::tui::state::query::answer::Shows;
use crate::tui::state::query::past::PastList;
use crate::tui::state::{Pane, Screen, State};

use super::{act, keeping, time, wanted};

/// Columns by which the list of tables becomes wider at a time.
const STEP: i16 = 2;

/// Goes to the screen: to the text.
pub fn show(state: &mut State) {
    state.screen = Screen::Query;
    state.is_watching = false;
    state.pane = Pane::Editor;
}

/// What an action does in the Query screen. None: it is not for it.
pub fn act(state: &mut State, action: Action) -> Option<Vec<Effect>> {
    if state.pane == Pane::Tables
        && let Some(effects) = tables::act(state, action)
    {
        return Some(effects);
    }
    let query = &mut state.query;
    let before = query.current().editor.changes();
    match action {
        Action::FindText => finding::open(state),
        Action::FindNext => finding::again(state, false),
        Action::FindPrevious => finding::again(state, true),
        Action::WrapLines => query.arrangement.wraps = !query.arrangement.wraps,
        Action::Tables => tables::toggle(state),
        Action::Zoom => arranging::zoom(state),
        Action::BorderUp => arranging::move_border(state, -1),
        Action::BorderDown => arranging::move_border(state, 1),
        Action::WidenTables => arranging::widen_tables(state, STEP),
        Action::NarrowTables => arranging::widen_tables(state, -STEP),
        Action::RunStatement if matches!(state.pane, Pane::Results | Pane::Columns) => {
            return Some(another_day::run_of_rows(state));
        }
        Action::RunStatement => return Some(running::run(state, How::Run)),
        Action::Measure => return Some(running::run(state, How::Measure)),
        Action::RunAll => return Some(running::run_all(state, How::Run)),
        Action::Complete => typing::offer(state, true),
        Action::NewTab => {
            query.open_tab("");
            state.pane = Pane::Editor;
        }
        Action::CloseTab => return Some(close_tab(state)),
        Action::NextTab => query.go_to_tab(1),
        Action::PreviousTab => query.go_to_tab(-1),
        Action::NextPane | Action::PreviousPane => {
            query.popup = None;
            state.pane = match state.pane {
                Pane::Editor => Pane::Results,
                _ => Pane::Editor,
            };
        }
        Action::EditOutside => {
            let text = query.current().editor.text().to_owned();
            return Some(vec![Effect::Edit(text)]);
        }
        Action::Undo if !query.editor().undo() => {
            state.toasts.tell(state.now, "Nothing is left to undo");
        }
        Action::Redo if !query.editor().redo() => {
            state.toasts.tell(state.now, "Nothing is left to redo");
        }
        Action::Undo | Action::Redo => {}
        Action::SelectAll => query.editor().select_all(),
        Action::CopyText => return Some(copy(state)),
        Action::CutText => return Some(cut(state)),
        Action::PasteText => return Some(vec![Effect::Paste]),
        Action::ToggleComment => query.editor().toggle_comment(),
        Action::FormatSql => format(state),
        Action::GoToError => go_to_error(state),
        Action::History => return Some(choose(state, Choosing::History)),
        Action::OpenQuery => return Some(choose(state, Choosing::Saved)),
        Action::SaveQuery => return Some(choosing::save(state)),
        Action::MakeFeature => return Some(choosing::ask_feature(state)),
        Action::RemoveSaved => keeping::ask_remove(state),
        Action::NextResult => go_to_result(state, 1),
        Action::PreviousResult => go_to_result(state, -1),
        Action::CloseResult if query.answer().is_some_and(|answer| answer.is_pinned) => {
            let key = state.keymap.key(Action::PinResult);
            let text = format!("It is pinned: `{key}` lets it go first");
            state.toasts.tell(state.now, text);
        }
        Action::CloseResult => {
            let id = query.answer().map(|answer| answer.id);
            match (id, query.running.as_ref().and_then(|run| run.answer)) {
                (Some(id), Some(at_work)) if id == at_work => {
                    running::stop(state);
                }
                (Some(id), _) => {
                    waiting::give_up(state, Some(id));
                    state.query.remove(id);
                }
                (None, _) => {}
            }
        }
        Action::PinResult => pin(state),
        Action::MarkResult => mark(state),
        Action::CompareResults => ask_for_key(state),
        action if state.pane == Pane::Results && is_plan(state) => {
            return in_plan(state, action).then(Vec::new);
        }
        _ => return None,
    }
    if state.query.current().editor.changes() != before {
        state.query.popup = None;
    }
    Some(Vec::new())
}

fn is_plan(state: &State) -> bool {
    let answer = state.query.answer();
    answer.is_some_and(|answer| matches!(answer.shows, Shows::Plan(_)))
}

/// Moves in a plan. Returns whether the action is for it, or for rows alone.
fn in_plan(state: &mut State, action: Action) -> bool {
    let page = isize::try_from(state.size.1 / 3).unwrap_or(8);
    let Some(Shows::Plan(plan)) = state.query.answer_mut().map(|answer| &mut answer.shows) else {
        return false;
    };
    match action {
        Action::Up => plan.go(-1),
        Action::Down => plan.go(1),
        Action::PageUp => plan.go(-page),
        Action::PageDown => plan.go(page),
        Action::Top => plan.go(isize::MIN),
        Action::Bottom => plan.go(isize::MAX),
        // A plan has no rows to sort, and everything else goes on as elsewhere.
        action => {
            return BINDINGS
                .iter()
                .any(|b| b.action == action && b.place == Place::Grid);
        }
    }
    true
}

/// One step back: from what is offered, from a selection, from what is at work.
/// Returns whether there was one.
pub fn back(state: &mut State) -> bool {
    if state.screen != Screen::Query {
        return false;
    }
    if state.pane == Pane::Tables {
        tables::back(state);
        return true;
    }
    let query = &mut state.query;
    let went =
        query.popup.take().is_some() || state.pane == Pane::Editor && query.editor().deselect();
    if went {
        return true;
    }
    // What runs for another text is not meant.
    let here = state.query.current().id;
    let running = state.query.running.as_ref();
    if running.is_some_and(|running| running.statement.tab == here) {
        return running::cancel(state);
    }
    if queue::withdraw(state) {
        return true;
    }
    if state.pane == Pane::Editor && state.query.find.take().is_some() {
        return true;
    }
    if state.query.grid_mut().anchor.take().is_some() {
        return true;
    }
    if state.pane == Pane::Columns {
        state.pane = Pane::Results;
        return true;
    }
    // The focus stays: a key too many must not make commands of what is typed next, nor
    // text of the next command.
    match state.toasts.is_seen() {
        true => state.toasts.clear(),
        false => state.query.current_mut().trouble = None,
    }
    true
}

/// What is selected, or else the statement at the cursor.
fn chosen(state: &State) -> Option<Range<usize>> {
    let editor = &state.query.current().editor;
    let text = editor.text();
    // A match that was gone to is selected, and not meant to be run.
    let is_found = |wanted: &String| editor.match_at_cursor(wanted).0.is_some();
    let is_found = state.query.find.as_ref().is_some_and(is_found);
    let selection = editor
        .selection()
        .filter(|range| !is_found && !text[range.clone()].trim().is_empty());
    selection.or_else(|| assist::statement_at(text, editor.cursor()))
}

/// A part of a text, without the blanks at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let all = &text[range.clone()];
    let begin = range.start + all.len() - all.trim_start().len();
    begin..begin + all.trim().len()
}

fn close_tab(state: &mut State) -> Vec<Effect> {
    let tab = state.query.current();
    let id = tab.id;
    let closing = Some((id, tab.editor.changes()));
    if !tab.editor.text().trim().is_empty() && state.query.closing != closing {
        state.query.closing = closing;
        let keys = &state.keymap;
        let text = format!(
            "Not saved: `{}` again closes it, `{}` saves it; the history has only what was run",
            keys.key(Action::CloseTab),
            keys.key(Action::SaveQuery)
        );
        state.toasts.tell(state.now, text);
        return Vec::new();
    }
    let running = state.query.running.as_ref();
    if running.is_some_and(|running| running.statement.tab == id) {
        running::stop(state);
    }
    state.query.queue.retain(|statement| statement.tab != id);
    let answers = state.query.current().answers.iter();
    let answers: Vec<GridId> = answers.map(|answer| answer.id).collect();
    for id in answers {
        waiting::give_up(state, Some(id));
    }
    state.query.close_tab();
    keep_tabs(state)
}

fn copy(state: &mut State) -> Vec<Effect> {
    match state.query.editor().selected().map(str::to_owned) {
        Some(text) => vec![Effect::Copy {
            text,
            what: "the selection".to_owned(),
        }],
        None if state.query.running.is_some() => act::act(state, Action::Cancel),
        None => {
            let key = state.keymap.key_in_text(Action::Quit);
            let text = format!("Nothing is selected; `{key}` quits");
            state.toasts.tell(state.now, text);
            Vec::new()
        }
    }
}

fn cut(state: &mut State) -> Vec<Effect> {
    if state.query.running.is_some() {
        return act::act(state, Action::Cancel);
    }
    let Some(text) = state.query.editor().selected().map(str::to_owned) else {
        return act::act(state, Action::Cancel);
    };
    state.query.editor().paste("");
    vec![Effect::Copy {
        text,
        what: "the selection".to_owned(),
    }]
}

fn format(state: &mut State) {
    let editor = state.query.editor();
    match editor.selection() {
        Some(range) => {
            let text = assist::format(&editor.text()[range.clone()]);
            editor.replace(range, &text);
        }
        None => {
            let text = assist::format(editor.text());
            editor.rewrite(&text);
        }
    }
}

fn go_to_error(state: &mut State) {
    let wrong = state.query.current().wrong();
    match wrong {
        Some(at) => {
            state.pane = Pane::Editor;
            state.query.editor().go_to(at.start, false);
        }
        None => {
            let text = match &state.query.current().trouble {
                Some(_) => "Where it is wrong is not known",
                None => "Nothing in the text is known to be wrong",
            };
            state.toasts.tell(state.now, text);
        }
    }
}

fn choose(state: &mut State, from: Choosing) -> Vec<Effect> {
    state.query.popup = None;
    if state.pane == Pane::Tables {
        state.pane = Pane::Editor;
    }
    state.overlays.push(Overlay::Choose {
        from,
        search: Line::default(),
        chosen: 0,
    });
    match from {
        Choosing::History => {
            // What is chosen of an old list could be another line of the new one.
            state.query.history = PastList::default();
            wanted::begin(state, Slot::Queries, "reading the history", Work::History)
        }
        Choosing::Saved => wanted::begin(state, Slot::Queries, "reading the queries", Work::Saved),
        Choosing::Messages => Vec::new(),
    }
}

fn go_to_result(state: &mut State, by: isize) {
    let tab = state.query.current_mut();
    let count = tab.answers.len().max(1) as isize;
    tab.shown = (tab.shown as isize + by).rem_euclid(count) as usize;
}

/// Pins the result, or lets it go.
fn pin(state: &mut State) {
    let Some(answer) = state.query.answer_mut() else {
        return;
    };
    answer.is_pinned = !answer.is_pinned;
    let text = match answer.is_pinned {
        true => "Pinned: it stays, and the same statement adds another result",
        false => "No longer pinned: it goes when it is the oldest",
    };
    state.toasts.tell(state.now, text);
}

fn mark(state: &mut State) {
    let tab = state.query.current();
    let Some(id) = tab.answers.get(tab.shown).map(|answer| answer.id) else {
        return;
    };
    let title = tab.name_of_answer(tab.shown);
    let text = match state.query.marked == Some(id) {
        true => {
            state.query.marked = None;
            "No result is marked any more".to_owned()
        }
        false => {
            state.query.marked = Some(id);
            let key = state.keymap.key(Action::CompareResults);
            let marked = time::MARKED;
            format!("{marked} {title}: go to another result, and `{key}` compares")
        }
    };
    state.toasts.tell(state.now, text);
}

/// Asks for the key of a comparison: the first column that both results have.
fn ask_for_key(state: &mut State) {
    let names = |shows: &Shows| match shows {
        Shows::Rows(grid) => grid.fields().iter().map(|c| c.name.clone()).collect(),
        Shows::Plan(_) => Vec::new(),
    };
    let marked = state
        .query
        .marked()
        .map(|a| names(&a.shows))
        .unwrap_or_default();
    let mine = state
        .query
        .answer()
        .map(|a| names(&a.shows))
        .unwrap_or_default();
    let key = mine.into_iter().find(|name| marked.contains(name));
    state.toasts.forget(time::MARKED);
    act::ask(state, Question::CompareKey, key.unwrap_or_default());
}

/// Keeps the texts, if they are others than those that are kept.
pub fn keep_tabs(state: &mut State) -> Vec<Effect> {
    state.query.is_kept();
    let tabs = state.query.to_keep();
    if !state.query.is_open || tabs == state.query.kept {
        return Vec::new();
    }
    wanted::begin(state, Slot::Tabs, "keeping the tabs", Work::KeepTabs(tabs))
}

/// What the screen wants by itself: the tabs of the last time, the vocabulary of
/// the day, and to keep what was written.
pub fn wanted(state: &mut State) -> Vec<Effect> {
    // What waited for a statement that was cancelled is next.
    let mut effects = queue::next(state);
    let is_due = state.query.keeps_at().is_some_and(|at| state.now >= at);
    if is_due && state.jobs.busy(Slot::Tabs).is_none() {
        effects.extend(keep_tabs(state));
    }
    if state.screen != Screen::Query {
        return effects;
    }
    if !state.query.is_open && state.jobs.busy(Slot::Tabs).is_none() {
        effects.extend(wanted::begin(
            state,
            Slot::Tabs,
            "reading the tabs",
            Work::Tabs,
        ));
    }
    let as_of = state.as_of;
    if state.published.is_some() && state.query.vocabulary_of != Some(as_of) {
        state.query.vocabulary_of = Some(as_of);
        let title = "reading what can be named";
        effects.extend(wanted::begin(
            state,
            Slot::Vocabulary,
            title,
            Work::Vocabulary(as_of),
        ));
    }
    effects
}
