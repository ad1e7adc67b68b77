//! Wishes: what a bookmark verb writes down, and the next run carries out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::names::SourceName;
use super::run::RunNumber;
use super::token::RandomId;

/// What is wanted of a source's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum Verb {
    /// Take again what was taken and still lies there.
    Reset {
        /// Where the raw table has to be rebuilt: let go what is gone.
        accept_drop: bool,
    },
    /// The same, of what later runs than this one took.
    Rewind { to: RunNumber },
    /// Files that were not taken count as taken, and their rows are not loaded.
    SetAsProcessed { glob: String },
    /// Leave files as they are, whatever becomes of them.
    Hold { glob: String },
    /// Hold them no longer.
    Release { glob: String },
    /// Take the records out of the quarantine that fit now.
    Replay,
}

impl Verb {
    /// As it is typed behind `workbench bookmarks`, or `quarantine`.
    pub fn typed(&self, source: &SourceName) -> String {
        match self {
            Verb::Reset { accept_drop: false } => format!("reset {source}"),
            Verb::Reset { accept_drop: true } => format!("reset {source} --accept-drop"),
            Verb::Rewind { to } => format!("rewind {source} --to {to}"),
            Verb::SetAsProcessed { glob } => format!("set {source} --as-processed '{glob}'"),
            Verb::Hold { glob } => format!("hold {source} '{glob}'"),
            Verb::Release { glob } => format!("release {source} '{glob}'"),
            Verb::Replay => format!("replay {source}"),
        }
    }
}

/// A verb that was asked for. The ledger's event carries its id, so that it is
/// carried out once, whatever state remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub id: RandomId,
    pub source: SourceName,
    pub asked: DateTime<Utc>,
    #[serde(flatten)]
    pub verb: Verb,
}

impl Wish {
    /// As much of the id as people need to name it.
    pub fn short_id(&self) -> &str {
        let id = self.id.as_str();
        id.get(..8).unwrap_or(id)
    }

    /// As it was typed behind `workbench bookmarks`.
    pub fn typed(&self) -> String {
        self.verb.typed(&self.source)
    }
}

/// Why a content that a wish means stays as it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Left {
    /// No path shows it any more.
    Gone,
    /// One of its paths is held.
    Held,
    /// Where the last row of a key counts: this file came after it and is gone,
    /// so what counts could not be told.
    Before { gone: String },
}

/// A content that stays as it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftFile {
    /// All that carry it.
    pub path: String,
    #[serde(flatten)]
    pub why: Left,
}

/// A wish as a run carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Granted {
    pub wish: Wish,
    /// The paths it does something about.
    pub files: Vec<String>,
    /// What it means and does not touch.
    pub left: Vec<LeftFile>,
}
