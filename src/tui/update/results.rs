//! What came of work.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::browse::timeline;
use crate::snapshots::Published;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Outcome, Shown, Told, Work};
use crate::tui::state::frequencies::Counted;
use crate::tui::state::jobs::{End, Job, JobId, Slot};
use crate::tui::state::overlay::{Line, Overlay, Question};
use crate::tui::state::{Pane, Screen, State};

use super::{act, compare, keeping, query, wanted};

mod of_queries;

/// Notes what a job tells on its way.
pub fn told(state: &mut State, id: JobId, told: Told) {
    // What a column was on a day is true whoever asked.
    if let Told::Day { table, column, day } = told {
        if let Some(opened) = table.partition() {
            state.column_panel.keep_day(opened.hash, column, day);
        }
        return;
    }
    if let Told::Heard(heard) = told {
        return query::running::heard(state, id, heard);
    }
    let now = state.now;
    let Some(job) = state.jobs.running(id) else {
        return;
    };
    match told {
        Told::Share(share) => job.note_share(now, share),
        Told::At(at) => job.at = at,
        Told::Line(line) => job.note(line),
        Told::Day { .. } | Told::Heard(_) => {}
    }
}

/// Notes how a job ended, and uses its result if it is still wanted.
pub fn ended(state: &mut State, id: JobId, outcome: Outcome) -> Vec<Effect> {
    let end = match &outcome {
        Outcome::Failed(why) | Outcome::BadFilter(why) | Outcome::BadFile { why, .. } => {
            End::Failed(why.clone())
        }
        Outcome::Exported {
            succeeded: false,
            summary,
        } => End::Failed(summary.clone()),
        Outcome::Cancelled => End::Cancelled,
        Outcome::Answered(Err(error)) => End::Failed(error.to_string()),
        _ => End::Done,
    };
    let now = state.now;
    if let Outcome::Exported { summary, .. } = &outcome
        && let Some(job) = state.jobs.running(id)
    {
        note_once(job, summary);
    }
    if let (End::Failed(why), Some(job)) = (&end, state.jobs.running(id)) {
        note_once(job, why);
    }
    let Some(job) = state.jobs.end(id, now, end) else {
        return after_cancel(state, id, outcome);
    };
    let is_refused = matches!(
        outcome,
        Outcome::BadName { .. } | Outcome::BadFeature { .. } | Outcome::BadText { .. }
    );
    let went_well = !is_refused && matches!(job.ended, Some((_, End::Done)));
    let mut effects = use_result(state, &job, outcome);
    effects.extend(keeping::after(state, &job, went_well));
    effects
}

/// Notes what a job came to, unless it said so itself.
fn note_once(job: &mut Job, text: &str) {
    for line in text.lines() {
        if !job.log.iter().any(|said| said.contains(line.trim())) {
            job.note(line);
        }
    }
}

/// An export that was cancelled may have published before it heard of it, and a statement
/// has the rows that had come.
fn after_cancel(state: &mut State, id: JobId, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Answered(came) => query::running::cut_short(state, id, came),
        Outcome::Exported { .. } => wanted::published(state, "looking for new snapshots"),
        _ => Vec::new(),
    }
}

