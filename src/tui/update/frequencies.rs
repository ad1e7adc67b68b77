//! The values of a column by their frequency: one of them becomes the filter.

use crate::tui::effect::{Effect, Work};
use crate::tui::state::State;
use crate::tui::state::frequencies::{Counted, Frequent};
use crate::tui::state::jobs::Slot;
use crate::tui::state::overlay::{Line, Overlay};

use super::{act, wanted};

/// Shows the values of the column at the cursor, once they are counted.
pub fn show(state: &mut State) -> Vec<Effect> {
    let grid = state.seen();
    let (Some(table), Some(column)) = (grid.table.clone(), grid.column_at_cursor().cloned()) else {
        return Vec::new();
    };
    let (generation, view) = (grid.generation, grid.view.clone());
    state.frequent = Some(Frequent {
        generation,
        column: column.clone(),
        counted: Counted::Not,
    });
    state.overlays.push(Overlay::Frequencies {
        search: Line::default(),
        chosen: 0,
    });
    let title = format!("counting the values of {}", column.name);
    let work = Work::Frequencies {
        table,
        column,
        view,
    };
    wanted::begin(state, Slot::Frequencies, title, work)
}

/// Shows only the rows with the value that is chosen.
pub fn take(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Frequencies { search, chosen }) = state.overlays.last() else {
        return Vec::new();
    };
    let Some(frequent) = &state.frequent else {
        return Vec::new();
    };
    let found = frequent.found(search.text());
    let chosen = (*chosen).min(found.len().saturating_sub(1));
    let Some((value, _)) = found.get(chosen) else {
        return Vec::new();
    };
    let condition = act::condition(&frequent.column, value.as_deref());
    let is_same = frequent.generation == state.seen().generation;
    close(state);
    match is_same {
        true => act::narrow(state, condition),
        // Other rows are seen meanwhile.
        false => Vec::new(),
    }
}

/// Nobody waits for them any more.
pub fn close(state: &mut State) {
    state.overlays.pop();
    state.jobs.stop(Slot::Frequencies);
    state.frequent = None;
}
