//! What must be true of a target, read behind the store's back: what really
//! lies there, and everything that ever did.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use workbench::model::commit::{Checkpoint, Commit, CommitStatus, Intent};
use workbench::model::hash::ContentHash;
use workbench::snapshots::documents::{self, Document};
use workbench::snapshots::{PublishError, Published};
use workbench::store::memory::{Generation, MemoryStore};
use workbench::store::{Mark, Store};

use super::copy::Told;

/// What a store really holds, and ever did.
pub trait Behind {
    fn store(&self) -> &dyn Store;
    /// The keys that hold something, sorted.
    fn keys(&self) -> Vec<String>;
    /// And those that ever did.
    fn all_keys(&self) -> Vec<String>;
    /// All that a key ever showed, oldest first; None: removed.
    fn states(&self, key: &str) -> Vec<Option<Generation>>;

    fn history(&self, key: &str) -> Vec<Generation> {
        self.states(key).into_iter().flatten().collect()
    }
}

impl Behind for MemoryStore {
    fn store(&self) -> &dyn Store {
        self
    }

    fn keys(&self) -> Vec<String> {
        MemoryStore::keys(self)
    }

    fn all_keys(&self) -> Vec<String> {
        MemoryStore::all_keys(self)
    }

    fn states(&self, key: &str) -> Vec<Option<Generation>> {
        MemoryStore::states(self, key)
    }
}

/// All documents of a target, by sequence number.
pub struct Documents {
    commits: BTreeMap<u64, (Commit, Vec<u8>)>,
    intents: BTreeMap<u64, Intent>,
    pub checkpoints: BTreeMap<u64, Checkpoint>,
}

impl Documents {
    pub fn of(store: &dyn Behind) -> Result<Self, TestCaseError> {
        let mut found = Self {
            commits: BTreeMap::new(),
            intents: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
        };
        for key in store.keys() {
            let Some(rest) = key.strip_prefix(documents::FOLDER) else {
                continue;
            };
            let history = store.history(&key);
            prop_assert_eq!(history.len(), 1, "{} was written again", key);
            let bytes = history[0].bytes.to_vec();
            let (folder, seq) = rest.trim_end_matches(".json").split_once('/').unwrap();
            let seq: u64 = seq.parse().unwrap();
            match folder {
                "commits" => {
                    found.commits.insert(seq, (decode(&key, &bytes)?, bytes));
                }
                "intents" => {
                    found.intents.insert(seq, decode(&key, &bytes)?);
                }
                _ => {
                    found.checkpoints.insert(seq, decode(&key, &bytes)?);
                }
            }
        }
        Ok(found)
    }

    /// How many partitions were dropped, and how many of these were so already:
    /// their keys held something again.
    pub fn dropped(&self) -> (usize, usize) {
        let (mut all, mut again, mut gone) = (0, 0, BTreeSet::new());
        for (commit, _) in self.commits.values() {
            for dropped in &commit.dropped {
                all += 1;
                again += usize::from(!gone.insert(&dropped.id));
            }
            for partition in &commit.partitions {
                gone.remove(&partition.staged.id);
            }
        }
        (all, again)
    }

    /// How many commits say `abandoned`.
    pub fn abandoned(&self) -> usize {
        let commits = self.commits.values();
        let abandoned = commits.filter(|(c, _)| c.status == CommitStatus::Abandoned);
        abandoned.count()
    }
}

fn decode<D: Document>(key: &str, bytes: &[u8]) -> Result<D, TestCaseError> {
    documents::decode(key, bytes).map_err(failed)
}

