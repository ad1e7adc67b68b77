//! The texts in the tabs of the editor, for the next time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Asker, whole};

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
    pub params: BTreeMap<String, String>,
}

impl Asker {
    /// The tabs of the last time; none, if they cannot be read. Cursors are where text
    /// can be parted.
    pub fn tabs(&self) -> Tabs {
        let read = fs::read(self.tabs_file()).ok();
        let read = read.and_then(|bytes| serde_json::from_slice::<Tabs>(&bytes).ok());
        let mut tabs = read.unwrap_or_default();
        for tab in &mut tabs.tabs {
            tab.cursor = tab.text.floor_char_boundary(tab.cursor);
        }
        tabs.current = tabs.current.min(tabs.tabs.len().saturating_sub(1));
        tabs
    }

    /// Keeps them, whole or not at all.
    ///
    /// # Errors
    /// Of the file system.
    pub fn keep_tabs(&self, tabs: &Tabs) -> io::Result<()> {
        whole::write(&self.tabs_file(), &serde_json::to_vec(tabs)?)
    }

    fn tabs_file(&self) -> PathBuf {
        self.ctx.layout.private().join("tabs.json")
    }
}
