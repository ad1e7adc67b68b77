//! Why raw files were not sent to a bucket.

/// Why nothing, or not all, was sent.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("`{url}` is no bucket")]
    NoBucket { url: String },
    #[error("`{folder}` holds no raw files")]
    NoFiles { folder: String },
    #[error("`{url}` is a target of workbench: only runs write there")]
    IsTarget { url: String },
    #[error("`{one}` and `{other}` would both become `{url}`")]
    SameKey {
        url: String,
        one: String,
        other: String,
    },
    #[error("`{path}` changed while it was sent, twice: it is still being written")]
    Unsettled { path: String },
    #[error("somebody else put another object at `{url}` meanwhile")]
    Overtaken { url: String },
}

impl UploadError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoBucket { .. } => "write `s3://bucket/prefix`",
            Self::NoFiles { .. } => {
                "raw files are those whose names end in .csv, .tsv, .txt or .psv, also behind .gz \
                 or .zst"
            }
            Self::IsTarget { .. } => {
                "give a prefix beside it, such as `s3://bucket/raw`; sources read from there"
            }
            Self::SameKey { .. } => "rename one of them",
            Self::Unsettled { .. } => "run again when it is complete",
            Self::Overtaken { .. } => {
                "run again: what is there then is looked at, and replaced if it differs"
            }
        }
    }

    /// Whether it is for the user to ask for something else.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Unsettled { .. } | Self::Overtaken { .. })
    }
}
