//! What was asked before, what is saved and what was said: what of it is shown, and what
//! is done with what is chosen.

use chrono::Datelike;

use crate::pipeline::asker::history::PastOutcome;
use crate::report::words;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Work};
use crate::tui::palette::score;
use crate::tui::state::State;
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Choosing, Overlay};
use crate::tui::state::query::How;
use crate::tui::state::query::past::PastEntry;
use crate::tui::update::wanted;

use super::super::running;

/// What is done with what is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Into a tab.
    Open,
    /// And run there, as of the day that is shown.
    Run,
    /// The same, as of the day as of which it was asked.
    RunAsThen,
}

/// The saved queries that fit what was typed: those that hold it, then those that have
/// its letters.
pub fn saved<'s>(state: &'s State, search: &str) -> Vec<&'s str> {
    let wanted = search.to_lowercase();
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let holds = |name: &&str| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word))
    };
    let all = state.query.saved.iter().map(|saved| saved.name.as_str());
    let (mut found, others): (Vec<_>, Vec<_>) = all.partition(holds);
    let has_letters = |name: &&str| score(name, search).is_some();
    found.extend(others.into_iter().filter(has_letters));
    found
}

/// How many can be chosen.
pub fn count(state: &State, from: Choosing, search: &str) -> usize {
    match from {
        Choosing::History => state.query.history.count(),
        Choosing::Saved => saved(state, search).len(),
        Choosing::Messages => state.toasts.found(search).len(),
    }
}

/// What there is to say of what was asked.
pub fn facts(state: &State, entry: &PastEntry) -> String {
    let past = &entry.past;
    let rows = past.rows.map(|rows| words::count(rows, "row"));
    let outcome = match &past.outcome {
        PastOutcome::Done => rows.unwrap_or_default(),
        PastOutcome::Cancelled => match rows {
            Some(rows) => format!("first {rows}, cancelled"),
            None => "cancelled".to_owned(),
        },
        PastOutcome::Failed(_) => "failed".to_owned(),
    };
    let kind = past.measures.then(|| "plan".to_owned());
    let times = match entry.count {
        1 => String::new(),
        count => format!("{} times", words::grouped(count as u64)),
    };
    let as_of = past.as_of.map(|day| format!("as of {day}"));
    let form = match (
        entry.at.date() == state.today,
        entry.at.year() == state.today.year(),
    ) {
        (true, _) => "%H:%M",
        (false, true) => "%m-%d %H:%M",
        (false, false) => "%Y-%m-%d %H:%M",
    };
    let at = entry.at.format(form).to_string();
    let seconds = words::short(past.seconds);
    let facts = [
        kind,
        Some(times),
        Some(outcome),
        Some(seconds),
        as_of,
        Some(at),
    ];
    let facts = facts.into_iter().flatten().filter(|fact| !fact.is_empty());
    facts.collect::<Vec<_>>().join(state.look.between())
}

/// Which days an entry can be run as of, in words; None: they are the same.
pub fn days(state: &State, entry: &PastEntry) -> Option<String> {
    if entry.past.as_of == state.as_of {
        return None;
    }
    let shown = match state.shown() {
        Some(day) => day.date.to_string(),
        None => "now".to_owned(),
    };
    let then = match entry.past.as_of {
        Some(day) => format!("as of {day}, as it was asked"),
        None => "as of the newest day, as it was asked".to_owned(),
    };
    let key = |action| state.keymap.key_in_text(action);
    Some(format!(
        "{} runs it as of {shown}, {} {then}",
        key(Action::RunStatement),
        key(Action::RunAll)
    ))
}

/// Keeps the choice within what there is, and looks for what was typed.
pub fn settle(state: &mut State) {
    let Some(Overlay::Choose { from, search, .. }) = state.overlay() else {
        return;
    };
    let (from, search) = (*from, search.text().to_owned());
    if from == Choosing::History {
        state.query.history.search(&search);
    }
    let last = count(state, from, &search).saturating_sub(1);
    if let Some(Overlay::Choose { chosen, .. }) = state.overlays.last_mut() {
        *chosen = (*chosen).min(last);
    }
}

/// Takes what is chosen.
pub fn take(state: &mut State, how: Take) -> Vec<Effect> {
    let Some(Overlay::Choose {
        from,
        search,
        chosen,
    }) = state.overlay()
    else {
        return Vec::new();
    };
    match from {
        Choosing::History => {
            let Some(entry) = state.query.history.get(*chosen) else {
                return Vec::new();
            };
            let past = entry.past.clone();
            let (sql, as_of) = (past.sql, past.as_of);
            let kind = match past.measures {
                true => How::Measure,
                false => How::Run,
            };
            state.overlays.pop();
            let mut effects = Vec::new();
            if how == Take::RunAsThen && as_of != state.as_of {
                // Also a day that the dataset of the snapshots does not have.
                state.as_of = as_of;
                if state.live().is_none() {
                    state.grid.forget();
                }
                effects = wanted::show(state);
            }
            effects.extend(running::again(
                state,
                &sql,
                (how != Take::Open).then_some(kind),
            ));
            effects
        }
        Choosing::Messages => {
            let found = state.toasts.found(search.text());
            let Some(toast) = found.get(*chosen) else {
                return Vec::new();
            };
            let (kind, at) = (toast.tone.name(), toast.at.format("%Y-%m-%d %H:%M:%S"));
            let text = Overlay::Text {
                title: format!("The {kind} of {at}"),
                text: toast.text.clone(),
                scroll: 0,
            };
            state.overlays.push(text);
            Vec::new()
        }
        Choosing::Saved => {
            let Some(name) = saved(state, search.text())
                .get(*chosen)
                .map(|n| (*n).to_owned())
            else {
                return Vec::new();
            };
            state.overlays.pop();
            let title = format!("reading `{name}`");
            wanted::begin(state, Slot::Queries, title, Work::ReadSaved(name))
        }
    }
}

/// Keeps the cursor on its message where others came since the one of a number: the
/// newest stand first.
pub fn stay_at_message(state: &mut State, newest: u64) {
    if let Some(Overlay::Choose {
        from: Choosing::Messages,
        search,
        chosen,
    }) = state.overlays.last_mut()
    {
        let found = state.toasts.found(search.text()).into_iter();
        *chosen += found.take_while(|toast| toast.number > newest).count();
    }
}
