//! What lies in a bucket, a page at a time.

use std::ops::ControlFlow;

use super::bucket::{Bucket, Inner, Object};
use super::calls::Kind;
use super::fail::Asked;
use super::headers::{quoted, utc};
use super::runtime::wait;
use crate::store::StoreError;
use crate::store::remote::RemoteError;

/// One answer.
struct Page {
    objects: Vec<Object>,
    /// Beginnings of keys up to a delimiter.
    folders: Vec<String>,
    /// Where the next one begins; None if this was the last.
    next: Option<String>,
}

impl Bucket {
    /// All objects whose keys begin with `prefix` and sort behind `after`, in
    /// the order of their keys' bytes; a page of up to 1,000 at a time, until
    /// there is no more or `page` breaks off. An empty listing has one empty page.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if there is no answer; [`StoreError::Remote`], also if
    /// the server says that there is more and not where.
    pub fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        page: &mut dyn FnMut(Vec<Object>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.pages(prefix, None, after, &mut |found| page(found.objects))
    }

    /// All of [`Bucket::list`], at once.
    ///
    /// # Errors
    /// As for that.
    pub fn list_all(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Object>, StoreError> {
        let mut all = Vec::new();
        self.list(prefix, after, &mut |objects| {
            all.extend(objects);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    /// All objects whose keys begin with `prefix` and have no `/` behind it, and up to
    /// their first `/` the beginnings of all others.
    ///
    /// # Errors
    /// As for [`Bucket::list`].
    pub fn list_folder(&self, prefix: &str) -> Result<(Vec<Object>, Vec<String>), StoreError> {
        let (mut objects, mut folders) = (Vec::new(), Vec::new());
        self.pages(prefix, Some("/"), None, &mut |found| {
            objects.extend(found.objects);
            folders.extend(found.folders);
            ControlFlow::Continue(())
        })?;
        Ok((objects, folders))
    }

    fn pages(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        after: Option<&str>,
        see: &mut dyn FnMut(Page) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut from: Option<String> = None;
        loop {
            let asked = self.inner().page(prefix, delimiter, after, from);
            let mut page = wait(&self.inner().interrupt, asked)?;
            from = page.next.take();
            if see(page).is_break() || from.is_none() {
                return Ok(());
            }
        }
    }
}

impl Inner {
    async fn page(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        after: Option<&str>,
        from: Option<String>,
    ) -> Result<Page, StoreError> {
        let request = self
            .client(Kind::List)
            .await
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(prefix)
            .set_delimiter(delimiter.map(str::to_owned))
            .set_start_after(after.filter(|_| from.is_none()).map(str::to_owned))
            .set_continuation_token(from.clone());
        let asked = self.asked("s3:ListBucket", prefix);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.answer(asked, &error).await.into_error(asked)),
        };
        let next = going_on(
            asked,
            answer.is_truncated,
            &from,
            answer.next_continuation_token,
        )?;
        let objects = answer.contents.unwrap_or_default().into_iter();
        let objects = objects.filter_map(|object| {
            Some(Object {
                size: object.size.unwrap_or(0).try_into().unwrap_or(0),
                etag: object.e_tag.as_deref().map(quoted),
                modified: object.last_modified.and_then(utc),
                key: object.key?,
            })
        });
        let folders = answer.common_prefixes.unwrap_or_default().into_iter();
        Ok(Page {
            objects: objects.collect(),
            folders: folders.filter_map(|folder| folder.prefix).collect(),
            next,
        })
    }
}

/// Where a listing goes on whose page was asked for `from` somewhere; None if that was
/// the last page.
///
/// # Errors
/// [`RemoteError::Refused`] if there is more, and where is not told or is where it was
/// before: what is not listed would be taken for gone.
pub(super) fn going_on<T: PartialEq>(
    asked: Asked<'_>,
    is_truncated: Option<bool>,
    from: &Option<T>,
    next: Option<T>,
) -> Result<Option<T>, StoreError> {
    if is_truncated != Some(true) {
        return Ok(None);
    }
    if next.is_some() && next != *from {
        return Ok(next);
    }
    Err(StoreError::Remote(RemoteError::Refused {
        bucket: asked.bucket.to_owned(),
        action: asked.action,
        key: asked.key.to_owned(),
        answer: "a listing that does not go on".to_owned(),
    }))
}
