//! What names mean at a place of a query.

use std::collections::HashMap;
use std::ops::{Deref, Range};
use std::rc::Rc;

use super::vocabulary::{TableWords, Vocabulary};

/// A column that can be named. It goes from query to query, so it is kept once.
#[derive(Debug, Clone)]
pub(super) struct Column(Rc<About>);

/// What is known of a column.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub name: Rc<str>,
    pub lower: Rc<str>,
    /// Empty if it is not known.
    pub ty: Rc<str>,
    /// The table, as it is written without quotes, and the column of it whose
    /// values these are.
    pub origin: Option<Rc<(String, String)>>,
}

impl Deref for Column {
    type Target = About;

    fn deref(&self) -> &About {
        &self.0
    }
}

impl Column {
    pub fn new(name: &str, ty: &str) -> Self {
        Self::with(name, ty, None)
    }

    fn with(name: &str, ty: &str, origin: Option<Rc<(String, String)>>) -> Self {
        Self(Rc::new(About {
            name: name.into(),
            lower: name.to_lowercase().into(),
            ty: ty.into(),
            origin,
        }))
    }

    /// The same under another name.
    pub fn named(&self, name: &str) -> Self {
        match *self.name == *name {
            true => self.clone(),
            false => Self::with(name, &self.ty, self.origin.clone()),
        }
    }
}

/// A table of a FROM.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    /// What columns are qualified by: its alias, or the name of the table.
    pub name: String,
    /// Of a table without an alias.
    pub schema: String,
    pub columns: Rc<Vec<Column>>,
    /// What it is.
    pub about: String,
    /// Columns that it shares with those before it, in lower case.
    pub joined: Vec<String>,
    /// It only says which rows stay: its columns are not in the result.
    pub only_tested: bool,
}

impl Source {
    pub fn column(&self, lower: &str) -> Option<&Column> {
        self.columns.iter().find(|column| *column.lower == *lower)
    }

    pub fn is_named(&self, chain: &[String]) -> bool {
        match chain {
            [name] => self.name.to_lowercase() == *name,
            [schema, name] => {
                self.name.to_lowercase() == *name && self.schema.to_lowercase() == *schema
            }
            _ => false,
        }
    }
}

/// A query that was given a name.
#[derive(Debug, Clone, Default)]
pub(super) struct Cte {
    pub name: String,
    pub lower: String,
    pub columns: Rc<Vec<Column>>,
}

/// The part of a query that a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Clause {
    /// Before anything that is understood.
    #[default]
    Start,
    With,
    Select,
    From,
    /// Conditions, and all else that is made of expressions.
    Where,
    Group,
    Having,
    Order,
    Limit,
}

/// What can be named at the hole.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    pub clause: Clause,
    pub sources: Vec<Source>,
    /// Of the queries around it, the innermost first.
    pub outer: Vec<Source>,
    pub ctes: Vec<Cte>,
    /// Expressions of the SELECT that have a name and come before.
    pub named: Vec<Column>,
    /// The tokens of its block, of its clause, and of its SELECT's list.
    pub block: Range<usize>,
    pub body: Range<usize>,
    pub list: Range<usize>,
}

impl Here {
    /// All sources, the nearest first.
    pub fn all(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().chain(&self.outer)
    }

    /// The column that a name with dots in it means.
    pub fn column(&self, chain: &[String]) -> Option<&Column> {
        let (last, before) = chain.split_last()?;
        if before.is_empty() {
            return self
                .all()
                .find_map(|source| source.column(last))
                .or_else(|| self.named.iter().find(|c| *c.lower == **last));
        }
        self.all()
            .find(|source| source.is_named(before))?
            .column(last)
    }
}

/// The tables that there are, by their names in lower case.
pub(super) struct Catalog<'a> {
    by_name: HashMap<String, Vec<&'a TableWords>>,
}

impl<'a> Catalog<'a> {
    pub fn new(vocabulary: &'a Vocabulary) -> Self {
        let mut by_name: HashMap<String, Vec<&TableWords>> = HashMap::new();
        for table in &vocabulary.tables {
            let lower = table.name.to_lowercase();
            by_name.entry(lower).or_default().push(table);
        }
        Self { by_name }
    }

    /// By `[name]` or `[schema, name]`, or with more before it.
    pub fn find(&self, chain: &[String]) -> Option<&'a TableWords> {
        let named = self.by_name.get(chain.last()?)?;
        match chain.len().checked_sub(2).map(|at| &chain[at]) {
            Some(schema) => named.iter().find(|t| t.schema.to_lowercase() == *schema),
            None => named.first(),
        }
        .copied()
    }
}

/// A table as it is written without quotes.
pub(super) fn plain(table: &TableWords) -> String {
    match &*table.schema {
        "" => table.name.clone(),
        schema => format!("{schema}.{}", table.name),
    }
}

/// The columns of a table.
pub(super) fn columns(table: &TableWords) -> Vec<Column> {
    let written = plain(table);
    let column = |(name, ty): &(String, String)| {
        let origin = (written.clone(), name.clone());
        Column::with(name, ty, Some(Rc::new(origin)))
    };
    table.columns.iter().map(column).collect()
}

/// The fields of a type such as `STRUCT(a INTEGER, "b c" VARCHAR)`; none of others.
pub(super) fn fields(ty: &str) -> Vec<Column> {
    let Some(inner) = ty
        .strip_prefix("STRUCT(")
        .and_then(|rest| rest.strip_suffix(')'))
    else {
        return Vec::new();
    };
    let words = super::words::words(inner);
    let tokens = super::tokens::Tokens::new(inner, &words);
    tokens
        .parts(0..tokens.len())
        .into_iter()
        .filter_map(|part| {
            let name = tokens.all.get(part.start)?;
            let end = tokens.all.get(part.end.checked_sub(1)?)?.range.end;
            let ty = inner.get(name.range.end..end)?.trim();
            let name = super::keywords::unquoted(&inner[name.range.clone()]);
            Some(Column::new(&name, ty))
        })
        .collect()
}

/// Whether values of this type are numbers.
pub(super) fn is_number(ty: &str) -> bool {
    const NUMBERS: [&str; 13] = [
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL",
    ];
    let name = ty.split('(').next().unwrap_or(ty);
    !ty.ends_with(']') && NUMBERS.contains(&name)
}

/// Whether a column of this type hardly ever has few values, or has two that
/// everybody knows.
pub(super) fn has_many_values(ty: &str) -> bool {
    const MANY: [&str; 9] = [
        "FLOAT", "DOUBLE", "DECIMAL", "BLOB", "UUID", "BOOLEAN", "STRUCT", "MAP", "UNION",
    ];
    let name = ty.split('(').next().unwrap_or(ty);
    ty.ends_with(']') || MANY.contains(&name) || ty.starts_with("TIME")
}
