//! What a face brings along, and what of it surrounds a run.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::Context;
use crate::ingest::remote::S3Buckets;
use crate::model::interrupt::Interrupt;
use crate::model::progress::ProgressSink;
use crate::project::Project;
use crate::store::cache::{self, Cache};

/// What a face brings along: the core reads neither environment nor terminal.
#[derive(Clone)]
pub struct Surroundings {
    pub progress: Arc<dyn ProgressSink>,
    pub interrupt: Interrupt,
    /// The name of this machine.
    pub host: String,
    pub clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

impl Surroundings {
    /// A project, in these surroundings.
    pub fn around(self, project: Project) -> Context {
        let layout = project.layout();
        let cache = Cache::new(layout.cache(), cache::MOST);
        let names = layout.cache().join("names");
        let buckets = S3Buckets::new(&project.s3, cache, names, &self.interrupt);
        Context {
            visits: false,
            buckets: Arc::new(buckets),
            layout,
            project,
            progress: self.progress,
            interrupt: self.interrupt,
            host: self.host,
            clock: self.clock,
        }
    }
}
