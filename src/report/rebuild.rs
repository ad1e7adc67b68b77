//! What a rebuild did.

use serde_json::{Value, json};

use super::words::count;
use crate::pipeline::rebuild::{Fate, Rebuilt};

/// As JSON.
pub fn json(rebuilt: &Rebuilt) -> Value {
    json!({
        "warehouse": word(rebuilt.warehouse),
        "state": word(rebuilt.state),
        "runs": rebuilt.runs,
        "files": rebuilt.files,
        "rows": rebuilt.rows,
        "losses": rebuilt.losses,
        "kept": rebuilt.kept,
    })
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "kept",
        Fate::Continued => "continued",
        Fate::Made => "made",
    }
}

/// For people.
pub fn text(rebuilt: &Rebuilt) -> String {
    if rebuilt.warehouse == Fate::Kept && rebuilt.state == Fate::Kept {
        return "State and warehouse are whole and agree with the target: nothing to rebuild.\n"
            .to_owned();
    }
    let mut out = match rebuilt.warehouse {
        Fate::Kept => "The warehouse was whole and stays.\n".to_owned(),
        fate => format!(
            "The warehouse was {}: {} done again, {} loaded, {}.\n",
            if fate == Fate::Continued {
                "gone on from"
            } else {
                "built again"
            },
            count(rebuilt.runs, "run"),
            count(rebuilt.files, "file"),
            count(rebuilt.rows, "record"),
        ),
    };
    out += match rebuilt.state {
        Fate::Kept | Fate::Continued => "State was brought to what ledger and commits say.\n",
        Fate::Made => "State was built again from ledger and commits.\n",
    };
    if !rebuilt.losses.is_empty() {
        out += "\nNot brought back:\n";
        for loss in &rebuilt.losses {
            out += &format!("  {}\n", loss.what);
        }
    }
    if let Some(kept) = &rebuilt.kept {
        out += &format!(
            "\nWhat was there before is kept in `{}`; remove it once you miss nothing.\n",
            kept.display()
        );
    }
    out
}
