//! The SQL of a proposal: a staging view per source, one feature, one check, each
//! written so that it holds for what was read.

use std::collections::HashSet;

use super::ProposedSource;
use super::types::TypedColumn;
use super::write_toml::{key, text};
use crate::engine::quote::ident;
use crate::model::names::has_name_shape;

/// Columns of a source that the feature shows.
const SHOWN: usize = 6;
/// Words that SQL keeps for itself, as far as columns are called so.
const RESERVED: [&str; 75] = [
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "at", "both", "by",
    "case", "cast", "check", "collate", "column", "constraint", "create", "cross", "default",
    "deferrable", "desc", "describe", "distinct", "do", "else", "end", "except", "false", "fetch",
    "for", "foreign", "from", "full", "grant", "group", "having", "in", "initially", "inner",
    "intersect", "into", "is", "join", "lambda", "lateral", "leading", "left", "like", "limit",
    "natural", "not", "null", "offset", "on", "only", "or", "order", "outer", "pivot", "placing",
    "primary", "qualify", "references", "returning", "right", "select", "some", "table", "then", "to",
    "unique", "user", "using",
];
const MORE_RESERVED: [&str; 12] = [
    "true", "union", "unpivot", "values", "when", "where", "window", "with", "semi", "anti", "positional",
    "summarize",
];

/// A column as SQL names it.
fn sql(name: &str) -> String {
    let reserved = RESERVED.contains(&name) || MORE_RESERVED.contains(&name);
    if has_name_shape(name) && !reserved {
        name.to_owned()
    } else {
        ident(name)
    }
}

/// The staging view of a source.
pub fn staging(source: &ProposedSource) -> String {
    let definition = &source.definition;
    let mut out = format!(
        "/*\ndescription = {}\n",
        text(&format!("The rows of source {}, column by column.", definition.name))
    );
    if !definition.key.is_empty() {
        out += &format!("key = {}\n", keys(&definition.key));
    }
    out += "*/\n-- Here names, texts and units are put right once for all who read them: rename a column with\n";
    out += "-- `AS`, trim a text with `trim(x)`, leave out what nobody needs.\nSELECT\n";
    let columns: Vec<String> = source
        .columns
        .iter()
        .map(|c| format!("  {}", sql(&c.declared.name)))
        .collect();
    out += &format!("{}\nFROM raw.{}\n", columns.join(",\n"), sql(definition.name.as_str()));
    out
}

fn keys(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|n| text(n)).collect();
    format!("[{}]", names.join(", "))
}

/// A file under `sql/`: its name, and what it says.
pub struct SqlFile {
    pub name: String,
    pub text: String,
}

/// Output columns of the feature, each with what it says.
#[derive(Default)]
struct Outputs {
    names: HashSet<String>,
    columns: Vec<(String, String, String)>,
}

impl Outputs {
    /// Adds `expression AS name`, under a name that is not taken.
    fn add(&mut self, name: &str, expression: String, says: String) {
        let name = (1..)
            .map(|n| if n == 1 { name.to_owned() } else { format!("{name}_{n}") })
            .find(|name| !self.names.contains(name))
            .unwrap_or_else(|| name.to_owned());
        self.names.insert(name.clone());
        self.columns.push((name, expression, says));
    }

    fn header(&self) -> String {
        let lines = self.columns.iter().map(|(name, _, says)| format!("{} = {}\n", key(name), text(says)));
        format!("\n[columns]\n{}*/\n", lines.collect::<String>())
    }

    fn select(&self) -> String {
        let lines: Vec<String> = self
            .columns
            .iter()
            .map(|(name, expression, _)| {
                let name = sql(name);
                let bare = expression.rsplit_once('.').map_or(expression.as_str(), |(_, c)| c);
                if bare == name { format!("  {expression}") } else { format!("  {expression} AS {name}") }
            })
            .collect();
        format!("SELECT\n{}\n", lines.join(",\n"))
    }
}

/// The source that the feature is about, and those that name its key.
fn subject(sources: &[ProposedSource]) -> Option<(&ProposedSource, Vec<&ProposedSource>)> {
    let keyed = sources.iter().filter(|s| !s.definition.key.is_empty() && s.rows > 0);
    let naming = |source: &ProposedSource| -> Vec<&ProposedSource> {
        let [key] = source.definition.key.as_slice() else {
            return Vec::new();
        };
        let ty = |s: &ProposedSource| {
            let found = s.columns.iter().find(|c| c.declared.name == *key);
            found.map(|c| c.declared.ty.clone())
        };
        let others = sources.iter().filter(|other| {
            other.definition.name != source.definition.name
                && other.definition.key != source.definition.key
                && ty(other).is_some()
                && ty(other) == ty(source)
        });
        others.collect()
    };
    let with = keyed.map(|source| (source, naming(source)));
    with.max_by_key(|(source, others)| (others.len(), source.rows))
}

