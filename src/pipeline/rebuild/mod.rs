//! `rebuild`: a lost or damaged state and warehouse, built again.

pub mod swap;
