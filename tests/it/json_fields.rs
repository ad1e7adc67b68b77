//! `docs/json.md`: the fields that are documented are those that are printed.
//!
//! A listing that is new gets a section there and a line in [`printed`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::world::World;

/// The document of each command, under the title of its section. Each is run where
/// as many of its fields as can be have something in them.
fn printed(world: &World) -> Vec<(&'static str, Value)> {
    let json = |args: &[&str]| -> Value {
        let ended = world.run(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}: {ended:?}"))
    };
    let dies = |args: &[&str], fault: &str| {
        let ended = world.run_with(args, fault);
        assert!(ended.signal.is_some(), "{args:?}: {ended:?}");
    };
    let edit = |file: &str, from: &str, to: &str| {
        let text = std::fs::read_to_string(world.path(file)).unwrap();
        assert!(text.contains(from), "{file}");
        world.write(file, &text.replace(from, to));
    };
    let mut all = vec![("`workbench demo`", json(&["demo", "."]))];
    world.write("raw/empty.csv", "");
    all.extend([
        (
            "`workbench init`",
            json(&["init", "proposed", "--from", "raw"]),
        ),
        ("Errors", json(&["runs", "show", "99"])),
        ("`workbench catalog`", json(&["catalog"])),
        ("`workbench catalog`", json(&["catalog", "invoices"])),
        ("`workbench quarantine`", json(&["quarantine"])),
        ("`workbench runs`", json(&["runs", "--limit", "99"])),
        // The first, one that was refused, one with schema events.
        ("`workbench runs show`", json(&["runs", "show", "1"])),
        ("`workbench runs show`", json(&["runs", "show", "22"])),
        ("`workbench runs show`", json(&["runs", "show", "11"])),
        (
            "`workbench runs show --log`",
            json(&["runs", "show", "22", "--log"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["bookmarks", "reset", "skus"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["bookmarks", "hold", "invoices", "*-13.csv"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["bookmarks", "rewind", "invoices", "--to", "25"]),
        ),
        (
            "`workbench bookmarks reset`",
            json(&["quarantine", "replay", "invoice_line_items"]),
        ),
        ("`workbench bookmarks`", json(&["bookmarks"])),
        (
            "`workbench bookmarks explain`",
            json(&[
                "bookmarks",
                "explain",
                "raw/invoices/invoices_2024-06-23.csv",
            ]),
        ),
        ("`workbench plan`", json(&["plan"])),
    ]);
    for verb in ["rewind", "hold", "reset"] {
        let bookmarks = json(&["bookmarks"]);
        let mut wishes = bookmarks["wishes"].as_array().unwrap().iter();
        let wish = wishes.find(|wish| wish["kind"] == verb).unwrap();
        let id = wish["id"].as_str().unwrap();
        all.push((
            "`workbench bookmarks cancel`",
            json(&["bookmarks", "cancel", id]),
        ));
    }

    let level = "sql/features/account_invoice_level.sql";
    edit(level, "margin AS", "margin + 0 AS");
    edit(
        "sql/features/account_level.sql",
        "FROM staging.accounts",
        "FROM staging.acounts",
    );
    all.extend([
        ("`workbench transforms`", json(&["transforms"])),
        (
            "`workbench transforms show`",
            json(&["transforms", "show", "account_invoice_level"]),
        ),
        (
            "`workbench transforms show`",
            json(&["transforms", "show", "account_invoice_level@1"]),
        ),
        (
            "`workbench transforms history`",
            json(&["transforms", "history", "account_level"]),
        ),
        (
            "`workbench transforms history`",
            json(&["transforms", "history", "price_not_negative"]),
        ),
        (
            "`workbench transforms diff`",
            json(&["transforms", "diff", "account_invoice_level"]),
        ),
        ("`workbench catalog`", json(&["catalog"])),
    ]);
    edit(
        "sql/features/account_level.sql",
        "FROM staging.acounts",
        "FROM staging.accounts",
    );
    world.write(
        "sql/features/rough.sql",
        "/*\nkey = [\"n\"]\n*/\nSELECT 1 AS n, sum(item_cost_price::DOUBLE) AS cost FROM raw.skus",
    );

    // A run that dies after it committed: the next one completes it.
    let deliver = |name: &str, n: u64| {
        let id = 900_000 + n % 10;
        let header = "invoice_id,account_id,date_issued,channel,pages";
        world.write(
            &format!("raw/invoices/{name}.csv"),
            &format!("{header}\n{id},1,2024-11-01,web,{n}\n"),
        );
    };
    dies(&["export"], "state-publishing=abort");
    deliver("z_1", 1);
    all.push(("`workbench plan`", json(&["plan"])));
    all.push(("`workbench export`", json(&["export"])));
    let after = json(&["runs", "--limit", "1"]);
    let last = after[0]["run"].to_string();
    all.push(("`workbench runs show`", json(&["runs", "show", &last])));
    // Columns that are new, need more room, and are refused.
    deliver("z_2", 12_345_678_902);
    all.push(("`workbench export`", json(&["export"])));
    edit(
        "workbench.toml",
        "[sources.invoices]",
        "[sources.invoices]\nschema = \"freeze\"",
    );
    world.write(
        "raw/invoices/z_3.csv",
        "invoice_id,account_id,date_issued,surprise\n",
    );
    all.push(("`workbench export`", json(&["export"])));
    std::fs::remove_file(world.path("raw/invoices/z_3.csv")).unwrap();
    // One that is given up: what it left at its keys is put right.
    edit(level, "margin + 0 AS", "margin + 1 AS");
    dies(
        &["export", "--date", "2024-10-20", "--known", "now"],
        "partition-renamed=abort",
    );
    let after = json(&["runs", "--limit", "1"]);
    let last = after[0]["run"].to_string();
    all.push(("`workbench runs`", after));
    all.push((
        "`workbench runs abandon`",
        json(&["runs", "abandon", &last]),
    ));
    all.push(("`workbench plan`", json(&["plan"])));
    // What is asked for and cannot be had.
    std::fs::remove_file(world.path("raw/skus/skus_2024-06-09.csv")).unwrap();
    all.push((
        "`workbench bookmarks reset`",
        json(&["bookmarks", "reset", "skus"]),
    ));
    world.write("raw/skus/skus_2024-11-03.csv", "item_id\n\"1");
    all.push(("`workbench export`", json(&["export"])));
    all.push(("`workbench bookmarks`", json(&["bookmarks"])));
    all
}

#[test]
fn the_documented_fields_are_those_that_are_printed() {
    let page = Page::read();
    let world = World::empty();
    let mut sections = BTreeSet::new();
    for (title, mut document) in printed(&world) {
        if title == "`workbench demo`" {
            // Each day is a document of `export`, with one field more.
            for day in document["days"].as_array_mut().unwrap() {
                let day = day.as_object_mut().unwrap();
                let event = day.remove("event");
                page.check("`workbench export`", &Value::Object(std::mem::take(day)));
                day.extend(event.map(|event| ("event".to_owned(), event)));
            }
        }
        page.check(title, &document);
        sections.insert(title);
    }
    let documented: BTreeSet<&str> = page.sections.keys().map(String::as_str).collect();
    let shapes = documented
        .iter()
        .filter(|title| title.starts_with("Shape: "));
    let told: BTreeSet<&str> = sections.into_iter().chain(shapes.copied()).collect();
    assert_eq!(
        told, documented,
        "sections of docs/json.md, and what is printed for them"
    );
    let never = page.never_seen();
    assert!(
        never.is_empty(),
        "documented, and never printed:\n{}",
        never.join("\n")
    );
}

/// The rows of one table: a field's path, and its kind.
type Fields = Vec<(String, String)>;

/// What the page says.
struct Page {
    sections: BTreeMap<String, Fields>,
    /// Section and path of every field that was printed.
    seen: RefCell<BTreeSet<(String, String)>>,
}

impl Page {
    fn read() -> Self {
        let mut sections: BTreeMap<String, Fields> = BTreeMap::new();
        let mut title = String::new();
        for line in include_str!("../../docs/json.md").lines() {
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

    fn check(&self, section: &str, document: &Value) {
        let fields = self.sections.get(section);
        let fields = fields.unwrap_or_else(|| panic!("docs/json.md has no section {section}"));
        let at = At {
            page: self,
            section,
            fields,
        };
        if fields[0].0.starts_with("[]") {
            for element in document.as_array().expect(section) {
                at.object("[].", element);
            }
        } else {
            at.object("", document);
        }
    }

    fn never_seen(&self) -> Vec<String> {
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
            self.page
                .seen
                .borrow_mut()
                .insert((self.section.to_owned(), path));
        }
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
            // In a demo's day there is more, which was looked at.
            "object" if self.section == "`workbench demo`" && path == "days[]" => {
                self.value("days[].event", "text or null", &value["event"]);
                let seen = (self.section.to_owned(), "days[].event".to_owned());
                self.page.seen.borrow_mut().insert(seen);
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
