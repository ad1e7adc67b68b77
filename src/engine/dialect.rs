//! The engine's SQL dialect: its parser and its functions.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;

use super::error::EngineError;
use super::quote;
use super::session::{Session, Settings};
use crate::model::interrupt::Interrupt;
use crate::model::syntax::{FunctionKind, Syntax, SyntaxError};

/// Parses SQL by a session in memory of its own.
pub struct Dialect {
    session: Mutex<Session>,
    functions: HashMap<String, FunctionKind>,
}

impl Dialect {
    /// Opens the session and reads the catalogue of functions.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn new() -> Result<Self, EngineError> {
        let settings = Settings {
            threads: Some(1),
            ..Settings::default()
        };
        let session = Session::in_memory(&settings, &Interrupt::default())?;
        let functions = functions(&session)?;
        Ok(Self {
            session: Mutex::new(session),
            functions,
        })
    }
}

/// All functions by name. A macro is volatile if its text calls something that
/// is; `error` is not, though the engine says so: it returns nothing at all.
fn functions(session: &Session) -> Result<HashMap<String, FunctionKind>, EngineError> {
    let rows = session.texts(
        "SELECT lower(function_name), bool_or(coalesce(stability, 'CONSISTENT') <> 'CONSISTENT')::VARCHAR,
                string_agg(lower(macro_definition), ' ')
         FROM duckdb_functions() WHERE function_type NOT IN ('table', 'pragma') GROUP BY 1",
    )?;
    let mut kinds = HashMap::new();
    let mut macros = Vec::new();
    for row in rows {
        let mut cells = row.into_iter();
        let (Some(Some(name)), Some(volatile), Some(definition)) =
            (cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        let volatile = volatile.as_deref() == Some("true") && name != "error";
        kinds.insert(
            name.clone(),
            if volatile {
                FunctionKind::Volatile
            } else {
                FunctionKind::Pure
            },
        );
        if let Some(definition) = definition {
            macros.push((name, definition));
        }
    }
    loop {
        let found: Vec<String> = macros
            .iter()
            .filter(|(name, _)| kinds.get(name) == Some(&FunctionKind::Pure))
            .filter(|(_, definition)| calls_volatile(definition, &kinds))
            .map(|(name, _)| name.clone())
            .collect();
        if found.is_empty() {
            return Ok(kinds);
        }
        kinds.extend(found.into_iter().map(|n| (n, FunctionKind::Volatile)));
    }
}

fn calls_volatile(definition: &str, kinds: &HashMap<String, FunctionKind>) -> bool {
    definition
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "current_timestamp" || kinds.get(word) == Some(&FunctionKind::Volatile))
}

impl Syntax for Dialect {
    fn parse(&self, sql: &str) -> Result<Vec<Value>, SyntaxError> {
        let other = |message: String| SyntaxError {
            message,
            position: None,
        };
        let session = self.session.lock().unwrap_or_else(|p| p.into_inner());
        let text = session
            .text(&format!(
                "SELECT json_serialize_sql({}::VARCHAR)::VARCHAR",
                quote::literal(sql)
            ))
            .map_err(|e| other(e.message))?
            .unwrap_or_default();
        // A chain of forty operators is nested more deeply than serde_json likes.
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        deserializer.disable_recursion_limit();
        let mut value = Value::deserialize(&mut deserializer).map_err(|e| other(e.to_string()))?;
        if value["error"] == Value::Bool(true) {
            return Err(SyntaxError {
                message: value["error_message"]
                    .as_str()
                    .unwrap_or("it cannot be parsed")
                    .to_owned(),
                position: value["position"].as_str().and_then(|p| p.parse().ok()),
            });
        }
        match value["statements"].take() {
            Value::Array(statements) => Ok(statements),
            _ => Ok(Vec::new()),
        }
    }

    fn function(&self, name: &str) -> FunctionKind {
        self.functions
            .get(&name.to_lowercase())
            .copied()
            .unwrap_or(FunctionKind::Unknown)
    }

    fn function_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.functions.keys().cloned().collect();
        names.sort();
        names
    }
}
