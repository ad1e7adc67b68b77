//! Files as they should not be written, and what is made of them without being
//! told: in the manner of Pollock (Vitagliano and others, "Pollock: a data loading
//! benchmark", 2023), one clean table and one pollution per file.
//!
//! For each file the dialect is detected, and the file read with it. Score, from 0
//! to 1: the mean of the F1 of the column names, of the records (whole rows, as
//! multisets) and of the cells (by column and value, as multisets) against the
//! clean table. A record that is told to be bad is not loaded, and counts as
//! missing. Simple: the mean over files, times ten. Weighted: kinds of pollution
//! count as often as they are met, see [`Case::weight`].

use std::collections::HashMap;

use workbench::ingest::records::Records;
use workbench::ingest::text;
use workbench::model::dialect::{Dialect, Encoding};
use workbench::propose::dialect::guess;
use workbench::propose::layout::layout;
use workbench::propose::sample::Sample;

use super::world::World;

/// DuckDB's detection over the files of Pollock: simple and weighted.
const SNIFFER: (f64, f64) = (9.08, 8.44);
/// What is reached here. Their files are not these; ours are all read.
const REACHED: f64 = 9.98;
/// Rows of the clean table.
const ROWS: usize = 84;

type Table = Vec<Vec<String>>;

/// A file, and what is to be found in it.
struct Case {
    name: String,
    bytes: Vec<u8>,
    header: Vec<String>,
    rows: Table,
    /// How often such files are met, by what surveys of open data portals say:
    /// plain and nearly plain ones far more than others.
    weight: f64,
}

/// How a table is written.
#[derive(Clone)]
struct Form {
    delimiter: &'static str,
    quote: &'static str,
    /// What stands in front of a quote inside quotes.
    escape: &'static str,
    end: &'static str,
    /// All cells are quoted.
    all: bool,
}

const PLAIN: Form = Form {
    delimiter: ",",
    quote: "\"",
    escape: "\"",
    end: "\r\n",
    all: false,
};

impl Form {
    fn cell(&self, text: &str) -> String {
        let special = text.contains(self.quote)
            || text.contains(self.delimiter)
            || text.contains(['\n', '\r', ','])
            || self.delimiter.contains(' ') && text.contains(' ');
        let vanishes = self.delimiter == " " && text.is_empty();
        if !(self.all || special || vanishes) {
            return text.to_owned();
        }
        let inner = text.replace(self.quote, &format!("{}{}", self.escape, self.quote));
        format!("{0}{inner}{0}", self.quote)
    }

    fn row(&self, cells: &[String]) -> String {
        let cells: Vec<String> = cells.iter().map(|c| self.cell(c)).collect();
        cells.join(self.delimiter)
    }

    fn table(&self, header: &[String], rows: &Table) -> String {
        let mut out = String::new();
        if !header.is_empty() {
            out += &self.row(header);
            out += self.end;
        }
        for row in rows {
            out += &self.row(row);
            out += self.end;
        }
        out
    }
}

fn header() -> Vec<String> {
    let names = [
        "DATE",
        "TIME",
        "Qty",
        "PRODUCTID",
        "Price",
        "ProductType",
        "ProductDescription",
        "URL",
        "Comments",
    ];
    names.map(str::to_owned).to_vec()
}

