//! Several writers over one store, whose operations interleave in an order that
//! a seed decides, and who can be killed between two operations. For tests: the
//! writers are real threads running the real protocol.
//!
//! ```text
//! let turns = Turns::new(seed);
//! let [first, second] = turns.writers(&store);
//! let first = first.killed_after(7);
//! std::thread::scope(|scope| {
//!     scope.spawn(move || publish(&first));
//!     scope.spawn(move || publish(&second));
//! });
//! println!("{}", turns.trace().join("\n"));
//! ```
//!
//! Each thread must own its writer (`move`): the others wait for a writer that
//! is neither at an operation nor dropped.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::faults::SplitMix64;
use super::{Body, Expect, Head, Mark, Store, StoreError, StoreLock, Tag, Written};
use crate::model::hash::ContentHash;

/// A mistake in a test must not hang it for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Who goes next, decided by a seed.
#[derive(Clone)]
pub struct Turns {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    random: SplitMix64,
    writers: Vec<Status>,
    turn: Option<usize>,
    trace: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Busy between two operations: nobody is chosen before it waits as well.
    Busy,
    Waiting,
    Gone,
}

impl Turns {
    /// A schedule. The same seed and the same writers give the same order.
    pub fn new(seed: u64) -> Self {
        let state = State {
            random: SplitMix64(seed),
            writers: Vec::new(),
            turn: None,
            trace: Vec::new(),
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    /// Writers that take turns from now on, also with those made before. They
    /// are made together, so that none runs off before the others exist.
    pub fn writers<S: Store + Clone, const N: usize>(&self, store: &S) -> [Writer<S>; N] {
        let mut state = self.shared.state();
        let first = state.writers.len();
        state.writers.extend([Status::Busy; N]);
        std::array::from_fn(|n| Writer {
            store: store.clone(),
            shared: Arc::clone(&self.shared),
            number: first + n,
            operations: AtomicU64::new(0),
            killed_after: None,
        })
    }

    /// What was done so far, in order: `writer operation key -> outcome`.
    pub fn trace(&self) -> Vec<String> {
        self.shared.state().trace.clone()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // A writer that panicked has left whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: &mut State, number: usize, status: Status) {
        state.writers[number] = status;
        if state.turn == Some(number) {
            state.turn = None;
        }
        if state.turn.is_none() && !state.writers.contains(&Status::Busy) {
            let waiting: Vec<usize> = (0..state.writers.len())
                .filter(|&n| state.writers[n] == Status::Waiting)
                .collect();
            if !waiting.is_empty() {
                state.turn = Some(waiting[state.random.below(waiting.len())]);
                self.changed.notify_all();
            }
        }
    }

    /// Waits for the turn of a writer; false if it never came.
    fn wait_for(&self, number: usize) -> bool {
        let mut state = self.state();
        self.set(&mut state, number, Status::Waiting);
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, LONGEST_WAIT, |s| s.turn != Some(number))
            .unwrap_or_else(PoisonError::into_inner);
        let came = state.turn == Some(number);
        if !came {
            state.writers[number] = Status::Busy;
        }
        came
    }

    fn done(&self, number: usize, line: String) {
        let mut state = self.state();
        state.trace.push(line);
        self.set(&mut state, number, Status::Busy);
    }
}

/// A store as one writer sees it: each operation waits for its turn. Dropping it
/// lets the others go on without it.
pub struct Writer<S: Store> {
    store: S,
    shared: Arc<Shared>,
    number: usize,
    operations: AtomicU64,
    killed_after: Option<u64>,
}

impl<S: Store> Writer<S> {
    /// Kills the writer after this many operations: each later one does nothing
    /// and returns an `Io` error of kind `ConnectionAborted`, so that nothing it
    /// still tries reaches the store.
    #[must_use]
    pub fn killed_after(mut self, operations: u64) -> Self {
        self.killed_after = Some(operations);
        self
    }

    /// How many operations it has begun, in vain or not. A first run tells at
    /// how many places a writer can be killed.
    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// True once an operation was refused because the writer is dead.
    pub fn is_dead(&self) -> bool {
        self.killed_after.is_some_and(|n| self.operations() > n)
    }

