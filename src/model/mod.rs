//! The nouns. No input or output, no SQL, no clock.

pub mod bookmarks;
pub mod column;
pub mod column_type;
pub mod commit;
pub mod declared;
pub mod dialect;
pub mod ended;
pub mod hash;
pub mod input_file;
pub mod interrupt;
pub mod ledger;
pub mod located;
pub mod moment;
pub mod names;
pub mod nearest;
pub mod partition;
pub mod plan;
pub mod progress;
pub mod run;
pub mod source;
pub mod summary;
pub mod syntax;
pub mod token;
pub mod transform;
pub mod wish;
pub mod words;
