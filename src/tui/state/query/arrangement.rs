//! How the Query screen is arranged: kept per project.

use serde::{Deserialize, Serialize};

/// How the Query screen is arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    /// The list of tables is shown, and how many columns of the terminal it has.
    pub has_tables: bool,
    pub tables_width: Option<u16>,
    /// The text's share of the lines, in thousandths.
    pub text_share: Option<u16>,
    /// What has the focus has all lines: the text or the rows.
    pub is_zoomed: bool,
    /// Long lines of the text go on in the next row.
    pub wraps: bool,
}

/// A border that is dragged with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// Between the text and the rows.
    Text,
    /// Between the list of tables and the rest.
    Tables,
}
