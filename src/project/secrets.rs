//! Credentials do not belong in a project file. A key that looks like one is
//! refused, and what it holds is blotted out before any line is shown: the
//! refusal must not copy a secret into a terminal or a log.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A key that looks like a credential.
pub(super) struct Secret {
    pub key: String,
    pub span: Range<usize>,
}

/// All such keys, and the text with what they hold blotted out. Byte positions
/// stay what they were.
pub(super) fn find(text: &str, root: &DeTable<'_>) -> (Vec<Secret>, String) {
    let mut found = Vec::new();
    let mut blots = Vec::new();
    walk(root, &mut Vec::new(), &mut found, &mut blots);
    (found, blotted(text, &blots))
}

/// The text of a file that is not TOML, with all blotted out that follows a key
/// that looks like a credential on its line.
pub(super) fn blot_lines(text: &str) -> String {
    let mut blots = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
        let mut secret = words.filter(|word| is_secret(word));
        if let Some(word) = secret.next() {
            let after = word.as_ptr() as usize - line.as_ptr() as usize + word.len();
            let value = line[after..]
                .find(['=', ':'])
                .map_or(after, |sign| after + sign + 1);
            blots.push(at + value..at + line.trim_end().len().max(value));
        }
        at += line.len();
    }
    blotted(text, &blots)
}

/// `path` is where the table is. The names of sources and of columns are the
/// user's own: a column `token` holds the type of one, not a token.
fn walk<'t>(
    table: &'t DeTable<'_>,
    path: &mut Vec<&'t str>,
    found: &mut Vec<Secret>,
    blots: &mut Vec<Range<usize>>,
) {
    let own_names = matches!(path.as_slice(), ["sources"] | ["sources", _, "columns"]);
    for (key, value) in table.iter() {
        if !own_names && is_secret(key.get_ref()) {
            found.push(Secret {
                key: key.get_ref().to_string(),
                span: key.span(),
            });
            blot(value.get_ref(), value.span(), blots);
            continue;
        }
        path.push(key.get_ref());
        walk_value(value.get_ref(), value.span(), path, found, blots);
        path.pop();
    }
}

fn walk_value<'t>(
    value: &'t DeValue<'_>,
    span: Range<usize>,
    path: &mut Vec<&'t str>,
    found: &mut Vec<Secret>,
    blots: &mut Vec<Range<usize>>,
) {
    match value {
        DeValue::Table(table) => walk(table, path, found, blots),
        DeValue::Array(items) => {
            for item in items.iter() {
                walk_value(item.get_ref(), item.span(), path, found, blots);
            }
        }
        DeValue::String(text) if has_user_in_url(text) => {
            found.push(Secret {
                key: path.last().copied().unwrap_or_default().to_owned(),
                span: span.clone(),
            });
            blots.push(span);
        }
        _ => {}
    }
}

/// Leaves only: the span of a table is that of its header.
fn blot(value: &DeValue<'_>, span: Range<usize>, blots: &mut Vec<Range<usize>>) {
    match value {
        DeValue::Table(table) => {
            for (_, value) in table.iter() {
                blot(value.get_ref(), value.span(), blots);
            }
        }
        _ => blots.push(span),
    }
}

fn blotted(text: &str, blots: &[Range<usize>]) -> String {
    let mut text = text.to_owned();
    for span in blots {
        let stars: String = text[span.clone()]
            .bytes()
            .map(|b| {
                if b == b'\n' || b == b'\r' {
                    b as char
                } else {
                    '*'
                }
            })
            .collect();
        text.replace_range(span.clone(), &stars);
    }
    text
}

/// `access_key_id`, `aws_secret_access_key`, `secret`, `db-password`,
/// `sessionToken`, …
pub(super) fn is_secret(key: &str) -> bool {
    let letters: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let letters = letters.strip_prefix("aws").unwrap_or(&letters);
    let letters = letters.strip_prefix("s3").unwrap_or(letters);
    letters.starts_with("accesskey")
        || letters.starts_with("secret")
        || letters.ends_with("password")
        || letters.ends_with("token")
}

/// `https://user:password@host/…`
pub(super) fn has_user_in_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let host = rest.split('/').next().unwrap_or_default();
        host.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_credentials_are_known() {
        for key in [
            "access_key",
            "access_key_id",
            "aws_access_key_id",
            "accessKeyId",
            "secret",
            "secret_access_key",
            "s3_secret",
            "aws-secret-access-key",
            "password",
            "db_password",
            "token",
            "session_token",
            "AWS_SESSION_TOKEN",
        ] {
            assert!(is_secret(key), "{key}");
        }
        for key in [
            "key",
            "path",
            "accounts",
            "tokens_per_day",
            "secondary",
            "name",
            "target",
        ] {
            assert!(!is_secret(key), "{key}");
        }
    }

    #[test]
    fn what_they_hold_is_blotted_out() {
        let text = "x = { token = \"ä1\", y = 1 }\n[secret]\na = '''b\nc'''\n\
                    d = [\"e\", 2]\n[z]\nurl = \"s3://k:p@h/x\"\n";
        let tree = DeTable::parse(text).unwrap();
        let (found, blotted) = find(text, tree.get_ref());
        assert_eq!(blotted.len(), text.len());
        insta::assert_snapshot!(blotted, @"
        x = { token = *****, y = 1 }
        [secret]
        a = ****
        ****
        d = ********
        [z]
        url = **************
        ");
        let keys: Vec<_> = found.iter().map(|secret| secret.key.as_str()).collect();
        assert_eq!(keys, ["secret", "token", "url"]);
    }

    #[test]
    fn names_that_users_choose_are_not_keys() {
        let text =
            "[sources.token]\npath = \"x\"\n[sources.token.columns]\npassword = \"VARCHAR\"\n";
        let tree = DeTable::parse(text).unwrap();
        assert!(find(text, tree.get_ref()).0.is_empty());
        let text = "[sources.token]\npath = \"x\"\npassword = \"x\"\n";
        let tree = DeTable::parse(text).unwrap();
        assert_eq!(find(text, tree.get_ref()).0.len(), 1);
    }

    #[test]
    fn lines_that_are_not_toml_are_blotted_too() {
        insta::assert_snapshot!(blot_lines("[s3]\nsecret_access_key = abc\r\n# ok = 1\nx = { password : ü }\ntoken"), @"
        [s3]
        secret_access_key =****
        # ok = 1
        x = { password :*****
        token
        ");
    }
}
