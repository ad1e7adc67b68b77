//! The tables of a FROM.

use std::ops::Range;
use std::rc::Rc;

use super::query::{Reader, all_columns, rename};
use super::scope::{self, Column, Source};
use super::words::Kind;

/// Words by which a join begins.
pub(super) const JOINS: [&str; 12] = [
    "join",
    "left",
    "right",
    "full",
    "inner",
    "outer",
    "cross",
    "natural",
    "asof",
    "semi",
    "anti",
    "positional",
];

/// Keywords that a table follows.
pub(super) const BEFORE_TABLE: [&str; 11] = [
    "from",
    "join",
    "into",
    "update",
    "lateral",
    "table",
    "describe",
    "summarize",
    "pivot",
    "unpivot",
    "show",
];

impl Reader<'_> {
    /// Reads the tables of a FROM; those before one can be named inside it.
    pub(super) fn tables(&mut self, range: Range<usize>, outer: &[Source]) -> Vec<Source> {
        let tokens = self.tokens;
        let mut sources: Vec<Source> = Vec::new();
        let mut at = range.start;
        // How the table that comes is joined.
        let (mut natural, mut tested) = (false, false);
        while at < range.end {
            let token = tokens.get(at);
            if token.any(&["on", "tablesample", "pivot", "unpivot"]) {
                at = self.next_join(at + 1, range.end);
            } else if token.is("using") && tokens.get(at + 1).sign("(") {
                let names = self.names(tokens.inside(at + 1));
                if let Some(last) = sources.last_mut() {
                    last.joined = names.iter().map(|name| name.to_lowercase()).collect();
                }
                at = tokens.after(at + 1);
            } else if token.any(&JOINS) || token.sign(",") {
                natural = token.is("natural") || natural && !token.sign(",");
                tested = token.any(&["semi", "anti"]) || tested && !token.sign(",");
                at += 1;
            } else if self.begins_table(at) {
                let (mut found, next) = self.table(at, range.end, outer, &sources);
                if let ([one], true) = (&mut found[..], natural) {
                    let before = all_columns(&sources);
                    let shared = before.iter().map(|column| column.lower.to_string());
                    one.joined = shared.filter(|name| one.column(name).is_some()).collect();
                }
                for source in &mut found {
                    source.only_tested |= tested;
                }
                sources.extend(found);
                (natural, tested) = (false, false);
                at = next.max(at + 1);
            } else {
                at = tokens.after(at);
            }
        }
        sources
    }

    fn begins_table(&self, at: usize) -> bool {
        let token = self.tokens.get(at);
        token.is_name() || token.kind == Kind::Text || token.sign("(") || self.hole == Some(at)
    }

    /// The next place where a join or a comma stands.
    fn next_join(&self, at: usize, end: usize) -> usize {
        let joins = |at: &usize| {
            let token = self.tokens.get(*at);
            token.any(&JOINS) || token.sign(",")
        };
        self.tokens.level(at..end).find(joins).unwrap_or(end)
    }

    /// One table with its alias, or those in brackets; where the next thing is.
    fn table(
        &mut self,
        at: usize,
        end: usize,
        outer: &[Source],
        before: &[Source],
    ) -> (Vec<Source>, usize) {
        let tokens = self.tokens;
        let mut at = at;
        let mut first_alias = None;
        let is_missing = self.hole == Some(at);
        if !is_missing && tokens.get(at).is_name() && tokens.get(at + 1).sign(":") {
            first_alias = Some(tokens.name(at));
            at += 2;
        }
        let mut source = Source::default();
        if is_missing {
            // What is being written stands here.
        } else if tokens.get(at).sign("(") {
            let inside = tokens.inside(at);
            let around: Vec<Source> = before.iter().rev().chain(outer).cloned().collect();
            if !tokens.holds_query(at) {
                let sources = self.deeper(|reader| reader.tables(inside, &around));
                return (sources, tokens.after(at));
            }
            source.columns = Rc::new(self.query(inside, &around));
            source.about = "query".to_owned();
            at = tokens.after(at);
        } else if tokens.get(at).kind == Kind::Text {
            let path = &tokens.text[tokens.get(at).range.clone()];
            source.about = path.to_owned();
            let file = path
                .trim_matches('\'')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            source.name = file.split('.').next().unwrap_or_default().to_owned();
            at += 1;
        } else {
            at = self.named_table(at, end, &mut source);
        }
        let at = self.table_alias(at, end, first_alias, &mut source);
        (vec![source], at)
    }

    fn named_table(&self, at: usize, end: usize, source: &mut Source) -> usize {
        let tokens = self.tokens;
        let mut at = at;
        let mut chain = vec![tokens.name(at)];
        at += 1;
        while at < end && tokens.get(at).sign(".") && self.hole != Some(at) {
            at += 1;
            if self.hole == Some(at) || at >= end {
                return at;
            }
            chain.push(tokens.name(at));
            at += 1;
        }
        let lower: Vec<String> = chain.iter().map(|part| part.to_lowercase()).collect();
        source.about = chain.join(".");
        source.name = chain.pop().unwrap_or_default();
        source.schema = chain.pop().unwrap_or_default();
        if tokens.get(at).sign("(") && at < end && tokens.get(at - 1).kind == Kind::Function {
            source.columns = Rc::new(made_by(&lower[lower.len() - 1]));
            return tokens.after(at);
        }
        let cte = self.ctes.iter().rev();
        let cte = cte
            .clone()
            .find(|c| lower.len() == 1 && c.lower == lower[0]);
        if let Some(cte) = cte {
            source.columns = cte.columns.clone();
        } else if let Some(table) = self.catalog.find(&lower) {
            source.columns = Rc::new(scope::columns(table));
            source.about = scope::plain(table);
        }
        at
    }

    /// `[AS] alias [(columns)]`, or none of it.
    fn table_alias(
        &self,
        at: usize,
        end: usize,
        first: Option<String>,
        source: &mut Source,
    ) -> usize {
        let tokens = self.tokens;
        let mut at = at;
        let mut alias = first;
        if tokens.get(at).is("as") && at < end {
            at += 1;
        }
        if at < end && tokens.get(at).is_name() {
            alias = Some(tokens.name(at));
            at += 1;
            if at < end && tokens.get(at).sign("(") {
                rename(
                    Rc::make_mut(&mut source.columns),
                    &self.names(tokens.inside(at)),
                );
                at = tokens.after(at);
            }
        }
        if let Some(alias) = alias {
            source.name = alias;
            source.schema.clear();
        }
        at
    }
}

/// The columns of a table function whose names never change.
fn made_by(function: &str) -> Vec<Column> {
    let names: &[&str] = match function {
        "range" => &["range"],
        "generate_series" => &["generate_series"],
        "unnest" => &["unnest"],
        "glob" => &["file"],
        _ => &[],
    };
    let column = |name: &&str| Column::new(name, "");
    names.iter().map(column).collect()
}
