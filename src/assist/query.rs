//! Queries, read as far as they are written: which columns each has, and what can
//! be named at the hole.

use std::ops::Range;
use std::rc::Rc;

use super::keywords::QUERIES;
use super::scope::{Catalog, Clause, Column, Cte, Here, Source};
use super::tokens::{Tokens, compares_from};
use super::words::Kind;

/// Queries in queries are read to this depth.
pub(super) const DEEPEST: usize = 64;

/// Reads the queries of one statement.
pub(super) struct Reader<'a> {
    pub tokens: &'a Tokens<'a>,
    pub catalog: &'a Catalog<'a>,
    /// The number of tokens before the hole; None while nothing is looked for.
    pub hole: Option<usize>,
    pub here: Option<Here>,
    /// The queries that were given a name around the place that is read.
    pub ctes: Vec<Cte>,
    depth: usize,
}

/// A clause: where its keyword is, and what belongs to it.
#[derive(Debug, Clone)]
struct Segment {
    clause: Clause,
    head: usize,
    body: Range<usize>,
}

/// What can be named at the place `hole`.
pub(super) fn here(tokens: &Tokens<'_>, catalog: &Catalog<'_>, hole: usize) -> Here {
    let mut reader = Reader {
        tokens,
        catalog,
        hole: Some(hole),
        here: None,
        ctes: Vec::new(),
        depth: 0,
    };
    // EXPLAIN, CREATE … AS, INSERT INTO … and the like come before a query.
    let all = 0..tokens.len();
    let verbs = ["update", "delete", "insert", "merge", "copy"];
    let start = tokens.level(all.clone()).find(|at| {
        let token = tokens.get(*at);
        token.any(&QUERIES) && !(token.is("table") && *at > 0)
            || token.any(&verbs)
            || tokens.holds_query(*at)
    });
    reader.query(start.unwrap_or(0)..all.end, &[]);
    reader.here.unwrap_or_default()
}

