//! Why no project was proposed.

use std::io;
use std::path::PathBuf;

/// Why no project was proposed or written. Nothing of one was left behind.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    #[error("{} would be overwritten: {}", folder.display(), listed(paths))]
    InTheWay {
        folder: PathBuf,
        /// Relative to the folder.
        paths: Vec<String>,
    },
    #[error("`{}` does not exist", path.display())]
    Missing { path: PathBuf },
    #[error("no CSV files under `{}`{}", from.display(), besides(left_out))]
    NoFiles {
        from: PathBuf,
        /// What is there, with why it is none.
        left_out: Vec<(String, String)>,
    },
    #[error("the name of `{}` is not UTF-8", path.display())]
    NotUtf8 { path: PathBuf },
    #[error("`{}`: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// How many files a message names.
const SHOWN: usize = 5;

fn listed(paths: &[String]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    paths.join(", ")
}

fn besides(left_out: &[(String, String)]) -> String {
    if left_out.is_empty() {
        return ", and nothing else".to_owned();
    }
    let mut text = String::new();
    for (path, why) in left_out.iter().take(SHOWN) {
        text += &format!("\n  {path}: {why}");
    }
    if left_out.len() > SHOWN {
        text += &format!("\n  … and {} more", left_out.len() - SHOWN);
    }
    text
}

impl ProposeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::InTheWay { .. } => {
                "`init` begins a project and changes none: name an empty folder, as in \
                 `workbench init my-project --from raw`, or move these files away"
            }
            Self::Missing { .. } => {
                "name the folder or file with the data: `workbench init --from PATH`"
            }
            Self::NoFiles { .. } => {
                "put files that end in .csv, .tsv, .txt or .psv (or these and .gz, .zst) there, or \
                 say where they are: `workbench init --from PATH`"
            }
            Self::NotUtf8 { .. } => "rename it",
            Self::Io { .. } | Self::Interrupted => return None,
        };
        Some(hint.to_owned())
    }
}
