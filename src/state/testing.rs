//! Small worlds for the tests of this folder.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{NewRun, State};
use crate::model::column::Column;
use crate::model::commit::{
    Commit, CommitStatus, CommittedPartition, FORMAT, Inputs, RunRecord, StagedPartition,
    TargetRecord, TransformRecord,
};
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, Place, RowCounts};
use crate::model::partition::PartitionId;
use crate::model::run::{Known, RunKind};
use crate::model::token::{RandomId, WriterToken};
use crate::model::transform::TransformKind;

/// A state in memory.
pub fn state() -> State {
    State::open(":memory:".as_ref()).unwrap()
}

pub fn day(n: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 11, n).unwrap()
}

/// A moment with microseconds.
pub fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_730_000_000 + seconds, 123_456_000).unwrap()
}

pub fn new_run(number: u64) -> NewRun {
    NewRun {
        number,
        kind: RunKind::Export,
        ingest_date: day(3),
        planned_on: day(4),
        known: Known::Now,
        target_id: None,
        target_url: Some("output".to_owned()),
        started: moment(0),
    }
}

pub fn run_record(run: u64) -> RunRecord {
    RunRecord {
        run,
        kind: RunKind::Drop,
        token: WriterToken::from_stored(format!("{run}-token")),
        ingest_date: day(3),
        planned_on: day(4),
        known: Known::Now,
        started: moment(0),
        program: "workbench 0.1.0".to_owned(),
        engine: "DuckDB 2.0.0".to_owned(),
        sources: Default::default(),
        definitions: Default::default(),
        ended: vec![],
        target: Some(TargetRecord {
            id: RandomId::from_stored("t1"),
            url: "output".to_owned(),
            seq: run,
            parent: None,
        }),
        transforms: vec![],
        checks: vec![],
        partitions: vec![],
        dropped: vec![],
    }
}

pub fn transform_record(
    name: &str,
    revision: Option<u32>,
    meaning: &str,
    text: &str,
) -> TransformRecord {
    TransformRecord {
        kind: TransformKind::Features,
        name: name.parse().unwrap(),
        fingerprint: ContentHash::of(meaning.as_bytes()),
        revision,
        text: text.to_owned(),
    }
}

/// An input file of which all but the number follows from `seed`.
pub fn input_file(number: u64, seed: u64) -> InputFile {
    let hash = ContentHash::of(&seed.to_le_bytes());
    InputFile {
        number,
        blake3: hash,
        size: seed * 7,
        place: Place {
            run: seed % 5,
            position: seed,
        },
        paths: vec![format!("raw/{seed}.csv"), format!("raw/\"é\" {seed}.csv")],
        run: seed % 3 + 1,
        day: day(seed as u32 % 28 + 1),
        rows: RowCounts {
            read: seed + 10,
            added: seed,
            repeated: 1,
            superseded: 2,
            quarantined: 7,
        },
        definition: hash,
    }
}

/// A commit by a run of the same number, of some datasets of one day.
pub fn commit(seq: u64, ingest_date: NaiveDate, datasets: &[&str]) -> Commit {
    let hash = |what: &str| ContentHash::of(format!("{seq} {what}").as_bytes());
    let partition = |dataset: &&str| {
        let id = PartitionId {
            dataset: dataset.parse().unwrap(),
            version: 1,
            ingest_date,
        };
        CommittedPartition {
            path: id.key(),
            tag: format!("tag {seq}"),
            version_id: seq.is_multiple_of(2).then(|| format!("version {seq}")),
            staged: StagedPartition {
                id,
                revision: 1,
                blake3: hash(dataset),
                bytes: seq * 100,
                rows: seq,
                key: vec!["account_id".to_owned()],
                schema: vec![Column {
                    name: "account_id".to_owned(),
                    ty: "BIGINT".to_owned(),
                }],
                inputs: Inputs {
                    fingerprint: hash("meaning"),
                    generations: BTreeMap::from([("accounts".parse().unwrap(), hash("accounts"))]),
                    history: BTreeMap::from([("invoices".parse().unwrap(), hash("history"))]),
                    checks: hash("checks"),
                },
                computed_by: seq,
                computed_known: None,
                raw: BTreeMap::from([("accounts".parse().unwrap(), hash("accounts"))]),
            },
        }
    };
    Commit {
        format: FORMAT,
        seq,
        status: CommitStatus::Published,
        parent: None,
        run: seq,
        kind: RunKind::Export,
        token: WriterToken::from_stored(format!("{seq}-token")),
        ingest_date,
        known: Known::AtRun(seq),
        committed: DateTime::from_timestamp(1_730_000_000, 123_456_789).unwrap(),
        program: "workbench 0.1.0".to_owned(),
        engine: "DuckDB 2.0.0".to_owned(),
        events: vec![],
        head: hash("head"),
        head_seq: seq * 10,
        transforms: vec![],
        checks: vec![],
        partitions: datasets.iter().map(partition).collect(),
        dropped: vec![],
    }
}