impl Reader<'_> {
    pub fn holds_hole(&self, range: &Range<usize>) -> bool {
        self.here.is_none()
            && self
                .hole
                .is_some_and(|hole| range.start <= hole && hole <= range.end)
    }

    /// Reads a query, with the CTEs and tables that it may name: its columns.
    pub fn query(&mut self, range: Range<usize>, outer: &[Source]) -> Vec<Column> {
        self.deeper(|reader| reader.read(range, outer))
    }

    /// Reads what is inside; nothing where that is too deep.
    pub fn deeper<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth > DEEPEST {
            return T::default();
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn read(&mut self, range: Range<usize>, outer: &[Source]) -> Vec<Column> {
        let around = self.ctes.len();
        let start = self.with(range.clone(), outer);
        let mut columns: Option<Vec<Column>> = None;
        for block in self.blocks(start..range.end) {
            let first = columns.as_deref().unwrap_or_default();
            let found = self.block(block, first, outer);
            columns.get_or_insert(found);
        }
        self.ctes.truncate(around);
        columns.unwrap_or_default()
    }

    /// Reads the CTEs that a query begins with; where it goes on.
    fn with(&mut self, range: Range<usize>, outer: &[Source]) -> usize {
        let tokens = self.tokens;
        let mut at = range.start;
        if !tokens.get(at).is("with") {
            return at;
        }
        at += 1;
        let recursive = tokens.get(at).is("recursive");
        at += usize::from(recursive);
        while at < range.end && tokens.get(at).is_name() {
            let name = &tokens.all[at];
            let mut cte = Cte {
                name: tokens.name(at),
                lower: name.lower.clone(),
                columns: Rc::default(),
            };
            at += 1;
            let mut names = Vec::new();
            if tokens.get(at).sign("(") {
                names = self.names(tokens.inside(at));
                at = tokens.after(at);
            }
            while at < range.end
                && !tokens.get(at).sign("(")
                && tokens.get(at).any(&["as", "not", "materialized", "using"])
            {
                at += 1;
            }
            if tokens.get(at).sign("(") && at < range.end {
                let inside = tokens.inside(at);
                if recursive {
                    // It names itself: its first part says what that is.
                    let hole = self.hole.take();
                    let first = self.blocks(inside.clone()).into_iter().next();
                    if let (Some(first), Some(_)) = (first, hole) {
                        cte.columns = Rc::new(self.query(first, outer));
                    }
                    self.hole = hole;
                    rename(Rc::make_mut(&mut cte.columns), &names);
                    self.ctes.push(cte.clone());
                }
                cte.columns = Rc::new(self.query(inside, outer));
                if recursive {
                    self.ctes.pop();
                }
                at = tokens.after(at);
            }
            rename(Rc::make_mut(&mut cte.columns), &names);
            self.ctes.push(cte);
            if !tokens.get(at).sign(",") {
                break;
            }
            at += 1;
        }
        let at = at.min(range.end);
        let hole_in_it = self
            .hole
            .is_some_and(|hole| range.start < hole && hole <= at);
        if self.here.is_none() && hole_in_it {
            self.here = Some(Here {
                clause: Clause::With,
                ctes: self.ctes.clone(),
                block: range.start..at,
                body: range.start + 1..at,
                ..Here::default()
            });
        }
        at
    }

    /// The parts that UNION and its like join.
    fn blocks(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut blocks = Vec::new();
        let mut start = range.start;
        for at in self.tokens.level(range.clone()) {
            if self.tokens.get(at).any(&["union", "intersect", "except"]) {
                blocks.push(start..at);
                start = at + 1;
            }
        }
        blocks.push(start..range.end.max(start));
        blocks
    }

    fn block(&mut self, block: Range<usize>, first: &[Column], outer: &[Source]) -> Vec<Column> {
        let tokens = self.tokens;
        if tokens.holds_query(block.start) && block.start < block.end {
            let inside = tokens.inside(block.start);
            let columns = self.query(inside, outer);
            if !self.holds_hole(&block) {
                return columns;
            }
        }
        let segments = self.segments(block.clone());
        let mut sources = Vec::new();
        for segment in segments.iter().filter(|s| s.clause == Clause::From) {
            sources.extend(self.tables(segment.body.clone(), outer));
        }
        let list = segments.iter().find(|s| s.clause == Clause::Select);
        let list = list.map(|s| s.body.clone());
        let items = list.clone().map_or(Vec::new(), |l| tokens.parts(l));
        let mut columns = Vec::new();
        let mut named = Vec::new();
        for item in &items {
            let found = self.item(item.clone(), &sources, &named);
            if let Some(column) = found.first().filter(|_| self.alias(item).is_some())
                && self
                    .hole
                    .is_none_or(|hole| item.end < hole || hole < item.start)
            {
                named.push(Item {
                    end: item.end,
                    column: column.clone(),
                });
            }
            columns.extend(found);
        }
        if list.is_none() {
            columns = all_columns(&sources);
            if let Some(values) = segments.iter().find(|s| s.head == s.body.start) {
                columns = self.values(values.body.clone());
            }
        }
        if self.holds_hole(&block) {
            let hole = self.hole.unwrap_or(0);
            let nearest: Vec<Source> = sources.iter().chain(outer).cloned().collect();
            if self.descend(block.clone(), &nearest) {
                return columns;
            }
            let segment = segments.iter().rfind(|s| s.head < hole);
            let clause = segment.map_or(Clause::Start, |s| s.clause);
            let reusable = |item: &Item| clause != Clause::Select || item.end < hole;
            let mut named: Vec<Column> = named
                .into_iter()
                .filter(reusable)
                .map(|item| item.column)
                .collect();
            if clause == Clause::Order {
                named.extend(first.iter().cloned());
            }
            self.here = Some(Here {
                clause,
                sources,
                outer: outer.to_vec(),
                ctes: self.ctes.clone(),
                named,
                body: segment.map_or(block.start..hole, |s| s.body.clone()),
                block,
                list: list.unwrap_or_default(),
            });
        }
        columns
    }

    /// Reads the query in brackets that holds the hole, if there is one.
    fn descend(&mut self, range: Range<usize>, outer: &[Source]) -> bool {
        let tokens = self.tokens;
        let mut range = range;
        loop {
            let around = tokens
                .level(range.clone())
                .find(|at| tokens.opens(*at) && self.holds_hole(&tokens.inside(*at)));
            let Some(open) = around else { return false };
            let inside = tokens.inside(open);
            if tokens.holds_query(open) {
                self.query(inside, outer);
                return self.here.is_some();
            }
            range = inside;
        }
    }

    /// The clauses of a block; what comes before the first is none.
    fn segments(&self, block: Range<usize>) -> Vec<Segment> {
        let tokens = self.tokens;
        let mut segments: Vec<Segment> = Vec::new();
        let mut pivots = false;
        for at in tokens.level(block.clone()) {
            let token = tokens.get(at);
            if token.kind != Kind::Keyword {
                continue;
            }
            let next = tokens.get(at + 1);
            let by = usize::from(next.is("by"));
            let is_first = segments.is_empty();
            let (clause, words) = match &*token.lower {
                "select" | "returning" => (Clause::Select, 1),
                "from" if compares_from(&tokens.all, at) => continue,
                "from" | "into" | "update" => (Clause::From, 1),
                "describe" | "summarize" | "show" | "table" if is_first => (Clause::From, 1),
                "pivot" | "unpivot" if is_first => {
                    pivots = true;
                    (Clause::From, 1)
                }
                "on" | "using" if pivots => (Clause::Where, 1),
                "where" | "set" | "window" => (Clause::Where, 1),
                "group" => (Clause::Group, 1 + by),
                "having" | "qualify" => (Clause::Having, 1),
                "order" => (Clause::Order, 1 + by),
                "limit" | "offset" => (Clause::Limit, 1),
                "values" => (Clause::Where, 0),
                _ => continue,
            };
            if let Some(last) = segments.last_mut() {
                last.body.end = at;
            }
            let mut body = (at + words).min(block.end);
            if clause == Clause::Select {
                body = self.after_distinct(body, block.end);
            }
            segments.push(Segment {
                clause,
                head: at,
                body: body..block.end,
            });
        }
        segments
    }

    /// What follows DISTINCT, DISTINCT ON (…) and ALL.
    fn after_distinct(&self, at: usize, end: usize) -> usize {
        let tokens = self.tokens;
        let mut at = at;
        if at < end && tokens.get(at).any(&["distinct", "all"]) {
            at += 1;
            if at < end && tokens.get(at).is("on") {
                at = tokens.after(at + 1);
            }
        }
        at.min(end)
    }

    /// The names in a list, as they are.
    pub fn names(&self, range: Range<usize>) -> Vec<String> {
        let names = range.filter(|at| self.tokens.get(*at).is_name());
        names.map(|at| self.tokens.name(at)).collect()
    }

    fn values(&self, body: Range<usize>) -> Vec<Column> {
        let tokens = self.tokens;
        let row = tokens.level(body).find(|at| tokens.get(*at).sign("("));
        let cells = row.map_or(0, |at| tokens.parts(tokens.inside(at)).len());
        let column = |n| Column::new(&format!("col{n}"), "");
        (0..cells).map(column).collect()
    }
}

/// An expression of a SELECT that has a name.
#[derive(Debug, Clone)]
pub(super) struct Item {
    end: usize,
    pub column: Column,
}

/// More are not looked at: joins of joins have ever more.
const MOST_COLUMNS: usize = 3_000;

/// What `*` stands for.
pub(super) fn all_columns(sources: &[Source]) -> Vec<Column> {
    let shown = sources.iter().filter(|source| !source.only_tested);
    shown
        .flat_map(|source| {
            source
                .columns
                .iter()
                .filter(|column| !source.joined.iter().any(|name| **name == *column.lower))
                .cloned()
        })
        .take(MOST_COLUMNS)
        .collect()
}

/// Gives columns other names, as far as there are any.
pub(super) fn rename(columns: &mut Vec<Column>, names: &[String]) {
    for (at, name) in names.iter().enumerate() {
        match columns.get_mut(at) {
            Some(column) => *column = column.named(name),
            None => columns.push(Column::new(name, "")),
        }
    }
}
