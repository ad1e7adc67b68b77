//! Parquet out and in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::error::EngineError;
use super::quote;
use super::session::Session;
use super::stream::Query;
use crate::model::column::Column;
use crate::model::partition::DAY_FOLDERS;

/// Bytes of a page. A reader of one row unpacks the pages that have it and passes the
/// others by; with the engine's own pages of 100 MB it unpacks all of a row group.
const PAGE: u32 = 256 << 10;

/// Writes the rows of `select` to a Parquet file and returns how many there were.
///
/// The bytes depend on nothing but the rows, their order, `footer` and the
/// build of the engine: not on threads, time or place.
///
/// # Errors
/// Any error of the engine; the file is then worthless.
pub fn write(
    session: &Session,
    select: &str,
    file: &Path,
    footer: &[(&str, String)],
) -> Result<u64, EngineError> {
    let metadata = quote::join(
        footer
            .iter()
            .map(|(name, value)| format!("{}: {}", quote::literal(name), quote::literal(value))),
    );
    session.execute(&format!(
        "COPY ({select}\n) TO {} (FORMAT parquet, COMPRESSION zstd, DATA_PAGE_SIZE_LIMIT {PAGE}, \
         KV_METADATA {{{metadata}}})",
        quote::literal(&file.to_string_lossy()),
    ))
}

/// Writes the rows of a user's query to a Parquet file and returns how many there
/// were.
///
/// # Errors
/// As for [`Session::describe`], and any error of the engine on the way; the file
/// is then worthless.
pub fn write_query(session: &Session, query: Query<'_>, file: &Path) -> Result<u64, EngineError> {
    let limit = query.limit.map_or(String::new(), |n| format!(" LIMIT {n}"));
    session.execute_around(
        query,
        "COPY (SELECT * FROM (",
        &format!(
            "\n){limit}) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
            quote::literal(&file.to_string_lossy())
        ),
    )
}

/// What a Parquet file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    pub rows: u64,
    pub columns: Vec<Column>,
    /// The pairs that its writer put there.
    pub metadata: Vec<(String, String)>,
}

/// Reads a file's footer. Nothing else of it need be there.
///
/// # Errors
/// Any error of the engine.
pub fn footer(session: &Session, file: &Path) -> Result<Footer, EngineError> {
    let path = quote::literal(&file.to_string_lossy());
    let rows = session.number(&format!(
        "SELECT num_rows::BIGINT FROM parquet_file_metadata({path})"
    ))?;
    let columns = session.columns(&format!("SELECT * FROM {}", scan(file)))?;
    let pairs = session.texts(&format!(
        "SELECT decode(key), decode(value) FROM parquet_kv_metadata({path})"
    ))?;
    let metadata = pairs.into_iter().filter_map(|pair| {
        let mut cells = pair.into_iter();
        Some((cells.next()??, cells.next()??))
    });
    Ok(Footer {
        rows,
        columns,
        metadata: metadata.collect(),
    })
}

/// A file and the day that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedFile {
    pub path: PathBuf,
    pub date: NaiveDate,
}

/// What joins SELECTs over files of different days.
pub const TOGETHER: &str = "\nUNION ALL BY NAME ";

