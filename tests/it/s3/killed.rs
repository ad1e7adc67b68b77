//! An export that is killed while it publishes to a bucket, and the next one.

use workbench::failpoint::Failpoint;

use super::{Cloud, TOTALS};
use crate::bucket::{BUCKET, Habits};

const SIGABRT: i32 = 6;

/// The steps from the plan on that a bucket has.
const STEPS: [Failpoint; 10] = [
    Failpoint::RunPlanned,
    Failpoint::FileLoaded,
    Failpoint::OutputStaged,
    Failpoint::StagingSynced,
    Failpoint::WarehouseCommitted,
    Failpoint::StatePublishing,
    Failpoint::IntentPut,
    Failpoint::CommitPut,
    Failpoint::StateSucceeded,
    Failpoint::StagingRemoved,
];

#[test]
fn killed_at_any_step_it_is_completed_or_undone() {
    let second_day = || {
        let mut cloud = Cloud::shop(Habits::default());
        cloud.run(&["export"]).ok();
        cloud.world.deliver_more();
        cloud.world.today = "2024-11-04".to_owned();
        cloud
    };
    let whole = second_day();
    whole.run(&["export"]).ok();
    let (published, totals) = (whole.published(), whole.query(TOTALS));
    for step in STEPS {
        let cloud = second_day();
        let killed = cloud.run_with(&["export"], &format!("{}=abort", step.name()));
        assert_eq!(killed.signal, Some(SIGABRT), "{step:?}: {}", killed.stderr);
        // Readers of commits see the old day or the new one.
        let seen = cloud.query(TOTALS);
        assert!(
            seen == totals || seen == "total,customers\n11.00,2\n",
            "{step:?}: {seen}"
        );
        cloud.run(&["export"]).ok();
        assert_eq!(cloud.published(), published, "{step:?}");
        assert_eq!(cloud.query(TOTALS), totals, "{step:?}");
        let left = crate::world::walk(&cloud.world.path(".workbench/staging"));
        assert!(left.is_empty(), "{step:?} left {left:?}");
    }
}

/// Of a target that has no commit yet nothing that is remembered is believed: it may
/// have been emptied meanwhile.
#[test]
fn a_first_export_that_was_killed_begins_anew_in_an_emptied_bucket() {
    let cloud = Cloud::shop(Habits::default());
    let killed = cloud.run_with(&["export"], "intent-put=abort");
    assert_eq!(killed.signal, Some(SIGABRT), "{}", killed.stderr);
    for key in cloud.server.shelf.keys(BUCKET) {
        cloud.server.shelf.remove(BUCKET, &key);
    }
    let told = cloud.run(&["export"]).expect(1).stderr;
    assert!(told.contains("it was emptied or replaced"), "{told}");
    cloud.run(&["runs", "abandon", "1"]).ok();
    cloud.run(&["export", "--new-target"]).ok();
    assert_eq!(cloud.query(TOTALS), "total,customers\n11.00,2\n");
}

const NOTES: &str = "/*
description = \"Text that does not compress to less than three parts.\"
key = [\"id\"]
*/
SELECT id, note FROM raw.notes
";
const COUNT: &str = "SELECT count(*) AS n FROM features.a_notes";
const ROWS: u32 = 600_000;

/// A shop with a dataset, the first of all, that is sent in parts.
fn with_notes(more: &str) -> Cloud {
    let cloud = Cloud::shop(Habits::default());
    let source = "[sources.notes]\npath = \"raw/notes/*.csv\"\n";
    cloud.configure(&format!("part_size = \"5MiB\"\n{more}{source}"));
    cloud.world.write("sql/features/a_notes.sql", NOTES);
    let mut text = "id,note\n".to_owned();
    for id in 0..ROWS {
        let noise = blake3::hash(&id.to_le_bytes()).to_hex();
        text += &format!("{id},{noise}\n");
    }
    cloud.world.write("raw/notes/notes.csv", &text);
    cloud
}

#[test]
fn an_upload_that_was_cut_off_is_resumed_and_sends_only_what_is_missing() {
    let cloud = with_notes("concurrency = 1\n");
    // The first two parts are those of the probe.
    let killed = cloud.run_with(&["export"], "part-sent#4=abort");
    assert_eq!(killed.signal, Some(SIGABRT), "{}", killed.stderr);
    let [(key, there)] = &cloud.server.shelf.uploads()[..] else {
        panic!("{:?}", cloud.server.shelf.uploads());
    };
    assert!(
        *there > 10 * 1024 * 1024 && key.contains("a-notes"),
        "{there} {key}"
    );
    // While it is cut off, nobody sees a piece of it.
    assert!(cloud.published().is_empty());

    cloud.server.network.forget();
    cloud.run(&["export"]).ok();
    let sent = cloud.server.network.counts().requests;
    let thing = cloud.server.shelf.peek(BUCKET, key).unwrap();
    let parts: u64 = thing.etag.rsplit_once('-').unwrap().1.parse().unwrap();
    assert!(parts > 2, "{parts}");
    assert_eq!(sent["part"], parts - 2, "{sent:?}");
    assert!(cloud.server.shelf.uploads().is_empty());
    let mark = thing.metadata["workbench-blake3"].clone();
    assert_eq!(mark, blake3::hash(&thing.bytes).to_hex().to_string());
    assert_eq!(cloud.query(COUNT), format!("n\n{ROWS}\n"));
}

/// An upload that fails is not left to be paid for.
#[test]
fn an_upload_that_fails_is_aborted() {
    let cloud = with_notes("concurrency = 2\n");
    let failed = cloud.run_with(&["export"], "part-sent#4=eio").expect(1);
    assert!(failed.stderr.contains("a-notes"), "{}", failed.stderr);
    assert!(cloud.server.shelf.uploads().is_empty());
    cloud.run(&["export"]).ok();
    assert_eq!(cloud.query(COUNT), format!("n\n{ROWS}\n"));
}

/// What nobody ended is listed, and ended once it is a day old.
#[test]
fn doctor_finds_uploads_that_nobody_ended() {
    let cloud = with_notes("concurrency = 1\n");
    let killed = cloud.run_with(&["export"], "part-sent#4=abort");
    assert_eq!(killed.signal, Some(SIGABRT), "{}", killed.stderr);
    cloud.run(&["runs", "abandon", "1"]).ok();
    assert_eq!(cloud.server.shelf.uploads().len(), 1);
    let listed = cloud.run(&["doctor", "--fix"]);
    assert!(
        listed.stdout.contains("an upload of `a-notes/"),
        "{}",
        listed.stdout
    );
    // It may be another copy's, that is at work.
    assert_eq!(cloud.server.shelf.uploads().len(), 1);
    cloud
        .server
        .shelf
        .age_uploads(std::time::SystemTime::UNIX_EPOCH);
    let ended = cloud.run(&["doctor", "--fix"]);
    assert!(
        ended.stdout.contains("ended the upload of `a-notes/"),
        "{}",
        ended.stdout
    );
    assert!(cloud.server.shelf.uploads().is_empty());
}
