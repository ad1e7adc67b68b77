//! A side, as SQL reads it.

use std::path::Path;

use super::DiffError;
use crate::engine::error::EngineError;
use crate::engine::session::Session;
use crate::engine::{parquet, quote};
use crate::model::column::Column;
use crate::model::difference::Pair;

/// A column that both sides have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shared {
    pub name: String,
    /// Its type on each side.
    pub types: Pair<String>,
    /// The type in which it is compared.
    pub common: String,
}

impl Shared {
    /// Finds a type that holds the values of both sides: that which a UNION of
    /// them has, or else text.
    pub(super) fn of(session: &Session, name: &str, types: Pair<String>) -> Self {
        let common = if types.is_same() {
            types.before.clone()
        } else {
            let null = |ty: &str| format!("SELECT CAST(NULL AS {ty}) AS x");
            let both = format!("{} UNION ALL {}", null(&types.before), null(&types.after));
            let found = session.columns(&both).ok();
            found
                .and_then(|columns| columns.into_iter().next())
                .map_or("VARCHAR".to_owned(), |column| column.ty)
        };
        Self {
            name: name.to_owned(),
            types,
            common: if is_kept_by_arrow(&common) {
                common
            } else {
                "VARCHAR".to_owned()
            },
        }
    }
}

/// Whether rows come out of the engine with all that a value of this type is.
fn is_kept_by_arrow(ty: &str) -> bool {
    let lossy = ["TIME WITH TIME ZONE", "UHUGEINT", "VARIANT", "BIGNUM"];
    ty != "BIT" && !lossy.iter().any(|lossy| ty.contains(lossy))
}

/// Where the rows of a side are, in the order of their keys.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// For FROM.
    pub from: String,
    /// The column that numbers the rows from 0 in their order.
    pub row: &'static str,
    pub rows: u64,
    /// The key, in the common types.
    pub keys: Vec<String>,
    /// The compared columns, in the types of this side.
    pub columns: Vec<String>,
    /// The same in the common types.
    pub common: Vec<String>,
    /// The file, if it is read as it lies.
    pub file: Option<std::path::PathBuf>,
}

impl Source {
    /// A file as it lies.
    pub(super) fn of_file(
        file: &Path,
        rows: u64,
        key: &[Shared],
        columns: &[Shared],
        side: fn(&Pair<String>) -> &String,
    ) -> Self {
        let cast = |c: &Shared| cast(&quote::ident(&c.name), side(&c.types), &c.common);
        Self {
            from: parquet::scan(file),
            row: "file_row_number",
            rows,
            keys: key.iter().map(cast).collect(),
            columns: columns.iter().map(|c| quote::ident(&c.name)).collect(),
            common: columns.iter().map(cast).collect(),
            file: Some(file.to_owned()),
        }
    }

    /// A SELECT of some columns over the rows from `first` to before `end`.
    pub(super) fn select(&self, columns: &[String], rows: std::ops::Range<u64>) -> String {
        let mut sql = format!("SELECT {} FROM {}", columns.join(", "), self.from);
        if rows != (0..self.rows) {
            sql += &format!(
                " WHERE {} >= {} AND {} < {}",
                self.row, rows.start, self.row, rows.end
            );
        }
        sql
    }

    /// Key and compared columns, as they are compared.
    pub(super) fn compared(&self) -> Vec<String> {
        self.keys.iter().chain(&self.common).cloned().collect()
    }
}

/// `expression` in another type, if it is another.
pub(super) fn cast(expression: &str, from: &str, to: &str) -> String {
    if from == to {
        expression.to_owned()
    } else {
        format!("CAST({expression} AS {to})")
    }
}

/// The columns of a file, as the engine reads them.
pub(super) fn columns_of(session: &Session, file: &Path) -> Result<Vec<Column>, EngineError> {
    session.columns(&format!("SELECT * FROM {}", parquet::scan(file)))
}

/// A condition over the columns of either side, as it can stand behind WHERE of
/// [`Conditioned::from`].
#[derive(Debug, Clone)]
pub(super) struct Conditioned {
    pub from: Pair<String>,
    pub condition: String,
}

impl Conditioned {
    /// Holds a condition against the columns of both sides. A column that a side
    /// does not have is NULL there. `name` is what the rows can be called.
    ///
    /// # Errors
    /// [`DiffError::Condition`], at its place in the text.
    pub(super) fn of(
        session: &Session,
        name: &str,
        files: Pair<&Path>,
        columns: Pair<&[Column]>,
        condition: &str,
    ) -> Result<Self, DiffError> {
        let from = |file: &Path, own: &[Column], others: &[Column]| {
            let missing = others.iter().filter(|other| {
                own.iter()
                    .all(|c| !c.name.eq_ignore_ascii_case(&other.name))
            });
            let nulls: String = missing
                .map(|c| format!(", CAST(NULL AS {}) AS {}", c.ty, quote::ident(&c.name)))
                .collect();
            format!(
                "(SELECT *{nulls} FROM {}) AS {}",
                parquet::scan(file),
                quote::ident(name)
            )
        };
        let conditioned = Self {
            from: Pair::new(
                from(files.before, columns.before, columns.after),
                from(files.after, columns.after, columns.before),
            ),
            condition: format!("(\n{condition}\n)"),
        };
        for from in conditioned.from.as_ref().both() {
            let prefix = format!("SELECT 1 FROM {from} WHERE (\n");
            let sql = format!("{prefix}{condition}\n)");
            session.columns(&sql).map_err(|mut error| {
                error.position = error.position.map(|p| p.saturating_sub(prefix.len()));
                DiffError::Condition(error)
            })?;
        }
        Ok(conditioned)
    }
}
