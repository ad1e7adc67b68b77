//! The publish protocol over a store that loses answers, under random
//! schedules: copies of one project race for one target, their operations
//! interleaved one by one, and are killed between any two of them.

/// What must be true in the end.
pub mod checks;
/// What a copy of a project does at the target.
pub mod copy;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use workbench::snapshots::{Published, abandon, documents};
use workbench::store::Store;
use workbench::store::faults::{FaultCounts, Faults};
use workbench::store::memory::MemoryStore;
use workbench::store::turns::Turns;

use checks::{Documents, failed};
use copy::{AtOpenIntent, BODIES, KEYS, Session, Told, World};

/// Some 3 ms each.
const CASES: u32 = 4000;
/// Copies at most.
const COPIES: usize = 3;
/// The copy that finds whatever the others leave.
const LAST: usize = COPIES;
/// And the one that was there before them.
const FIRST: usize = COPIES + 1;

#[derive(Debug, Clone)]
struct Case {
    seed: u64,
    faults: Faults,
    /// Commits that stand before anything goes wrong.
    before: u64,
    /// The sessions of each copy, one after the other.
    copies: Vec<Vec<Session>>,
    /// Of the runs that are unfinished at the end: which to give up.
    give_up: Vec<bool>,
}

fn likely(at_most: f64) -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..at_most]
}

fn faults() -> impl Strategy<Value = Faults> {
    let puts = (likely(0.25), likely(0.25), likely(0.25), likely(0.25));
    // A read of each document is stale or fails by itself; if most sessions came
    // to nothing for that, they would not meet.
    let reads = (likely(0.2), likely(0.1), likely(0.1));
    (puts, reads).prop_map(|(puts, reads)| Faults {
        seed: 0,
        lost_response: puts.0,
        not_applied: puts.1,
        own_412: puts.2,
        late: puts.3,
        stale_head: reads.0,
        stale_list: reads.1,
        failed_read: reads.2,
    })
}

pub fn session() -> impl Strategy<Value = Session> {
    let at_open_intent = prop_oneof![
        1 => Just(AtOpenIntent::Leave),
        3 => Just(AtOpenIntent::Abandon),
        2 => Just(AtOpenIntent::Complete),
    ];
    (
        btree_map(0..KEYS, 0..BODIES, 0..=3),
        prop_oneof![2 => Just(BTreeSet::new()), 1 => btree_set(0..KEYS, 1..=2)],
        prop_oneof![Just(None), (0..30_u64).prop_map(Some)],
        any::<bool>(),
        at_open_intent,
        any::<bool>(),
    )
        .prop_map(
            |(pieces, drops, killed_after, gives_up, at_open_intent, tries_again)| Session {
                pieces,
                drops,
                killed_after,
                gives_up,
                at_open_intent,
                tries_again,
            },
        )
}

fn case() -> impl Strategy<Value = Case> {
    (
        any::<u64>(),
        faults(),
        // Some races pass a checkpoint, which is written after commit 64.
        prop_oneof![3 => Just(0), 1 => 60..64_u64],
        vec(vec(session(), 1..=3), 2..=COPIES),
        vec(any::<bool>(), 16),
    )
        .prop_map(|(seed, faults, before, copies, give_up)| Case {
            seed,
            faults: Faults { seed, ..faults },
            before,
            copies,
            give_up,
        })
}

/// Commits that stand already, and a checkpoint so that they are read quickly.
fn prepare(case: &Case, store: &MemoryStore, world: &World) -> Result<(), TestCaseError> {
    let mut published = Published::default();
    for seq in 1..=case.before {
        let session = Session {
            pieces: BTreeMap::from([(seq as usize % KEYS, (seq % u64::from(BODIES)) as u8)]),
            ..Session::default()
        };
        let record = world
            .plan(store, FIRST, &session, &published)
            .map_err(failed)?;
        world.publish(store, &record).map_err(failed)?;
        let key = documents::commit_key(seq);
        let bytes = store.peek(&key).unwrap().bytes.to_vec();
        let commit = documents::decode(&key, &bytes).map_err(failed)?;
        published.advance(store, &commit, &bytes).map_err(failed)?;
    }
    if let Some(checkpoint) = published.checkpoint() {
        let key = documents::checkpoint_key(published.seq);
        store.put_foreign(&key, &documents::encode(&key, &checkpoint).map_err(failed)?);
    }
    Ok(())
}

/// All copies at once; each runs its sessions one after the other.
fn race(case: &Case, store: &MemoryStore, world: &World, turns: &Turns) {
    let writers: [_; COPIES] = turns.writers(store);
    thread::scope(|scope| {
        for ((copy, sessions), first) in case.copies.iter().enumerate().zip(writers) {
            scope.spawn(move || {
                let mut next = first;
                for session in sessions {
                    let mut writer = next;
                    if let Some(operations) = session.killed_after {
                        writer = writer.killed_after(operations);
                    }
                    // How it ended is in `world`, as far as anybody was told.
                    let _ = world.export(&writer, copy, session);
                    // Made before the other is dropped, or a third would run
                    // ahead of both.
                    [next] = turns.writers(store);
                }
            });
        }
    });
}

