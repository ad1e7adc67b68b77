//! What lies over the screen: keys for it, and what is done with its answers.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::browse::View;
use crate::tui::effect::Effect;
use crate::tui::palette;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choice, Edit, Overlay, Question};
use crate::tui::state::{Pane, Screen, State};
use crate::tui::view::overlay;

mod keys;

pub use keys::key;

use super::{act, copying, keeping, query, searching, time};

/// Pasted text goes into a line, and is otherwise no keys.
pub fn paste(state: &mut State, text: String) -> Vec<Effect> {
    let edit = Edit::Insert(text);
    match state.overlays.last_mut() {
        Some(Overlay::Ask { line, error, .. }) => {
            line.edit(&edit);
            *error = None;
        }
        Some(Overlay::Find(_)) => query::finding::edit(state, &edit),
        Some(
            Overlay::Palette { search, chosen }
            | Overlay::Choose { search, chosen, .. }
            | Overlay::Frequencies { search, chosen },
        ) => {
            search.edit(&edit);
            *chosen = 0;
        }
        None if state.pane == Pane::Editor => {
            if let Edit::Insert(text) = &edit {
                state.query.popup = None;
                state.query.editor().paste(text);
            }
        }
        None if state.pane == Pane::Tables => query::tables::find(state, &edit),
        Some(Overlay::Help { search, .. }) => search.edit(&edit),
        _ => state
            .toasts
            .tell(state.now, "There is nothing here to paste into"),
    }
    Vec::new()
}

pub(super) fn edit_of(key: &KeyEvent) -> Option<Edit> {
    let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('w') if is_ctrl => Edit::DeleteWord,
        KeyCode::Char('u') if is_ctrl => Edit::DeleteAll,
        KeyCode::Char('a') if is_ctrl => Edit::Home,
        KeyCode::Char('e') if is_ctrl => Edit::End,
        KeyCode::Char(c) if !is_ctrl && !is_alt => Edit::Insert(c.to_string()),
        KeyCode::Backspace if is_alt => Edit::DeleteWord,
        KeyCode::Backspace => Edit::DeleteBefore,
        KeyCode::Delete => Edit::DeleteAfter,
        KeyCode::Left => Edit::Left,
        KeyCode::Right => Edit::Right,
        KeyCode::Home => Edit::Home,
        KeyCode::End => Edit::End,
        _ => return None,
    })
}

/// Takes the answer of the question on top; one that cannot be taken is told.
fn answer(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Ask { question, line, .. }) = state.overlays.pop() else {
        return Vec::new();
    };
    let text = line.text().trim().to_owned();
    let taken = match question {
        Question::Day => time::go_to_text(state, &text),
        Question::ExportDay => match text.parse() {
            Ok(day) => Ok(act::export(state, Some(day))),
            Err(_) => Err(format!("`{text}` is no date: write 2024-11-03")),
        },
        Question::Filter => {
            let filter = (!text.is_empty()).then_some(text);
            let view = View {
                filter,
                ..state.seen().view.clone()
            };
            Ok(act::review(state, view))
        }
        Question::DiffFilter => {
            state.diff.condition = (!text.is_empty()).then_some(text);
            Ok(Vec::new())
        }
        Question::DiffSearch => {
            state.diff.narrow((!text.is_empty()).then_some(text));
            Ok(Vec::new())
        }
        Question::SaveRows => copying::write(state, &text),
        Question::Parameter => query::parameters::take_parameter(state, &text),
        Question::SaveQuery if text.is_empty() => Err("write a name for the query".to_owned()),
        Question::SaveQuery => Ok(query::choosing::save_under(state, text)),
        Question::FeatureName | Question::FeatureKey | Question::FeatureAbout => {
            query::choosing::take_of_feature(state, question, text)
        }
        Question::Remove => keeping::remove(state, &text),
        Question::CompareKey => query::choosing::compare(state, &text),
        Question::Search if text.is_empty() => {
            state.seen_mut().search = None;
            state.seen_mut().seeks = false;
            state.jobs.stop(Slot::Find);
            Ok(Vec::new())
        }
        Question::Search => {
            state.seen_mut().search = Some(text);
            Ok(searching::next(state, false))
        }
    };
    taken.unwrap_or_else(|why| {
        state.overlays.push(Overlay::Ask {
            question,
            line,
            error: Some(why),
        });
        Vec::new()
    })
}

/// How many entries the palette has for what was typed.
pub fn count_of_palette(state: &State, search: &str) -> usize {
    palette::entries(state, search).len()
}

/// Keeps what is chosen within what there is, and what is scrolled before its end.
pub fn settle(state: &mut State) {
    let count = match state.overlay() {
        Some(Overlay::Palette { search, .. }) => count_of_palette(state, search.text()),
        Some(Overlay::Frequencies { search, .. }) => {
            let frequent = state.frequent.as_ref();
            frequent.map_or(0, |frequent| frequent.found(search.text()).len())
        }
        Some(Overlay::Jobs { .. }) => state.jobs.all().len(),
        _ => 0,
    };
    let last = count.saturating_sub(1);
    if let Some(
        Overlay::Palette { chosen, .. }
        | Overlay::Frequencies { chosen, .. }
        | Overlay::Jobs { chosen, .. },
    ) = state.overlays.last_mut()
    {
        *chosen = (*chosen).min(last);
    }
    let last = overlay::last_scroll(state).unwrap_or(0);
    if let Some(
        Overlay::Help { scroll, .. }
        | Overlay::Record { scroll }
        | Overlay::Difference { scroll }
        | Overlay::Text { scroll, .. }
        | Overlay::Jobs { scroll, .. },
    ) = state.overlays.last_mut()
    {
        *scroll = (*scroll).min(last);
    }
}

/// Does what was chosen in the palette.
pub fn choose(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Palette { search, chosen }) = state.overlays.pop() else {
        return Vec::new();
    };
    let entries = palette::entries(state, search.text());
    let chosen = chosen.min(entries.len().saturating_sub(1));
    match entries.into_iter().nth(chosen).map(|entry| entry.does) {
        None => {
            state.overlays.push(Overlay::Palette { search, chosen });
            Vec::new()
        }
        Some(Choice::Act(action)) => act::act(state, action),
        Some(Choice::Dataset(at)) => act::go_to_dataset(state, at),
        Some(Choice::Column(name)) => {
            state.pane = match state.screen {
                Screen::Query => Pane::Results,
                Screen::Snapshots | Screen::Diff => Pane::Grid,
            };
            state.seen_mut().go_to_column(&name);
            Vec::new()
        }
        Some(Choice::Day(day)) => {
            let days = state.timeline().map_or(&[][..], |t| &t.days);
            match days.iter().position(|d| d.date == day) {
                Some(at) => time::go_to(state, at),
                None => Vec::new(),
            }
        }
    }
}
