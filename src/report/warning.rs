//! What is missing in an answer that was given all the same.

use crate::transforms::TransformErrors;

/// It goes to stderr, below the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    message: String,
    hint: Option<String>,
}

impl Warning {
    /// Of a sentence.
    pub fn of(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            hint: None,
        }
    }

    /// Of files under `sql/` that are refused.
    pub fn of_transforms(errors: &TransformErrors) -> Self {
        Self {
            message: errors.to_string(),
            hint: errors.hint(),
        }
    }

    /// For stderr.
    pub fn text(&self) -> String {
        let mut out = format!("warning: {}\n", self.message);
        if let Some(hint) = &self.hint {
            out += &format!("hint: {hint}\n");
        }
        out
    }
}
