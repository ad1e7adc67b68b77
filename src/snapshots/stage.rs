//! Staging: datasets are computed and checked before anybody can see them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use chrono::NaiveDate;

use crate::engine::rows::Rows;
use crate::engine::{EngineError, Session, parquet, quote};
use crate::failpoint::{self, Failpoint};
use crate::model::column::Column;
use crate::model::commit::{CheckOutcome, Inputs, StagedPartition};
use crate::model::hash::ContentHash;
use crate::model::names::TransformName;
use crate::model::partition::PartitionId;
use crate::model::progress::{Progress, ProgressSink};
use crate::model::run::RunNumber;
use crate::model::transform::{Schema, Severity, Transform, TransformKind, Transforms};
use crate::store::files;

/// How many offending rows an error shows.
const SHOWN_ROWS: u64 = 5;

/// Why a dataset could not be staged.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The engine refused a transform's SQL, or failed while running it.
    #[error("`sql/{}/{name}.sql`: {error}", kind.folder())]
    Transform {
        kind: TransformKind,
        name: TransformName,
        error: EngineError,
    },
    #[error(
        "the check `{name}` found {failed} {} that must not exist",
        if *failed == 1 { "row" } else { "rows" }
    )]
    CheckFailed {
        name: TransformName,
        failed: u64,
        sample: Box<Rows>,
        /// All checks that were evaluated so far, this one included.
        outcomes: Vec<CheckOutcome>,
    },
    #[error("the dataset `{dataset}` has {rows} keys ({}) that are not unique", key.join(", "))]
    KeyNotUnique {
        dataset: TransformName,
        key: Vec<String>,
        rows: u64,
        sample: Box<Rows>,
    },
    #[error("the dataset `{dataset}` has {rows} rows whose key ({}) is NULL", key.join(", "))]
    KeyNull {
        dataset: TransformName,
        key: Vec<String>,
        rows: u64,
    },
    #[error("the dataset `{dataset}` has no column `{column}`, which its key names")]
    KeyMissing {
        dataset: TransformName,
        column: String,
    },
    #[error(
        "the column `{column}` of `{dataset}` is {ty}, which a Parquet file would hold as {stored}"
    )]
    TypeNotKept {
        dataset: TransformName,
        column: String,
        ty: String,
        stored: String,
    },
    #[error("the dataset `{dataset}` was written with {written} rows and reads back with {read}")]
    RowsLost {
        dataset: TransformName,
        written: u64,
        read: u64,
    },
    /// It reads its own earlier days, and there is none.
    #[error(
        "`{dataset}` reads its own history, and no day before {day} is published: its columns cannot be known"
    )]
    NoHistoryYet {
        dataset: TransformName,
        day: NaiveDate,
    },
    #[error("`{}`: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What the views of a computing session stand on.
pub struct Stage<'a> {
    pub session: &'a Session,
    pub transforms: &'a Transforms,
    /// Where staged files go.
    pub folder: &'a Path,
    pub ingest_date: NaiveDate,
    pub run: RunNumber,
    pub progress: &'a dyn ProgressSink,
}

/// A staged partition that is still being hashed and synced, while the next one
/// is computed.
pub struct BeingStaged {
    /// Without its hash and size yet.
    partition: StagedPartition,
    file: PathBuf,
    synced: JoinHandle<std::io::Result<(ContentHash, u64)>>,
}

impl BeingStaged {
    /// The partition's shape, which is known already.
    pub fn shape(&self) -> &StagedPartition {
        &self.partition
    }

    /// Waits until the file is on disk to stay.
    ///
    /// # Errors
    /// [`StageError::Io`] if it cannot be.
    pub fn finish(mut self) -> Result<StagedPartition, StageError> {
        let synced = match self.synced.join() {
            Ok(synced) => synced,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let (blake3, bytes) = synced.map_err(|source| StageError::Io {
            path: self.file,
            source,
        })?;
        self.partition.blake3 = blake3;
        self.partition.bytes = bytes;
        Ok(self.partition)
    }
}

/// The file that a dataset is staged in.
pub fn staged_file(folder: &Path, id: &PartitionId) -> PathBuf {
    folder.join(format!(
        "{}-v{}-{}.part",
        id.dataset, id.version, id.ingest_date
    ))
}

impl Stage<'_> {
    /// Creates the schemas that project SQL reads and the staging views.
    ///
    /// # Errors
    /// [`StageError::Transform`] if a view does not bind.
    pub fn open(&self) -> Result<(), StageError> {
        for schema in [Schema::Staging, Schema::Features, Schema::History] {
            self.session
                .batch(&format!("CREATE SCHEMA {}", schema.as_str()))?;
        }
        for view in &self.transforms.staging {
            self.columns(view)?;
            self.session
                .batch(&format!(
                    "CREATE VIEW {} AS {}\n",
                    quote::qualified(Schema::Staging.as_str(), view.name.as_str()),
                    view.sql
                ))
                .map_err(|error| of(view, error))?;
        }
        Ok(())
    }

