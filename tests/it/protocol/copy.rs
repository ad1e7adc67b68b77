//! One copy of a project: what `export` and `runs abandon` do at the target,
//! without an engine. Bytes come from memory, the ledger is a list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use workbench::model::commit::{
    Commit, CommitStatus, DroppedPartition, Inputs, Intent, RunRecord, StagedPartition,
    TargetRecord,
};
use workbench::model::hash::ContentHash;
use workbench::model::interrupt::Interrupt;
use workbench::model::partition::PartitionId;
use workbench::model::progress::Silent;
use workbench::model::run::{Known, RunKind};
use workbench::model::token::{RandomId, WriterToken};
use workbench::snapshots::abandon::{self, GivenUp};
use workbench::snapshots::publish::{
    self, Fate, LedgerSince, Outcome, Publisher, Staged, StagedFiles,
};
use workbench::snapshots::{PublishError, Published};
use workbench::store::Store;

/// So few keys that the writers collide.
pub const KEYS: usize = 4;
/// So few bodies that different runs sometimes announce the same bytes.
pub const BODIES: u8 = 5;

/// One command typed at a copy of the project.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// What it would publish: bodies by key.
    pub pieces: BTreeMap<usize, u8>,
    /// What it would drop, where it is live and not published anew.
    pub drops: BTreeSet<usize>,
    pub killed_after: Option<u64>,
    /// What becomes of this copy's own runs that died: given up, or completed.
    pub gives_up: bool,
    pub at_open_intent: AtOpenIntent,
    /// After being overtaken: whether a new run is planned at once.
    pub tries_again: bool,
}

/// What is done about an open intent of another copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtOpenIntent {
    /// As `export`, which names it and ends.
    #[default]
    Leave,
    /// As `runs abandon`, also while its writer is alive.
    Abandon,
    /// As a copy made after the run was recorded: two writers with one token.
    Complete,
}

/// A run as the ledger of its copy knows it.
#[derive(Debug, Clone)]
struct Run {
    copy: usize,
    record: RunRecord,
    settled: bool,
}

/// What somebody was told about a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    Published(Box<Commit>),
    Lost(WriterToken),
}

/// What the copies remember, and what the test remembers of them.
#[derive(Default)]
pub struct World {
    runs: Mutex<Vec<Run>>,
    told: Mutex<Vec<Told>>,
    clock: AtomicI64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes of a body at a key.
fn bytes(key: usize, body: u8) -> Vec<u8> {
    format!("body {body} of key {key}").into_bytes()
}

/// The key and the body that these bytes are, if they are whole.
pub fn body_of(found: &[u8]) -> Option<(usize, u8)> {
    let all = (0..=KEYS).flat_map(|key| (0..BODIES).map(move |body| (key, body)));
    all.into_iter()
        .find(|(key, body)| bytes(*key, *body) == found)
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 11, 3).unwrap()
}

fn id(key: usize) -> PartitionId {
    PartitionId {
        dataset: format!("dataset_{key}").parse().unwrap(),
        version: 1,
        ingest_date: day(),
    }
}

fn partition(key: usize, body: u8, run: u64) -> StagedPartition {
    let bytes = bytes(key, body);
    StagedPartition {
        id: id(key),
        revision: 1,
        blake3: ContentHash::of(&bytes),
        bytes: bytes.len() as u64,
        rows: 1,
        key: Vec::new(),
        schema: Vec::new(),
        inputs: Inputs {
            fingerprint: ContentHash::of(b""),
            generations: BTreeMap::new(),
            history: BTreeMap::new(),
            checks: ContentHash::of(b""),
        },
        computed_by: run,
        computed_known: None,
        raw: BTreeMap::new(),
    }
}

impl StagedFiles for World {
    /// Staging is never lost here: each body can be made again.
    fn bytes_of(&self, partition: &StagedPartition) -> Result<Staged, PublishError> {
        let found = (0..=KEYS)
            .flat_map(|key| (0..BODIES).map(move |body| bytes(key, body)))
            .find(|bytes| ContentHash::of(bytes) == partition.blake3);
        Ok(Staged::Bytes(found.unwrap()))
    }
}

