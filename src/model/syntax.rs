//! What the layers above the engine need to know of SQL, without the engine.

use serde_json::Value;

/// SQL that could not be parsed, or is not one SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in the engine's words.
    pub message: String,
    /// Byte offset into the SQL, where the engine told one.
    pub position: Option<usize>,
}

/// How a function behaves when it is called twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// The same arguments give the same value.
    Pure,
    /// Depends on the clock, on chance, or on the session.
    Volatile,
    /// Not a function of the engine.
    Unknown,
}

/// A parser and function catalogue of the SQL dialect.
pub trait Syntax: Sync {
    /// The statements of `sql`, serialised; each a SELECT.
    ///
    /// # Errors
    /// [`SyntaxError`] if it does not parse or holds anything but SELECTs.
    fn parse(&self, sql: &str) -> Result<Vec<Value>, SyntaxError>;

    /// What is known about a scalar or aggregate function.
    fn function(&self, name: &str) -> FunctionKind;

    /// Names of all scalar and aggregate functions, for suggestions.
    fn function_names(&self) -> Vec<String>;
}