/// One feature.
pub fn feature(sources: &[ProposedSource]) -> SqlFile {
    match subject(sources) {
        Some((source, others)) => per_key(source, &others),
        None => per_day(sources),
    }
}

fn per_key(source: &ProposedSource, others: &[&ProposedSource]) -> SqlFile {
    let name = source.definition.name.as_str();
    let one = singular(name);
    let key_names = &source.definition.key;
    let mut outputs = Outputs::default();
    for name in key_names {
        outputs.add(name, format!("a.{}", sql(name)), format!("The {one}."));
    }
    let rest = source.columns.iter().filter(|c| !key_names.contains(&c.declared.name));
    for column in rest.clone().filter(|c| c.filled > 0).take(SHOWN) {
        let name = &column.declared.name;
        outputs.add(name, format!("a.{}", sql(name)), format!("As source {} has it.", source.definition.name));
    }
    if let Some(day) = rest.clone().find(|c| is_day(c)) {
        let name = &day.declared.name;
        outputs.add(
            &format!("days_since_{name}"),
            format!("run_date() - {}", as_day("a", day)),
            format!("Days from `{name}` to the ingest date."),
        );
    }
    let mut with = Vec::new();
    let mut joins = String::new();
    for (at, other) in others.iter().enumerate() {
        let cte = format!("per_{one}_{}", at + 1);
        let other_name = other.definition.name.as_str();
        let mut inner = Vec::new();
        let mut add = |what: &str, expression: String, outer: &str, says: String| {
            let column = format!("{other_name}_{what}");
            inner.push(format!("    {expression} AS {}", sql(&column)));
            outputs.add(&column, outer.replace("@", &format!("{cte}.{}", sql(&column))), says);
        };
        add(
            "count",
            "count(*)".to_owned(),
            "coalesce(@, 0)",
            format!("Rows of {other_name} that name it; 0 if none."),
        );
        if let Some(day) = other.columns.iter().find(|c| is_day(c)) {
            let name = &day.declared.name;
            add(
                &format!("last_{name}"),
                format!("max({})", sql(name)),
                "@",
                format!("The latest `{name}` of these; NULL if there are none."),
            );
        }
        if let Some((amount, sum)) = summed(other) {
            add(
                &format!("sum_{amount}"),
                sum,
                "@",
                format!("The sum of `{amount}` over these; NULL if there are none."),
            );
        }
        let key = sql(&key_names[0]);
        with.push(format!(
            "{cte} AS (\n  SELECT\n    {key},\n{}\n  FROM staging.{}\n  GROUP BY {key}\n)",
            inner.join(",\n"),
            sql(other_name)
        ));
        joins += &format!("LEFT JOIN {cte} USING ({key})\n");
    }
    let with = if with.is_empty() { String::new() } else { format!("WITH {}\n", with.join(", ")) };
    let mut out = format!(
        "/*\ndescription = {}\nkey = {}\nversion = 1\n",
        text(&format!("One row per {one}: a beginning, to go on from.")),
        keys(key_names)
    );
    out += &outputs.header();
    out += GO_ON;
    out += &format!("{with}{}FROM staging.{} AS a\n{joins}", outputs.select(), sql(name));
    SqlFile {
        name: format!("{one}_level"),
        text: out,
    }
}

const GO_ON: &str = "\
-- To go on: add a column here and a line about it above, then look at `workbench plan` and run
-- `workbench export`. What is published has one row per `key`. The day is `run_date()`, never the
-- clock, so that a day computed again is the same. Sum DECIMAL, not DOUBLE: the order of rows may
-- not matter. `history.<dataset>` has what was published on the days before.
";

