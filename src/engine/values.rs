//! From text to values: which texts a type takes, and what they become.
//!
//! A conversion is exact, or it is refused. The engine's own casts round 5.6 to a
//! BIGINT, cut decimals, read `1_000` and `0x1F` as numbers, and drop the time of a
//! DATE and the zone of a TIMESTAMP without a word. So a value is cast, and kept only
//! if it is written again as it was read, or if its text has the shape of its type.

use super::quote;

/// What a field of a file is to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextColumn {
    pub name: String,
    /// The type of the raw table.
    pub ty: String,
    /// How dates or timestamps are written; None: ISO 8601.
    pub format: Option<String>,
    /// What stands before the decimals; None: a point.
    pub decimal: Option<char>,
    /// Formats that are tried after that one.
    pub formats: Vec<String>,
    /// What may stand between thousands.
    pub thousands: Option<char>,
    /// Words for a missing value.
    pub nulls: Vec<String>,
    /// It may not be missing.
    pub required: bool,
}

/// The columns of a file, and the statements that turn them into values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextColumns(pub Vec<TextColumn>);

impl TextColumns {
    /// `from`, with the cast of each column beside its text: what the other
    /// expressions here are to be selected from.
    pub fn cast(&self, from: &str) -> String {
        let casts =
            self.0.iter().enumerate().filter_map(|(at, column)| {
                Some(format!(", {} AS {}", column.cast()?, cast_name(at)))
            });
        format!("(SELECT *{} FROM {from})", casts.collect::<String>())
    }

    /// The value of each column; NULL where its text does not fit.
    pub fn values(&self) -> String {
        self.each(|at, column| column.value(at))
    }

    /// The value of each column, by a statement that fails where a text does not
    /// fit. `header` are the names in the file: it fails where they come again, if
    /// no type would refuse them.
    pub fn strict_values(&self, header: &[String]) -> String {
        let all_text = self.0.iter().all(|c| c.ty == "VARCHAR");
        self.each(|at, column| {
            let value = column.strict_value(at);
            if at > 0 || !all_text || header.len() != self.0.len() {
                return value;
            }
            let names = self.0.iter().zip(header);
            let again: Vec<String> = names
                .map(|(c, name)| format!("{} = {}", quote::ident(&c.name), quote::literal(name)))
                .collect();
            format!(
                "CASE WHEN {} THEN error('the header again') ELSE {value} END",
                again.join(" AND ")
            )
        })
    }

    /// The position, from 0, of the first column that does not fit; NULL if all do.
    pub fn misfit(&self) -> String {
        let arms: String = self
            .0
            .iter()
            .enumerate()
            .filter_map(|(at, c)| Some(format!(" WHEN {} THEN {at}", c.misfit(at)?)))
            .collect();
        if arms.is_empty() {
            return "NULL::INTEGER".to_owned();
        }
        format!("CASE{arms} END")
    }

    /// What is wrong with the value at the position `at`, an expression.
    pub fn reason(&self, at: &str) -> String {
        let arms: String = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, c)| c.ty != "VARCHAR" || c.required)
            .map(|(n, c)| format!(" WHEN {n} THEN {}", c.reason(n)))
            .collect();
        format!("CASE {at}{arms} END")
    }

    fn each(&self, expression: impl Fn(usize, &TextColumn) -> String) -> String {
        let all = self.0.iter().enumerate();
        quote::join(all.map(|(at, column)| expression(at, column)))
    }
}

fn cast_name(at: usize) -> String {
    format!("_wb_cast_{at}")
}

impl TextColumn {
    fn text(&self) -> String {
        quote::ident(&self.name)
    }

    /// The text with a point before its decimals; NULL if it has one already and
    /// that means something else.
    fn pointed(&self) -> String {
        let text = self.text();
        match self.decimal {
            Some(mark) if self.kind() != Kind::Integer => format!(
                "CASE WHEN NOT contains({text}, '.') THEN replace({text}, {}, '.') END",
                quote::literal(&mark.to_string())
            ),
            _ => text,
        }
    }

