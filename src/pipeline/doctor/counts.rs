//! The rows of a warehouse, counted and held against what its ledger says.

use super::subject::{ATTACHED, WarehouseFacts};
use crate::engine::inspect::{self, RowTable};
use crate::engine::{EngineError, Session};
use crate::model::names::SourceName;
use crate::model::source::{LoadMode, SourceDefinition};
use crate::project::Project;

impl WarehouseFacts {
    /// Counts the rows of a table of the attached warehouse; `deep`: reads all of them.
    pub(super) fn count(
        &mut self,
        project: &Project,
        session: &Session,
        table: &RowTable,
        deep: bool,
    ) -> Result<(), EngineError> {
        let is_raw = table.schema == "intervals";
        if is_raw {
            let rows = inspect::rows_by_file(session, ATTACHED, table)?;
            self.rows.insert(table.name.clone(), rows);
        }
        if !deep {
            return Ok(());
        }
        inspect::read_through(session, ATTACHED, table)?;
        let name = table.name.parse().ok().filter(|_| is_raw);
        let definition = name.and_then(|name| self.definition(project, &name));
        if let Some(source) = definition.filter(|d| d.load == LoadMode::Upsert) {
            let keys = inspect::repeated_keys(session, ATTACHED, table, &source.key)?;
            self.repeated_keys.insert(table.name.clone(), keys);
        }
        Ok(())
    }

    /// How the rows of a source that count were taken, whatever `workbench.toml` says
    /// of it now. None: nobody wrote that down, or none counts.
    fn definition<'s>(
        &'s self,
        project: &'s Project,
        name: &SourceName,
    ) -> Option<&'s SourceDefinition> {
        let fingerprint = self.bookmarks.sources.get(name)?.live().last()?.definition;
        let today = project.source(name.as_str());
        let today = today.filter(|d| d.fingerprint() == fingerprint);
        self.ledger.definition_like(name, &fingerprint).or(today)
    }

    /// How the rows that count differ from what the ledger says of them, source by
    /// source.
    pub fn miscounted(&self, project: &Project) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, bookmarks) in &self.bookmarks.sources {
            let live = bookmarks.live();
            let added: u64 = live.iter().map(|f| f.rows.added).sum();
            let Some(rows) = self.rows.get(name.as_str()) else {
                if added > 0 {
                    wrong.push(format!("the raw table of source `{name}` is gone"));
                }
                continue;
            };
            let count: u64 = rows.values().sum();
            let expected = match self.definition(project, name).map(|d| d.load) {
                _ if live.is_empty() => 0,
                // What a file added counts as long as it does.
                Some(LoadMode::Append) => added,
                Some(LoadMode::Replace) => live.last().map_or(0, |f| f.rows.taken()),
                // How many keys there are only the rows know.
                Some(LoadMode::Upsert) | None => count,
            };
            if count != expected {
                wrong.push(format!(
                    "the raw table of source `{name}` has {count} rows, and the ledger says {expected}"
                ));
            }
        }
        for (name, keys) in self.repeated_keys.iter().filter(|(_, keys)| **keys > 0) {
            wrong.push(format!(
                "{keys} keys come more than once in the raw table of source `{name}`"
            ));
        }
        wrong
    }
}
