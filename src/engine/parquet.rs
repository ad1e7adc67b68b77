//! Parquet out and in.

use std::path::Path;

use super::error::EngineError;
use super::quote;
use super::session::Session;

/// Writes the rows of `select` to a Parquet file and returns how many there were.
///
/// The bytes depend on nothing but the rows, their order, `footer` and the
/// build of the engine: not on threads, time or place.
///
/// # Errors
/// Any error of the engine; the file is then worthless.
pub fn write(
    session: &Session,
    select: &str,
    file: &Path,
    footer: &[(&str, String)],
) -> Result<u64, EngineError> {
    let metadata = quote::join(
        footer
            .iter()
            .map(|(name, value)| format!("{}: {}", quote::literal(name), quote::literal(value))),
    );
    session.execute(&format!(
        "COPY ({select}\n) TO {} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})",
        quote::literal(&file.to_string_lossy()),
    ))
}

/// An expression for FROM that reads one Parquet file.
pub fn scan(file: &Path) -> String {
    // Dataset folders look like Hive partitions; the file alone is what counts.
    format!(
        "read_parquet({}, hive_partitioning = false)",
        quote::literal(&file.to_string_lossy())
    )
}
