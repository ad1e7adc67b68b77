//! What `upload` sent.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::words::{bytes, count};
use crate::pipeline::upload::{Sent, SentFile, UploadReport};

/// Files that are named of those left out.
const SHOWN: usize = 10;

/// As JSON.
pub fn json(report: &UploadReport) -> Value {
    json!({
        "dry_run": report.dry_run,
        "files": report.files.iter().map(|file| json!({
            "path": file.path,
            "url": file.url,
            "bytes": file.bytes,
            "sent": file.sent,
        })).collect::<Vec<_>>(),
        "left_out": report.left_out.iter().map(|(path, why)| json!({
            "path": path, "reason": why,
        })).collect::<Vec<_>>(),
    })
}

/// For people: what was sent by folder, and what is there.
pub fn text(report: &UploadReport) -> String {
    let mut out = String::new();
    let mut folders: BTreeMap<&str, Vec<&SentFile>> = BTreeMap::new();
    for file in &report.files {
        let folder = file.url.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(file);
    }
    for (folder, files) in folders {
        let of = |sent: Sent| files.iter().filter(|f| f.sent == sent).count() as u64;
        let told = [
            (of(Sent::New), "new"),
            (of(Sent::Replaced), "replaced"),
            (of(Sent::Unchanged), "there already"),
        ];
        let told = told.iter().filter(|(n, _)| *n > 0);
        let told: Vec<String> = told.map(|(n, what)| format!("{n} {what}")).collect();
        out += &format!("{folder}/: {}\n", told.join(", "));
    }
    let sent: Vec<&SentFile> = report
        .files
        .iter()
        .filter(|file| file.sent != Sent::Unchanged)
        .collect();
    let size = sent.iter().map(|file| file.bytes).sum();
    let verb = if report.dry_run {
        "would be sent"
    } else {
        "sent"
    };
    out += &match sent.len() as u64 {
        0 => "Everything is there already.\n".to_owned(),
        n => format!("{} {verb}, {}.\n", count(n, "file"), bytes(size)),
    };
    for (path, why) in report.left_out.iter().take(SHOWN) {
        out += &format!("left out: `{path}`: {why}\n");
    }
    if report.left_out.len() > SHOWN {
        out += &format!("and {} more\n", report.left_out.len() - SHOWN);
    }
    out
}
