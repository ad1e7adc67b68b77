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
    /// The Query screen: its text and its rows.
    Query,
    /// Its text alone.
    Editor,
    /// Its rows alone.
    Results,
    /// Its list of tables alone.
    Tables,
}

/// All of them, in the order of the help.
pub const PLACES: [Place; 8] = [
    Place::Everywhere,
    Place::Grid,
    Place::Datasets,
    Place::Diff,
    Place::Query,
    Place::Editor,
    Place::Results,
    Place::Tables,
];

impl Place {
    /// Whether it is where the focus is.
    pub fn holds(self, pane: Pane) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Grid => matches!(pane, Pane::Grid | Pane::Columns | Pane::Results),
            Self::Datasets => pane == Pane::Datasets,
            Self::Diff => pane == Pane::Diff,
            Self::Query => matches!(pane, Pane::Editor | Pane::Results | Pane::Tables),
            Self::Editor => pane == Pane::Editor,
            Self::Results => pane == Pane::Results,
            Self::Tables => pane == Pane::Tables,
        }
    }

    /// How large it is: what a key does in a smaller one comes first.
    pub fn breadth(self) -> u8 {
        match self {
            Self::Everywhere => 3,
            Self::Grid => 2,
            Self::Query => 1,
            Self::Datasets | Self::Diff | Self::Editor | Self::Results | Self::Tables => 0,
        }
    }

    /// A heading for the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Grid => "Grid",
            Self::Datasets => "Datasets",
            Self::Diff => "Diff",
            Self::Query => "Query",
            Self::Editor => "Query: the text",
            Self::Results => "Query: the rows",
            Self::Tables => "Query: the tables",
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

