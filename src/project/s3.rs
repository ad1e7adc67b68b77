//! `[s3]`: how to reach S3, or what speaks like it. Credentials are never part
//! of it: they are found where all AWS tools look for them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::{Problems, Table};
use super::error::ConfigProblem;
use crate::model::source::parse_settle;
use crate::model::words::words;

const KEYS: &[&str] = &[
    "endpoint",
    "region",
    "profile",
    "path_style",
    "sse",
    "kms_key_id",
    "storage_class",
    "tags",
    "concurrency",
    "part_size",
    "timeout",
    "retries",
    "allow_http",
];

/// S3 takes no smaller part, but for the last, and none larger than 5 GiB.
const PART_SIZES: std::ops::RangeInclusive<u64> = 5 * MIB..=5 * 1024 * MIB;
const MIB: u64 = 1024 * 1024;
const MOST_REQUESTS: u64 = 256;
const MOST_RETRIES: u64 = 20;
/// What S3 allows.
const MOST_TAGS: usize = 10;

words! {
    /// How the server encrypts what it keeps.
    Encryption {
        /// With keys of S3's own.
        #[default]
        Aes256 = "AES256",
        /// With a key of KMS.
        Kms = "aws:kms",
    }
}

words! {
    /// Where S3 keeps the bytes. Only classes that are read without waiting:
    /// a partition is opened whenever somebody looks at it.
    StorageClass {
        /// S3's own default.
        #[default]
        Standard = "STANDARD",
        /// Moved between tiers by S3 itself.
        IntelligentTiering = "INTELLIGENT_TIERING",
        /// Cheaper to keep, dearer to read.
        StandardIa = "STANDARD_IA",
        /// The same in one zone.
        OneZoneIa = "ONEZONE_IA",
        /// Cheapest to keep of those that are read at once.
        GlacierIr = "GLACIER_IR",
        /// Of some clones.
        ReducedRedundancy = "REDUCED_REDUNDANCY",
    }
}

/// What `[s3]` says, with the defaults for what it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// Where the server is, `https://host[:port]`. Amazon's, by the region, if None.
    pub endpoint: Option<String>,
    /// The bucket's. If None: what the environment or the profile says, and
    /// `us-east-1` where an endpoint is given.
    pub region: Option<String>,
    /// A profile of `~/.aws/config`. The standard one if None.
    pub profile: Option<String>,
    /// `host/bucket/key` instead of `bucket.host/key`. If None: only where an
    /// endpoint is given, because few clones answer to the names of buckets.
    pub path_style: Option<bool>,
    /// The bucket's default if None.
    pub sse: Option<Encryption>,
    /// With `aws:kms` only; S3's own KMS key if None.
    pub kms_key_id: Option<String>,
    /// The bucket's default if None.
    pub storage_class: Option<StorageClass>,
    /// On every object that is put.
    pub tags: BTreeMap<String, String>,
    /// Requests at once. 8.
    pub concurrency: usize,
    /// Bytes of one part, of an upload or of a download. 8 MiB. What is larger
    /// than two parts, or than 5 GiB, is sent in parts.
    pub part_size: u64,
    /// For one request, from its first byte to its answer's. 60 s.
    pub timeout: Duration,
    /// How often a request that failed is made again. 4.
    pub retries: u32,
    /// Whether `http://` may be used beyond this machine. Whoever listens then
    /// reads all data.
    pub allow_http: bool,
}

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: None,
            profile: None,
            path_style: None,
            sse: None,
            kms_key_id: None,
            storage_class: None,
            tags: BTreeMap::new(),
            concurrency: 8,
            part_size: 8 * MIB,
            timeout: Duration::from_secs(60),
            retries: 4,
            allow_http: false,
        }
    }
}

/// Reads `[s3]`.
pub(super) fn settings(mut table: Table<'_>, problems: &mut Problems<'_>) -> S3Settings {
    table.refuse_unknown(KEYS, problems);
    let defaults = S3Settings::default();
    let allow_http = table
        .boolean("allow_http", problems)
        .unwrap_or(defaults.allow_http);
    let sse = table.word("sse", problems);
    S3Settings {
        endpoint: endpoint(&table, allow_http, problems),
        region: plain(&table, "region", problems),
        profile: plain(&table, "profile", problems),
        path_style: table.boolean("path_style", problems),
        kms_key_id: kms_key(&table, sse, problems),
        sse,
        storage_class: table.word("storage_class", problems),
        tags: tags(&table, problems),
        concurrency: table
            .number(
                "concurrency",
                1..=MOST_REQUESTS,
                "write how many requests may be under way at once, from 1 to 256",
                problems,
            )
            .map_or(defaults.concurrency, |n| n as usize),
        part_size: part_size(&table, problems).unwrap_or(defaults.part_size),
        timeout: timeout(&table, problems).unwrap_or(defaults.timeout),
        retries: table
            .number(
                "retries",
                0..=MOST_RETRIES,
                "write how often a request that failed is made again, from 0 to 20",
                problems,
            )
            .map_or(defaults.retries, |n| n as u32),
        allow_http,
    }
}

