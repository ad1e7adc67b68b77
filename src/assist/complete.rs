//! What can come at a place, the best first.

use super::hole::{self, Hole, Quote};
use super::keywords;
use super::offers::{Offer, Offers, Order};
use super::places::{self, Place};
use super::query;
use super::scope::{Catalog, Here, has_many_values, is_number};
use super::tokens::Tokens;
use super::vocabulary::{CandidateKind, Completion, Vocabulary};
use super::words::Kind;

/// Offered before a letter is written, and before others that fit.
const POPULAR: [&str; 38] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "coalesce",
    "round",
    "nullif",
    "date_trunc",
    "lower",
    "upper",
    "row_number",
    "lag",
    "lead",
    "first",
    "last",
    "any_value",
    "median",
    "quantile_cont",
    "date_diff",
    "date_part",
    "concat",
    "substring",
    "replace",
    "regexp_matches",
    "strftime",
    "string_agg",
    "list",
    "greatest",
    "least",
    "abs",
    "length",
    "trim",
    "year",
    "month",
    "rank",
    "current_date",
    "run_date",
];

/// What is called, and is no function to the engine's catalogue.
pub(super) const SPECIAL: [(&str, &str); 5] = [
    ("cast", "cast(expression AS type) → type"),
    ("coalesce", "coalesce(expression ANY, ANY…) → ANY"),
    ("columns", "columns(pattern VARCHAR) → columns"),
    ("extract", "extract(part FROM moment) → BIGINT"),
    ("try_cast", "try_cast(expression AS type) → type"),
];

/// All that can be called, each with a form.
fn functions(vocabulary: &Vocabulary) -> impl Iterator<Item = (&str, &str)> {
    let known = vocabulary.functions.iter().map(|function| {
        let form = function.signatures.first();
        (&*function.name, form.map_or("", String::as_str))
    });
    // An operator is a function too.
    let known = known.filter(|(name, _)| name.starts_with(|c: char| c.is_alphabetic()));
    SPECIAL.into_iter().chain(known)
}

/// How names of functions begin that make tables, and nothing else.
const BEGIN_TABLES: [&str; 5] = ["duckdb_", "parquet_", "pragma_", "read_", "seq_scan"];

/// Whether what a function makes is, or can be, a table; by its name.
fn makes_table(name: &str) -> bool {
    const TABLES: [&str; 12] = [
        "generate_series",
        "glob",
        "json_each",
        "json_tree",
        "query",
        "query_table",
        "range",
        "repeat",
        "repeat_row",
        "sniff_csv",
        "summary",
        "unnest",
    ];
    BEGIN_TABLES.iter().any(|begin| name.starts_with(begin)) || TABLES.contains(&name)
}

/// What can come at the byte `cursor` of `text`.
pub fn complete(text: &str, cursor: usize, vocabulary: &Vocabulary) -> Completion {
    let cursor = text.floor_char_boundary(cursor);
    let Some(hole) = hole::find(text, cursor) else {
        return Completion {
            range: cursor..cursor,
            ..Completion::default()
        };
    };
    let tokens = Tokens::new(text, &hole.words);
    let catalog = Catalog::new(vocabulary);
    let here = query::here(&tokens, &catalog, hole.at);
    let mut at = At {
        tokens: &tokens,
        hole: &hole,
        here: &here,
        catalog: &catalog,
        vocabulary,
        compared: places::compared(&tokens, hole.at),
        offers: Offers::new(&hole.prefix),
        wants_values: None,
    };
    at.offer();
    Completion {
        candidates: at.offers.best(),
        wants_values: at.wants_values,
        range: hole.range,
    }
}

/// A place, what is known of it, and what was found for it.
pub(super) struct At<'a> {
    pub tokens: &'a Tokens<'a>,
    pub hole: &'a Hole,
    pub here: &'a Here,
    pub catalog: &'a Catalog<'a>,
    pub vocabulary: &'a Vocabulary,
    /// The column that what is written is compared with.
    pub compared: Option<Vec<String>>,
    pub offers: Offers,
    wants_values: Option<(String, String)>,
}