    fn kind(&self) -> Kind {
        match self.ty.as_str() {
            "VARCHAR" => Kind::Text,
            "DATE" | "TIMESTAMP" if self.format.is_some() => Kind::Formatted,
            "DATE" => Kind::Date,
            "TIMESTAMP" => Kind::Timestamp,
            "TIME" => Kind::Time,
            "FLOAT" | "DOUBLE" => Kind::Float,
            "BOOLEAN" | "UUID" => Kind::Other,
            decimal if decimal.starts_with("DECIMAL") => Kind::Decimal,
            _ => Kind::Integer,
        }
    }

    /// What the engine makes of the text, right or wrong; None for text.
    fn cast(&self) -> Option<String> {
        match self.kind() {
            Kind::Text => None,
            Kind::Formatted => Some(self.parsed(self.format.as_deref().unwrap_or_default())),
            _ => Some(format!("TRY_CAST({} AS {})", self.pointed(), self.ty)),
        }
    }

    fn parsed(&self, format: &str) -> String {
        format!(
            "TRY_CAST(try_strptime({}, {}) AS {})",
            self.text(),
            quote::literal(format),
            self.ty
        )
    }

    /// Whether the cast says all that the text says.
    fn is_exact(&self, cast: &str) -> Option<String> {
        let text = self.pointed();
        let shaped = |shape: &str| format!("regexp_full_match({text}, {})", quote::literal(shape));
        Some(match self.kind() {
            Kind::Text | Kind::Formatted | Kind::Other => return None,
            Kind::Integer => format!("({cast}::VARCHAR = {text} OR {})", shaped(INTEGER)),
            Kind::Decimal => format!(
                "(starts_with({cast}::VARCHAR, {text}) OR {})",
                shaped(&decimal_shape(self.scale()))
            ),
            Kind::Date => format!(
                "({cast}::VARCHAR = {text} AND isfinite({cast}) OR {})",
                shaped(DATE)
            ),
            Kind::Time => format!("(starts_with({cast}::VARCHAR, {text}) OR {})", shaped(TIME)),
            Kind::Timestamp => format!(
                "(starts_with({cast}::VARCHAR, {text}) AND isfinite({cast}) OR {})",
                shaped(TIMESTAMP)
            ),
            Kind::Float => format!(
                "(isfinite({cast}) AND NOT contains({text}, '_') OR {})",
                shaped(NOT_FINITE)
            ),
        })
    }

    fn scale(&self) -> u32 {
        let scale = self.ty.trim_end_matches(')').rsplit(',').next();
        scale.and_then(|s| s.trim().parse().ok()).unwrap_or(0)
    }

    /// The value of the text, NULL where it does not fit.
    fn value(&self, at: usize) -> String {
        if self.kind() == Kind::Text {
            return self.text();
        }
        let cast = cast_name(at);
        let first = match self.is_exact(&cast) {
            None => cast,
            Some(exact) => format!("CASE WHEN {exact} THEN {cast} END"),
        };
        let others = self.formats.iter().map(|format| self.parsed(format));
        let others: Vec<String> = others.chain(self.without_thousands()).collect();
        if others.is_empty() {
            return first;
        }
        format!("COALESCE({first}, {})", others.join(", "))
    }

