//! The copy of the bookmarks: what the ledger says was taken, in tables that
//! the app and scripts read.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use super::convert::{int, json, parsed, text_as, to_json, uint, uint_or_null};
use super::db::State;
use super::error::StateError;
use crate::model::bookmarks::{Bookmark, Bookmarks, SourceBookmarks, Standing};
use crate::model::hash::ContentHash;
use crate::model::input_file::{InputFile, Place, RowCounts};
use crate::model::names::SourceName;

/// Each standing with the word it is stored as.
const STANDINGS: [(Standing, &str); 5] = [
    (Standing::Live, "live"),
    (Standing::Retracted, "retracted"),
    (Standing::Replaced, "replaced"),
    (Standing::Reset, "reset"),
    (Standing::Processed, "processed"),
];

impl State {
    /// Brings the copy in step with the ledger that ends at `head_seq` with
    /// `head`. Touches only rows that differ, and none if the copy has that head
    /// already. Returns how many rows of sources and files it touched.
    pub fn sync_bookmarks(
        &self,
        bookmarks: &Bookmarks,
        head: &ContentHash,
        head_seq: u64,
    ) -> Result<usize, StateError> {
        if self.bookmarks_head()? == Some((head_seq, *head)) {
            return Ok(0);
        }
        self.write("bring the bookmarks in step", |conn| {
            let touched = sync(conn, bookmarks)?;
            conn.execute(
                "INSERT OR REPLACE INTO bookmarks_end (only, head, head_seq, last_number) VALUES (1, ?1, ?2, ?3)",
                params![head.to_string(), int(head_seq), int(bookmarks.last_number)],
            )?;
            Ok(touched)
        })
    }

    /// The bookmarks as of [`State::bookmarks_head`]; none if never synced.
    pub fn bookmarks(&self) -> Result<Bookmarks, StateError> {
        self.read("read the bookmarks", |conn| {
            let mut bookmarks = Bookmarks {
                last_number: end(conn)?.map_or(0, |e| e.last_number),
                ..Bookmarks::default()
            };
            conn.prepare_cached("SELECT * FROM sources")?
                .query_map([], read_source)?
                .try_for_each(|source| {
                    let (name, source) = source?;
                    bookmarks.sources.insert(name, source);
                    Ok::<_, rusqlite::Error>(())
                })?;
            let mut files =
                conn.prepare_cached("SELECT * FROM input_files ORDER BY source, ordinal")?;
            for file in files.query_map([], read_file)? {
                let (source, _, bookmark) = file?;
                bookmarks
                    .sources
                    .entry(source)
                    .or_default()
                    .files
                    .push(bookmark);
            }
            Ok(bookmarks)
        })
    }

    /// Position and head of the ledger that the bookmarks are a copy of; None if
    /// they were never synced.
    pub fn bookmarks_head(&self) -> Result<Option<(u64, ContentHash)>, StateError> {
        self.read("read the head of the bookmarks", |conn| {
            Ok(end(conn)?.map(|e| (e.head_seq, e.head)))
        })
    }
}

struct End {
    head: ContentHash,
    head_seq: u64,
    last_number: u64,
}

fn end(conn: &Connection) -> rusqlite::Result<Option<End>> {
    conn.prepare_cached("SELECT * FROM bookmarks_end")?
        .query_row([], |row| {
            Ok(End {
                head: parsed(row, "head")?,
                head_seq: uint(row, "head_seq")?,
                last_number: uint(row, "last_number")?,
            })
        })
        .optional()
}

fn sync(conn: &Connection, bookmarks: &Bookmarks) -> rusqlite::Result<usize> {
    let mut touched = 0;
    let mut stored: HashMap<SourceName, HashMap<u64, (i64, Bookmark)>> = HashMap::new();
    for file in conn
        .prepare_cached("SELECT * FROM input_files")?
        .query_map([], read_file)?
    {
        let (source, ordinal, bookmark) = file?;
        stored
            .entry(source)
            .or_default()
            .insert(bookmark.file.number, (ordinal, bookmark));
    }
    for (name, source) in &bookmarks.sources {
        touched += put_source(conn, name, source)?;
        let old = stored.remove(name).unwrap_or_default();
        touched += sync_files(conn, name, &source.files, old)?;
    }
    // Sources that are gone, with their files.
    let names: Vec<SourceName> = conn
        .prepare_cached("SELECT name FROM sources")?
        .query_map([], |row| parsed(row, "name"))?
        .collect::<Result<_, _>>()?;
    for name in names.iter().filter(|n| !bookmarks.sources.contains_key(*n)) {
        touched += conn.execute("DELETE FROM sources WHERE name = ?1", [name.as_str()])?;
    }
    Ok(touched)
}

