//! Why the state could not be read or written, by what it means to the caller.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::model::run::RunNumber;
use crate::model::token::RandomId;

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error(
        "`{}` was written by a newer workbench: it is state version {found}, and this workbench knows \
         versions up to {known}",
        file.display()
    )]
    Newer {
        file: PathBuf,
        found: u32,
        known: u32,
    },

    /// Only for readers: whoever opens it for writing brings it up to date.
    #[error(
        "`{}` was written by an older workbench: it is state version {found}, and this workbench reads \
         version {known}; the next `workbench export` or `workbench load` brings it up to date",
        file.display()
    )]
    Older {
        file: PathBuf,
        found: u32,
        known: u32,
    },

    #[error(
        "cannot {doing}: `{}` is damaged ({reason}); restore `.workbench` as a whole from a backup, or \
         use `workbench rebuild`",
        file.display()
    )]
    Corrupt {
        doing: &'static str,
        file: PathBuf,
        reason: String,
    },

    #[error("cannot {doing}: `{}` is in use; another workbench may be running", file.display())]
    Busy { doing: &'static str, file: PathBuf },

    #[error("cannot {doing}: `{}` or its folder cannot be written to", file.display())]
    ReadOnly { doing: &'static str, file: PathBuf },

    /// The last changes lie beside the file, and reading them needs a helper
    /// file that cannot be made.
    #[error(
        "cannot read `{}`: `{}` beside it holds changes, and the folder cannot be written to; copy the \
         whole folder to a place where it can",
        file.display(),
        wal.display()
    )]
    UnreadableWal { file: PathBuf, wal: PathBuf },

    #[error(
        "`{}` belongs to project `{has}`, not to project `{given}`; a project's id never changes",
        file.display()
    )]
    OtherProject {
        file: PathBuf,
        has: RandomId,
        given: RandomId,
    },

    #[error("cannot {doing}: `{}` has no run {run}", file.display())]
    NoSuchRun {
        doing: &'static str,
        file: PathBuf,
        run: RunNumber,
    },

    #[error("cannot begin run {run}: `{}` already has a run {run}", file.display())]
    RunExists { file: PathBuf, run: RunNumber },

    #[error("cannot {doing}: `{}` has no target `{target}`", file.display())]
    NoSuchTarget {
        doing: &'static str,
        file: PathBuf,
        target: RandomId,
    },

    /// Recording it would hide that commits before it were never recorded.
    #[error(
        "cannot record commit {seq} of target `{target}`: the newest in `{}` is {newest}, and the ones \
         between come first",
        file.display()
    )]
    Gap {
        file: PathBuf,
        target: RandomId,
        newest: u64,
        seq: u64,
    },

    #[error("cannot {doing}: `{}`: {source}", file.display())]
    Io {
        doing: &'static str,
        file: PathBuf,
        #[source]
        source: io::Error,
    },

    #[error("cannot {doing}: `{}`: {source}", file.display())]
    Sqlite {
        doing: &'static str,
        file: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
}

impl StateError {
    /// What an error of SQLite means.
    pub(super) fn of(doing: &'static str, file: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::Error as E;

        let file = file.to_owned();
        // A value of the wrong shape was not written by this program: to its
        // user that is no other than a damaged page.
        let unreadable = matches!(
            source,
            E::FromSqlConversionFailure(..)
                | E::IntegralValueOutOfRange(..)
                | E::InvalidColumnType(..)
                | E::Utf8Error(..)
        );
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt {
                doing,
                file,
                reason: source.to_string(),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { doing, file },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { doing, file },
            None if unreadable => Self::Corrupt {
                doing,
                file,
                reason: source.to_string(),
            },
            _ => Self::Sqlite {
                doing,
                file,
                source,
            },
        }
    }
}
