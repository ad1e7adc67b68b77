//! What every run works with, and what it is asked for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::engine::Settings;
use crate::ingest::buckets::{Buckets, Places};
use crate::model::interrupt::Interrupt;
use crate::model::names::TransformName;
use crate::model::progress::{Progress, ProgressSink};
use crate::project::{Layout, Project, TargetUrl};
use crate::snapshots::visited::Visited;
use crate::store::Store;
use crate::store::cache::{self, Cache};
use crate::store::local::LocalStore;
use crate::store::s3::{Bucket, S3Store};

use super::error::RunError;

/// The name and version that documents carry.
pub const PROGRAM: &str = concat!("workbench ", env!("CARGO_PKG_VERSION"));

/// The surroundings of a run. The core takes them as values: it reads neither
/// the environment nor, but for measuring, the clock.
#[derive(Clone)]
pub struct Context {
    pub project: Project,
    pub layout: Layout,
    pub progress: Arc<dyn ProgressSink>,
    pub interrupt: Interrupt,
    /// The name of this machine, for messages to other writers.
    pub host: String,
    pub clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// There is no project: a target is only looked at, and what is read of its
    /// documents is kept.
    pub visits: bool,
    /// Reaches raw files that are objects of buckets.
    pub buckets: Arc<dyn Buckets>,
}

impl Context {
    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// The day it is in the project's time zone.
    pub fn today(&self) -> NaiveDate {
        self.local_time().date()
    }

    /// The time it is in the project's time zone.
    pub fn local_time(&self) -> NaiveDateTime {
        let here = self.now().with_timezone(&self.project.timezone);
        here.naive_local()
    }

    /// What a session may use.
    pub fn settings(&self) -> Settings {
        Settings {
            memory: self.project.memory.clone(),
            threads: self.project.threads,
            spill: None,
        }
    }

    /// Where raw files lie.
    pub fn places(&self) -> Places<'_> {
        Places {
            root: &self.project.root,
            buckets: &*self.buckets,
        }
    }

    /// Reports a new phase.
    pub fn step(&self, step: &'static str) {
        self.progress.report(Progress::Step { step });
    }

    /// Something worth knowing that is no error.
    pub fn note(&self, message: impl Into<String>) {
        self.progress.report(Progress::Note {
            message: message.into(),
        });
    }

    /// A bucket, reached as the project says.
    pub fn bucket(&self, name: &str) -> Bucket {
        Bucket::open(name, &self.project.s3, &self.interrupt)
    }

    /// Opens the store behind a target.
    ///
    /// # Errors
    /// Of a folder that cannot be used. A bucket is asked nothing yet.
    pub fn store(&self, target: &TargetUrl) -> Result<Arc<dyn Store>, RunError> {
        let store = self.opened(target, |store| store)?;
        Ok(self.as_visited(store))
    }

    /// The same for who only reads: what was seen of a bucket that cannot be
    /// reached now is what it shows, and a note says so.
    ///
    /// # Errors
    /// As for [`Context::store`].
    pub fn store_to_read(&self, target: &TargetUrl) -> Result<Arc<dyn Store>, RunError> {
        let progress = self.progress.clone();
        let store = self.opened(target, |store| {
            store.readable_offline(move |message| {
                let message = message.to_owned();
                progress.report(Progress::Note { message });
            })
        })?;
        Ok(self.as_visited(store))
    }

    /// Who only visits a target may be granted a part of it.
    fn as_visited(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        if !self.visits {
            return store;
        }
        let name = self.project.name.clone();
        Arc::new(Visited::new(store, name, self.progress.clone()))
    }

    /// The same for who looks for damages: nothing that is remembered is taken for
    /// what is there.
    ///
    /// # Errors
    /// As for [`Context::store`].
    pub fn store_afresh(&self, target: &TargetUrl) -> Result<Arc<dyn Store>, RunError> {
        self.opened(target, S3Store::afresh)
    }

    fn opened(
        &self,
        target: &TargetUrl,
        with: impl FnOnce(S3Store) -> S3Store,
    ) -> Result<Arc<dyn Store>, RunError> {
        match target {
            TargetUrl::Folder { path, .. } => {
                Ok(Arc::new(LocalStore::open(path, target.to_string())?))
            }
            TargetUrl::S3 { bucket, prefix, .. } => {
                let cache = self.layout.cache();
                Ok(Arc::new(with(S3Store::open(
                    self.bucket(bucket),
                    prefix,
                    target.to_string(),
                    Cache::new(&cache, cache::MOST),
                    &cache.join("targets"),
                ))))
            }
        }
    }
}

/// Which raw data an earlier day is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownChoice {
    /// As known on that day, where a run of that day is in the ledger.
    #[default]
    Then,
    /// The same, and told where no run is.
    ThenAsked,
    /// As known now.
    Now,
}

/// What `export` is asked for.
#[derive(Debug, Clone)]
pub struct ExportRequest {
    /// None: today.
    pub date: Option<NaiveDate>,
    /// Empty: all datasets.
    pub only: Vec<TransformName>,
    /// None: the project's.
    pub target: Option<TargetUrl>,
    pub full_refresh: bool,
    /// Load and check, and publish nothing: `workbench load`.
    pub load_only: bool,
    pub preview: Option<PathBuf>,
    pub known: KnownChoice,
    pub allow_future: bool,
    pub accept_drop: bool,
    /// Begin anew where a target that was published to is gone.
    pub new_target: bool,
    /// How long to wait for who holds the project or the warehouse. None: not
    /// at all for another run, ten minutes for a reader.
    pub lock_timeout: Option<Duration>,
}

impl ExportRequest {
    /// A run for today with everything as it is by default.
    pub fn new() -> Self {
        Self {
            date: None,
            only: Vec::new(),
            target: None,
            full_refresh: false,
            load_only: false,
            preview: None,
            known: KnownChoice::Then,
            allow_future: false,
            accept_drop: false,
            new_target: false,
            lock_timeout: None,
        }
    }
}

impl Default for ExportRequest {
    fn default() -> Self {
        Self::new()
    }
}