/// Dates, times, numbers, codes, texts with commas, quotes and line breaks, and
/// cells with nothing in them.
fn clean() -> Table {
    let kinds = ["Electronics", "Books", "Garden", "Toys", "Office supply"];
    (0..ROWS)
        .map(|n| {
            let price = format!("{}.{:02}", n * 7 % 90 + 1, n * 13 % 100);
            let words = ["Gold", "pen", "holder", "large", "blue", "case"];
            let text = |count: usize| {
                let words = (0..count).map(|at| words[(n * 5 + at * 3) % words.len()]);
                words.collect::<Vec<_>>().join(" ")
            };
            let description = match n % 5 {
                0 => format!("{}, {}", text(2), text(1)),
                1 => format!("{} \"{}\" of 5\"", text(1), text(2)),
                _ => text(1 + n % 4),
            };
            let comment = match n % 7 {
                0 => format!("{}\r\nand {}", text(2), text(1)),
                1 | 2 => String::new(),
                3 => "it's fine".to_owned(),
                _ => text(3),
            };
            vec![
                format!("{:02}/{:02}/2018", n % 28 + 1, n % 12 + 1),
                format!("{}:{:02}", n % 24, n * 7 % 60),
                (n % 9 + 1).to_string(),
                format!("{}-{}", ["S", "MB", "ZX"][n % 3], 1000 + n * 17),
                price,
                kinds[n % kinds.len()].to_owned(),
                description,
                format!("http://www.shop.example/item?id={n}&lang=en"),
                comment,
            ]
        })
        .collect()
}

struct Cases {
    header: Vec<String>,
    rows: Table,
    all: Vec<Case>,
}

impl Cases {
    /// The clean table in other bytes.
    fn same(&mut self, name: &str, weight: f64, bytes: impl Into<Vec<u8>>) {
        let (header, rows) = (self.header.clone(), self.rows.clone());
        self.other(name, weight, bytes, header, rows);
    }

    fn other(
        &mut self,
        name: &str,
        weight: f64,
        bytes: impl Into<Vec<u8>>,
        header: Vec<String>,
        rows: Table,
    ) {
        self.all.push(Case {
            name: name.to_owned(),
            bytes: bytes.into(),
            header,
            rows,
            weight,
        });
    }

    /// The clean table with one line written in another way.
    fn line(&mut self, name: &str, weight: f64, at: usize, change: impl Fn(&str) -> String) {
        let mut lines = self.lines();
        lines[at] = change(&lines[at]);
        let text: String = lines.iter().map(|l| format!("{l}\r\n")).collect();
        self.same(name, weight, text);
    }

    /// The lines of the clean file, the header first.
    fn lines(&self) -> Vec<String> {
        std::iter::once(&self.header)
            .chain(&self.rows)
            .map(|row| PLAIN.row(row))
            .collect()
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Cases {
        header: header(),
        rows: clean(),
        all: Vec::new(),
    };
    let (header, rows) = (header(), clean());
    let plain = PLAIN.table(&header, &rows);
    cases.same("source", 100.0, plain.clone());
    forms(&mut cases);
    ends(&mut cases);
    tops(&mut cases);
    sizes(&mut cases);
    encodings(&mut cases);
    rows_of_other_lengths(&mut cases);
    quotes_in_rows(&mut cases);
    tables_in_tables(&mut cases);
    cases.all
}

fn forms(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    for (delimiter, weight) in [
        (";", 20.0),
        ("\t", 10.0),
        ("|", 5.0),
        (" ", 2.0),
        (", ", 2.0),
        ("; ", 1.0),
        ("~", 1.0),
        ("^", 1.0),
        (":", 1.0),
        ("||", 1.0),
        ("\u{1}", 1.0),
        ("¦", 0.5),
    ] {
        let form = Form { delimiter, ..PLAIN };
        cases.same(
            &format!("delimiter {delimiter:?}"),
            weight,
            form.table(&header, &rows),
        );
        let form = Form { all: true, ..form };
        cases.same(
            &format!("delimiter {delimiter:?}, all quoted"),
            weight,
            form.table(&header, &rows),
        );
    }
    for (quote, escape, weight) in [("'", "'", 2.0), ("\"", "\\", 5.0), ("'", "\\", 1.0)] {
        for delimiter in [",", ";", "\t"] {
            for all in [false, true] {
                let form = Form {
                    delimiter,
                    quote,
                    escape,
                    all,
                    ..PLAIN
                };
                let name =
                    format!("quote {quote} escape {escape} delimiter {delimiter:?} all {all}");
                cases.same(&name, weight, form.table(&header, &rows));
            }
        }
    }
    cases.same(
        "all quoted",
        20.0,
        Form { all: true, ..PLAIN }.table(&header, &rows),
    );
    // Nothing needs a quote, and there is none.
    let bare: Table = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|c| c.replace(['"', ',', '\r', '\n', '\''], ""))
                .collect()
        })
        .collect();
    for delimiter in [",", ";", "\t", "|", "~"] {
        let form = Form { delimiter, ..PLAIN };
        let text = form.table(&header, &bare);
        cases.other(
            &format!("no quotes, {delimiter:?}"),
            10.0,
            text,
            header.clone(),
            bare.clone(),
        );
    }
    // Decimal commas, as they come with semicolons.
    let mut european = bare.clone();
    for row in &mut european {
        row[4] = row[4].replace('.', ",");
    }
    let mut text = header.join(";") + "\n";
    for row in &european {
        text += &(row.join(";") + "\n");
    }
    cases.other("decimal commas", 5.0, text, header, european);
}

