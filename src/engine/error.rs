//! What the engine refused, by what it means to the caller.

use serde_json::Value;

use super::advice;

/// The meaning of an engine error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The SQL does not parse, or names something that is not there.
    Statement,
    /// A parameter has no value, or a value no parameter.
    Parameter,
    /// A value does not fit.
    Data,
    /// Another process holds the database file.
    Locked,
    /// The session may not do this.
    Forbidden,
    OutOfMemory,
    Interrupted,
    Io,
    /// Anything else, defects of the engine included.
    Other,
}

/// An error of the engine, in its own words, but for advice that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    pub kind: ErrorKind,
    pub message: String,
    /// Byte offset into the statement, where the engine told one.
    pub position: Option<usize>,
    /// The line of a CSV file that was being read, from 1.
    pub csv_line: Option<u64>,
}

impl EngineError {
    /// An error of a kind, with a message of ours.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            position: None,
            csv_line: None,
        }
    }

    /// Whether this is a wish to stop.
    pub fn is_interrupt(&self) -> bool {
        self.kind == ErrorKind::Interrupted
    }

    /// The process that holds the database file, if the message tells.
    pub fn holder(&self) -> Option<u32> {
        let (_, rest) = self.message.split_once("(PID ")?;
        rest.split(')').next()?.parse().ok()
    }
}

impl From<duckdb::Error> for EngineError {
    fn from(error: duckdb::Error) -> Self {
        let text = error.to_string();
        // With `errors_as_json` the engine says `Kind Error: {…}`.
        let json = text
            .find('{')
            .and_then(|at| serde_json::from_str::<Value>(&text[at..]).ok());
        let field = |name: &str| {
            json.as_ref()
                .and_then(|j| j.get(name))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let exception = field("exception_type")
            .or_else(|| text.split_once(" Error: ").map(|(kind, _)| kind.to_owned()))
            .unwrap_or_default();
        let message = field("exception_message").unwrap_or_else(|| {
            text.split_once(" Error: ")
                .map_or(text.clone(), |(_, message)| message.to_owned())
        });
        let kind = match exception.as_str() {
            "INTERRUPT" | "Interrupt" => ErrorKind::Interrupted,
            "Parser" | "Binder" | "Catalog" | "Syntax" | "Not implemented" => ErrorKind::Statement,
            "Conversion" | "Constraint" | "Out of Range" | "Invalid Input" | "Mismatch Type"
            | "Divide by Zero" | "Decimal" => ErrorKind::Data,
            "Permission" => ErrorKind::Forbidden,
            "Out of Memory" => ErrorKind::OutOfMemory,
            "IO" if message.contains("lock on file") => ErrorKind::Locked,
            "IO" => ErrorKind::Io,
            _ if message.contains("Interrupted!") => ErrorKind::Interrupted,
            _ => ErrorKind::Other,
        };
        let csv_line = message
            .strip_prefix("CSV Error on Line: ")
            .and_then(|rest| {
                rest.split(|c: char| !c.is_ascii_digit())
                    .next()?
                    .parse()
                    .ok()
            });
        Self {
            kind,
            position: field("position").and_then(|p| p.parse().ok()),
            csv_line,
            message: advice::heeded(message.trim_end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_text(text: &str) -> EngineError {
        duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some(text.to_owned())).into()
    }

    #[test]
    fn json_errors_are_read() {
        let error = from_text(
            r#"Binder Error: {"exception_type":"Binder","exception_message":"Referenced column \"x\" not found","position":"7"}"#,
        );
        assert_eq!(error.kind, ErrorKind::Statement);
        assert_eq!(error.position, Some(7));
        assert_eq!(error.message, "Referenced column \"x\" not found");
    }

    #[test]
    fn a_lock_names_its_holder() {
        let error = from_text(
            "IO Error: Could not set lock on file \"w\": Conflicting lock is held in x (PID 42). See also y",
        );
        assert_eq!(error.kind, ErrorKind::Locked);
        assert_eq!(error.holder(), Some(42));
    }
}
