//! The known name that a mistyped one was probably meant to be.

/// The known name nearest to `word`, if one is near enough to be suggested: at
/// most a third of the letters differ, in any case. The first of equals.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let reach = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&word, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let known = ["path", "load", "key", "columns", "bad_rows"];
        assert_eq!(nearest("laod", known), Some("load"));
        assert_eq!(nearest("KEY", known), Some("key"));
        assert_eq!(nearest("badrows", known), Some("bad_rows"));
        assert_eq!(nearest("column", known), Some("columns"));
        assert_eq!(nearest("compression", known), None);
        assert_eq!(nearest("", known), None);
    }
}