impl World {
    /// Everything that anybody was told.
    pub fn told(&self) -> Vec<Told> {
        locked(&self.told).clone()
    }

    /// Each moment is later than the one before: a commit that is put again has
    /// other bytes.
    fn now(&self) -> DateTime<Utc> {
        let second = self.clock.fetch_add(1, Ordering::Relaxed);
        DateTime::from_timestamp(1_730_000_000 + second, 0).unwrap()
    }

    /// The runs of a copy, or of all, of which it is not known how they ended.
    pub fn unsettled(&self, copy: Option<usize>) -> Vec<RunRecord> {
        let runs = locked(&self.runs);
        let unsettled = runs.iter().filter(|r| !r.settled);
        let own = unsettled.filter(|r| copy.is_none_or(|copy| r.copy == copy));
        own.map(|r| r.record.clone()).collect()
    }

    /// Records that somebody was told how a run ended.
    fn tell(&self, token: &WriterToken, told: Told) {
        for run in locked(&self.runs).iter_mut() {
            run.settled |= run.record.token == *token;
        }
        locked(&self.told).push(told);
    }

    /// One session of one copy, cut short by the first error as `export` is.
    pub fn export(
        &self,
        store: &dyn Store,
        copy: usize,
        session: &Session,
    ) -> Result<(), PublishError> {
        let mut published = Published::read(store)?;
        for record in self.unsettled(Some(copy)) {
            if session.gives_up {
                self.give_up(store, &record)?;
            } else {
                self.publish(store, &record)?;
            }
            published = Published::read(store)?;
        }
        if let Some(intent) = abandon::open_intent(store, &published)? {
            // Of an own run that was settled: its closer died half-way.
            let own = self
                .run_of(&intent.token)
                .is_some_and(|run| run.copy == copy);
            match session.at_open_intent {
                _ if own => self.close(store, &published, &intent)?,
                AtOpenIntent::Leave => return Ok(()),
                AtOpenIntent::Abandon => self.close(store, &published, &intent)?,
                AtOpenIntent::Complete => {
                    if let Some(run) = self.run_of(&intent.token) {
                        self.publish(store, &run.record)?;
                    }
                }
            }
            published = Published::read(store)?;
        }
        let record = self.plan(store, copy, session, &published)?;
        if !self.publish(store, &record)? && session.tries_again {
            let published = Published::read(store)?;
            let record = self.plan(store, copy, session, &published)?;
            self.publish(store, &record)?;
        }
        let published = Published::read(store)?;
        publish::write_checkpoint(store, &published, &record.token)?;
        Ok(())
    }

    fn run_of(&self, token: &WriterToken) -> Option<Run> {
        let runs = locked(&self.runs);
        runs.iter().find(|r| r.record.token == *token).cloned()
    }

    /// Plans a run and writes it down, as the warehouse's commit does: its own
    /// pieces and drops, what suspect keys should hold and do not, and dropped keys
    /// that hold something again.
    pub fn plan(
        &self,
        store: &dyn Store,
        copy: usize,
        session: &Session,
        published: &Published,
    ) -> Result<RunRecord, PublishError> {
        let number = {
            let runs = locked(&self.runs);
            runs.iter().filter(|r| r.copy == copy).count() as u64 + 1
        };
        let mut partitions: Vec<_> = session
            .pieces
            .iter()
            .map(|(key, body)| partition(*key, *body, number))
            .collect();
        let is_put = |partitions: &[StagedPartition], id: &PartitionId| {
            partitions.iter().any(|p| p.id == *id)
        };
        let mut dropped: Vec<_> = session
            .drops
            .iter()
            .filter_map(|key| published.partitions.get(&id(*key)))
            .filter(|live| !is_put(&partitions, &live.partition.staged.id))
            .map(DroppedPartition::of)
            .collect();
        for gone in published.dropped.values().map(|gone| &gone.partition) {
            if !is_put(&partitions, &gone.id) && store.head(&gone.path)?.is_some() {
                dropped.push(gone.clone());
            }
        }
        for live in published.suspect.iter().filter_map(|k| published.at_key(k)) {
            let (path, staged) = (&live.partition.path, &live.partition.staged);
            if is_put(&partitions, &staged.id) || dropped.iter().any(|d| d.id == staged.id) {
                continue;
            }
            let head = store.head(path)?;
            let as_committed = head.is_some_and(|h| h.tag.0 == live.partition.tag)
                || store.hash(path)? == Some(staged.blake3);
            if !as_committed {
                partitions.push(staged.clone());
            }
        }
        if partitions.is_empty() && dropped.is_empty() {
            // Nobody begins a run that has nothing to do.
            partitions.push(partition(0, 0, number));
        }
        let record = RunRecord {
            run: number,
            kind: RunKind::Export,
            token: WriterToken::from_stored(format!("{number}-of-copy-{copy}")),
            ingest_date: day(),
            planned_on: day(),
            known: Known::Now,
            started: self.now(),
            program: String::new(),
            engine: String::new(),
            target: Some(TargetRecord {
                id: RandomId::from_stored("target"),
                url: store.url(),
                seq: published.seq + 1,
                parent: published.commit,
            }),
            sources: BTreeMap::new(),
            definitions: BTreeMap::new(),
            ended: Vec::new(),
            transforms: Vec::new(),
            checks: Vec::new(),
            partitions,
            dropped,
        };
        locked(&self.runs).push(Run {
            copy,
            record: record.clone(),
            settled: false,
        });
        Ok(record)
    }

