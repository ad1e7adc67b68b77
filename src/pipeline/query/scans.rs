//! What the scans of a plan read: the engine tells of files, which are named by their
//! content, and of the warehouse's own tables.

use crate::engine::explain::{Node, Plan};
use crate::model::partition::DAY;
use crate::pipeline::error::count;
use crate::pipeline::reading::Opened;

/// What the engine says of a scan that is told better here.
const SAID: [&str; 4] = ["Filename(s)", "Total Files Read", "Scanning Files", "Type"];

/// Where the rows of sources lie in the warehouse.
const RAW: &str = "warehouse.intervals.";

/// Says of each scan which table it reads, and how many files. `sql` names the tables.
pub(super) fn name(plan: &mut Plan, opened: &[Opened], sql: &str) {
    let skipped = |c: &char| !c.is_whitespace() && !['"', '`'].contains(c);
    let sql: String = sql.to_lowercase().chars().filter(skipped).collect();
    // A staging view may read what the statement does not name.
    let (named, others): (Vec<&Opened>, Vec<&Opened>) = opened
        .iter()
        .partition(|opened| sql.contains(&opened.table));
    let parts = [named, others];
    plan.roots.iter_mut().for_each(|node| visit(node, &parts));
}

fn visit(node: &mut Node, opened: &[Vec<&Opened>; 2]) {
    let own = |(name, table): &(String, String)| match name.as_str() {
        "Table" => table.strip_prefix(RAW).map(|name| format!("raw.{name}")),
        _ => None,
    };
    let told = match node.operator.as_str() {
        "read parquet" => opened.iter().find_map(|part| of_files(node, part)),
        _ => node.about.iter().find_map(own),
    };
    if let Some(told) = told {
        node.about
            .retain(|(name, _)| name != "Table" && !SAID.contains(&name.as_str()));
        node.about.insert(0, ("Table".to_owned(), told));
    }
    node.below.iter_mut().for_each(|node| visit(node, opened));
}

fn of_files(node: &Node, opened: &[&Opened]) -> Option<String> {
    let said = |name: &str| {
        let fact = node.about.iter().find(|(n, _)| n == name);
        fact.map(|(_, value)| value.as_str())
    };
    let files: Vec<&str> = said("Filename(s)").map_or(Vec::new(), |f| f.split(", ").collect());
    let read: Vec<&str> = said("Projections").map_or(Vec::new(), |p| p.split(", ").collect());
    // The days of a history are told apart by its files.
    let is_history =
        said("Scanning Files").is_some() || said("File Filters").is_some() || read.contains(&DAY);
    let could_be = |opened: &&&Opened| {
        let has_files = files
            .iter()
            .all(|file| opened.files.iter().any(|own| own.to_str() == Some(file)));
        let has_columns = read
            .iter()
            .filter(|name| !name.starts_with(['#', '(']))
            .all(|name| opened.columns.iter().any(|own| own == name));
        has_files && has_columns && (!is_history || opened.table.starts_with("history."))
    };
    let mut tables: Vec<&&Opened> = opened.iter().filter(could_be).collect();
    // A file may be a day's of the one, and the only one of the other.
    let has_all = |opened: &&&Opened| opened.files.len() == files.len();
    if !is_history && tables.iter().any(has_all) {
        tables.retain(has_all);
    }
    let names: Vec<&str> = tables.iter().map(|opened| opened.table.as_str()).collect();
    let some_of = said("Scanning Files").and_then(|said| said.split_once('/'));
    let of = match (&tables[..], some_of, &files[..]) {
        ([], ..) => return None,
        (_, Some((some, all)), _) => format!(" ({some} of {all} files)"),
        ([only], None, []) => format!(" ({})", count(only.files.len() as u64, "file")),
        // Which of them it is the engine does not say.
        (_, None, []) => String::new(),
        (_, None, files) => format!(" ({})", count(files.len() as u64, "file")),
    };
    Some(names.join(" or ") + &of)
}
