//! Fingerprints: equal ones mean the same.

use serde_json::Value;

use crate::model::hash::ContentHash;
use crate::model::transform::{Header, Relation, Severity, TransformKind};

/// Raised when what goes into a fingerprint changes.
const FORMAT: &str = "workbench transform 1";

/// Where things stand in the text.
const PLACES: [&str; 2] = ["query_location", "query_location_length"];

/// The fingerprint of a transform or check: over its SQL without places, its
/// header's key, version and severity, and all it reads: transforms by their
/// fingerprints, sources and history by name only (None).
pub(super) fn fingerprint<'r>(
    kind: TransformKind,
    header: &Header,
    statement: &Value,
    reads: impl IntoIterator<Item = (&'r Relation, Option<ContentHash>)>,
) -> ContentHash {
    let severity = match header.severity {
        Severity::Fail => "fail",
        Severity::Warn => "warn",
    };
    let mut parts = vec![
        FORMAT.to_owned(),
        kind.folder().to_owned(),
        canonical(statement),
        header.version.to_string(),
        severity.to_owned(),
        header.key.len().to_string(),
    ];
    parts.extend(header.key.iter().cloned());
    for (relation, fingerprint) in reads {
        parts.push(relation.to_string());
        parts.push(fingerprint.map(|hash| hash.to_string()).unwrap_or_default());
    }
    ContentHash::of_parts(parts)
}

/// JSON with sorted keys, without the places of things in the text.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, false, &mut text);
    text
}

/// `lower`: inside the name of a type, which is a keyword to most people, but
/// which the engine keeps as it was written.
fn write(value: &Value, lower: bool, out: &mut String) {
    match value {
        Value::Object(part) => {
            let is_type = part.get("class").and_then(Value::as_str) == Some("TYPE");
            let mut entries: Vec<_> = part
                .iter()
                .filter(|(key, _)| !PLACES.contains(&key.as_str()))
                .collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                let names_it = is_type && matches!(key.as_str(), "type_name" | "qualified_name");
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(value, lower || names_it, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, lower, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::String(text) if lower => {
            out.push_str(&Value::from(text.to_lowercase()).to_string());
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    fn trees() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[a-z{}\\[\\]\":,é]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-z]{1,3}", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// The same tree of a text in which everything stands elsewhere.
    fn moved(tree: &Value, by: u64) -> Value {
        match tree {
            Value::Object(part) => {
                let mut moved: Map<String, Value> = part
                    .iter()
                    .map(|(key, value)| (key.clone(), self::moved(value, by)))
                    .collect();
                moved.insert("query_location".to_owned(), by.into());
                moved.insert("query_location_length".to_owned(), (by / 2).into());
                Value::Object(moved)
            }
            Value::Array(items) => items.iter().map(|item| moved(item, by)).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn places_do_not_count(tree in trees(), by: u64) {
            prop_assert_eq!(canonical(&tree), canonical(&moved(&tree, by)));
        }

        #[test]
        fn all_else_counts(one in trees(), other in trees()) {
            prop_assert_eq!(one == other, canonical(&one) == canonical(&other));
        }
    }

    #[test]
    fn the_case_of_types_does_not_count() {
        let cast = |ty: &str| {
            canonical(&json!({"class": "CAST", "type_expr": {
                "class": "TYPE", "type_name": ty, "qualified_name": {"path": [ty]},
            }}))
        };
        assert_eq!(cast("Date"), cast("DATE"));
        assert_ne!(cast("DATE"), cast("TIME"));
        let text = |text: &str| canonical(&json!({"class": "CONSTANT", "type_name": text}));
        assert_ne!(text("a"), text("A"));
    }

    #[test]
    fn the_header_and_what_is_read_count() {
        let relation = |name: &str| Relation {
            schema: crate::model::transform::Schema::Staging,
            name: name.to_owned(),
        };
        let header = Header {
            key: vec!["a".to_owned(), "b".to_owned()],
            version: 1,
            ..Header::default()
        };
        let (x, y) = (relation("x"), relation("y"));
        let hash = Some(ContentHash::of(b"1"));
        let of = |kind, header: &Header, reads: Vec<(&Relation, Option<ContentHash>)>| {
            fingerprint(kind, header, &json!({"a": 1}), reads)
        };
        let kind = TransformKind::Features;
        let first = of(kind, &header, vec![(&x, hash)]);

        let described = Header {
            description: Some("x".to_owned()),
            columns: vec![("a".to_owned(), "A".to_owned())],
            ..header.clone()
        };
        assert_eq!(first, of(kind, &described, vec![(&x, hash)]));

        let turned = Header {
            key: vec!["b".to_owned(), "a".to_owned()],
            ..header.clone()
        };
        let raised = Header {
            version: 2,
            ..header.clone()
        };
        let milder = Header {
            severity: Severity::Warn,
            ..header.clone()
        };
        for changed in [turned, raised, milder] {
            assert_ne!(first, of(kind, &changed, vec![(&x, hash)]), "{changed:?}");
        }
        assert_ne!(first, of(TransformKind::Check, &header, vec![(&x, hash)]));
        assert_ne!(first, of(kind, &header, vec![(&y, hash)]));
        assert_ne!(first, of(kind, &header, vec![(&x, None)]));
        assert_ne!(first, of(kind, &header, vec![(&x, hash), (&y, None)]));
    }
}
