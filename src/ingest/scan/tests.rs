use std::fs::Permissions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

struct Project(tempfile::TempDir);

impl Project {
    fn with(files: &[&str]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for file in files {
            let path = project.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "a\n").unwrap();
        }
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn scan(&self, pattern: &str) -> Result<Found, ScanError> {
        scan(self.0.path(), pattern)
    }

    fn shows(&self, pattern: &str) -> Vec<String> {
        let found = self.scan(pattern).unwrap();
        found.files.into_iter().map(|file| file.path).collect()
    }

    /// The error and its hint, with the project's folder as `PROJECT`.
    fn refuses(&self, pattern: &str) -> String {
        let error = self.scan(pattern).unwrap_err();
        let root = self.0.path().to_str().unwrap();
        format!("{error} ({})", error.hint().unwrap()).replace(root, "PROJECT")
    }
}

#[test]
fn files_come_in_natural_order() {
    let project = Project::with(&[
        "raw/d-10.csv",
        "raw/d-9.csv",
        "raw/d-9.txt",
        "raw/old/d-1.csv",
    ]);
    assert_eq!(project.shows("raw/*.csv"), ["raw/d-9.csv", "raw/d-10.csv"]);
    assert_eq!(project.shows("./raw//d-?.csv"), ["raw/d-9.csv"]);
    assert_eq!(project.shows("raw/*/*.csv"), ["raw/old/d-1.csv"]);
    assert_eq!(
        project.shows("raw/**/*.csv"),
        ["raw/d-9.csv", "raw/d-10.csv", "raw/old/d-1.csv"]
    );
    assert_eq!(
        project.shows("{raw/old,raw}/*-1*.csv"),
        ["raw/d-10.csv", "raw/old/d-1.csv"]
    );
    assert_eq!(project.shows("raw/d-9.csv"), ["raw/d-9.csv"]);
    assert_eq!(project.shows("raw/*.gz"), [""; 0]);
}

#[test]
fn paths_outside_the_project_are_shown_as_written() {
    let project = Project::with(&["p/x", "raw/1.csv"]);
    let root = project.path("p");
    let absolute = project.path("raw").to_str().unwrap().to_owned();
    let paths = |pattern: &str| scan(&root, pattern).unwrap().files[0].path.clone();
    assert_eq!(paths("../raw/*.csv"), "../raw/1.csv");
    assert_eq!(
        paths(&format!("{absolute}/*.csv")),
        format!("{absolute}/1.csv")
    );
    let inside = format!("{}/raw/*.csv", project.path("").display());
    assert_eq!(project.shows(&inside), ["raw/1.csv"]);
}

#[test]
fn names_may_hold_anything_that_is_utf8() {
    let names = [
        "raw/a b.csv",
        "raw/it's \"x\".csv",
        "raw/Größe 名.csv",
        "raw/[x]{y}*.csv",
    ];
    let project = Project::with(&names);
    let mut shown = project.shows("raw/*.csv");
    shown.sort();
    let mut names = names.to_vec();
    names.sort_unstable();
    assert_eq!(shown, names);

    let odd = project
        .path("raw")
        .join(std::ffi::OsStr::from_bytes(b"\xff.csv"));
    if fs::write(odd, "a\n").is_ok() {
        insta::assert_snapshot!(project.refuses("raw/*.csv"), @"the name of `raw/�.csv` is not UTF-8 (rename it)");
        assert!(project.scan("raw/a*.csv").is_ok());
    }
}

#[test]
fn hidden_and_temporary_files_are_left_out_and_told() {
    let project = Project::with(&[
        "raw/1.csv",
        "raw/.2.csv",
        "raw/~$1.csv",
        "raw/1.csv~",
        "raw/#1.csv#",
        "raw/.git/3.csv",
    ]);
    let found = project.scan("raw/*.csv").unwrap();
    assert_eq!(found.files.len(), 1);
    assert_eq!(found.left_out, ["raw/.2.csv", "raw/~$1.csv"]);
    assert_eq!(project.shows("raw/**/*"), ["raw/1.csv"]);
    assert_eq!(project.shows("raw/.*.csv"), ["raw/.2.csv"]);
    assert_eq!(project.shows("raw/.git/*.csv"), ["raw/.git/3.csv"]);
    assert_eq!(project.shows("raw/1.csv~"), ["raw/1.csv~"]);
}

