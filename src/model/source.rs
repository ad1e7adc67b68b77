//! A source as its project defines it, and the one rule by which column names
//! of configuration and of CSV headers are compared.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::hash::ContentHash;
use super::names::SourceName;
use super::words::words;

pub use super::declared::{Also, DeclaredColumn};

/// How long a file that may still be written to is waited for, unless told.
pub const DEFAULT_SETTLE: Duration = Duration::from_secs(10);

/// What the fingerprint says of the simplest dialect.
const DEFAULT_DIALECT: &str = "csv";

words! {
    /// What a delivery does to the rows that are there.
    LoadMode {
        /// Its rows are added.
        #[default]
        Append = "append",
        /// Its rows replace those of the same key; the last one wins.
        Upsert = "upsert",
        /// The last file is the table.
        Replace = "replace",
    }
}

words! {
    /// What a row that cannot be read as declared does.
    BadRows {
        /// It fails the run.
        #[default]
        Fail = "fail",
        /// It is set aside, and the others are loaded.
        Quarantine = "quarantine",
    }
}

words! {
    /// What a new or missing column does.
    SchemaPolicy {
        /// The raw table follows, as far as nothing is lost.
        #[default]
        Evolve = "evolve",
        /// The run is refused.
        Freeze = "freeze",
    }
}

words! {
    /// What becomes of the rows of a file that vanished.
    OnVanish {
        /// They stay.
        #[default]
        Keep = "keep",
        /// They are retracted.
        Retract = "retract",
    }
}

words! {
    /// What one content under two paths is, in a source that appends. The other
    /// load modes take every path as a delivery and do not look at this.
    Duplicates {
        /// One input file.
        #[default]
        Skip = "skip",
        /// As many as there are paths.
        Load = "load",
    }
}

words! {
    /// What becomes of retired rows.
    History {
        /// They are kept, so that earlier days can be computed again.
        #[default]
        Keep = "keep",
        /// They are forgotten.
        Drop = "drop",
    }
}

/// A named feed of raw files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDefinition {
    pub name: SourceName,
    /// The pattern as written: relative to the project, or absolute.
    pub path: String,
    #[serde(default)]
    pub load: LoadMode,
    /// Needed to upsert. Elsewhere it tells readers what a row is, and no more.
    #[serde(default)]
    pub key: Vec<String>,
    #[serde(default)]
    pub dialect: Dialect,
    /// In the order they are written in. Other columns are inferred.
    #[serde(default)]
    pub columns: Vec<DeclaredColumn>,
    #[serde(default)]
    pub bad_rows: BadRows,
    #[serde(default)]
    pub schema: SchemaPolicy,
    #[serde(default)]
    pub on_vanish: OnVanish,
    #[serde(default)]
    pub duplicates: Duplicates,
    #[serde(default = "default_settle", with = "settle_as_text")]
    pub settle: Duration,
    #[serde(default)]
    pub history: History,
}

impl SourceDefinition {
    /// A source with the default of every option.
    pub fn new(name: SourceName, path: impl Into<String>) -> Self {
        Self {
            name,
            path: path.into(),
            load: LoadMode::default(),
            key: Vec::new(),
            dialect: Dialect::default(),
            columns: Vec::new(),
            bad_rows: BadRows::default(),
            schema: SchemaPolicy::default(),
            on_vanish: OnVanish::default(),
            duplicates: Duplicates::default(),
            settle: DEFAULT_SETTLE,
            history: History::default(),
        }
    }

