//! What the sources' paths show, and how it becomes raw rows: scan, count,
//! match, load.

pub mod count;
pub mod deliver;
pub mod dialect;
pub mod digest;
pub mod error;
pub mod glob;
pub mod hash;
pub mod header;
pub mod load;
pub mod load_error;
pub mod natural;
mod pattern;
pub mod scan;
mod settle;
