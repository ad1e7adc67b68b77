//! A small project in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The day on which tests take place, unless they say otherwise.
pub const TODAY: &str = "2024-11-03";

/// A project, and the program run in it with a fixed clock and no environment.
pub struct World {
    pub dir: TempDir,
    pub today: String,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        self.expect(0)
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e} in {}", self.stdout))
    }
}

const CONFIG: &str = r#"[project]
name = "shop"

[sources.customers]
path = "raw/customers/*.csv"
load = "upsert"
key  = ["customer_id"]
[sources.customers.columns]
customer_id = "BIGINT"
name        = "VARCHAR"
joined      = { type = "DATE", format = "%d/%m/%Y" }

[sources.orders]
path = "raw/orders/*.csv"
load = "append"
[sources.orders.columns]
order_id    = "BIGINT"
customer_id = "BIGINT"
amount      = "DECIMAL(18,2)"
"#;

const STAGING: &str = r#"/*
description = "Orders as they came."
*/
SELECT order_id, customer_id, amount FROM raw.orders
"#;

const CUSTOMER_LEVEL: &str = r#"/*
description = "One row per customer."
key = ["customer_id"]
[columns]
total = "All they ordered."
*/
SELECT customer_id, name, run_date() - joined AS age_days,
       coalesce(sum(amount), 0)::DECIMAL(18,2) AS total, count(order_id) AS orders
FROM raw.customers LEFT JOIN staging.orders USING (customer_id)
GROUP BY customer_id, name, joined
"#;

const ORDERS: &str = r#"/*
description = "One row per order."
key = ["order_id"]
*/
SELECT order_id, customer_id, amount FROM staging.orders
"#;

const CHECK: &str = r#"/*
description = "No order is negative."
*/
SELECT order_id, amount FROM raw.orders WHERE amount < 0
"#;

impl World {
    /// The small shop with one delivery.
    pub fn shop() -> Self {
        let world = Self::empty();
        world.write("workbench.toml", CONFIG);
        world.write("sql/staging/orders.sql", STAGING);
        world.write("sql/features/customer_level.sql", CUSTOMER_LEVEL);
        world.write("sql/features/orders.sql", ORDERS);
        world.write("sql/checks/no_negative_amount.sql", CHECK);
        world.write(
            "raw/customers/customers_1.csv",
            "customer_id,name,joined\n1,\"Ann, Inc.\",3/10/2016\n2,\"Bob \"\"B\"\"\nSons\",27/10/2018\n",
        );
        world.write(
            "raw/orders/orders_1.csv",
            "order_id,customer_id,amount\n10,1,5.50\n11,1,4.50\n12,2,1.00\n",
        );
        world
    }

    /// An empty folder.
    pub fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            today: TODAY.to_owned(),
        }
    }

    /// A second delivery: a changed, a repeated and a new customer, new orders.
    pub fn deliver_more(&self) {
        self.write(
            "raw/customers/customers_2.csv",
            "customer_id,name,joined\n1,\"Ann, Inc.\",3/10/2016\n2,Bobs,27/10/2018\n3,Cleo,1/1/2020\n",
        );
        self.write(
            "raw/orders/orders_2.csv",
            "order_id,customer_id,amount\n13,3,7.25\n14,2,2.00\n",
        );
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command in this project.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_with(args, "")
    }

    /// A command with a fault armed: `name[#hit]=fault`.
    pub fn command_with(&self, args: &[&str], fail: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
        let mut test = format!("clock={}T09:00:00Z", self.today);
        if !fail.is_empty() {
            test += &format!(";fail={fail}");
        }
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("WORKBENCH_TEST", test)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }

    pub fn run_with(&self, args: &[&str], fail: &str) -> Ended {
        Ended::of(self.command_with(args, fail).output().unwrap())
    }

    /// A query's result as CSV.
    pub fn query(&self, sql: &str) -> String {
        self.run(&["query", sql, "--format", "csv"]).ok().stdout
    }

    /// The files of the target that are live data, with their hashes.
    pub fn published(&self, target: &str) -> BTreeMap<String, String> {
        let root = self.path(target);
        let mut files = BTreeMap::new();
        for entry in walk(&root) {
            let key = entry
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            // Logs grow by themselves.
            if !key.starts_with("_workbench") && !key.contains("logs/") {
                let bytes = std::fs::read(&entry).unwrap();
                files.insert(key, blake3::hash(&bytes).to_hex().to_string());
            }
        }
        files
    }

    /// What a plain DuckDB sees that globs a dataset: rows as text, sorted.
    pub fn glob(&self, target: &str, prefix: &str) -> Result<Vec<String>, duckdb::Error> {
        let glob = self.path(target).join(prefix).join("**/*.parquet");
        let connection = duckdb::Connection::open_in_memory()?;
        let mut statement = connection.prepare(&format!(
            "SELECT x::VARCHAR FROM read_parquet('{}', hive_partitioning = true) AS x ORDER BY ALL",
            glob.display()
        ))?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect()
    }
}

/// All files below a folder; none if it is not there.
pub fn walk(root: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.file_type().is_file())
        .map(|e| e.into_path())
        .collect()
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let to = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}
