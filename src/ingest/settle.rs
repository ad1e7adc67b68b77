//! What is current in a keyed source: the last row of each key (`upsert`), or
//! the rows of the last file (`replace`).
//!
//! New deliveries are held against the current rows. Where an earlier content
//! was rewritten or retracted, the live files are read again in the order of
//! their places; either way only the difference is stored.

use std::collections::BTreeMap;

use super::load::{Loaded, Loader, Loading, find, wanted};
use super::load_error::LoadError;
use crate::engine::warehouse::{ADDED, FILE, RETIRED};
use crate::engine::{quote, warehouse};
use crate::model::input_file::{InputFile, Place, RowCounts, ScannedFile};
use crate::model::ledger::{Event, SchemaDrift};
use crate::model::plan::{FileStep, SourcePlan};
use crate::model::source::LoadMode;

const INCOMING: &str = "temp.wb_incoming";
const WINNER: &str = "temp.wb_winner";
const FRESH: &str = "temp.wb_fresh";

/// A file to be read into the incoming rows.
struct Reading<'a> {
    number: u64,
    place: Place,
    file: &'a ScannedFile,
    /// Read before by an earlier run, and read again for its order.
    again: bool,
}

/// Brings a keyed source in step with its deliveries.
pub(super) fn settle(
    loader: &Loader<'_>,
    plan: &SourcePlan,
    live_before: &[&InputFile],
    scanned: &[ScannedFile],
    loaded: &mut Loaded,
    loading: &mut Loading,
) -> Result<(), LoadError> {
    let (readings, whole) = readings(loader, plan, live_before, scanned)?;
    if !readings.is_empty() || whole {
        // A file that is read again may have columns that a table made anew since
        // never had. What it lacks was told when it was taken.
        let mut drift = Vec::new();
        let again = readings.iter().filter(|r| r.again).map(|r| r.file);
        loader.prepare_for(again, &mut drift)?;
        loaded.events.extend(drift.into_iter().filter(brings));
        let incoming = Incoming {
            loader,
            whole,
            retired: loader.retire_again(plan)?,
        };
        let counts = incoming.store(&readings, loading)?;
        for reading in &readings {
            let rows = counts.get(&reading.number).copied().unwrap_or_default();
            if !rows.add_up() || rows.read != reading.file.records {
                return Err(LoadError::Miscounted {
                    path: reading.file.path.clone(),
                    counted: reading.file.records,
                    loaded: rows.taken(),
                });
            }
        }
        record(loader, plan, &readings, &counts, loaded);
        for reading in readings.iter().filter(|r| r.again) {
            let rows = counts.get(&reading.number).copied().unwrap_or_default();
            let before = live_before.iter().find(|f| f.number == reading.number);
            if before.is_some_and(|f| f.rows.quarantined != rows.quarantined) {
                loaded.events.push(Event::Replayed {
                    source: loader.source.name.clone(),
                    number: reading.number,
                    rows,
                });
            }
        }
    }
    for step in &plan.steps {
        loaded.events.extend(loader.bookkeeping(step));
    }
    Ok(())
}

/// Whether an event changes the raw table's columns.
fn brings(event: &Event) -> bool {
    matches!(
        event,
        Event::Drifted {
            drift: SchemaDrift::Added { .. } | SchemaDrift::Widened { .. },
            ..
        }
    )
}

/// Which files are to be read, in the order of their places, and whether they
/// are the whole of what is to be current.
fn readings<'a>(
    loader: &Loader<'_>,
    plan: &'a SourcePlan,
    live_before: &[&InputFile],
    scanned: &'a [ScannedFile],
) -> Result<(Vec<Reading<'a>>, bool), LoadError> {
    let mut readings: Vec<Reading<'a>> = wanted(plan)
        .map(|w| Reading {
            number: w.number,
            place: w.place,
            file: w.file,
            again: false,
        })
        .collect();
    // What was set as processed has no rows that could go.
    let counted = |number: u64| live_before.iter().any(|f| f.number == number);
    let gone: Vec<u64> = plan
        .steps
        .iter()
        .filter_map(|step| match step {
            FileStep::Rewrite { replaces, .. } => Some(replaces.number),
            FileStep::Retract { file } => Some(file.number),
            _ => None,
        })
        .filter(|number| counted(*number))
        .collect();
    let mut still: Vec<&InputFile> = live_before
        .iter()
        .copied()
        .filter(|f| !plan.refresh && !gone.contains(&f.number) && !plan.again.contains(&f.number))
        .collect();
    let first = readings.iter().map(|r| r.place).min();
    let replace = loader.source.load == LoadMode::Replace;
    let whole = !gone.is_empty() || plan.replay || (replace && first.is_some());
    if !whole {
        // What came before them can only lose to them; what came after may win.
        still.retain(|f| first.is_some_and(|first| f.place > first));
    }
    for file in still {
        let Some(found) = find(scanned, &file.blake3) else {
            // Only the last file of a `replace` source is read again.
            if replace && readings.iter().any(|r| r.place > file.place) {
                continue;
            }
            return Err(LoadError::Gone {
                source_name: loader.source.name.clone(),
                path: file.paths.join(", "),
            });
        };
        readings.push(Reading {
            number: file.number,
            place: file.place,
            file: found,
            again: true,
        });
    }
    readings.sort_by_key(|r| r.place);
    Ok((readings, whole))
}

