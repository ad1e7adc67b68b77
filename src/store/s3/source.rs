//! Bytes on their way into parts.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::store::StoreError;

/// Less than this is read and sent as it comes.
pub(super) const SMALL: u64 = 1024 * 1024;

/// Where the bytes of parts come from.
#[derive(Clone)]
pub(super) enum Source {
    File(Arc<File>),
    Bytes(Arc<[u8]>),
}

impl Source {
    /// Some of them, read where that may block.
    pub async fn read(&self, at: u64, length: u64, key: &str) -> Result<Vec<u8>, StoreError> {
        let file = match self {
            Self::File(file) => Arc::clone(file),
            Self::Bytes(bytes) => {
                let some = bytes.iter().skip(at as usize).take(length as usize);
                return Ok(some.copied().collect());
            }
        };
        let reading = move || -> std::io::Result<Vec<u8>> {
            let mut bytes = vec![0; usize::try_from(length).map_err(std::io::Error::other)?];
            file.read_exact_at(&mut bytes, at)?;
            Ok(bytes)
        };
        let read = if length < SMALL {
            reading()
        } else {
            let reading = tokio::task::spawn_blocking(reading).await;
            reading.map_err(std::io::Error::other).and_then(|read| read)
        };
        read.map_err(|e| StoreError::io(key, e))
    }
}
