//! Is there room for the next run?

use std::collections::BTreeSet;

use super::finding::Finding;
use super::subject::Subject;
use crate::pipeline::error::RunError;
use crate::pipeline::space::free_at;

/// Bytes. With less than this even a run that loads nothing may fail.
const LEAST: u64 = 64 * 1024 * 1024;

pub(super) fn look(subject: &Subject<'_>) -> Result<Vec<Finding>, RunError> {
    let layout = &subject.ctx.layout;
    let waiting = waiting(subject);
    let warehouse = layout.warehouse().metadata().map_or(0, |m| m.len());
    let mut places = vec![(".workbench".to_owned(), layout.private())];
    if let Some(folder) = &subject.target.folder {
        places.push((subject.target.url.clone(), folder.clone()));
    }
    let mut found = Vec::new();
    let mut told = Vec::new();
    for (name, folder) in places {
        let Some(free) = free_at(&folder) else {
            continue;
        };
        found.extend(judged(&name, free, waiting, warehouse));
        told.push(format!("{} are free at `{name}`", bytes(free)));
    }
    if found.is_empty() {
        found.push(if told.is_empty() {
            Finding::skipped("the file system does not tell how much is free")
        } else {
            Finding::ok(format!(
                "{}; files that wait have {}",
                told.join(", "),
                bytes(waiting)
            ))
        });
    }
    Ok(found)
}

fn judged(place: &str, free: u64, waiting: u64, warehouse: u64) -> Option<Finding> {
    if free < waiting.max(LEAST) {
        return Some(
            Finding::error(format!(
                "only {} are free at `{place}`; the next run needs about {}",
                bytes(free),
                bytes(waiting.max(LEAST))
            ))
            .run("free some space before the next export"),
        );
    }
    // A full refresh and a rebuild write the warehouse once more, beside the old one.
    let twice = waiting.saturating_add(warehouse);
    (free < twice).then(|| {
        Finding::warning(format!(
            "{} are free at `{place}`: enough for the next run, and too little to load everything \
             again (about {})",
            bytes(free),
            bytes(twice)
        ))
        .run("free some space before a full refresh or a rebuild")
    })
}

/// Bytes of the files that no run has taken.
fn waiting(subject: &Subject<'_>) -> u64 {
    let mut taken = BTreeSet::new();
    for source in subject.bookmarks().iter().flat_map(|b| b.sources.values()) {
        taken.extend(source.files.iter().flat_map(|b| &b.file.paths));
    }
    let sources = subject.ctx.project.sources.iter();
    let shown = sources.filter_map(|s| subject.ctx.places().find(s).ok());
    shown
        .flat_map(|found| found.files)
        .filter(|file| !taken.contains(&file.path))
        .filter_map(|file| file.size())
        .sum()
}

/// For people.
fn bytes(n: u64) -> String {
    match n {
        0..1_000_000 => format!("{n} bytes"),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::doctor::Verdict;

    #[test]
    fn too_little_is_an_error_and_too_little_for_twice_a_warning() {
        const GB: u64 = 1_000_000_000;
        let verdict = |free, waiting, warehouse| {
            judged("output", free, waiting, warehouse).map(|f| f.verdict)
        };
        assert_eq!(verdict(10 * GB, GB, GB), None);
        assert_eq!(verdict(GB, 2 * GB, 0), Some(Verdict::Error));
        assert_eq!(verdict(1_000_000, 0, 0), Some(Verdict::Error));
        assert_eq!(verdict(3 * GB, GB, 5 * GB), Some(Verdict::Warning));
        assert_eq!(verdict(GB, GB, 0), None);
    }
}
