//! Sessions: one connection to one database, with the rules of this program.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime};
use duckdb::{Config, Connection, Statement};

use super::error::{EngineError, ErrorKind};
use super::quote;
use crate::model::column::Column;
use crate::model::interrupt::{HookGuard, Interrupt};

/// How often the progress of a statement is told.
const TICK: Duration = Duration::from_millis(100);

/// What a session may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Such as `4GB`; the engine's default is 80 % of the machine's memory.
    pub memory: Option<String>,
    /// The engine's default is one per core.
    pub threads: Option<usize>,
    /// Where what does not fit into memory is put meanwhile; made when it is needed.
    /// The engine's default is beside the database, or the working folder.
    pub spill: Option<PathBuf>,
}

/// One connection. Statements are run one after another.
pub struct Session {
    connection: Connection,
    interrupt: Interrupt,
    /// While set, a wish to stop is not passed on to the engine.
    shielded: Arc<AtomicBool>,
    _hook: HookGuard,
}

impl Session {
    /// A session over an empty database in memory.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn in_memory(settings: &Settings, interrupt: &Interrupt) -> Result<Self, EngineError> {
        let connection = Connection::open_in_memory_with_flags(config(settings)?)?;
        Self::over(connection, interrupt)
    }

    /// A session over the database file, which is created if it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another process has it open.
    pub fn open(
        path: &Path,
        settings: &Settings,
        interrupt: &Interrupt,
    ) -> Result<Self, EngineError> {
        let connection = Connection::open_with_flags(path, config(settings)?)?;
        Self::over(connection, interrupt)
    }

    /// A session in memory that sees the database file read-only under `name`.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another process has it open for writing.
    pub fn attach(&self, path: &Path, name: &str) -> Result<(), EngineError> {
        self.batch(&format!(
            "ATTACH {} AS {} (READ_ONLY)",
            quote::literal(&path.to_string_lossy()),
            quote::ident(name)
        ))
    }

    /// A second connection to the same database, which `interrupt` stops.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn stopped_by(&self, interrupt: &Interrupt) -> Result<Self, EngineError> {
        Self::over(self.connection.try_clone()?, interrupt)
    }

    /// A second connection to the same database. It is not interrupted.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn again(&self) -> Result<Self, EngineError> {
        let connection = self.connection.try_clone()?;
        Ok(Self {
            connection,
            interrupt: Interrupt::default(),
            shielded: Arc::default(),
            _hook: Interrupt::default().on_request(|| {}),
        })
    }

    /// A second connection to the same database, interrupted like this one. Both
    /// may run statements at the same time, each in a thread of its own.
    ///
    /// # Errors
    /// Any error of the engine.
    pub(super) fn beside(&self) -> Result<Self, EngineError> {
        Self::over(self.connection.try_clone()?, &self.interrupt)
    }

    fn over(connection: Connection, interrupt: &Interrupt) -> Result<Self, EngineError> {
        connection.execute_batch("SET errors_as_json = true")?;
        connection.set_query_progress_tracking(true)?;
        let handle = connection.interrupt_handle();
        let shielded = Arc::new(AtomicBool::new(false));
        let seen = shielded.clone();
        let hook = interrupt.on_request(move || {
            if !seen.load(Ordering::SeqCst) {
                handle.interrupt();
            }
        });
        Ok(Self {
            connection,
            interrupt: interrupt.clone(),
            shielded,
            _hook: hook,
        })
    }

    /// The version of the engine, as it says it.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn engine_version(&self) -> Result<String, EngineError> {
        Ok(self.text("SELECT version()")?.unwrap_or_default())
    }

    pub(super) fn heed(&self) -> Result<(), EngineError> {
        if self.interrupt.is_requested() && !self.shielded.load(Ordering::SeqCst) {
            return Err(EngineError::new(ErrorKind::Interrupted, "interrupted"));
        }
        Ok(())
    }

    /// Runs `work`, during which a wish to stop has to wait: for COMMIT, whose
    /// outcome must not be torn.
    pub fn shielded<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        self.shielded.store(true, Ordering::SeqCst);
        let outcome = work(self);
        self.shielded.store(false, Ordering::SeqCst);
        outcome
    }

    /// Runs statements that return nothing.
    ///
    /// # Errors
    /// The first error; [`ErrorKind::Interrupted`] if stopping was asked for.
    pub fn batch(&self, sql: &str) -> Result<(), EngineError> {
        self.heed()?;
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Runs one statement and returns how many rows it changed.
    ///
    /// # Errors
    /// As for [`Session::batch`].
    pub fn execute(&self, sql: &str) -> Result<u64, EngineError> {
        self.heed()?;
        Ok(self.connection.execute(sql, [])? as u64)
    }

    /// The single number of a query; NULL and no row are 0.
    ///
    /// # Errors
    /// As for [`Session::batch`].
    pub fn number(&self, sql: &str) -> Result<u64, EngineError> {
        self.heed()?;
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let value: Option<i64> = match rows.next()? {
            Some(row) => row.get(0)?,
            None => None,
        };
        Ok(value.unwrap_or(0).max(0) as u64)
    }

    /// The single text of a query; None for NULL and for no row.
    ///
    /// # Errors
    /// As for [`Session::batch`].
    pub fn text(&self, sql: &str) -> Result<Option<String>, EngineError> {
        self.heed()?;
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        Ok(match rows.next()? {
            Some(row) => row.get(0)?,
            None => None,
        })
    }

    /// All rows of a query whose columns are all VARCHAR.
    ///
    /// # Errors
    /// As for [`Session::batch`].
    pub fn texts(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, EngineError> {
        self.heed()?;
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let width = rows.as_ref().map_or(0, |s| s.column_count());
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..width)
                .map(|i| row.get::<_, Option<String>>(i))
                .collect::<Result<Vec<_>, _>>()?;
            all.push(cells);
        }
        Ok(all)
    }

    /// The columns that a query would return. Nothing is read.
    ///
    /// # Errors
    /// [`ErrorKind::Statement`] with a position in `sql` if it does not bind.
    pub fn columns(&self, sql: &str) -> Result<Vec<Column>, EngineError> {
        let prefix = "DESCRIBE ";
        let rows = self
            .texts(&format!("{prefix}{sql}"))
            .map_err(|e| shifted(e, prefix.len()))?;
        Ok(rows
            .into_iter()
            .filter_map(|mut cells| {
                let mut cells = cells.drain(..);
                Some(Column {
                    name: cells.next()??,
                    ty: cells.next()??,
                })
            })
            .collect())
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Statement<'_>, EngineError> {
        Ok(self.connection.prepare(sql)?)
    }

    /// Defines `run_date()` as a DATE literal, which the optimiser folds.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn define_run_date(&self, date: NaiveDate) -> Result<(), EngineError> {
        self.batch(&format!(
            "CREATE OR REPLACE TEMP MACRO run_date() AS DATE '{}'",
            date.format("%Y-%m-%d")
        ))
    }

    /// Defines what reads the clock, where a time without a zone is asked for: the engine
    /// has that in an extension, which is not loaded here. One statement has one time.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn define_clock(&self, local: NaiveDateTime) -> Result<(), EngineError> {
        let day = format!("DATE '{}'", local.format("%Y-%m-%d"));
        let time = format!("TIME '{}'", local.format("%H:%M:%S%.6f"));
        let both = format!("TIMESTAMP '{}'", local.format("%Y-%m-%d %H:%M:%S%.6f"));
        let macros = [
            ("current_date", &day),
            ("today", &day),
            // What the engine makes of `current_time`, `localtime` and `localtimestamp`.
            ("get_current_time", &time),
            ("current_localtime", &time),
            ("current_localtimestamp", &both),
        ];
        let macros = macros
            .map(|(name, value)| format!("CREATE OR REPLACE TEMP MACRO {name}() AS {value};"));
        self.batch(&macros.concat())?;
        self.batch(&format!(
            "CREATE OR REPLACE TEMP MACRO age(since) AS system.main.age({day}, since), \
             (until, since) AS system.main.age(until, since)"
        ))
    }

    /// Closes the session to everything outside the database but the named
    /// folders and files, for good. What SQL of a project runs after this.
    ///
    /// # Errors
    /// Any error of the engine.
    pub fn lock_down(&self, folders: &[&Path], files: &[&Path]) -> Result<(), EngineError> {
        let list = |paths: &[&Path]| quote::literals(paths.iter().map(|p| p.to_string_lossy()));
        self.batch(&format!(
            "SET allowed_directories = {}; SET allowed_paths = {}; \
             SET enable_external_access = false; SET lock_configuration = true;",
            list(folders),
            list(files),
        ))
    }

    /// Runs `work` and tells, now and then, what the engine estimates of the
    /// statement at hand: a share from 0 to 1. It may never know.
    pub fn watched<T>(&self, tell: impl Fn(f64) + Send, work: impl FnOnce(&Self) -> T) -> T {
        let handle = self.connection.progress_handle();
        let (done, over) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Ends at once when the sender is dropped.
                while over.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    if let Some(percent) = handle.query_progress().percentage() {
                        tell((percent / 100.0).clamp(0.0, 1.0));
                    }
                }
            });
            let outcome = work(self);
            drop(done);
            outcome
        })
    }
}

/// Moves a position from a wrapped statement into the user's own text.
pub(super) fn shifted(mut error: EngineError, prefix: usize) -> EngineError {
    error.position = error.position.map(|p| p.saturating_sub(prefix));
    error
}

fn config(settings: &Settings) -> Result<Config, EngineError> {
    // Nothing is ever downloaded, and nothing is loaded that is not built in.
    let mut config = Config::default()
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?;
    if let Some(memory) = &settings.memory {
        config = config.max_memory(memory)?;
    }
    if let Some(threads) = settings.threads {
        config = config.threads(threads as i64)?;
    }
    if let Some(spill) = &settings.spill {
        config = config.with("temp_directory", spill.to_string_lossy())?;
    }
    Ok(config)
}
