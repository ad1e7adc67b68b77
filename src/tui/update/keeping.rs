//! What is written into the project: one after another, in the order it was asked for, and
//! nothing takes its place. Who quits meanwhile leaves when it is done.

use std::ops::Range;

use crate::pipeline::asker::feature::Feature;
use crate::pipeline::asker::saved::{self, Over};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Work};
use crate::tui::state::State;
use crate::tui::state::jobs::{Job, Slot};
use crate::tui::state::overlay::Question;
use crate::tui::state::query::Trouble;

use super::{act, wanted};

/// Who leaves a statement that has run for so long, in milliseconds, is asked once more.
const LONG: u64 = 10_000;

/// Writes something, behind what is being written.
pub fn keep(state: &mut State, title: String, work: Work) -> Vec<Effect> {
    if state.jobs.busy(Slot::Keep).is_some() {
        state.to_keep.push_back((title, work));
        return Vec::new();
    }
    wanted::begin(state, Slot::Keep, title, work)
}

/// Saves a text; that of a feature after it was tried.
pub fn save(state: &mut State, tab: u64, name: String, sql: String, over: Over) -> Vec<Effect> {
    if saved::feature(&name).is_none() {
        return write(state, tab, name, sql, over);
    }
    let title = format!("trying `{name}`");
    let work = Work::CheckSave {
        tab,
        name,
        sql,
        over,
    };
    try_first(state, title, work)
}

/// Tries something; what was being tried gives way, and that is said.
fn try_first(state: &mut State, title: String, work: Work) -> Vec<Effect> {
    let before = state.jobs.busy(Slot::Feature).map(|job| job.title.clone());
    if let Some(before) = before.filter(|before| *before != title) {
        let text = format!("Stopped {before}, which is not saved: one is tried at a time");
        state.toasts.error(text);
    }
    wanted::begin(state, Slot::Feature, title, work)
}

/// The same, which was tried.
pub fn write(state: &mut State, tab: u64, name: String, sql: String, over: Over) -> Vec<Effect> {
    let title = format!("saving `{name}`");
    let work = Work::Save {
        tab,
        name,
        sql,
        over,
    };
    keep(state, title, work)
}

/// Tries a feature; it is made after that.
pub fn try_feature(state: &mut State, feature: Feature) -> Vec<Effect> {
    let title = format!("trying the feature `{}`", feature.name);
    try_first(state, title, Work::CheckFeature(feature))
}

/// Makes a feature that was tried.
pub fn make_feature(state: &mut State, feature: Feature) -> Vec<Effect> {
    let title = format!("making the feature `{}`", feature.name);
    keep(state, title, Work::MakeFeature(feature))
}

/// Shows what in a text keeps it from being a feature.
pub fn bad_text(state: &mut State, tab: u64, sql: &str, why: &str, at: Range<usize>) {
    let message = format!("Not saved, as it would be no valid feature: {why}");
    match state.query.current().id == tab {
        true => state.toasts.keep(message.clone()),
        false => state.toasts.error(message.clone()),
    }
    let Some(tab) = state.query.tab_mut(tab) else {
        return;
    };
    tab.trouble = Some(Trouble {
        message,
        sql: sql.to_owned(),
        // It may have been changed meanwhile.
        stood: (tab.editor.text() == sql).then_some(0),
        at: Some(at).filter(|at| !at.is_empty()),
        changes: tab.editor.changes(),
    });
}

/// Asks whether what the tab has is to be taken out of the project.
pub fn ask_remove(state: &mut State) {
    act::ask(state, Question::Remove, String::new());
}

/// Takes it out, once that was confirmed.
///
/// # Errors
/// It was not.
pub fn remove(state: &mut State, answer: &str) -> Result<Vec<Effect>, String> {
    if !answer.eq_ignore_ascii_case("yes") {
        return Err("`yes` removes it; esc leaves it as it is".to_owned());
    }
    let tab = state.query.current();
    let Some(name) = tab.saved.clone() else {
        return Ok(Vec::new());
    };
    let title = format!("removing `{name}`");
    let work = Work::Remove { tab: tab.id, name };
    Ok(keep(state, title, work))
}