    fn take_turn<T>(
        &self,
        operation: &str,
        key: &str,
        act: impl FnOnce(&S) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.operations.fetch_add(1, Ordering::Relaxed);
        if self.is_dead() {
            return Err(StoreError::io(key, io::ErrorKind::ConnectionAborted.into()));
        }
        if !self.shared.wait_for(self.number) {
            let why = "no turn: another writer waits for something else than the store";
            let error = io::Error::new(io::ErrorKind::TimedOut, why);
            return Err(StoreError::io(key, error));
        }
        // Gives the turn back even if the store panics.
        let mut turn = Turn {
            writer: self,
            line: format!("{} {operation} {key}", self.number),
        };
        let result = act(&self.store);
        turn.line.push_str(match &result {
            Ok(_) => " -> ok",
            Err(StoreError::Precondition { .. }) => " -> precondition",
            Err(StoreError::Unknown { .. }) => " -> unknown",
            Err(StoreError::Locked(_)) => " -> locked",
            Err(_) => " -> error",
        });
        result
    }
}

struct Turn<'a, S: Store> {
    writer: &'a Writer<S>,
    line: String,
}

impl<S: Store> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.writer.shared.done(self.writer.number, line);
    }
}

impl<S: Store> Drop for Writer<S> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        self.shared.set(&mut state, self.number, Status::Gone);
    }
}

impl<S: Store> Store for Writer<S> {
    fn url(&self) -> String {
        self.store.url()
    }

    fn lock(&self) -> Result<Box<dyn StoreLock>, StoreError> {
        self.take_turn("lock", "", |store| store.lock())
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.take_turn("get", key, |store| store.get(key))
    }

    fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        self.take_turn("head", key, |store| store.head(key))
    }

    fn hash(&self, key: &str) -> Result<Option<ContentHash>, StoreError> {
        self.take_turn("hash", key, |store| store.hash(key))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.take_turn("list", prefix, |store| store.list(prefix))
    }

    fn put_if_absent(&self, key: &str, bytes: &[u8], mark: &Mark) -> Result<Tag, StoreError> {
        self.take_turn("put-if-absent", key, |store| {
            store.put_if_absent(key, bytes, mark)
        })
    }

    fn put_if_match(
        &self,
        key: &str,
        body: Body<'_>,
        expect: &Expect,
        mark: &Mark,
    ) -> Result<Written, StoreError> {
        self.take_turn("put-if-match", key, |store| {
            store.put_if_match(key, body, expect, mark)
        })
    }

    fn remove_if_match(&self, key: &str, expect: &Expect) -> Result<(), StoreError> {
        self.take_turn("remove-if-match", key, |store| {
            store.remove_if_match(key, expect)
        })
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        self.take_turn("sync", key, |store| store.sync(key))
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.store.path(key)
    }

    fn retained(&self, blake3: &ContentHash) -> Option<PathBuf> {
        self.store.retained(blake3)
    }

    fn staging(&self) -> Option<PathBuf> {
        self.store.staging()
    }

    fn free_space(&self) -> Option<u64> {
        self.store.free_space()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use proptest::prelude::*;

    use super::*;
    use crate::model::token::WriterToken;
    use crate::store::faults::Faults;
    use crate::store::memory::MemoryStore;

    const KEY: &str = "words";

    fn mark(token: &str, bytes: &[u8]) -> Mark {
        Mark {
            token: WriterToken::from_stored(token),
            blake3: ContentHash::of(bytes),
        }
    }

    /// A small protocol: adds a word to a document exactly once, whatever the
    /// store answers, or gives up if it is killed.
    fn add_word(store: &dyn Store, word: &str) -> Result<(), StoreError> {
        loop {
            let added = try_to_add(store, word);
            match added {
                Ok(true) => return Ok(()),
                Ok(false)
                | Err(StoreError::Unknown { .. })
                | Err(StoreError::Precondition { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn is_of(head: &Head, bytes: &[u8]) -> bool {
        let mark = head.mark.as_ref();
        mark.is_some_and(|mark| mark.blake3 == ContentHash::of(bytes))
    }

    fn try_to_add(store: &dyn Store, word: &str) -> Result<bool, StoreError> {
        let head = store.head(KEY)?;
        let text = store.get(KEY)?.unwrap_or_default();
        // A head and a get may be of two generations; the hash tells.
        let expect = match head {
            None if text.is_empty() => Expect::Absent,
            Some(head) if is_of(&head, &text) => Expect::Tag(head.tag),
            _ => return Ok(false),
        };
        let mut text = String::from_utf8(text).unwrap();
        if text.split(' ').any(|w| w == word) {
            return Ok(true);
        }
        text = format!("{text}{word} ");
        let mark = mark(word, text.as_bytes());
        store.put_if_match(KEY, Body::Bytes(text.as_bytes()), &expect, &mark)?;
        Ok(true)
    }

    fn race(store: &MemoryStore, turns: &Turns, kill: Option<u64>) {
        let [mut first, second] = turns.writers(store);
        if let Some(operations) = kill {
            first = first.killed_after(operations);
        }
        thread::scope(|scope| {
            scope.spawn(move || {
                ["a", "b", "c"].map(|word| add_word(&first, word).is_ok() || first.is_dead())
            });
            scope.spawn(move || ["x", "y", "z"].map(|word| add_word(&second, word).unwrap()));
        });
    }

    #[test]
    fn a_seed_is_a_schedule() {
        let trace = |seed| {
            let turns = Turns::new(seed);
            race(&MemoryStore::new(), &turns, None);
            turns.trace()
        };
        assert_eq!(trace(7), trace(7));
        let schedules: HashSet<_> = (0..50).map(trace).collect();
        assert!(schedules.len() > 40, "{}", schedules.len());
    }

    #[test]
    fn a_killed_writer_touches_nothing_more() {
        let store = MemoryStore::new();
        let turns = Turns::new(0);
        let [writer] = turns.writers(&store);
        let writer = writer.killed_after(1);
        writer.put_if_absent("a", b"", &mark("m", b"")).unwrap();
        assert!(!writer.is_dead());
        let error = writer.put_if_absent("b", b"", &mark("m", b"")).unwrap_err();
        assert!(
            matches!(error, StoreError::Io { ref source, .. }
                if source.kind() == io::ErrorKind::ConnectionAborted),
            "{error}"
        );
        assert!(writer.is_dead() && writer.get("a").is_err());
        assert_eq!(store.keys(), ["a"]);
        assert_eq!(turns.trace(), ["0 put-if-absent a -> ok"]);
    }

    #[test]
    fn a_writer_that_panics_lets_the_others_go_on() {
        let store = MemoryStore::new();
        let turns = Turns::new(3);
        let [first, second] = turns.writers(&store);
        let (panicked, added) = thread::scope(|scope| {
            let first = scope.spawn(move || {
                let _first = first;
                // Not a panic, so that the test's output stays clean.
                std::panic::resume_unwind(Box::new("stop"));
            });
            let second = scope.spawn(move || add_word(&second, "x"));
            (first.join(), second.join())
        });
        assert!(panicked.is_err());
        added.unwrap().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn every_word_is_added_exactly_once(
            seed: u64,
            kill in proptest::option::of(0_u64..12),
            faults in (0.0..0.15, 0.0..0.15, 0.0..0.15, 0.0..0.15, 0.0..0.4, 0.0..0.2),
        ) {
            let (lost_response, not_applied, own_412, late, stale_head, failed_read) = faults;
            let store = MemoryStore::with_faults(Faults {
                seed, lost_response, not_applied, own_412, late, stale_head, failed_read,
                ..Faults::default()
            });
            let turns = Turns::new(seed);
            race(&store, &turns, kill);
            store.set_faults(Faults::default());
            let [recovery] = turns.writers(&store);
            for word in ["a", "b", "c"] {
                add_word(&recovery, word).unwrap();
            }
            store.settle();
            let text = String::from_utf8(store.peek(KEY).unwrap().bytes.to_vec()).unwrap();
            let mut words: Vec<&str> = text.split_whitespace().collect();
            words.sort_unstable();
            prop_assert_eq!(words, ["a", "b", "c", "x", "y", "z"], "{:#?}", turns.trace());
            // What was read by many is never taken back.
            let history = store.history(KEY);
            for pair in history.windows(2) {
                prop_assert!(pair[1].bytes.starts_with(&pair[0].bytes));
            }
        }
    }
}