fn ends(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    // Line breaks inside cells stay what they are.
    for (end, name, weight) in [("\n", "LF", 50.0), ("\r", "CR", 1.0)] {
        cases.same(
            &format!("lines end in {name}"),
            weight,
            Form { end, ..PLAIN }.table(&header, &rows),
        );
    }
    let plain = PLAIN.table(&header, &rows);
    cases.same("no end of the last line", 20.0, plain.trim_end().to_owned());
    cases.same("two ends of the last line", 20.0, format!("{plain}\r\n"));
    cases.same(
        "many ends of the last line",
        5.0,
        format!("{plain}\r\n\r\n\r\n\r\n"),
    );
    let blank: String = cases
        .lines()
        .iter()
        .map(|l| format!("{l}\r\n\r\n"))
        .collect();
    cases.same("empty lines between all rows", 1.0, blank);
}

fn tops(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    let plain = PLAIN.table(&header, &rows);
    let numbered: Vec<String> = (1..=header.len()).map(|n| format!("column_{n}")).collect();
    cases.other(
        "no header",
        20.0,
        PLAIN.table(&[], &rows),
        numbered,
        rows.clone(),
    );
    for (name, above, weight) in [
        ("one line above", "Sales of the shop\r\n", 5.0),
        (
            "three lines above",
            "Sales of the shop\r\nas of 01/01/2018\r\nall figures in USD, without tax\r\n",
            5.0,
        ),
        (
            "lines above, and an empty one",
            "Sales of the shop\r\nFor you, and nobody else, really\r\n\r\n",
            5.0,
        ),
        (
            "empty cells above",
            "Sales of the shop,,,,,,,,\r\n,,,,,,,,\r\n",
            5.0,
        ),
        (
            "comments above",
            "# Sales of the shop\r\n# made by hand, on a Monday\r\n",
            5.0,
        ),
        ("empty lines above", "\r\n\r\n", 5.0),
        ("what Excel writes above", "sep=,\r\n", 2.0),
    ] {
        cases.same(name, weight, format!("{above}{plain}"));
    }
    for (name, below, weight) in [
        ("a line below", "Source: the shop\r\n", 5.0),
        (
            "an empty line and two more below",
            "\r\nSource: the shop\r\nAll rights reserved, by law\r\n",
            5.0,
        ),
        ("a sum below", ",,381,,4010.5,,,,\r\n", 5.0),
    ] {
        let mut expected = rows.clone();
        if name == "a sum below" {
            // It is like a row, so it is one.
            expected.push(
                ["", "", "381", "", "4010.5", "", "", "", ""]
                    .map(str::to_owned)
                    .to_vec(),
            );
        }
        cases.other(
            name,
            weight,
            format!("{plain}{below}"),
            header.clone(),
            expected,
        );
    }
    let units = ["d/m/y", "h:m", "pieces", "", "USD", "", "", "", ""].map(str::to_owned);
    let two = [header.clone(), units.to_vec()];
    let lines: String = two.iter().map(|row| PLAIN.row(row) + "\r\n").collect();
    let body = PLAIN.table(&[], &rows);
    cases.same(
        "a second line of the header: units",
        5.0,
        format!("{lines}{body}"),
    );
    let groups = ["When", "", "What", "", "", "", "", "", ""].map(str::to_owned);
    let lines: String = [groups.to_vec(), header.clone()]
        .iter()
        .map(|row| PLAIN.row(row) + "\r\n")
        .collect();
    cases.same(
        "a first line of the header: groups",
        5.0,
        format!("{lines}{body}"),
    );
    let mut doubled = header.clone();
    doubled[8] = "Qty".to_owned();
    let mut names = header.clone();
    names[8] = "qty_9".to_owned();
    cases.other(
        "two names are the same",
        5.0,
        PLAIN.table(&doubled, &rows),
        names,
        rows.clone(),
    );
    let mut unnamed = header.clone();
    unnamed[3] = String::new();
    names = header.clone();
    names[3] = "column_4".to_owned();
    cases.other(
        "a column without a name",
        5.0,
        PLAIN.table(&unnamed, &rows),
        names,
        rows.clone(),
    );
    let spaced: Vec<String> = header.iter().map(|n| format!(" {n} ($)")).collect();
    cases.other(
        "names with spaces and signs",
        5.0,
        PLAIN.table(&spaced, &rows),
        spaced.clone(),
        rows,
    );
}

