//! The end of an object, where Parquet keeps what it says of itself.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::bucket::{Body, Bucket, Got, Inner, ObjectHead, broke_off, slow};
use super::calls::Kind;
use super::runtime::wait;
use crate::store::StoreError;
use crate::store::remote::RemoteError;

impl Bucket {
    /// What lies at a key, and its last bytes, at most so many, in a file of its whole
    /// size that holds nothing before them. None if nothing lies there.
    ///
    /// # Errors
    /// As for [`Bucket::head`].
    pub fn tail(&self, key: &str, most: u64, to: &Path) -> Result<Option<ObjectHead>, StoreError> {
        let found = wait(&self.inner().interrupt, self.inner().tail(key, most))?;
        let Some((head, bytes)) = found else {
            return Ok(None);
        };
        let io = |e| StoreError::io(to.display(), e);
        let file = File::create(to).map_err(io)?;
        file.set_len(head.size).map_err(io)?;
        let at = head.size.saturating_sub(bytes.len() as u64);
        file.write_all_at(&bytes, at).map_err(io)?;
        Ok(Some(head))
    }
}

/// Bytes of a Parquet file's footer, with its length and its mark behind it.
///
/// # Errors
/// Of reading the file.
pub(super) fn footer_of(file: &Path) -> std::io::Result<u64> {
    let file = File::open(file)?;
    let mut end = [0; 8];
    let size = file.metadata()?.len();
    if size < 8 {
        return Ok(size);
    }
    file.read_exact_at(&mut end, size - 8)?;
    if end[4..] != *b"PAR1" {
        // No Parquet, which whoever reads it says. Its length would be anything.
        return Ok(8);
    }
    let length = u32::from_le_bytes([end[0], end[1], end[2], end[3]]);
    Ok((u64::from(length) + 8).min(size))
}

impl Inner {
    async fn tail(&self, key: &str, most: u64) -> Result<Option<Got>, StoreError> {
        self.whole(|| self.tail_once(key, most)).await
    }

    async fn tail_once(&self, key: &str, most: u64) -> Result<Body<Option<Got>>, StoreError> {
        let request = self.client(Kind::Get).await.get_object();
        let asked = self.asked("s3:GetObject", key);
        let request = request.bucket(&self.name).key(key);
        let found = match request.range(format!("bytes=-{most}")).send().await {
            Ok(found) => found,
            Err(error) => return self.answer(asked, &error).await.if_absent(Ok(None), asked),
        };
        // `bytes 100-199/200`; without it the whole was sent.
        let total = found.content_range.as_deref();
        let total = total.and_then(|range| range.rsplit('/').next()?.parse().ok());
        let mut head = ObjectHead::of_get(&found);
        let body = tokio::time::timeout(self.settings.timeout, found.body.collect()).await;
        let bytes = match body {
            Ok(Ok(body)) => body.to_vec(),
            Ok(Err(error)) => return Ok(Err(broke_off(key, &error))),
            Err(_) => return Ok(Err(slow(key))),
        };
        head.size = total.unwrap_or(bytes.len() as u64);
        if (bytes.len() as u64) < most.min(head.size) {
            return Err(StoreError::Remote(RemoteError::Refused {
                bucket: self.name.clone(),
                action: asked.action,
                key: key.to_owned(),
                answer: "fewer bytes than were asked for".to_owned(),
            }));
        }
        Ok(Ok(Some((head, bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parquet_has_a_long_footer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let of = |end: &[u8; 8]| {
            let mut bytes = vec![0; 1000];
            bytes.extend_from_slice(end);
            std::fs::write(&file, bytes).unwrap();
            footer_of(&file).unwrap()
        };
        assert_eq!(of(b"\xc8\0\0\0PAR1"), 208);
        assert_eq!(of(b"\xff\xff\xff\x7fPAR1"), 1008);
        assert_eq!(of(b"0.5,0.25"), 8);
    }
}
