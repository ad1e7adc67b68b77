//! Random identities: of a project, of a target, of one writer's attempt.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one run writes beside everything it puts at the target, so that it can
/// tell its own success from somebody else's: the run number and a random part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriterToken(String);

impl WriterToken {
    /// A token nobody else has.
    pub fn new(run: u64) -> Self {
        Self(format!("{run}-{}", uuid::Uuid::new_v4().simple()))
    }

    /// A token as it was stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WriterToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A random identity that is made once and kept: a project's, or a target's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RandomId(String);

impl RandomId {
    /// A new identity.
    pub fn new() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// An identity as it was stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RandomId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RandomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