/// The files that [`settle`] will read.
pub(super) fn reads<'a>(
    loader: &Loader<'_>,
    plan: &'a SourcePlan,
    live_before: &[&InputFile],
    scanned: &'a [ScannedFile],
) -> Result<Vec<&'a ScannedFile>, LoadError> {
    let (readings, _) = readings(loader, plan, live_before, scanned)?;
    Ok(readings.into_iter().map(|reading| reading.file).collect())
}

struct Incoming<'a> {
    loader: &'a Loader<'a>,
    /// The incoming rows are all that is to be current: others are retired.
    whole: bool,
    /// Rows that were current, of files that are read again.
    retired: u64,
}

impl Incoming<'_> {
    /// Reads the files, stores the difference, and returns what became of the
    /// rows of each, by input file.
    fn store(
        &self,
        readings: &[Reading<'_>],
        loading: &mut Loading,
    ) -> Result<BTreeMap<u64, RowCounts>, LoadError> {
        let session = self.loader.session;
        let table = self.loader.table();
        for name in [INCOMING, WINNER, FRESH] {
            session.batch(&format!("DROP TABLE IF EXISTS {name}"))?;
        }
        session.batch(&warehouse::like_raw(
            session,
            self.loader.source.name.as_str(),
            INCOMING,
        )?)?;
        let mut refused = BTreeMap::new();
        for reading in readings {
            if reading.again {
                self.loader.release(reading.number)?;
            }
            let rows = self
                .loader
                .insert(INCOMING, reading.number, reading.file, loading)?;
            refused.insert(reading.number, rows.refused);
        }
        self.choose_winners(readings)?;
        let identity = self.identity()?;
        let matching = identity
            .iter()
            .map(|c| format!("o.{c} IS NOT DISTINCT FROM i.{c}"))
            .collect::<Vec<_>>()
            .join(" AND ");
        let values = self.values()?;
        let row = |alias: &str| quote::join(values.iter().map(|v| format!("{alias}.{v}")));
        // Rows that are current already keep their interval.
        let (winners, current) = (self.winners(&values), self.current(&table, &values));
        session.batch(&format!(
            "CREATE TEMP TABLE wb_fresh AS
             SELECT i._wb_fresh, o._wb_was FROM ({winners}) i LEFT JOIN ({current}) o ON {matching}
             WHERE o._wb_was IS NULL OR row({}) IS DISTINCT FROM row({})",
            row("o"),
            row("i"),
        ))?;
        let before = session.number(&format!(
            "SELECT count(*) FROM {table} WHERE {RETIRED} IS NULL"
        ))?;
        if self.whole {
            let after = session.number(&format!("SELECT count(*) FROM {WINNER}"))?;
            let before = before + self.retired;
            self.loader
                .refuse_drop("what is delivered now", before, after)?;
            self.loader.retire(&format!(
                "rowid NOT IN (SELECT o._wb_was FROM ({current}) o JOIN ({winners}) i ON {matching})"
            ))?;
        }
        if before > 0 {
            self.loader.retire(&format!(
                "rowid IN (SELECT _wb_was FROM {FRESH} WHERE _wb_was IS NOT NULL)"
            ))?;
        }
        let columns = quote::join(values.iter().cloned());
        session.execute(&format!(
            "INSERT INTO {table} ({columns}, {FILE}, {ADDED}, {RETIRED})
             SELECT {columns}, {FILE}, {ADDED}, NULL FROM {INCOMING}
             WHERE rowid IN (SELECT _wb_fresh FROM {FRESH}) ORDER BY rowid"
        ))?;
        let mut counts = self.counts()?;
        for (number, refused) in refused {
            let rows = counts.entry(number).or_default();
            rows.quarantined = refused;
            rows.read += refused;
        }
        for name in [INCOMING, WINNER, FRESH] {
            session.batch(&format!("DROP TABLE {name}"))?;
        }
        Ok(counts)
    }

    /// The last row of each key counts; of a `replace` source, the last file.
    fn choose_winners(&self, readings: &[Reading<'_>]) -> Result<(), LoadError> {
        let session = self.loader.session;
        if self.loader.source.load == LoadMode::Replace {
            let last = readings.last().map_or(0, |r| r.number);
            session.batch(&format!(
                "CREATE TEMP TABLE wb_winner AS SELECT rowid AS winner FROM {INCOMING} WHERE {FILE} = {last}"
            ))?;
            return Ok(());
        }
        let key = self.loader.source.key.iter().map(|k| quote::ident(k));
        session.batch(&format!(
            "CREATE TEMP TABLE wb_winner AS SELECT max(rowid) AS winner FROM {INCOMING} GROUP BY {}",
            quote::join(key)
        ))?;
        Ok(())
    }

    fn values(&self) -> Result<Vec<String>, LoadError> {
        Ok(self
            .loader
            .known_columns()?
            .iter()
            .map(|c| quote::ident(&c.name))
            .collect())
    }

    /// What makes two rows the same row: the key; of a `replace` source every
    /// value and the how-manieth copy of it, since rows may stand there twice.
    fn identity(&self) -> Result<Vec<String>, LoadError> {
        if self.loader.source.load == LoadMode::Upsert {
            return Ok(self
                .loader
                .source
                .key
                .iter()
                .map(|k| quote::ident(k))
                .collect());
        }
        let mut identity = self.values()?;
        identity.push("_wb_copy".to_owned());
        Ok(identity)
    }

    fn copy(&self, values: &[String]) -> String {
        if self.loader.source.load == LoadMode::Upsert {
            return "1 AS _wb_copy".to_owned();
        }
        let values = quote::join(values.iter().cloned());
        format!("row_number() OVER (PARTITION BY {values} ORDER BY rowid) AS _wb_copy")
    }

    fn winners(&self, values: &[String]) -> String {
        format!(
            "SELECT rowid AS _wb_fresh, *, {} FROM {INCOMING} WHERE rowid IN (SELECT winner FROM {WINNER})",
            self.copy(values)
        )
    }

    fn current(&self, table: &str, values: &[String]) -> String {
        format!(
            "SELECT rowid AS _wb_was, *, {} FROM {table} WHERE {RETIRED} IS NULL",
            self.copy(values)
        )
    }

    fn counts(&self) -> Result<BTreeMap<u64, RowCounts>, LoadError> {
        let rows = self.loader.session.texts(&format!(
            "SELECT i.{FILE}::VARCHAR, count(*)::VARCHAR, count(f._wb_fresh)::VARCHAR,
                    (count(w.winner) - count(f._wb_fresh))::VARCHAR, (count(*) - count(w.winner))::VARCHAR
             FROM {INCOMING} i LEFT JOIN {WINNER} w ON w.winner = i.rowid
             LEFT JOIN {FRESH} f ON f._wb_fresh = i.rowid GROUP BY 1"
        ))?;
        let parse = |cell: Option<&Option<String>>| {
            cell.and_then(|c| c.as_deref())
                .and_then(|c| c.parse().ok())
                .unwrap_or(0)
        };
        Ok(rows
            .iter()
            .map(|row| {
                (
                    parse(row.first()),
                    RowCounts {
                        read: parse(row.get(1)),
                        added: parse(row.get(2)),
                        repeated: parse(row.get(3)),
                        superseded: parse(row.get(4)),
                        quarantined: 0,
                    },
                )
            })
            .collect())
    }
}

/// Writes down what became of the files that were new.
fn record(
    loader: &Loader<'_>,
    plan: &SourcePlan,
    readings: &[Reading<'_>],
    counts: &BTreeMap<u64, RowCounts>,
    loaded: &mut Loaded,
) {
    for reading in readings.iter().filter(|r| !r.again) {
        let rows = counts.get(&reading.number).copied().unwrap_or_default();
        loaded.rows += rows;
        let file = loader.input_file(reading.number, reading.place, reading.file, rows);
        let replaces = plan.steps.iter().find_map(|step| match step {
            FileStep::Rewrite {
                number, replaces, ..
            } if *number == reading.number => Some(replaces.number),
            _ => None,
        });
        let source = loader.source.name.clone();
        loaded.events.push(match replaces {
            Some(replaces) => Event::Rewritten {
                source,
                replaces,
                file,
            },
            None => Event::Taken { source, file },
        });
    }
}
