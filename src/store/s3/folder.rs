//! One level of a bucket: what its `/`s make a folder.

use super::bucket::{Bucket, Inner, Object};
use super::calls::Kind;
use super::headers::{quoted, utc};
use super::runtime::wait;
use crate::store::StoreError;

impl Bucket {
    /// All objects whose keys begin with `prefix` and have no `/` behind it, and up to
    /// their first `/` the beginnings of all others.
    ///
    /// # Errors
    /// As for [`Bucket::list`].
    pub fn list_folder(&self, prefix: &str) -> Result<(Vec<Object>, Vec<String>), StoreError> {
        wait(&self.inner().interrupt, self.inner().folder(prefix))
    }
}

impl Inner {
    async fn folder(&self, prefix: &str) -> Result<(Vec<Object>, Vec<String>), StoreError> {
        let (mut objects, mut folders) = (Vec::new(), Vec::new());
        let mut token: Option<String> = None;
        loop {
            let request = self
                .client(Kind::List)
                .await
                .list_objects_v2()
                .bucket(&self.name)
                .prefix(prefix)
                .delimiter("/")
                .set_continuation_token(token);
            let asked = self.asked("s3:ListBucket", prefix);
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => return Err(self.answer(asked, &error).await.into_error(asked)),
            };
            token = match answer.is_truncated() {
                Some(true) => answer.next_continuation_token().map(str::to_owned),
                _ => None,
            };
            let found = answer.common_prefixes.unwrap_or_default().into_iter();
            folders.extend(found.filter_map(|folder| folder.prefix));
            let found = answer.contents.unwrap_or_default().into_iter();
            objects.extend(found.filter_map(|object| {
                Some(Object {
                    size: object.size.unwrap_or(0).try_into().unwrap_or(0),
                    etag: object.e_tag.as_deref().map(quoted),
                    modified: object.last_modified.and_then(utc),
                    key: object.key?,
                })
            }));
            if token.is_none() {
                return Ok((objects, folders));
            }
        }
    }
}