/// It was taken out: the text is that of a tab alone.
pub fn removed(state: &mut State, tab: u64, file: &str, kept: &str) {
    if let Some(tab) = state.query.tab_mut(tab) {
        (tab.saved, tab.on_file) = (None, None);
        state.query.changed(state.now);
    }
    let text = format!("Removed `{file}`: it is `{kept}` now, and its text is left in this tab");
    state.toasts.tell(state.now, text);
}

/// After a job: what is next, or the end that waited for it.
pub fn after(state: &mut State, job: &Job, went_well: bool) -> Vec<Effect> {
    if job.slot != Slot::Keep {
        return Vec::new();
    }
    // The user is to see what became of it.
    state.is_leaving &= went_well;
    if let Some((title, work)) = state.to_keep.pop_front() {
        let work = as_known_now(state, work);
        return wanted::begin(state, Slot::Keep, title, work);
    }
    match state.is_leaving {
        true => vec![Effect::Quit(state.remember())],
        false => Vec::new(),
    }
}

/// A text that was saved since is on the file now.
fn as_known_now(state: &mut State, mut work: Work) -> Work {
    if let Work::Save {
        tab, name, over, ..
    } = &mut work
        && matches!(over, Over::Only(_) | Over::No)
        && let Some(tab) = state.query.tab_mut(*tab)
        && tab.saved.as_ref() == Some(name)
        && let Some(text) = &tab.on_file
    {
        *over = Over::Only(text.clone());
    }
    work
}

/// Leaves the app. Not by a slip of the finger while something is at work that this would
/// cut off; and what is being written is waited for.
pub fn quit(state: &mut State) -> Vec<Effect> {
    let at_work = [Slot::Export, Slot::Write, Slot::Feature];
    let lost = at_work.iter().find_map(|slot| state.jobs.busy(*slot));
    let asked = state.jobs.busy(Slot::Answer);
    let lost = lost.or(asked.filter(|job| state.now.saturating_sub(job.began) >= LONG));
    // A file that waits for its rows is not begun yet.
    let mut answers = state.query.tabs.iter().flat_map(|tab| &tab.answers);
    let file = answers.find_map(|answer| answer.files.first());
    let lost = lost.map(|job| job.title.clone());
    let lost = lost.or_else(|| file.map(|file| format!("writing `{file}`")));
    let (title, is_waiting) = match (lost, state.jobs.busy(Slot::Keep)) {
        (Some(title), _) => (title, false),
        (None, Some(job)) => (job.title.clone(), true),
        (None, None) => return vec![Effect::Quit(state.remember())],
    };
    if state.wants_to_quit {
        return vec![Effect::Quit(state.remember())];
    }
    state.wants_to_quit = true;
    state.is_leaving = is_waiting;
    // Also where keys are letters of a text.
    let key = state.keymap.key_in_text(Action::Quit);
    let text = match is_waiting {
        true => format!("Quits when this is done: {title}"),
        false => format!("At work: {title}; `{key}` again cancels it and quits"),
    };
    state.toasts.tell(state.now, text);
    Vec::new()
}

#[cfg(test)]
mod tests {
    use crossterm::event::{Event, KeyCode};

    use super::*;
    use crate::model::interrupt::Interrupt;
    use crate::tui::effect::Outcome;
    use crate::tui::state::jobs::JobId;
    use crate::tui::update::{Msg, update};

    struct App {
        state: State,
        begun: Vec<(JobId, Interrupt, Work)>,
        has_quit: bool,
    }

    impl App {
        /// With a text that is being saved as `a`.
        fn saving(text: &str) -> Self {
            let mut app = Self {
                state: State::new("p".into(), "t".into(), chrono::NaiveDate::default()),
                begun: Vec::new(),
                has_quit: false,
            };
            app.tell(Msg::Act(Action::ShowQuery));
            app.tell(Msg::Input(Event::Paste(text.into())));
            app.tell(Msg::Act(Action::SaveQuery));
            app.tell(Msg::Input(Event::Paste("a".into())));
            app.tell(Msg::Input(Event::Key(KeyCode::Enter.into())));
            app
        }

