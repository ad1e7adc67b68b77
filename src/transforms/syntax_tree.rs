//! The walk of a statement, as the engine serialises it: what it reads and
//! calls, and what it must not hold. What is not known here is refused.

use std::ops::Range;

use serde_json::{Map, Value};

use super::functions;
use super::problem::Problem;
use super::text;

/// A table as SQL names it, that is not one of its own `WITH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    /// `["staging", "accounts"]`, in lower case.
    pub path: Vec<String>,
    /// Its bytes in the SQL.
    pub span: Range<usize>,
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// In lower case.
    pub name: String,
    pub arguments: usize,
    /// Called in FROM.
    pub makes_rows: bool,
    pub span: Range<usize>,
}

/// What a statement holds. Spans are bytes of the SQL.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub tables: Vec<TableName>,
    pub calls: Vec<Call>,
    pub problems: Vec<(Range<usize>, Problem)>,
}

/// Nodes that only read. INSERT, UPDATE, DELETE and COPY can stand in a `WITH`,
/// and are nodes too.
const NODES: [&str; 4] = [
    "SELECT_NODE",
    "SET_OPERATION_NODE",
    "RECURSIVE_CTE_NODE",
    "CTE_NODE",
];

/// Parts of a node or a FROM that need nothing but a look inside.
const PARTS: [&str; 10] = [
    "SUBQUERY",
    "JOIN",
    "EMPTY",
    "EXPRESSION_LIST",
    "ORDER_MODIFIER",
    "LIMIT_MODIFIER",
    "DISTINCT_MODIFIER",
    "ORDER_DEFAULT",
    "ASCENDING",
    "DESCENDING",
];

/// Walks the statement that `sql` was parsed to.
pub(super) fn walk(sql: &str, statement: &Value) -> Found {
    let mut walk = Walk {
        sql,
        with: Vec::new(),
        found: Found::default(),
    };
    walk.value(statement);
    walk.found
}

/// Where a part of the statement begins, if the engine says so.
pub(super) fn location(part: &Map<String, Value>) -> Option<usize> {
    // "Nowhere" is the greatest number of 64 bits.
    let at = part.get("query_location")?.as_u64()?;
    (at != u64::MAX).then_some(at)?.try_into().ok()
}

/// A text of the tree; empty if there is none.
pub(super) fn string<'v>(part: &'v Map<String, Value>, key: &str) -> &'v str {
    part.get(key).and_then(Value::as_str).unwrap_or_default()
}

