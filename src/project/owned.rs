//! What belongs to a project, and is written by runs and by who edits it alone.

use std::path::{Path, PathBuf};

use super::{Project, TargetUrl};

impl Project {
    /// Whether a result that is written to `file` would lie among what the project is
    /// made of: its configuration, SQL, raw files, private files or snapshots. The
    /// folder of `file` must be there; otherwise it is nobody's.
    pub fn owns(&self, file: &Path) -> bool {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
        let Ok(folder) = folder.unwrap_or(Path::new(".")).canonicalize() else {
            return false;
        };
        let Some(name) = file.file_name() else {
            return false;
        };
        let path = folder.join(name);
        let root = self
            .root
            .canonicalize()
            .unwrap_or_else(|_| self.root.clone());
        let mut own = vec![
            self.layout().private().to_owned(),
            root.join("sql"),
            self.config_path.clone(),
        ];
        if let TargetUrl::Folder { path, .. } = &self.target {
            own.push(path.clone());
        }
        // A source that lies in the project's folder itself owns nothing: its files
        // are known by their names alone.
        let of_sources = self.sources.iter().map(|s| root.join(fixed(&s.path)));
        own.extend(of_sources.filter(|folder| *folder != root));
        let mut own = own.iter().filter_map(|own| own.canonicalize().ok());
        own.any(|own| path.starts_with(own))
    }
}

/// The folder of `raw/accounts/*.csv`, before any sign that stands for others.
fn fixed(pattern: &str) -> PathBuf {
    let before = pattern
        .split(['*', '?', '[', '{'])
        .next()
        .unwrap_or_default();
    let folder = before.rsplit_once('/').map_or("", |(folder, _)| folder);
    PathBuf::from(folder)
}
