//! Is `state.db` there, of this version, and whole?

use super::finding::Finding;
use super::subject::{StateSeen, Subject};
use crate::pipeline::error::{RunError, count};
use crate::state::StateError;

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    Ok(vec![match &subject.state {
        StateSeen::Missing if !subject.has_run() => Finding::ok("no run has taken place yet"),
        StateSeen::Missing => Finding::error("`.workbench/state.db` is not there")
            .run("`workbench rebuild`, or restore `.workbench` as a whole from a backup"),
        StateSeen::Unreadable(error @ StateError::Older { .. }) => {
            Finding::warning(error.to_string()).run("`workbench export`")
        }
        StateSeen::Unreadable(error @ StateError::Corrupt { .. }) => {
            Finding::error(error.to_string()).run("`workbench rebuild`")
        }
        StateSeen::Unreadable(error) => Finding::error(error.to_string()),
        StateSeen::There(facts) => {
            let damage = facts.state.damage(subject.deep)?;
            if damage.is_empty() {
                Finding::ok(format!(
                    "it knows {} and {}",
                    count(facts.runs.len() as u64, "run"),
                    count(facts.targets.len() as u64, "target"),
                ))
            } else {
                Finding::error(format!(
                    "`.workbench/state.db` is damaged: {}",
                    damage.join("; ")
                ))
                .run("`workbench rebuild`")
            }
        }
    }])
}
