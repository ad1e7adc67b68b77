//! Looking for a text in the rows that are seen.

use crate::tui::effect::{Effect, Work};
use crate::tui::state::State;
use crate::tui::state::jobs::Slot;

use super::wanted;

/// Looks for what was searched for, from the row beside the cursor on.
pub fn next(state: &mut State, backwards: bool) -> Vec<Effect> {
    let grid = state.seen_mut();
    grid.seeks = !grid.is_found();
    if grid.seeks {
        let text = "Looks for it as soon as all rows are found";
        state.toasts.tell(state.now, text);
        return Vec::new();
    }
    let grid = state.seen();
    let (Some(table), Some(text)) = (grid.table.clone(), grid.search.clone()) else {
        return Vec::new();
    };
    let from = match (backwards, grid.cursor.checked_sub(1)) {
        (false, _) => grid.cursor + 1,
        (true, Some(before)) => before,
        (true, None) => grid.length(),
    };
    let work = Work::Find {
        generation: grid.generation,
        table,
        view: grid.view.clone(),
        index: grid.index.clone(),
        text: text.clone(),
        from,
        backwards,
    };
    wanted::begin(state, Slot::Find, format!("looking for `{text}`"), work)
}
