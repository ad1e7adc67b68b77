//! What a plan tells.

use serde_json::{Value, json};

use super::export::files;
use super::table;
use super::words::count;
use crate::model::plan::{DatasetAction, FileStep, Plan};
use crate::pipeline::summary::file_counts;

/// The plan as JSON.
pub fn json(plan: &Plan) -> Value {
    json!({
        "run": plan.run,
        "ingest_date": plan.ingest_date,
        "known": plan.known.to_string(),
        "target": plan.target,
        "empty": plan.is_empty(),
        "recover": plan.recover.iter().map(|r| json!({
            "run": r.run, "ingest_date": r.ingest_date, "was": r.was,
            "action": if r.complete { "complete" } else { "undo" },
        })).collect::<Vec<_>>(),
        "sources": plan.sources.iter().map(|s| json!({
            "name": s.name,
            "files": file_counts(s),
            "refresh": s.refresh,
            "held": s.held,
            "wishes": s.wishes,
            "steps": s.steps.iter().map(|step| {
                let (action, path, reason) = describe(step, &s.again);
                json!({"action": action, "path": path, "reason": reason})
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "datasets": plan.datasets.iter().map(|d| json!({
            "name": d.name, "version": d.version, "revision": d.revision,
            "action": action(d.action), "reason": d.reason, "warnings": d.warnings,
        })).collect::<Vec<_>>(),
        "repairs": plan.repairs.iter().map(|r| json!({
            "path": r.partition.id.key(), "reason": r.reason,
        })).collect::<Vec<_>>(),
        "removals": plan.removals.iter().map(|r| &r.path).collect::<Vec<_>>(),
        "checks": plan.checks,
        "notes": plan.notes,
    })
}

fn action(action: DatasetAction) -> &'static str {
    match action {
        DatasetAction::Publish => "publish",
        DatasetAction::Unchanged => "unchanged",
        DatasetAction::Skipped => "skipped",
    }
}

/// How many files of a source are named before the rest is only counted.
const SHOWN: usize = 10;

/// The plan for people.
pub fn text(plan: &Plan, width: Option<u16>) -> String {
    let mut out = format!(
        "Plan for {} at {} (data as known {})\n\n",
        plan.ingest_date, plan.target, plan.known
    );
    for r in &plan.recover {
        out += &format!(
            "First, run {} of {} ({}) is {}.\n",
            r.run,
            r.ingest_date,
            r.was,
            if r.complete {
                "completed: the warehouse committed it"
            } else {
                "undone: it died before the warehouse committed it"
            }
        );
    }
    if plan.recover.iter().any(|r| r.complete) {
        out += "After that it is decided anew; what follows may turn out to be done already.\n";
    }
    for note in &plan.notes {
        out += &format!("Note: {note}.\n");
    }
    for source in &plan.sources {
        out += &format!("source {}: {}", source.name, files(&file_counts(source)));
        out += if source.refresh {
            ", all loaded anew\n"
        } else {
            "\n"
        };
        for step in source.steps.iter().take(SHOWN) {
            let (action, path, reason) = describe(step, &source.again);
            out += &format!("  {action:<9} {path}  ({reason})\n");
        }
        if source.steps.len() > SHOWN {
            out += &format!("  … and {} more\n", source.steps.len() - SHOWN);
        }
    }
    out.push('\n');
    let rows = plan
        .datasets
        .iter()
        .map(|d| {
            vec![
                d.name.to_string(),
                d.version.to_string(),
                d.revision.to_string(),
                action(d.action).to_owned(),
                d.reason.clone(),
            ]
        })
        .collect();
    out += &table::plain(
        &["dataset", "version", "revision", "action", "because"],
        &[1, 2],
        rows,
        width,
    );
    for repair in &plan.repairs {
        out += &format!("repair {}: {}\n", repair.partition.id.key(), repair.reason);
    }
    out += &if plan.is_empty() {
        "\nNothing to do.\n".to_owned()
    } else {
        let publish = plan
            .datasets
            .iter()
            .filter(|d| d.action == DatasetAction::Publish)
            .count() as u64;
        let checked = match plan.checks {
            0 => String::new(),
            1 => " if the check holds".to_owned(),
            n => format!(" if {} hold", count(n, "check")),
        };
        format!(
            "\n`workbench export` would be run {}, publishing {}{checked}. Nothing was changed.\n",
            plan.run,
            count(publish, "dataset")
        )
    };
    out
}

/// What is done, about which path, and why. `again` are the input files that are
/// taken again.
pub fn describe(step: &FileStep, again: &[u64]) -> (&'static str, String, String) {
    match step {
        FileStep::Take { number, file, .. } if again.contains(number) => {
            ("again", file.path.clone(), count(file.records, "record"))
        }
        FileStep::Process { file, .. } => (
            "processed",
            file.path.clone(),
            "it counts as taken, and is not loaded".to_owned(),
        ),
        FileStep::Take { file, .. } => ("new", file.path.clone(), count(file.records, "record")),
        FileStep::Rewrite { file, replaces, .. } => (
            "rewritten",
            file.path.clone(),
            format!(
                "{} instead of {}",
                count(file.records, "record"),
                count(replaces.rows.read, "record")
            ),
        ),
        FileStep::Rename { file, paths } => (
            "renamed",
            paths.join(", "),
            format!("the content of `{}`", file.paths.join(", ")),
        ),
        FileStep::Duplicate { path, paths, .. } => {
            let others: Vec<&str> = paths
                .iter()
                .map(String::as_str)
                .filter(|p| p != path)
                .collect();
            (
                "duplicate",
                path.clone(),
                format!("the same content as `{}`", others.join(", ")),
            )
        }
        FileStep::FewerPaths { file, paths } => (
            "moved",
            file.paths.join(", "),
            format!("still carried by `{}`", paths.join(", ")),
        ),
        FileStep::Vanished { file } => (
            "vanished",
            file.paths.join(", "),
            "its rows stay".to_owned(),
        ),
        FileStep::Retract { file } => (
            "vanished",
            file.paths.join(", "),
            "its rows are retracted".to_owned(),
        ),
    }
}
