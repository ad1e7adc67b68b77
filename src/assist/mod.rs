//! Help for SQL that is being written.

pub mod vocabulary;

pub use vocabulary::{FunctionWords, TableWords, Vocabulary};
