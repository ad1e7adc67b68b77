//! Which tables, schemas and aliases can come at a place.

use std::collections::HashSet;

use super::complete::At;
use super::keywords::written;
use super::offers::{Offer, Order};
use super::places::is_in_on;
use super::scope::{Clause, fields, plain};
use super::tables::BEFORE_TABLE;
use super::vocabulary::{CandidateKind, TableWords};
use super::words::Kind;

impl At<'_> {
    /// Tables and queries with a name. Those that have the columns that the query
    /// names elsewhere come first.
    pub fn tables(&mut self) {
        if self.is_before(".") {
            return self.schemas(0);
        }
        let wanted = self.wanted();
        for cte in self.here.ctes.iter().rev() {
            let names = cte.columns.iter().map(|c| c.lower.to_string());
            let cost = self.unlikely(&cte.name, names, &wanted) - 1;
            self.offers.add(Offer {
                name: &cte.name,
                text: self.written(&cte.name),
                kind: CandidateKind::Cte,
                detail: "query".to_owned(),
                order: Order::Name,
                cost,
            });
        }
        for table in &self.vocabulary.tables {
            let text = match &*table.schema {
                "" => self.written(&table.name),
                schema => format!("{}.{}", self.written(schema), written(&table.name)),
            };
            self.table(table, text, &wanted);
        }
        self.schemas(1_000);
    }

    fn table(&mut self, table: &TableWords, text: String, wanted: &HashSet<String>) {
        let names = table.columns.iter().map(|(name, _)| name.to_lowercase());
        let cost = self.unlikely(&plain(table), names, wanted);
        let by_name = super::rank::fit(&self.hole.prefix, &table.name);
        let whole = plain(table);
        let name = match by_name {
            Some(_) => &table.name,
            None => &whole,
        };
        self.offers.add(Offer {
            name,
            text,
            kind: CandidateKind::Table,
            detail: table.about.clone(),
            order: Order::Name,
            cost,
        });
    }

    /// Tables of the schema that is named before the dot.
    pub fn tables_of(&mut self, chain: &[String]) {
        let Some(schema) = chain.last() else { return };
        let wanted = self.wanted();
        for table in &self.vocabulary.tables {
            if table.schema.to_lowercase() == *schema {
                self.table(table, self.written(&table.name), &wanted);
            }
        }
    }

    /// Schemas; one that has the table after the dot comes first.
    fn schemas(&mut self, cost: i32) {
        let next = match self.is_before(".") {
            true => self.tokens.get(self.hole.at + 1).lower.clone(),
            false => String::new(),
        };
        let mut seen = HashSet::new();
        for table in self
            .vocabulary
            .tables
            .iter()
            .filter(|t| !t.schema.is_empty())
        {
            let has = table.name.to_lowercase() == next;
            if has || seen.insert(&table.schema) {
                let text = self.written(&table.schema);
                self.offers.add(Offer {
                    name: &table.schema,
                    text: if next.is_empty() { text + "." } else { text },
                    kind: CandidateKind::Schema,
                    detail: "schema".to_owned(),
                    order: Order::Name,
                    cost: cost - i32::from(has) * 100,
                });
            }
        }
    }

    /// How little a table has of what the query names, and of what other tables of
    /// it have, by which it could be joined.
    fn unlikely(
        &self,
        name: &str,
        columns: impl Iterator<Item = String>,
        wanted: &HashSet<String>,
    ) -> i32 {
        let (mut has, mut joins, mut all) = (0, false, 0);
        for column in columns {
            all += 1;
            has += i32::from(wanted.contains(&column));
            joins |= self
                .here
                .sources
                .iter()
                .any(|s| s.column(&column).is_some());
        }
        let is_used = self.here.sources.iter().any(|source| source.about == name);
        // Of two that have what is wanted, that which has less besides.
        let besides = if has > 0 { ((all - has) / 4).min(3) } else { 0 };
        -10 * has - 4 * i32::from(joins) + 8 * i32::from(is_used) + besides
    }

    /// The columns that the block names and none of its tables has.
    fn wanted(&self) -> HashSet<String> {
        let tokens = self.tokens;
        let alias = self.alias_after();
        let own: HashSet<&str> = {
            let columns = self.here.sources.iter().flat_map(|s| s.columns.iter());
            columns.map(|column| &*column.lower).collect()
        };
        let known: HashSet<String> = {
            let known = self.here.sources.iter().filter(|s| !s.columns.is_empty());
            known.map(|source| source.name.to_lowercase()).collect()
        };
        let names = self.here.block.clone().filter(|at| {
            let token = tokens.get(*at);
            let is_column = matches!(token.kind, Kind::Name | Kind::QuotedName)
                && !tokens.get(at + 1).sign(".")
                && !tokens.before(*at).is("as");
            if !is_column {
                return false;
            }
            let chain = match tokens.before(*at).sign(".") {
                true => tokens.chain_before(at.saturating_sub(1)),
                false => Vec::new(),
            };
            match &chain[..] {
                [] => !own.contains(&*token.lower) || self.is_key(*at),
                [of] => alias.as_ref() == Some(of) || alias.is_none() && !known.contains(of),
                _ => false,
            }
        });
        names.map(|at| tokens.get(at).lower.clone()).collect()
    }

    /// Whether a name is one of USING, which all tables have.
    fn is_key(&self, at: usize) -> bool {
        let bracket = self.tokens.bracket(at);
        bracket.is_some_and(|open| self.tokens.before(open).is("using"))
    }

    /// The alias that follows the hole.
    fn alias_after(&self) -> Option<String> {
        let at = self.hole.at + usize::from(self.tokens.get(self.hole.at).is("as"));
        let next = self.tokens.get(at);
        (next.is_name() && self.here.body.contains(&at)).then(|| next.lower.clone())
    }

    /// Whether a table can begin at this place of a FROM.
    pub fn is_at_table(&self, place: usize) -> bool {
        let before = self.tokens.before(place);
        let listed = before.sign(",") || before.sign("(") || before.sign(":");
        let level = self.tokens.bracket(place).is_none_or(|open| {
            open < self.here.body.start || self.tokens.before(open).kind != Kind::Function
        });
        self.here.clause == Clause::From
            && (before.any(&BEFORE_TABLE)
                || listed && level && !is_in_on(self.tokens, self.here, place))
    }

    /// Aliases of tables, and before a dot schemas and columns with fields too.
    pub fn qualifiers(&mut self, before_dot: bool) {
        let here = self.here;
        let after = self.tokens.get(self.hole.at + 1).lower.clone();
        let beside = self.compared.clone().unwrap_or_default();
        for (n, source) in here.all().enumerate().filter(|(_, s)| !s.name.is_empty()) {
            let has = !before_dot || source.column(&after).is_some();
            let outside = n >= here.sources.len();
            // What is compared is of another table.
            let same = beside.len() > 1 && source.is_named(&beside[..beside.len() - 1]);
            let text = self.written(&source.name);
            let cost = i32::from(!has) * 8 + i32::from(outside) * 4 + i32::from(same) * 2;
            self.offers.add(Offer {
                name: &source.name,
                text: if before_dot { text } else { text + "." },
                kind: CandidateKind::Alias,
                detail: source.about.clone(),
                order: Order::Name,
                cost: cost + if here.clause == Clause::From { 1 } else { 100 },
            });
        }
        if !before_dot {
            return;
        }
        self.schemas(200);
        for column in here.all().flat_map(|source| &*source.columns) {
            let fields = fields(&column.ty);
            if fields.iter().any(|field| *field.lower == *after) {
                let text = self.written(&column.name);
                self.column(column, text, "", 0);
            }
        }
    }
}
