//! A bucket: small requests about its objects. [`super::upload`] and
//! [`super::download`] move bytes.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ChecksumMode;
use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use super::calls::{Calls, Counters, Kind};
use super::client::{self, Given, Made};
use super::etags::PutAtOnce;
use super::fail::{self, Answer, Asked};
use super::headers::{generation, mark, put_at_once, quoted, utc, version};
use super::runtime::wait;
use crate::model::interrupt::Interrupt;
use crate::project::S3Settings;
use crate::store::remote::RemoteError;
use crate::store::{Mark, StoreError};

/// Before an object whose bytes broke off is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// One bucket, by whole keys. Clones are handles to the same connections. No
/// method may be called from asynchronous code.
#[derive(Clone)]
pub struct Bucket(Arc<Inner>);

pub(super) struct Inner {
    pub name: String,
    pub settings: S3Settings,
    pub interrupt: Interrupt,
    pub counters: Counters,
    made: OnceCell<Made>,
    given: Option<Given>,
}

/// An object as a listing tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Its ETag with the quotes, as conditions take it; None where a clone's
    /// listings have none.
    pub etag: Option<String>,
    pub modified: Option<DateTime<Utc>>,
}

/// An object as a question about it alone tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Bytes.
    pub size: u64,
    /// With the quotes, as conditions take it.
    pub etag: String,
    /// None where the bucket keeps no versions.
    pub version: Option<String>,
    pub modified: Option<DateTime<Utc>>,
    /// None if it was not put by this program.
    pub mark: Option<Mark>,
    /// Which putting of the same bytes; None if not put by this program.
    pub generation: Option<String>,
    /// What lay there before, as far as it matters.
    pub before: PutAtOnce,
}

impl ObjectHead {
    fn of_head(found: &HeadObjectOutput) -> Self {
        Self {
            size: found.content_length.unwrap_or(0).try_into().unwrap_or(0),
            etag: quoted(found.e_tag.as_deref().unwrap_or_default()),
            version: version(found.version_id.as_deref()),
            modified: found.last_modified.and_then(utc),
            mark: mark(found.metadata.as_ref()),
            generation: generation(found.metadata.as_ref()),
            before: put_at_once(found.metadata.as_ref()),
        }
    }

    /// Of a range the size is that of the range.
    pub(super) fn of_get(found: &GetObjectOutput) -> Self {
        Self {
            size: found.content_length.unwrap_or(0).try_into().unwrap_or(0),
            etag: quoted(found.e_tag.as_deref().unwrap_or_default()),
            version: version(found.version_id.as_deref()),
            modified: found.last_modified.and_then(utc),
            mark: mark(found.metadata.as_ref()),
            generation: generation(found.metadata.as_ref()),
            before: put_at_once(found.metadata.as_ref()),
        }
    }
}

/// What came of an answer whose head was as it should be.
pub(super) type Body<T> = Result<T, StoreError>;

/// A small object and its bytes.
pub type Got = (ObjectHead, Vec<u8>);

impl Bucket {
    /// A handle. Nothing is asked before the first request.
    pub fn open(name: &str, settings: &S3Settings, interrupt: &Interrupt) -> Self {
        Self::with(name, settings, interrupt, None)
    }

    /// The same with credentials of one's own, for servers in tests.
    #[doc(hidden)]
    pub fn signed(
        name: &str,
        settings: &S3Settings,
        interrupt: &Interrupt,
        (id, secret): (&str, &str),
    ) -> Self {
        let (id, secret) = (id.to_owned(), secret.to_owned());
        Self::with(name, settings, interrupt, Some(Given { id, secret }))
    }

    fn with(
        name: &str,
        settings: &S3Settings,
        interrupt: &Interrupt,
        given: Option<Given>,
    ) -> Self {
        Self(Arc::new(Inner {
            name: name.to_owned(),
            settings: settings.clone(),
            interrupt: interrupt.clone(),
            counters: Counters::default(),
            made: OnceCell::new(),
            given,
        }))
    }

