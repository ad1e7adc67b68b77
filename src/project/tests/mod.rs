//! What is read, and how every complaint about a project file looks.

mod parts;
mod s3;
mod whole;

use std::path::Path;
use std::time::Duration;

use super::error::ProjectError;
use super::{Project, TargetUrl, read};
use crate::model::source::{BadRows, Duplicates, History, LoadMode, OnVanish, SchemaPolicy};

/// A good source, for files that are wrong elsewhere.
const SOURCE: &str = "[sources.a]\npath = \"raw/a.csv\"\n";

fn read(text: &str) -> Result<Project, ProjectError> {
    read::project(Path::new("/data/dealers"), text.as_bytes())
}

/// The complaints as a terminal shows them.
fn refused(text: &str) -> String {
    shown(&read(text).expect_err("this file is to be refused"))
}

fn shown(error: &ProjectError) -> String {
    match error.hint() {
        Some(hint) => format!("error: {error}\nhint: {hint}"),
        None => format!("error: {error}"),
    }
}

/// A complaint about one source.
fn source_refused(options: &str) -> String {
    refused(&format!("{SOURCE}{options}"))
}

#[test]
fn all_options_are_read() {
    let project = read(
        r#"
[project]
name = "dealer-payments"
timezone = "Australia/Sydney"
memory = "4GB"
threads = 0x4

[target]
url = "s3://bucket/prefix"

[sources.invoices]
path     = "sample_data/raw/invoices/*.csv"

[sources.accounts]
path       = "sample_data/raw/accounts/*.csv"
load       = "upsert"
key        = ["account_id", "region"]
bad_rows   = "quarantine"
schema     = "freeze"
on_vanish  = "retract"
duplicates = "load"
settle     = "2m"
history    = "drop"
[sources.accounts.columns]
account_id   = "bigint"
joining_date = { type = "DATE", format = "%d/%m/%Y" }
balance      = "DECIMAL(18, 9)"
"#,
    )
    .unwrap();

    assert_eq!(project.name, "dealer-payments");
    assert_eq!(project.timezone, chrono_tz::Australia::Sydney);
    assert_eq!(project.memory.as_deref(), Some("4GB"));
    assert_eq!(project.threads, Some(4));
    assert_eq!(project.target.to_string(), "s3://bucket/prefix");
    assert_eq!(project.root, Path::new("/data/dealers"));
    assert_eq!(
        project.config_path,
        Path::new("/data/dealers/workbench.toml")
    );

    let names: Vec<_> = project.sources.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["invoices", "accounts"]);
    let accounts = project.source("accounts").unwrap();
    assert_eq!(accounts.path, "sample_data/raw/accounts/*.csv");
    assert_eq!(accounts.load, LoadMode::Upsert);
    assert_eq!(accounts.key, ["account_id", "region"]);
    assert_eq!(accounts.bad_rows, BadRows::Quarantine);
    assert_eq!(accounts.schema, SchemaPolicy::Freeze);
    assert_eq!(accounts.on_vanish, OnVanish::Retract);
    assert_eq!(accounts.duplicates, Duplicates::Load);
    assert_eq!(accounts.settle, Duration::from_secs(120));
    assert_eq!(accounts.history, History::Drop);
    let columns: Vec<_> = accounts
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.ty.as_str(), c.format.as_deref()))
        .collect();
    assert_eq!(
        columns,
        [
            ("account_id", "BIGINT", None),
            ("joining_date", "DATE", Some("%d/%m/%Y")),
            ("balance", "DECIMAL(18,9)", None),
        ]
    );
}

#[test]
fn what_is_not_said_has_a_default() {
    let project = read("\u{feff}[sources.accounts]\r\npath = 'raw/*.csv'\r\n").unwrap();
    assert_eq!(project.name, "dealers");
    assert_eq!(project.timezone, chrono_tz::UTC);
    assert_eq!((project.memory, project.threads), (None, None));
    let output = TargetUrl::parse("output", Path::new("/data/dealers")).unwrap();
    assert_eq!(project.target, output);
    let source = &project.sources[0];
    assert_eq!(source.load, LoadMode::Append);
    assert_eq!(source.settle, Duration::from_secs(10));
    assert!(source.key.is_empty() && source.columns.is_empty());
}

#[test]
fn toml_has_more_than_one_way_to_write_it() {
    let tables = "[sources.a]\npath = 'a'\n[sources.a.columns]\nx = 'DATE'\n";
    for other in [
        "sources.a.path = 'a'\nsources.a.columns.x = 'DATE'",
        "[sources]\na = { path = 'a', columns = { x = { type = 'DATE' } } }",
        "[sources.a.columns.x]\ntype = 'DATE'\n[sources.a]\npath = 'a'",
    ] {
        assert_eq!(read(other).unwrap(), read(tables).unwrap(), "{other}");
    }
}

#[test]
fn a_key_tells_readers_what_a_row_is_in_any_mode() {
    for load in ["append", "replace"] {
        let text = format!("{SOURCE}load = \"{load}\"\nkey = [\"id\"]\n");
        assert_eq!(read(&text).unwrap().sources[0].key, ["id"]);
    }
}

#[test]
fn a_project_is_found_from_below() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let below = root.join("sql/features");
    std::fs::create_dir_all(&below).unwrap();
    // A folder of that name is not the file.
    std::fs::create_dir(below.join("workbench.toml")).unwrap();
    std::fs::write(root.join("workbench.toml"), SOURCE).unwrap();

    assert_eq!(Project::discover(&below).unwrap(), root);
    assert_eq!(Project::discover(&below.join("..")).unwrap(), root);
    let project = Project::load(&root).unwrap();
    assert_eq!(project.root, root);
    assert_eq!(
        project.name,
        root.file_name().unwrap().to_string_lossy().as_ref()
    );
    assert_eq!(project.layout().config(), project.config_path);
}

#[test]
fn a_missing_project_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let tell = |error: ProjectError| shown(&error).replace(&*root.to_string_lossy(), "[folder]");
    insta::assert_snapshot!(tell(Project::discover(&root).unwrap_err()), @r#"
    error: no `workbench.toml` in `[folder]` or any folder above it
    hint: change to a project's folder, or make this one a project: `workbench init --from PATH` proposes one for the raw files there; or write a `workbench.toml` such as

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(tell(Project::load(&root).unwrap_err()), @r#"
    error: no `workbench.toml` in `[folder]`
    hint: change to a project's folder, or make this one a project: `workbench init --from PATH` proposes one for the raw files there; or write a `workbench.toml` such as

    [sources.accounts]
    path = "raw/accounts/*.csv"
    "#);
    insta::assert_snapshot!(tell(Project::load(&root.join("gone")).unwrap_err()), @"error: `[folder]/gone` cannot be read: No such file or directory (os error 2)");
}
