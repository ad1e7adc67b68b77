//! The way to a server: what can happen to a request and to its answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request};
use s3s::service::S3Service;
use s3s::{Body, HttpResponse};

use super::shelf::Shelf;

/// What may happen to a request, by how likely it is, from 0 to 1. At most one
/// does; together they must not exceed 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub seed: u64,
    /// A burst of 503 begins.
    pub slow_down: f64,
    /// A burst of 429 begins.
    pub too_many: f64,
    /// The connection is cut before the request is applied.
    pub reset: f64,
    /// The same, and it was applied.
    pub reset_after: f64,
    /// No answer in time, and the request is not applied.
    pub timeout: f64,
    /// The same, and it was applied.
    pub timeout_after: f64,
    /// A put that was applied is answered by 412.
    pub own_412: f64,
    /// A put is answered by 409, and not applied.
    pub conflict: f64,
    /// A body ends early.
    pub truncated: f64,
    /// A byte of an object's body is another. (A listing has no checksum: only TLS keeps it.)
    pub flipped: f64,
    /// 1 kB/s.
    pub slow: f64,
    /// A raw file, below `raw/`, is put anew while it is read, and the answer breaks
    /// off: the rest is another object's.
    pub changed: f64,
}

/// An answer that is given instead of the server's, as long as it is wished.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub code: &'static str,
    pub message: &'static str,
    pub headers: Vec<(&'static str, &'static str)>,
    /// To requests whose method, path and query, `PUT /lake/key?x=y`, hold this; all if
    /// empty.
    pub to: String,
}

/// How often each thing happened. Requests are counted by method.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub requests: BTreeMap<String, u64>,
    pub faults: BTreeMap<&'static str, u64>,
}

type Hook = Box<dyn FnOnce(&Shelf) + Send>;

#[derive(Default)]
struct Inner {
    faults: Faults,
    random: u64,
    /// Answers of a burst that are still to be given.
    burst: (u16, u32),
    answer: Option<Answer>,
    /// Only keys and listings below this may be asked for.
    granted: Option<String>,
    /// After so many requests a hook is called, once.
    hook: Option<(String, Hook)>,
    counts: Counts,
}

/// Clones are handles to the same network.
#[derive(Clone, Default)]
pub struct Network(Arc<Mutex<Inner>>);

/// Where raw files lie.
const RAW: &str = "/lake/raw/";
/// Longer than any client of a test waits.
const FOR_EVER: Duration = Duration::from_secs(5);

impl Network {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other faults from now on, from their seed.
    pub fn set_faults(&self, faults: Faults) {
        let mut inner = self.inner();
        inner.faults = faults;
        inner.random = faults.seed;
        inner.burst = (0, 0);
    }

    /// The same answer from now on; None: the server's own.
    pub fn answer(&self, answer: Option<Answer>) {
        self.inner().answer = answer;
    }

    /// Only what lies below this prefix may be asked for from now on; None: all.
    pub fn grant(&self, prefix: Option<&str>) {
        self.inner().granted = prefix.map(str::to_owned);
    }

    /// Calls this once, before the next request is carried whose method and path
    /// begin so.
    pub fn before(&self, request: &str, hook: impl FnOnce(&Shelf) + Send + 'static) {
        self.inner().hook = Some((request.to_owned(), Box::new(hook)));
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.inner().counts.clone()
    }

    /// Forgets what happened so far.
    pub fn forget(&self) {
        self.inner().counts = Counts::default();
    }