        fn tell(&mut self, msg: Msg) {
            for effect in update(&mut self.state, msg) {
                match effect {
                    Effect::Begin {
                        id,
                        interrupt,
                        work,
                    } => self.begun.push((id, interrupt, work)),
                    Effect::Quit(_) => self.has_quit = true,
                    _ => {}
                }
            }
        }

        /// The texts that are being saved, and over what.
        fn saves(&self) -> Vec<(String, Over)> {
            let all = self.begun.iter().filter_map(|(_, interrupt, work)| {
                assert!(!matches!(work, Work::Save { .. }) || !interrupt.is_requested());
                match work {
                    Work::Save { sql, over, .. } => Some((sql.clone(), over.clone())),
                    _ => None,
                }
            });
            all.collect()
        }

        /// The oldest save ends.
        fn saved(&mut self, why_not: Option<&str>) {
            let is_save = |(_, _, work): &(_, _, Work)| matches!(work, Work::Save { .. });
            let at = self.begun.iter().position(is_save).unwrap();
            let (id, _, work) = self.begun.remove(at);
            let Work::Save { tab, name, sql, .. } = work else {
                return;
            };
            let outcome = match why_not {
                Some(why) => Outcome::Failed(why.to_owned()),
                None => Outcome::SavedAs {
                    tab,
                    name,
                    sql,
                    file: "queries/a.sql".to_owned(),
                },
            };
            self.tell(Msg::Ended(id, outcome));
        }
    }

    #[test]
    fn nothing_takes_the_place_of_a_text_that_is_saved() {
        let mut app = App::saving("SELECT 1");
        for action in [Action::History, Action::OpenQuery, Action::Cancel] {
            app.tell(Msg::Act(action));
            app.tell(Msg::Input(Event::Key(KeyCode::Esc.into())));
        }
        let first = ("SELECT 1".to_owned(), Over::No);
        assert_eq!(app.saves(), std::slice::from_ref(&first));
        // The next text waits for its turn, and finds what the first one left.
        app.state.query.current_mut().saved = Some("a".to_owned());
        app.tell(Msg::Input(Event::Paste("2".into())));
        app.tell(Msg::Act(Action::SaveQuery));
        assert_eq!(app.saves(), [first]);
        app.saved(None);
        let over = Over::Only("SELECT 1".to_owned());
        assert_eq!(app.saves(), [("SELECT 12".to_owned(), over)]);
        app.saved(None);
        let tab = app.state.query.current();
        assert_eq!(tab.on_file.as_deref(), Some("SELECT 12"));
    }

    #[test]
    fn the_end_waits_for_what_is_written() {
        for (why_not, ends) in [(None, true), (Some("no space is left"), false)] {
            let mut app = App::saving("SELECT 1");
            app.tell(Msg::Act(Action::Quit));
            assert!(!app.has_quit);
            app.saved(why_not);
            assert_eq!(app.has_quit, ends);
        }
        // Not for ever.
        let mut app = App::saving("SELECT 1");
        app.tell(Msg::Act(Action::Quit));
        app.tell(Msg::Act(Action::Quit));
        assert!(app.has_quit);
    }

    #[test]
    fn a_text_is_kept_soon_also_while_it_is_being_typed() {
        let kept_at = |gap: u64| {
            let mut app = App::saving("SELECT 1");
            app.saved(None);
            let (id, ..) = app.begun.remove(0);
            let tabs = crate::pipeline::asker::tabs::Tabs::default();
            app.tell(Msg::Ended(id, Outcome::Tabs(tabs, Default::default())));
            app.begun.clear();
            for step in 0..1_000_u64 {
                let now = 10_000 + step * 10;
                app.tell(Msg::Clock(now, Default::default()));
                if step * 10 % gap == 0 {
                    app.tell(Msg::Input(Event::Paste("x".into())));
                }
                let is_keep = |(_, _, work): &(_, _, Work)| matches!(work, Work::KeepTabs(_));
                if app.begun.iter().any(is_keep) {
                    return step * 10;
                }
            }
            u64::MAX
        };
        assert_eq!(kept_at(100_000), 300);
        assert_eq!(kept_at(50), 1_000);
    }
}