/// A SELECT over files of one schema, with the day of each as the column `date`.
/// No file may come twice. `taken` are the names of the files' own columns.
///
/// The engine decides by the files' names which ones a filter on that column
/// needs. So the day is cut out of the name where [`DAY_FOLDERS`] stand at the same
/// place in all, and looked up by the name of others: for a thousand days that
/// takes five times as long.
pub fn select_dated(files: &[DatedFile], date: &str, taken: &[&str]) -> String {
    let mut path = "_wb_path".to_owned();
    while taken.iter().any(|t| t.eq_ignore_ascii_case(&path)) {
        path.push('_');
    }
    let mut alike: BTreeMap<Option<usize>, Vec<&DatedFile>> = BTreeMap::new();
    for file in files {
        alike.entry(file.place_of_day()).or_default().push(file);
    }
    let selects = alike.into_iter().rev().map(|(place, files)| {
        let names = files.iter().map(|file| file.name());
        let day = match place {
            Some(place) => format!(
                "CAST(strptime(substr({path}, {place}, {DAY_LENGTH}), '{DAY_FOLDERS}') AS DATE)"
            ),
            None => {
                let day = |file: &&DatedFile| format!("{}: DATE '{}'", file.name(), file.date);
                format!("MAP {{{}}}[{path}]", quote::join(files.iter().map(day)))
            }
        };
        format!(
            "SELECT * EXCLUDE ({path}), {day} AS {} FROM read_parquet([{}], \
             filename = {}, hive_partitioning = false)",
            quote::ident(date),
            quote::join(names),
            quote::literal(&path),
        )
    });
    selects.collect::<Vec<_>>().join(TOGETHER)
}

/// How many characters the [`DAY_FOLDERS`] of a year of four digits are.
const DAY_LENGTH: usize = 46;

impl DatedFile {
    fn name(&self) -> String {
        quote::literal(&self.path.to_string_lossy())
    }

    /// Which character of the path its day begins with, from 1; None where the path
    /// does not name it.
    fn place_of_day(&self) -> Option<usize> {
        let path = self.path.to_string_lossy();
        let day = self.date.format(DAY_FOLDERS).to_string();
        let at = path.rfind(&day).filter(|_| day.len() == DAY_LENGTH)?;
        Some(path[..at].chars().count() + 1)
    }
}

/// An expression for FROM that reads one Parquet file.
pub fn scan(file: &Path) -> String {
    // Dataset folders look like Hive partitions; the file alone is what counts.
    format!(
        "read_parquet({}, hive_partitioning = false)",
        quote::literal(&file.to_string_lossy())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Settings;
    use crate::model::interrupt::Interrupt;

    /// Two places of a day in a path, letters of several bytes, paths that name
    /// none or another: each file has its own.
    #[test]
    fn each_file_has_its_day_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::in_memory(&Settings::default(), &Interrupt::default()).unwrap();
        let elsewhere = "ingest_year=2001/ingest_month=01/ingest_day=01";
        let paths = [
            (
                format!("a/{}", "ingest_year=2024/ingest_month=03/ingest_day=07"),
                (2024, 3, 7),
            ),
            (
                format!(
                    "Ünïcode/{elsewhere}/{}",
                    "ingest_year=2023/ingest_month=12/ingest_day=31"
                ),
                (2023, 12, 31),
            ),
            (
                format!(
                    "Ünïcode/{elsewhere}/{}",
                    "ingest_year=2023/ingest_month=01/ingest_day=02"
                ),
                (2023, 1, 2),
            ),
            ("kept".to_owned(), (2022, 2, 2)),
            (elsewhere.to_owned(), (2021, 1, 1)),
        ];
        let mut files = Vec::new();
        for (at, (path, (year, month, day))) in paths.iter().enumerate() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(&path).unwrap();
            let path = path.join("part-0.parquet");
            write(&session, &format!("SELECT '{at}' AS _wb_path"), &path, &[]).unwrap();
            let date = NaiveDate::from_ymd_opt(*year, *month, *day).unwrap();
            files.push(DatedFile { path, date });
        }
        let select = select_dated(&files, "day", &["_wb_path"]);
        let found = session.texts(&format!(
            "SELECT _wb_path, CAST(day AS VARCHAR) FROM ({select}) ORDER BY 1"
        ));
        let found: Vec<String> = found
            .unwrap()
            .into_iter()
            .filter_map(|row| row[1].clone())
            .collect();
        let days = [
            "2024-03-07",
            "2023-12-31",
            "2023-01-02",
            "2022-02-02",
            "2021-01-01",
        ];
        assert_eq!(found, days);
        let one = format!("SELECT _wb_path FROM ({select}) WHERE day = DATE '2023-01-02'");
        assert_eq!(session.texts(&one).unwrap(), [[Some("2".to_owned())]]);
    }
}
