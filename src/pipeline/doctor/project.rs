//! Does `workbench.toml` read?

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::{RunError, count};

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let project = &subject.ctx.project;
    let Some(error) = subject.broken else {
        return Ok(vec![Finding::ok(format!(
            "`workbench.toml` names {} and the target `{}`",
            count(project.sources.len() as u64, "source"),
            project.target
        ))]);
    };
    let what = error.hint();
    let found = Finding::error(error.to_string());
    Ok(vec![found.run(what.unwrap_or_else(|| {
        "correct `workbench.toml`; until then its sources are not looked at".to_owned()
    }))])
}
