//! Do the files under `sql/` parse, and read what is there?

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::{RunError, count};

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    Ok(vec![match &subject.sql {
        None => Finding::skipped(
            "which sources there are is not known while `workbench.toml` cannot be read",
        ),
        Some(Ok(transforms)) => Finding::ok(format!(
            "{}, {} and {} are understood",
            count(transforms.staging.len() as u64, "staging view"),
            count(transforms.features.len() as u64, "dataset"),
            count(transforms.checks.len() as u64, "check"),
        )),
        Some(Err(error)) => Finding::error(error.to_string())
            .run("correct the SQL; `workbench plan` says the same until it is"),
    }])
}