    /// Carries a request to the server, and its answer back.
    pub async fn carry(
        &self,
        service: &S3Service,
        shelf: &Shelf,
        request: Request<Incoming>,
    ) -> Result<HttpResponse, std::io::Error> {
        let kind = kind(&request);
        let named = format!("{} {}", request.method(), request.uri());
        let (answer, fault, hook) = {
            let mut inner = self.inner();
            *inner.counts.requests.entry(kind.to_owned()).or_default() += 1;
            let answer = inner.answer.clone().filter(|a| named.contains(&a.to));
            let granted = inner.granted.as_deref();
            let answer = answer.or_else(|| denied(granted?, &request));
            let hook = match &inner.hook {
                Some((to, _)) if named.starts_with(to) => inner.hook.take(),
                _ => None,
            };
            let is_raw = kind == "GET" && request.uri().path().starts_with(RAW);
            let fault = inner.fault(request.method(), kind == "GET", is_raw);
            (answer, fault, hook)
        };
        if let Some((_, hook)) = hook {
            hook(shelf);
        }
        if let Some(answer) = answer {
            return Ok(refusal(&answer));
        }
        let broken = || std::io::Error::other("cut");
        let path = request.uri().path().to_owned();
        let plain = |status, code| {
            refusal(&Answer {
                status,
                code,
                message: "as the test wishes",
                headers: Vec::new(),
                to: String::new(),
            })
        };
        match fault {
            "503" => return Ok(drained(request, plain(503, "SlowDown")).await),
            "429" => return Ok(drained(request, plain(429, "TooManyRequests")).await),
            "409" => {
                return Ok(drained(request, plain(409, "ConditionalRequestConflict")).await);
            }
            "reset" => return Err(broken()),
            "time-out" => {
                tokio::time::sleep(FOR_EVER).await;
                return Err(broken());
            }
            "wrong checksum sent" => return Ok(drained(request, plain(400, "BadDigest")).await),
            _ => {}
        }
        let answer = hyper::service::Service::call(service, request)
            .await
            .map_err(|e| std::io::Error::other(format!("{e:?}")))?;
        match fault {
            "reset after" => Err(broken()),
            "time-out after" => {
                tokio::time::sleep(FOR_EVER).await;
                Err(broken())
            }
            "own 412" if answer.status().is_success() => Ok(plain(412, "PreconditionFailed")),
            "truncated" => Ok(answer.map(|body| cut(body, 0.5))),
            "changed while read" => {
                if let Some((bucket, key)) = path.trim_start_matches('/').split_once('/') {
                    shelf.touch(bucket, key);
                }
                Ok(answer.map(|body| cut(body, 0.5)))
            }
            "flipped" => {
                let (parts, body) = answer.into_parts();
                let bytes = BodyExt::collect(body)
                    .await
                    .map_err(std::io::Error::other)?;
                Ok(HttpResponse::from_parts(parts, flip(&bytes.to_bytes())))
            }
            "slow" => Ok(answer.map(slowed)),
            _ => Ok(answer),
        }
    }
}

impl Inner {
    fn unit(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// What happens to this request; empty: nothing.
    fn fault(&mut self, method: &Method, is_object: bool, is_raw: bool) -> &'static str {
        let (puts, gets) = (method == Method::PUT, method == Method::GET);
        let fault = match self.burst {
            (503, 1..) => "503",
            (429, 1..) => "429",
            _ => {
                let (mut below, at) = (0.0, self.unit());
                let faults = self.faults;
                let table = [
                    (faults.slow_down, "503", true),
                    (faults.too_many, "429", true),
                    (faults.reset, "reset", true),
                    (faults.reset_after, "reset after", true),
                    (faults.timeout, "time-out", true),
                    (faults.timeout_after, "time-out after", true),
                    (faults.own_412, "own 412", puts),
                    (faults.conflict, "409", puts),
                    (faults.truncated, "truncated", gets),
                    (
                        faults.flipped,
                        if puts {
                            "wrong checksum sent"
                        } else {
                            "flipped"
                        },
                        puts || is_object,
                    ),
                    (faults.slow, "slow", gets),
                    (faults.changed, "changed while read", is_raw),
                ];
                let hit = table.into_iter().find(|(likely, ..)| {
                    below += likely;
                    at < below
                });
                match hit {
                    Some((_, fault, true)) => fault,
                    _ => "",
                }
            }
        };
        match fault {
            "503" | "429" if self.burst.1 == 0 => {
                let more = (self.unit() * 4.0) as u32;
                self.burst = (if fault == "503" { 503 } else { 429 }, more);
            }
            "503" | "429" => self.burst.1 -= 1,
            _ => {}
        }
        if !fault.is_empty() {
            *self.counts.faults.entry(fault).or_default() += 1;
        }
        fault
    }
}

