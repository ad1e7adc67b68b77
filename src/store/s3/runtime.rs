//! The one runtime that all requests are made on, and waiting for them.

use std::io;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::model::interrupt::Interrupt;
use crate::store::StoreError;

/// Requests wait for the network, not for processors.
const THREADS: usize = 4;
/// How soon a wish to stop is heeded.
const HEED: Duration = Duration::from_millis(50);

/// Started by the first request of the process, and never stopped.
pub(super) fn runtime() -> Result<&'static Runtime, StoreError> {
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("s3")
            .enable_all()
            .build()
    });
    made.as_ref().map_err(|e| {
        StoreError::io(
            "the threads for S3",
            io::Error::new(e.kind(), e.to_string()),
        )
    })
}

/// Waits for a future on the calling thread, which is none of the runtime's.
/// What a wish to stop leaves undone may still arrive at the server.
pub(super) fn wait<T>(
    interrupt: &Interrupt,
    future: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    runtime()?.block_on(async {
        let mut future = pin!(future);
        loop {
            if let Ok(done) = tokio::time::timeout(HEED, &mut future).await {
                return done;
            }
            if interrupt.is_requested() {
                return Err(StoreError::Interrupted);
            }
        }
    })
}