    /// Makes the bucket, for servers in tests.
    #[doc(hidden)]
    pub fn make(&self) -> Result<(), StoreError> {
        wait(&self.0.interrupt, async {
            let request = self.0.client(Kind::Put).await.create_bucket();
            match request.bucket(&self.0.name).send().await {
                Ok(_) => Ok(()),
                Err(error) => {
                    let asked = self.0.asked("s3:CreateBucket", "");
                    Err(self.0.answer(asked, &error).await.into_error(asked))
                }
            }
        })
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How it is reached.
    pub fn settings(&self) -> &S3Settings {
        &self.0.settings
    }

    /// Does nothing for so long, unless it is to stop.
    ///
    /// # Errors
    /// [`StoreError::Interrupted`]
    pub(super) fn pause(&self, long: Duration) -> Result<(), StoreError> {
        wait(&self.0.interrupt, async {
            tokio::time::sleep(long).await;
            // Both may be due by the time it is looked at.
            match self.0.interrupt.is_requested() {
                true => Err(StoreError::Interrupted),
                false => Ok(()),
            }
        })
    }

    /// The server that the first request was sent to; None before that.
    pub(super) fn server(&self) -> Option<String> {
        self.0.made.get()?.sent_to.get().cloned()
    }

    /// The requests made so far, of all clones.
    pub fn calls(&self) -> Calls {
        self.0.counters.calls()
    }

    /// What lies at a key, or None if nothing does.
    ///
    /// # Errors
    /// As for [`Bucket::list`].
    pub fn head(&self, key: &str) -> Result<Option<ObjectHead>, StoreError> {
        wait(&self.0.interrupt, self.0.head(key))
    }

    /// All bytes of a small object, or None if nothing lies there.
    ///
    /// # Errors
    /// As for [`Bucket::list`]; an answer whose checksum is wrong is no answer.
    pub fn get(&self, key: &str) -> Result<Option<Got>, StoreError> {
        wait(&self.0.interrupt, self.0.get(key))
    }

    /// The same of several objects at once, in their order.
    ///
    /// # Errors
    /// As for [`Bucket::get`], of any of them.
    pub fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Got>>, StoreError> {
        if let [key] = keys {
            return Ok(vec![self.get(key)?]);
        }
        wait(&self.0.interrupt, async {
            let mut found: Vec<Option<Got>> = vec![None; keys.len()];
            let mut waiting = keys.iter().cloned().enumerate();
            let mut running = JoinSet::new();
            loop {
                while running.len() < self.0.settings.concurrency
                    && let Some((at, key)) = waiting.next()
                {
                    let inner = Arc::clone(&self.0);
                    running.spawn(async move { (at, inner.get(&key).await) });
                }
                match running.join_next().await {
                    None => return Ok(found),
                    Some(Ok((at, got))) => found[at] = got?,
                    Some(Err(error)) => return Err(broke_off("", &error)),
                }
            }
        })
    }

    /// Removes what lies at a key, if it is what is expected. That nothing is
    /// there is success. Only some servers heed the condition.
    ///
    /// # Errors
    /// [`StoreError::Precondition`] if something else lies there.
    pub fn remove(&self, key: &str, etag: Option<&str>) -> Result<(), StoreError> {
        wait(&self.0.interrupt, self.0.remove(key, etag))
    }

    pub(super) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl Inner {
    pub async fn made(&self) -> &Made {
        self.made
            .get_or_init(|| client::make(&self.settings, self.given.as_ref()))
            .await
    }

    /// The client, for one request of a kind.
    pub async fn client(&self, kind: Kind) -> &Client {
        self.counters.count(kind);
        &self.made().await.client
    }

    pub fn asked<'a>(&'a self, action: &'static str, key: &'a str) -> Asked<'a> {
        Asked {
            bucket: &self.name,
            action,
            key,
        }
    }

    pub async fn answer<E>(&self, asked: Asked<'_>, error: &SdkError<E, HttpResponse>) -> Answer
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        fail::answer(self.made().await, asked, error)
    }

    pub async fn head(&self, key: &str) -> Result<Option<ObjectHead>, StoreError> {
        let request = self.client(Kind::Head).await.head_object();
        let asked = self.asked("s3:GetObject", key);
        let error = match request.bucket(&self.name).key(key).send().await {
            Ok(found) => return Ok(Some(ObjectHead::of_head(&found))),
            Err(error) => error,
        };
        match self.answer(asked, &error).await {
            Answer::Nameless => Err(self.why(key).await),
            other => other.if_absent(None, asked),
        }
    }

