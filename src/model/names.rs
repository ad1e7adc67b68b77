//! Names that users give and that reach SQL: sources and transforms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error(
        "`{0}` is not a name: names are lower-case letters, digits and `_`, and do not begin with a digit"
    )]
    Shape(String),
    #[error(
        "`{0}` ends in a version: `_v` and digits are kept for versions, which are raised in the header"
    )]
    EndsInVersion(String),
}

/// Whether `text` is lower-case letters, digits and `_`, and does not begin with
/// a digit: sources, transforms and key columns are named so.
pub fn has_name_shape(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn ends_in_version(text: &str) -> bool {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    digits > 0 && text[..text.len() - digits].ends_with("_v")
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                if !has_name_shape(text) {
                    return Err(BadName::Shape(text.to_owned()));
                }
                let check: fn(&str) -> Result<(), BadName> = $check;
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// The name of a source: a feed of raw files, and the raw table it fills.
    SourceName, |_| Ok(())
}

name! {
    /// The name of a transform: the stem of a `.sql` file.
    TransformName, |text| if ends_in_version(text) {
        Err(BadName::EndsInVersion(text.to_owned()))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!("account_level".parse::<TransformName>().is_ok());
        assert!("_x9".parse::<SourceName>().is_ok());
        for bad in ["", "9x", "Account", "a-b", "a b", "a\"b", "é"] {
            assert!(bad.parse::<SourceName>().is_err(), "{bad}");
        }
        assert!("invoices_v2".parse::<TransformName>().is_err());
        assert!("invoices_v".parse::<TransformName>().is_ok());
        assert!("invoices_v2".parse::<SourceName>().is_ok());
    }
}
