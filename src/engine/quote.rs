//! How names and values reach SQL. Nothing else in the program puts text of
//! others into a statement.

/// `name` as a quoted identifier.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `schema.name`, both quoted.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

/// Quoted identifiers, separated by commas.
pub fn idents<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    join(names.into_iter().map(|n| ident(n.as_ref())))
}

/// `value` as a string literal.
pub fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// String literals as a list: `['a', 'b']`.
pub fn literals<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> String {
    format!(
        "[{}]",
        join(values.into_iter().map(|v| literal(v.as_ref())))
    )
}

/// Parts of a statement, separated by commas.
pub fn join(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literals(["a", "b'"]), "['a', 'b''']");
        assert_eq!(qualified("raw", "x"), "\"raw\".\"x\"");
    }
}
