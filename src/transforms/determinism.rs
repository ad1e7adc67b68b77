//! What may make two equal runs differ: results that depend on the order in
//! which rows come, which is another one each time. Types are not known here;
//! the engine finds sums over columns that are floating-point by themselves.

use serde_json::{Map, Value};

use super::syntax_tree::{location, string};
use super::text;

const FIRST_COME: &[&str] = &["any_value", "arbitrary", "first", "last"];

const COLLECT: &[&str] = &[
    "array_agg",
    "group_concat",
    "json_group_array",
    "json_group_object",
    "json_group_structure",
    "list",
    "listagg",
    "string_agg",
    "variant_group_array",
];

const MOST_FREQUENT: &[&str] = &["approx_top_k", "mode"];

const ROW_OF_GREATEST: &[&str] = &[
    "arg_max",
    "arg_max_null",
    "arg_max_nulls_last",
    "arg_min",
    "arg_min_null",
    "arg_min_nulls_last",
    "argmax",
    "argmin",
    "max_by",
    "min_by",
];

const FLOATING: &[&str] = &[
    "corr",
    "covar_pop",
    "covar_samp",
    "entropy",
    "favg",
    "fsum",
    "geomean",
    "geometric_mean",
    "kahan_sum",
    "kurtosis",
    "kurtosis_pop",
    "product",
    "regr_avgx",
    "regr_avgy",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "sem",
    "skewness",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sumkahan",
    "var_pop",
    "var_samp",
    "variance",
    "wavg",
    "weighted_avg",
];

const ESTIMATES: &[&str] = &["approx_quantile", "lttb", "reservoir_quantile"];

const SUMS: &[&str] = &["avg", "mean", "sum"];

const NUMBERED: &[&str] = &[
    "fill",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "row_number",
];

const FLOATS: &[&str] = &["double", "float", "float4", "float8", "real"];

/// A warning, and the byte of the SQL that it is about. `key` are the columns that name a
/// row of the result, none if they are not known yet; without it nobody asks which rows
/// of equal ones are kept.
pub(super) fn warnings(
    sql: &str,
    statement: &Value,
    key: Option<&[String]>,
) -> Vec<(usize, String)> {
    let mut look = Look {
        sql,
        found: Vec::new(),
    };
    look.value(statement, None);
    let node = statement.get("node").and_then(Value::as_object);
    if let (Some(node), Some(key)) = (node, key) {
        look.ties(node, key);
    }
    look.found.sort();
    look.found.dedup();
    look.found
}

struct Look<'a> {
    sql: &'a str,
    found: Vec<(usize, String)>,
}