    /// The definition as far as it decides what rows a content becomes, as JSON
    /// that is the same text whenever that is the same: load mode, key, types
    /// and formats, dialect, and not what a column takes besides. Order does not count, neither of the columns nor of
    /// the key, and the key counts only where rows are found by it.
    pub fn rows_text(&self) -> String {
        #[derive(Serialize)]
        struct Column<'a> {
            r#type: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            format: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            decimal: Option<char>,
        }
        // A struct, because the order of a `serde_json` map hangs on a feature
        // that any dependency can turn on.
        #[derive(Serialize)]
        struct Rows<'a> {
            load: LoadMode,
            key: Vec<&'a str>,
            columns: BTreeMap<&'a str, Column<'a>>,
            dialect: String,
        }
        let mut key: Vec<&str> = match self.load {
            LoadMode::Upsert => self.key.iter().map(String::as_str).collect(),
            LoadMode::Append | LoadMode::Replace => Vec::new(),
        };
        key.sort_unstable();
        let columns = self.columns.iter().map(|column| {
            let declared = Column {
                r#type: &column.ty,
                format: column.format.as_deref(),
                decimal: column.decimal,
            };
            (column.name.as_str(), declared)
        });
        let rows = Rows {
            load: self.load,
            key,
            columns: columns.collect(),
            dialect: if self.dialect == Dialect::default() {
                DEFAULT_DIALECT.to_owned()
            } else {
                self.dialect.text()
            },
        };
        serde_json::to_string(&rows).expect("text and maps by text are always JSON")
    }

    /// Differs when rows taken under one definition would not be those taken
    /// under the other.
    pub fn fingerprint(&self) -> ContentHash {
        ContentHash::of(self.rows_text().as_bytes())
    }
}

/// A column's name as the header becomes: trimmed, lower-cased, and `_` for
/// each character that is neither letter nor digit of any script.
pub fn normalise_column(header: &str) -> String {
    header
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}

