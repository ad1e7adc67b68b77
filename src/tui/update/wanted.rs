//! What is to be read next, by what is seen.

use std::sync::Arc;

use crate::browse::{Table, View};
use crate::tui::effect::{Effect, Show, Work};
use crate::tui::state::jobs::Slot;
use crate::tui::state::{Screen, State};

use super::searching;

/// Begins some work.
pub fn begin(state: &mut State, slot: Slot, title: impl Into<String>, work: Work) -> Vec<Effect> {
    let (id, interrupt) = state.jobs.begin(state.now, slot, title);
    let of = match &work {
        Work::Rows { generation, .. } | Work::Index { generation, .. } => Some(*generation),
        Work::Profile { .. } => Some(state.seen().generation),
        Work::Show(_) => Some(state.grid.generation),
        _ => None,
    };
    if let Some(job) = state.jobs.running(id) {
        job.of = of;
    }
    vec![Effect::Begin {
        id,
        interrupt,
        work,
    }]
}

/// Reads what is published.
pub fn published(state: &mut State, title: &str) -> Vec<Effect> {
    begin(state, Slot::Published, title, Work::Published)
}

/// Opens the partition that is to be shown, the cursor on the same key.
pub fn show(state: &mut State) -> Vec<Effect> {
    let Some(live) = state.live().cloned() else {
        return Vec::new();
    };
    let remembered = state.remembered.take();
    let is_same = is_of(state, state.grid.table.as_deref());
    let followed = state.grid.followed.clone();
    let own = followed.or_else(|| state.grid.key_at_cursor());
    let key = own.filter(|_| is_same).or_else(|| {
        let key = remembered.as_ref().map(|r| r.key.clone());
        key.filter(|k| !k.is_empty())
    });
    if let Some(column) = remembered.and_then(|r| r.column) {
        state.grid.wanted_column = Some(column);
    }
    let grid = &state.grid;
    let show = Show {
        view: grid.wished.as_ref().unwrap_or(&grid.view).clone(),
        key,
        cursor: grid.cursor,
        above: grid.cursor.saturating_sub(grid.top),
        height: u64::from(grid.height),
        live,
    };
    let id = &show.live.partition.staged.id;
    let title = format!("opening {} of {}", id.dataset, id.ingest_date);
    begin(state, Slot::Show, title, Work::Show(Box::new(show)))
}

fn is_of(state: &State, table: Option<&Table>) -> bool {
    let dataset = state.timeline().map(|t| &t.dataset);
    let opened = table.and_then(Table::partition);
    opened.is_some_and(|opened| Some(&opened.id.dataset) == dataset)
}

/// What is seen and not there yet.
pub fn by_what_is_seen(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if state.seen().seeks && state.seen().is_found() {
        effects = searching::next(state, false);
    }
    effects.extend(rows(state));
    effects.extend(index(state));
    effects.extend(column(state));
    effects.extend(descriptions(state));
    effects
}

fn rows(state: &mut State) -> Vec<Effect> {
    if state.jobs.busy(Slot::Rows).is_some() || state.jobs.busy(Slot::Show).is_some() {
        return Vec::new();
    }
    let (Some(wanted), Some(table)) = (state.seen().wants(), state.seen().table.clone()) else {
        return Vec::new();
    };
    let work = Work::Rows {
        generation: state.seen().generation,
        table,
        view: state.seen().view.clone(),
        index: state.seen().index.clone(),
        rows: wanted.rows,
        columns: wanted.columns,
    };
    begin(state, Slot::Rows, "reading rows", work)
}

fn index(state: &mut State) -> Vec<Effect> {
    let grid = state.seen();
    let lacks = !grid.view.is_plain() && grid.index.is_none() && grid.error.is_none();
    // After the first rows, so that they are not kept waiting.
    if !lacks || grid.wants().is_some() {
        return Vec::new();
    }
    let busy = [Slot::Index, Slot::Show, Slot::Rows];
    if busy.iter().any(|slot| state.jobs.busy(*slot).is_some()) {
        return Vec::new();
    }
    let Some(table) = grid.table.clone() else {
        return Vec::new();
    };
    let work = Work::Index {
        generation: grid.generation,
        table,
        view: grid.view.clone(),
    };
    begin(state, Slot::Index, "finding all rows", work)
}

/// What the SQL says of columns, once it is looked at.
fn descriptions(state: &mut State) -> Vec<Effect> {
    let partition = state.seen().table.as_ref().and_then(|t| t.partition());
    let is_seen = state.column_panel.is_open && partition.is_some();
    if !is_seen || state.descriptions.is_some() || state.jobs.busy(Slot::Describe).is_some() {
        return Vec::new();
    }
    begin(state, Slot::Describe, "reading the SQL", Work::Describe)
}

/// What the column at the cursor holds, while that is looked at.
fn column(state: &mut State) -> Vec<Effect> {
    let is_seen = state.column_panel.is_open && state.screen != Screen::Diff;
    let (Some(table), Some(column)) = (
        state.seen().table.clone(),
        state.seen().column_at_cursor().cloned(),
    ) else {
        return Vec::new();
    };
    let dataset = table.partition().map(|opened| opened.id.dataset.clone());
    let looked_at = (dataset, column.name.clone());
    if !is_seen || state.column_panel.over_time_of.as_ref() != Some(&looked_at) {
        // Left: nobody waits for it any more.
        state.jobs.stop(Slot::Profile);
        state.jobs.stop(Slot::OverTime);
        state.column_panel.profile_of = None;
        state.column_panel.error = None;
    }
    if !is_seen || state.jobs.busy(Slot::Show).is_some() || state.column_panel.error.is_some() {
        return Vec::new();
    }
    let mut effects = Vec::new();
    let filter = state.seen().view.filter.clone();
    let of = (table.identity(), column.name.clone(), filter.clone());
    let lacks = state.column_panel.profile(&of).is_none();
    if lacks && state.column_panel.profile_of.as_ref() != Some(&of) {
        state.column_panel.profile_of = Some(of);
        let title = format!("reading the column {}", column.name);
        let work = Work::Profile {
            table: Arc::clone(&table),
            column: column.clone(),
            view: View {
                filter,
                ..View::default()
            },
        };
        effects.extend(begin(state, Slot::Profile, title, work));
    }
    if let Some(opened) = table.partition()
        && state.jobs.busy(Slot::OverTime).is_none()
    {
        let days = state.days_of(&opened.id.dataset);
        let mut lacking: Vec<_> = days
            .into_values()
            .filter(|live| {
                let hash = live.partition.staged.blake3;
                state.column_panel.day(hash, &column.name).is_none()
            })
            .cloned()
            .collect();
        // The nearest days first: they are looked at.
        let here = opened.id.ingest_date;
        lacking.sort_by_key(|live| (live.partition.staged.id.ingest_date - here).abs());
        if !lacking.is_empty() {
            let title = format!("reading the column {} of all days", column.name);
            let work = Work::OverTime {
                days: lacking,
                column: column.name.clone(),
            };
            effects.extend(begin(state, Slot::OverTime, title, work));
        }
    }
    state.column_panel.over_time_of = Some(looked_at);
    effects
}
