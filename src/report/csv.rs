//! Comma-separated output: RFC 4180 with line feeds. NULL is an empty field, an
//! empty string is `""`, so that the two can be told apart.

use crate::engine::rows::Rows;

/// A result as CSV with a header.
pub fn of_rows(rows: &Rows) -> String {
    let mut out = String::new();
    line(&mut out, rows.columns.iter().map(|c| Some(c.name.as_str())));
    for row in &rows.rows {
        line(&mut out, row.iter().map(Option::as_deref));
    }
    out
}

/// Lines of cells as CSV; the first is the header.
pub fn of_lines(lines: &[Vec<Option<String>>]) -> String {
    let mut out = String::new();
    for cells in lines {
        line(&mut out, cells.iter().map(Option::as_deref));
    }
    out
}

fn line<'a>(out: &mut String, cells: impl Iterator<Item = Option<&'a str>>) {
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
    use crate::model::column::Column;

    #[test]
    fn null_and_empty_differ() {
        let rows = Rows {
            columns: vec![
                Column {
                    name: "a".into(),
                    ty: "VARCHAR".into(),
                },
                Column {
                    name: "b,c".into(),
                    ty: "VARCHAR".into(),
                },
            ],
            rows: vec![
                vec![None, Some(String::new())],
                vec![Some("x\"y".into()), Some("p\nq".into())],
            ],
            cut_off: false,
        };
        assert_eq!(of_rows(&rows), "a,\"b,c\"\n,\"\"\n\"x\"\"y\",\"p\nq\"\n");
    }
}