/// `10s`, `500ms` or `2m` as a duration.
pub fn parse_settle(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

/// The shortest text that [`parse_settle`] reads as this duration.
pub fn settle_text(settle: Duration) -> String {
    let millis = settle.as_millis();
    match (millis % 60_000, millis % 1_000) {
        (0, _) if millis > 0 => format!("{}m", millis / 60_000),
        (_, 0) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

fn default_settle() -> Duration {
    DEFAULT_SETTLE
}

mod settle_as_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(settle: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::settle_text(*settle))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_settle(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a duration")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> SourceDefinition {
        let mut source = SourceDefinition::new("accounts".parse().unwrap(), "raw/*.csv");
        source.load = LoadMode::Upsert;
        source.key = vec!["account_id".to_owned(), "region".to_owned()];
        source.columns = vec![
            DeclaredColumn {
                format: Some("%d/%m/%Y".to_owned()),
                ..DeclaredColumn::new("joining_date", "DATE")
            },
            DeclaredColumn::new("account_id", "BIGINT"),
        ];
        source
    }

    #[test]
    fn headers_are_normalised() {
        for (header, column) in [
            ("account_id", "account_id"),
            (" Account ID ", "account_id"),
            ("Account  ID", "account__id"),
            ("Price ($)", "price____"),
            ("2024", "2024"),
            ("Größe", "größe"),
            ("ÅRSTAL", "årstal"),
            ("名前", "名前"),
            ("a\tb\u{a0}c", "a_b_c"),
            ("a-b.c/d", "a_b_c_d"),
            ("", ""),
            ("  ", ""),
            ("-", "_"),
        ] {
            assert_eq!(normalise_column(header), column, "{header:?}");
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once() {
        for c in '\0'..=char::MAX {
            let once = normalise_column(&format!("x{c}y"));
            assert_eq!(normalise_column(&once), once, "{c:?}");
        }
    }

    #[test]
    fn the_fingerprint_is_over_what_decides_the_rows() {
        let source = accounts();
        // Whoever changes this text makes every project load its sources again.
        insta::assert_snapshot!(source.rows_text(), @r#"{"load":"upsert","key":["account_id","region"],"columns":{"account_id":{"type":"BIGINT"},"joining_date":{"type":"DATE","format":"%d/%m/%Y"}},"dialect":"csv"}"#);

        let same = |change: fn(&mut SourceDefinition)| {
            let mut other = source.clone();
            change(&mut other);
            assert_ne!(other, source);
            other.fingerprint() == source.fingerprint()
        };
        assert!(same(|s| s.path = "elsewhere/*.csv".to_owned()));
        assert!(same(|s| s.columns.reverse()));
        assert!(same(|s| s.key.reverse()));
        assert!(same(|s| s.bad_rows = BadRows::Quarantine));
        assert!(same(|s| s.schema = SchemaPolicy::Freeze));
        assert!(same(|s| s.settle = Duration::ZERO));
        assert!(same(|s| s.columns[0].also.nulls = vec!["-".to_owned()]));
        assert!(!same(|s| s.columns[1].decimal = Some(',')));
        assert!(!same(|s| s.dialect.delimiter = ";".to_owned()));
        assert!(!same(|s| s.load = LoadMode::Append));
        assert!(!same(|s| s.load = LoadMode::Replace));
        assert!(!same(|s| s.key.truncate(1)));
        assert!(!same(|s| s.columns[1].ty = "INTEGER".to_owned()));
        assert!(!same(|s| s.columns[0].format = None));
        assert!(!same(|s| s.columns.truncate(1)));
    }

    #[test]
    fn where_rows_are_not_found_by_it_the_key_is_only_told() {
        for load in [LoadMode::Append, LoadMode::Replace] {
            let mut source = accounts();
            source.load = load;
            let with_key = source.fingerprint();
            source.key.clear();
            assert_eq!(source.fingerprint(), with_key);
        }
    }

    #[test]
    fn a_definition_survives_json() {
        let json = serde_json::to_string_pretty(&accounts()).unwrap();
        insta::assert_snapshot!(json, @r#"
        {
          "name": "accounts",
          "path": "raw/*.csv",
          "load": "upsert",
          "key": [
            "account_id",
            "region"
          ],
          "dialect": {
            "delimiter": ",",
            "quote": 34,
            "escape": null,
            "comment": null,
            "encoding": "utf-8",
            "header": true,
            "skip": 0
          },
          "columns": [
            {
              "name": "joining_date",
              "type": "DATE",
              "format": "%d/%m/%Y",
              "also": {
                "formats": [],
                "thousands": null,
                "nulls": []
              }
            },
            {
              "name": "account_id",
              "type": "BIGINT",
              "also": {
                "formats": [],
                "thousands": null,
                "nulls": []
              }
            }
          ],
          "bad_rows": "fail",
          "schema": "evolve",
          "on_vanish": "keep",
          "duplicates": "skip",
          "settle": "10s",
          "history": "keep"
        }
        "#);
        let back: SourceDefinition = serde_json::from_str(&json).unwrap();
        assert_eq!(back, accounts());
        let least: SourceDefinition = serde_json::from_str(r#"{"name":"a","path":"p"}"#).unwrap();
        assert_eq!(least, SourceDefinition::new("a".parse().unwrap(), "p"));
    }

    #[test]
    fn words_are_what_serde_writes() {
        for word in LoadMode::WORDS {
            let mode: LoadMode = word.parse().unwrap();
            assert_eq!(serde_json::to_value(mode).unwrap(), *word);
            assert_eq!(mode.to_string(), *word);
        }
        let error = "apend".parse::<LoadMode>().unwrap_err();
        insta::assert_snapshot!(error, @"`apend` is none of append, upsert, replace");
    }

    #[test]
    fn durations_are_text() {
        for text in ["0s", "10s", "500ms", "2m", "90s", "1500ms"] {
            assert_eq!(settle_text(parse_settle(text).unwrap()), text);
        }
        assert_eq!(settle_text(parse_settle("60s").unwrap()), "1m");
        let bad = "|10|s|-1s|+1s|1.5s|10 s|1h|10S|99999999999999999999s|999999999999999999m";
        for bad in bad.split('|') {
            assert_eq!(parse_settle(bad), None, "{bad}");
        }
    }
}
