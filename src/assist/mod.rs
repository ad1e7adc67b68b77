//! Help for SQL that is being written: its words, its statements, what can come
//! next, how it is laid out.
//!
//! Functions over text and nothing else: they take any text, at any moment of its
//! being written, and a place in it that may lie anywhere. They never fail.

mod columns;
mod complete;
mod following;
mod format;
mod hole;
mod items;
mod keywords;
mod offers;
mod places;
mod query;
mod rank;
mod scope;
mod signature;
mod sources;
mod statements;
mod tables;
#[cfg(test)]
mod tests;
mod tokens;
mod vocabulary;
pub mod words;

pub use complete::complete;
pub use format::format;
pub use keywords::{needs_quotes, written};
pub use signature::{Signature, signature};
pub use statements::{parameters, statement_at, statements};
pub use vocabulary::{Candidate, CandidateKind, Completion, FunctionWords, TableWords, Vocabulary};
pub use words::{Kind, Word, words};
