//! Work that takes long: how far it has come, and whether to stop.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::model::at_once;
use crate::model::interrupt::Interrupt;
use crate::model::progress::{Progress, ProgressSink};

/// Bytes from one report to the next.
const REPORT: u64 = 4 * 1024 * 1024;

/// Counts the bytes that are read by all threads.
pub struct Work<'a> {
    progress: &'a dyn ProgressSink,
    interrupt: &'a Interrupt,
    total: u64,
    done: AtomicU64,
}

impl<'a> Work<'a> {
    /// Work over `total` bytes of files.
    pub fn new(progress: &'a dyn ProgressSink, interrupt: &'a Interrupt, total: u64) -> Self {
        Self {
            progress,
            interrupt,
            total,
            done: AtomicU64::new(0),
        }
    }

    /// A reader whose bytes count.
    pub fn counting<R: Read>(&self, inner: R) -> Counting<'_, R> {
        Counting { work: self, inner }
    }

    /// # Errors
    /// [`io::ErrorKind::Interrupted`] would be tried again by readers, so it is
    /// another: see [`Work::was_stopped`].
    pub fn go_on(&self) -> io::Result<()> {
        if self.was_stopped() {
            return Err(io::Error::other("interrupted"));
        }
        Ok(())
    }

    /// Whether stopping was asked for.
    pub fn was_stopped(&self) -> bool {
        self.interrupt.is_requested()
    }

    fn add(&self, bytes: u64) {
        let before = self.done.fetch_add(bytes, Ordering::Relaxed);
        let done = before + bytes;
        if before / REPORT != done / REPORT {
            let total = self.total.max(done);
            self.progress.report(Progress::Hashing { done, total });
        }
    }

    /// Does something for each item, on all cores. Results are in their order.
    pub fn each<T: Sync, O: Send>(&self, items: &[T], job: impl Fn(&T) -> O + Sync) -> Vec<O> {
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        at_once::each(items, cores, job)
    }
}

/// See [`Work::counting`].
pub struct Counting<'a, R> {
    work: &'a Work<'a>,
    inner: R,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(into)?;
        self.work.add(size as u64);
        Ok(size)
    }
}
