//! The SQL of a proposal: a staging view per source and one check, written so that
//! it holds for what was read. The feature is in [`super::write_feature`].

use super::ProposedSource;
use super::types::TypedColumn;
use super::write_toml::text;
use crate::assist;
use crate::engine::quote::ident;
use crate::model::names::has_name_shape;

/// A column as SQL names it.
pub(super) fn sql(name: &str) -> String {
    // Names of this shape are in lower case. The last three need no quotes here, but
    // do for many of those who read the same SQL.
    let is_word = assist::needs_quotes(name) || matches!(name, "grant" | "user" | "values");
    if has_name_shape(name) && !is_word {
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
        text(&format!(
            "The rows of source {}, column by column.",
            definition.name
        ))
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
    out += &format!(
        "{}\nFROM raw.{}\n",
        columns.join(",\n"),
        sql(definition.name.as_str())
    );
    out
}

/// Names as a list in TOML.
pub(super) fn keys(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|n| text(n)).collect();
    format!("[{}]", names.join(", "))
}

/// A file under `sql/`: its name, and what it says.
pub struct SqlFile {
    pub name: String,
    pub text: String,
}

/// The source that the feature is about, and those that name its key.
pub(super) fn subject(
    sources: &[ProposedSource],
) -> Option<(&ProposedSource, Vec<&ProposedSource>)> {
    let keyed = sources
        .iter()
        .filter(|s| !s.definition.key.is_empty() && s.rows > 0);
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
    // What others name and itself names nothing is what a business is about.
    let names_others = |source: &ProposedSource| {
        let names = |s: &&ProposedSource| {
            naming(s)
                .iter()
                .any(|other| other.definition.name == source.definition.name)
        };
        sources.iter().filter(names).count()
    };
    let with = keyed.map(|source| (source, naming(source)));
    with.max_by_key(|(source, others)| {
        let root = !others.is_empty() && names_others(source) == 0;
        (root, others.len(), source.rows)
    })
}

/// One of what a source is called after.
pub(super) fn singular(name: &str) -> String {
    match name {
        _ if name.ends_with("ies") && name.len() > 4 => format!("{}y", &name[..name.len() - 3]),
        _ if name.ends_with('s') && !name.ends_with("ss") && name.len() > 3 => {
            name[..name.len() - 1].to_owned()
        }
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
                text(&format!(
                    "Every row of {name} has a key, and no two rows share one."
                )),
                columns.join(",\n  "),
                sql(name),
                columns.join(", "),
                nulls.join(" OR "),
            ),
        };
    }
    let Some(source) = sources.iter().max_by_key(|s| s.rows) else {
        return SqlFile {
            name: String::new(),
            text: String::new(),
        };
    };
    let name = source.definition.name.as_str();
    let filled = source.columns.iter().find(|c| {
        c.empty == 0
            && c.filled + source.bad_rows >= source.rows
            && c.declared.also.nulls.is_empty()
    });
    let (says, columns): (String, Vec<&TypedColumn>) = match filled {
        Some(column) => (
            format!("Every row of {name} has its {}.", column.declared.name),
            vec![column],
        ),
        None => (
            format!("No row of {name} is empty in all columns."),
            source.columns.iter().collect(),
        ),
    };
    let nulls: Vec<String> = columns
        .iter()
        .map(|c| format!("{} IS NULL", sql(&c.declared.name)))
        .collect();
    let all: Vec<String> = source
        .columns
        .iter()
        .map(|c| format!("  {}", sql(&c.declared.name)))
        .collect();
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
