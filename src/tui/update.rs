//! What happens next: from what is known and what happened, to what is known and
//! what is wanted. Nothing here does anything.

mod act;
mod answer;
mod compare;
mod copying;
mod frequencies;
pub mod keeping;
mod mouse;
pub mod query;
mod reason;
mod results;
mod searching;
mod time;
mod wanted;

use chrono::NaiveDateTime;
use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseEventKind};

pub use reason::reason;

use super::action::Action;
use super::effect::{Effect, Outcome, Told};
use super::keymap::Key;
use super::layout;
use super::state::jobs::{JobId, Slot};
use super::state::{Pane, State};

/// What happened.
pub enum Msg {
    /// The app begins.
    Began,
    /// Of the terminal.
    Input(Event),
    /// Something was asked for by name.
    Act(Action),
    /// A job told something on its way.
    Told(JobId, Told),
    /// A job ended.
    Ended(JobId, Outcome),
    /// Something new was published.
    News,
    /// Something is worth knowing that is no error.
    Note(String),
    /// What the system's clipboard has, or why it cannot be read.
    Pasted(Result<String, String>),
    /// A text came back from the user's own editor, or why it did not.
    Edited(Result<String, String>),
    /// Milliseconds since the app began, and the time it is.
    Clock(u64, NaiveDateTime),
}

/// Takes notice of what happened, and says what is to be done.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let changes = state.query.current().editor.changes();
    let said = state.toasts.newest();
    let mut effects = match msg {
        Msg::Began => wanted::published(state, "reading the snapshots"),
        Msg::Input(event) => input(state, event),
        Msg::Act(action) => act::act(state, action),
        Msg::Told(id, told) => {
            results::told(state, id, told);
            Vec::new()
        }
        Msg::Ended(id, outcome) => results::ended(state, id, outcome),
        // The app's own, most likely: what is published is read when it ends.
        Msg::News if state.jobs.busy(Slot::Export).is_some() => Vec::new(),
        Msg::News => {
            state.goes_along = false;
            wanted::published(state, "reading what is new")
        }
        Msg::Note(note) => {
            state.toasts.tell(state.now, note);
            Vec::new()
        }
        Msg::Pasted(Ok(text)) => answer::paste(state, text),
        Msg::Edited(Ok(text)) => {
            // Editors end a text with a line end.
            let had_end = state.query.current().editor.text().ends_with('\n');
            let text = text
                .strip_suffix('\n')
                .filter(|_| !had_end)
                .unwrap_or(&text);
            state.query.editor().rewrite(text);
            Vec::new()
        }
        Msg::Pasted(Err(why)) | Msg::Edited(Err(why)) => {
            state.toasts.error(why);
            Vec::new()
        }
        Msg::Clock(now, time) => {
            state.now = now;
            state.toasts.expire(now, time);
            Vec::new()
        }
    };
    if state.query.current().editor.changes() != changes {
        state.query.changed(state.now);
    }
    // What is offered is for one place of one text.
    let tab = state.query.current();
    let here = (tab.id, tab.editor.changes());
    state.query.popup.take_if(|popup| popup.of != here);
    query::choosing::lists::stay_at_message(state, said);
    query::choosing::lists::settle(state);
    answer::settle(state);
    layout::settle(state);
    effects.extend(compare::wanted(state));
    effects.extend(query::wanted(state));
    effects.extend(query::typing::wanted_values(state));
    effects.extend(wanted::by_what_is_seen(state));
    effects
}

fn input(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) => pressed(state, &key),
        Event::Paste(text) => answer::paste(state, text),
        Event::Mouse(event) => {
            if matches!(event.kind, MouseEventKind::Down(_)) {
                state.toasts.noticed(state.now);
            }
            mouse::mouse(state, event)
        }
        Event::Resize(width, height) => {
            state.size = (width, height);
            Vec::new()
        }
        Event::FocusGained | Event::FocusLost => Vec::new(),
    }
}

fn pressed(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    state.toasts.noticed(state.now);
    if let Some(effects) = answer::key(state, key) {
        return effects;
    }
    if state.pane == Pane::Editor
        && let Some(effects) = query::typing::key(state, key)
    {
        return effects;
    }
    if state.pane == Pane::Tables && query::tables::key(state, key) {
        return Vec::new();
    }
    match state.keymap.action(Key::of(key), state.pane) {
        Some(action) => act::act(state, action),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else the snapshot that the app itself publishes would be told, and not shown.
    #[test]
    fn news_of_an_export_of_its_own_waits_for_its_end() {
        let day = chrono::NaiveDate::default();
        let mut state = State::new("p".to_owned(), "t".to_owned(), day);
        let (export, _) = state.jobs.begin(0, Slot::Export, "export");
        assert!(update(&mut state, Msg::News).is_empty());
        assert!(state.goes_along);
        let outcome = Outcome::Exported {
            succeeded: true,
            summary: String::new(),
        };
        assert_eq!(update(&mut state, Msg::Ended(export, outcome)).len(), 1);
        assert_eq!(update(&mut state, Msg::News).len(), 1);
        assert!(!state.goes_along);
    }
}