fn sizes(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    for (name, count) in [
        ("header only", 0),
        ("one row", 1),
        ("two rows", 2),
        ("five rows", 5),
    ] {
        let few: Table = rows[..count].to_vec();
        let weight = if count == 0 { 1.0 } else { 2.0 };
        cases.other(
            name,
            weight,
            PLAIN.table(&header, &few),
            header.clone(),
            few,
        );
    }
    for columns in [1, 2, 50, 1000] {
        let names: Vec<String> = (0..columns).map(|n| format!("name{n}")).collect();
        let wide: Table = (0..40)
            .map(|row| {
                (0..columns)
                    .map(|n| {
                        if n % 3 == 0 {
                            format!("text {row}")
                        } else {
                            (row * n).to_string()
                        }
                    })
                    .collect()
            })
            .collect();
        cases.other(
            &format!("{columns} columns"),
            2.0,
            PLAIN.table(&names, &wide),
            names,
            wide,
        );
    }
    let long: Table = (0..600).flat_map(|_| rows.clone()).collect();
    cases.other(
        "fifty thousand rows",
        2.0,
        PLAIN.table(&header, &long),
        header.clone(),
        long,
    );
    let mut huge = rows.clone();
    huge[5][8] = "word ".repeat(40_000).trim_end().to_owned();
    cases.other(
        "a cell of 200 kB",
        1.0,
        PLAIN.table(&header, &huge),
        header.clone(),
        huge,
    );
    for column in [0, 4, 8] {
        let mut empty = rows.clone();
        empty.iter_mut().for_each(|row| row[column].clear());
        cases.other(
            &format!("column {column} is empty"),
            5.0,
            PLAIN.table(&header, &empty),
            header.clone(),
            empty,
        );
    }
}

