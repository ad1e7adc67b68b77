//! Named places where a run can be made to die, fail or pause.
//!
//! They are compiled into every build, so that what is tested is what ships.
//! Their names are the steps of `docs/snapshot-format.md`. The binary arms them
//! from one hidden environment variable; nothing here reads the environment.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

macro_rules! failpoints {
    ($($variant:ident = $name:literal,)*) => {
        /// A step of the protocol; a failpoint fires just *after* its step.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Failpoint { $(#[doc = $name] $variant,)* }

        impl Failpoint {
            /// Every failpoint, in the order of the protocol.
            pub const ALL: &[Failpoint] = &[$(Failpoint::$variant,)*];

            /// The name used in `docs/snapshot-format.md`.
            pub fn name(self) -> &'static str {
                match self { $(Failpoint::$variant => $name,)* }
            }
        }
    };
}

failpoints! {
    ProjectLocked = "project-locked",
    TargetLocked = "target-locked",
    OwnerPut = "owner-put",
    RunPlanned = "run-planned",
    WarehouseBegun = "warehouse-begun",
    FileLoaded = "file-loaded",
    LoadRecorded = "load-recorded",
    ChecksPassed = "checks-passed",
    OutputStaged = "output-staged",
    OutputsChecked = "outputs-checked",
    StagingSynced = "staging-synced",
    RunRecorded = "run-recorded",
    WarehouseCommitted = "warehouse-committed",
    WarehouseCheckpointed = "warehouse-checkpointed",
    StatePublishing = "state-publishing",
    DocumentWritten = "document-written",
    IntentPut = "intent-put",
    PartSent = "part-sent",
    ObjectLinked = "object-linked",
    PartitionRenamed = "partition-renamed",
    PartitionSynced = "partition-synced",
    ObjectKept = "object-kept",
    PartitionRemoved = "partition-removed",
    CommitPut = "commit-put",
    StateSucceeded = "state-succeeded",
    StagingRemoved = "staging-removed",
    CheckpointPut = "checkpoint-put",
    RebuildBegun = "rebuild-begun",
    RebuildRunLoaded = "rebuild-run-loaded",
    RebuildWarehouseBuilt = "rebuild-warehouse-built",
    RebuildStateBuilt = "rebuild-state-built",
    RebuildReady = "rebuild-ready",
    RebuildWarehousePlaced = "rebuild-warehouse-placed",
    RebuildStatePlaced = "rebuild-state-placed",
}

impl Failpoint {
    /// Whether it is a step of a rebuild, and not of a run.
    pub fn is_of_rebuild(self) -> bool {
        self >= Failpoint::RebuildBegun
    }
}

/// What an armed failpoint does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Abort the process, as a power cut or `kill -9` would end it.
    Abort,
    /// Return "no space left on device".
    NoSpace,
    /// Return an input/output error.
    Io,
    /// Create this file, then wait until somebody deletes it.
    Pause(PathBuf),
}

/// One armed failpoint: which, at which hit (counted from 1), doing what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Armed {
    pub failpoint: Failpoint,
    pub hit: u64,
    pub fault: Fault,
}

impl FromStr for Armed {
    type Err = String;

    /// Parses `name[#hit]=abort|enospc|eio|pause:FILE`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (place, fault) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not `name=fault`"))?;
        let (name, hit) = match place.split_once('#') {
            Some((name, hit)) => (
                name,
                hit.parse()
                    .map_err(|_| format!("`{hit}` is not a number"))?,
            ),
            None => (place, 1),
        };
        let failpoint = Failpoint::ALL
            .iter()
            .copied()
            .find(|f| f.name() == name)
            .ok_or_else(|| format!("`{name}` is not a failpoint"))?;
        let fault = match fault {
            "abort" => Fault::Abort,
            "enospc" => Fault::NoSpace,
            "eio" => Fault::Io,
            other => match other.strip_prefix("pause:") {
                Some(path) => Fault::Pause(PathBuf::from(path)),
                None => return Err(format!("`{other}` is not a fault")),
            },
        };
        Ok(Armed {
            failpoint,
            hit,
            fault,
        })
    }
}

struct Register {
    armed: Vec<Armed>,
    hits: Mutex<HashMap<Failpoint, u64>>,
}

static REGISTER: OnceLock<Register> = OnceLock::new();

/// Arms failpoints for the rest of the process. Only the first call counts.
pub fn arm(armed: Vec<Armed>) {
    let _ = REGISTER.set(Register {
        armed,
        hits: Mutex::default(),
    });
}

/// Fires `failpoint` if it is armed for this hit.
///
/// # Errors
/// The error that was asked for; an unarmed failpoint never fails.
pub fn reached(failpoint: Failpoint) -> io::Result<()> {
    let Some(register) = REGISTER.get() else {
        return Ok(());
    };
    let hit = {
        let mut hits = match register.hits.lock() {
            Ok(hits) => hits,
            Err(poisoned) => poisoned.into_inner(),
        };
        let hit = hits.entry(failpoint).or_default();
        *hit += 1;
        *hit
    };
    let Some(armed) = register
        .armed
        .iter()
        .find(|a| a.failpoint == failpoint && a.hit == hit)
    else {
        return Ok(());
    };
    match &armed.fault {
        Fault::Abort => std::process::abort(),
        // 28 and 5: ENOSPC and EIO on every system this program runs on.
        Fault::NoSpace => Err(io::Error::from_raw_os_error(28)),
        Fault::Io => Err(io::Error::from_raw_os_error(5)),
        Fault::Pause(file) => {
            std::fs::write(file, failpoint.name())?;
            while file.exists() {
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_the_tests_write() {
        let armed: Armed = "partition-renamed#2=abort".parse().unwrap();
        assert_eq!(armed.failpoint, Failpoint::PartitionRenamed);
        assert_eq!((armed.hit, armed.fault), (2, Fault::Abort));
        assert!("nowhere=abort".parse::<Armed>().is_err());
        assert!("intent-put=explode".parse::<Armed>().is_err());
    }
}