use Place::{Datasets, Diff, Editor, Everywhere, Grid, Query, Results, Tables};

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
    at(Everywhere, Action::NextPane, &["tab", "f6"], "", "Go to the next part of the screen"),
    at(Everywhere, Action::PreviousPane, &["backtab"], "", "Go to the part of the screen before"),
    at(Everywhere, Action::ShowSnapshots, &["1", "f1"], "", "Show the snapshots"),
    at(Everywhere, Action::ShowDiff, &["2", "f2"], "", "Show the comparison"),
    at(Everywhere, Action::ShowQuery, &["3", "f3"], "", "Ask SQL"),
    at(Everywhere, Action::Palette, &["ctrl+p", ":"], "palette", "Find anything that can be done"),
    at(Everywhere, Action::Help, &["?", "alt+h"], "help", "Show all keys"),
    at(Everywhere, Action::Export, &["x"], "export", "Run an export for today, or for another day"),
    at(Everywhere, Action::Jobs, &["w", "alt+j"], "", "Show the jobs and their logs"),
    at(Everywhere, Action::Messages, &["alt+n", "f12"], "", "Show the messages, also those that went away"),
    at(Everywhere, Action::Cancel, &["ctrl+x"], "", "Cancel what is at work"),
    at(Everywhere, Action::Refresh, &["R", "f5"], "", "Look for new snapshots"),
    at(Everywhere, Action::ToggleMouse, &["M"], "", "Leave the mouse to the terminal, or take it back"),
    at(Everywhere, Action::Redraw, &["ctrl+l"], "", "Draw the screen anew"),
    at(Everywhere, Action::Back, &["esc"], "", "Close, or go back"),
    at(Everywhere, Action::Suspend, &["ctrl+z"], "", "Put the app to sleep; `fg` wakes it"),
    at(Everywhere, Action::Quit, &["q", "ctrl+q", "ctrl+c"], "quit", "Quit"),
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
    at(Grid, Action::SortAlso, &["a"], "", "Sort by this column as well: the least first, then the greatest, then not"),
    at(Grid, Action::Filter, &["f"], "filter", "Show the rows for which an SQL condition holds"),
    at(Grid, Action::FilterLikeCell, &["="], "", "Show the rows with the value of this cell"),
    at(Grid, Action::ShowAllRows, &["u"], "", "Take filter and sorting away"),
    at(Grid, Action::Search, &["/"], "search", "Find a text in any column"),
    at(Grid, Action::SearchNext, &["n"], "", "Go to the next match"),
    at(Grid, Action::SearchPrevious, &["N"], "", "Go to the match before"),
    at(Grid, Action::ColumnPanel, &["c"], "column", "Show or close what the column holds: a chart, figures"),
    at(Grid, Action::Frequencies, &["F"], "values", "Show the column's values, the most frequent first, and keep to one"),
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
    at(Query, Action::RunStatement, &["f5", "ctrl+enter", "ctrl+j"], "run", "Run the statement at the cursor, or those that are selected"),
    at(Query, Action::RunAll, &["shift+f5"], "", "Run all statements"),
    at(Query, Action::Measure, &["f7"], "", "Run the statement and show its plan and costs (EXPLAIN ANALYZE)"),
    at(Query, Action::Tables, &["alt+t", "ctrl+b"], "tables", "Go to the list of tables and columns, or close it"),
    at(Query, Action::History, &["f8", "ctrl+r"], "history", "Show what was asked before"),
    at(Query, Action::OpenQuery, &["ctrl+o"], "", "Open a saved query, or the file of a feature"),
    at(Query, Action::SaveQuery, &["ctrl+s"], "", "Save the text as a query of the project"),
    at(Query, Action::RemoveSaved, &["alt+r"], "", "Remove the saved query or the feature of the tab from the project"),
    at(Query, Action::MakeFeature, &["alt+m"], "", "Make a feature of the statement at the cursor"),
    at(Query, Action::NewTab, &["ctrl+t", "ctrl+n"], "tab", "Open another tab"),
    at(Query, Action::CloseTab, &["alt+w"], "", "Close the tab"),
    at(Query, Action::NextTab, &["ctrl+pagedown", "alt+."], "", "Go to the next tab"),
    at(Query, Action::PreviousTab, &["ctrl+pageup", "alt+,"], "", "Go to the tab before"),
    at(Query, Action::Zoom, &["alt+o", "f10"], "", "Give the text or the rows all lines, or each its own again"),
    at(Query, Action::BorderUp, &["alt+up"], "", "Move the border between text and rows up"),
    at(Query, Action::BorderDown, &["alt+down"], "", "Move the border between text and rows down"),
    at(Query, Action::WidenTables, &["alt+shift+right"], "", "Make the list of tables wider"),
    at(Query, Action::NarrowTables, &["alt+shift+left"], "", "Make the list of tables narrower"),
    at(Query, Action::GoToError, &["f9"], "", "Go to what is wrong"),
    at(Editor, Action::NextPane, &["f6"], "rows", "Go to the rows"),
    at(Editor, Action::Complete, &["ctrl+space"], "", "Show what can come here"),
    at(Editor, Action::FormatSql, &["alt+f"], "", "Format the SQL"),
    at(Editor, Action::FindText, &["ctrl+f"], "", "Find in the text, and replace"),
    at(Editor, Action::FindNext, &["ctrl+g"], "", "Go to the next match in the text"),
    at(Editor, Action::FindPrevious, &["alt+g"], "", "Go to the match before"),
    at(Editor, Action::WrapLines, &["alt+z"], "", "Wrap long lines, or let them go on behind the border"),
    at(Editor, Action::ToggleComment, &["ctrl+7", "ctrl+/"], "", "Make a comment of the lines, or lines of the comment"),
    at(Editor, Action::EditOutside, &["f4"], "", "Edit the text in `$VISUAL` or `$EDITOR`"),
    at(Editor, Action::Undo, &["ctrl+z"], "", "Undo"),
    at(Editor, Action::Redo, &["ctrl+y"], "", "Redo"),
    at(Editor, Action::SelectAll, &["ctrl+a"], "", "Select everything"),
    at(Editor, Action::CopyText, &["ctrl+c"], "", "Copy what is selected"),
    at(Editor, Action::CutText, &["ctrl+x"], "", "Cancel the statement that runs; else cut what is selected, or cancel what is at work"),
    at(Editor, Action::PasteText, &["ctrl+v"], "", "Paste from the system's clipboard"),
    at(Results, Action::NextPane, &["tab", "f6", "i"], "text", "Go to the text"),
    at(Results, Action::NextResult, &[")"], "", "Go to the next result"),
    at(Results, Action::PreviousResult, &["("], "", "Go to the result before"),
    at(Results, Action::CloseResult, &["delete"], "", "Close the result"),
    at(Results, Action::ColumnPanel, &["c"], "chart", "Show or close a chart and figures of the column"),
    at(Results, Action::PinResult, &["p"], "", "Pin the result, so that it stays when others come, or let it go"),
    at(Results, Action::MarkResult, &["m"], "mark", "Mark this result, to compare others with it"),
    at(Results, Action::CompareResults, &["d"], "diff", "Compare the marked result with this one, by a key"),
    at(Tables, Action::InsertName, &["enter"], "insert", "Write the name into the text, and go there"),
    at(Tables, Action::InsertAnother, &["space"], "", "Write the name into the text, and stay"),
    at(Tables, Action::ShowTable, &["f5", "ctrl+enter", "ctrl+j"], "rows", "Show the rows of the table"),
    at(Tables, Action::Right, &["right"], "unfold", "Unfold, or go in"),
    at(Tables, Action::Left, &["left"], "fold", "Fold, or go out"),
    at(Tables, Action::Up, &["up"], "", "Go up"),
    at(Tables, Action::Down, &["down"], "", "Go down"),
    at(Tables, Action::PageUp, &["pageup"], "", "Go a page up"),
    at(Tables, Action::PageDown, &["pagedown"], "", "Go a page down"),
    at(Tables, Action::Top, &["home"], "", "Go to the top"),
    at(Tables, Action::Bottom, &["end"], "", "Go to the end"),
    at(Tables, Action::NextPane, &["tab", "f6"], "text", "Go to the text"),
];
