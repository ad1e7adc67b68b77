//! The values of a column that are looked at by their frequency.

use crate::browse::frequencies::Frequencies;
use crate::model::column::Column;

use super::grid::Generation;

/// The values of a column that are looked at.
#[derive(Debug, Clone)]
pub struct Frequent {
    /// The rows that they are of.
    pub generation: Generation,
    pub column: Column,
    pub counted: Counted,
}

/// What is known of them.
#[derive(Debug, Clone)]
pub enum Counted {
    Not,
    Values(Frequencies),
    Failed(String),
}

impl Frequent {
    /// The values that have a text, whatever its case.
    pub fn found(&self, search: &str) -> Vec<&(Option<String>, u64)> {
        let Counted::Values(all) = &self.counted else {
            return Vec::new();
        };
        let search = search.to_lowercase();
        let has = |value: &Option<String>| match value {
            Some(text) => text.to_lowercase().contains(&search),
            None => "null".contains(&search),
        };
        all.values.iter().filter(|(value, _)| has(value)).collect()
    }
}