fn use_result(state: &mut State, job: &Job, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Published(published) => return take_published(state, published),
        Outcome::Shown(shown) => take_shown(state, *shown),
        Outcome::Rows { generation, page } => {
            if let Some(grid) = state.grid_of(generation) {
                grid.take(&page);
            }
        }
        Outcome::Indexed { generation, index } => {
            if let Some(grid) = state.grid_of(generation) {
                grid.take_index(index);
            }
        }
        Outcome::Profiled {
            table,
            column,
            filter,
            profile,
        } => state
            .column_panel
            .keep((table.identity(), column, filter), profile),
        Outcome::Frequencies(frequencies) => {
            if let Some(frequent) = &mut state.frequent {
                frequent.counted = Counted::Values(frequencies);
            }
        }
        Outcome::Found {
            generation,
            text,
            row,
        } => match (state.grid_of(generation), row) {
            (Some(grid), Some(row)) => {
                grid.go_to(row);
                grid.found = Some(row);
                grid.show_found();
            }
            (Some(_), None) => state
                .toasts
                .tell(state.now, format!("`{text}` is in no column")),
            (None, _) => {}
        },
        Outcome::Gathered { text, what } => return vec![Effect::Copy { text, what }],
        Outcome::Described(descriptions) => state.descriptions = Some(descriptions),
        Outcome::SqlChanged(lines) => {
            // It may have been closed, and another text be read.
            if let Some(Overlay::Text { title, text, .. }) = state.overlays.last_mut()
                && title == compare::COMMAND
            {
                *text += &format!("\n\nThe SQL changed in between:\n\n{lines}");
            }
        }
        Outcome::Written(words) => state.toasts.tell(state.now, words),
        Outcome::Compared(compared) => {
            let columns = &compared.difference.columns;
            if state.diff.column == 0 {
                // The first that has something to show.
                let first = columns.iter().position(|c| c.changed > 0);
                state.diff.column = first.unwrap_or(0);
            }
            state.diff.compared = Some(Arc::new(*compared));
            if let Some(question) = state.diff.question.clone() {
                let work = Work::DiffRows {
                    question: Box::new(question),
                    by: None,
                };
                return wanted::begin(state, Slot::DiffRows, "listing what differs", work);
            }
        }
        Outcome::Listed(rows) => {
            state.diff.take(rows);
        }
        Outcome::Exported { succeeded, summary } => {
            if succeeded {
                let title = &job.title;
                state
                    .toasts
                    .tell(state.now, format!("The {title}: {summary}"));
            } else {
                let by_key = state.by_key(Action::Jobs, "shows its log");
                let text = format!("The {} failed{by_key}: {summary}", job.title);
                state.toasts.error(text);
            }
            state.goes_along = true;
            return wanted::published(state, "looking for new snapshots");
        }
        Outcome::BadFile { file, why } => state.overlays.push(Overlay::Ask {
            question: Question::SaveRows,
            line: Line::of(file),
            error: Some(why),
        }),
        Outcome::BadFilter(why) => bad_filter(state, job, why),
        Outcome::Failed(why) => failed(state, job, why),
        Outcome::Cancelled => {}
        outcome => return of_queries::use_result(state, job, outcome),
    }
    Vec::new()
}

fn take_published(state: &mut State, published: Arc<Published>) -> Vec<Effect> {
    let is_first = state.published.is_none();
    let dataset = state.timeline().map(|t| t.dataset.to_string());
    let shown = state.shown().map(|d| d.date);
    let newest = newest(state);
    state.timelines = timeline::of(&published);
    state.published = Some(published);
    // A dataset may be new.
    state.query.vocabulary_of = None;
    state.trouble = None;
    let wanted = match &state.remembered {
        Some(place) if is_first => {
            state.as_of = place.as_of;
            state.column_panel.is_open = place.column_panel;
            state.mark = place.mark;
            state.query.arrangement = place.query;
            if place.is_asking {
                (state.screen, state.pane) = (Screen::Query, Pane::Editor);
            }
            state.grid.view = place.view.clone();
            place.dataset.clone()
        }
        _ => dataset,
    };
    let find = |name: String| {
        let mut all = state.timelines.iter();
        all.position(|t| t.dataset.as_str() == name)
    };
    state.dataset = wanted.and_then(find).unwrap_or(0);
    if !is_first {
        keep_day(state, shown, newest);
        if let Some(gone) = shown.filter(|day| !has_day(state, *day)) {
            let text = format!("The snapshot of {gone} was taken away; this is the last before it");
            state.toasts.tell(state.now, text);
        }
    }
    if state.shown().is_none() {
        state.as_of = None;
    }
    // A grid stays on the generation it opened.
    let opened = state.grid.table.as_ref().and_then(|t| t.partition());
    let shows = opened.map(|opened| (opened.id.clone(), opened.hash));
    let live = state.live().map(|l| {
        let staged = &l.partition.staged;
        (staged.id.clone(), staged.blake3)
    });
    match (shows, live) {
        (Some(shows), Some(live)) if shows == live => state.is_newer = false,
        (Some(shows), Some(live)) if shows.0 == live.0 && !is_first => {
            state.is_newer = true;
            let by_key = state.by_key(Action::Refresh, "shows it");
            let text = format!("This day was published anew{by_key}");
            state.toasts.tell(state.now, text);
        }
        (_, Some(_)) => return wanted::show(state),
        _ => {}
    }
    Vec::new()
}

