use super::*;

fn typed(name: &str, texts: &str) -> TypedColumn {
    let mut values = Values::default();
    for (at, text) in texts.split('|').enumerate() {
        values.take(text.as_bytes(), 0, at as u64 + 2);
    }
    decide(name, &values, day_first(&values))
}

fn declared(name: &str, texts: &str) -> String {
    let DeclaredColumn {
        ty,
        format,
        decimal,
        also,
        ..
    } = typed(name, texts).declared;
    let mut out = ty;
    for format in format.iter().chain(&also.formats) {
        out += &format!(" {format}");
    }
    if let Some(mark) = decimal {
        out += &format!(" decimal {mark}");
    }
    if let Some(mark) = also.thousands {
        out += &format!(" thousands {mark}");
    }
    if !also.nulls.is_empty() {
        out += &format!(" nulls {}", also.nulls.join(" "));
    }
    out
}

#[test]
fn values_have_the_narrowest_type_they_fit() {
    for (texts, expected) in [
        ("1|2|-3|", "BIGINT"),
        ("1|2.5|-3.125", "DECIMAL(18,3)"),
        ("12345678901234567.25|1", "DECIMAL(38,2)"),
        ("1|9223372036854775807", "BIGINT"),
        ("1|9223372036854775808", "VARCHAR"),
        ("007|008|123", "VARCHAR"),
        ("0|10|0.5", "DECIMAL(18,1)"),
        ("1e5|2.5", "DOUBLE"),
        ("1,234.50|5", "DECIMAL(18,2) thousands ,"),
        ("1.234,50|5", "DECIMAL(18,2) decimal , thousands ."),
        ("1234,5|5", "DECIMAL(18,1) decimal ,"),
        ("1,234|5", "BIGINT thousands ,"),
        ("1 234|5", "BIGINT thousands  "),
        ("true|FALSE|", "BOOLEAN"),
        ("1|2|N/A|-", "BIGINT nulls N/A -"),
        ("2024-01-31|2024-02-01", "DATE"),
        ("31/1/2024|2/2/2024", "DATE %d/%m/%Y"),
        ("1/31/2024|2/2/2024", "DATE %m/%d/%Y"),
        ("1/2/2024|2/2/2024", "DATE %d/%m/%Y"),
        ("31.01.2024", "DATE %d.%m.%Y"),
        ("31-Jan-2024|1-May-2024", "DATE %d-%b-%Y"),
        ("31/01/24|01/02/24", "DATE %d/%m/%y"),
        ("2024-01-31|0000-00-00", "DATE nulls 0000-00-00"),
        ("2024-01-31 10:00:00|2024-01-31 23:59:59", "TIMESTAMP"),
        (
            "2024-01-31 10:00|2024-01-31 23:59",
            "TIMESTAMP %Y-%m-%d %H:%M",
        ),
        ("31/01/2024 10:00:00 PM", "TIMESTAMP %d/%m/%Y %I:%M:%S %p"),
        ("2024-01-31|31/01/2024", "DATE %Y-%m-%d %d/%m/%Y"),
        ("20240131|20240201", "BIGINT"),
        ("Ann|Bob", "VARCHAR"),
        ("N/A|-", "VARCHAR"),
        ("|", "VARCHAR"),
        ("2024-02-30|2024-02-31", "VARCHAR"),
    ] {
        assert_eq!(declared("x", texts), expected, "{texts}");
    }
    assert_eq!(declared("order_date", "20240131|20240201"), "DATE %Y%m%d");
    assert_eq!(declared("phone", "98765432|12345678"), "VARCHAR");
    assert_eq!(declared("contact_phone", "98765432"), "VARCHAR");
    assert_eq!(declared("zip", "12345"), "VARCHAR");
}

#[test]
fn a_few_values_that_do_not_fit_are_told() {
    let column = typed("x", "1|2|3|4|5|6|oops|8|9|10");
    assert_eq!((column.declared.ty.as_str(), column.misfits), ("BIGINT", 1));
    let first = column.first_misfit.unwrap();
    assert_eq!((first.line, first.text.as_str()), (8, "oops"));
    // More than a few, and it is text.
    let column = typed("x", "1|2|3|4|a|b|7|8");
    assert_eq!(column.declared.ty, "VARCHAR");
    assert!(
        column.notes[0].contains("6 of 8 values are numbers"),
        "{:?}",
        column.notes
    );
    let dates =
        "1/1/2020|2/1/2020|13/1/2020|4/1/2020|30/02/2020|6/1/2020|7/1/2020|8/1/2020|9/1/2020";
    let column = typed("x", dates);
    assert_eq!(column.declared.format.as_deref(), Some("%d/%m/%Y"));
    assert_eq!(
        (column.misfits, column.first_misfit.unwrap().text),
        (1, "30/02/2020".to_owned())
    );
}

#[test]
fn what_is_not_sure_is_said() {
    let notes = |texts: &str| typed("x", texts).notes.join("; ");
    assert!(notes("1/2/2024|2/2/2024").contains("`%m/%d/%Y`"));
    assert!(notes("31/1/2024|2/2/2024").is_empty());
    assert!(notes("007|1").contains("1 of 2 values begin with a zero"));
    assert!(notes("|").contains("empty everywhere"));
    assert!(notes("1,234|2,345").contains("thousands"));
    assert!(notes("$5|$7").contains("sign"));
    assert!(notes("2024-01-31|31/01/2024").contains("mixed"));
    // Neighbours know which comes first.
    let mut values = Values::default();
    values.take(b"1/2/2024", 0, 1);
    let column = decide("x", &values, Some(false));
    assert_eq!(column.declared.format.as_deref(), Some("%m/%d/%Y"));
}
