//! Taking records out of the quarantine that fit now, where rows are only added.
//! (Where the last row of a key counts, the files are read again in their order.)

use std::collections::BTreeMap;

use super::columns::text_columns;
use super::load::{Loaded, Loader};
use super::load_error::LoadError;
use crate::engine::values::TextColumns;
use crate::engine::warehouse::{ADDED, FILE, RETIRED};
use crate::engine::{quarantine, quote};
use crate::model::input_file::InputFile;
use crate::model::ledger::Event;

/// The fields of records that were refused for what they say.
const TEXT: &str = "temp.wb_text";

impl Loader<'_> {
    /// Takes what fits. Records that are not whole (ragged, not closed, no text)
    /// stay: no definition makes them so.
    pub(super) fn replay(
        &self,
        live_before: &[&InputFile],
        loaded: &mut Loaded,
    ) -> Result<(), LoadError> {
        if !quarantine::exists(self.session, self.source.name.as_str())? {
            return Ok(());
        }
        let mut taken: BTreeMap<u64, u64> = BTreeMap::new();
        for names in self.kinds()? {
            for (number, rows) in self.replay_kind(&names)? {
                *taken.entry(number).or_default() += rows;
            }
        }
        for file in live_before {
            let Some(rows) = taken.get(&file.number) else {
                continue;
            };
            let mut counts = file.rows;
            counts.added += rows;
            counts.quarantined = counts.quarantined.saturating_sub(*rows);
            loaded.rows.added += rows;
            loaded.events.push(Event::Replayed {
                source: self.source.name.clone(),
                number: file.number,
                rows: counts,
            });
        }
        Ok(())
    }

    /// The headers under which records were refused.
    fn kinds(&self) -> Result<Vec<Vec<String>>, LoadError> {
        let rows = self.session.texts(&format!(
            "SELECT DISTINCT to_json(columns)::VARCHAR FROM {} WHERE {RETIRED} IS NULL AND fields IS NOT NULL ORDER BY 1",
            self.refused_table()
        ))?;
        let texts = rows.into_iter().flatten().flatten();
        Ok(texts
            .filter_map(|text| serde_json::from_str(&text).ok())
            .collect())
    }

    fn refused_table(&self) -> String {
        quarantine::table(self.source.name.as_str())
    }

    /// Rows taken, by input file.
    fn replay_kind(&self, names: &[String]) -> Result<Vec<(u64, u64)>, LoadError> {
        let refused = self.refused_table();
        let columns: TextColumns = text_columns(self.source, names, &self.known_columns()?);
        let fields = names
            .iter()
            .enumerate()
            .map(|(at, name)| format!("fields[{}] AS {}", at + 1, quote::ident(name)));
        self.session.batch(&format!(
            "CREATE OR REPLACE TEMP TABLE wb_text AS
             SELECT rowid AS _wb_record, {FILE} AS _wb_of, {} FROM {refused}
             WHERE {RETIRED} IS NULL AND fields IS NOT NULL AND columns = {}",
            quote::join(fields),
            quote::literals(names)
        ))?;
        let cast = columns.cast(TEXT);
        self.session.batch(&format!(
            "CREATE OR REPLACE TEMP TABLE wb_fit AS
             SELECT _wb_record, _wb_of FROM {cast} WHERE ({}) IS NULL",
            columns.misfit()
        ))?;
        self.session.execute(&format!(
            "INSERT INTO {} ({}, {FILE}, {ADDED}, {RETIRED})
             SELECT {}, _wb_of, {}::INTEGER, NULL::INTEGER FROM {cast}
             WHERE _wb_record IN (SELECT _wb_record FROM temp.wb_fit) ORDER BY _wb_record",
            self.table(),
            quote::idents(names),
            columns.values(),
            self.run,
        ))?;
        self.session.execute(&format!(
            "UPDATE {refused} SET {RETIRED} = {} WHERE rowid IN (SELECT _wb_record FROM temp.wb_fit)",
            self.run
        ))?;
        let counts = self.session.texts(
            "SELECT _wb_of::VARCHAR, count(*)::VARCHAR FROM temp.wb_fit GROUP BY 1 ORDER BY 1",
        )?;
        self.session
            .batch(&format!("DROP TABLE {TEXT}; DROP TABLE temp.wb_fit"))?;
        let parse = |cell: Option<String>| cell.and_then(|c| c.parse().ok()).unwrap_or(0);
        Ok(counts
            .into_iter()
            .map(|row| {
                let mut cells = row.into_iter();
                (parse(cells.next().flatten()), parse(cells.next().flatten()))
            })
            .collect())
    }
}