impl At<'_> {
    fn offer(&mut self) {
        if self.hole.quote == Quote::Text {
            self.values();
            return;
        }
        match places::place(self.tokens, self.hole.at, self.here) {
            Place::New => {}
            Place::Words(words) => self.words(words),
            Place::After(lists) => {
                for (n, words) in (0..).step_by(100).zip(lists) {
                    self.words_after(words, n);
                }
            }
            Place::Case => {
                self.words(&["WHEN"]);
                self.offers.prefer();
                self.expression(&["NOT", "EXISTS"]);
            }
            Place::Table => {
                self.tables();
                self.table_functions();
                if self.tokens.before(self.hole.at).sign("(") {
                    self.words(&["SELECT", "FROM", "VALUES", "WITH"]);
                } else {
                    self.words(&["LATERAL"]);
                }
            }
            Place::Type => self.types(),
            Place::Part(chain) => self.part(&chain),
            Place::Shared => self.shared(),
            Place::Columns => self.columns(),
            Place::Expression(_) if self.is_before(".") => self.qualifiers(true),
            Place::Expression(words) => self.expression(words),
        }
    }

    fn expression(&mut self, words: &[&str]) {
        self.values();
        self.columns();
        self.qualifiers(false);
        self.functions();
        self.words(words);
    }

    /// Whether this follows the hole without a blank.
    pub fn is_before(&self, sign: &str) -> bool {
        let next = self.tokens.get(self.hole.at);
        next.sign(sign) && next.range.start == self.hole.range.end
    }

    /// A name as it must be written here.
    pub fn written(&self, name: &str) -> String {
        match self.hole.quote {
            Quote::Name => keywords::quoted(name),
            _ => keywords::written(name),
        }
    }

    /// Functions; before a letter is written the popular ones.
    pub fn functions(&mut self) {
        for (name, form) in functions(self.vocabulary) {
            if !BEGIN_TABLES.iter().any(|begin| name.starts_with(begin)) {
                self.function(name, form);
            }
        }
    }

    /// Functions that make tables, once a letter is written.
    fn table_functions(&mut self) {
        for (name, form) in functions(self.vocabulary) {
            if !self.hole.prefix.is_empty() && makes_table(name) {
                self.function(name, form);
            }
        }
    }

    fn function(&mut self, name: &str, form: &str) {
        let popular = POPULAR.iter().position(|popular| *popular == name);
        if self.hole.prefix.is_empty() && popular.is_none() {
            return;
        }
        // Where it is called, `left` needs no quotes, and `cast` must not have them.
        let special = SPECIAL.iter().any(|(special, _)| *special == name);
        let text = match keywords::is_reserved(name) && !special {
            true => self.written(name),
            false => name.to_owned(),
        };
        // In front of a bracket only a function can stand.
        let is_called = self.tokens.get(self.hole.at).sign("(");
        let cost = popular.map_or(100, |at| i32::try_from(at).unwrap_or(100));
        self.offers.add(Offer {
            name,
            text: if is_called { text } else { text + "(" },
            kind: CandidateKind::Function,
            detail: form.to_owned(),
            order: if is_called {
                Order::Name
            } else {
                Order::Function
            },
            cost: if is_called { cost - 200 } else { cost },
        });
    }

    fn types(&mut self) {
        for (cost, name) in (0..).zip(&self.vocabulary.types) {
            self.offers.add(Offer {
                name,
                text: name.clone(),
                kind: CandidateKind::Type,
                detail: String::new(),
                order: Order::Name,
                cost,
            });
        }
    }

    /// Values of the column that is compared.
    fn values(&mut self) {
        let column = self.compared.as_ref().and_then(|c| self.here.column(c));
        let Some((column, origin)) = column.and_then(|c| Some((c, c.origin.clone()?))) else {
            return;
        };
        let bare =
            self.hole.quote == Quote::None && (is_number(&column.ty) || &*column.ty == "BOOLEAN");
        let Some(values) = self.vocabulary.values.get(&*origin) else {
            if !has_many_values(&column.ty) {
                self.wants_values = Some((*origin).clone());
            }
            return;
        };
        for (cost, value) in (-1000..).zip(values) {
            let text = match bare {
                true => value.clone(),
                false => format!("'{}'", value.replace('\'', "''")),
            };
            self.offers.add(Offer {
                name: value,
                text,
                kind: CandidateKind::Value,
                detail: origin.1.clone(),
                order: Order::Name,
                cost,
            });
        }
    }

    fn words(&mut self, words: &[&str]) {
        self.words_after(words, 0);
    }

    /// Keywords that come after so many others.
    fn words_after(&mut self, words: &[&str], others: i32) {
        let lower = self.writes_lower();
        let written = self.clauses_after();
        let mut offer = |name: &str, order: Order, cost: i32| {
            self.offers.add(Offer {
                name,
                text: match lower {
                    true => name.to_lowercase(),
                    false => name.to_uppercase(),
                },
                kind: CandidateKind::Keyword,
                detail: String::new(),
                order,
                cost,
            });
        };
        for (cost, word) in (others..).zip(words) {
            if !written.iter().any(|written| word == written) {
                offer(word, Order::Keyword, cost);
            }
        }
        if self.hole.prefix.chars().count() > 1 {
            for word in &self.vocabulary.keywords {
                offer(word, Order::AnyKeyword, 0);
            }
        }
    }

    /// Clauses that the block has already, behind the hole, and can have but once;
    /// in brackets, those that stand in them.
    fn clauses_after(&self) -> Vec<&'static str> {
        const ONCE: [&str; 7] = [
            "FROM", "WHERE", "GROUP BY", "HAVING", "QUALIFY", "ORDER BY", "LIMIT",
        ];
        let block = &self.here.block;
        let bracket = self.tokens.bracket(self.hole.at);
        let end = match bracket.filter(|open| *open >= block.start) {
            Some(open) => self.tokens.inside(open).end,
            None => block.end,
        };
        let tokens: Vec<_> = self
            .tokens
            .level(self.hole.at..end)
            .map(|at| self.tokens.get(at))
            .collect();
        let is_there = |clause: &&str| {
            let first = clause.split(' ').next().unwrap_or(clause).to_lowercase();
            tokens.iter().any(|token| token.is(&first))
        };
        ONCE.into_iter().filter(is_there).collect()
    }

    /// Whether keywords are written in lower case: as most others are, or else as
    /// this one was begun.
    fn writes_lower(&self) -> bool {
        let keywords = self.tokens.all.iter().filter(|t| t.kind == Kind::Keyword);
        let (mut upper, mut lower) = (0, 0);
        for token in keywords {
            let written = &self.tokens.text[token.range.clone()];
            match written.starts_with(|c: char| c.is_lowercase()) {
                true => lower += 1,
                false => upper += 1,
            }
        }
        match upper + lower {
            0 => self.hole.prefix.starts_with(|c: char| c.is_lowercase()),
            _ => lower > upper,
        }
    }
}