fn encodings(cases: &mut Cases) {
    let (header, mut rows) = (cases.header.clone(), cases.rows.clone());
    for (n, row) in rows.iter_mut().enumerate() {
        row[5] = ["Bücher", "Café", "Œuvre", "naïve"][n % 4].to_owned();
    }
    let text = PLAIN.table(&header, &rows);
    let marked = format!("\u{feff}{text}");
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(order).collect::<Vec<u8>>()
    };
    let latin = text.chars().map(|c| {
        if c == 'Œ' {
            0x8c
        } else {
            u8::try_from(u32::from(c)).unwrap()
        }
    });
    for (name, bytes, weight) in [
        ("UTF-8", text.clone().into_bytes(), 20.0),
        ("UTF-8 with a mark", marked.clone().into_bytes(), 20.0),
        ("UTF-16 with a mark", utf16(&marked, u16::to_le_bytes), 2.0),
        (
            "UTF-16 with a mark, high bytes first",
            utf16(&marked, u16::to_be_bytes),
            1.0,
        ),
        ("UTF-16 without a mark", utf16(&text, u16::to_le_bytes), 1.0),
        (
            "UTF-16 without a mark, high bytes first",
            utf16(&text, u16::to_be_bytes),
            1.0,
        ),
        ("Windows-1252", latin.collect(), 20.0),
    ] {
        cases.other(name, weight, bytes, header.clone(), rows.clone());
    }
}

/// One row has a delimiter more or less. What it was is not there any more, so it
/// is to be told, and not to be loaded; the others are.
fn rows_of_other_lengths(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    let lines = cases.lines();
    for at in [1, 2, 17, 40, 83, 84] {
        for (name, weight) in [
            ("a delimiter more at the end", 1.0),
            ("a delimiter more in the middle", 1.0),
            ("a delimiter less", 1.0),
        ] {
            let mut changed = lines.clone();
            changed[at] = match name {
                "a delimiter more at the end" => format!("{},", changed[at]),
                "a delimiter more in the middle" => changed[at].replacen(',', ",,", 1),
                _ => changed[at].replacen(',', "", 1),
            };
            let mut expected = rows.clone();
            expected.remove(at - 1);
            let text: String = changed.iter().map(|l| format!("{l}\r\n")).collect();
            cases.other(
                &format!("{name} of row {at}"),
                weight,
                text,
                header.clone(),
                expected,
            );
        }
    }
    // All rows but the header.
    let trailing: String = lines
        .iter()
        .enumerate()
        .map(|(at, l)| {
            if at == 0 {
                format!("{l}\r\n")
            } else {
                format!("{l},\r\n")
            }
        })
        .collect();
    let mut names = header.clone();
    names.push("column_10".to_owned());
    let longer = rows
        .iter()
        .map(|row| row.iter().cloned().chain([String::new()]).collect())
        .collect();
    cases.other(
        "a delimiter more at the end of all rows",
        5.0,
        trailing,
        names,
        longer,
    );
    let trailing: String = lines.iter().map(|l| format!("{l},\r\n")).collect();
    cases.same("a delimiter more at the end of all lines", 5.0, trailing);
    for at in [1, 30, 84] {
        let mut changed = lines.clone();
        changed[at] = Form {
            delimiter: ";",
            ..PLAIN
        }
        .row(&rows[at - 1]);
        let mut expected = rows.clone();
        expected.remove(at - 1);
        let text: String = changed.iter().map(|l| format!("{l}\r\n")).collect();
        cases.other(
            &format!("another delimiter in row {at}"),
            1.0,
            text,
            header.clone(),
            expected,
        );
    }
}

fn quotes_in_rows(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    for at in [1, 12, 60, 84] {
        // All of one row in quotes changes nothing.
        let quoted = Form { all: true, ..PLAIN }.row(&rows[at - 1]);
        cases.line(&format!("all of row {at} is quoted"), 2.0, at, |_| {
            quoted.clone()
        });
    }
    for at in [3, 31, 66] {
        // A quote inside a cell without quotes is part of it.
        let mut expected = rows.clone();
        expected[at - 1][5] = "Gar\"den".to_owned();
        let mut lines = cases.lines();
        let was = format!(",{},", rows[at - 1][5]);
        lines[at] = lines[at].replacen(&was, ",Gar\"den,", 1);
        let text: String = lines.iter().map(|l| format!("{l}\r\n")).collect();
        cases.other(
            &format!("a quote inside a cell of row {at}"),
            1.0,
            text,
            header.clone(),
            expected,
        );
        // One behind a closing quote: what it means nobody knows.
        let mut lines = cases.lines();
        lines[at] = lines[at].replacen(&was, ",\"Gar\"den\",", 1);
        let mut expected = rows.clone();
        expected.remove(at - 1);
        let text: String = lines.iter().map(|l| format!("{l}\r\n")).collect();
        cases.other(
            &format!("a quote that is not doubled in row {at}"),
            1.0,
            text,
            header.clone(),
            expected,
        );
    }
    let mut lines = cases.lines();
    // A quote that is never closed takes all that follows with it.
    let was = format!(",{},", rows[82][5]);
    lines[83] = lines[83].replacen(&was, ",\"Garden,", 1);
    lines.truncate(84);
    let text: String = lines.iter().map(|l| format!("{l}\r\n")).collect();
    cases.other(
        "a quote that is not closed in the last row",
        1.0,
        text,
        header,
        rows[..82].to_vec(),
    );
}

