//! The one feature of a proposal: one row per key of the source that others name,
//! or one row for the day where nothing tells rows apart.

use std::collections::HashSet;

use super::ProposedSource;
use super::types::TypedColumn;
use super::write_sql::{SqlFile, keys, singular, sql, subject};
use super::write_toml::{key, text};

/// Columns of a source that the feature shows.
const SHOWN: usize = 6;
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
            .map(|n| {
                if n == 1 {
                    name.to_owned()
                } else {
                    format!("{name}_{n}")
                }
            })
            .find(|name| !self.names.contains(name))
            .unwrap_or_else(|| name.to_owned());
        self.names.insert(name.clone());
        self.columns.push((name, expression, says));
    }

    fn header(&self) -> String {
        let lines = self
            .columns
            .iter()
            .map(|(name, _, says)| format!("{} = {}\n", key(name), text(says)));
        format!("\n[columns]\n{}*/\n", lines.collect::<String>())
    }

    fn select(&self) -> String {
        let lines: Vec<String> = self
            .columns
            .iter()
            .map(|(name, expression, _)| {
                let name = sql(name);
                let bare = expression
                    .rsplit_once('.')
                    .map_or(expression.as_str(), |(_, c)| c);
                if bare == name {
                    format!("  {expression}")
                } else {
                    format!("  {expression} AS {name}")
                }
            })
            .collect();
        format!("SELECT\n{}\n", lines.join(",\n"))
    }
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
    let rest = source
        .columns
        .iter()
        .filter(|c| !key_names.contains(&c.declared.name));
    for column in rest.clone().filter(|c| c.filled > 0).take(SHOWN) {
        let name = &column.declared.name;
        outputs.add(
            name,
            format!("a.{}", sql(name)),
            format!("As source {} has it.", source.definition.name),
        );
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
            outputs.add(
                &column,
                outer.replace("@", &format!("{cte}.{}", sql(&column))),
                says,
            );
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
    let with = if with.is_empty() {
        String::new()
    } else {
        format!("WITH {}\n", with.join(", "))
    };
    let mut out = format!(
        "/*\ndescription = {}\nkey = {}\nversion = 1\n",
        text(&format!("One row per {one}: a beginning, to go on from.")),
        keys(key_names)
    );
    out += &outputs.header();
    out += GO_ON;
    out += &format!(
        "{with}{}FROM staging.{} AS a\n{joins}",
        outputs.select(),
        sql(name)
    );
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
        return SqlFile {
            name: String::new(),
            text: String::new(),
        };
    };
    let name = source.definition.name.as_str();
    let mut outputs = Outputs::default();
    outputs.add(
        "day",
        "run_date()".to_owned(),
        "The ingest date.".to_owned(),
    );
    outputs.add(
        "rows",
        "count(*)".to_owned(),
        format!("Rows of {name} so far."),
    );
    for column in source.columns.iter().filter(|c| c.filled > 0).take(SHOWN) {
        let column_name = &column.declared.name;
        outputs.add(
            &format!("distinct_{column_name}"),
            format!("count(DISTINCT {})", sql(column_name)),
            format!("How many values `{column_name}` has."),
        );
    }
    if let Some((amount, sum)) = summed(source) {
        outputs.add(
            &format!("sum_{amount}"),
            sum,
            format!("The sum of `{amount}`."),
        );
    }
    let mut out = format!(
        "/*\ndescription = {}\nkey = [\"day\"]\nversion = 1\n",
        text(&format!(
            "What {name} holds, day by day: a beginning, to go on from."
        ))
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
    let cast = if column.declared.ty == "TIMESTAMP" {
        "::DATE"
    } else {
        ""
    };
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
