//! What reads what: tables resolved to sources and transforms, and an order in
//! which each transform comes after what it reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::SourceName;
use crate::model::nearest::nearest;
use crate::model::transform::{Relation, Schema, TransformKind};

use super::problem::Problem;

/// The tables there are.
pub(super) struct Tables {
    names: BTreeMap<Schema, BTreeSet<String>>,
}

impl Tables {
    /// Those of sources, and of transforms by their names. A file whose name is
    /// refused for its capitals is not unknown, too.
    pub fn new<'n>(
        sources: &[SourceName],
        transforms: impl IntoIterator<Item = (TransformKind, &'n str)>,
    ) -> Self {
        let mut names: BTreeMap<Schema, BTreeSet<String>> = BTreeMap::new();
        let mut add = |schema, name: &str| {
            names.entry(schema).or_default().insert(name.to_lowercase());
        };
        for source in sources {
            add(Schema::Raw, source.as_str());
        }
        for (kind, name) in transforms {
            match kind {
                TransformKind::Staging => add(Schema::Staging, name),
                TransformKind::Features => {
                    add(Schema::Features, name);
                    add(Schema::History, name);
                }
                TransformKind::Check => {}
            }
        }
        Self { names }
    }

    /// The table that a transform of this kind means.
    pub fn resolve(&self, path: &[String], kind: TransformKind) -> Result<Relation, Problem> {
        match path {
            [schema, name] => self.resolve_in(schema, name, kind),
            [name] if name.contains(['.', '/', '\\']) => {
                Err(Problem::FileAsTable { name: name.clone() })
            }
            [name] => Err(self.unknown(name, None, kind, name.clone())),
            path => Err(Problem::Catalog {
                name: path.join("."),
            }),
        }
    }

    fn resolve_in(
        &self,
        schema_name: &str,
        name: &str,
        kind: TransformKind,
    ) -> Result<Relation, Problem> {
        let written = format!("{schema_name}.{name}");
        let Some(schema) = Schema::ALL.into_iter().find(|s| s.as_str() == schema_name) else {
            return Err(self.unknown(name, None, kind, written));
        };
        let relation = Relation {
            schema,
            name: name.to_owned(),
        };
        if !readable(kind).contains(&schema) {
            return Err(Problem::NotReadable { relation, kind });
        }
        if self.of(schema).any(|known| known == name) {
            return Ok(relation);
        }
        match schema {
            Schema::History => Err(Problem::NoHistory {
                name: relation.name,
                nearest: self.nearest_in(schema, name),
            }),
            _ => Err(self.unknown(name, Some(schema), kind, written)),
        }
    }

    fn of(&self, schema: Schema) -> impl Iterator<Item = &str> {
        self.names
            .get(&schema)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    fn nearest_in(&self, schema: Schema, name: &str) -> Option<Relation> {
        nearest(name, self.of(schema)).map(|name| Relation {
            schema,
            name: name.to_owned(),
        })
    }

    fn unknown(
        &self,
        name: &str,
        schema: Option<Schema>,
        kind: TransformKind,
        written: String,
    ) -> Problem {
        let near = schema.and_then(|schema| self.nearest_in(schema, name));
        // The same name elsewhere; the most refined of those that may be read.
        let elsewhere = || {
            let schemas = [Schema::Staging, Schema::Features, Schema::Raw];
            let mut readable = schemas
                .into_iter()
                .filter(|schema| readable(kind).contains(schema));
            let same = readable.clone().find_map(|schema| {
                let same = self.of(schema).find(|known| *known == name)?;
                Some(Relation {
                    schema,
                    name: same.to_owned(),
                })
            });
            same.or_else(|| readable.find_map(|schema| self.nearest_in(schema, name)))
        };
        let known = schema.map(|schema| {
            self.of(schema)
                .map(|name| format!("{}.{name}", schema.as_str()))
                .collect()
        });
        Problem::UnknownTable {
            name: written,
            schema_unknown: schema.is_none(),
            nearest: near.or_else(elsewhere),
            known: known.unwrap_or_default(),
        }
    }
}

/// The schemas that a transform of this kind may read.
fn readable(kind: TransformKind) -> &'static [Schema] {
    match kind {
        TransformKind::Staging => &[Schema::Raw, Schema::Staging],
        TransformKind::Features | TransformKind::Check => &Schema::ALL,
    }
}

/// An order in which each comes after those it reads, the given order where
/// there is a choice; or all cycles, each beginning with its first member.
/// `reads[n]` are those that `n` reads.
pub(super) fn order(reads: &[Vec<usize>]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let mut waiting: BTreeSet<usize> = (0..reads.len()).collect();
    let mut order = Vec::with_capacity(reads.len());
    while let Some(&next) = waiting
        .iter()
        .find(|&&n| reads[n].iter().all(|read| !waiting.contains(read)))
    {
        waiting.remove(&next);
        order.push(next);
    }
    if waiting.is_empty() {
        return Ok(order);
    }
    // Each that still waits reads another that does: following them leads round.
    let mut cycles = Vec::new();
    let mut seen = BTreeSet::new();
    for &start in &waiting {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| seen.insert(*at)) {
            path.push(at);
            next = reads[at]
                .iter()
                .copied()
                .find(|read| waiting.contains(read));
        }
        if let Some(from) = path.iter().position(|&at| Some(at) == next) {
            let mut cycle = path.split_off(from);
            let first = (0..cycle.len()).min_by_key(|&at| cycle[at]).unwrap_or(0);
            cycle.rotate_left(first);
            cycles.push(cycle);
        }
    }
    Err(cycles)
}

