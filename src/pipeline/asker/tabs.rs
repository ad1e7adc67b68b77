//! The texts in the tabs of the editor, for the next time. Several apps of a project
//! keep theirs in one file: none of them takes away what another one wrote.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Asker;
use crate::pipeline::draft::{self, Readers};

/// All tabs. Equal are those of the same texts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tabs {
    pub tabs: Vec<Tab>,
    /// Which one was seen.
    pub current: usize,
    #[serde(skip)]
    pub revision: Revision,
}

impl PartialEq for Tabs {
    fn eq(&self, other: &Self) -> bool {
        (&self.tabs, self.current) == (&other.tabs, other.current)
    }
}

impl Eq for Tabs {}

/// When they were gathered, among all of this process: of two that are kept at once,
/// the later one stays. A clone has that of its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(u64);

impl Default for Revision {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::SeqCst))
    }
}

/// A tab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tab {
    pub text: String,
    /// The name under which it is saved.
    pub saved: Option<String>,
    /// Where the cursor is, in bytes.
    pub cursor: usize,
    /// Values of parameters by name, as they were typed.
    pub params: BTreeMap<String, String>,
}

/// What this app knows of the file.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The newest ones that were written.
    revision: Option<Revision>,
    /// The texts that it read or wrote the last time: others are another app's.
    own: HashSet<String>,
}

impl Kept {
    fn take(&mut self, tabs: &Tabs) {
        self.own = tabs.tabs.iter().map(|tab| tab.text.clone()).collect();
    }
}

impl Asker {
    /// The tabs of the last time; none, if they cannot be read. Cursors are where text
    /// can be parted.
    pub fn tabs(&self) -> Tabs {
        open(&self.tabs_file(), &self.kept)
    }

    /// Keeps them, whole or not at all, beside those of other apps; unless later ones
    /// are kept already. A file that cannot be read is set aside, as `tabs.json.bad`.
    ///
    /// # Errors
    /// Of the file system.
    pub fn keep_tabs(&self, tabs: &Tabs) -> io::Result<()> {
        keep(&self.tabs_file(), tabs, &self.kept)
    }

    fn tabs_file(&self) -> PathBuf {
        self.ctx.layout.private().join("tabs.json")
    }
}

fn open(path: &Path, kept: &Mutex<Kept>) -> Tabs {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let mut tabs = read(path).ok().flatten().unwrap_or_default();
    kept.take(&tabs);
    for tab in &mut tabs.tabs {
        tab.cursor = tab.text.floor_char_boundary(tab.cursor);
    }
    tabs.current = tabs.current.min(tabs.tabs.len().saturating_sub(1));
    tabs
}

fn keep(path: &Path, tabs: &Tabs, kept: &Mutex<Kept>) -> io::Result<()> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.revision.is_some_and(|newest| tabs.revision < newest) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Held until the end: what is read here is what is replaced.
    let turn = File::create(path.with_added_extension("lock"))?;
    turn.lock()?;
    let there = match read(path) {
        Ok(there) => there.unwrap_or_default(),
        Err(_) => {
            set_aside(path)?;
            Tabs::default()
        }
    };
    let mut all = tabs.clone();
    let mut seen: HashSet<&str> = tabs.tabs.iter().map(|tab| tab.text.as_str()).collect();
    for tab in &there.tabs {
        let is_foreign = !tab.text.trim().is_empty() && !kept.own.contains(&tab.text);
        if is_foreign && seen.insert(&tab.text) {
            all.tabs.push(tab.clone());
        }
    }
    draft::replace(path, &serde_json::to_vec(&all)?, Readers::Owner)?;
    kept.revision = Some(tabs.revision);
    kept.take(tabs);
    Ok(())
}

/// None: there is no file.
fn read(path: &Path) -> io::Result<Option<Tabs>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives a file a name under which nobody writes over it.
fn set_aside(path: &Path) -> io::Result<()> {
    let first = path.with_added_extension("bad");
    let others = (2..).map(|n| path.with_added_extension(format!("bad.{n}")));
    let free = std::iter::once(first)
        .chain(others)
        .find(|path| path.symlink_metadata().is_err());
    fs::rename(path, free.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn of(texts: &[&str]) -> Tabs {
        let tabs = texts.iter().map(|text| Tab {
            text: (*text).to_owned(),
            ..Tab::default()
        });
        Tabs {
            tabs: tabs.collect(),
            ..Tabs::default()
        }
    }

    fn there(path: &Path) -> Vec<String> {
        let tabs = read(path).unwrap().unwrap().tabs;
        tabs.into_iter().map(|tab| tab.text).collect()
    }

    #[test]
    fn two_apps_keep_what_both_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private/tabs.json");
        let (one, other) = (Mutex::default(), Mutex::default());
        keep(&path, &of(&["x", "gone"]), &one).unwrap();
        assert_eq!(open(&path, &other), of(&["x", "gone"]));
        keep(&path, &of(&["x", "b"]), &other).unwrap();
        keep(&path, &of(&["x", "a"]), &one).unwrap();
        assert_eq!(there(&path), ["x", "a", "b"]);
        // Each takes away what it had itself, and nothing else.
        keep(&path, &of(&["x", "b2", ""]), &other).unwrap();
        assert_eq!(there(&path), ["x", "b2", "", "a"]);
        keep(&path, &of(&["a2"]), &one).unwrap();
        assert_eq!(there(&path), ["a2", "b2"]);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn no_text_is_lost_between_apps_that_write_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tabs.json");
        std::thread::scope(|scope| {
            for app in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let kept = Mutex::default();
                    for n in 0..20 {
                        keep(path, &of(&[&format!("{app} {n}")]), &kept).unwrap();
                    }
                });
            }
        });
        let mut all = there(&path);
        all.sort();
        assert_eq!(all, ["0 19", "1 19", "2 19", "3 19"]);
    }

    #[test]
    fn the_later_ones_stay_whoever_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tabs.json");
        let kept = Mutex::default();
        let (earlier, later) = (of(&["SEL"]), of(&["SELECT"]));
        keep(&path, &later.clone(), &kept).unwrap();
        keep(&path, &earlier, &kept).unwrap();
        assert_eq!(there(&path), ["SELECT"]);
    }

    #[test]
    fn what_cannot_be_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tabs.json");
        let kept = Mutex::default();
        for (bad, name) in [("{\"tabs\": [", "bad"), ("\u{0}", "bad.2")] {
            fs::write(&path, bad).unwrap();
            assert_eq!(open(&path, &kept), Tabs::default());
            keep(&path, &of(&["x"]), &kept).unwrap();
            assert_eq!(there(&path), ["x"]);
            let aside = path.with_added_extension(name);
            assert_eq!(fs::read_to_string(aside).unwrap(), bad);
        }
    }
}