/// Where nothing tells rows apart: one row for the day.
fn per_day(sources: &[ProposedSource]) -> SqlFile {
    let Some(source) = sources.iter().max_by_key(|s| s.rows) else {
        return SqlFile { name: String::new(), text: String::new() };
    };
    let name = source.definition.name.as_str();
    let mut outputs = Outputs::default();
    outputs.add("day", "run_date()".to_owned(), "The ingest date.".to_owned());
    outputs.add("rows", "count(*)".to_owned(), format!("Rows of {name} so far."));
    for column in source.columns.iter().filter(|c| c.filled > 0).take(SHOWN) {
        let column_name = &column.declared.name;
        outputs.add(
            &format!("distinct_{column_name}"),
            format!("count(DISTINCT {})", sql(column_name)),
            format!("How many values `{column_name}` has."),
        );
    }
    if let Some((amount, sum)) = summed(source) {
        outputs.add(&format!("sum_{amount}"), sum, format!("The sum of `{amount}`."));
    }
    let mut out = format!(
        "/*\ndescription = {}\nkey = [\"day\"]\nversion = 1\n",
        text(&format!("What {name} holds, day by day: a beginning, to go on from."))
    );
    out += &outputs.header();
    out += GO_ON;
    out += &format!("{}FROM staging.{}\n", outputs.select(), sql(name));
    SqlFile {
        name: format!("{name}_daily"),
        text: out,
    }
}

fn is_day(column: &TypedColumn) -> bool {
    matches!(column.declared.ty.as_str(), "DATE" | "TIMESTAMP") && column.filled > 0
}

fn as_day(table: &str, column: &TypedColumn) -> String {
    let cast = if column.declared.ty == "TIMESTAMP" { "::DATE" } else { "" };
    format!("{table}.{}{cast}", sql(&column.declared.name))
}

/// An amount that may be summed, and its exact sum.
fn summed(source: &ProposedSource) -> Option<(String, String)> {
    let column = source
        .columns
        .iter()
        .find(|c| c.declared.ty.starts_with("DECIMAL(18,") && c.filled > 0)?;
    let name = column.declared.name.clone();
    let sum = format!("sum({})", sql(&name));
    Some((name, sum))
}

fn singular(name: &str) -> String {
    match name {
        _ if name.ends_with("ies") && name.len() > 4 => format!("{}y", &name[..name.len() - 3]),
        _ if name.ends_with('s') && !name.ends_with("ss") && name.len() > 3 => name[..name.len() - 1].to_owned(),
        _ => name.to_owned(),
    }
}

/// One check: that a key is one, or that a column that is always filled stays so.
pub fn check(sources: &[ProposedSource]) -> SqlFile {
    if let Some((source, _)) = subject(sources) {
        let name = source.definition.name.as_str();
        let columns: Vec<String> = source.definition.key.iter().map(|k| sql(k)).collect();
        let nulls: Vec<String> = columns.iter().map(|c| format!("{c} IS NULL")).collect();
        return SqlFile {
            name: format!("{}_keys_unique", singular(name)),
            text: format!(
                "/*\ndescription = {}\nseverity = \"fail\"\n*/\nSELECT\n  {},\n  count(*) AS rows_with_this_key\n\
                 FROM staging.{}\nGROUP BY {}\nHAVING count(*) > 1 OR {}\n",
                text(&format!("Every row of {name} has a key, and no two rows share one.")),
                columns.join(",\n  "),
                sql(name),
                columns.join(", "),
                nulls.join(" OR "),
            ),
        };
    }
    let Some(source) = sources.iter().max_by_key(|s| s.rows) else {
        return SqlFile { name: String::new(), text: String::new() };
    };
    let name = source.definition.name.as_str();
    let filled = source.columns.iter().find(|c| {
        c.empty == 0 && c.filled + source.bad_rows >= source.rows && c.declared.also.nulls.is_empty()
    });
    let (says, columns): (String, Vec<&TypedColumn>) = match filled {
        Some(column) => (format!("Every row of {name} has its {}.", column.declared.name), vec![column]),
        None => (format!("No row of {name} is empty in all columns."), source.columns.iter().collect()),
    };
    let nulls: Vec<String> = columns.iter().map(|c| format!("{} IS NULL", sql(&c.declared.name))).collect();
    let all: Vec<String> = source.columns.iter().map(|c| format!("  {}", sql(&c.declared.name))).collect();
    SqlFile {
        name: format!("{name}_filled"),
        text: format!(
            "/*\ndescription = {}\nseverity = \"warn\"\n*/\nSELECT\n{}\nFROM staging.{}\nWHERE {}\n",
            text(&says),
            all.join(",\n"),
            sql(name),
            nulls.join("\n  AND "),
        ),
    }
}
