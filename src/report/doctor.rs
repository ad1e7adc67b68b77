//! What `doctor` found.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::listing::{Cell, Listing, text as column};
use super::words::count;
use crate::pipeline::doctor::{Examined, Finding, Verdict};

/// As JSON.
pub fn json(examined: &Examined) -> Value {
    let checks: Vec<Value> = examined
        .checks
        .iter()
        .map(|check| {
            json!({
                "check": check.name,
                "verdict": check.verdict(),
                "findings": check.findings,
            })
        })
        .collect();
    json!({
        "verdict": examined.verdict(),
        "checks": checks,
        "at_work": examined.at_work,
        "mended": examined.mended,
    })
}

/// A row for each finding.
pub fn listing(examined: &Examined) -> Listing {
    let mut listing = Listing::new([
        column("check", "check"),
        column("verdict", "verdict"),
        column("found", "found"),
        column("run", "what to run"),
        column("mendable", "`--fix` mends it"),
    ]);
    for (name, finding) in findings(examined) {
        listing.rows.push(vec![
            Cell::plain(name),
            Cell::plain(finding.verdict.as_str()),
            Cell::plain(&finding.found),
            finding.run.as_ref().map_or(Cell::none(""), Cell::plain),
            Cell::shown(finding.mendable, if finding.mendable { "yes" } else { "" }),
        ]);
    }
    listing
}

fn findings(examined: &Examined) -> impl Iterator<Item = (&'static str, &Finding)> {
    let checks = examined.checks.iter();
    checks.flat_map(|check| check.findings.iter().map(|f| (check.name, f)))
}

/// For people, at most `width` columns wide; only what is wrong, unless `all`.
pub fn text(examined: &Examined, all: bool, width: Option<u16>) -> String {
    let mut out = String::new();
    for mended in examined.mended.iter().flatten() {
        out += &match &mended.failed {
            None => format!("Mended: {}\n", mended.done),
            Some(why) => format!("Not mended: {}: {why}\n", mended.done),
        };
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let shown = |f: &Finding| all || f.verdict >= Verdict::Warning;
    let names = examined.checks.iter().map(|c| c.name.len());
    let indent = names.max().unwrap_or(0) + VERDICT + 4;
    let mut before = "";
    for (name, finding) in findings(examined).filter(|(_, f)| shown(f)) {
        let title = if name == before { "" } else { name };
        before = name;
        let verdict = finding.verdict.as_str();
        let lead = format!(
            "{verdict:VERDICT$}  {:1$}  ",
            title.replace('_', " "),
            indent - VERDICT - 4
        );
        out += &wrapped(&lead, &finding.found, indent, width);
        if let Some(run) = &finding.run {
            out += &wrapped(
                &format!("{:indent$}", ""),
                &format!("-> {run}"),
                indent,
                width,
            );
        }
    }
    let summary = summary(examined);
    if all || !out.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &wrapped("", &summary, 0, width);
    }
    out
}

/// The width of a verdict.
const VERDICT: usize = 7;

fn summary(examined: &Examined) -> String {
    let of = |verdict| {
        let found = findings(examined).filter(|(_, f)| f.verdict == verdict);
        found.count() as u64
    };
    let (errors, warnings, skipped) = (
        of(Verdict::Error),
        of(Verdict::Warning),
        of(Verdict::Skipped),
    );
    let mut text = match (errors, warnings) {
        (0, 0) => "All is as it should be".to_owned(),
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    };
    if skipped > 0 {
        text += &format!("; {} could not be looked at", count(skipped, "check"));
    }
    let mendable = findings(examined).filter(|(_, f)| f.mendable).count() as u64;
    if mendable > 0 && examined.mended.is_none() {
        text += &format!("; `workbench doctor --fix` mends {mendable}");
    }
    text.push('.');
    if let Some(who) = &examined.at_work {
        text += &format!(" A run is at work ({who}): what it is about was not judged.");
    }
    text
}

/// `text` behind `lead`, its lines broken between words and indented alike.
fn wrapped(lead: &str, text: &str, indent: usize, width: Option<u16>) -> String {
    let room = width.map_or(usize::MAX, |w| {
        usize::from(w).saturating_sub(indent).max(20)
    });
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        // A drawing, such as a place in a file, stays as it is.
        if line.starts_with(' ') {
            lines.push(line.to_owned());
            continue;
        }
        let mut now = String::new();
        for word in line.split(' ') {
            if !now.is_empty() && now.width() + 1 + word.width() > room {
                lines.push(std::mem::take(&mut now));
            }
            if !now.is_empty() {
                now.push(' ');
            }
            now += word;
        }
        lines.push(now);
    }
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let lead = if at == 0 {
            lead.to_owned()
        } else {
            " ".repeat(indent)
        };
        out += format!("{lead}{line}").trim_end();
        out.push('\n');
    }
    out
}