impl Look<'_> {
    /// `sum` is the function around this point whose sum is at stake.
    fn value(&mut self, value: &Value, sum: Option<&str>) {
        match value {
            Value::Object(part) => self.part(part, sum),
            Value::Array(items) => items.iter().for_each(|item| self.value(item, sum)),
            _ => {}
        }
    }

    fn part(&mut self, part: &Map<String, Value>, sum: Option<&str>) {
        let mut sum = sum;
        match (string(part, "class"), string(part, "type")) {
            ("FUNCTION", _) => {
                let is_ordered = has(part.get("order_bys").and_then(|by| by.get("orders")));
                self.aggregate(part, is_ordered);
                sum = summing(part).or(sum);
            }
            ("WINDOW", _) => {
                let is_ordered = has(part.get("orders")) || has(part.get("arg_orders"));
                self.aggregate(part, is_ordered);
                sum = summing(part).or(sum);
            }
            ("CAST", _) => self.cast(part, sum),
            ("SUBQUERY", _) => {
                // Whether there is a row does not depend on which one it is.
                if string(part, "subquery_type").contains("EXISTS") {
                    return;
                }
                sum = None;
            }
            (_, "JOIN") if string(part, "ref_type") == "POSITIONAL" => {
                let at = text::keyword(self.sql, &["positional"]).map(|span| span.start);
                let message = "POSITIONAL JOIN pairs rows in whichever order they come";
                self.add(at, message.to_owned());
            }
            _ => {}
        }
        if let Some(modifiers) = part.get("modifiers").and_then(Value::as_array) {
            self.modifiers(modifiers);
        }
        part.values().for_each(|value| self.value(value, sum));
    }

    fn add(&mut self, at: Option<usize>, message: String) {
        self.found.push((at.unwrap_or_default(), message));
    }

    fn aggregate(&mut self, part: &Map<String, Value>, is_ordered: bool) {
        let name = string(part, "function_name");
        let is = |names: &[&str]| names.contains(&name);
        let why = match () {
            () if is(FIRST_COME) && !is_ordered => {
                "without ORDER BY takes whichever row comes first"
            }
            () if is(COLLECT) && !is_ordered => {
                "without ORDER BY lists rows in whichever order they come"
            }
            () if is(NUMBERED) && !is_ordered => {
                "without ORDER BY counts rows in whichever order they come"
            }
            () if is(MOST_FREQUENT) => "takes whichever of equally frequent values comes first",
            () if is(ROW_OF_GREATEST) => "takes whichever comes first of rows that are equal",
            () if is(FLOATING) => {
                "adds up floating-point numbers, whose last digits depend on the order of rows"
            }
            () if is(ESTIMATES) => "estimates, and may come out differently each time",
            () => return,
        };
        self.add(location(part), format!("`{name}` {why}"));
    }

    fn cast(&mut self, part: &Map<String, Value>, sum: Option<&str>) {
        let ty = part
            .get("type_expr")
            .and_then(|ty| ty.get("type_name"))
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some(sum) = sum.filter(|_| FLOATS.contains(&ty.to_lowercase().as_str())) else {
            return;
        };
        let ty = ty.to_uppercase();
        self.add(
            location(part),
            format!(
                "`{sum}` of a {ty}: its last digits depend on the order of rows; sum a DECIMAL, and cast the sum"
            ),
        );
    }

    fn modifiers(&mut self, modifiers: &[Value]) {
        let of = |ty: &str| {
            modifiers
                .iter()
                .find(|modifier| modifier.get("type").and_then(Value::as_str) == Some(ty))
        };
        if of("ORDER_MODIFIER").is_some() {
            return;
        }
        if has(of("DISTINCT_MODIFIER").and_then(|on| on.get("distinct_on_targets"))) {
            let at = text::keyword(self.sql, &["distinct"]).map(|span| span.start);
            let message = "DISTINCT ON without ORDER BY keeps whichever rows come first";
            self.add(at, message.to_owned());
        }
        if let Some(count) = limit(modifiers) {
            let message = "LIMIT without ORDER BY keeps whichever rows come first";
            self.add(location(count), message.to_owned());
        }
    }

    /// Rows that the ORDER BY of the statement itself does not tell apart; one that has the
    /// whole key does.
    fn ties(&mut self, node: &Map<String, Value>, key: &[String]) {
        let modifiers = node.get("modifiers").and_then(Value::as_array);
        let modifiers = modifiers.map(Vec::as_slice).unwrap_or_default();
        let Some(count) = limit(modifiers) else {
            return;
        };
        let mut orders = modifiers.iter();
        let Some(orders) = orders.find_map(|modifier| modifier.get("orders")?.as_array()) else {
            return;
        };
        let orders = orders.iter().filter_map(|order| order.get("expression"));
        let orders: Vec<_> = orders.filter_map(Value::as_object).collect();
        if orders.iter().any(|by| string(by, "class") == "STAR") {
            return;
        }
        let items = node.get("select_list").and_then(Value::as_array);
        let items: Vec<_> = items.into_iter().flatten().collect();
        let mut names: Vec<&str> = orders.iter().filter_map(|by| column(by)).collect();
        let numbers: Vec<usize> = orders.iter().filter_map(|by| number(by)).collect();
        let numbered = numbers
            .iter()
            .filter_map(|at| items.get(at.checked_sub(1)?));
        names.extend(numbered.filter_map(|item| name(item)));
        let has = |name: &str| names.iter().any(|by| by.eq_ignore_ascii_case(name));
        let is_ordered = |(at, item): (usize, &&Value)| {
            numbers.contains(&(at + 1)) || name(item).is_some_and(has)
        };
        // Rows that are equal in all columns are one as good as the other.
        let by_all = !items.is_empty() && items.iter().enumerate().all(is_ordered);
        let by_key = !key.is_empty() && key.iter().all(|name| has(name));
        if !by_all && !by_key {
            let message = "LIMIT keeps whichever come first of rows that ORDER BY finds equal";
            self.add(location(count), message.to_owned());
        }
    }
}

/// What a column is called, without its table.
fn column(part: &Map<String, Value>) -> Option<&str> {
    part.get("column_names")?.as_array()?.last()?.as_str()
}

/// What a column of the result is called.
fn name(item: &Value) -> Option<&str> {
    let item = item.as_object()?;
    let alias = Some(string(item, "alias")).filter(|alias| !alias.is_empty());
    alias.or_else(|| column(item))
}

/// The place of the column of the result that a number in an ORDER BY means, from 1 on.
fn number(by: &Map<String, Value>) -> Option<usize> {
    by.get("literal")?.get("text")?.as_str()?.parse().ok()
}

/// How many rows are kept, or left out, if some may be.
fn limit(modifiers: &[Value]) -> Option<&Map<String, Value>> {
    let is_limit =
        |modifier: &&Value| modifier.get("type").and_then(Value::as_str) == Some("LIMIT_MODIFIER");
    let limit = modifiers.iter().find(is_limit)?;
    let counts = ["limit", "offset"].into_iter();
    let mut counts = counts.filter_map(|key| limit.get(key)?.as_object());
    counts.find(|count| !is_null(count))
}

/// `LIMIT ALL` is one of NULL.
fn is_null(count: &Map<String, Value>) -> bool {
    let kind = count.get("literal").and_then(|literal| literal.get("kind"));
    kind.and_then(Value::as_str) == Some("NULL_LITERAL")
}

fn summing(part: &Map<String, Value>) -> Option<&str> {
    let name = string(part, "function_name");
    SUMS.contains(&name).then_some(name)
}

fn has(list: Option<&Value>) -> bool {
    list.and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty())
}
