//! Moving through the days.

use chrono::{Days, NaiveDate};

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::state::State;

use super::{query, wanted};

/// Steps by so many days of the timeline.
pub fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let Some(at) = state.shown_at() else {
        return Vec::new();
    };
    go_to(state, at.saturating_add_signed(by))
}

/// Goes to a day by its place in the timeline.
pub fn go_to(state: &mut State, at: usize) -> Vec<Effect> {
    let Some(days) = state.timeline().map(|t| &t.days) else {
        return Vec::new();
    };
    let last = days.len().saturating_sub(1);
    let at = at.min(last);
    let Some(day) = days.get(at) else {
        return Vec::new();
    };
    // The newest stays the newest when another one comes.
    let as_of = (at < last).then_some(day.date);
    let opened = state.grid.table.as_ref().and_then(|t| t.partition());
    let dataset = state.timeline().map(|t| &t.dataset);
    let is_there =
        opened.is_some_and(|o| o.id.ingest_date == day.date && Some(&o.id.dataset) == dataset);
    state.as_of = as_of;
    if is_there {
        state.jobs.stop(crate::tui::state::jobs::Slot::Show);
        return query::another_day::as_of_another_day(state);
    }
    let mut effects = wanted::show(state);
    effects.extend(query::another_day::as_of_another_day(state));
    effects
}

/// Goes to the day that a text names: a date, `-30d`, `latest`, `latest~1`.
///
/// # Errors
/// What is wrong with the text.
pub fn go_to_text(state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
    use crate::model::moment::{Moment, NoMoment};

    let moment: Moment = text.trim().parse().map_err(|e: NoMoment| e.to_string())?;
    let days = state.timeline().map_or(&[][..], |t| &t.days);
    let Some(newest) = days.last() else {
        return Err("nothing is published yet".to_owned());
    };
    let before = |day: NaiveDate| days.iter().rposition(|d| d.date <= day);
    let at = match moment {
        Moment::Latest { back } => days.len().checked_sub(1 + back as usize),
        Moment::Day(day) => before(day),
        Moment::DaysBack(back) => newest
            .date
            .checked_sub_days(Days::new(back.into()))
            .and_then(before),
        Moment::Run(run) => days.iter().rposition(|d| d.run == run),
    };
    let first = days[0].date;
    match at {
        Some(at) => Ok(go_to(state, at)),
        None => Err(format!(
            "there is no snapshot then; the first is of {first}"
        )),
    }
}

/// How it begins that something was marked.
pub const MARKED: &str = "Marked";

/// Marks the day that is shown, or takes the mark away.
pub fn mark(state: &mut State) {
    let Some(day) = state.shown().map(|day| day.date) else {
        return;
    };
    let text = if state.mark == Some(day) {
        state.mark = None;
        "No day is marked any more".to_owned()
    } else {
        state.mark = Some(day);
        format!(
            "{MARKED} {day}{}",
            state.by_key(Action::CompareWithMark, "on another day compares it")
        )
    };
    state.toasts.tell(state.now, text);
}