    /// The answer to a HEAD has no body that says why: one byte is asked for.
    async fn why(&self, key: &str) -> StoreError {
        let request = self.client(Kind::Get).await.get_object();
        let asked = self.asked("s3:GetObject", key);
        let request = request.bucket(&self.name).key(key).range("bytes=0-0");
        match request.send().await {
            Ok(_) => StoreError::Remote(RemoteError::Refused {
                bucket: self.name.clone(),
                action: asked.action,
                key: key.to_owned(),
                answer: "a HEAD, and not a GET".to_owned(),
            }),
            Err(error) => self.answer(asked, &error).await.into_error(asked),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<Got>, StoreError> {
        self.whole(|| self.get_once(key)).await
    }

    async fn get_once(&self, key: &str) -> Result<Body<Option<Got>>, StoreError> {
        let request = self.client(Kind::Get).await.get_object();
        let asked = self.asked("s3:GetObject", key);
        let request = request.bucket(&self.name).key(key);
        let found = match request.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(found) => found,
            Err(error) => return self.answer(asked, &error).await.if_absent(Ok(None), asked),
        };
        let length = found.content_length;
        let head = ObjectHead::of_get(&found);
        let limit = self.settings.timeout * 4;
        let bytes = match tokio::time::timeout(limit, found.body.collect()).await {
            Ok(Ok(body)) => body.to_vec(),
            Ok(Err(error)) => return Ok(Err(broke_off(key, &error))),
            Err(_) => return Ok(Err(slow(key))),
        };
        if length.is_some() && bytes.len() as u64 != head.size {
            return Ok(Err(broke_off(key, &"it is shorter than announced")));
        }
        Ok(Ok(Some((head, bytes))))
    }

    /// Asks again where the body of an answer breaks off, as often as is set: where
    /// there is no answer the SDK does that.
    pub async fn whole<T, F>(&self, ask: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<Body<T>, StoreError>>,
    {
        for attempt in 0.. {
            match ask().await? {
                Err(StoreError::Unknown { .. }) if attempt < self.settings.retries => {
                    tokio::time::sleep(PAUSE).await;
                }
                ended => return ended,
            }
        }
        unreachable!("the loop ends by returning")
    }

    pub async fn remove(&self, key: &str, etag: Option<&str>) -> Result<(), StoreError> {
        let request = self.client(Kind::Delete).await.delete_object();
        let asked = self.asked("s3:DeleteObject", key);
        let request = request.bucket(&self.name).key(key);
        let request = request.set_if_match(etag.map(str::to_owned));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => self.answer(asked, &error).await.if_absent((), asked),
        }
    }
}

impl Answer {
    /// What it means that nothing lies there; the error of any other answer.
    pub fn if_absent<T>(self, absent: T, asked: Asked<'_>) -> Result<T, StoreError> {
        match self {
            Self::Absent => Ok(absent),
            other => Err(other.into_error(asked)),
        }
    }

    /// The error that it is where it has no other meaning.
    pub fn into_error(self, asked: Asked<'_>) -> StoreError {
        let key = asked.key.to_owned();
        match self {
            Self::Error(error) => error,
            Self::Precondition => StoreError::Precondition { key },
            Self::Conflict => StoreError::Unknown {
                key,
                reason: "409: another request for it is under way".to_owned(),
            },
            Self::Nameless => StoreError::Remote(fail::denied(asked, "", false)),
            Self::Absent => StoreError::Remote(RemoteError::Refused {
                bucket: asked.bucket.to_owned(),
                action: asked.action,
                key,
                answer: "404".to_owned(),
            }),
        }
    }
}

pub(super) fn broke_off(key: &str, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unknown {
        key: key.to_owned(),
        reason: format!("the answer broke off: {why}"),
    }
}

pub(super) fn slow(key: &str) -> StoreError {
    StoreError::Unknown {
        key: key.to_owned(),
        reason: "no more bytes came".to_owned(),
    }
}