#[test]
fn what_is_not_there_is_an_error() {
    let project = Project::with(&["raw/1.csv"]);
    symlink("nowhere", project.path("gone")).unwrap();
    let refusals = [
        "rwa/*.csv",
        "raw/1.csv/*.csv",
        "raw/2.csv",
        "rwa/2.csv",
        "gone/*.csv",
        "gone",
    ];
    let refusals = refusals.map(|pattern| project.refuses(pattern));
    insta::assert_snapshot!(refusals.join("\n"), @"
    `rwa`, the folder that `rwa/*.csv` begins in, does not exist (correct the source's `path`, or make the folder: an empty one is no error)
    `raw/1.csv`, where `raw/1.csv/*.csv` begins, is not a folder (correct the source's `path`, or make the folder: an empty one is no error)
    `raw/2.csv` does not exist (a `path` without wildcards names a file that must be there; a pattern may match nothing)
    `rwa/2.csv` does not exist (a `path` without wildcards names a file that must be there; a pattern may match nothing)
    `gone` is a symbolic link to something that does not exist (mend or remove the link: what it stood for is not read)
    `gone` is a symbolic link to something that does not exist (mend or remove the link: what it stood for is not read)
    ");
}

#[test]
fn a_folder_in_the_place_of_a_file_is_an_error() {
    let project = Project::with(&["raw/x.csv/1.csv", "raw/2.csv", "deep/a/x.csv/1.csv"]);
    let refusals = ["raw/*.csv", "raw/x.csv", "raw", "deep/**/*.csv", "."];
    let refusals = refusals.map(|pattern| project.refuses(pattern));
    insta::assert_snapshot!(refusals.join("\n"), @"
    `raw/x.csv` is a folder, and `raw/*.csv` means files (to read the files in it write `raw/x.csv/*.csv`; else rename it or move it away)
    `raw/x.csv` is a folder, and `raw/x.csv` means files (to read the files in it write `raw/x.csv/*.csv`; else rename it or move it away)
    `raw` is a folder, and `raw` means files (to read the files in it write `raw/*.csv`; else rename it or move it away)
    `deep/a/x.csv` is a folder, and `deep/**/*.csv` means files (to read the files in it write `deep/a/x.csv/*.csv`; else rename it or move it away)
    `.` is a folder, and `.` means files (to read the files in it write `./*.csv`; else rename it or move it away)
    ");
    assert_eq!(project.shows("raw/*"), ["raw/2.csv"]);
    assert_eq!(project.shows("raw/**"), ["raw/2.csv", "raw/x.csv/1.csv"]);
}

#[test]
fn a_pipe_is_no_file() {
    let project = Project::with(&["raw/1.csv"]);
    let socket = std::os::unix::net::UnixListener::bind(project.path("raw/p.csv"));
    if socket.is_ok() {
        insta::assert_snapshot!(project.refuses("raw/*.csv"), @"`raw/p.csv` matches `raw/*.csv`, but is neither a file nor a folder (move it away, or narrow the source's `path`)");
        insta::assert_snapshot!(project.refuses("raw/p.csv"), @"`raw/p.csv` matches `raw/p.csv`, but is neither a file nor a folder (move it away, or narrow the source's `path`)");
    }
}

#[test]
fn links_are_followed() {
    let project = Project::with(&["elsewhere/1.csv", "raw/2.csv"]);
    symlink(project.path("elsewhere/1.csv"), project.path("raw/1.csv")).unwrap();
    symlink("../elsewhere", project.path("raw/folder")).unwrap();
    symlink("raw", project.path("link")).unwrap();
    assert_eq!(project.shows("raw/*.csv"), ["raw/1.csv", "raw/2.csv"]);
    assert_eq!(project.shows("raw/folder/*.csv"), ["raw/folder/1.csv"]);
    assert_eq!(project.shows("link/*.csv"), ["link/1.csv", "link/2.csv"]);
    assert_eq!(project.shows("raw/f*/*.csv"), ["raw/folder/1.csv"]);
}

#[test]
fn links_that_lead_nowhere_are_errors_where_they_matter() {
    let project = Project::with(&["raw/1.csv", "raw/sub/1.csv"]);
    symlink("nowhere", project.path("raw/2.csv")).unwrap();
    symlink("nowhere", project.path("raw/note.txt")).unwrap();
    symlink("3.csv", project.path("raw/sub/3.csv")).unwrap();
    symlink("..", project.path("raw/sub/up")).unwrap();
    let refusals = [
        "raw/*.csv",
        "raw/sub/*.csv",
        "raw/sub/3.csv",
        "raw/**/1.csv",
    ];
    let refusals = refusals.map(|pattern| project.refuses(pattern));
    insta::assert_snapshot!(refusals.join("\n"), @"
    `raw/2.csv` is a symbolic link to something that does not exist (mend or remove the link: what it stood for is not read)
    `raw/sub/3.csv` is a symbolic link into a loop (remove the link, or narrow the source's `path`)
    `raw/sub/3.csv` is a symbolic link into a loop (remove the link, or narrow the source's `path`)
    4 files or folders cannot be taken:
      `raw/2.csv` is a symbolic link to something that does not exist
      `raw/note.txt` is a symbolic link to something that does not exist
      `raw/sub/3.csv` is a symbolic link into a loop
      `raw/sub/up` is a symbolic link into a loop (mend or remove the link: what it stood for is not read; remove the link, or narrow the source's `path`)
    ");
    assert_eq!(project.shows("raw/1*.csv"), ["raw/1.csv"]);
    assert_eq!(project.shows("raw/s*/1.csv"), ["raw/sub/1.csv"]);
    fs::remove_file(project.path("raw/note.txt")).unwrap();
    fs::remove_file(project.path("raw/2.csv")).unwrap();
    fs::remove_file(project.path("raw/sub/3.csv")).unwrap();
    insta::assert_snapshot!(project.refuses("raw/**/1.csv"), @"`raw/sub/up` is a symbolic link into a loop (remove the link, or narrow the source's `path`)");
}

#[test]
fn folders_that_may_not_be_read_are_errors() {
    let project = Project::with(&["raw/a/1.csv", "raw/b/1.csv"]);
    fs::set_permissions(project.path("raw/b"), Permissions::from_mode(0o000)).unwrap();
    // Nothing is forbidden to root.
    if fs::read_dir(project.path("raw/b")).is_err() {
        assert!(project.refuses("raw/*/*.csv").contains("`raw/b`"));
        assert!(project.refuses("raw/b/*.csv").contains("`raw/b`"));
        assert_eq!(project.shows("raw/a*/*.csv"), ["raw/a/1.csv"]);
    }
    fs::set_permissions(project.path("raw/b"), Permissions::from_mode(0o755)).unwrap();
}
