//! Which files belong together: each group becomes a source.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use globset::GlobBuilder;

use super::find::split_name;
use super::sniff::Sniffed;
use crate::model::names::has_name_shape;

/// Folders whose names say nothing about what is in them.
pub(super) const VAGUE: [&str; 19] = [
    "raw",
    "data",
    "csv",
    "in",
    "input",
    "inputs",
    "incoming",
    "inbox",
    "files",
    "file",
    "export",
    "exports",
    "download",
    "downloads",
    "sample_data",
    "tmp",
    "temp",
    "landing",
    "source",
];
/// Parts of names that tell files of one kind apart, beside numbers.
const ORDINAL: [&str; 19] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "part",
    "copy", "final", "new", "old", "latest", "week",
];

/// Files that become one source.
#[derive(Debug, Clone)]
pub struct Feed {
    pub name: String,
    /// The pattern that shows them, and nothing else that was found.
    pub pattern: String,
    pub files: Vec<Sniffed>,
    pub notes: Vec<String>,
}

/// Where a file stands, and what its name says.
pub(super) struct Named {
    /// Its folder, with a star for each part that is only a date or a number.
    pub folder: String,
    /// Its stem without dates and numbers.
    pub base: String,
}

impl Named {
    pub fn of(path: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (stem, _) = split_name(name);
        let folder: Vec<String> = folder
            .split('/')
            .map(|part| {
                if is_partition(part) {
                    "*".to_owned()
                } else {
                    escaped(part)
                }
            })
            .collect();
        Self {
            folder: folder.join("/"),
            base: base(stem),
        }
    }
}

/// `2024`, `2024-01`, `day=3`: one of many alike.
fn is_partition(part: &str) -> bool {
    let value = part.split_once('=').map_or(part, |(_, value)| value);
    part.contains('=')
        || (value.contains(|c: char| c.is_ascii_digit())
            && value
                .chars()
                .all(|c| c.is_ascii_digit() || "-_.".contains(c)))
}

/// The words of a stem, without what tells one delivery from another.
fn base(stem: &str) -> String {
    let lower = stem.to_lowercase();
    let mut words = Vec::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()) {
        for part in word.split(|c: char| c.is_numeric()) {
            let short = part.len() <= 1 && part.len() < word.len();
            if !part.is_empty() && !short && !ORDINAL.contains(&part) {
                words.push(part.to_owned());
            }
        }
    }
    words.join("_")
}

