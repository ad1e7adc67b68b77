//! Which columns can come at a place.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::complete::At;
use super::keywords::written;
use super::offers::{Offer, Order};
use super::scope::{self, Clause, Column, Source, fields, is_number};
use super::vocabulary::CandidateKind;
use super::words::Kind;

/// Functions of numbers.
const OF_NUMBERS: [&str; 11] = [
    "sum",
    "avg",
    "round",
    "abs",
    "median",
    "stddev",
    "floor",
    "ceil",
    "sqrt",
    "quantile_cont",
    "variance",
];

/// Functions of days and moments.
const OF_DATES: [&str; 10] = [
    "date_trunc",
    "date_part",
    "date_diff",
    "strftime",
    "year",
    "month",
    "day",
    "dayname",
    "extract",
    "monthname",
];

/// What makes a column less likely, each more than all before it together.
const OTHER_TYPE: i32 = 1;
const NOT_LISTED: i32 = 2;
const USED: i32 = 4;
const NOT_THE_SAME: i32 = 8;
const FROM_OUTSIDE: i32 = 16;
const ONLY_NAMED: i32 = 32;

impl At<'_> {
    /// All columns that can be named without saying of which table, and with it
    /// where that must be said.
    pub fn columns(&mut self) {
        let here = self.here;
        let used = self.used(|_| true);
        let same = self.compared.as_ref().and_then(|chain| chain.last());
        let wanted = self.wanted_type();
        let ordered = matches!(here.clause, Clause::Group | Clause::Order);
        let listed = ordered.then(|| self.listed());
        let mut found: Vec<(&Column, String, &str, i32)> = Vec::new();
        let mut seen = HashSet::new();
        let meanings = meanings(&here.sources);
        for (n, source) in here.all().enumerate() {
            let outside = n >= here.sources.len();
            for column in source.columns.iter() {
                let lower = Rc::clone(&column.lower);
                let text = if !outside && is_apart(source, column) && meanings[&lower] > 1 {
                    format!("{}.{}", self.written(&source.name), written(&column.name))
                } else if seen.insert(lower.clone()) {
                    self.written(&column.name)
                } else {
                    continue;
                };
                let mut cost = 0;
                let mut weigh = |unlikely: bool, by: i32| cost += i32::from(unlikely) * by;
                weigh(
                    wanted.is_some_and(|wanted| !wanted(&lower, &column.ty)),
                    OTHER_TYPE,
                );
                weigh(
                    listed.as_ref().is_some_and(|l| !l.contains(&*lower)),
                    NOT_LISTED,
                );
                let is_same = same.is_some_and(|same| **same == *lower);
                weigh(used.contains(&*lower) && !is_same, USED);
                weigh(same.is_some() && !is_same, NOT_THE_SAME);
                weigh(outside, FROM_OUTSIDE);
                // What it is compared with, and what joins nothing.
                weigh(is_same && self.is_compared(source), ONLY_NAMED);
                let joins = meanings.get(&lower).is_some_and(|times| *times > 1);
                weigh(here.clause == Clause::From && !joins, NOT_LISTED);
                found.push((column, text, &source.name, cost));
            }
        }
        for column in &here.named {
            let lower = Rc::clone(&column.lower);
            if !seen.insert(lower.clone()) {
                continue;
            }
            // It is made to be ordered or chosen by, less often to be reckoned with;
            // and what is grouped by is not what is summed.
            let fits = match here.clause {
                Clause::Order | Clause::Having => true,
                Clause::Group => listed.as_ref().is_some_and(|l| l.contains(&*lower)),
                _ => false,
            };
            let cost = if fits { -1 } else { ONLY_NAMED };
            let cost = cost + i32::from(used.contains(&*lower)) * USED;
            found.push((column, self.written(&column.name), "this SELECT", cost));
        }
        for (column, text, of, cost) in found {
            self.column(column, text, of, cost);
        }
    }

    /// Whether what is written is compared with a column that is said to be of this.
    fn is_compared(&self, source: &Source) -> bool {
        let chain = self.compared.as_deref().unwrap_or_default();
        chain.len() > 1 && source.is_named(&chain[..chain.len() - 1])
    }

    /// What the function that is called, or the operator before the hole, is for.
    fn wanted_type(&self) -> Option<fn(&str, &str) -> bool> {
        let before = self.tokens.before(self.hole.at);
        if before.sign("*") || before.sign("/") {
            return Some(is_figure);
        }
        let function = &*self.tokens.before(self.tokens.bracket(self.hole.at)?).lower;
        if OF_NUMBERS.contains(&function) {
            return Some(is_figure);
        }
        OF_DATES
            .contains(&function)
            .then_some(|_: &str, ty: &str| ty == "DATE" || ty.starts_with("TIMESTAMP"))
    }

    pub fn column(&mut self, column: &Column, text: String, of: &str, cost: i32) {
        self.offers.add(Offer {
            name: &column.name,
            text,
            kind: CandidateKind::Column,
            detail: match (&*column.ty, of) {
                ("", of) => of.to_owned(),
                (ty, "") => ty.to_owned(),
                (ty, of) => format!("{ty} · {of}"),
            },
            order: Order::Name,
            cost,
        });
    }

    /// Names that the clause, or the brackets around the hole, have already, if
    /// what is before them is right.
    fn used(&self, right: impl Fn(usize) -> bool) -> HashSet<String> {
        let body = match self.tokens.bracket(self.hole.at) {
            Some(open) if open >= self.here.body.start => self.tokens.inside(open),
            _ => self.here.body.clone(),
        };
        let names = body.filter(|at| self.tokens.get(*at).is_name() && right(*at));
        names.map(|at| self.tokens.get(at).lower.clone()).collect()
    }

    /// What the SELECT lists without reckoning over rows: what it is grouped by, and
    /// mostly ordered by.
    fn listed(&self) -> HashSet<String> {
        const OVER_ROWS: [&str; 14] = [
            "count",
            "sum",
            "avg",
            "min",
            "max",
            "median",
            "list",
            "string_agg",
            "any_value",
            "first",
            "last",
            "row_number",
            "lag",
            "rank",
        ];
        let mut listed = HashSet::new();
        for item in self.tokens.parts(self.here.list.clone()) {
            let tokens = &self.tokens.all[item.clone()];
            let over_rows = tokens
                .iter()
                .any(|t| t.kind == Kind::Function && OVER_ROWS.contains(&&*t.lower));
            if let (Some(last), false) = (self.tokens.chain_before(item.end).last(), over_rows) {
                listed.insert(last.clone());
            }
        }
        listed
    }

    /// What can follow `chain.`.
    pub fn part(&mut self, chain: &[String]) {
        let here = self.here;
        let start = self.hole.at - chain.len() * 2;
        if here.clause == Clause::Start || self.is_at_table(start) {
            return self.tables_of(chain);
        }
        let beside = super::places::compared(self.tokens, start);
        let same = beside.as_ref().and_then(|chain| chain.last());
        let used = self.used(|at| {
            self.tokens.before(at).sign(".") && self.tokens.chain_before(at - 1) == chain
        });
        let columns = match here.all().find(|source| source.is_named(chain)) {
            Some(source) => source.columns.clone(),
            None => here
                .column(chain)
                .map_or(Rc::default(), |c| Rc::new(fields(&c.ty))),
        };
        for column in columns.iter() {
            let lower = Rc::clone(&column.lower);
            let cost = i32::from(used.contains(&*lower)) * USED
                + i32::from(same.is_some_and(|same| **same != *lower)) * NOT_THE_SAME
                + i32::from(self.joins_nothing(chain, &lower)) * OTHER_TYPE;
            self.column(column, self.written(&column.name), "", cost);
        }
        if !columns.is_empty() {
            return;
        }
        // A table that no FROM names yet, or a schema.
        if let Some(table) = self.catalog.find(chain) {
            for column in scope::columns(table) {
                self.column(&column, self.written(&column.name), "", 0);
            }
        } else {
            self.tables_of(chain);
        }
        if here.column(chain).is_some() {
            // A function can be called on what is before the dot.
            self.functions();
        }
    }

    /// Whether a join begins here and no other table has this column.
    fn joins_nothing(&self, chain: &[String], lower: &str) -> bool {
        let mut others = self.here.sources.iter().filter(|s| !s.is_named(chain));
        self.here.clause == Clause::From && !others.any(|s| s.column(lower).is_some())
    }

    /// The columns that a join is made by.
    pub fn shared(&mut self) {
        let used = self.used(|_| true);
        let join = (0..self.hole.at)
            .rev()
            .find(|at| self.tokens.get(*at).is("join"));
        let joined = join.map_or(0, |join| {
            let earlier = self.tokens.level(self.here.body.start..join);
            let adds = |at: &usize| {
                let token = self.tokens.get(*at);
                token.is("join") || token.sign(",")
            };
            earlier.filter(adds).count() + 1
        });
        let Some(last) = self.here.sources.get(joined) else {
            return;
        };
        let earlier = &self.here.sources[..joined];
        for column in last.columns.iter() {
            let lower = Rc::clone(&column.lower);
            let both = earlier.iter().any(|source| source.column(&lower).is_some());
            let cost = i32::from(!both) * NOT_THE_SAME + i32::from(used.contains(&*lower)) * USED;
            self.column(column, self.written(&column.name), "", cost);
        }
    }
}

/// Whether a column holds numbers that can be reckoned with, which no id can.
fn is_figure(lower: &str, ty: &str) -> bool {
    is_number(ty) && lower != "id" && !lower.ends_with("_id")
}

/// In how many sources each name is to be looked for.
fn meanings(sources: &[Source]) -> HashMap<Rc<str>, usize> {
    let mut meanings = HashMap::new();
    for source in sources {
        for column in source.columns.iter().filter(|c| is_apart(source, c)) {
            *meanings.entry(Rc::clone(&column.lower)).or_default() += 1;
        }
    }
    meanings
}

/// Whether a column is one of its own, not the same as one before it.
fn is_apart(source: &Source, column: &Column) -> bool {
    !source.only_tested && !source.joined.iter().any(|name| **name == *column.lower)
}
