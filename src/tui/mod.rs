//! The terminal app: what an analyst opens.
//!
//! A key becomes an [`action::Action`] by one table ([`bindings`]); [`update`]
//! makes a new state of it and says what is wanted ([`effect`]); drawing
//! ([`view`]) is a picture of the state. Whatever takes time is done by
//! [`work`] on other threads and comes back as a message. Only [`app`] knows
//! of a terminal and of threads.

pub mod action;
pub mod app;
pub mod bindings;
pub mod clipboard;
mod ear;
pub mod effect;
pub mod export;
pub mod keymap;
pub mod layout;
pub mod look;
pub mod outside_editor;
mod palette;
pub mod state;
pub mod terminal;
pub mod text;
pub mod update;
pub mod view;
pub mod work;
