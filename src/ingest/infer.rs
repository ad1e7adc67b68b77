//! The types of columns that nobody declared: what the first file with a value in
//! them shows, and how they widen when a later one needs more room.
//!
//! - A column is INTEGER, BIGINT, DECIMAL, BOOLEAN, DATE or TIMESTAMP only if every
//!   value is written as one without doubt: numbers without leading zeros, dates in
//!   ISO 8601. Else it is text, also if it has no value at all.
//! - It widens along INTEGER, BIGINT, DECIMAL. It never becomes DOUBLE, which would
//!   change values, nor text, which would change what is published.

use std::fs::File;

use chrono::{NaiveDate, NaiveDateTime};

use super::copy;
use super::error::HeaderError;
use super::header;
use super::load::io_error;
use super::load_error::LoadError;
use crate::engine::{EngineError, ErrorKind};
use crate::model::column::Column;
use crate::model::input_file::ScannedFile;
use crate::model::interrupt::Interrupt;
use crate::model::ledger::SchemaDrift;
use crate::model::source::SourceDefinition;

/// Digits of a DECIMAL that fits into eight bytes, and of the widest.
const DECIMAL_WIDTHS: [u32; 2] = [18, 38];
/// Records between two looks at whether to stop.
const PATIENCE: u64 = 4096;

/// How a file's columns differ from those that are `known`, with the types of new
/// ones and the wider types of those that need them.
///
/// # Errors
/// [`HeaderError`] and what reading the file says.
pub fn drift(
    source: &SourceDefinition,
    file: &ScannedFile,
    known: &[Column],
    interrupt: &Interrupt,
) -> Result<Vec<SchemaDrift>, LoadError> {
    let header = header::match_file(source, file, known)?;
    let declared = |name: &str| source.columns.iter().any(|c| c.name == name);
    let added = |name: &str| {
        header
            .drift
            .iter()
            .any(|drift| matches!(drift, SchemaDrift::Added { column, .. } if column == name))
    };
    let known_type = |name: &str| known.iter().find(|c| c.name == name).map(|c| c.ty.as_str());
    let wanted: Vec<usize> = header
        .columns
        .iter()
        .enumerate()
        .filter(|(_, name)| {
            !declared(name) && (added(name) || known_type(name).and_then(Room::of_type).is_some())
        })
        .map(|(at, _)| at)
        .collect();
    let mut drift = header.drift.clone();
    if wanted.is_empty() {
        return Ok(drift);
    }
    let seen = look(source, file, &header, &wanted, interrupt)?;
    for (at, seen) in wanted.iter().zip(&seen) {
        let name = &header.columns[*at];
        for drift in &mut drift {
            match drift {
                SchemaDrift::Added { column, ty, .. } if column == name => *ty = seen.first_type(),
                _ => {}
            }
        }
        if let Some(from) = known_type(name)
            && let Some(to) = seen.wider_than(from)
        {
            drift.push(SchemaDrift::Widened {
                column: name.clone(),
                from: from.to_owned(),
                to,
                path: file.path.clone(),
            });
        }
    }
    Ok(drift)
}

/// Gives columns that are known what a file brings.
pub fn follow(known: &mut Vec<Column>, drift: &SchemaDrift) {
    match drift {
        // A load that is done again may meet it twice.
        SchemaDrift::Added { column, .. } if known.iter().any(|c| c.name == *column) => {}
        SchemaDrift::Added { column, ty, .. } => known.push(Column {
            name: column.clone(),
            ty: ty.clone(),
        }),
        SchemaDrift::Widened { column, to, .. } => {
            for known in known.iter_mut().filter(|c| c.name == *column) {
                known.ty.clone_from(to);
            }
        }
        SchemaDrift::Missing { .. }
        | SchemaDrift::Refused { .. }
        | SchemaDrift::Reordered { .. } => {}
    }
}

