//! Uploads in parts that nobody ended: their parts are paid for, and seen by
//! nobody.

use chrono::{DateTime, Utc};

use super::bucket::{Bucket, Inner};
use super::calls::Kind;
use super::headers::utc;
use super::listing::going_on;
use super::runtime::wait;
use crate::store::StoreError;

/// An upload in parts that was neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub key: String,
    pub id: String,
    pub begun: Option<DateTime<Utc>>,
}

impl Bucket {
    /// The uploads in parts that were begun below a prefix and are not over.
    ///
    /// # Errors
    /// As for [`Bucket::list`].
    pub fn list_uploads(&self, prefix: &str) -> Result<Vec<Leftover>, StoreError> {
        wait(&self.inner().interrupt, self.inner().list_uploads(prefix))
    }

    /// Ends such an upload; its parts are deleted. That it is over already is fine.
    ///
    /// # Errors
    /// As for [`Bucket::list`].
    pub fn abort_upload(&self, upload: &Leftover) -> Result<(), StoreError> {
        let abort = self.inner().abort(&upload.key, &upload.id);
        wait(&self.inner().interrupt, abort)
    }
}

impl Inner {
    async fn list_uploads(&self, prefix: &str) -> Result<Vec<Leftover>, StoreError> {
        let mut uploads = Vec::new();
        let mut from = None;
        loop {
            let request = self.client(Kind::List).await.list_multipart_uploads();
            let asked = self.asked("s3:ListBucketMultipartUploads", prefix);
            let (key_marker, id_marker) = from.clone().unzip();
            let request = request
                .bucket(&self.name)
                .prefix(prefix)
                .set_key_marker(key_marker)
                .set_upload_id_marker(id_marker.flatten());
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => return Err(self.answer(asked, &error).await.into_error(asked)),
            };
            for upload in answer.uploads.unwrap_or_default() {
                if let (Some(key), Some(id)) = (upload.key, upload.upload_id) {
                    let begun = upload.initiated.and_then(utc);
                    uploads.push(Leftover { key, id, begun });
                }
            }
            let id_marker = answer.next_upload_id_marker;
            let next = answer.next_key_marker.map(|key| (key, id_marker));
            from = going_on(asked, answer.is_truncated, &from, next)?;
            if from.is_none() {
                return Ok(uploads);
            }
        }
    }

    pub async fn abort(&self, key: &str, id: &str) -> Result<(), StoreError> {
        let request = self.client(Kind::Multipart).await.abort_multipart_upload();
        let asked = self.asked("s3:AbortMultipartUpload", key);
        let request = request.bucket(&self.name).key(key).upload_id(id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => self.answer(asked, &error).await.if_absent((), asked),
        }
    }
}
