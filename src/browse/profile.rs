//! What a column holds: how many NULLs and values, the least and greatest,
//! quartiles, a histogram or the most frequent texts.

use super::error::BrowseError;
use super::page::View;
use super::quantiles;
use super::table::Table;
use crate::engine::{Session, quote};
use crate::model::column::Column;

/// Bars of a histogram.
pub const BARS: usize = 24;
/// Most frequent texts.
pub const TOP: usize = 8;
/// Above this many rows distinct values are estimated.
pub(super) const COUNTED: u64 = 2_000_000;
/// The shares of the values that the quartiles have below them.
const QUARTILES: [f64; 3] = [0.25, 0.5, 0.75];

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub rows: u64,
    pub nulls: u64,
    pub distinct: u64,
    /// The number of distinct values is an estimate.
    pub distinct_is_about: bool,
    /// As text; None if all are NULL.
    pub min: Option<String>,
    pub max: Option<String>,
    /// Of numbers and dates.
    pub numbers: Option<Numbers>,
    /// Of texts and others, the most frequent first.
    pub top: Vec<(Option<String>, u64)>,
}

/// How numbers or dates are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// As text, like the values; dates have a mean too.
    pub mean: Option<String>,
    /// The quartiles: 25 %, 50 %, 75 %.
    pub quartiles: [Option<String>; 3],
    /// How many values lie in each of [`BARS`] equal ranges from least to greatest.
    pub histogram: Vec<u64>,
}

/// How a column's values become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Number,
    Date,
    Timestamp,
}

impl Scale {
    /// None for columns that have no scale, such as text.
    pub fn of(column: &Column) -> Option<Self> {
        match column.ty.as_str() {
            "DATE" => Some(Self::Date),
            ty if ty.starts_with("TIMESTAMP") => Some(Self::Timestamp),
            _ if column.is_number() => Some(Self::Number),
            _ => None,
        }
    }

    /// The column as a DOUBLE; what is not finite is NULL.
    pub fn number(self, column: &str) -> String {
        let name = quote::ident(column);
        match self {
            Self::Number => {
                let double = format!("CAST({name} AS DOUBLE)");
                format!("CASE WHEN isfinite({double}) THEN {double} END")
            }
            Self::Date => format!(
                "CASE WHEN isfinite({name}) THEN CAST({name} - DATE '1970-01-01' AS DOUBLE) END"
            ),
            Self::Timestamp => {
                format!("CASE WHEN isfinite({name}) THEN epoch(CAST({name} AS TIMESTAMP)) END")
            }
        }
    }

    /// A DOUBLE expression, as a value of the column, as text.
    pub fn text(self, number: &str) -> String {
        match self {
            Self::Number => format!("CAST({number} AS VARCHAR)"),
            Self::Date => {
                format!("CAST(DATE '1970-01-01' + CAST(round({number}) AS INTEGER) AS VARCHAR)")
            }
            Self::Timestamp => {
                format!("CAST(make_timestamp(CAST({number} * 1000000 AS BIGINT)) AS VARCHAR)")
            }
        }
    }
}

