//! What is done to the tables of a source before its files are read.

use super::infer;
use super::load::{Loader, wanted};
use super::load_error::LoadError;
use crate::engine::quarantine;
use crate::engine::warehouse::{self, FILE, RETIRED};
use crate::model::column::Column;
use crate::model::input_file::ScannedFile;
use crate::model::ledger::{Event, SchemaDrift};
use crate::model::plan::{FileStep, SourcePlan};

impl Loader<'_> {
    /// Creates the raw table, and gives it the columns and types that new files
    /// bring.
    pub(super) fn prepare_table(
        &self,
        plan: &SourcePlan,
        events: &mut Vec<Event>,
    ) -> Result<(), LoadError> {
        self.prepare_for(wanted(plan).map(|wanted| wanted.file), events)
    }

    /// Gives the raw table the columns and types that these files bring.
    pub(super) fn prepare_for<'f>(
        &self,
        files: impl Iterator<Item = &'f ScannedFile>,
        events: &mut Vec<Event>,
    ) -> Result<(), LoadError> {
        let name = self.source.name.as_str();
        let mut columns = self.known_columns()?;
        if let Some(repeated) = self.repeated {
            self.follow(&mut columns, repeated.drift)?;
            return Ok(warehouse::ensure_raw_table(self.session, name, &columns)?);
        }
        for file in files {
            let drift = infer::drift(self.source, file, &columns, self.interrupt)?;
            self.follow(&mut columns, &drift)?;
            events.extend(drift.into_iter().map(|drift| Event::Drifted {
                source: self.source.name.clone(),
                drift,
            }));
        }
        warehouse::ensure_raw_table(self.session, name, &columns)?;
        Ok(())
    }

    /// Gives columns, and the raw table where it has them, what a file brought.
    fn follow(&self, columns: &mut Vec<Column>, drift: &[SchemaDrift]) -> Result<(), LoadError> {
        for drift in drift {
            infer::follow(columns, drift);
            if let SchemaDrift::Widened { column, to, .. } = drift {
                let name = self.source.name.as_str();
                warehouse::widen_raw_column(self.session, name, column, to)?;
            }
        }
        Ok(())
    }

    /// Records in the quarantine whose file is read again, or does not count any
    /// more.
    pub(super) fn retire_refused(&self, plan: &SourcePlan) -> Result<(), LoadError> {
        if plan.refresh || !quarantine::exists(self.session, self.source.name.as_str())? {
            return Ok(());
        }
        let numbers = plan.steps.iter().filter_map(|step| match step {
            FileStep::Take { number, .. } => Some(*number),
            FileStep::Rewrite { replaces, .. } => Some(replaces.number),
            FileStep::Retract { file } => Some(file.number),
            _ => None,
        });
        numbers.into_iter().try_for_each(|n| self.release(n))
    }

    /// Takes the records of a file out of the quarantine.
    pub(super) fn release(&self, number: u64) -> Result<(), LoadError> {
        let source = self.source.name.as_str();
        if quarantine::exists(self.session, source)? {
            self.session.execute(&format!(
                "UPDATE {} SET {RETIRED} = {} WHERE {RETIRED} IS NULL AND {FILE} = {number}",
                quarantine::table(source),
                self.run
            ))?;
        }
        Ok(())
    }
}