/// Pairs of datasets that would publish to one prefix: the later and the earlier.
pub(super) fn same_prefixes(prefixes: &[String]) -> Vec<(usize, usize)> {
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (at, prefix) in prefixes.iter().enumerate() {
        match owners.get(prefix.as_str()) {
            Some(&owner) => pairs.push((at, owner)),
            None => {
                owners.insert(prefix, at);
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tables() -> Tables {
        Tables::new(
            &["accounts".parse().unwrap(), "skus".parse().unwrap()],
            [
                (TransformKind::Staging, "accounts"),
                (TransformKind::Staging, "line_items"),
                (TransformKind::Features, "account_level"),
                (TransformKind::Check, "keys"),
            ],
        )
    }

    fn resolve(kind: TransformKind, name: &str) -> String {
        let path: Vec<String> = name.split('|').map(str::to_owned).collect();
        match tables().resolve(&path, kind) {
            Ok(relation) => relation.to_string(),
            Err(problem) => format!("{problem}; {}", problem.hint().unwrap_or_default()),
        }
    }

    #[test]
    fn known_tables_are_found() {
        use TransformKind::{Check, Features, Staging};
        for (kind, name) in [
            (Staging, "raw.skus"),
            (Staging, "staging.accounts"),
            (Features, "raw.accounts"),
            (Features, "features.account_level"),
            (Features, "history.account_level"),
            (Check, "history.account_level"),
        ] {
            assert_eq!(resolve(kind, &name.replace('.', "|")), name);
        }
    }

    #[test]
    fn unknown_tables_are_named_with_the_nearest() {
        let shown = [
            "staging|acounts",
            "staging|skus",
            "staging|nothing",
            "features|accountlevel",
            "history|accounts",
            "history|account_levle",
            "accounts",
            "acounts",
            "account_level",
            "main|accounts",
            "information_schema|tables",
            "memory|raw|accounts",
            "raw/accounts.csv",
            "s3://bucket/x.parquet",
        ]
        .map(|name| resolve(TransformKind::Features, name))
        .join("\n");
        insta::assert_snapshot!(shown, @"
        unknown table `staging.acounts`; did you mean `staging.accounts`?
        unknown table `staging.skus`; did you mean `raw.skus`?
        unknown table `staging.nothing`; there are: `staging.accounts`, `staging.line_items`
        unknown table `features.accountlevel`; did you mean `features.account_level`?
        unknown table `history.accounts`: there is no dataset `accounts`; only what is published has a history: a dataset is a file under `sql/features/`
        unknown table `history.account_levle`: there is no dataset `account_levle`; did you mean `history.account_level`?
        unknown table `accounts`; did you mean `staging.accounts`?
        unknown table `acounts`; did you mean `staging.accounts`?
        unknown table `account_level`; did you mean `features.account_level`?
        unknown table `main.accounts`; did you mean `staging.accounts`?
        unknown table `information_schema.tables`; tables are `raw.<source>`, `staging.<view>`, `features.<dataset>` and `history.<dataset>`
        `memory.raw.accounts` has too many parts; write `raw.`, `staging.`, `features.` or `history.` and one name
        `raw/accounts.csv` reads a file; make the files a source in `workbench.toml`, and read `raw.<source>`
        `s3://bucket/x.parquet` reads a file; make the files a source in `workbench.toml`, and read `raw.<source>`
        ");
    }

    #[test]
    fn staging_does_not_read_what_is_made_from_it() {
        let shown = [
            "features|account_level",
            "history|account_level",
            "account_level",
        ]
        .map(|name| resolve(TransformKind::Staging, name))
        .join("\n");
        insta::assert_snapshot!(shown, @"
        a staging view cannot read `features.account_level`; staging views read `raw` and `staging`: what is published is made from them, and not the other way round
        a staging view cannot read `history.account_level`; staging views read `raw` and `staging`: what is published is made from them, and not the other way round
        unknown table `account_level`; tables are `raw.<source>`, `staging.<view>`, `features.<dataset>` and `history.<dataset>`
        ");
    }

    #[test]
    fn cycles_are_named_once_each() {
        assert_eq!(order(&[vec![1], vec![2], vec![]]), Ok(vec![2, 1, 0]));
        assert_eq!(order(&[vec![0]]), Err(vec![vec![0]]));
        // 3 reads the cycle of 1 and 2, and 0 is not in any.
        let reads = [vec![], vec![2], vec![1], vec![2, 0], vec![5], vec![4]];
        assert_eq!(order(&reads), Err(vec![vec![1, 2], vec![4, 5]]));
    }

    #[test]
    fn prefixes_belong_to_the_first() {
        let prefixes = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(same_prefixes(&prefixes), [(2, 0)]);
    }

    proptest! {
        #[test]
        fn an_order_holds_or_there_is_a_cycle(
            reads in prop::collection::vec(prop::collection::vec(0usize..8, 0..3), 8)
        ) {
            match order(&reads) {
                Ok(order) => {
                    prop_assert_eq!(order.len(), reads.len());
                    let place = |n: usize| order.iter().position(|&o| o == n);
                    for (n, read) in reads.iter().enumerate() {
                        prop_assert!(read.iter().all(|&r| place(r) < place(n)));
                    }
                }
                Err(cycles) => {
                    prop_assert!(!cycles.is_empty());
                    for cycle in cycles {
                        let next = cycle.iter().cycle().skip(1);
                        prop_assert!(cycle.iter().zip(next).all(|(a, b)| reads[*a].contains(b)));
                    }
                }
            }
        }
    }
}