/// Reads a column through, in the rows of a view.
///
/// # Errors
/// [`BrowseError::Filter`] if the filter is no condition.
pub fn of(
    session: &Session,
    table: &Table,
    column: &Column,
    view: &View,
) -> Result<Profile, BrowseError> {
    view.check(session, table)?;
    let name = quote::ident(&column.name);
    let is_about = table.rows > COUNTED;
    let distinct = if is_about {
        format!("approx_count_distinct({name})")
    } else {
        format!("count(DISTINCT {name})")
    };
    let scale = Scale::of(column);
    let spread = scale.map_or(String::new(), |scale| {
        let number = scale.number(&column.name);
        let [low, median, high] = QUARTILES.map(|share| match is_about {
            // Of many rows they are looked for in little memory.
            true => "CAST(NULL AS VARCHAR)".to_owned(),
            false => scale.text(&format!("quantile_cont({number}, {share})")),
        });
        let mean = scale.text(&format!("avg({number})"));
        format!(
            ", {mean}, {low}, {median}, {high}, CAST(min({number}) AS VARCHAR), \
             CAST(max({number}) AS VARCHAR), CAST(count({number}) AS VARCHAR)"
        )
    });
    let scan = view.scan(table);
    let sql = format!(
        "SELECT CAST(count(*) AS VARCHAR), CAST(count(*) - count({name}) AS VARCHAR), \
         CAST({distinct} AS VARCHAR), CAST(min({name}) AS VARCHAR), \
         CAST(max({name}) AS VARCHAR){spread} FROM {scan}"
    );
    let mut row = session.texts(&sql)?.into_iter().next().unwrap_or_default();
    row.resize(12, None);
    let count = |at: usize| row[at].as_deref().and_then(|t| t.parse().ok()).unwrap_or(0);
    let mut profile = Profile {
        rows: count(0),
        nulls: count(1),
        distinct: count(2),
        distinct_is_about: is_about,
        min: row[3].clone(),
        max: row[4].clone(),
        numbers: None,
        top: Vec::new(),
    };
    if let Some(scale) = scale {
        let end = |at: usize| row[at].as_deref().and_then(|t| t.parse::<f64>().ok());
        let number = scale.number(&column.name);
        let mut quartiles = [row[6].clone(), row[7].clone(), row[8].clone()];
        let histogram = match (end(9), end(10)) {
            (Some(low), Some(high)) if is_about => {
                let numbers = quantiles::Numbers {
                    session,
                    scan: &scan,
                    number: &number,
                    count: count(11),
                    low,
                    high,
                };
                let (found, histogram) = quantiles::of(&numbers, &QUARTILES, BARS)?;
                let texts = found.iter().map(|q| scale.text(&format!("{q:?}::DOUBLE")));
                let texts = session.texts(&format!("SELECT {}", quote::join(texts)))?;
                for (quartile, text) in quartiles.iter_mut().zip(texts.into_iter().flatten()) {
                    *quartile = text;
                }
                histogram
            }
            (Some(low), Some(high)) => histogram(session, &scan, &number, low, high)?,
            _ => Vec::new(),
        };
        profile.numbers = Some(Numbers {
            mean: row[5].clone(),
            quartiles,
            histogram,
        });
    } else {
        profile.top = top(session, &scan, &name)?;
    }
    Ok(profile)
}

fn histogram(
    session: &Session,
    scan: &str,
    number: &str,
    low: f64,
    high: f64,
) -> Result<Vec<u64>, BrowseError> {
    let mut bars = vec![0; BARS];
    // `{:?}` keeps all digits of a DOUBLE, and an exponent.
    let (low, width) = (
        format!("{low:?}::DOUBLE"),
        format!("{:?}::DOUBLE", high - low),
    );
    let last = BARS - 1;
    let sql = format!(
        "SELECT CAST(bar AS VARCHAR), CAST(count(*) AS VARCHAR) FROM (\
         SELECT CASE WHEN {width} > 0 THEN \
         least({last}, CAST(floor(({number} - {low}) / {width} * {BARS}) AS INTEGER)) ELSE 0 END \
         AS bar FROM {scan} WHERE ({number}) IS NOT NULL) GROUP BY bar"
    );
    for row in session.texts(&sql)? {
        let mut cells = row.into_iter().flatten().map(|t| t.parse::<u64>());
        if let (Some(Ok(bar)), Some(Ok(count))) = (cells.next(), cells.next())
            && let Some(slot) = bars.get_mut(bar as usize)
        {
            *slot = count;
        }
    }
    Ok(bars)
}

fn top(
    session: &Session,
    scan: &str,
    name: &str,
) -> Result<Vec<(Option<String>, u64)>, BrowseError> {
    let sql = format!(
        "SELECT left(CAST({name} AS VARCHAR), 200) AS value, CAST(count(*) AS VARCHAR) FROM {scan} \
         WHERE {name} IS NOT NULL GROUP BY {name} ORDER BY count(*) DESC, value LIMIT {TOP}"
    );
    Ok(session
        .texts(&sql)?
        .into_iter()
        .filter_map(|mut row| {
            let count = row.pop()??.parse().ok()?;
            Some((row.pop()?, count))
        })
        .collect())
}