/// When all is quiet: every run is settled, and one more export gets through.
fn settle(case: &Case, store: &MemoryStore, world: &World) -> Result<(), TestCaseError> {
    store.set_faults(Faults::default());
    store.settle();
    let quiet: &dyn Store = store;
    for (record, give_up) in world
        .unsettled(None)
        .iter()
        .zip(case.give_up.iter().cycle())
    {
        if *give_up {
            world.give_up(quiet, record).map_err(failed)?;
        } else {
            world.publish(quiet, record).map_err(failed)?;
        }
    }
    prop_assert!(world.unsettled(None).is_empty());
    let published = Published::read(quiet).map_err(failed)?;
    if let Some(intent) = abandon::open_intent(quiet, &published).map_err(failed)? {
        // Only one that says of itself that its run was given up.
        let announced = intent.announced().count();
        prop_assert!(announced == 0, "{} is open still", intent.token);
    }
    let last = Session {
        pieces: BTreeMap::from([(KEYS, 0)]),
        at_open_intent: AtOpenIntent::Abandon,
        ..Session::default()
    };
    world.export(quiet, LAST, &last).map_err(failed)?;
    let Some(Told::Published(commit)) = world.told().pop() else {
        return Err(TestCaseError::fail("nobody can publish any more"));
    };
    prop_assert_eq!(commit.token.as_str(), format!("1-of-copy-{LAST}"));
    Ok(())
}

fn run(case: &Case, store: &MemoryStore) -> Result<Vec<Told>, TestCaseError> {
    let world = World::default();
    prepare(case, store, &world)?;
    store.set_faults(case.faults);
    let turns = Turns::new(case.seed);
    race(case, store, &world, &turns);
    settle(case, store, &world)
        .and_then(|()| checks::hold(store, &world.told()))
        .map_err(|error| TestCaseError::fail(format!("{error}\n{}", turns.trace().join("\n"))))?;
    Ok(world.told())
}

/// How often something happened, over all cases.
#[derive(Debug, Default)]
struct Sums {
    faults: FaultCounts,
    /// Times that somebody was told so, without the commits before the race.
    published: usize,
    lost: usize,
    /// Documents.
    abandoned: usize,
    checkpoints: usize,
    /// Partitions in commits: dropped, and dropped that were so already.
    dropped: usize,
    dropped_again: usize,
}

impl Sums {
    fn add(
        &mut self,
        case: &Case,
        store: &MemoryStore,
        told: &[Told],
    ) -> Result<(), TestCaseError> {
        let (sum, counts) = (&mut self.faults, store.fault_counts());
        sum.lost_response += counts.lost_response;
        sum.not_applied += counts.not_applied;
        sum.own_412 += counts.own_412;
        sum.late_applied += counts.late_applied;
        sum.late_refused += counts.late_refused;
        sum.stale_head += counts.stale_head;
        sum.stale_list += counts.stale_list;
        sum.failed_read += counts.failed_read;
        let lost = told.iter().filter(|t| matches!(t, Told::Lost(_))).count();
        self.lost += lost;
        self.published += told.len() - lost - case.before as usize;
        let documents = Documents::of(store)?;
        self.abandoned += documents.abandoned();
        let (dropped, again) = documents.dropped();
        self.dropped += dropped;
        self.dropped_again += again;
        // Without the one that was there before.
        self.checkpoints += documents.checkpoints.len() - usize::from(case.before > 0);
        Ok(())
    }

    fn all(&self) -> [(&'static str, u64); 14] {
        let faults = &self.faults;
        [
            ("answers lost", faults.lost_response),
            ("puts not applied", faults.not_applied),
            ("412 for one's own", faults.own_412),
            ("late and applied", faults.late_applied),
            ("late and refused", faults.late_refused),
            ("stale reads", faults.stale_head),
            ("stale lists", faults.stale_list),
            ("failed reads", faults.failed_read),
            ("told `published`", self.published as u64),
            ("told `lost`", self.lost as u64),
            ("abandoned commits", self.abandoned as u64),
            ("checkpoints", self.checkpoints as u64),
            ("dropped", self.dropped as u64),
            ("dropped again", self.dropped_again as u64),
        ]
    }
}

#[test]
fn whatever_the_store_answers_nothing_is_lost_mixed_or_wedged() {
    let config = ProptestConfig {
        cases: CASES,
        max_shrink_iters: 2000,
        // The message of a failure holds the whole case and its schedule.
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sums = RefCell::new(Sums::default());
    let outcome = TestRunner::new(config).run(&case(), |case| {
        let store = MemoryStore::new();
        let told = run(&case, &store)?;
        sums.borrow_mut().add(&case, &store, &told)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // What never happened was not tested.
    for (what, times) in sums.into_inner().all() {
        println!("{what}: {times}");
        assert!(times > 0, "{what}: never");
    }
}
