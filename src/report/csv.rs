//! Comma-separated output: RFC 4180 with line feeds. NULL is an empty field, an
//! empty string is `""`, so that the two can be told apart.

/// Lines of cells as CSV; the first is the header.
pub fn of_lines(lines: &[Vec<Option<String>>]) -> String {
    let mut out = String::new();
    for cells in lines {
        line(&mut out, cells.iter().map(Option::as_deref));
    }
    out
}

/// One line.
pub fn line<'a>(out: &mut String, cells: impl Iterator<Item = Option<&'a str>>) {
    for (i, value) in cells.enumerate() {
        if i > 0 {
            out.push(',');
        }
        let Some(value) = value else { continue };
        if value.is_empty() || value.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&value.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(value);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_differ() {
        let lines = [
            vec![Some("a".to_owned()), Some("b,c".to_owned())],
            vec![None, Some(String::new())],
            vec![Some("x\"y".to_owned()), Some("p\nq".to_owned())],
        ];
        assert_eq!(of_lines(&lines), "a,\"b,c\"\n,\"\"\n\"x\"\"y\",\"p\nq\"\n");
    }
}
