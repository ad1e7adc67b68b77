//! Columns of raw tables and datasets.

use serde::{Deserialize, Serialize};

/// A column: its name and its type as DuckDB writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: String,
}

impl Column {
    /// Whether its values are numbers, which are aligned right.
    pub fn is_number(&self) -> bool {
        // Also of `DECIMAL(18,2)`, and not of `INTEGER[]`.
        let name = self.ty.split('(').next().unwrap_or(&self.ty);
        !self.is_nested()
            && matches!(
                name,
                "TINYINT"
                    | "SMALLINT"
                    | "INTEGER"
                    | "BIGINT"
                    | "HUGEINT"
                    | "UTINYINT"
                    | "USMALLINT"
                    | "UINTEGER"
                    | "UBIGINT"
                    | "UHUGEINT"
                    | "FLOAT"
                    | "DOUBLE"
                    | "DECIMAL"
            )
    }

    /// Whether its values hold others: lists, arrays, structs, maps, unions.
    pub fn is_nested(&self) -> bool {
        self.ty.ends_with(']')
            || ["STRUCT(", "MAP(", "UNION("]
                .iter()
                .any(|begin| self.ty.starts_with(begin))
    }
}

/// How one schema breaks the readers of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Break {
    Removed {
        column: String,
    },
    Retyped {
        column: String,
        from: String,
        to: String,
    },
    /// Other columns name a row now.
    Rekeyed {
        from: String,
        to: String,
    },
}

/// What readers of `before` would trip over in `after`. Added columns break
/// nobody; a renamed column is one removed and one added.
pub fn breaks(before: &[Column], after: &[Column]) -> Vec<Break> {
    before
        .iter()
        .filter_map(|old| match after.iter().find(|new| new.name == old.name) {
            None => Some(Break::Removed {
                column: old.name.clone(),
            }),
            Some(new) if new.ty != old.ty => Some(Break::Retyped {
                column: old.name.clone(),
                from: old.ty.clone(),
                to: new.ty.clone(),
            }),
            Some(_) => None,
        })
        .collect()
}
