//! One table of what can be done, with which keys, and what it is called. The
//! key map, the footer, the help, the palette and the docs are made from it.

use super::action::Action;
use super::state::Pane;

/// Where an action makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Everywhere,
    Grid,
    Datasets,
    Diff,
}

impl Place {
    /// Whether it is where the focus is.
    pub fn holds(self, pane: Pane) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Grid => matches!(pane, Pane::Grid | Pane::Columns),
            Self::Datasets => pane == Pane::Datasets,
            Self::Diff => pane == Pane::Diff,
        }
    }

    /// A heading for the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Grid => "Grid",
            Self::Datasets => "Datasets",
            Self::Diff => "Diff",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub action: Action,
    /// As they are written in the key file: `ctrl+p`, `G`, `pagedown`.
    pub keys: &'static [&'static str],
    pub place: Place,
    /// In the footer; empty: it is not there.
    pub short: &'static str,
    /// In the help and the palette.
    pub what: &'static str,
}

const fn at(
    place: Place,
    action: Action,
    keys: &'static [&'static str],
    short: &'static str,
    what: &'static str,
) -> Binding {
    Binding {
        action,
        keys,
        place,
        short,
        what,
    }
}

use Place::{Datasets, Diff, Everywhere, Grid};

/// All of them, in the order of the help. Those of a place come before those of
/// everywhere where keys are looked up.
#[rustfmt::skip] // A table is read by its lines.
pub const BINDINGS: &[Binding] = &[
    at(Everywhere, Action::EarlierDay, &["[", "alt+left"], "earlier", "Go to the snapshot before"),
    at(Everywhere, Action::LaterDay, &["]", "alt+right"], "later", "Go to the snapshot after"),
    at(Everywhere, Action::FirstDay, &["{"], "", "Go to the first snapshot"),
    at(Everywhere, Action::LastDay, &["}"], "", "Go to the newest snapshot"),
    at(Everywhere, Action::PickDay, &["t"], "date", "Go to the snapshot as of a date"),
    at(Everywhere, Action::MarkDay, &["m"], "mark", "Mark this snapshot, to compare others with it"),
    at(Everywhere, Action::CompareWithMark, &["d"], "diff", "Compare the marked snapshot with this one"),
    at(Everywhere, Action::NextDataset, &["ctrl+n"], "", "Go to the next dataset"),
    at(Everywhere, Action::PreviousDataset, &["ctrl+b"], "", "Go to the dataset before"),
    at(Everywhere, Action::NextPane, &["tab"], "", "Go to the next part of the screen"),
    at(Everywhere, Action::PreviousPane, &["backtab"], "", "Go to the part of the screen before"),
    at(Everywhere, Action::ShowSnapshots, &["1", "f1"], "", "Show the snapshots"),
    at(Everywhere, Action::ShowDiff, &["2", "f2"], "", "Show the comparison"),
    at(Everywhere, Action::Palette, &["ctrl+p", ":"], "palette", "Find anything that can be done"),
    at(Everywhere, Action::Help, &["?"], "help", "Show all keys"),
    at(Everywhere, Action::Export, &["x"], "export", "Run an export for today, or for another day"),
    at(Everywhere, Action::Jobs, &["w"], "", "Show the jobs and their logs"),
    at(Everywhere, Action::Cancel, &["ctrl+x"], "", "Cancel what is at work"),
    at(Everywhere, Action::Refresh, &["R", "f5"], "", "Look for new snapshots"),
    at(Everywhere, Action::ToggleMouse, &["M"], "", "Leave the mouse to the terminal, or take it back"),
    at(Everywhere, Action::Redraw, &["ctrl+l"], "", "Draw the screen anew"),
    at(Everywhere, Action::Back, &["esc"], "", "Close, or go back"),
    at(Everywhere, Action::Suspend, &["ctrl+z"], "", "Put the app to sleep; `fg` wakes it"),
    at(Everywhere, Action::Quit, &["q", "ctrl+c"], "quit", "Quit"),
    at(Grid, Action::Up, &["up", "k"], "", "Go up"),
    at(Grid, Action::Down, &["down", "j"], "", "Go down"),
    at(Grid, Action::Left, &["left", "h"], "", "Go left"),
    at(Grid, Action::Right, &["right", "l"], "", "Go right"),
    at(Grid, Action::PageUp, &["pageup", "ctrl+u"], "", "Go a page up"),
    at(Grid, Action::PageDown, &["pagedown", "ctrl+d", "space"], "", "Go a page down"),
    at(Grid, Action::Top, &["g", "ctrl+home"], "", "Go to the first row"),
    at(Grid, Action::Bottom, &["G", "ctrl+end"], "", "Go to the last row"),
    at(Grid, Action::FirstColumn, &["0", "home"], "", "Go to the first column"),
    at(Grid, Action::LastColumn, &["$", "end"], "", "Go to the last column"),
    at(Grid, Action::ShowRecord, &["enter"], "record", "Show the row as a record"),
    at(Grid, Action::SortAscending, &["s"], "sort", "Sort by this column, the least first"),
    at(Grid, Action::SortDescending, &["r"], "", "Sort by this column, the greatest first"),
    at(Grid, Action::Filter, &["f"], "filter", "Show the rows for which an SQL condition holds"),
    at(Grid, Action::FilterLikeCell, &["="], "", "Show the rows with the value of this cell"),
    at(Grid, Action::ShowAllRows, &["u"], "", "Take filter and sorting away"),
    at(Grid, Action::Search, &["/"], "search", "Find a text in any column"),
    at(Grid, Action::SearchNext, &["n"], "", "Go to the next match"),
    at(Grid, Action::SearchPrevious, &["N"], "", "Go to the match before"),
    at(Grid, Action::ColumnPanel, &["c"], "column", "Show or close what the column holds"),
    at(Grid, Action::Freeze, &["z"], "", "Keep the columns up to this one in sight, or let them go"),
    at(Grid, Action::Widen, &["+", ">"], "", "Make the column wider"),
    at(Grid, Action::Narrow, &["-", "<"], "", "Make the column narrower"),
    at(Grid, Action::HideColumn, &["H"], "", "Hide the column"),
    at(Grid, Action::ShowAllColumns, &["U"], "", "Show all columns, as they were"),
    at(Grid, Action::MoveColumnLeft, &["shift+left"], "", "Move the column to the left"),
    at(Grid, Action::MoveColumnRight, &["shift+right"], "", "Move the column to the right"),
    at(Grid, Action::Select, &["v"], "", "Begin to select cells from here, or let the selection go"),
    at(Grid, Action::CopyCell, &["y"], "copy", "Copy the cell, or what is selected"),
    at(Grid, Action::CopyRow, &["Y"], "", "Copy the row, with tabs between"),
    at(Grid, Action::CopyColumn, &["ctrl+y"], "", "Copy the column"),
    at(Grid, Action::SaveRows, &["E"], "", "Write the rows of this view to a file"),
    at(Grid, Action::ShowSql, &["S"], "SQL", "Show the SQL of what is seen"),
    at(Datasets, Action::Up, &["up", "k"], "", "Go to the dataset before"),
    at(Datasets, Action::Down, &["down", "j"], "", "Go to the next dataset"),
    at(Datasets, Action::Open, &["enter", "right", "l"], "open", "Go to its rows"),
    at(Diff, Action::Up, &["up", "k"], "", "Go up"),
    at(Diff, Action::Down, &["down", "j"], "", "Go down"),
    at(Diff, Action::Left, &["left", "h"], "", "Go left"),
    at(Diff, Action::Right, &["right", "l"], "", "Go right"),
    at(Diff, Action::PageUp, &["pageup", "ctrl+u"], "", "Go a page up"),
    at(Diff, Action::PageDown, &["pagedown", "ctrl+d", "space"], "", "Go a page down"),
    at(Diff, Action::Top, &["g", "home"], "", "Go to the top"),
    at(Diff, Action::Bottom, &["G", "end"], "", "Go to the end"),
    at(Diff, Action::Open, &["enter"], "rows", "Show the rows that differ in this column"),
    at(Diff, Action::NextDifference, &["n"], "next", "Go to the next difference"),
    at(Diff, Action::PreviousDifference, &["N"], "", "Go to the difference before"),
    at(Diff, Action::OnlyChanged, &["c"], "changed", "Show the changed rows alone, or all"),
    at(Diff, Action::OnlyAdded, &["a"], "added", "Show the added rows alone, or all"),
    at(Diff, Action::OnlyRemoved, &["r"], "removed", "Show the removed rows alone, or all"),
    at(Diff, Action::Filter, &["f"], "filter", "Compare only the rows for which an SQL condition holds"),
    at(Diff, Action::Search, &["/"], "search", "Show only the rows with a text"),
    at(Diff, Action::ShowAllRows, &["u"], "", "Take filter and search away"),
    at(Diff, Action::SortByDistance, &["s"], "sort", "Show the rows that moved furthest first, or by key"),
    at(Diff, Action::ShowSql, &["S"], "SQL", "Show the command that tells the same, and what changed in the SQL"),
    at(Diff, Action::CopyCell, &["y"], "copy", "Copy the key"),
    at(Diff, Action::SaveRows, &["E"], "write", "Write the rows that differ to a file"),
];
