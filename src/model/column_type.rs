//! The types that a source's column may be declared with: DuckDB's scalar types
//! under one spelling each, so that `INT` and `integer` are no change.

use super::nearest::nearest;

/// Each type under the name it is kept by, with DuckDB's other names for it.
const TYPES: &[(&str, &[&str])] = &[
    ("BOOLEAN", &["BOOL", "LOGICAL"]),
    ("TINYINT", &["INT1"]),
    ("SMALLINT", &["INT2", "SHORT"]),
    ("INTEGER", &["INT", "INT4", "SIGNED"]),
    ("BIGINT", &["INT8", "LONG"]),
    ("HUGEINT", &[]),
    ("UTINYINT", &[]),
    ("USMALLINT", &[]),
    ("UINTEGER", &[]),
    ("UBIGINT", &[]),
    ("UHUGEINT", &[]),
    ("FLOAT", &["REAL", "FLOAT4"]),
    ("DOUBLE", &["FLOAT8", "DOUBLE PRECISION"]),
    ("DECIMAL", &["NUMERIC", "DEC"]),
    ("VARCHAR", &["TEXT", "STRING", "CHAR", "BPCHAR"]),
    ("DATE", &[]),
    ("TIME", &["TIME WITHOUT TIME ZONE"]),
    ("TIMESTAMP", &["DATETIME", "TIMESTAMP WITHOUT TIME ZONE"]),
    ("UUID", &["GUID"]),
];

/// Types of DuckDB that need its ICU extension.
const ZONED: &[&str] = &[
    "TIMESTAMPTZ",
    "TIMESTAMP WITH TIME ZONE",
    "TIMETZ",
    "TIME WITH TIME ZONE",
];

/// Types of DuckDB that a CSV column is not declared with.
const NOT_FROM_CSV: &[&str] = &[
    "BLOB",
    "BYTEA",
    "BINARY",
    "VARBINARY",
    "BIT",
    "INTERVAL",
    "JSON",
    "ENUM",
    "STRUCT",
    "MAP",
    "LIST",
    "ARRAY",
    "UNION",
    "VARIANT",
];

/// Why a type was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadType {
    #[error("unknown type `{text}`")]
    Unknown {
        text: String,
        nearest: Option<&'static str>,
    },
    #[error(
        "type `{text}` needs time zones inside DuckDB, which this build does not have (no ICU)"
    )]
    Zoned { text: String },
    #[error("type `{text}` cannot be read from a CSV column")]
    NotFromCsv { text: String },
    #[error("type `{text}` has parameters, and `{name}` takes none")]
    Parameters { text: String, name: &'static str },
    #[error("`{text}` is not a DECIMAL that DuckDB has")]
    Decimal { text: String },
}

impl BadType {
    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown {
                nearest: Some(name),
                ..
            } => format!("did you mean `{name}`?"),
            Self::Unknown { nearest: None, .. } => {
                let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
                format!("known types: {}", names.join(", "))
            }
            Self::Zoned { .. } => {
                "declare `TIMESTAMP` or `VARCHAR`, and convert it in a staging view".to_owned()
            }
            Self::NotFromCsv { .. } => {
                "declare `VARCHAR`, and convert it in a staging view".to_owned()
            }
            Self::Parameters { name, .. } => format!("write `{name}`"),
            Self::Decimal { .. } => {
                "write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width".to_owned()
            }
        }
    }
}

/// The one spelling of a type: `int` is `INTEGER`, `NUMERIC(10, 2)` is
/// `DECIMAL(10,2)`, and a bare `DECIMAL` is what DuckDB takes it for,
/// `DECIMAL(18,3)`.
pub fn canonical_type(text: &str) -> Result<String, BadType> {
    let owned = || text.to_owned();
    let upper = text.to_uppercase();
    let (base, parameters) = match upper.trim().split_once('(') {
        Some((base, rest)) => (base, Some(rest)),
        None => (upper.trim(), None),
    };
    let base = base.split_whitespace().collect::<Vec<_>>().join(" ");

    // `TIMESTAMP(6) WITH TIME ZONE` has its parameters in the middle.
    if ZONED.contains(&base.as_str()) || upper.trim_end().ends_with(" WITH TIME ZONE") {
        return Err(BadType::Zoned { text: owned() });
    }
    let known = TYPES
        .iter()
        .find(|(name, others)| *name == base || others.contains(&base.as_str()));
    if let Some((name, _)) = known {
        return match (*name, parameters) {
            ("DECIMAL", None) => Ok("DECIMAL(18,3)".to_owned()),
            ("DECIMAL", Some(rest)) => {
                decimal(rest).ok_or_else(|| BadType::Decimal { text: owned() })
            }
            (name, None) => Ok(name.to_owned()),
            (name, Some(_)) => Err(BadType::Parameters {
                text: owned(),
                name,
            }),
        };
    }
    if NOT_FROM_CSV.contains(&base.as_str()) || upper.trim_end().ends_with(']') {
        return Err(BadType::NotFromCsv { text: owned() });
    }
    let names = TYPES
        .iter()
        .flat_map(|(name, others)| std::iter::once(name).chain(*others))
        .copied();
    Err(BadType::Unknown {
        text: owned(),
        nearest: nearest(&base, names),
    })
}

