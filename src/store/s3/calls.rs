//! How many requests were made, by kind.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Requests made so far; one that is made again within the SDK counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    pub list: u64,
    pub head: u64,
    pub get: u64,
    /// Whole objects.
    pub put: u64,
    /// Beginning, completing or aborting an upload in parts, and asking for its parts.
    pub multipart: u64,
    pub part: u64,
    pub delete: u64,
}

impl Calls {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.list + self.head + self.get + self.put + self.multipart + self.part + self.delete
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} LIST, {} HEAD, {} GET, {} PUT, {} multipart, {} parts, {} DELETE",
            self.list, self.head, self.get, self.put, self.multipart, self.part, self.delete
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    list: AtomicU64,
    head: AtomicU64,
    get: AtomicU64,
    put: AtomicU64,
    multipart: AtomicU64,
    part: AtomicU64,
    delete: AtomicU64,
}

/// What is about to be asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    List,
    Head,
    Get,
    Put,
    Multipart,
    Part,
    Delete,
}

impl Counters {
    pub fn count(&self, kind: Kind) {
        let counter = match kind {
            Kind::List => &self.list,
            Kind::Head => &self.head,
            Kind::Get => &self.get,
            Kind::Put => &self.put,
            Kind::Multipart => &self.multipart,
            Kind::Part => &self.part,
            Kind::Delete => &self.delete,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub fn calls(&self) -> Calls {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Calls {
            list: of(&self.list),
            head: of(&self.head),
            get: of(&self.get),
            put: of(&self.put),
            multipart: of(&self.multipart),
            part: of(&self.part),
            delete: of(&self.delete),
        }
    }
}