fn endpoint(table: &Table<'_>, allow_http: bool, problems: &mut Problems<'_>) -> Option<String> {
    let (text, span) = table.string("endpoint", problems)?;
    if super::secrets::has_user_in_url(text) {
        // Complained about before.
        return None;
    }
    let bad = |hint| ConfigProblem::BadValue {
        key: "endpoint",
        value: text.to_owned(),
        hint,
    };
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let host = rest.trim_end_matches('/');
    let shaped = !host.is_empty() && !host.contains(['/', '?', '#', ' ']) && host.is_ascii();
    if !matches!(scheme, "http" | "https") || !shaped {
        problems.add(
            span,
            bad("write `https://host` or `https://host:port`, without a path"),
        );
        return None;
    }
    if scheme == "http" && !allow_http && !is_loopback(host) {
        problems.add(
            span,
            bad(
                "whoever listens on the way reads all data: write `https://`, or \
                 `allow_http = true` beside it if that is meant",
            ),
        );
        return None;
    }
    Some(format!("{scheme}://{host}"))
}

/// `localhost`, `127.…` or `[::1]`, with or without a port.
pub fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// A word that is sent as it is, in a header or a signature.
fn plain(table: &Table<'_>, key: &'static str, problems: &mut Problems<'_>) -> Option<String> {
    let hint = "write one word, such as `eu-central-1`, or leave it out";
    table.parsed(key, hint, problems, |text| {
        let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        is_word.then(|| text.to_owned())
    })
}

fn kms_key(
    table: &Table<'_>,
    sse: Option<Encryption>,
    problems: &mut Problems<'_>,
) -> Option<String> {
    let key = plain(table, "kms_key_id", problems)?;
    if sse != Some(Encryption::Kms) {
        let problem = ConfigProblem::BadValue {
            key: "kms_key_id",
            value: key,
            hint: "it is a key of KMS: write `sse = \"aws:kms\"` beside it",
        };
        problems.add(table.entry("kms_key_id")?.span.clone(), problem);
        return None;
    }
    Some(key)
}

fn tags(table: &Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<String, String> {
    let Some(entry) = table.entry("tags") else {
        return BTreeMap::new();
    };
    let Some(given) = table.table("tags", problems) else {
        return BTreeMap::new();
    };
    let mut tags = BTreeMap::new();
    for tag in given.into_entries() {
        if let Some(value) = tag.string(problems) {
            tags.insert(tag.key.to_owned(), value.to_owned());
        }
    }
    // What S3 allows.
    let fits = |(key, value): (&String, &String)| {
        let sign = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
        (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && key.chars().chain(value.chars()).all(sign)
            && !key.starts_with("aws:")
    };
    if tags.len() > MOST_TAGS || !tags.iter().all(fits) {
        let problem = ConfigProblem::BadValue {
            key: "tags",
            value: tags.into_keys().collect::<Vec<_>>().join(", "),
            hint: "an object has at most 10 tags, of letters, digits, spaces and `+-=._:/@`; a \
                   key has at most 128 of them and does not begin with `aws:`, a value at most 256",
        };
        problems.add(entry.span.clone(), problem);
        return BTreeMap::new();
    }
    tags
}

fn part_size(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<u64> {
    let hint = "write a whole number of `MB` or `MiB`, from `5MiB` to `5120MiB`, as S3 takes them";
    let fits = |size: &u64| PART_SIZES.contains(size);
    table.parsed("part_size", hint, problems, |text| bytes(text).filter(fits))
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim_start().to_ascii_lowercase().as_str() {
        "mb" => 1_000_000,
        "mib" => MIB,
        "gb" => 1_000_000_000,
        "gib" => 1024 * MIB,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn timeout(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Duration> {
    let hint = "write a number and its unit, such as `60s` or `5m`";
    table.parsed("timeout", hint, problems, |text| {
        parse_settle(text).filter(|timeout| !timeout.is_zero())
    })
}