/// `18, 9)` as `DECIMAL(18,9)`. DuckDB reads `DECIMAL(10)` as scale 0.
fn decimal(parameters: &str) -> Option<String> {
    let inner = parameters.trim_end().strip_suffix(')')?;
    let (width, scale) = match inner.split_once(',') {
        Some((width, scale)) => (number(width)?, number(scale)?),
        None => (number(inner)?, 0),
    };
    ((1..=38).contains(&width) && scale <= width).then(|| format!("DECIMAL({width},{scale})"))
}

fn number(text: &str) -> Option<u8> {
    let text = text.trim();
    // `parse` would take a sign.
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_type_is_one() {
        for (text, canonical) in [
            ("INT", "INTEGER"),
            ("integer", "INTEGER"),
            (" BigInt ", "BIGINT"),
            ("text", "VARCHAR"),
            ("String", "VARCHAR"),
            ("real", "FLOAT"),
            ("double  precision", "DOUBLE"),
            ("DECIMAL", "DECIMAL(18,3)"),
            ("numeric", "DECIMAL(18,3)"),
            ("DECIMAL(18, 9)", "DECIMAL(18,9)"),
            ("decimal ( 10 )", "DECIMAL(10,0)"),
            ("DECIMAL(38,38)", "DECIMAL(38,38)"),
            ("datetime", "TIMESTAMP"),
            ("timestamp without time zone", "TIMESTAMP"),
            ("uuid", "UUID"),
        ] {
            assert_eq!(canonical_type(text).as_deref(), Ok(canonical), "{text}");
        }
        for (name, others) in TYPES {
            let canonical = canonical_type(name).unwrap();
            assert_eq!(canonical_type(&canonical), Ok(canonical.clone()));
            for other in *others {
                assert_eq!(canonical_type(other), Ok(canonical.clone()), "{other}");
            }
        }
    }

    #[test]
    fn refusals_say_what_to_write() {
        let refusals: Vec<String> = [
            "TIMESTAMPTZ",
            "timestamp(6) with time zone",
            "INTEGR",
            "money",
            "",
            "BLOB",
            "INTEGER[]",
            "STRUCT(a INTEGER)",
            "VARCHAR(10)",
            "DECIMAL(39,2)",
            "DECIMAL(4,5)",
            "DECIMAL(4,-1)",
            "DECIMAL(+4,1)",
            "DECIMAL()",
            "DECIMAL(18,9",
            "DECIMAL(18,9); DROP TABLE x",
        ]
        .iter()
        .map(|text| {
            let error = canonical_type(text).unwrap_err();
            format!("{error} ({})", error.hint())
        })
        .collect();
        insta::assert_snapshot!(refusals.join("\n"), @"
        type `TIMESTAMPTZ` needs time zones inside DuckDB, which this build does not have (no ICU) (declare `TIMESTAMP` or `VARCHAR`, and convert it in a staging view)
        type `timestamp(6) with time zone` needs time zones inside DuckDB, which this build does not have (no ICU) (declare `TIMESTAMP` or `VARCHAR`, and convert it in a staging view)
        unknown type `INTEGR` (did you mean `INTEGER`?)
        unknown type `money` (known types: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, UHUGEINT, FLOAT, DOUBLE, DECIMAL, VARCHAR, DATE, TIME, TIMESTAMP, UUID)
        unknown type `` (known types: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, UHUGEINT, FLOAT, DOUBLE, DECIMAL, VARCHAR, DATE, TIME, TIMESTAMP, UUID)
        type `BLOB` cannot be read from a CSV column (declare `VARCHAR`, and convert it in a staging view)
        type `INTEGER[]` cannot be read from a CSV column (declare `VARCHAR`, and convert it in a staging view)
        type `STRUCT(a INTEGER)` cannot be read from a CSV column (declare `VARCHAR`, and convert it in a staging view)
        type `VARCHAR(10)` has parameters, and `VARCHAR` takes none (write `VARCHAR`)
        `DECIMAL(39,2)` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        `DECIMAL(4,5)` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        `DECIMAL(4,-1)` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        `DECIMAL(+4,1)` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        `DECIMAL()` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        `DECIMAL(18,9` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        `DECIMAL(18,9); DROP TABLE x` is not a DECIMAL that DuckDB has (write `DECIMAL(width,scale)`: width 1 to 38, scale 0 to width)
        ");
    }
}
