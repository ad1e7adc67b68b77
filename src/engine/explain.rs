//! What the engine does to answer a query, as a tree. It writes it as JSON, in one
//! form for `EXPLAIN (FORMAT json)` and in another for `EXPLAIN (ANALYZE, FORMAT json)`:
//! <https://duckdb.org/docs/stable/guides/meta/explain_analyze>.

use serde_json::Value;

use crate::model::partition::{DAY, DAY_FOLDERS};

/// A plan, and what came of it where it was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether it was run: then there are times, and numbers of rows.
    pub is_measured: bool,
    /// Seconds of all threads together, at work for it.
    pub cpu_seconds: Option<f64>,
    /// Seconds from its beginning to its end.
    pub seconds: Option<f64>,
    /// The operators over which there is none; mostly one.
    pub roots: Vec<Node>,
}

/// An operator, over those whose rows it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// As a person writes it: `hash join`, `read parquet`.
    pub operator: String,
    /// What it is about: tables, conditions, columns; names and values.
    pub about: Vec<(String, String)>,
    /// Rows that the engine expected to come of it.
    pub expected: Option<u64>,
    /// Rows that came of it.
    pub rows: Option<u64>,
    /// Its own time, without those below it, of all threads together.
    pub seconds: Option<f64>,
    /// Of the time of all operators, 0 to 1.
    pub share: Option<f64>,
    /// No other one took longer.
    pub is_costliest: bool,
    pub below: Vec<Node>,
}

/// What the engine puts around the query itself, to run and explain it.
const WRAPPERS: [&str; 4] = [
    "RESULT_COLLECTOR",
    "EXECUTE",
    "EXPLAIN_ANALYZE",
    "QUERY_ROOT",
];
const EXPECTED: &str = "Estimated Cardinality";

/// Reads what the engine wrote. None if it is neither form.
pub fn read(json: &str) -> Option<Plan> {
    let document: Value = serde_json::from_str(json).ok()?;
    let (is_measured, tops) = match &document {
        Value::Array(tops) => (false, tops),
        Value::Object(all) => {
            let tops = all.get("operator").or_else(|| all.get("children"))?;
            (true, tops.as_array()?)
        }
        _ => return None,
    };
    let mut roots: Vec<Node> = tops.iter().flat_map(|top| bare(top, is_measured)).collect();
    if is_measured {
        weigh(&mut roots);
    }
    let of_query = |name: &str| document.get("query")?.get(name)?.as_f64();
    Some(Plan {
        is_measured,
        cpu_seconds: of_query("cpu_time"),
        seconds: of_query("total_time").or_else(|| of_query("latency")),
        roots,
    })
}

/// A node without the wrappers around it.
fn bare(node: &Value, is_measured: bool) -> Vec<Node> {
    let below = node["children"].as_array().map_or(&[][..], Vec::as_slice);
    let below = below.iter().flat_map(|child| bare(child, is_measured));
    let name = node["name"].as_str().or_else(|| node["type"].as_str());
    let name = name.unwrap_or_default();
    if WRAPPERS.contains(&name) {
        return below.collect();
    }
    let extra = node["extra_info"].as_object();
    let expected = extra.and_then(|extra| number(extra.get(EXPECTED)?));
    let said = extra.into_iter().flatten();
    let about: Vec<(String, String)> = said
        .filter(|(name, _)| *name != EXPECTED)
        .map(|(name, value)| (name.clone(), shortened(&text(value))))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    // A scan says by which function: that is what it is.
    let function = about.iter().find(|(name, _)| name == "Function");
    let operator = match (name, function) {
        ("TABLE_SCAN", Some((_, function))) => function.as_str(),
        (name, _) => name,
    };
    vec![Node {
        operator: operator.trim().to_lowercase().replace('_', " "),
        about: about
            .iter()
            .filter(|a| a.0 != "Function")
            .cloned()
            .collect(),
        expected,
        rows: number(&node["intermediate_rows"])
            .or_else(|| number(&node["operator_cardinality"]))
            .filter(|_| is_measured),
        seconds: node["timing"]
            .as_f64()
            .or_else(|| node["operator_timing"].as_f64())
            .filter(|_| is_measured),
        share: None,
        is_costliest: false,
        below: below.collect(),
    }]
}

fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim_start_matches('~').parse().ok())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Without how the engine tells days of a dataset apart by their files
/// (`parquet::select_dated`): of it only the day is meant.
fn shortened(text: &str) -> String {
    let by_place = "CAST(strptime(substr(_wb_path, ";
    let by_name = "CAST(json_extract_string('{";
    let by_path = "map_extract_value(MAP {";
    let begins = [
        (by_place, format!("'{DAY_FOLDERS}') AS DATE)")),
        (by_name, ")) AS DATE)".to_owned()),
        (by_path, "}::MAP(VARCHAR, DATE), _wb_path)".to_owned()),
    ];
    let mut short = text.to_owned();
    for (begin, end) in begins {
        while let Some(at) = short.find(begin)
            && let Some(until) = short[at..].find(&end)
        {
            short.replace_range(at..at + until + end.len(), DAY);
        }
    }
    // What reads it reads the day.
    short.replace("_wb_path", DAY)
}

/// Says of each operator which share of all time is its own, and which took longest.
fn weigh(roots: &mut [Node]) {
    fn times(nodes: &[Node]) -> (f64, f64) {
        nodes.iter().fold((0.0, 0.0), |(sum, most), node| {
            let own = node.seconds.unwrap_or(0.0);
            let (below, most_below) = times(&node.below);
            (sum + own + below, f64::max(most, own.max(most_below)))
        })
    }
    fn mark(nodes: &mut [Node], sum: f64, most: f64) {
        for node in nodes {
            let own = node.seconds.unwrap_or(0.0);
            node.share = (sum > 0.0).then_some(own / sum);
            node.is_costliest = most > 0.0 && own == most;
            mark(&mut node.below, sum, most);
        }
    }
    let (sum, most) = times(roots);
    mark(roots, sum, most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Session, Settings};
    use crate::model::interrupt::Interrupt;

    const SQL: &str = "SELECT x % 3 AS k, count(*) AS n FROM range(100000) AS r(x) \
                       JOIN range(1000) AS s(y) ON x = y GROUP BY k ORDER BY n";

    fn explained(how: &str) -> Plan {
        let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
        let rows = session.texts(&format!("EXPLAIN ({how}) {SQL}")).unwrap();
        read(rows[0].last().unwrap().as_deref().unwrap()).unwrap()
    }

    fn all(nodes: &[Node]) -> Vec<&Node> {
        let mut found = Vec::new();
        for node in nodes {
            found.push(node);
            found.extend(all(&node.below));
        }
        found
    }

    #[test]
    fn the_engine_s_own_words_are_read() {
        let plan = explained("FORMAT json");
        assert!(!plan.is_measured);
        let nodes = all(&plan.roots);
        let join = nodes.iter().find(|n| n.operator == "hash join").unwrap();
        assert_eq!(join.below.len(), 2);
        assert!(
            join.about.iter().any(|(_, what)| what.contains("x = y")),
            "{join:?}"
        );
        assert!(join.expected.is_some());
        assert!(
            nodes
                .iter()
                .all(|n| n.seconds.is_none() && n.rows.is_none())
        );
        let scan = nodes.iter().filter(|n| n.operator == "range");
        assert_eq!(scan.count(), 2, "{nodes:?}");
    }

    #[test]
    fn what_was_measured_adds_up() {
        let plan = explained("ANALYZE, FORMAT json");
        assert!(plan.is_measured);
        let nodes = all(&plan.roots);
        assert_eq!(plan.roots.len(), 1);
        assert_eq!(plan.roots[0].rows, Some(3));
        let scans = nodes.iter().filter(|n| n.operator == "range");
        assert_eq!(scans.map(|n| n.rows).max(), Some(Some(100_000)));
        let shares: f64 = nodes.iter().filter_map(|n| n.share).sum();
        assert!((shares - 1.0).abs() < 1e-9, "{shares}");
        let costliest: Vec<_> = nodes.iter().filter(|n| n.is_costliest).collect();
        assert_eq!(costliest.len(), 1);
        assert!(nodes.iter().all(|n| n.seconds <= costliest[0].seconds));
        assert!(plan.seconds.is_some() && plan.cpu_seconds.is_some());
    }

    #[test]
    fn a_list_of_files_is_no_condition() {
        let text = "(map_extract_value(MAP {'a': '2024-01-01'::DATE}::MAP(VARCHAR, DATE), \
                    _wb_path) > '2024-06-01'::DATE)";
        assert_eq!(shortened(text), "(ingest_date > '2024-06-01'::DATE)");
        let text = "(CAST(json_extract_string('{\"ab\":\"2024-05-02\"}', \
                    substr(_wb_path, 38, 16)) AS DATE) = '2022-01-05'::DATE)";
        assert_eq!(shortened(text), "(ingest_date = '2022-01-05'::DATE)");
        let text = "(CAST(strptime(substr(_wb_path, 28, 46), \
                    'ingest_year=%Y/ingest_month=%m/ingest_day=%d') AS DATE) IS NULL)";
        assert_eq!(shortened(text), "(ingest_date IS NULL)");
    }
}