    /// Publishes a run, or completes it. True if it counts now.
    pub fn publish(&self, store: &dyn Store, record: &RunRecord) -> Result<bool, PublishError> {
        let publisher = Publisher {
            store,
            staged: self,
            progress: &Silent,
            interrupt: &Interrupt::default(),
            host: "here".to_owned(),
            now: self.now(),
        };
        let since = LedgerSince {
            events: Vec::new(),
            head: ContentHash::of(record.token.as_str().as_bytes()),
            head_seq: record.run,
        };
        let target = record.target.as_ref().unwrap();
        match publisher.publish(record, target, &since)? {
            Outcome::Published(commit) => {
                self.tell(&record.token, Told::Published(commit));
                Ok(true)
            }
            Outcome::Overtaken { .. } => {
                self.tell(&record.token, Told::Lost(record.token.clone()));
                Ok(false)
            }
        }
    }

    /// `runs abandon` for a run of the copy's own ledger.
    pub fn give_up(&self, store: &dyn Store, record: &RunRecord) -> Result<(), PublishError> {
        let target = record.target.as_ref().unwrap();
        let published = Published::read(store)?;
        match publish::fate(store, target, &record.token)? {
            Fate::Published(commit) => self.tell(&record.token, Told::Published(commit)),
            Fate::Abandoned { .. } => {
                self.tell(&record.token, Told::Lost(record.token.clone()));
            }
            // A commit that is both there and not there: a later look will tell.
            Fate::Open if published.seq >= target.seq => {}
            Fate::Open => {
                let given_up = GivenUp::of(record);
                match abandon::close(store, &published, target.seq, &given_up, self.now()) {
                    // Another run has the sequence number: this one never will.
                    Err(PublishError::Overtaken { .. }) => {
                        self.tell(&record.token, Told::Lost(record.token.clone()));
                    }
                    closed => self.tell_closed(&record.token, closed?),
                }
            }
        }
        Ok(())
    }

    /// `runs abandon` for another copy's open intent.
    fn close(
        &self,
        store: &dyn Store,
        published: &Published,
        intent: &Intent,
    ) -> Result<(), PublishError> {
        let given_up = GivenUp {
            run: intent.run,
            kind: RunKind::Export,
            token: intent.token.clone(),
            ingest_date: day(),
            known: Known::Now,
            program: String::new(),
            engine: String::new(),
        };
        let commit = abandon::close(store, published, intent.seq, &given_up, self.now())?;
        self.tell_closed(&intent.token, commit);
        Ok(())
    }

    fn tell_closed(&self, token: &WriterToken, commit: Commit) {
        let published = commit.status == CommitStatus::Published && commit.token == *token;
        self.tell(
            token,
            if published {
                Told::Published(Box::new(commit))
            } else {
                Told::Lost(token.clone())
            },
        );
    }
}
