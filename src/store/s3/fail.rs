//! What the SDK's errors mean.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::client::{self, Made};
use crate::store::StoreError;
use crate::store::remote::RemoteError;

/// What was asked, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub bucket: &'a str,
    /// As a policy names it.
    pub action: &'static str,
    /// The whole key; a prefix, where a listing was asked for.
    pub key: &'a str,
}

/// What an answer other than success means.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing lies there: 404.
    Absent,
    /// 412.
    Precondition,
    /// 409: another request for this key is under way. Nothing was applied.
    Conflict,
    /// Bodyless and thus nameless, as answers to HEAD are; the status.
    Nameless,
    Error(StoreError),
}

/// Codes of answers that are to be asked for again, whatever their status.
const TRANSIENT: &[&str] = &[
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestTimeout",
    "RequestThrottled",
    "InternalError",
    "ServiceUnavailable",
    "BadDigest",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
    "IncompleteBody",
    "InvalidDigest",
];

/// Reads an error of the SDK.
pub(super) fn answer<E>(made: &Made, asked: Asked<'_>, error: &SdkError<E, HttpResponse>) -> Answer
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let bucket = || asked.bucket.to_owned();
    let unknown = |reason: String| {
        Answer::Error(StoreError::Unknown {
            key: asked.key.to_owned(),
            reason,
        })
    };
    match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let raw = service.raw();
            named(
                made,
                asked,
                raw.status().as_u16(),
                meta.code(),
                meta.message(),
                raw.headers().get("x-amz-bucket-region"),
            )
        }
        SdkError::TimeoutError(_) => unknown("the time for an answer is over".to_owned()),
        SdkError::ResponseError(_) => unknown("the answer broke off".to_owned()),
        other => {
            let said = chain(other);
            if said.contains(client::PLAIN) {
                return remote(RemoteError::Plain {
                    bucket: bucket(),
                    endpoint: made.endpoint.clone(),
                });
            }
            if is_about_credentials(&said) {
                return remote(RemoteError::NoCredentials {
                    bucket: bucket(),
                    profile: made.profile.clone(),
                    reason: last(other),
                });
            }
            if never_connected(&said) {
                return remote(RemoteError::Unreachable {
                    bucket: bucket(),
                    endpoint: made.endpoint.clone(),
                    reason: last(other),
                });
            }
            unknown(last(other))
        }
    }
}

fn named(
    made: &Made,
    asked: Asked<'_>,
    status: u16,
    code: Option<&str>,
    message: Option<&str>,
    region: Option<&str>,
) -> Answer {
    let bucket = || asked.bucket.to_owned();
    let code = code.filter(|code| !code.is_empty() && *code != "NotFound");
    let wrong_region = |right: Option<String>| {
        remote(RemoteError::WrongRegion {
            bucket: bucket(),
            used: Some(made.region.clone()),
            right,
        })
    };
    let transient = || {
        Answer::Error(StoreError::Unknown {
            key: asked.key.to_owned(),
            reason: shown(status, code, None),
        })
    };
    match (status, code.unwrap_or_default()) {
        (_, code) if TRANSIENT.contains(&code) => transient(),
        (_, "NoSuchBucket") => remote(RemoteError::NoSuchBucket {
            bucket: bucket(),
            endpoint: made.endpoint.clone(),
        }),
        (_, "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired") => {
            remote(RemoteError::Expired { bucket: bucket() })
        }
        (
            _,
            code @ ("InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidToken"
            | "InvalidSecurity"
            | "NotSignedUp"),
        ) => remote(RemoteError::BadCredentials {
            bucket: bucket(),
            code: code.to_owned(),
        }),
        (_, "RequestTimeTooSkewed") => remote(RemoteError::ClockSkew { bucket: bucket() }),
        (_, "AuthorizationHeaderMalformed") => {
            let told = message.and_then(|m| m.split("expecting '").nth(1)?.split('\'').next());
            wrong_region(region.or(told).map(str::to_owned))
        }
        (301 | 307, _)
        | (_, "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException")
            if region.is_some() || code.is_some() =>
        {
            wrong_region(region.map(str::to_owned))
        }
        (412, _) => Answer::Precondition,
        (409, _) => Answer::Conflict,
        (404, _) => Answer::Absent,
        (429 | 500..=599, code) if code != "NotImplemented" => transient(),
        (301..=403, "") => Answer::Nameless,
        (403, code) => {
            let kms = message.is_some_and(|m| m.contains("kms:") || m.contains("KMS"));
            remote(denied(asked, code, kms))
        }
        (_, code) if code.starts_with("KMS.") => remote(denied(asked, code, true)),
        (status, _) => remote(RemoteError::Refused {
            bucket: bucket(),
            action: asked.action,
            key: asked.key.to_owned(),
            answer: shown(status, code, message),
        }),
    }
}

/// Access denied, with what a policy has to allow.
pub(super) fn denied(asked: Asked<'_>, code: &str, kms: bool) -> RemoteError {
    let Asked {
        bucket,
        action,
        key,
    } = asked;
    let of_bucket = action.starts_with("s3:List");
    let resource = match of_bucket {
        true => format!("arn:aws:s3:::{bucket}"),
        false => format!("arn:aws:s3:::{bucket}/{key}"),
    };
    let reason = if kms {
        Some("the key of KMS that encrypts it may not be used".to_owned())
    } else if action == "s3:GetObject" {
        Some(format!(
            "or nothing lies there, which S3 only tells those who may `s3:ListBucket` on \
             `arn:aws:s3:::{bucket}`"
        ))
    } else {
        Some(code.to_owned()).filter(|code| !matches!(code.as_str(), "" | "AccessDenied"))
    };
    RemoteError::Denied {
        action,
        resource,
        reason,
    }
}

fn remote(error: RemoteError) -> Answer {
    Answer::Error(StoreError::Remote(error))
}

fn shown(status: u16, code: Option<&str>, message: Option<&str>) -> String {
    let parts = [Some(status.to_string()), code.map(str::to_owned)];
    let named = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    match message {
        Some(message) => format!("{named}: {message}"),
        None => named,
    }
}

/// All that an error and its causes say, for looking into, not for showing.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut said = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        said += &format!("{error}\n");
        next = error.source();
    }
    said
}

/// The innermost cause.
fn last(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn is_about_credentials(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["credential", "identity", "sso", "auth scheme", "profile"]
        .iter()
        .any(|word| said.contains(word))
}

fn never_connected(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    [
        "tcp connect",
        "dns error",
        "connect timeout",
        "client error (connect)",
        "error trying to connect",
    ]
    .iter()
    .any(|word| said.contains(word))
}
