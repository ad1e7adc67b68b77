//! What goes beside the bytes of a put, and comes back with them: metadata,
//! encryption, class, tags, conditions.

use std::collections::HashMap;

use aws_sdk_s3::primitives::DateTime as SmithyTime;
use aws_sdk_s3::types::{ServerSideEncryption, StorageClass as SdkClass};

use chrono::{DateTime, Utc};

use super::etags::PutAtOnce;
use super::upload::{Condition, Upload};
use crate::model::hash::ContentHash;
use crate::model::token::WriterToken;
use crate::project::S3Settings;
use crate::project::s3::Encryption;
use crate::store::Mark;

/// Metadata of what this program puts: who wrote it, what it is, and which
/// putting of these bytes it was (an ETag is the same for the same bytes).
const TOKEN: &str = "workbench-token";
const BLAKE3: &str = "workbench-blake3";
const GENERATION: &str = "workbench-generation";
/// What the key had before.
const PUT_AT_ONCE: &str = "workbench-put-at-once";

pub(super) fn metadata(upload: &Upload<'_>) -> Option<HashMap<String, String>> {
    let mark = upload.mark?;
    let texts = [
        (TOKEN, mark.token.to_string()),
        (BLAKE3, mark.blake3.to_string()),
        (GENERATION, upload.generation.to_owned()),
    ];
    let before = upload.before.to_metadata();
    let before = before.map(|text| (PUT_AT_ONCE, text));
    let all = texts.into_iter().chain(before);
    Some(all.map(|(key, text)| (key.to_owned(), text)).collect())
}

pub(super) fn encryption(settings: &S3Settings) -> Option<ServerSideEncryption> {
    settings.sse.map(|sse| match sse {
        Encryption::Aes256 => ServerSideEncryption::Aes256,
        Encryption::Kms => ServerSideEncryption::AwsKms,
    })
}

pub(super) fn storage_class(settings: &S3Settings) -> Option<SdkClass> {
    settings.storage_class.map(|class| class.as_str().into())
}

/// As the header takes it: a query string.
pub(super) fn tagging(settings: &S3Settings) -> Option<String> {
    let pair = |(key, value): (&String, &String)| format!("{}={}", escaped(key), escaped(value));
    let pairs: Vec<String> = settings.tags.iter().map(pair).collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

fn escaped(text: &str) -> String {
    let byte = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(b).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

pub(super) fn if_none_match(condition: &Condition) -> Option<String> {
    matches!(condition, Condition::Absent).then(|| "*".to_owned())
}

pub(super) fn if_match(condition: &Condition) -> Option<String> {
    match condition {
        Condition::Etag(etag) => Some(etag.clone()),
        _ => None,
    }
}

/// With quotes, as conditions take it; some clones leave them out.
pub(super) fn quoted(etag: &str) -> String {
    match etag.contains('"') {
        true => etag.to_owned(),
        false => format!("\"{etag}\""),
    }
}

/// An unversioned object of a bucket that keeps versions now is named `null`.
pub(super) fn version(id: Option<&str>) -> Option<String> {
    id.filter(|id| !id.is_empty() && *id != "null")
        .map(str::to_owned)
}

type Metadata = HashMap<String, String>;

pub(super) fn mark(metadata: Option<&Metadata>) -> Option<Mark> {
    let metadata = metadata?;
    Some(Mark {
        token: WriterToken::from_stored(metadata.get(TOKEN)?.as_str()),
        blake3: metadata.get(BLAKE3)?.parse::<ContentHash>().ok()?,
    })
}

/// What its writer said of the bytes.
pub(super) fn told(metadata: Option<&Metadata>) -> Option<ContentHash> {
    metadata?.get(BLAKE3)?.parse().ok()
}

pub(super) fn generation(metadata: Option<&Metadata>) -> Option<String> {
    metadata?.get(GENERATION).cloned()
}

pub(super) fn put_at_once(metadata: Option<&Metadata>) -> PutAtOnce {
    let text = metadata.and_then(|metadata| metadata.get(PUT_AT_ONCE));
    text.map_or_else(PutAtOnce::default, |text| PutAtOnce::from_metadata(text))
}

pub(super) fn utc(time: SmithyTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_a_query_string() {
        let mut settings = S3Settings::default();
        assert_eq!(tagging(&settings), None);
        settings.tags = [("team", "a&b =ü"), ("cost-centre", "7")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        assert_eq!(
            tagging(&settings).unwrap(),
            "cost-centre=7&team=a%26b%20%3D%C3%BC"
        );
    }
}
