//! One column of a dataset over all its snapshots.

use chrono::NaiveDate;

use super::error::BrowseError;
use super::profile::Scale;
use super::table::Table;
use crate::engine::Session;
use crate::engine::quote;

/// What a column held on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayOfColumn {
    pub day: NaiveDate,
    pub rows: u64,
    pub nulls: u64,
    /// Of numbers and dates that have a value; dates as days, timestamps as
    /// seconds since 1970.
    pub spread: Option<Spread>,
}

/// How a day's numbers are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub mean: f64,
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

/// Reads a column of one day. None if the day does not have it, or it is no day but
/// an answer.
///
/// # Errors
/// Any error of the engine.
pub fn of_day(
    session: &Session,
    table: &Table,
    column: &str,
) -> Result<Option<DayOfColumn>, BrowseError> {
    let column = table.columns.iter().find(|c| c.name == column);
    let (Some(column), Some(opened)) = (column, table.partition()) else {
        return Ok(None);
    };
    let name = quote::ident(&column.name);
    let spread = Scale::of(column).map_or(String::new(), |scale| {
        let number = scale.number(&column.name);
        format!(
            ", CAST(avg({number}) AS VARCHAR), CAST(quantile_cont({number}, 0.1) AS VARCHAR), \
             CAST(quantile_cont({number}, 0.5) AS VARCHAR), \
             CAST(quantile_cont({number}, 0.9) AS VARCHAR)"
        )
    });
    let sql = format!(
        "SELECT CAST(count(*) AS VARCHAR), CAST(count(*) - count({name}) AS VARCHAR){spread} \
         FROM {}",
        table.scan()
    );
    let row = session.texts(&sql)?.into_iter().next().unwrap_or_default();
    let number = |at: usize| row.get(at)?.as_deref()?.parse::<f64>().ok();
    let spread = match (number(2), number(3), number(4), number(5)) {
        (Some(mean), Some(low), Some(median), Some(high)) => Some(Spread {
            mean,
            low,
            median,
            high,
        }),
        _ => None,
    };
    Ok(Some(DayOfColumn {
        day: opened.id.ingest_date,
        rows: number(0).unwrap_or(0.0) as u64,
        nulls: number(1).unwrap_or(0.0) as u64,
        spread,
    }))
}
