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
const PAGE: u32 = 64 << 10;

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
/// were. Whole numbers of 128 bits, such as sums, become DECIMAL(38, 0): the engine
/// would make a DOUBLE of them.
///
/// # Errors
/// As for [`Session::describe`], and any error of the engine on the way; the file
/// is then worthless.
pub fn write_query(session: &Session, query: Query<'_>, file: &Path) -> Result<u64, EngineError> {
    let limit = query.limit.map_or(String::new(), |n| format!(" LIMIT {n}"));
    // As they are called below: of two columns with one name the second has another.
    let whole = format!("SELECT * FROM (\n{}\n)", query.sql);
    let described = session.describe(Query {
        sql: &whole,
        ..query
    });
    // What cannot be described fails below, or has no such columns.
    let columns = described.unwrap_or_default();
    let wide = columns
        .iter()
        .filter(|column| column.ty.ends_with("HUGEINT"));
    let exact: Vec<String> = wide
        .map(|column| quote::ident(&column.name))
        .map(|name| format!("CAST({name} AS DECIMAL(38, 0)) AS {name}"))
        .collect();
    let exact = match exact.is_empty() {
        true => String::new(),
        false => format!(" REPLACE ({})", quote::join(exact)),
    };
    session.execute_around(
        query,
        &format!("COPY (SELECT *{exact} FROM ("),
        &format!(
            "\n){limit}) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
            quote::literal(&file.to_string_lossy())
        ),
    )?;
    // Of what becomes several statements, a PIVOT, the engine tells another count.
    rows_in(session, file)
}

/// Columns as a Parquet file keeps them, tried with one without rows.
///
/// # Errors
/// Any error of the engine.
pub fn stored(
    session: &Session,
    columns: &[Column],
    file: &Path,
) -> Result<Vec<Column>, EngineError> {
    let columns = columns
        .iter()
        .map(|c| format!("CAST(NULL AS {}) AS {}", c.ty, quote::ident(&c.name)));
    let empty = format!("SELECT {} LIMIT 0", quote::join(columns));
    write(session, &empty, file, &[])?;
    session.columns(&format!("SELECT * FROM {}", scan(file)))
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
    let rows = rows_in(session, file)?;
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

fn rows_in(session: &Session, file: &Path) -> Result<u64, EngineError> {
    let path = quote::literal(&file.to_string_lossy());
    session.number(&format!(
        "SELECT num_rows::BIGINT FROM parquet_file_metadata({path})"
    ))
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
/// needs, and finds the day of each anew: so it is cut out of the name where that
/// has [`DAY_FOLDERS`], and looked up by how the name begins where it is a hash.
pub fn select_dated(files: &[DatedFile], date: &str, taken: &[&str]) -> String {
    let mut path = "_wb_path".to_owned();
    while taken.iter().any(|t| t.eq_ignore_ascii_case(&path)) {
        path.push('_');
    }
    let mut alike: BTreeMap<Told, Vec<&DatedFile>> = BTreeMap::new();
    for file in files {
        alike.entry(file.told()).or_default().push(file);
    }
    let selects = alike.into_iter().map(|(told, files)| {
        let day = match told {
            Told::InFolders(at) => {
                format!(
                    "CAST(strptime(substr({path}, {at}, {DAY_LENGTH}), '{DAY_FOLDERS}') AS DATE)"
                )
            }
            Told::ByName(at) => day_by_name(&files, &path, at),
        };
        format!(
            "SELECT * EXCLUDE ({path}), {day} AS {} FROM read_parquet([{}], \
             filename = {}, hive_partitioning = false)",
            quote::ident(date),
            quote::join(files.iter().map(|file| file.literal())),
            quote::literal(&path),
        )
    });
    selects.collect::<Vec<_>>().join(TOGETHER)
}

/// Looks days up by how the files' names begin, at one character of all paths; by
/// whole paths where that does not tell them apart, which takes three times as long.
fn day_by_name(files: &[&DatedFile], path: &str, at: usize) -> String {
    const BEGIN: usize = 16;
    let begin = |file: &&DatedFile| -> String {
        let name = file.path.file_name().unwrap_or_default();
        name.to_string_lossy().chars().take(BEGIN).collect()
    };
    let days: BTreeMap<String, NaiveDate> = files.iter().map(|f| (begin(f), f.date)).collect();
    // Other signs would mean something to JSON.
    let is_plain =
        |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    if days.len() == files.len() && days.keys().all(is_plain) {
        let days = days
            .iter()
            .map(|(name, day)| format!("\"{name}\":\"{day}\""));
        let days = days.collect::<Vec<_>>().join(",");
        return format!(
            "CAST(json_extract_string('{{{days}}}', substr({path}, {at}, {BEGIN})) AS DATE)"
        );
    }
    let days = files
        .iter()
        .map(|file| format!("{}: DATE '{}'", file.literal(), file.date));
    format!("MAP {{{}}}[{path}]", quote::join(days))
}

/// How many characters the [`DAY_FOLDERS`] of a year of four digits are.
const DAY_LENGTH: usize = 46;

/// What of a path tells the day, and the character that it begins with, from 1.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    InFolders(usize),
    ByName(usize),
}

impl DatedFile {
    fn literal(&self) -> String {
        quote::literal(&self.path.to_string_lossy())
    }

    fn told(&self) -> Told {
        let path = self.path.to_string_lossy();
        let character = |at: usize| path[..at].chars().count() + 1;
        let day = self.date.format(DAY_FOLDERS).to_string();
        match path.rfind(&day).filter(|_| day.len() == DAY_LENGTH) {
            Some(at) => Told::InFolders(character(at)),
            None => Told::ByName(character(path.rfind('/').map_or(0, |at| at + 1))),
        }
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
        let of = |day: &str| {
            let day: NaiveDate = day.parse().unwrap();
            day.format(DAY_FOLDERS).to_string()
        };
        let elsewhere = of("2001-01-01");
        let paths = [
            (format!("a/{}/x", of("2024-03-07")), "2024-03-07"),
            (
                format!("Ünïcode/{elsewhere}/{}/x", of("2023-12-31")),
                "2023-12-31",
            ),
            (
                format!("Ünïcode/{elsewhere}/{}/x", of("2023-01-02")),
                "2023-01-02",
            ),
            ("kept/as/x".to_owned(), "2022-02-02"),
            (format!("{elsewhere}/x"), "2021-01-01"),
            ("kept/is/x".to_owned(), "2020-06-05"),
            ("é/57b21c9885504a56.part".to_owned(), "2019-01-01"),
            ("é/57b21c9885504a57.part".to_owned(), "2019-01-02"),
        ];
        let mut files = Vec::new();
        for (at, (path, date)) in paths.iter().enumerate() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write(&session, &format!("SELECT '{at}' AS _wb_path"), &path, &[]).unwrap();
            let date = date.parse().unwrap();
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
        assert_eq!(found, paths.each_ref().map(|(_, day)| *day));
        for (at, (_, day)) in paths.iter().enumerate() {
            let one = format!("SELECT _wb_path FROM ({select}) WHERE day = DATE '{day}'");
            assert_eq!(session.texts(&one).unwrap(), [[Some(at.to_string())]]);
        }
    }
}