/// A second table below the first: its rows are to be told.
fn tables_in_tables(cases: &mut Cases) {
    let (header, rows) = (cases.header.clone(), cases.rows.clone());
    let plain = PLAIN.table(&header, &rows);
    for (name, columns) in [("narrower", 4), ("wider", 12)] {
        let names: Vec<String> = (0..columns).map(|n| format!("second_{n}")).collect();
        let table: Table = (0..12)
            .map(|row| (0..columns).map(|n| (row * n).to_string()).collect())
            .collect();
        let below = PLAIN.table(&names, &table);
        cases.other(
            &format!("a {name} table below"),
            1.0,
            format!("{plain}{below}"),
            header.clone(),
            rows.clone(),
        );
        let text = format!("{plain}\r\n{below}");
        cases.other(
            &format!("an empty line and a {name} table below"),
            1.0,
            text,
            header.clone(),
            rows.clone(),
        );
    }
    let text = format!("{plain}{plain}");
    let twice = rows.iter().chain(&rows).cloned().collect();
    // The second header is the header again, and no row.
    cases.other("the same table twice", 1.0, text, header, twice);
}

/// What is made of a file.
fn load(bytes: &[u8]) -> (Dialect, Vec<String>, Table) {
    let sample = Sample::of(bytes).unwrap();
    let guess = guess(&sample);
    let layout = layout(&sample, &guess);
    let dialect = Dialect {
        delimiter: guess.form.delimiter.clone(),
        quote: guess.form.quote,
        escape: guess.form.escape,
        comment: layout.comment,
        encoding: sample.encoding,
        header: layout.header,
        skip: layout.skip,
    };
    let mut records = Records::new(text::open(bytes, dialect.encoding).unwrap(), &dialect);
    let mut width = layout.columns.len();
    records.set_columns(width);
    let mut first = Vec::new();
    let mut rows = Table::new();
    while let Some(record) = records.next().unwrap() {
        if record.number == 0 {
            (first, width) = (record.raw.clone(), record.len());
            continue;
        }
        let again = !first.is_empty() && record.raw == first;
        let surplus = record.fields().skip(width).any(|field| !field.is_empty());
        if record.flaw.is_some() || record.len() != width || surplus || again {
            continue;
        }
        let cells = record
            .fields()
            .map(|f| String::from_utf8(f.to_vec()).unwrap());
        rows.push(cells.take(layout.columns.len()).collect());
    }
    (dialect, layout.columns, rows)
}

fn f1<T: std::hash::Hash + Eq>(
    found: impl Iterator<Item = T>,
    expected: impl Iterator<Item = T>,
) -> f64 {
    let mut counts: HashMap<T, i64> = HashMap::new();
    let (mut all_found, mut all_expected, mut both) = (0, 0, 0);
    for item in expected {
        *counts.entry(item).or_default() += 1;
        all_expected += 1;
    }
    for item in found {
        all_found += 1;
        let left = counts.entry(item).or_default();
        both += i64::from(*left > 0);
        *left -= 1;
    }
    match all_found + all_expected {
        0 => 1.0,
        all => 2.0 * both as f64 / all as f64,
    }
}

