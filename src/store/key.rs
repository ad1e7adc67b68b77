//! What may be used as a key.

use std::io;

use super::StoreError;

/// Where a store keeps what is its own. Never keys: a folder store has its
/// lock, its unfinished files and its retained bytes there.
const RESERVED_FILE: &str = "_workbench/lock";
const RESERVED_FOLDERS: [&str; 2] = ["_workbench/tmp", "_workbench/objects"];

/// Refuses what is not a key: relative, `/`-separated, without empty, `.` or
/// `..` parts, and outside of what stores keep for themselves.
///
/// # Errors
/// [`StoreError::Io`] of kind `InvalidInput`.
pub fn check(key: &str) -> Result<(), StoreError> {
    let shaped = !key.contains('\0') && key.split('/').all(is_part);
    if shaped && !is_reserved(key) {
        Ok(())
    } else {
        Err(invalid(key, "not a key"))
    }
}

/// Refuses what no key can begin with. A prefix is text, not a folder: it may
/// be empty and may end inside a name.
///
/// # Errors
/// [`StoreError::Io`] of kind `InvalidInput`.
pub fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    let shaped = match prefix.rsplit_once('/') {
        Some((folder, _)) => folder.split('/').all(is_part),
        None => true,
    };
    if shaped && !prefix.contains('\0') {
        Ok(())
    } else {
        Err(invalid(prefix, "not the beginning of a key"))
    }
}

/// True for what a store keeps for itself, and for all below it.
pub fn is_reserved(key: &str) -> bool {
    key == RESERVED_FILE
        || RESERVED_FOLDERS.iter().any(|folder| {
            key.strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

fn is_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..")
}

fn invalid(key: &str, what: &str) -> StoreError {
    StoreError::io(key, io::Error::new(io::ErrorKind::InvalidInput, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_text() {
        for good in ["", "a", "a/", "a/b", "a/ingest_ye", "a/.."] {
            assert!(check_prefix(good).is_ok(), "{good}");
        }
        for bad in ["/", "/a", "a//", "../", "a/../b", "a\0"] {
            assert!(check_prefix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_its_own_places_are_reserved() {
        assert!(is_reserved("_workbench/tmp"));
        assert!(is_reserved("_workbench/objects/x.part"));
        assert!(!is_reserved("_workbench/tmpx"));
        assert!(!is_reserved("_workbench/owner.json"));
    }
}
