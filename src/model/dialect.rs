//! How the raw files of a source are written. It stands in `workbench.toml`, and
//! is not guessed anew at each load.

use serde::{Deserialize, Serialize};

use super::hash::ContentHash;
use super::words::words;

words! {
    /// Which characters the bytes of a file stand for.
    Encoding {
        /// UTF-8.
        #[default]
        Utf8 = "utf-8",
        /// UTF-16; a byte order mark says in which order, else low bytes come first.
        Utf16 = "utf-16",
        /// ISO 8859-1 as it is found in practice: Windows-1252.
        Latin1 = "latin-1",
    }
}

/// How a CSV file is written. Line ends, byte order marks and compression are not
/// part of it: every file tells its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Dialect {
    /// What stands between two fields: one character, or a few.
    pub delimiter: String,
    /// What a field is enclosed in; None: a quote is a character like others.
    pub quote: Option<u8>,
    /// What takes the meaning of the character behind it; None: a quote inside
    /// quotes is written twice.
    pub escape: Option<u8>,
    /// Lines that begin with it are passed over.
    pub comment: Option<u8>,
    pub encoding: Encoding,
    /// Whether the first record names the columns. If not, they are those that
    /// the source declares, in that order.
    pub header: bool,
    /// Lines in front of the header, or of the first record, that are passed over.
    pub skip: u32,
}

/// Bytes. The longest delimiter.
pub const LONGEST_DELIMITER: usize = 8;

impl Default for Dialect {
    /// RFC 4180 in UTF-8: commas, `"`, a header.
    fn default() -> Self {
        Self {
            delimiter: ",".to_owned(),
            quote: Some(b'"'),
            escape: None,
            comment: None,
            encoding: Encoding::Utf8,
            header: true,
            skip: 0,
        }
    }
}

impl Dialect {
    /// As JSON that is the same text whenever the dialect is the same.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a struct of plain values is always JSON")
    }

    /// Differs when the dialect does.
    pub fn fingerprint(&self) -> ContentHash {
        ContentHash::of(self.text().as_bytes())
    }

    /// Delimiter and quote, if the dialect has nothing else to tell.
    pub fn simple(&self) -> Option<(u8, u8)> {
        let Self {
            delimiter,
            quote: Some(quote),
            escape: None,
            comment: None,
            encoding: Encoding::Utf8,
            header: true,
            skip: 0,
        } = self
        else {
            return None;
        };
        match delimiter.as_bytes() {
            [delimiter] => Some((*delimiter, *quote)),
            _ => None,
        }
    }
}
