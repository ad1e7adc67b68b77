//! Values for the parameters of a query (`$day`, `?`).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use duckdb::types::Value;

/// A parameter's name, without `$`, and its value. The parameters `?` are called
/// `1`, `2` and so on.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: String,
    pub value: ParamValue,
}

/// A value, by what its text looks like.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamValue {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Date(NaiveDate),
    Text(String),
}

impl FromStr for Param {
    type Err = String;

    /// Reads `name=value`. A value in single quotes is text, whatever it looks like.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is no parameter: write `name=value`"))?;
        let name = name.trim_start_matches('$');
        if name.is_empty() {
            return Err(format!("`{text}` names no parameter: write `name=value`"));
        }
        Ok(Self {
            name: name.to_owned(),
            value: ParamValue::read(value),
        })
    }
}

impl ParamValue {
    fn read(text: &str) -> Self {
        let quoted = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        if let Some(inner) = quoted {
            return Self::Text(inner.replace("''", "'"));
        }
        match text.to_ascii_lowercase().as_str() {
            "null" => return Self::Null,
            "true" => return Self::Boolean(true),
            "false" => return Self::Boolean(false),
            _ => {}
        }
        // `007` and `+1` are names of things more often than numbers.
        let digits = text.strip_prefix('-').unwrap_or(text);
        let leading = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let numeric = digits.starts_with(|c: char| c.is_ascii_digit()) && !leading;
        if numeric && let Ok(number) = text.parse() {
            return Self::Integer(number);
        }
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if numeric
            && plain
            && let Ok(number) = text.parse()
        {
            return Self::Double(number);
        }
        match text.parse::<NaiveDate>() {
            Ok(day) if day.to_string() == text => Self::Date(day),
            _ => Self::Text(text.to_owned()),
        }
    }

    fn to_engine(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(*value),
            // As a number that is written in SQL: a day less a BIGINT there is not.
            Self::Integer(value) => match i32::try_from(*value) {
                Ok(value) => Value::Int(value),
                Err(_) => Value::BigInt(*value),
            },
            Self::Double(value) => Value::Double(*value),
            Self::Date(day) => {
                let epoch = NaiveDate::default().num_days_from_ce();
                Value::Date32(day.num_days_from_ce() - epoch)
            }
            Self::Text(text) => Value::Text(text.clone()),
        }
    }
}

/// As the engine writes it in its messages, but for a DOUBLE of many digits.
impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
            Self::Date(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

/// The values for parameters of these names; the error says what is missing or
/// too much.
pub(super) fn in_order(names: &[String], given: &[Param]) -> Result<Vec<Value>, String> {
    // The engine does not care for the case of names.
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    if let Some(spare) = given
        .iter()
        .find(|p| !names.iter().any(|n| same(n, &p.name)))
    {
        let there: Vec<String> = names.iter().map(|n| format!("`${n}`")).collect();
        let there = match there.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has {}", there.join(", ")),
        };
        return Err(format!(
            "the query has no parameter `${}`: {there}",
            spare.name
        ));
    }
    names
        .iter()
        .map(|name| {
            let found = given.iter().rfind(|p| same(name, &p.name));
            found.map(|p| p.value.to_engine()).ok_or_else(|| {
                format!("the parameter `${name}` has no value: add `--param {name}=…`")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_it_looks_like() {
        let read = |text: &str| text.parse::<Param>().unwrap().value;
        assert_eq!(read("n=-12"), ParamValue::Integer(-12));
        assert_eq!(read("n=1.50"), ParamValue::Double(1.5));
        assert_eq!(
            read("n=2024-11-03"),
            ParamValue::Date("2024-11-03".parse().unwrap())
        );
        assert_eq!(read("$n=TRUE"), ParamValue::Boolean(true));
        assert_eq!(read("n=null"), ParamValue::Null);
        for text in ["007", "+1", "inf", "nan", "1e3", "2024-1-3", "a=b", "", "-"] {
            assert_eq!(
                read(&format!("n={text}")),
                ParamValue::Text(text.to_owned())
            );
        }
        assert_eq!(read("n='it''s 5'"), ParamValue::Text("it's 5".to_owned()));
        assert!("n".parse::<Param>().is_err());
        assert!("=5".parse::<Param>().is_err());
    }
}
