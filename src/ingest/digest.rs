//! Hashing a file and counting its records, in one pass over its bytes.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;

use super::count::{Count, RecordCounter};
use super::{digest_text, text};
use crate::model::dialect::Dialect;
use crate::model::hash::ContentHash;
use crate::model::input_file::Fault;

/// Bytes read at once: a block stays in the cache from the read to the count
/// to the hash.
const BLOCK: usize = 512 * 1024;
/// Blocks on their way between the two threads of one file.
const BLOCKS: usize = 4;

/// What one pass over a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedFile {
    pub blake3: ContentHash,
    pub bytes: u64,
    /// Records outside quotes, without the header.
    pub records: u64,
    /// The engine may read it as it lies.
    pub plain: bool,
    /// What is wrong with it as a whole: it is cut, or still being written.
    pub fault: Option<Fault>,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    On,
    Stop,
}

/// Reads `file` to its end, once, on one thread or `spread` over two.
/// `after_block` is told the size of each block, and may end the reading.
///
/// # Errors
/// What reading says; [`io::ErrorKind::Interrupted`] if `after_block` said stop.
pub fn hash_file(
    mut file: impl Read,
    dialect: &Dialect,
    spread: bool,
    after_block: impl FnMut(usize) -> Go,
) -> io::Result<HashedFile> {
    let mut start = [0; 4];
    let size = fill(&mut file, &mut start)?;
    let start = &start[..size];
    let file = start.chain(file);
    match dialect.simple() {
        Some(simple) if text::is_bare(start) && spread => on_two_threads(file, simple, after_block),
        Some(simple) if text::is_bare(start) => on_one_thread(file, simple, after_block),
        _ => digest_text::hash_file(file, dialect, after_block),
    }
}

fn on_one_thread(
    mut file: impl Read,
    simple: (u8, u8),
    mut after_block: impl FnMut(usize) -> Go,
) -> io::Result<HashedFile> {
    let mut hasher = blake3::Hasher::new();
    let mut counter = RecordCounter::new(simple);
    let mut block = vec![0; BLOCK];
    loop {
        let size = fill(&mut file, &mut block)?;
        hasher.update(&block[..size]);
        counter.update(&block[..size]);
        if after_block(size) == Go::Stop {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if size < block.len() {
            return Ok(found(&hasher, counter.finish()));
        }
    }
}

/// Reads and counts here, and hashes on another thread. A block goes round
/// between the two, so there are never more than a few.
fn on_two_threads(
    mut file: impl Read,
    simple: (u8, u8),
    mut after_block: impl FnMut(usize) -> Go,
) -> io::Result<HashedFile> {
    let (full, to_hash) = mpsc::sync_channel::<(Vec<u8>, usize)>(BLOCKS);
    let (empty, to_fill) = mpsc::sync_channel::<Vec<u8>>(BLOCKS);
    let gone = || io::Error::other("the hashing thread ended early");

    thread::scope(|scope| {
        let hashing = scope.spawn(move || {
            let mut hasher = blake3::Hasher::new();
            for (block, size) in to_hash {
                hasher.update(&block[..size]);
                // The reader may have all it needs by now.
                let _ = empty.send(block);
            }
            hasher
        });
        let mut counter = RecordCounter::new(simple);
        let mut fresh = BLOCKS;
        loop {
            let mut block = if fresh > 0 {
                fresh -= 1;
                vec![0; BLOCK]
            } else {
                to_fill.recv().map_err(|_| gone())?
            };
            let size = fill(&mut file, &mut block)?;
            counter.update(&block[..size]);
            let last = size < block.len();
            full.send((block, size)).map_err(|_| gone())?;
            if after_block(size) == Go::Stop {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if last {
                drop(full);
                let hasher = hashing.join().map_err(|_| gone())?;
                return Ok(found(&hasher, counter.finish()));
            }
        }
    })
}

fn found(hasher: &blake3::Hasher, count: Count) -> HashedFile {
    HashedFile {
        blake3: hasher.finalize().into(),
        bytes: hasher.count(),
        records: count.records,
        plain: count.plain,
        fault: count.ends_inside_quote.then_some(Fault::OpenQuote),
    }
}

/// Reads until the block is full or the file ends.
fn fill(file: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut size = 0;
    while size < block.len() {
        match file.read(&mut block[size..]) {
            Ok(0) => break,
            Ok(read) => size += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: usize) -> String {
        let mut text = "id,words\n".to_owned();
        for row in 0..rows {
            text += &format!("{row},\"a\n{}\"\n", "b".repeat(row % 90));
        }
        text
    }

    #[test]
    fn one_thread_or_two_is_the_same() {
        for rows in [0, 1, 12_000, 60_000] {
            let text = text(rows);
            let expected = HashedFile {
                blake3: ContentHash::of(text.as_bytes()),
                bytes: text.len() as u64,
                records: rows as u64,
                plain: true,
                fault: None,
            };
            for spread in [false, true] {
                let mut told = 0;
                let hashed = hash_file(text.as_bytes(), &Dialect::default(), spread, |size| {
                    told += size;
                    Go::On
                });
                assert_eq!(hashed.unwrap(), expected);
                assert_eq!(told, text.len());
            }
        }
    }

    #[test]
    fn it_stops_when_told() {
        let text = text(60_000);
        for spread in [false, true] {
            let mut blocks = 0;
            let stopped = hash_file(text.as_bytes(), &Dialect::default(), spread, |_| {
                blocks += 1;
                if blocks == 2 { Go::Stop } else { Go::On }
            });
            assert_eq!(stopped.unwrap_err().kind(), io::ErrorKind::Interrupted);
            assert_eq!(blocks, 2);
        }
    }

    #[test]
    fn a_read_that_fails_is_an_error() {
        struct Broken(usize);
        impl Read for Broken {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                self.0 = self
                    .0
                    .checked_sub(1)
                    .ok_or_else(|| io::Error::other("gone"))?;
                into.fill(b'x');
                Ok(into.len())
            }
        }
        for spread in [false, true] {
            let error = hash_file(Broken(5), &Dialect::default(), spread, |_| Go::On).unwrap_err();
            assert_eq!(error.to_string(), "gone");
        }
    }
}
