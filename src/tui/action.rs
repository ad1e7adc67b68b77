//! Everything the app can do, by intent.

use serde::{Deserialize, Serialize};

/// Everything the app can do. The names are those of the key file and the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    // Moving in whatever has the focus.
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    FirstColumn,
    LastColumn,
    // Between places.
    NextPane,
    PreviousPane,
    ShowSnapshots,
    ShowDiff,
    ShowQuery,
    Open,
    Back,
    NextDataset,
    PreviousDataset,
    // Time.
    EarlierDay,
    LaterDay,
    FirstDay,
    LastDay,
    PickDay,
    MarkDay,
    CompareWithMark,
    NextDifference,
    PreviousDifference,
    // The grid.
    SortAscending,
    SortDescending,
    SortAlso,
    Filter,
    FilterLikeCell,
    ShowAllRows,
    Search,
    SearchNext,
    SearchPrevious,
    ShowRecord,
    Freeze,
    Widen,
    Narrow,
    HideColumn,
    ShowAllColumns,
    MoveColumnLeft,
    MoveColumnRight,
    CopyCell,
    CopyRow,
    CopyColumn,
    Select,
    SaveRows,
    ShowSql,
    ColumnPanel,
    Frequencies,
    // Diff.
    OnlyAdded,
    OnlyRemoved,
    OnlyChanged,
    SortByDistance,
    // Queries.
    RunStatement,
    RunAll,
    Measure,
    Complete,
    NewTab,
    CloseTab,
    NextTab,
    PreviousTab,
    EditOutside,
    Undo,
    Redo,
    SelectAll,
    CopyText,
    CutText,
    PasteText,
    ToggleComment,
    FormatSql,
    GoToError,
    History,
    OpenQuery,
    SaveQuery,
    MakeFeature,
    RemoveSaved,
    NextResult,
    PreviousResult,
    CloseResult,
    MarkResult,
    CompareResults,
    // Jobs.
    Export,
    Jobs,
    Cancel,
    Refresh,
    // The frame.
    Palette,
    Help,
    ToggleMouse,
    Redraw,
    Suspend,
    Quit,
}

impl Action {
    /// The name in the key file and the palette.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => format!("{self:?}"),
        }
    }
}
