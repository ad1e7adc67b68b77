//! Reading cells that are to be copied.

use crate::browse::BrowseError;
use crate::browse::browser::Seen;
use crate::model::interrupt::Interrupt;
use crate::tui::effect::Gather;

use super::Bench;

/// Rows that are read at once to be copied.
const GATHERED: usize = 4_096;

impl Bench {
    /// Cells as a spreadsheet takes them: tabs between columns, lines between rows.
    pub(super) fn gather(
        &self,
        gather: &Gather,
        interrupt: &Interrupt,
        share: &impl Fn(f64),
    ) -> Result<String, BrowseError> {
        let Gather { table, view, .. } = gather;
        let index = gather.index.as_deref();
        let mut text = String::new();
        let all = gather.rows.clone();
        for first in all.clone().step_by(GATHERED) {
            let rows = first..all.end.min(first + GATHERED as u64);
            let seen = Seen { table, view, index };
            let columns = Some(gather.columns.as_slice());
            let page = self.browser.cells(seen, rows, columns, interrupt)?;
            // Without an index a view is read from its front.
            let before = first.saturating_sub(page.first) as usize;
            for row in page.rows.iter().skip(before) {
                let cells = gather.columns.iter().map(|at| {
                    // NULL is copied as nothing: where it goes, it would be taken
                    // for a word.
                    tabbed(row.get(*at).and_then(Option::as_deref).unwrap_or_default())
                });
                text += &cells.collect::<Vec<_>>().join("\t");
                text.push('\n');
            }
            share((first - all.start) as f64 / (all.end - all.start).max(1) as f64);
        }
        // One cell is no line.
        text.pop();
        Ok(text)
    }
}

/// A cell between tabs: in quotes if it would break them.
fn tabbed(cell: &str) -> String {
    if cell.contains(['\t', '\n', '\r', '"']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