/// Reads the columns `wanted` of all records that can be read.
fn look(
    source: &SourceDefinition,
    file: &ScannedFile,
    header: &header::MatchedHeader,
    wanted: &[usize],
    interrupt: &Interrupt,
) -> Result<Vec<Seen>, LoadError> {
    // Told apart from a file that is damaged.
    File::open(&file.absolute).map_err(|source| HeaderError::Unreadable {
        path: file.path.clone(),
        source,
    })?;
    let failed = |e| io_error(&file.path, e);
    let mut seen = vec![Seen::default(); wanted.len()];
    let mut records = copy::open(file, &source.dialect, header).map_err(failed)?;
    while let Some(record) = records.next().map_err(failed)? {
        if record.number.is_multiple_of(PATIENCE) && interrupt.is_requested() {
            return Err(EngineError::new(ErrorKind::Interrupted, "interrupted").into());
        }
        if record.number == 0 || copy::problem(record, header).is_some() {
            continue;
        }
        let mut fields = record.fields().enumerate();
        for (at, seen) in wanted.iter().zip(&mut seen) {
            if let Some((_, field)) = fields.find(|(n, _)| n == at) {
                seen.take(field);
            }
        }
    }
    Ok(seen)
}

/// The values of a column, counted by what they are written as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    values: u64,
    numbers: u64,
    booleans: u64,
    dates: u64,
    timestamps: u64,
    room: Room,
}

/// The room that numbers need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Room {
    /// Digits before the point.
    digits: u32,
    /// Digits after it.
    scale: u32,
    beyond_integer: bool,
    beyond_bigint: bool,
}

impl Seen {
    /// Takes one field; one with nothing in it is no value.
    pub fn take(&mut self, field: &[u8]) {
        if field.is_empty() {
            return;
        }
        self.values += 1;
        let Ok(text) = std::str::from_utf8(field) else {
            return;
        };
        if let Some(room) = Room::of_number(text) {
            self.numbers += 1;
            self.room = self.room.and(room);
        } else if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            self.booleans += 1;
        } else if text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() {
            self.dates += 1;
        } else if is_timestamp(text) {
            self.timestamps += 1;
        }
    }

    /// The type that takes all of them.
    pub fn first_type(&self) -> String {
        let all = |of: u64| self.values > 0 && of == self.values;
        if all(self.numbers) {
            return self.room.ty().unwrap_or_else(|| "VARCHAR".to_owned());
        }
        let ty = if all(self.booleans) {
            "BOOLEAN"
        } else if all(self.dates) {
            "DATE"
        } else if all(self.dates + self.timestamps) {
            "TIMESTAMP"
        } else {
            "VARCHAR"
        };
        ty.to_owned()
    }

    /// The type that takes the numbers among them too, if `ty` does not and there
    /// is one.
    pub fn wider_than(&self, ty: &str) -> Option<String> {
        let before = Room::of_type(ty)?;
        if self.numbers == 0 {
            return None;
        }
        let wider = before.and(self.room);
        let wider = if wider == before { None } else { wider.ty() };
        wider.filter(|wider| wider != ty)
    }
}

impl Room {
    /// Of a number that is written without doubt.
    fn of_number(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, decimals) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, decimals)) => (whole, decimals),
            None => (digits, ""),
        };
        let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leading_zero || !all_digits(whole) || !all_digits(decimals) {
            return None;
        }
        let is_whole = decimals.is_empty();
        Some(Self {
            digits: u32::try_from(whole.len()).ok()?,
            scale: u32::try_from(decimals.len()).ok()?,
            beyond_integer: !is_whole || text.parse::<i32>().is_err(),
            beyond_bigint: !is_whole || text.parse::<i64>().is_err(),
        })
    }

    /// Of the types that widen.
    fn of_type(ty: &str) -> Option<Self> {
        let whole = |digits, beyond_integer| Self {
            digits,
            scale: 0,
            beyond_integer,
            beyond_bigint: false,
        };
        match ty {
            "INTEGER" => return Some(whole(10, false)),
            "BIGINT" => return Some(whole(19, true)),
            _ => {}
        }
        let (width, scale) = ty
            .strip_prefix("DECIMAL(")?
            .strip_suffix(')')?
            .split_once(',')?;
        let (width, scale): (u32, u32) = (width.parse().ok()?, scale.parse().ok()?);
        Some(Self {
            digits: width - scale,
            scale,
            beyond_integer: true,
            beyond_bigint: true,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            digits: self.digits.max(other.digits),
            scale: self.scale.max(other.scale),
            beyond_integer: self.beyond_integer || other.beyond_integer,
            beyond_bigint: self.beyond_bigint || other.beyond_bigint,
        }
    }

    /// The narrowest type with it; None if there is none.
    fn ty(self) -> Option<String> {
        if !self.beyond_integer {
            return Some("INTEGER".to_owned());
        }
        if !self.beyond_bigint {
            return Some("BIGINT".to_owned());
        }
        let width = DECIMAL_WIDTHS
            .into_iter()
            .find(|width| self.digits + self.scale <= *width)?;
        Some(format!("DECIMAL({width},{})", self.scale))
    }
}

