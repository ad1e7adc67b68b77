//! The tables of `docs/json.md`, and documents held against them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The rows of one table: a field's path, and its kind.
type Fields = Vec<(String, String)>;

/// What the page says.
pub struct Page {
    pub sections: BTreeMap<String, Fields>,
    /// Section and path of every field that was printed.
    seen: RefCell<BTreeSet<(String, String)>>,
}

impl Page {
    pub fn read() -> Self {
        let mut sections: BTreeMap<String, Fields> = BTreeMap::new();
        let mut title = String::new();
        for line in include_str!("../../../docs/json.md").lines() {
            if let Some(new) = line.strip_prefix("## ").or(line.strip_prefix("### ")) {
                title = new.to_owned();
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            if let ["", field, kind, .., ""] = cells[..]
                && let Some(path) = field.strip_prefix('`').and_then(|f| f.strip_suffix('`'))
            {
                let fields = sections.entry(title.clone()).or_default();
                fields.push((path.to_owned(), kind.to_owned()));
            }
        }
        assert!(sections.len() > 10, "where are the sections? {sections:#?}");
        Self {
            sections,
            seen: RefCell::default(),
        }
    }

    pub fn check(&self, section: &str, document: &Value) {
        let fields = self.sections.get(section);
        let fields = fields.unwrap_or_else(|| panic!("docs/json.md has no section {section}"));
        let at = At {
            page: self,
            section,
            fields,
        };
        if let [(path, kind)] = &fields[..]
            && path == "[]"
        {
            at.value("", &format!("list of {kind}"), document);
            at.saw(path);
        } else if fields[0].0.starts_with("[].") {
            for element in document.as_array().expect(section) {
                at.object("[].", element);
            }
        } else {
            at.object("", document);
        }
    }

    pub fn never_seen(&self) -> Vec<String> {
        let all = self.sections.iter().flat_map(|(section, fields)| {
            let paths = fields.iter().map(|(path, _)| path.clone());
            paths.map(move |path| (section.clone(), path))
        });
        let seen = self.seen.borrow();
        all.filter(|field| !seen.contains(field))
            .map(|(section, path)| format!("{section}: {path}"))
            .collect()
    }
}

/// A place in a section.
struct At<'p> {
    page: &'p Page,
    section: &'p str,
    fields: &'p Fields,
}

impl At<'_> {
    /// An object whose fields are documented behind `prefix`.
    fn object(&self, prefix: &str, value: &Value) {
        let place = format!("{} of {}", prefix.trim_end_matches('.'), self.section);
        let object = value.as_object();
        let object = object.unwrap_or_else(|| panic!("{place} is no object: {value}"));
        let own: BTreeMap<&str, &str> = self
            .fields
            .iter()
            .filter_map(|(path, kind)| {
                let name = path.strip_prefix(prefix)?;
                (!name.contains(['.', '['])).then_some((name, kind.as_str()))
            })
            .collect();
        for name in object.keys() {
            assert!(
                own.contains_key(&**name),
                "{place}: `{name}` is not documented: {value:#}"
            );
        }
        for (name, kind) in own {
            let (kind, may_be_missing) = match kind.strip_suffix(", if any") {
                Some(kind) => (kind, true),
                None => (kind, false),
            };
            let Some(value) = object.get(name) else {
                assert!(may_be_missing, "{place}: `{name}` is missing: {value:#}");
                continue;
            };
            let path = format!("{prefix}{name}");
            self.value(&path, kind, value);
            self.saw(&path);
        }
    }

    fn saw(&self, path: &str) {
        let seen = (self.section.to_owned(), path.to_owned());
        self.page.seen.borrow_mut().insert(seen);
    }

    fn value(&self, path: &str, kind: &str, value: &Value) {
        if let Some(kind) = kind.strip_suffix(" or null") {
            if !value.is_null() {
                self.value(path, kind, value);
            }
            return;
        }
        if let Some(kind) = kind.strip_prefix("list of ") {
            let list = value.as_array();
            let list = list.unwrap_or_else(|| self.wrong(path, kind, value));
            for element in list {
                self.value(&format!("{path}[]"), kind, element);
            }
            return;
        }
        let is_it = match kind {
            "text" => value.is_string(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "figure" => value.is_number() || value.is_string(),
            "row" => value.is_object(),
            // In a demo's day there is more, which was looked at.
            "object" if self.section == "`workbench demo`" && path == "days[]" => {
                self.value("days[].event", "text or null", &value["event"]);
                self.saw("days[].event");
                true
            }
            "object" => {
                self.object(&format!("{path}."), value);
                true
            }
            shape => {
                let section = format!("Shape: {shape}");
                self.page.check(&section, value);
                true
            }
        };
        if !is_it {
            self.wrong(path, kind, value)
        }
    }

    fn wrong(&self, path: &str, kind: &str, value: &Value) -> ! {
        panic!(
            "`{path}` of {} is documented as {kind}, and is {value}",
            self.section
        )
    }
}