struct Walk<'a> {
    sql: &'a str,
    /// The names of all WITH around this point, in lower case; true if the
    /// query of that name is being walked and may read itself.
    with: Vec<(String, bool)>,
    found: Found,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(part) => self.part(part),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            _ => {}
        }
    }

    fn children(&mut self, part: &Map<String, Value>) {
        part.values().for_each(|value| self.value(value));
    }

    fn add(&mut self, span: Option<Range<usize>>, what: Problem) {
        self.found.problems.push((span.unwrap_or(0..0), what));
    }

    /// The name at a part's own place.
    fn place(&self, part: &Map<String, Value>) -> Option<Range<usize>> {
        location(part).map(|at| text::name_at(self.sql, at))
    }

    fn written(&self, span: &Option<Range<usize>>) -> String {
        let span = span.clone().unwrap_or_default();
        self.sql.get(span).unwrap_or_default().to_owned()
    }

    fn part(&mut self, part: &Map<String, Value>) {
        let ty = string(part, "type");
        if part.contains_key("class") {
            return self.expression(part);
        }
        if part.get("sample").is_some_and(|sample| !sample.is_null()) {
            let span = text::keyword(self.sql, &["tablesample", "sample"]);
            self.add(span, Problem::Sample);
        }
        match ty {
            // The lists between the parts.
            "" => self.children(part),
            "BASE_TABLE" => self.table(part),
            "TABLE_FUNCTION" => self.table_function(part),
            "PIVOT" => {
                let span = text::keyword(self.sql, &["pivot", "unpivot"]);
                let word = self.written(&span).to_uppercase();
                self.add(span, Problem::Pivot { word });
                self.children(part);
            }
            "SHOW_REF" => {
                let words = ["show", "describe", "desc", "summarize"];
                let span = text::keyword(self.sql, &words);
                let word = self.written(&span).to_uppercase();
                self.add(span, Problem::Show { word });
                if let Some(query) = part.get("query") {
                    self.value(query);
                }
            }
            ty if NODES.contains(&ty) => self.node(part),
            ty if PARTS.contains(&ty) => self.children(part),
            ty => self.unsupported(part, ty),
        }
    }

    fn unsupported(&mut self, part: &Map<String, Value>, ty: &str) {
        let first = ty.split('_').next().unwrap_or(ty).to_lowercase();
        let span = text::keyword(self.sql, &[&first]).or_else(|| self.place(part));
        let what = first.to_uppercase();
        let problem = match first.as_str() {
            "insert" | "update" | "delete" | "merge" | "copy" => Problem::NotSelect { what },
            _ => Problem::Unsupported { what },
        };
        self.add(span, problem);
    }

    fn node(&mut self, node: &Map<String, Value>) {
        let outer = self.with.len();
        let with = node.get("cte_map").and_then(|map| map.get("map"));
        for entry in with.and_then(Value::as_array).into_iter().flatten() {
            let Some(query) = entry.get("value") else {
                continue;
            };
            let name = entry.get("key").and_then(Value::as_str).unwrap_or_default();
            let name = name.to_lowercase();
            let is_recursive = query
                .get("query_node")
                .is_some_and(|node| node.get("type") == Some(&"RECURSIVE_CTE_NODE".into()));
            // Later ones see earlier ones; only a recursive one sees itself.
            if is_recursive {
                self.with.push((name.clone(), true));
            }
            self.value(query);
            if is_recursive {
                self.with.pop();
            }
            self.with.push((name, false));
        }
        for (key, value) in node {
            if key != "cte_map" {
                self.value(value);
            }
        }
        self.with.truncate(outer);
    }

    fn table(&mut self, table: &Map<String, Value>) {
        let written = ["catalog_name", "schema_name", "table_name"].map(|key| string(table, key));
        let named = table
            .get("qualified_name")
            .and_then(|name| name.get("path"));
        let path: Vec<String> = match named.and_then(Value::as_array) {
            Some(path) => path
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_lowercase)
                .collect(),
            None => written
                .iter()
                .filter(|part| !part.is_empty())
                .map(|part| part.to_lowercase())
                .collect(),
        };
        let span = self
            .place(table)
            .or_else(|| text::identifier(self.sql, written[2]));
        if table.get("at_clause").is_some_and(|at| !at.is_null()) {
            let at = text::keyword(self.sql, &["at"]);
            self.add(at.or_else(|| span.clone()), Problem::At);
        }
        let is_own = match path.as_slice() {
            [name] => self.with.iter().any(|(own, _)| own == name),
            // What a recursive query WITH a key has gathered so far.
            [schema, name] if schema == "recurring" => {
                self.with.iter().any(|(own, inside)| *inside && own == name)
            }
            _ => false,
        };
        if !is_own {
            let span = span.unwrap_or_default();
            self.found.tables.push(TableName { path, span });
        }
    }

    fn table_function(&mut self, table: &Map<String, Value>) {
        let Some(Value::Object(function)) = table.get("function") else {
            return self.unsupported(table, "TABLE_FUNCTION");
        };
        // LATERAL belongs to the table.
        let span = location(table).map(|at| {
            let first = text::token_at(self.sql, at);
            let is_lateral = self.sql[first.clone()].eq_ignore_ascii_case("lateral");
            text::name_at(self.sql, if is_lateral { first.end } else { at })
        });
        self.call(function, true, span);
        self.children(function);
    }

    fn call(&mut self, part: &Map<String, Value>, makes_rows: bool, span: Option<Range<usize>>) {
        let arguments = part.get("arguments").and_then(Value::as_array);
        let name = string(part, "function_name").to_lowercase();
        let span = span
            .or_else(|| text::identifier(self.sql, &name))
            .unwrap_or_default();
        // `column.function()` is a call with the column before its arguments,
        // and the tree takes that column for a schema.
        let before = usize::from(!string(part, "schema").is_empty());
        self.found.calls.push(Call {
            name,
            arguments: arguments.map_or(0, Vec::len) + before,
            makes_rows,
            span,
        });
    }

    fn expression(&mut self, part: &Map<String, Value>) {
        match string(part, "class") {
            "FUNCTION" | "WINDOW" => {
                let span = self.place(part);
                self.call(part, false, span);
            }
            "PARAMETER" => {
                let span = location(part).map(|at| text::token_at(self.sql, at));
                let written = self.written(&span);
                self.add(span, Problem::Parameter { written });
            }
            "COLUMN_REF" => self.column(part),
            _ => {}
        }
        self.children(part);
    }

    /// `current_date` and the like read as columns.
    fn column(&mut self, part: &Map<String, Value>) {
        let names = part.get("column_names").and_then(Value::as_array);
        let Some([Value::String(name)]) = names.map(Vec::as_slice) else {
            return;
        };
        let name = name.to_lowercase();
        if functions::is_function_without_parentheses(&name) {
            let span = self.place(part).unwrap_or_default();
            self.found.calls.push(Call {
                name,
                arguments: 0,
                makes_rows: false,
                span,
            });
        }
    }
}
