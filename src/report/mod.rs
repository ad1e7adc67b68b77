//! Rows and sentences that every face shows: what a command prints is made
//! here, as values, and written by the face.

pub mod answer_file;
pub mod bookmarks;
pub mod catalog;
pub mod changes;
pub mod csv;
pub mod demo;
pub mod diff;
mod diff_columns;
pub mod diff_rows;
pub mod doctor;
pub mod explained;
pub mod export;
pub mod failure;
pub mod figures;
mod hint;
pub mod init;
pub mod listing;
pub mod plan;
pub mod quarantine;
pub mod range;
pub mod rebuild;
pub mod result;
pub mod runs;
pub mod snapshots;
pub mod table;
pub mod transforms;
pub mod upload;
pub mod warning;
pub mod words;
