//! Values on their way into columns and back.

use std::error::Error;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::Row;
use rusqlite::types::{FromSql, Type};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::run::Known;

type Boxed = Box<dyn Error + Send + Sync>;

/// SQLite's integers are signed. All 64 bits are kept, since an inode may use
/// the highest; other numbers never do, so they keep their order.
pub(super) fn int(number: u64) -> i64 {
    number.cast_signed()
}

/// A moment as it is stored.
pub(super) fn stamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The run whose data was known; NULL stands for now.
pub(super) fn known_run(known: Known) -> Option<i64> {
    match known {
        Known::Now => None,
        Known::AtRun(run) => Some(int(run)),
    }
}

/// A value as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
}

/// A column that was written by [`int`].
pub(super) fn uint(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// A column that was written by [`int`], or NULL.
pub(super) fn uint_or_null(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(i64::cast_unsigned))
}

/// A text column that is read back by `FromStr`.
pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: FromStr,
    T::Err: Into<Boxed>,
{
    text_as(row, column, |text: String| {
        text.parse().map_err(T::Err::into)
    })
}

/// A text column that is read back by `FromStr`, or NULL.
pub(super) fn parsed_or_null<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: FromStr,
    T::Err: Into<Boxed>,
{
    text_as(row, column, |text: Option<String>| {
        text.map(|t| t.parse()).transpose().map_err(T::Err::into)
    })
}

/// A text column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    text_as(row, column, |text: String| {
        serde_json::from_str(&text).map_err(Boxed::from)
    })
}

/// A text column that holds JSON, or NULL.
pub(super) fn json_or_null<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<Option<T>> {
    text_as(row, column, |text: Option<String>| {
        text.map(|t| serde_json::from_str(&t))
            .transpose()
            .map_err(Boxed::from)
    })
}

/// A text column that `read` makes something of. What it refuses is named by
/// its column, so that the message says more than "bad value".
pub(super) fn text_as<S: FromSql, T>(
    row: &Row<'_>,
    column: &str,
    read: impl FnOnce(S) -> Result<T, Boxed>,
) -> rusqlite::Result<T> {
    let text = row.get::<_, S>(column)?;
    read(text).map_err(|e| {
        let index = row.as_ref().column_index(column).unwrap_or_default();
        rusqlite::Error::FromSqlConversionFailure(
            index,
            Type::Text,
            format!("column `{column}`: {e}").into(),
        )
    })
}
