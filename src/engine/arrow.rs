//! Arrow IPC out: <https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format>.

use std::io::{self, Write};

use arrow_ipc::writer::StreamWriter;

use super::error::EngineError;
use super::session::{Session, shifted};
use super::stream::{Query, values};

/// Why a stream could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ArrowError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Writes the rows of a query as a stream of Arrow IPC, batch after batch, and
/// returns how many there were.
///
/// # Errors
/// As for [`Session::describe`], and any error of the engine on the way, or of
/// writing; what was written is then worthless.
pub fn write_stream(
    session: &Session,
    query: Query<'_>,
    out: impl Write,
) -> Result<u64, ArrowError> {
    let limit = query.limit.map_or(String::new(), |n| format!(" LIMIT {n}"));
    let prefix = "SELECT * FROM (";
    let back = |e: EngineError| shifted(e, prefix.len());
    session.heed()?;
    let mut statement = session
        .prepare(&format!("{prefix}{}\n){limit}", query.sql))
        .map_err(back)?;
    let values = values(&statement, query.params).map_err(back)?;
    let stream = statement
        .stream_arrow(duckdb::params_from_iter(values))
        .map_err(|e| back(e.into()))?;
    let mut writer = StreamWriter::try_new(out, &stream.get_schema()).map_err(written)?;
    let mut rows = 0;
    for batch in stream {
        let batch = batch.map_err(|e| back(e.into()))?;
        rows += batch.num_rows() as u64;
        writer.write(&batch).map_err(written)?;
        session.heed()?;
    }
    writer.finish().map_err(written)?;
    Ok(rows)
}

fn written(error: duckdb::arrow::error::ArrowError) -> ArrowError {
    match error {
        duckdb::arrow::error::ArrowError::IoError(_, error) => error.into(),
        other => io::Error::other(other).into(),
    }
}
