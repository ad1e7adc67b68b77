//! Contents that a key had with the ETag of one PUT. By one PUT they would have it again,
//! and a late request that was to replace them then would be applied now.

use crate::model::hash::ContentHash;

/// Contents that are known of one key; those of a metadata header are few.
const MOST: usize = 16;

/// Contents of one key that were last put there by one PUT, the newest first; each as the
/// first digits of its BLAKE3. Kept in the metadata of the object that lies there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PutAtOnce(Vec<String>);

impl PutAtOnce {
    pub(super) fn from_metadata(text: &str) -> Self {
        Self(text.split(' ').map(str::to_owned).collect())
    }

    /// None: nothing is to be kept.
    pub(super) fn to_metadata(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join(" "))
    }

    pub(super) fn contains(&self, content: &ContentHash) -> bool {
        self.0.contains(&content.short())
    }

    /// As it is with other contents at the key.
    pub(super) fn without(mut self, content: &ContentHash) -> Self {
        self.0.retain(|known| *known != content.short());
        self
    }

    /// With what lies there. An ETag with a `-` is of an object that was sent in parts.
    pub(super) fn and(self, content: &ContentHash, etag: &str) -> Self {
        let mut others = self.without(content);
        if !etag.contains('-') {
            others.0.insert(0, content.short());
            others.0.truncate(MOST);
        }
        others
    }
}
