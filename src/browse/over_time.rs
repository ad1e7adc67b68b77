//! One column of a dataset over all its snapshots.

use chrono::NaiveDate;

use super::error::BrowseError;
use super::profile::{COUNTED, Scale};
use super::quantiles;
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
    let number = Scale::of(column).map(|scale| scale.number(&column.name));
    if let Some(number) = number.as_ref().filter(|_| table.rows > COUNTED) {
        let day = opened.id.ingest_date;
        return of_many(session, table, day, &name, number).map(Some);
    }
    let spread = number.map_or(String::new(), |number| {
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

/// The same of many rows, in little memory.
fn of_many(
    session: &Session,
    table: &Table,
    day: NaiveDate,
    name: &str,
    number: &str,
) -> Result<DayOfColumn, BrowseError> {
    let scan = table.scan();
    let sql = format!(
        "SELECT CAST(count(*) AS VARCHAR), CAST(count(*) - count({name}) AS VARCHAR), \
         CAST(count({number}) AS VARCHAR), CAST(avg({number}) AS VARCHAR), \
         CAST(min({number}) AS VARCHAR), CAST(max({number}) AS VARCHAR) FROM {scan}"
    );
    let row = session.texts(&sql)?.into_iter().next().unwrap_or_default();
    let found = |at: usize| row.get(at)?.as_deref()?.parse::<f64>().ok();
    let count = |at: usize| found(at).unwrap_or(0.0) as u64;
    let spread = match (found(3), found(4), found(5)) {
        (Some(mean), Some(low), Some(high)) => {
            let numbers = quantiles::Numbers {
                session,
                scan: &scan,
                number,
                count: count(2),
                low,
                high,
            };
            let (found, _) = quantiles::of(&numbers, &[0.1, 0.5, 0.9], 1)?;
            Some(Spread {
                mean,
                low: found[0],
                median: found[1],
                high: found[2],
            })
        }
        _ => None,
    };
    Ok(DayOfColumn {
        day,
        rows: count(0),
        nulls: count(1),
        spread,
    })
}
