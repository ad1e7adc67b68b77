//! Two random sides of a dataset, as Parquet files.

use std::path::{Path, PathBuf};

use duckdb::Connection;
use workbench::model::difference::Pair;

/// Random numbers of a seed (splitmix64).
pub struct Rng(pub u64);

impl Rng {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

/// A type, and values of it as SQL writes them.
pub struct Kind {
    pub ty: &'static str,
    pub values: &'static [&'static str],
    pub shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Number,
    Float,
    Day,
    Text,
    Other,
}

const fn kind(ty: &'static str, shape: Shape, values: &'static [&'static str]) -> Kind {
    Kind { ty, values, shape }
}

/// Every type that a Parquet file keeps, with its edges.
pub const KINDS: [Kind; 27] = [
    kind(
        "BIGINT",
        Shape::Number,
        &[
            "-9223372036854775808",
            "-1",
            "0",
            "7",
            "9223372036854775807",
        ],
    ),
    kind(
        "INTEGER",
        Shape::Number,
        &["-2147483648", "-3", "0", "12", "2147483647"],
    ),
    kind("SMALLINT", Shape::Number, &["-32768", "0", "5", "32767"]),
    kind("TINYINT", Shape::Number, &["-128", "-1", "0", "127"]),
    kind(
        "UBIGINT",
        Shape::Number,
        &["0", "1", "18446744073709551615"],
    ),
    kind("UINTEGER", Shape::Number, &["0", "9", "4294967295"]),
    kind("USMALLINT", Shape::Number, &["0", "65535"]),
    kind("UTINYINT", Shape::Number, &["0", "3", "255"]),
    kind(
        "DOUBLE",
        Shape::Float,
        &["0", "-0.0", "1.5", "-2.25", "1e15", "'NaN'", "0.1"],
    ),
    kind("DOUBLE", Shape::Float, &["'inf'", "'-inf'", "'NaN'", "3"]),
    kind(
        "FLOAT",
        Shape::Float,
        &["0", "-0.0", "1.5", "-2.25", "'NaN'", "16777216"],
    ),
    kind(
        "DECIMAL(4,1)",
        Shape::Number,
        &["-999.9", "0", "0.1", "12.5"],
    ),
    kind(
        "DECIMAL(9,2)",
        Shape::Number,
        &["-1.00", "0", "0.01", "9999999.99"],
    ),
    kind(
        "DECIMAL(18,3)",
        Shape::Number,
        &["-1.001", "0", "0.001", "999999999999999.999"],
    ),
    kind(
        "DECIMAL(38,10)",
        Shape::Float,
        &["-1.5", "0", "0.0000000001", "123456789012345678.5"],
    ),
    kind(
        "DATE",
        Shape::Day,
        &[
            "'0001-01-01'",
            "'1969-12-31'",
            "'2024-02-29'",
            "'9999-12-31'",
        ],
    ),
    kind(
        "TIMESTAMP",
        Shape::Day,
        &[
            "'1969-12-31 23:59:59.999999'",
            "'2024-02-29 10:00:00'",
            "'2024-02-29 10:00:00.000001'",
        ],
    ),
    kind(
        "TIMESTAMP WITH TIME ZONE",
        Shape::Other,
        &["'2024-02-29 10:00:00+00'", "'2024-02-29 10:00:01+00'"],
    ),
    kind("TIME", Shape::Other, &["'00:00:00'", "'23:59:59.999999'"]),
    kind("BOOLEAN", Shape::Text, &["true", "false"]),
    kind(
        "VARCHAR",
        Shape::Text,
        &[
            "''",
            "'a'",
            "'A'",
            "'ä'",
            "'it''s'",
            "'\"q\"'",
            "'a,b'",
            "'NULL'",
            "E'two\\nlines'",
            "'名前'",
            "repeat('long ', 100)",
        ],
    ),
    kind(
        "BLOB",
        Shape::Other,
        &["''", "'\\x00'", "'\\xFF\\x00'", "'a'"],
    ),
    kind(
        "UUID",
        Shape::Other,
        &[
            "'00000000-0000-0000-0000-000000000000'",
            "'80000000-0000-0000-0000-000000000001'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
        ],
    ),
    kind(
        "INTERVAL",
        Shape::Other,
        &["INTERVAL 1 MONTH", "INTERVAL 31 DAY", "INTERVAL 1 HOUR"],
    ),
    kind(
        "INTEGER[]",
        Shape::Other,
        &["[]", "[1, 2]", "[NULL]", "[12]"],
    ),
    kind(
        "STRUCT(x INTEGER, y VARCHAR)",
        Shape::Other,
        &[
            "{'x': 1, 'y': 'a'}",
            "{'x': NULL, 'y': 'NULL'}",
            "{'x': 1, 'y': NULL}",
        ],
    ),
    kind(
        "MAP(VARCHAR, INTEGER)",
        Shape::Other,
        &["MAP {}", "MAP {'a': 1}", "MAP {'a': NULL}"],
    ),
];

/// A type that may become another one, and in which both are compared.
const RETYPED: [(&str, &str, &str); 7] = [
    ("INTEGER", "BIGINT", "BIGINT"),
    ("INTEGER", "DOUBLE", "DOUBLE"),
    ("SMALLINT", "DECIMAL(9,2)", "DECIMAL(9,2)"),
    ("DATE", "TIMESTAMP", "TIMESTAMP"),
    ("DECIMAL(9,2)", "DECIMAL(18,3)", "DECIMAL(18,3)"),
    ("BOOLEAN", "VARCHAR", "VARCHAR"),
    ("INTEGER", "VARCHAR", "VARCHAR"),
];

/// A column of one side or both.
#[derive(Debug, Clone)]
pub struct Made {
    pub name: String,
    kind: usize,
    /// None: it is not there.
    pub types: Pair<Option<&'static str>>,
    /// In which both are compared.
    pub common: &'static str,
}

impl Made {
    pub fn is_shared(&self) -> bool {
        self.types.before.is_some() && self.types.after.is_some()
    }

    /// How its values are spread, if it is of one type.
    pub fn shape(&self) -> Shape {
        match self.common {
            "DOUBLE" => Shape::Float,
            "VARCHAR" => Shape::Text,
            "TIMESTAMP" => Shape::Day,
            _ => KINDS[self.kind].shape,
        }
    }

    fn literal(&self, rng: &mut Rng, is_key: bool) -> String {
        if !is_key && rng.one_in(5) {
            return "NULL".to_owned();
        }
        let kind = &KINDS[self.kind];
        format!("CAST({} AS {})", rng.of(kind.values), kind.ty)
    }
}

/// Two sides.
pub struct Sides {
    pub keys: Vec<Made>,
    pub columns: Vec<Made>,
    pub files: Pair<PathBuf>,
}

impl Sides {
    /// Writes two sides into `folder`. With `wild`, they are not sorted by their
    /// keys, and these may be NULL or repeated.
    pub fn make(rng: &mut Rng, folder: &Path, wild: bool) -> Self {
        let keys: Vec<Made> = (0..1 + rng.below(3)).map(|at| key(rng, at)).collect();
        let columns: Vec<Made> = (0..rng.below(9)).map(|at| column(rng, at)).collect();
        let sides = Self {
            keys,
            columns,
            files: Pair::new(folder.join("before.parquet"), folder.join("after.parquet")),
        };
        let rows = *rng.of(&[0, 1, 7, 60, 60, 300, 2500]);
        let connection = Connection::open_in_memory().unwrap();
        sides.fill(rng, &connection, rows, wild);
        for (name, file, side) in [
            ("before", &sides.files.before, 0),
            ("after", &sides.files.after, 1),
        ] {
            let select: Vec<String> = sides
                .keys
                .iter()
                .chain(&sides.columns)
                .filter_map(|made| {
                    let ty = made.types.both()[side]?;
                    Some(format!("CAST({} AS {ty}) AS {}", made.name, made.name))
                })
                .collect();
            let order: Vec<&str> = sides.keys.iter().map(|k| k.name.as_str()).collect();
            let order = match wild && rng.one_in(2) {
                true => "hash(n)".to_owned(),
                false => order.join(", "),
            };
            let size = *rng.of(&[2048, 122_880]);
            connection
                .execute_batch(&format!(
                    "COPY (SELECT {} FROM {name} ORDER BY {order}) TO '{}' \
                     (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {size})",
                    select.join(", "),
                    file.display()
                ))
                .unwrap();
        }
        sides
    }

    /// The tables `before` and `after`, of all columns: most rows of one are in
    /// the other, and of these most are the same.
    fn fill(&self, rng: &mut Rng, connection: &Connection, rows: usize, wild: bool) {
        let all: Vec<&Made> = self.keys.iter().chain(&self.columns).collect();
        let names: Vec<String> = all
            .iter()
            .map(|made| format!("{} {}", made.name, KINDS[made.kind].ty))
            .collect();
        for table in ["before", "after"] {
            connection
                .execute_batch(&format!(
                    "CREATE TABLE {table} ({}, n INTEGER)",
                    names.join(", ")
                ))
                .unwrap();
        }
        let mut inserts = Pair::new(Vec::new(), Vec::new());
        for n in 0..rows {
            let row: Vec<String> = all
                .iter()
                .enumerate()
                .map(|(at, made)| {
                    let is_key = at < self.keys.len();
                    // The last part of a key is a number, or else hardly any would be new.
                    if is_key && at + 1 == self.keys.len() && made.common == "BIGINT" {
                        return format!("{}", rng.below(rows * 2));
                    }
                    let is_null = wild && rng.one_in(20);
                    made.literal(rng, is_key && !is_null)
                })
                .collect();
            let side = rng.below(8);
            let mut other = row.clone();
            for (at, made) in all.iter().enumerate().skip(self.keys.len()) {
                if rng.one_in(12) {
                    other[at] = made.literal(rng, false);
                }
            }
            if side != 0 {
                inserts.before.push(format!("({}, {n})", row.join(", ")));
            }
            if side != 1 {
                inserts.after.push(format!("({}, {n})", other.join(", ")));
            }
        }
        for (table, rows) in [("before", inserts.before), ("after", inserts.after)] {
            for some in rows.chunks(500) {
                connection
                    .execute_batch(&format!("INSERT INTO {table} VALUES {}", some.join(", ")))
                    .unwrap();
            }
            if !wild {
                // The first row of each key: they are to be unique.
                let keys: Vec<&str> = self.keys.iter().map(|k| k.name.as_str()).collect();
                connection
                    .execute_batch(&format!(
                        "DELETE FROM {table} WHERE n NOT IN \
                         (SELECT min(n) FROM {table} GROUP BY {})",
                        keys.join(", ")
                    ))
                    .unwrap();
            }
        }
    }
}

fn key(rng: &mut Rng, at: usize) -> Made {
    // A key of lists is none.
    const SCALARS: usize = 24;
    let kind = match rng.one_in(2) {
        true => 0,
        false => rng.below(SCALARS),
    };
    made(format!("k{at}"), kind)
}

fn made(name: String, kind: usize) -> Made {
    let ty = KINDS[kind].ty;
    Made {
        name,
        kind,
        types: Pair::new(Some(ty), Some(ty)),
        common: ty,
    }
}

fn column(rng: &mut Rng, at: usize) -> Made {
    let mut column = made(format!("\"c {at}\""), rng.below(KINDS.len()));
    match rng.below(8) {
        0 => {
            let (from, to, common) = *rng.of(&RETYPED);
            column.kind = KINDS.iter().position(|kind| kind.ty == from).unwrap();
            column.types = Pair::new(Some(from), Some(to));
            column.common = common;
            if rng.one_in(2) {
                column.types = Pair::new(Some(to), Some(from));
            }
        }
        1 => column.types.before = None,
        2 => column.types.after = None,
        _ => {}
    }
    column
}
