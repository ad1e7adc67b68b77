//! What a query can name, from the catalogue and the engine.

use chrono::NaiveDate;

use super::Asker;
use crate::assist::Vocabulary;
use crate::model::interrupt::Interrupt;

impl Asker {
    /// All names: tables with their columns as of a day, functions, keywords, types.
    /// What cannot be told is left out. `values` is empty.
    pub fn vocabulary(&self, as_of: Option<NaiveDate>, interrupt: &Interrupt) -> Vocabulary {
        let _ = (as_of, interrupt);
        todo!()
    }

    /// The values of a column of a dataset as text, if they are few. `table` is as
    /// [`Vocabulary`] has it: `features.x`.
    pub fn values(
        &self,
        table: &str,
        column: &str,
        as_of: Option<NaiveDate>,
        interrupt: &Interrupt,
    ) -> Option<Vec<String>> {
        let _ = (table, column, as_of, interrupt);
        todo!()
    }
}
