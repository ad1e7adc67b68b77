//! DuckDB: sessions, CSV in, Parquet out, progress, interrupt. The only place
//! that names it.

mod advice;
pub mod arrow;
pub mod csv;
pub mod dialect;
pub mod diff;
pub mod error;
pub mod explain;
pub mod inspect;
pub mod nulls;
pub mod param;
pub mod parquet;
pub mod pour;
pub mod quarantine;
pub mod quote;
pub mod rows;
pub mod session;
pub mod stream;
pub mod values;
pub mod warehouse;

pub use dialect::Dialect;
pub use error::{EngineError, ErrorKind};
pub use session::{Session, Settings};