pub fn failed(error: PublishError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

/// Every invariant, at the end of a case.
pub fn hold(store: &dyn Behind, told: &[Told]) -> Result<(), TestCaseError> {
    let documents = Documents::of(store)?;
    one_chain(&documents)?;
    nobody_was_lied_to(&documents, told)?;
    only_announced_bodies(store, &documents)?;
    keys_as_committed(store, &documents)?;
    checkpoints_say_the_same(store, &documents)
}

/// No gap, each commit on top of the one before, and of each the intent; no
/// intent is left open.
fn one_chain(documents: &Documents) -> Result<(), TestCaseError> {
    let mut parent = None;
    for (expected, (seq, (commit, bytes))) in (1..).zip(&documents.commits) {
        prop_assert_eq!((*seq, commit.seq), (expected, expected), "a gap");
        prop_assert_eq!(commit.parent, parent, "the parent of commit {}", seq);
        parent = Some(ContentHash::of(bytes));
        let intent = documents.intents.get(seq);
        let token = intent.map(|intent| &intent.token);
        prop_assert_eq!(token, Some(&commit.token), "the intent of commit {}", seq);
    }
    let open = documents.intents.keys().last();
    prop_assert_eq!(open, documents.commits.keys().last(), "an open intent");
    Ok(())
}

/// No lost commit and no false "done", whoever was told so and when.
fn nobody_was_lied_to(documents: &Documents, told: &[Told]) -> Result<(), TestCaseError> {
    for told in told {
        match told {
            Told::Published(commit) => {
                prop_assert_eq!(commit.status, CommitStatus::Published);
                let stands = documents.commits.get(&commit.seq).map(|(c, _)| c);
                prop_assert_eq!(stands, Some(&**commit), "a lost commit");
            }
            Told::Lost(token) => {
                let stands = documents.commits.values().find(|(commit, _)| {
                    commit.token == *token && commit.status == CommitStatus::Published
                });
                prop_assert!(stands.is_none(), "{} was published after all", token);
            }
        }
    }
    Ok(())
}

/// Each key only ever held whole bodies that their writer's intent announced,
/// and never went back to an earlier sequence number. (The same number does not
/// come twice: a put that is repeated must be refused by its own success.) It was
/// emptied only if an intent announced that; on an empty key a put may be late.
fn only_announced_bodies(store: &dyn Behind, documents: &Documents) -> Result<(), TestCaseError> {
    for key in store.all_keys() {
        if key.starts_with(documents::FOLDER) {
            continue;
        }
        let mut intents = documents.intents.values();
        let emptied = intents.any(|i| i.removals.iter().any(|r| r.key == key));
        let mut last = 0;
        for state in store.states(&key) {
            let Some(generation) = state else {
                prop_assert!(emptied, "{} was emptied, and nobody was to", key);
                last = 0;
                continue;
            };
            let Some(Mark { token, blake3 }) = generation.mark else {
                return Err(TestCaseError::fail(format!("{key} has no mark")));
            };
            prop_assert_eq!(ContentHash::of(&generation.bytes), blake3);
            let intent = documents.intents.values().find(|i| i.token == token);
            let announced = intent.and_then(|i| i.keys.iter().find(|k| k.key == key));
            prop_assert_eq!(
                announced.map(|k| k.blake3),
                Some(blake3),
                "{} by {}",
                key,
                token
            );
            let seq = intent.map_or(0, |i| i.seq);
            prop_assert!(seq > last, "{} of {} lay on {}", key, seq, last);
            last = seq;
        }
    }
    Ok(())
}

/// No mixture lasts: each key holds what the last commit that names it says.
/// A key that only abandoned intents name may hold anything they announced.
fn keys_as_committed(store: &dyn Behind, documents: &Documents) -> Result<(), TestCaseError> {
    let commits = documents.commits.values().map(|(commit, _)| commit);
    let mut last = BTreeMap::new();
    for commit in commits.filter(|c| c.status == CommitStatus::Published) {
        for dropped in &commit.dropped {
            last.insert(&dropped.path, (commit.seq, None));
        }
        for partition in &commit.partitions {
            // What readers of that commit ask for was really there.
            let there = store.history(&partition.path).into_iter().any(|g| {
                let mark = Some(Mark {
                    token: commit.token.clone(),
                    blake3: partition.staged.blake3,
                });
                g.tag.0 == partition.tag && g.mark == mark
            });
            prop_assert!(there, "commit {} names what never was", commit.seq);
            last.insert(&partition.path, (commit.seq, Some(partition.staged.blake3)));
        }
    }
    for (path, (seq, blake3)) in last {
        let held = store.states(path).pop().flatten();
        let held = held.map(|g| ContentHash::of(&g.bytes));
        prop_assert_eq!(held, blake3, "{} is not as commit {} says", path, seq);
    }
    Ok(())
}

/// A checkpoint is the fold over the commits up to it, suspects and all.
fn checkpoints_say_the_same(
    store: &dyn Behind,
    documents: &Documents,
) -> Result<(), TestCaseError> {
    let mut published = Published::default();
    let mut suspect = BTreeSet::new();
    for (seq, (commit, bytes)) in &documents.commits {
        published
            .advance(store.store(), commit, bytes)
            .map_err(failed)?;
        match commit.status {
            CommitStatus::Abandoned => {
                let intent = &documents.intents[seq];
                suspect.extend(intent.keys.iter().map(|k| k.key.clone()));
                suspect.extend(intent.removals.iter().map(|r| r.key.clone()));
            }
            CommitStatus::Published => {
                let put = commit.partitions.iter().map(|p| &p.path);
                for path in put.chain(commit.dropped.iter().map(|d| &d.path)) {
                    suspect.remove(path);
                }
            }
        }
        prop_assert_eq!(&published.suspect, &suspect, "suspect after commit {}", seq);
        if let Some(checkpoint) = documents.checkpoints.get(seq) {
            let true_one = published.checkpoint();
            prop_assert_eq!(Some(checkpoint), true_one.as_ref(), "checkpoint {}", seq);
        }
    }
    Ok(())
}
