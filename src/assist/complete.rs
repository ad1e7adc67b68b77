//! What can come at a place, the best first.

use super::hole::{self, Hole, Quote};
use super::keywords;
use super::offers::{Offer, Offers, Order};
use super::places::{self, OPERATORS, Place};
use super::query;
use super::scope::{Catalog, Here, has_many_values, is_number};
use super::tokens::Tokens;
use super::vocabulary::{CandidateKind, Completion, Vocabulary};
use super::words::Kind;

/// Offered before a letter is written, and before others that fit.
const POPULAR: [&str; 36] = [
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
];

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
            Place::After(words) => {
                self.words(words);
                self.words(OPERATORS);
            }
            Place::Table => {
                self.tables();
                self.functions(false);
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
            Place::Expression(words) => {
                self.values();
                self.columns();
                self.qualifiers(false);
                self.functions(true);
                self.words(words);
            }
        }
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

    /// Functions; before a letter is written the popular ones, or none.
    pub fn functions(&mut self, unasked: bool) {
        let is_called = self.tokens.get(self.hole.at).sign("(");
        for function in &self.vocabulary.functions {
            let popular = POPULAR.iter().position(|name| *name == function.name);
            if self.hole.prefix.is_empty() && !(unasked && popular.is_some()) {
                continue;
            }
            // An operator is a function too.
            if !function.name.starts_with(|c: char| c.is_alphabetic()) {
                continue;
            }
            // Where it is called, `left` needs no quotes.
            let text = match keywords::is_reserved(&function.name) {
                true => self.written(&function.name),
                false => function.name.clone(),
            };
            // In front of a bracket only a function can stand.
            let cost = popular.map_or(100, |at| i32::try_from(at).unwrap_or(100));
            self.offers.add(Offer {
                name: &function.name,
                text: if is_called { text } else { text + "(" },
                kind: CandidateKind::Function,
                detail: function.signatures.first().cloned().unwrap_or_default(),
                order: if is_called {
                    Order::Name
                } else {
                    Order::Function
                },
                cost: if is_called { cost - 200 } else { cost },
            });
        }
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
            self.hole.quote == Quote::None && (is_number(&column.ty) || column.ty == "BOOLEAN");
        let Some(values) = self.vocabulary.values.get(&origin) else {
            if !has_many_values(&column.ty) {
                self.wants_values = Some(origin);
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
        let lower = self.writes_lower();
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
        for (cost, word) in (0..).zip(words) {
            offer(word, Order::Keyword, cost);
        }
        if self.hole.prefix.chars().count() > 1 {
            for word in &self.vocabulary.keywords {
                offer(word, Order::AnyKeyword, 0);
            }
        }
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