    fn without_thousands(&self) -> Option<String> {
        let mark = self.thousands?;
        let between = regex_character(mark);
        let (shape, point) = match self.kind() {
            Kind::Integer => (
                format!(r"\s*[+-]?[0-9]{{1,3}}({between}[0-9]{{3}})+\s*"),
                '.',
            ),
            Kind::Decimal => {
                let point = self.decimal.unwrap_or('.');
                let (before, scale) = (regex_character(point), self.scale());
                let shape = format!(
                    r"\s*[+-]?[0-9]{{1,3}}({between}[0-9]{{3}})+({before}[0-9]{{0,{scale}}}0*)?\s*"
                );
                (shape, point)
            }
            Kind::Float => {
                let point = self.decimal.unwrap_or('.');
                let before = regex_character(point);
                let shape =
                    format!(r"\s*[+-]?[0-9]{{1,3}}({between}[0-9]{{3}})+({before}[0-9]*)?\s*");
                (shape, point)
            }
            _ => return None,
        };
        let text = self.text();
        let literal = |c: char| quote::literal(&c.to_string());
        Some(format!(
            "CASE WHEN regexp_full_match({text}, {}) THEN \
             TRY_CAST(replace(replace({text}, {}, ''), {}, '.') AS {}) END",
            quote::literal(&shape),
            literal(mark),
            literal(point),
            self.ty
        ))
    }

    /// The condition under which a text that became NULL was not to.
    fn is_wrong_if_null(&self) -> Option<String> {
        let text = self.text();
        match self.kind() {
            _ if self.required => Some("TRUE".to_owned()),
            Kind::Text => None,
            _ if self.nulls.is_empty() => Some(format!("{text} IS NOT NULL")),
            _ => Some(format!(
                "{text} NOT IN ({})",
                quote::join(self.nulls.iter().map(|word| quote::literal(word)))
            )),
        }
    }

    fn strict_value(&self, at: usize) -> String {
        let value = self.value(at);
        match self.is_wrong_if_null() {
            None => value,
            Some(wrong) => {
                format!("COALESCE({value}, CASE WHEN {wrong} THEN error('a misfit') END)")
            }
        }
    }

    fn misfit(&self, at: usize) -> Option<String> {
        let wrong = self.is_wrong_if_null()?;
        Some(format!("({}) IS NULL AND {wrong}", self.value(at)))
    }

    fn reason(&self, at: usize) -> String {
        let text = format!("left({}, {SHOWN})", self.text());
        let format = self
            .format
            .as_ref()
            .map_or(String::new(), |f| format!(" written as `{f}`"));
        let ty = &self.ty;
        let article = if ty.starts_with('I') { "an" } else { "a" };
        let not_one = format!(
            "'`' || {text} || {}",
            quote::literal(&format!("` is not {article} {ty}{format}"))
        );
        let mut reason = match (self.is_exact(&cast_name(at)), self.kind()) {
            (Some(_), Kind::Integer | Kind::Decimal | Kind::Timestamp | Kind::Date) => format!(
                "CASE WHEN {} IS NULL THEN {not_one} ELSE '`' || {text} || {} END",
                cast_name(at),
                quote::literal(&format!("` would not be kept whole by {article} {ty}"))
            ),
            _ => not_one,
        };
        if self.required {
            let missing = format!("the key column `{}` is empty", self.name);
            reason = format!("COALESCE({reason}, {})", quote::literal(&missing));
        }
        reason
    }
}

/// Characters that are shown of a value.
const SHOWN: usize = 200;

/// How the text of a type is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Decimal,
    Float,
    Date,
    Time,
    Timestamp,
    /// By a declared format.
    Formatted,
    /// Whatever the engine takes.
    Other,
}

const INTEGER: &str = r"\s*[+-]?[0-9]+\s*";
const DATE: &str = r"\s*[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}\s*";
const TIME: &str = r"\s*[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?\s*";
const TIMESTAMP: &str = r"\s*[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?)?Z?\s*";
const NOT_FINITE: &str = r"\s*[+-]?(?i:inf|infinity|nan)\s*";

fn decimal_shape(scale: u32) -> String {
    if scale == 0 {
        return r"\s*[+-]?[0-9]+(\.0*)?\s*".to_owned();
    }
    format!(r"\s*[+-]?([0-9]+(\.[0-9]{{0,{scale}}}0*)?|\.[0-9]{{1,{scale}}}0*)\s*")
}

/// A character as a part of a regular expression.
fn regex_character(c: char) -> String {
    if c.is_ascii_punctuation() {
        format!(r"\{c}")
    } else {
        c.to_string()
    }
}