/// Names as raw tables have them; where two are alike, by what is expected.
fn normal(names: &[String]) -> Vec<String> {
    names
        .iter()
        .map(|n| workbench::model::source::normalise_column(n))
        .collect()
}

fn score(case: &Case, columns: &[String], rows: &Table) -> f64 {
    let expected = normal(&case.header);
    let cells = |rows: &Table| -> Vec<(usize, String)> {
        rows.iter()
            .flat_map(|row| row.iter().cloned().enumerate())
            .collect()
    };
    let names = f1(columns.iter(), expected.iter());
    let records = f1(rows.iter(), case.rows.iter());
    let cells = f1(cells(rows).into_iter(), cells(&case.rows).into_iter());
    (names + records + cells) / 3.0
}

#[test]
fn polluted_files_are_read_without_being_told() {
    let cases = cases();
    let (mut simple, mut weighted, mut weights) = (0.0, 0.0, 0.0);
    let mut told = String::new();
    for case in &cases {
        let (dialect, columns, rows) = load(&case.bytes);
        let score = score(case, &columns, &rows);
        if score < 0.9999 {
            told += &format!(
                "{score:.3} {}: {} rows of {}, columns {:?}, {}\n",
                case.name,
                rows.len(),
                case.rows.len(),
                columns.iter().take(12).collect::<Vec<_>>(),
                dialect.text()
            );
        }
        simple += score;
        weighted += score * case.weight;
        weights += case.weight;
    }
    let simple = simple / cases.len() as f64 * 10.0;
    let weighted = weighted / weights * 10.0;
    println!(
        "{told}{} files: simple {simple:.2}, weighted {weighted:.2}",
        cases.len()
    );
    assert!(
        simple > SNIFFER.0.max(REACHED) && weighted > SNIFFER.1.max(REACHED),
        "{told}\n{simple:.3} {weighted:.3}"
    );
}

/// The whole way, for all of them in one project: what `init` writes is accepted,
/// and the first export loads every record or sets it aside.
#[test]
fn polluted_files_are_loaded_or_set_aside() {
    let world = World::empty();
    let cases = cases();
    for (at, case) in cases.iter().enumerate() {
        // Letters, because numbers in names would make them one source.
        let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
        let folder = world.path(&format!("raw/file{}{}", letter(at / 26), letter(at)));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("x.csv"), &case.bytes).unwrap();
    }
    let proposed = world
        .run(&["init", "--from", "raw", "--format", "json"])
        .ok()
        .json();
    let sources = proposed["sources"].as_array().unwrap();
    assert_eq!(sources.len(), cases.len());
    let exported = world.run(&["export", "--format", "json"]).ok().json();
    for (proposed, source) in sources.iter().zip(exported["sources"].as_array().unwrap()) {
        let rows = &source["rows"];
        let number = |name: &str| rows[name].as_u64().unwrap();
        let name = &source["name"];
        assert_eq!(proposed["name"], *name);
        assert_eq!(proposed["rows"], rows["read"], "{name}");
        assert_eq!(
            number("read"),
            number("taken") + number("quarantined"),
            "{name}"
        );
        let expects_bad = proposed["bad_rows"] == "quarantine";
        assert_eq!(expects_bad, number("quarantined") > 0, "{name}: {source}");
    }
}

#[test]
fn encodings_are_what_they_are() {
    let told = |bytes: &[u8]| load(bytes).0.encoding;
    let case = |name: &str| cases().into_iter().find(|c| c.name == name).unwrap().bytes;
    assert_eq!(told(&case("UTF-8 with a mark")), Encoding::Utf8);
    assert_eq!(told(&case("UTF-16 without a mark")), Encoding::Utf16);
    assert_eq!(told(&case("Windows-1252")), Encoding::Latin1);
}
