//! The texts in the tabs of the editor, for the next time.

use serde::{Deserialize, Serialize};

use super::Asker;

/// All tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tabs {
    pub tabs: Vec<Tab>,
    /// Which one was seen.
    pub current: usize,
}

/// A tab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tab {
    pub text: String,
    /// The name under which it is saved.
    pub saved: Option<String>,
    /// Where the cursor is, in bytes.
    pub cursor: usize,
    /// Values of parameters by name, as they were typed.
    pub params: std::collections::BTreeMap<String, String>,
}

impl Asker {
    /// The tabs of the last time; none, if they cannot be read.
    pub fn tabs(&self) -> Tabs {
        todo!()
    }

    /// Keeps them, whole or not at all.
    ///
    /// # Errors
    /// Of the file system.
    pub fn keep_tabs(&self, tabs: &Tabs) -> std::io::Result<()> {
        let _ = tabs;
        todo!()
    }
}
