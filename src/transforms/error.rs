//! All that is wrong with `sql/`, each with its place.

use std::fmt;

use crate::model::located::Located;

pub use super::problem::Problem;

/// Where in `sql/` something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At a line of a file.
    At(Located),
    /// A file as a whole, relative to the project.
    File(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(located) => located.fmt(f),
            Self::File(path) => write!(f, "  --> {path}"),
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}\n{at}")]
pub struct TransformError {
    pub what: Problem,
    pub at: Place,
}

impl TransformError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.what.hint()
    }
}

/// All that is wrong with `sql/`, file by file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformErrors {
    listed: Vec<TransformError>,
    unlisted: usize,
}

impl TransformErrors {
    /// More than these are counted only: the first few fixed, the rest is often
    /// gone.
    pub const MOST: usize = 10;

    pub(super) fn new(mut errors: Vec<TransformError>) -> Self {
        let unlisted = errors.len().saturating_sub(Self::MOST);
        errors.truncate(Self::MOST);
        Self {
            listed: errors,
            unlisted,
        }
    }

    /// The first few.
    pub fn listed(&self) -> &[TransformError] {
        &self.listed
    }

    /// How many there are beyond those.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// What to do about it. None where several things are wrong: each hint then
    /// stands below its own complaint.
    pub fn hint(&self) -> Option<String> {
        match self.listed() {
            [only] => only.hint(),
            _ => None,
        }
    }
}

impl fmt::Display for TransformErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.listed() {
            return only.fmt(f);
        }
        let count = self.listed.len() + self.unlisted;
        write!(f, "{count} things are wrong in `sql/`")?;
        for error in &self.listed {
            write!(f, "\n\n{error}")?;
            if let Some(hint) = error.hint() {
                write!(f, "\nhint: {hint}")?;
            }
        }
        match self.unlisted {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

impl std::error::Error for TransformErrors {}
