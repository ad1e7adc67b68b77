//! Hashing a file, and counting the records of the text it holds: for files that
//! are compressed, in another encoding, or in a dialect that is not simple.

use std::io::{self, Read};

use super::digest::{Go, HashedFile};
use super::records::{Flaw, Records};
use super::text;
use crate::model::dialect::Dialect;
use crate::model::input_file::Fault;

/// Bytes kept of a record. None of them is looked at here.
const KEPT: usize = 64 * 1024;

/// As [`super::digest::hash_file`], on one thread.
pub(super) fn hash_file(
    file: impl Read,
    dialect: &Dialect,
    after_block: impl FnMut(usize) -> Go,
) -> io::Result<HashedFile> {
    let mut bytes = Hashing {
        file,
        hasher: blake3::Hasher::new(),
        after_block,
        failed: None,
    };
    let counted = count(&mut bytes, dialect);
    if let Some(error) = bytes.failed.take() {
        return Err(error);
    }
    let (records, fault) = match counted {
        Ok((records, true)) => (records, Some(Fault::OpenQuote)),
        Ok((records, false)) => (records, None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => (0, Some(Fault::Cut)),
        Err(error) => (0, Some(Fault::Damaged(error.to_string()))),
    };
    // What is behind the end of a compressed text belongs to the file too.
    if let Err(error) = io::copy(&mut bytes, &mut io::sink()) {
        return Err(bytes.failed.take().unwrap_or(error));
    }
    Ok(HashedFile {
        blake3: bytes.hasher.finalize().into(),
        bytes: bytes.hasher.count(),
        records,
        plain: false,
        fault,
    })
}

/// The records, and whether the last one ends inside quotes.
fn count(bytes: impl Read, dialect: &Dialect) -> io::Result<(u64, bool)> {
    let mut records = Records::new(text::open(bytes, dialect.encoding)?, dialect).limited(KEPT);
    let mut open = false;
    while let Some(record) = records.next()? {
        let columns = record.len();
        open = matches!(record.flaw, Some(Flaw::OpenQuote { .. }));
        if record.number <= 1 {
            records.set_columns(columns);
        }
    }
    Ok((records.read(), open))
}

/// Hashes what is read through it.
struct Hashing<R, F> {
    file: R,
    hasher: blake3::Hasher,
    after_block: F,
    /// Why the file could not be read, told from what is wrong with its text.
    failed: Option<io::Error>,
}

impl<R: Read, F: FnMut(usize) -> Go> Read for Hashing<R, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // Whoever is told of an interruption tries again.
        let stopped = || io::Error::other("stopped");
        if self.failed.is_some() {
            return Err(stopped());
        }
        let size = match self.file.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                self.failed = Some(error);
                return Err(stopped());
            }
            Ok(size) => size,
        };
        self.hasher.update(&into[..size]);
        if (self.after_block)(size) == Go::Stop {
            self.failed = Some(io::ErrorKind::Interrupted.into());
            return Err(stopped());
        }
        Ok(size)
    }
}