/// Makes the rows of one source equal to `files`. Their order is that of their
/// ordinals, which are kept where they still rise: a file that is taken again
/// moves to the end, and the others need not be written.
fn sync_files(
    conn: &Connection,
    source: &SourceName,
    files: &[Bookmark],
    mut old: HashMap<u64, (i64, Bookmark)>,
) -> rusqlite::Result<usize> {
    let mut touched = 0;
    let mut highest = old.values().map(|(ordinal, _)| *ordinal).max().unwrap_or(0);
    let mut last = i64::MIN;
    let mut put = conn.prepare_cached(
        "INSERT OR REPLACE INTO input_files
             (source, number, ordinal, standing, blake3, size, place_run, place_position, paths, run, day,
              read, added, repeated, superseded, quarantined, definition)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    for bookmark in files {
        let stored = old.remove(&bookmark.file.number);
        let kept = stored
            .as_ref()
            .map(|(ordinal, _)| *ordinal)
            .filter(|o| *o > last);
        last = kept.unwrap_or_else(|| {
            highest += 1;
            highest
        });
        if kept.is_none() || stored.is_none_or(|(_, b)| b != *bookmark) {
            touched += put_file(&mut put, source, last, bookmark)?;
        }
    }
    let mut drop =
        conn.prepare_cached("DELETE FROM input_files WHERE source = ?1 AND number = ?2")?;
    for number in old.into_keys() {
        touched += drop.execute(params![source.as_str(), int(number)])?;
    }
    Ok(touched)
}

fn put_source(
    conn: &Connection,
    name: &SourceName,
    source: &SourceBookmarks,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(
        "INSERT INTO sources (name, reset_by, first_run, held) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE
         SET reset_by = excluded.reset_by, first_run = excluded.first_run, held = excluded.held
         WHERE reset_by IS NOT excluded.reset_by OR first_run IS NOT excluded.first_run
            OR held <> excluded.held",
    )?
    .execute(params![
        name.as_str(),
        source.reset_by.map(int),
        source.first_run.map(int),
        to_json(&source.held)?,
    ])
}

fn put_file(
    put: &mut CachedStatement<'_>,
    source: &SourceName,
    ordinal: i64,
    bookmark: &Bookmark,
) -> rusqlite::Result<usize> {
    let file = &bookmark.file;
    put.execute(params![
        source.as_str(),
        int(file.number),
        ordinal,
        word(bookmark.standing),
        file.blake3.to_string(),
        int(file.size),
        int(file.place.run),
        int(file.place.position),
        to_json(&file.paths)?,
        int(file.run),
        file.day.to_string(),
        int(file.rows.read),
        int(file.rows.added),
        int(file.rows.repeated),
        int(file.rows.superseded),
        int(file.rows.quarantined),
        file.definition.to_string(),
    ])
}

fn read_source(row: &Row<'_>) -> rusqlite::Result<(SourceName, SourceBookmarks)> {
    let source = SourceBookmarks {
        files: Vec::new(),
        reset_by: uint_or_null(row, "reset_by")?,
        first_run: uint_or_null(row, "first_run")?,
        held: json(row, "held")?,
    };
    Ok((parsed(row, "name")?, source))
}

/// The source, the ordinal and the bookmark of a row of `input_files`.
fn read_file(row: &Row<'_>) -> rusqlite::Result<(SourceName, i64, Bookmark)> {
    let file = InputFile {
        number: uint(row, "number")?,
        blake3: parsed(row, "blake3")?,
        size: uint(row, "size")?,
        place: Place {
            run: uint(row, "place_run")?,
            position: uint(row, "place_position")?,
        },
        paths: json(row, "paths")?,
        run: uint(row, "run")?,
        day: parsed(row, "day")?,
        rows: RowCounts {
            read: uint(row, "read")?,
            added: uint(row, "added")?,
            repeated: uint(row, "repeated")?,
            superseded: uint(row, "superseded")?,
            quarantined: uint(row, "quarantined")?,
        },
        definition: parsed(row, "definition")?,
    };
    let standing = text_as(row, "standing", |text: String| {
        standing(&text).ok_or_else(|| format!("`{text}` is not a standing").into())
    })?;
    Ok((
        parsed(row, "source")?,
        row.get("ordinal")?,
        Bookmark { file, standing },
    ))
}

fn word(standing: Standing) -> &'static str {
    STANDINGS[standing as usize].1
}

