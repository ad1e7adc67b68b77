//! Whether what a statement finds can be published as it is: what the export would refuse
//! is told before.

use super::{Asker, FeatureError};
use crate::engine::parquet;
use crate::model::column::Column;
use crate::model::interrupt::Interrupt;
use crate::model::partition::PartitionId;
use crate::model::transform::Transform;
use crate::pipeline::error::RunError;
use crate::pipeline::outputs;
use crate::store::files::Temporary;

impl Asker {
    /// Refuses what the export would, where the dataset is published.
    pub(super) fn refuse_broken_shape(
        &self,
        own: &Transform,
        columns: &[Column],
    ) -> Result<(), FeatureError> {
        let published = self.browser.published();
        let published = published.map_err(|e| FeatureError::Other(e.into()))?;
        let id = PartitionId {
            dataset: own.name.clone(),
            version: own.header.version,
            ingest_date: self.ctx.today(),
        };
        let shape = outputs::refuse_broken_shape(&published, &id, columns, &own.header.key, &[]);
        shape.map_err(|error| FeatureError::Sql {
            message: error.to_string(),
            hint: Some(format!(
                "raise `version` to {} in its header, if that is meant: it is then published beside \
                 the old one",
                id.version + 1
            )),
            at: 0..0,
        })
    }

    /// Why a column would not be published as it is: `StageError::TypeNotKept` of an export.
    pub(super) fn not_kept(&self, columns: &[Column]) -> Result<Option<String>, RunError> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let session = self.browser.session(&Interrupt::default())?;
        let name = format!("{}.parquet", uuid::Uuid::new_v4().simple());
        let file = Temporary::new(folder.path().join(name));
        let stored = parquet::stored(&session, columns, file.path())?;
        let mut both = columns.iter().zip(&stored);
        let other = both.find(|(column, stored)| column.ty != stored.ty);
        Ok(other.map(|(column, stored)| {
            let Column { name, ty } = column;
            let stored = &stored.ty;
            format!("the column `{name}` is {ty}, which a Parquet file would hold as {stored}")
        }))
    }
}
