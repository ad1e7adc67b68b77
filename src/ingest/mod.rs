//! What the sources' paths show, and how it becomes raw rows: scan, count,
//! match, load.

pub mod buckets;
pub mod careful;
mod columns;
pub mod copy;
pub mod count;
pub mod deliver;
pub mod dialect;
pub mod digest;
mod digest_text;
pub mod error;
pub mod glob;
pub mod hash;
pub mod header;
pub mod infer;
pub mod load;
pub mod load_error;
pub mod natural;
pub mod objects;
mod pattern;
mod prepare;
pub mod records;
pub mod refused;
pub mod remote;
pub mod repeat;
mod replay;
pub mod scan;
mod settle;
pub mod text;
