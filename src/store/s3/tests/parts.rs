//! What is put in parts, and what is not though it is large.

use super::*;

#[test]
fn what_is_large_goes_in_parts_and_comes_in_ranges() {
    let (alive, store) = store(Habits::default());
    let file = alive.folder.path().join("staged");
    let bytes = noise(3 * PART + 17, "large");
    std::fs::write(&file, &bytes).unwrap();
    let marked = mark("w", &bytes);
    let put = store
        .put_if_match("x", Body::File(&file), &Expect::Absent, &marked)
        .unwrap();
    let calls = store.bucket().calls();
    assert!(calls.part >= 3, "{calls}");
    let named = |key| Named {
        key,
        tag: put.tag.clone(),
        version: None,
        blake3: marked.blake3,
        size: bytes.len() as u64,
    };
    let before = store.bucket().calls().get;
    let path = store.fetch(&named("x")).unwrap().unwrap();
    assert!(std::fs::read(&path).unwrap() == bytes);
    assert_eq!(store.bucket().calls().get - before, 4);
    // What is here is not asked for again, wherever it lies.
    assert_eq!(store.fetch(&named("elsewhere")).unwrap(), Some(path));
    assert_eq!(store.bucket().calls().get - before, 4);
}

/// A late request that expects what was there before must not find it again.
#[test]
fn the_same_bytes_put_again_have_another_etag() {
    let (alive, store) = store(Habits::default());
    let small = noise(1000, "small");
    let large = noise(2 * PART + 1, "large");
    let memory = noise(1000, "memory");
    for (key, bytes) in [("small", small), ("large", large), ("in memory", memory)] {
        let file = alive.folder.path().join(key);
        std::fs::write(&file, &bytes).unwrap();
        let marked = mark("w", &bytes);
        let body = match key {
            "in memory" => Body::Bytes(&bytes),
            _ => Body::File(&file),
        };
        let other = mark("w", b"other");
        let mut expect = Expect::Absent;
        let mut etags = Vec::new();
        for at in 0..7 {
            // Twice over itself, then with others in between.
            let put = store.put_if_match(key, body, &expect, &marked).unwrap();
            etags.push(etag(&put.tag).to_owned());
            expect = Expect::Tag(put.tag);
            for _ in 2..at {
                let put = store.put_if_match(key, Body::Bytes(b"other"), &expect, &other);
                expect = Expect::Tag(put.unwrap().tag);
            }
        }
        for two in etags.windows(2) {
            assert_ne!(two[0], two[1], "{key}");
        }
    }
}

/// Where only a PUT heeds `If-Match`, what is large is replaced by one.
#[test]
fn what_no_parts_may_replace_is_replaced_by_one_put() {
    let (alive, store) = store(Habits {
        careless_replacing_parts: true,
        ..Habits::default()
    });
    let put = |seed: &str, expect: &Expect| {
        let file = alive.folder.path().join(seed);
        let bytes = noise(3 * PART, seed);
        std::fs::write(&file, &bytes).unwrap();
        let put = store.put_if_match("x", Body::File(&file), expect, &mark("w", &bytes));
        put.map(|put| Expect::Tag(put.tag))
    };
    let first = put("first", &Expect::Absent).unwrap();
    let parts = store.bucket().calls().part;
    let second = put("second", &first).unwrap();
    let late = put("late", &first);
    assert!(matches!(late, Err(StoreError::Precondition { .. })));
    assert!(store.get("x").unwrap().unwrap() == noise(3 * PART, "second"));
    // The same bytes over themselves, too.
    let again = put("second", &second).unwrap();
    assert_ne!(again, second);
    assert!(matches!(
        put("late", &second),
        Err(StoreError::Precondition { .. })
    ));
    assert_eq!(store.bucket().calls().part, parts);
}

/// An upload that was cut off is begun anew by who may not ask for its parts, and where
/// nobody can.
#[test]
fn parts_that_cannot_be_listed_are_sent_again() {
    for (status, code) in [(403, "AccessDenied"), (501, "NotImplemented")] {
        let (alive, store) = store(Habits::default());
        let file = alive.folder.path().join("staged");
        let bytes = noise(3 * PART, "parts");
        std::fs::write(&file, &bytes).unwrap();
        let marked = mark("w", &bytes);
        let put = || store.put_if_match("x", Body::File(&file), &Expect::Absent, &marked);
        store.abilities().unwrap();
        let answer = |status, code, to: &str| {
            alive.server.network.answer(Some(bucket::Answer {
                status,
                code,
                message: "as the test wishes",
                headers: Vec::new(),
                to: to.to_owned(),
            }));
        };
        // Neither are its parts taken, nor can it be ended.
        answer(403, "AccessDenied", "uploadId=");
        put().unwrap_err();
        assert_eq!(alive.server.shelf.uploads().len(), 1);
        answer(status, code, "x-id=ListParts");
        put().unwrap();
        assert!(store.get("x").unwrap().unwrap() == bytes, "{code}");
        assert_eq!(alive.server.shelf.uploads(), [], "{code}");
    }
}
