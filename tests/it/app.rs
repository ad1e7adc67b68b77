//! The terminal app, driven by its actions and drawn on a screen in memory: what
//! it shows is what an engine of one's own finds in the published files.

/// For who has the screen read aloud.
mod aloud;
/// Queries, on a pseudo-terminal.
mod asking;
/// The real app without a terminal: work is done where it is asked for.
mod bench;
/// Rows that differ, and how far they moved, against SQL.
mod diff;
/// Grid, filter, sorting, search and profiles against SQL.
mod grid;
/// `docs/app.md` shows the app as it is.
mod page;
/// The Query screen.
mod query;
/// What the app says, and where it is read again.
mod said;
/// What is seen, at several sizes and in every look.
mod screens;
/// The built binary on a pseudo-terminal.
mod terminal;
/// Sorting by several columns, values by frequency, rows of views that are kept.
mod views;
