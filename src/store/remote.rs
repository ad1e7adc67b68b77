//! Why a bucket could not be used, by what a person can do about it. No message
//! holds a secret: they are made of names, keys and error codes, and of the words
//! of a server or of the SDK only where these are not about a signature.

/// What is wrong between this program and a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("no AWS credentials for the bucket `{bucket}`{}: {reason}", profile.as_deref().map_or_else(String::new, |p| format!(" by the profile `{p}`")))]
    NoCredentials {
        bucket: String,
        /// The one that is set in the project.
        profile: Option<String>,
        reason: String,
    },
    #[error("the AWS credentials have expired, says the server of the bucket `{bucket}`")]
    Expired { bucket: String },
    /// The server does not know the key, or the signature made with it.
    #[error("the server of the bucket `{bucket}` refuses the AWS credentials: {code}")]
    BadCredentials { bucket: String, code: String },
    #[error("the bucket `{bucket}` is not in the region {}{}", used.as_deref().map_or_else(|| "that is set".to_owned(), |r| format!("`{r}`")), right.as_deref().map_or_else(String::new, |r| format!(" but in `{r}`")))]
    WrongRegion {
        bucket: String,
        used: Option<String>,
        right: Option<String>,
    },
    #[error("there is no bucket `{bucket}` at {endpoint}")]
    NoSuchBucket { bucket: String, endpoint: String },
    /// `action` is what a policy has to allow, on `resource`, an ARN.
    #[error("access denied: `{action}` on `{resource}`{}", reason.as_deref().map_or_else(String::new, |r| format!(" ({r})")))]
    Denied {
        action: &'static str,
        resource: String,
        /// The server's own code where it says more.
        reason: Option<String>,
    },
    #[error("the clock of this machine differs too much from that of the bucket `{bucket}`")]
    ClockSkew { bucket: String },
    #[error("{endpoint}, where the bucket `{bucket}` is to be, cannot be reached: {reason}")]
    Unreachable {
        bucket: String,
        endpoint: String,
        reason: String,
    },
    #[error("{endpoint}, where the bucket `{bucket}` is to be, is reached by plain http")]
    Plain { bucket: String, endpoint: String },
    /// The store ignores or refuses what keeps two writers apart.
    #[error("{url} cannot be published to: its server {what}")]
    NoConditions { url: String, what: String },
    /// An answer that means none of the above.
    #[error("the server of the bucket `{bucket}` refused `{action}` on `{key}`: {answer}")]
    Refused {
        bucket: String,
        action: &'static str,
        key: String,
        answer: String,
    },
}

impl RemoteError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoCredentials {
                profile: Some(profile),
                ..
            } => format!(
                "`profile` in `[s3]` of workbench.toml names it: check that `~/.aws/config` or \
                 `~/.aws/credentials` has a profile `{profile}` with credentials (`aws configure \
                 list-profiles`), or sign in with `aws sso login --profile {profile}`"
            ),
            Self::NoCredentials { .. } => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login` \
                 or `aws configure`; `profile` in `[s3]` of workbench.toml chooses one of \
                 `~/.aws/config`"
                    .to_owned()
            }
            Self::Expired { .. } => {
                "sign in again (`aws sso login`), or set new credentials, and repeat the command"
                    .to_owned()
            }
            Self::BadCredentials { .. } => {
                "check that they belong to this server (`profile` and `endpoint` in `[s3]` of \
                 workbench.toml, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
                    .to_owned()
            }
            Self::WrongRegion { right, .. } => format!(
                "write `region = \"{}\"` under `[s3]` in workbench.toml",
                right.as_deref().unwrap_or("…")
            ),
            Self::NoSuchBucket { .. } => {
                "check its name, or make it (`aws s3 mb`); `endpoint` in `[s3]` of workbench.toml \
                 says where it is looked for"
                    .to_owned()
            }
            Self::Denied {
                action, resource, ..
            } => format!(
                "the policy of whoever runs this must allow `{action}` on `{resource}`; \
                 docs/s3.md lists what each role needs"
            ),
            Self::ClockSkew { .. } => {
                "set the clock of this machine (requests are signed with the time)".to_owned()
            }
            Self::Unreachable { .. } => {
                "check the network, and `endpoint` and `region` in `[s3]` of workbench.toml"
                    .to_owned()
            }
            Self::Plain { .. } => {
                "whoever listens on the way reads all data: name an endpoint with `https://`, or \
                 write `allow_http = true` under `[s3]` in workbench.toml if that is meant"
                    .to_owned()
            }
            Self::NoConditions { .. } => {
                "two writers could replace each other's data unseen: use a server that obeys \
                 `If-None-Match` and `If-Match` (S3 does), or a folder as the target"
                    .to_owned()
            }
            Self::Refused { .. } => return None,
        })
    }

    /// Whether it is for the user to set something right, rather than to try again.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::WrongRegion { .. }
                | Self::NoSuchBucket { .. }
                | Self::NoConditions { .. }
                | Self::Plain { .. }
        )
    }
}
