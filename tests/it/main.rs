//! All integration tests, in one binary.

/// A server that speaks S3.
#[path = "../bucket/mod.rs"]
mod bucket;
/// An engine of one's own.
mod engine;
/// A small project in a folder of its own, and the program run in it.
mod world;

/// The terminal app.
mod app;
/// Questions of the app, and what is kept of their answers.
mod ask;
/// Help with SQL, against the engine's parser.
mod assist;
/// What is asked of a source's files, and done once.
mod bookmarks;
/// The real extracts become what the original Spark job computed.
mod case_study;
/// The catalogue: columns, since when, and what reads what.
mod catalog;
/// Completion, as the shells ask for it.
mod completions;
/// `docs/csv.md`, line by line.
mod csv;
/// `workbench demo`: what it says is what lies there, and can be typed.
mod demo;
/// `workbench diff`: against a full outer join, and as it is typed.
mod diff;
/// Planted damages, found and mended.
mod doctor;
/// A day dropped, and put back.
mod drop;
/// The same, killed at every step.
mod drop_kill;
/// The same, where state and warehouse are lost.
mod drop_rebuild;
/// What an export does: again, elsewhere, for another day, refused.
mod export;
/// What can be typed, and the help for it.
mod help;
/// A project proposed from raw files.
mod init;
/// `docs/json.md`: the fields that are documented are those that are printed.
mod json_fields;
/// Killed, failed or paused at every step; completed or undone.
mod kill;
/// The layers of `docs/architecture.md`, held.
mod layers;
/// The load part of an export alone.
mod load;
/// Raw tables against a model, at random.
mod oracle;
/// Long answers: a pager on a terminal, and nowhere else.
mod pager;
/// The examples of the pages under `docs/`, typed.
mod pages;
/// Polluted files, read without being told how.
mod pollution;
/// The publish protocol over a store that loses answers, at random.
mod protocol;
/// Records that were set aside, and files that are still being written.
mod quarantine;
mod query;
/// Two writers at one target.
mod races;
/// Days in a row.
mod range;
/// A lost state and warehouse, built again.
mod rebuild;
/// `docs/reference.md` is what `--help` says.
mod reference;
/// Sources whose raw files are objects of a bucket.
mod remote_sources;
/// The revisions of transforms, and which lines differ.
mod revisions;
/// A target in a bucket.
mod s3;
/// What SQL of a project may not do.
mod sandbox;
/// What is published, listed.
mod snapshots;
/// Everything under `sql/` that is refused, and how it is said.
mod transforms;
/// Random files, read in two ways.
mod two_readers;
/// Raw files, sent to a bucket.
mod upload;
/// A target, looked at without a project.
mod visit;

/// Every file of this folder is listed above.
#[test]
fn no_test_file_is_forgotten() {
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with('.') {
            continue;
        }
        let stem = name.trim_end_matches(".rs");
        assert!(
            stem == "main" || main.contains(&format!("mod {stem};")),
            "tests/it/{name} is not listed in tests/it/main.rs"
        );
    }
}
