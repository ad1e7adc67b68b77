//! Each fault fires, and does what it says.

use super::*;
use crate::model::token::WriterToken;

const KEY: &str = "a/b";

fn mark(token: &str) -> Mark {
    Mark {
        token: WriterToken::from_stored(token),
        blake3: ContentHash::of(token.as_bytes()),
    }
}

fn put(store: &MemoryStore, token: &str) -> Result<Tag, StoreError> {
    store.put_if_absent(KEY, token.as_bytes(), &mark(token))
}

fn replace(store: &MemoryStore, token: &str, tag: Tag) -> Result<Tag, StoreError> {
    let body = Body::Bytes(token.as_bytes());
    let put = store.put_if_match(KEY, body, &Expect::Tag(tag), &mark(token))?;
    Ok(put.tag)
}

fn is_unknown<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unknown { .. }))
}

fn is_precondition<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Precondition { .. }))
}

#[test]
fn lost_response_applies_and_tells_nobody() {
    let store = MemoryStore::with_faults(Faults {
        lost_response: 1.0,
        ..Faults::default()
    });
    assert!(is_unknown(put(&store, "one")));
    assert_eq!(store.head(KEY).unwrap().unwrap().mark, Some(mark("one")));
    // A refusal gets lost too, and is no applied put.
    assert!(is_unknown(put(&store, "two")));
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"one");
    assert_eq!(store.fault_counts().lost_response, 1);
}

#[test]
fn not_applied_leaves_nothing() {
    let store = MemoryStore::with_faults(Faults {
        not_applied: 1.0,
        ..Faults::default()
    });
    assert!(is_unknown(put(&store, "one")));
    assert_eq!(store.head(KEY).unwrap(), None);
    assert!(store.history(KEY).is_empty());
    assert_eq!(store.fault_counts().not_applied, 1);
}

#[test]
fn own_412_applies_and_says_precondition() {
    let store = MemoryStore::with_faults(Faults {
        own_412: 1.0,
        ..Faults::default()
    });
    assert!(is_precondition(put(&store, "one")));
    assert_eq!(store.head(KEY).unwrap().unwrap().mark, Some(mark("one")));
    // A real refusal is not its own.
    assert!(is_precondition(put(&store, "two")));
    assert_eq!(store.fault_counts().own_412, 1);
}

#[test]
fn late_puts_are_decided_when_they_arrive() {
    let late = Faults {
        late: 1.0,
        ..Faults::default()
    };
    let store = MemoryStore::with_faults(late);
    assert!(is_unknown(put(&store, "one")));
    assert_eq!(store.peek(KEY), None);
    store.settle();
    let tag = store.peek(KEY).unwrap().tag;

    assert!(is_unknown(replace(&store, "two", tag.clone())));
    store.set_faults(Faults::default());
    // Arrives first or is overtaken; what it expects holds either way.
    let _ = replace(&store, "three", tag);
    store.settle();
    let history = store.history(KEY);
    assert_eq!(history.len(), 2, "two puts on one tag: one is applied");
    let counts = store.fault_counts();
    assert_eq!(counts.late_applied + counts.late_refused, 2);
}

#[test]
fn late_puts_arrive_by_themselves() {
    let store = MemoryStore::with_faults(Faults {
        late: 1.0,
        ..Faults::default()
    });
    assert!(is_unknown(put(&store, "one")));
    let arrived = (0..200).any(|_| store.head(KEY).unwrap().is_some());
    assert!(arrived);
    assert_eq!(store.fault_counts().late_applied, 1);
}

#[test]
fn stale_reads_answer_what_was_before() {
    let store = MemoryStore::new();
    let first = put(&store, "one").unwrap();
    let stale = Faults {
        stale_head: 1.0,
        stale_list: 1.0,
        ..Faults::default()
    };
    store.set_faults(stale);
    assert_eq!(store.head(KEY).unwrap(), None);
    assert!(store.list("").unwrap().is_empty());

    // The put is decided on what is there, not on what was told.
    assert!(is_precondition(put(&store, "two")));
    replace(&store, "two", first.clone()).unwrap();
    assert_eq!(store.head(KEY).unwrap().unwrap().tag, first);
    assert_eq!(store.get(KEY).unwrap().unwrap(), b"one");
    assert_eq!(store.hash(KEY).unwrap(), Some(ContentHash::of(b"one")));
    assert_eq!(store.list("").unwrap(), [KEY]);
    assert_eq!(store.peek(KEY).unwrap().bytes[..], *b"two");
    let counts = store.fault_counts();
    assert_eq!((counts.stale_head, counts.stale_list), (4, 1));
}

#[test]
fn failed_reads_answer_nothing() {
    let store = MemoryStore::with_faults(Faults {
        failed_read: 1.0,
        ..Faults::default()
    });
    assert!(is_unknown(store.get(KEY)) && is_unknown(store.head(KEY)));
    assert!(is_unknown(store.hash(KEY)) && is_unknown(store.list("")));
    assert!(put(&store, "one").is_ok());
    assert_eq!(store.fault_counts().failed_read, 4);
}

#[test]
fn one_seed_gives_one_sequence_of_faults() {
    let counts = |seed| {
        let store = MemoryStore::with_faults(Faults {
            seed,
            lost_response: 0.2,
            not_applied: 0.2,
            own_412: 0.2,
            late: 0.2,
            stale_head: 0.3,
            ..Faults::default()
        });
        for n in 0..200 {
            let key = format!("k/{n}");
            let _ = store.put_if_absent(&key, b"x", &mark("m"));
            let _ = store.head(&key);
        }
        store.fault_counts()
    };
    assert_eq!(counts(1), counts(1));
    assert_ne!(counts(1), counts(2));
    let one = counts(1);
    for likely_40 in [one.lost_response, one.not_applied, one.own_412] {
        assert!((20..=60).contains(&likely_40), "{one:?}");
    }
}

#[test]
fn history_keeps_foreign_and_removed_generations() {
    let store = MemoryStore::new();
    put(&store, "one").unwrap();
    store.put_foreign(KEY, b"theirs");
    store.remove(KEY);
    assert_eq!(store.get(KEY).unwrap(), None);
    assert!(store.keys().is_empty() && store.list("").unwrap().is_empty());
    put(&store, "two").unwrap();
    let marks: Vec<_> = store.history(KEY).into_iter().map(|g| g.mark).collect();
    assert_eq!(marks, [Some(mark("one")), None, Some(mark("two"))]);
}