/// A part of a path, with what would be a pattern in it taken literally.
fn escaped(part: &str) -> String {
    let mut out = String::new();
    for c in part.chars() {
        if "*?[]{}\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Groups files into sources. `left_out`: paths that no pattern may show. `from`
/// is the folder that was looked through, as files' paths begin.
pub fn feeds(files: Vec<Sniffed>, left_out: &[String], from: &str) -> Vec<Feed> {
    let all: Vec<String> = files
        .iter()
        .map(|f| f.file.path.clone())
        .chain(left_out.iter().cloned())
        .collect();
    let mut folders: BTreeMap<String, BTreeMap<String, Vec<Sniffed>>> = BTreeMap::new();
    for file in files {
        let named = Named::of(&file.file.path);
        let bases = folders.entry(named.folder).or_default();
        bases.entry(named.base).or_default().push(file);
    }
    let mut found = Vec::new();
    let mut names = HashSet::new();
    for (folder, bases) in folders {
        let clusters = joined(bases, &folder, from);
        let alone = clusters.len() == 1;
        for (base, files) in clusters {
            let parts = split(files);
            let many = parts.len();
            for (at, part) in parts.into_iter().enumerate() {
                let wanted = name(&folder, &base, alone && many == 1, from);
                let wanted = if at > 0 {
                    format!("{wanted}_{}", at + 1)
                } else {
                    wanted
                };
                let name = unique(&wanted, &folder, &mut names);
                let mut notes = Vec::new();
                if many > 1 {
                    notes.push(format!(
                        "files called like these are written in {many} ways, or have other columns: \
                         they are {many} sources"
                    ));
                }
                let pattern = pattern(&folder, &part, &all, alone && many == 1, from, &mut notes);
                found.push(Feed {
                    name,
                    pattern,
                    files: part,
                    notes,
                });
            }
        }
    }
    found
}

/// Brings together what has different names and the same columns.
fn joined(
    bases: BTreeMap<String, Vec<Sniffed>>,
    folder: &str,
    from: &str,
) -> Vec<(String, Vec<Sniffed>)> {
    let same = |a: &[Sniffed], b: &[Sniffed]| {
        let (a, b) = (&a[0].layout, &b[0].layout);
        !a.written.is_empty() && a.columns.len() > 1 && a.columns == b.columns
    };
    let clusters: Vec<(String, Vec<Sniffed>)> = bases.into_iter().collect();
    let all_same = clusters.windows(2).all(|pair| same(&pair[0].1, &pair[1].1));
    if clusters.len() > 1 && all_same && folder != from {
        let name = folder.rsplit('/').next().unwrap_or_default().to_owned();
        let files = clusters.into_iter().flat_map(|(_, files)| files).collect();
        return vec![(name, files)];
    }
    let mut out: Vec<(String, Vec<Sniffed>)> = Vec::new();
    for (base, files) in clusters {
        let first = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
        let known = out.iter_mut().find(|(name, others)| {
            !base.is_empty() && first(name) == first(&base) && same(others, &files)
        });
        match known {
            Some((name, others)) => {
                *name = first(&base);
                others.extend(files);
            }
            None => out.push((base, files)),
        }
    }
    out
}

/// Parts files that no one dialect reads, or whose columns are not the same.
fn split(files: Vec<Sniffed>) -> Vec<Vec<Sniffed>> {
    let mut parts: Vec<Vec<Sniffed>> = Vec::new();
    let mut by_size: Vec<&Sniffed> = files.iter().collect();
    by_size.sort_by_key(|f| std::cmp::Reverse(f.file.bytes));
    for file in by_size {
        let part = parts.iter_mut().find_map(|part| {
            let like = file.like(&part[0])?;
            (alike(&like, &part[0]) && part.iter().all(|other| like.agrees(other)))
                .then_some((part, like))
        });
        match part {
            Some((part, like)) => part.push(like),
            None => parts.push(vec![file.clone()]),
        }
    }
    for part in &mut parts {
        part.sort_by(|a, b| crate::ingest::natural::natural_cmp(&a.file.path, &b.file.path));
    }
    parts
}

/// Half of the columns at least are the same; all, where files do not name them.
fn alike(a: &Sniffed, b: &Sniffed) -> bool {
    let (a, b) = (&a.layout, &b.layout);
    if !a.header || !b.header {
        return a.columns == b.columns;
    }
    let both = a.columns.iter().filter(|c| b.columns.contains(c)).count();
    both * 2 >= a.columns.len().max(b.columns.len())
}

fn name(folder: &str, base: &str, alone: bool, from: &str) -> String {
    let parts = folder.rsplit('/').filter(|part| *part != "*");
    let last = parts
        .map(plain_name)
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let telling = !VAGUE.contains(&last.as_str()) && folder != from && !last.is_empty();
    if base.is_empty() || (alone && telling) {
        last
    } else {
        plain_name(base)
    }
}

/// Lower-case letters, digits and `_`, a letter first; empty if nothing is left.
pub(super) fn plain_name(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'ä' | 'à' | 'á' | 'â' | 'å' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'ö' | 'ó' | 'ò' | 'ø' => out.push('o'),
            'ü' | 'ú' | 'ù' => out.push('u'),
            'ß' => out.push_str("ss"),
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ if out.ends_with('_') => {}
            _ => out.push('_'),
        }
    }
    let out = out.trim_matches('_').to_owned();
    // A transform may not end in a version.
    let digits = out.bytes().rev().take_while(u8::is_ascii_digit).count();
    let out = match out[..out.len() - digits].strip_suffix("_v") {
        Some(before) if digits > 0 => format!("{before}_{}", &out[out.len() - digits..]),
        _ => out,
    };
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("t_{out}");
    }
    out
}

