//! `workbench query`.

use std::io::Read;
use std::sync::Arc;

use super::args::{Format, Global, Query, ResultFormat};
use super::{fail, narrate, print, surroundings, width};
use crate::model::progress::Silent;
use crate::pipeline::error::RunError;
use crate::pipeline::query::QueryRequest;
use crate::report::failure::Exit;
use crate::report::words::grouped;
use crate::report::{csv, table};

/// A table of more rows than this is of no use to a person.
const TABLE_ROWS: u64 = 1000;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Query) -> Exit {
    let asked = surroundings::open(global, Arc::new(Silent)).and_then(|workbench| {
        workbench.query(&QueryRequest {
            sql: sql(command)?,
            as_of: command.as_of,
            target: surroundings::target(&workbench, command.target.as_deref())?,
            limit: (command.format == ResultFormat::Table).then_some(TABLE_ROWS),
        })
    });
    let rows = match asked {
        Ok(rows) => rows,
        Err(error) => return fail(global, &error, Format::Table),
    };
    match command.format {
        ResultFormat::Csv => print(&csv::of_rows(&rows)),
        ResultFormat::Table => {
            print(&table::of_rows(&rows, width()));
            if rows.cut_off {
                narrate(&format!(
                    "Only the first {} rows are shown; `--format csv` prints all.\n",
                    grouped(TABLE_ROWS)
                ));
            }
        }
    }
    Exit::Done
}

fn sql(command: &Query) -> Result<String, RunError> {
    if command.sql != "-" {
        return Ok(command.sql.clone());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|source| RunError::Io {
            path: "standard input".into(),
            source,
        })?;
    Ok(text)
}