/// Stays on the day that is shown, unless the user had to do with the new one and
/// was looking at the newest.
fn keep_day(state: &mut State, shown: Option<NaiveDate>, newest_before: Option<NaiveDate>) {
    let is_newer = newest(state) > newest_before;
    if state.goes_along {
        if is_newer && shown == newest_before {
            state.as_of = None;
        }
    } else if is_newer && shown.is_some() {
        state.as_of = shown;
        let day = newest(state).map(|day| day.to_string());
        let by_key = state.by_key(Action::LastDay, "shows it");
        let text = format!("There is a snapshot of {}{by_key}", day.unwrap_or_default());
        state.toasts.tell(state.now, text);
    }
}

fn has_day(state: &State, day: NaiveDate) -> bool {
    let mut timelines = state.timeline().into_iter();
    timelines.any(|t| t.days.iter().any(|d| d.date == day))
}

fn newest(state: &State) -> Option<NaiveDate> {
    Some(state.timeline()?.days.last()?.date)
}

fn take_shown(state: &mut State, shown: Shown) {
    let grid = &mut state.grid;
    let before = std::mem::replace(&mut grid.view, shown.view);
    grid.wished = match shown.refused {
        Some(_) => grid.wished.take().or(Some(before)),
        None => None,
    };
    grid.show(shown.table, shown.index, &shown.page, shown.cursor);
    state.is_newer = false;
    if let Some(refused) = shown.refused {
        state.toasts.refuse(state.now, refused);
    }
    state.grid.followed = shown.key.filter(|_| shown.is_gone);
    if shown.is_gone {
        let day = state.shown().map(|d| d.date.to_string());
        let key = state.grid.followed.iter().flatten();
        let key: Vec<&str> = key.map(|k| k.as_deref().unwrap_or_default()).collect();
        let text = format!(
            "Row `{}` is not there on {}; it is followed all the same",
            key.join(" "),
            day.unwrap_or_default()
        );
        state.toasts.tell(state.now, text);
    }
}

/// The filter is asked for again, with what is wrong with it.
fn bad_filter(state: &mut State, job: &Job, why: String) {
    let Some(grid) = job.of.and_then(|of| state.grid_of(of)) else {
        return;
    };
    let filter = grid.view.filter.take().unwrap_or_default();
    let view = grid.good_view.clone();
    grid.seeks = false;
    grid.review(view);
    state.overlays.push(Overlay::Ask {
        question: Question::Filter,
        line: Line::of(filter),
        error: Some(why),
    });
}

fn failed(state: &mut State, job: &Job, why: String) {
    match job.slot {
        Slot::Published => state.trouble = Some(why.clone()),
        Slot::Answer => query::running::failed(state),
        Slot::Rows | Slot::Index => {
            if let Some(grid) = job.of.and_then(|of| state.grid_of(of)) {
                grid.error = Some(why.clone());
            }
        }
        Slot::Diff if state.diff.condition.is_some() => {
            // Asked for again, with what is wrong with it; and compared without it.
            let condition = state.diff.condition.take().unwrap_or_default();
            state.overlays.push(Overlay::Ask {
                question: Question::DiffFilter,
                line: Line::of(condition),
                error: Some(why),
            });
            return;
        }
        Slot::Diff | Slot::DiffRows => state.diff.error = Some(why.clone()),
        Slot::Frequencies => {
            if let Some(frequent) = &mut state.frequent {
                frequent.counted = Counted::Failed(why.clone());
            }
        }
        Slot::Profile | Slot::OverTime => state.column_panel.error = Some(why.clone()),
        _ => {}
    }
    let title = act::capitalised(&job.title);
    state.toasts.error(format!("{title} failed: {why}"));
}
