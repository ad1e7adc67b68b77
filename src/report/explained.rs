//! What the engine does to answer a query, as a tree to be read.

use crate::engine::explain::{Node, Plan};

use super::words;

/// The tree: an operator per line, what it is about below it; rows, and times where it was
/// run.
pub fn text(plan: &Plan) -> String {
    let mut text = String::new();
    if let Some(seconds) = plan.seconds.filter(|_| plan.is_measured) {
        text += &format!("It took {}.\n\n", words::short(seconds));
    }
    for node in &plan.roots {
        draw(node, plan.is_measured, ("", ""), &mut text);
    }
    text
}

/// `first` stands before its own line, `rest` before those below.
fn draw(node: &Node, is_measured: bool, (first, rest): (&str, &str), text: &mut String) {
    *text += &format!("{first}{}{}\n", node.operator, figures(node, is_measured));
    let bar = if node.below.is_empty() {
        "    "
    } else {
        "│   "
    };
    for (name, value) in &node.about {
        let lines = value.replace('\n', ", ");
        *text += &format!("{rest}{bar}{}: {lines}\n", name.to_lowercase());
    }
    for (at, below) in node.below.iter().enumerate() {
        let (own, others) = match at + 1 == node.below.len() {
            true => ("└ ", "  "),
            false => ("├ ", "│ "),
        };
        let (first, rest) = (format!("{rest}{own}"), format!("{rest}{others}"));
        draw(below, is_measured, (&first, &rest), text);
    }
}

fn figures(node: &Node, is_measured: bool) -> String {
    let rows = |rows: u64| words::count(rows, "row");
    let mut facts = Vec::new();
    match (node.rows, node.expected) {
        (Some(rows_of_it), Some(expected)) if rows_of_it != expected => {
            let expected = words::grouped(expected);
            facts.push(format!("{} ({expected} expected)", rows(rows_of_it)));
        }
        (Some(rows_of_it), _) => facts.push(rows(rows_of_it)),
        (None, Some(expected)) => facts.push(format!("about {}", rows(expected))),
        (None, None) => {}
    }
    if is_measured {
        facts.extend(node.seconds.map(words::short));
        facts.extend(node.share.map(|share| format!("{:.0} %", share * 100.0)));
        facts.extend(node.is_costliest.then(|| "the costliest".to_owned()));
    }
    match facts.is_empty() {
        true => String::new(),
        false => format!("  {}", facts.join(", ")),
    }
}