fn is_timestamp(text: &str) -> bool {
    text.len() >= 16
        && text.as_bytes()[4] == b'-'
        && [
            "%Y-%m-%d %H:%M",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M:%S%.f",
        ]
        .iter()
        .any(|format| NaiveDateTime::parse_from_str(text, format).is_ok())
        && text
            .split('.')
            .nth(1)
            .is_none_or(|decimals| decimals.len() <= 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[&str]) -> Seen {
        let mut seen = Seen::default();
        values.iter().for_each(|v| seen.take(v.as_bytes()));
        seen
    }

    #[test]
    fn a_type_takes_every_value_without_doubt() {
        for (values, ty) in [
            (&[][..], "VARCHAR"),
            (&["", ""], "VARCHAR"),
            (&["1", "", "-20", "+3", "0"], "INTEGER"),
            (&["2147483648"], "BIGINT"),
            (&["9223372036854775808"], "DECIMAL(38,0)"),
            (&["1", "2.50"], "DECIMAL(18,2)"),
            (&["12345678901234567.25"], "DECIMAL(38,2)"),
            (&["0.00000000000000000000000000000000000000001"], "VARCHAR"),
            (&["007", "1"], "VARCHAR"),
            (&["1e3"], "VARCHAR"),
            (&["1."], "VARCHAR"),
            (&["1,000"], "VARCHAR"),
            (&["true", "FALSE"], "BOOLEAN"),
            (&["2024-02-29"], "DATE"),
            (&["2023-02-29"], "VARCHAR"),
            (&["2024-2-9"], "VARCHAR"),
            (&["2024-02-29", "2024-02-29 10:00"], "TIMESTAMP"),
            (&["2024-02-29T10:00:00.123456"], "TIMESTAMP"),
            (&["2024-02-29 10:00:00+02"], "VARCHAR"),
            (&["2024-02-29 10:00:00.1234567"], "VARCHAR"),
            (&["1", "true"], "VARCHAR"),
        ] {
            assert_eq!(seen(values).first_type(), ty, "{values:?}");
        }
    }

    #[test]
    fn numbers_widen_and_nothing_else() {
        for (from, values, to) in [
            ("INTEGER", &["1"][..], None),
            ("INTEGER", &["3000000000"], Some("BIGINT")),
            ("INTEGER", &["1.5", "abc"], Some("DECIMAL(18,1)")),
            ("BIGINT", &["1"], None),
            ("BIGINT", &["0.25"], Some("DECIMAL(38,2)")),
            ("BIGINT", &["99999999999999999999"], Some("DECIMAL(38,0)")),
            ("DECIMAL(18,2)", &["1"], None),
            ("DECIMAL(18,2)", &["1.125"], Some("DECIMAL(38,3)")),
            (
                "DECIMAL(18,2)",
                &["12345678901234567.1"],
                Some("DECIMAL(38,2)"),
            ),
            ("INTEGER", &["abc"], None),
            ("DATE", &["1"], None),
            ("VARCHAR", &["1"], None),
            ("DOUBLE", &["1"], None),
        ] {
            assert_eq!(
                seen(values).wider_than(from).as_deref(),
                to,
                "{from} {values:?}"
            );
        }
    }
}