fn unique(wanted: &str, folder: &str, names: &mut HashSet<String>) -> String {
    let wanted = if has_name_shape(wanted) {
        wanted
    } else {
        "data"
    };
    let parent = folder.rsplit('/').find(|part| *part != "*").map(plain_name);
    let longer = parent
        .filter(|p| !p.is_empty())
        .map(|p| format!("{p}_{wanted}"));
    let numbered = (2..).map(|n| format!("{wanted}_{n}"));
    let candidates = std::iter::once(wanted.to_owned())
        .chain(longer)
        .chain(numbered);
    for name in candidates {
        if names.insert(name.clone()) {
            return name;
        }
    }
    wanted.to_owned()
}

/// The widest sensible pattern that shows these files and no other.
fn pattern(
    folder: &str,
    files: &[Sniffed],
    all: &[String],
    alone: bool,
    from: &str,
    notes: &mut Vec<String>,
) -> String {
    let paths: Vec<&str> = files.iter().map(|f| f.file.path.as_str()).collect();
    let names: Vec<(&str, &str)> = paths
        .iter()
        .map(|path| split_name(file_name(path)))
        .collect();
    let mut extensions: Vec<&str> = names.iter().map(|(_, extension)| *extension).collect();
    extensions.sort_unstable();
    extensions.dedup();
    let dot = |stem: &str| match extensions.as_slice() {
        [""] => stem.to_owned(),
        [one] => format!("{stem}.{one}"),
        many => format!("{stem}.{{{}}}", many.join(",")),
    };
    let before = names
        .iter()
        .map(|(stem, _)| *stem)
        .reduce(common_start)
        .unwrap_or_default();
    let digits = |c: char| c.is_ascii_digit() || "-_. ".contains(c);
    let before = if names.len() > 1 || before.contains(|c: char| c.is_ascii_digit()) {
        let kept = before.trim_end_matches(digits);
        // With what stands between the name and its number, if there is one.
        &before[..(kept.len() + 1).min(before.len())]
    } else {
        before
    };
    let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let at = |name: String| {
        if folder.is_empty() {
            name
        } else {
            format!("{folder}/{name}")
        }
    };
    let mut candidates = Vec::new();
    if alone && folder != from {
        candidates.push(at(dot("*")));
    }
    if !before.is_empty() {
        candidates.push(at(dot(&format!("{}*", escaped(before)))));
    } else if paths.len() > 1 {
        candidates.push(at(dot("*")));
    }
    if let [path] = paths.as_slice() {
        candidates.push(escaped_path(path));
    }
    let shows = |pattern: &str, path: &str| {
        GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .is_ok_and(|glob| glob.compile_matcher().is_match(Path::new(path)))
    };
    let fits = |pattern: &String| {
        all.iter()
            .all(|path| shows(pattern, path) == paths.contains(&path.as_str()))
    };
    if let Some(pattern) = candidates.into_iter().find(fits) {
        return pattern;
    }
    notes.push(
        "no simple pattern shows these files and no other, so they are listed: a new file needs \
         to be added"
            .to_owned(),
    );
    listed(&paths)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn escaped_path(path: &str) -> String {
    path.split('/').map(escaped).collect::<Vec<_>>().join("/")
}

/// All paths in braces, behind the folders that they share.
fn listed(paths: &[&str]) -> String {
    let start = paths
        .iter()
        .copied()
        .reduce(common_start)
        .unwrap_or_default();
    let folder = start.rfind('/').map_or(0, |at| at + 1);
    let rest: Vec<String> = paths
        .iter()
        .map(|path| escaped_path(&path[folder..]).replace(',', "\\,"))
        .collect();
    if let [one] = rest.as_slice() {
        return format!("{}{one}", escaped_path(&start[..folder]));
    }
    format!("{}{{{}}}", escaped_path(&start[..folder]), rest.join(","))
}

fn common_start<'a>(a: &'a str, b: &'a str) -> &'a str {
    let same = a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y);
    let end = same.map_or(a.len().min(b.len()), |((at, _), _)| at);
    &a[..end]
}

#[cfg(test)]
mod tests;