fn standing(word: &str) -> Option<Standing> {
    STANDINGS.iter().find(|(_, w)| *w == word).map(|(s, _)| *s)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{input_file, state};
    use super::*;
    use crate::model::ledger::{Event, empty_head};
    use crate::model::token::RandomId;

    fn head(n: u64) -> ContentHash {
        ContentHash::of(&n.to_le_bytes())
    }

    fn taken(source: &str, number: u64) -> Event {
        Event::Taken {
            source: source.parse().unwrap(),
            file: input_file(number, number),
        }
    }

    #[test]
    fn every_standing_reads_back() {
        for (each, text) in STANDINGS {
            assert_eq!((word(each), standing(text)), (text, Some(each)));
        }
    }

    #[test]
    fn an_empty_ledger_is_not_no_ledger() {
        let state = state();
        assert_eq!(state.bookmarks_head().unwrap(), None);
        assert_eq!(state.bookmarks().unwrap(), Bookmarks::default());
        state
            .sync_bookmarks(&Bookmarks::default(), &empty_head(), 0)
            .unwrap();
        assert_eq!(state.bookmarks_head().unwrap(), Some((0, empty_head())));
    }

    #[test]
    fn only_what_changed_is_touched() {
        let state = state();
        let mut bookmarks = Bookmarks::default();
        let step = |bookmarks: &Bookmarks, n: u64| {
            let touched = state.sync_bookmarks(bookmarks, &head(n), n).unwrap();
            assert_eq!(state.bookmarks().unwrap(), *bookmarks, "step {n}");
            touched
        };
        for number in 1..=10_000 {
            bookmarks.apply(1, &taken("accounts", number));
        }
        assert_eq!(step(&bookmarks, 1), 10_001);
        for number in 10_001..=10_003 {
            bookmarks.apply(2, &taken("accounts", number));
        }
        assert_eq!(step(&bookmarks, 2), 3);
        // Taken again: it moves to the end, past all others.
        bookmarks.apply(3, &taken("accounts", 5));
        assert_eq!(step(&bookmarks, 3), 1);
        let source: SourceName = "accounts".parse().unwrap();
        bookmarks.apply(
            4,
            &Event::Retracted {
                source: source.clone(),
                number: 7,
            },
        );
        assert_eq!(step(&bookmarks, 4), 1);
        assert_eq!(step(&bookmarks, 4), 0);
        // A ledger that was made anew.
        bookmarks.sources.remove(&source);
        bookmarks.apply(1, &taken("invoices", 1));
        assert_eq!(step(&bookmarks, 5), 3);
    }

    fn event() -> impl Strategy<Value = Event> {
        let source = || {
            prop_oneof![Just("accounts"), Just("invoices"), Just("items")]
                .prop_map(|s| s.parse().unwrap())
        };
        let number = || 1..12_u64;
        let file = || (number(), any::<u16>()).prop_map(|(n, seed)| input_file(n, u64::from(seed)));
        prop_oneof![
            4 => (source(), file()).prop_map(|(source, file)| Event::Taken { source, file }),
            2 => (source(), number(), file())
                .prop_map(|(source, replaces, file)| Event::Rewritten { source, replaces, file }),
            1 => (source(), number(), prop::collection::vec(".*", 0..3))
                .prop_map(|(source, number, paths)| Event::Renamed { source, number, paths }),
            1 => (source(), number()).prop_map(|(source, number)| Event::Retracted { source, number }),
            1 => (source(), number()).prop_map(|(source, number)| Event::Gone { source, number }),
            1 => source().prop_map(|source| Event::Reset { source, wish: None }),
            1 => (source(), prop::collection::vec(number(), 0..3)).prop_map(|(source, numbers)| {
                Event::ResetSome { source, numbers, wish: RandomId::new() }
            }),
            1 => (source(), prop::collection::vec(file(), 0..3)).prop_map(|(source, files)| {
                Event::SetAsProcessed { source, glob: String::new(), files, wish: RandomId::new() }
            }),
            1 => (source(), "[ab]").prop_map(|(source, glob)| {
                Event::Held { source, glob, wish: RandomId::new() }
            }),
            1 => (source(), "[ab]").prop_map(|(source, glob)| {
                Event::Released { source, glob, wish: RandomId::new() }
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_copy_equals_the_fold(batches in prop::collection::vec(prop::collection::vec(event(), 0..12), 1..8)) {
            let state = state();
            let mut bookmarks = Bookmarks::default();
            for (run, batch) in (1_u64..).zip(&batches) {
                for event in batch {
                    bookmarks.apply(run, event);
                }
                state.sync_bookmarks(&bookmarks, &head(run), run).unwrap();
                prop_assert_eq!(&state.bookmarks().unwrap(), &bookmarks);
            }
        }
    }
}