    /// Removes what [`Stage::open`] made: no reader of the warehouse has
    /// `run_date()`, so these views would be broken there.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn close(&self) -> Result<(), EngineError> {
        for schema in [Schema::Features, Schema::History, Schema::Staging] {
            self.session
                .batch(&format!("DROP SCHEMA {} CASCADE", schema.as_str()))?;
        }
        Ok(())
    }

    /// Shows files under a name: `features.x` or `history.x`.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn show(&self, schema: Schema, name: &str, select: &str) -> Result<(), EngineError> {
        self.session.batch(&format!(
            "CREATE OR REPLACE VIEW {} AS {select}",
            quote::qualified(schema.as_str(), name)
        ))
    }

    /// The columns that a transform's SQL returns.
    ///
    /// # Errors
    /// [`StageError::Transform`] if it does not bind.
    pub fn columns(&self, transform: &Transform) -> Result<Vec<Column>, StageError> {
        self.session
            .columns(&transform.sql)
            .map_err(|error| of(transform, error))
    }

    /// Evaluates checks, one after the other.
    ///
    /// # Errors
    /// [`StageError::CheckFailed`] for the first whose severity is `fail`.
    pub fn check<'t>(
        &self,
        checks: impl Iterator<Item = &'t Transform>,
        outcomes: &mut Vec<CheckOutcome>,
    ) -> Result<(), StageError> {
        for check in checks {
            let prefix = "SELECT count(*) FROM (";
            let failed = self
                .session
                .number(&format!("{prefix}{}\n)", check.sql))
                .map_err(|mut error| {
                    error.position = error.position.map(|p| p.saturating_sub(prefix.len()));
                    of(check, error)
                })?;
            self.progress.report(Progress::Checked {
                name: check.name.to_string(),
                failed,
            });
            outcomes.push(CheckOutcome {
                name: check.name.clone(),
                severity: check.header.severity,
                failed,
            });
            if failed > 0 && check.header.severity == Severity::Fail {
                return Err(StageError::CheckFailed {
                    name: check.name.clone(),
                    failed,
                    sample: Box::new(self.session.rows(&check.sql, Some(SHOWN_ROWS))?),
                    outcomes: outcomes.clone(),
                });
            }
        }
        Ok(())
    }

    /// Computes a dataset into its staged file, checks it, and shows it as
    /// `features.<name>` to what comes after.
    ///
    /// # Errors
    /// SQL that fails, a key that is not one, a type that Parquet would change.
    pub fn dataset(
        &self,
        dataset: &Transform,
        revision: u32,
        inputs: Inputs,
    ) -> Result<BeingStaged, StageError> {
        self.progress.report(Progress::Computing {
            dataset: dataset.name.to_string(),
        });
        let key = &dataset.header.key;
        let schema = self.columns(dataset)?;
        if let Some(column) = key.iter().find(|k| schema.iter().all(|c| c.name != **k)) {
            return Err(StageError::KeyMissing {
                dataset: dataset.name.clone(),
                column: column.clone(),
            });
        }
        let id = PartitionId {
            dataset: dataset.name.clone(),
            version: dataset.header.version,
            ingest_date: self.ingest_date,
        };
        let file = staged_file(self.folder, &id);
        // The engine writes a column as REQUIRED where its statistics know of no
        // NULL, and those are over retired rows too. With a NULL that could come
        // from elsewhere the bytes depend on the rows alone.
        let nulls = quote::join(schema.iter().map(|_| "NULL".to_owned()));
        let select = format!(
            "SELECT * FROM (SELECT * FROM (\n{}\n) UNION ALL SELECT {nulls} FROM range(0)) ORDER BY {}",
            dataset.sql,
            quote::idents(key)
        );
        let footer = [
            ("workbench.transform", dataset.name.to_string()),
            ("workbench.fingerprint", dataset.fingerprint.to_string()),
            ("workbench.ingest_date", self.ingest_date.to_string()),
        ];
        let tell = |share: f64| {
            self.progress.report(Progress::Statement {
                percent: share * 100.0,
            });
        };
        let rows = self
            .session
            .watched(tell, |s| parquet::write(s, &select, &file, &footer))
            .map_err(|error| of(dataset, error))?;
        let io = |source| StageError::Io {
            path: file.clone(),
            source,
        };
        failpoint::reached(Failpoint::OutputStaged).map_err(io)?;
        self.show(
            Schema::Features,
            dataset.name.as_str(),
            &format!("SELECT * FROM {}", parquet::scan(&file)),
        )?;
        self.verify(dataset, &file, &schema, rows)?;
        let partition = StagedPartition {
            id,
            revision,
            blake3: ContentHash::of(b""),
            bytes: 0,
            rows,
            key: key.clone(),
            schema,
            inputs,
            computed_by: self.run,
            computed_known: None,
            raw: BTreeMap::new(),
        };
        let written = file.clone();
        Ok(BeingStaged {
            partition,
            file,
            synced: std::thread::spawn(move || hash_and_sync(&written)),
        })
    }

    /// Reads the staged file back: its rows, its types, its key.
    fn verify(
        &self,
        dataset: &Transform,
        file: &Path,
        schema: &[Column],
        written: u64,
    ) -> Result<(), StageError> {
        let name = || dataset.name.clone();
        let scan = parquet::scan(file);
        let stored = self.session.columns(&format!("SELECT * FROM {scan}"))?;
        for (column, stored) in schema.iter().zip(&stored) {
            if column != stored {
                return Err(StageError::TypeNotKept {
                    dataset: name(),
                    column: column.name.clone(),
                    ty: column.ty.clone(),
                    stored: stored.ty.clone(),
                });
            }
        }
        let key = &dataset.header.key;
        let columns = quote::idents(key);
        let null = key
            .iter()
            .map(|k| format!("{} IS NULL", quote::ident(k)))
            .collect::<Vec<_>>()
            .join(" OR ");
        // One pass tells the rows, the keys that are NULL and those that repeat.
        let counts = self.session.texts(&format!(
            "SELECT sum(n)::VARCHAR, (sum(n) FILTER (WHERE {null}))::VARCHAR,
                    (count(*) FILTER (WHERE n > 1))::VARCHAR
             FROM (SELECT {columns}, count(*) AS n FROM {scan} GROUP BY {columns})"
        ))?;
        let count = |at: usize| -> u64 {
            let cell = counts.first().and_then(|row| row.get(at)?.as_deref());
            cell.and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        let (read, nulls, rows) = (count(0), count(1), count(2));
        if read != written {
            return Err(StageError::RowsLost {
                dataset: name(),
                written,
                read,
            });
        }
        if nulls > 0 {
            return Err(StageError::KeyNull {
                dataset: name(),
                key: key.clone(),
                rows: nulls,
            });
        }
        if rows > 0 {
            let repeated = format!(
                "SELECT {columns}, count(*) AS rows FROM {scan} GROUP BY {columns} HAVING count(*) > 1"
            );
            return Err(StageError::KeyNotUnique {
                dataset: name(),
                key: key.clone(),
                rows,
                sample: Box::new(
                    self.session
                        .rows(&format!("{repeated} ORDER BY ALL"), Some(SHOWN_ROWS))?,
                ),
            });
        }
        Ok(())
    }
}

fn of(transform: &Transform, error: EngineError) -> StageError {
    StageError::Transform {
        kind: transform.kind,
        name: transform.name.clone(),
        error,
    }
}

/// The BLAKE3 and size of a file that is now on disk to stay.
fn hash_and_sync(path: &Path) -> std::io::Result<(ContentHash, u64)> {
    let file = File::open(path)?;
    let hash = files::hash(path)?;
    file.sync_all()?;
    Ok((hash, file.metadata()?.len()))
}