/// What a policy answers that grants one prefix.
fn denied(granted: &str, request: &Request<Incoming>) -> Option<Answer> {
    let path = request.uri().path().trim_start_matches('/');
    let key = path.split_once('/').map_or("", |(_, key)| key);
    let query = request.uri().query().unwrap_or_default();
    let mut asked = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("prefix="));
    let asked = match key {
        "" => asked.next().unwrap_or_default().replace("%2F", "/"),
        key => key.to_owned(),
    };
    (!asked.starts_with(granted)).then(|| Answer {
        status: 403,
        code: "AccessDenied",
        message: "Access Denied",
        headers: Vec::new(),
        to: String::new(),
    })
}

/// What is asked, as S3 names it.
fn kind(request: &Request<Incoming>) -> &'static str {
    let query = request.uri().query().unwrap_or_default();
    let upload = query.contains("uploadId=") || query.contains("uploads");
    match *request.method() {
        Method::HEAD => "HEAD",
        Method::DELETE if upload => "multipart",
        Method::DELETE => "DELETE",
        Method::PUT if upload => "part",
        Method::PUT => "PUT",
        Method::POST => "multipart",
        _ if query.contains("list-type") => "LIST",
        _ if upload => "multipart",
        _ => "GET",
    }
}

/// Read to its end, as S3 does before it answers.
async fn drained(request: Request<Incoming>, answer: HttpResponse) -> HttpResponse {
    let _ = BodyExt::collect(request.into_body()).await;
    answer
}

fn refusal(answer: &Answer) -> HttpResponse {
    let Answer { code, message, .. } = answer;
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message><RequestId>1</RequestId></Error>"
    );
    let mut response = HttpResponse::new(Body::from(body));
    *response.status_mut() = answer.status.try_into().unwrap();
    for (name, value) in &answer.headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

/// The first part of a body, and then an end that none was announced for.
fn cut(body: Body, part: f64) -> Body {
    let chunks = once(body).flat_map(move |bytes| {
        let some = (bytes.len() as f64 * part) as usize;
        let end = async {
            // Until the first part is on its way: cut at once, there was no answer at all.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(std::io::Error::other("cut"))
        };
        stream::iter([Ok(bytes.slice(..some))]).chain(stream::once(end))
    });
    streamed(chunks)
}

fn flip(bytes: &Bytes) -> Body {
    let mut changed = bytes.to_vec();
    let middle = changed.len() / 2;
    if let Some(byte) = changed.get_mut(middle) {
        *byte ^= 1;
    }
    Body::from(changed)
}

/// A kilobyte at a time, a second each.
fn slowed(body: Body) -> Body {
    let chunks = once(body).flat_map(|bytes| {
        let pieces: Vec<Bytes> = (0..bytes.len())
            .step_by(1024)
            .map(|at| bytes.slice(at..bytes.len().min(at + 1024)))
            .collect();
        stream::iter(pieces)
            .enumerate()
            .then(|(n, piece)| async move {
                if n > 0 {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Ok(piece)
            })
    });
    streamed(chunks)
}

fn once(body: Body) -> impl Stream<Item = Bytes> + Send {
    stream::once(async move {
        match BodyExt::collect(body).await {
            Ok(bytes) => bytes.to_bytes(),
            Err(_) => Bytes::new(),
        }
    })
}

fn streamed(chunks: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static) -> Body {
    let frames = chunks.map(|chunk| chunk.map(hyper::body::Frame::data));
    Body::http_body_unsync(http_body_util::StreamBody::new(frames))
}
