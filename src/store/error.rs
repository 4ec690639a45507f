//! Why something kept cannot be read or written: what, where, why, what to do.

use super::lock::LockRecord;
use crate::format::FormatError;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("`{}`: {source}", path.display())]
    Format { path: PathBuf, source: FormatError },
    #[error("the state `{}` cannot be used: {why}. {}", path.display(), advice(good.as_ref()))]
    StateCorrupt { path: PathBuf, why: String, good: Option<(PathBuf, u64)> },
    #[error(
        "the state `{}` is gone, but its backups are not; going on without it would create a second space. {}",
        path.display(), advice(good.as_ref())
    )]
    StateLost { path: PathBuf, good: Option<(PathBuf, u64)> },
    #[error(
        "the state `{}` has serial {found}, but a newer one was written here, with serial {newest}: an old copy was put \
         back. Nothing was done; `genie-enhance state restore {newest}` goes on from the newer one, `state restore \
         {found}` from this one", path.display()
    )]
    StateOld { path: PathBuf, found: u64, newest: u64 },
    #[error(
        "the state `{}` belongs to another project: its lineage is {found}, this one's is {ours}. \
         Point `state:` at the right file; nothing was written", path.display()
    )]
    Lineage { path: PathBuf, ours: String, found: String },
    #[error(
        "the state `{}` was written by somebody else meanwhile: it has serial {found}, this run started from {ours}. \
         Nothing was written; run the command again", path.display()
    )]
    Serial { path: PathBuf, ours: u64, found: u64 },
    #[error("the shared state `{place}` cannot be used: {why}")]
    Shared { place: String, why: String },
    #[error(
        "another run wrote serial {serial} of the shared state (`{place}`) meanwhile. What this run did in the workspace \
         stands; compare with `genie-enhance drift`, then take the shared state over by moving this machine's state away"
    )]
    SharedSerial { place: String, serial: u64 },
    #[error("there is no backup with serial {serial} in `{}`", folder.display())]
    NoBackup { folder: PathBuf, serial: u64 },
    #[error(
        "the project is locked by {0}. Wait until it ends; if it is dead, \
         `genie-enhance lock break {id}` removes its lock", id = .0.id
    )]
    Busy(Box<LockRecord>),
    #[error("the lock `{ours}` was lost: {}. Nothing more is written", now_held(current.as_deref()))]
    LockLost { ours: String, current: Option<Box<LockRecord>> },
    #[error("there is no lock `{id}`{}", held_instead(current.as_deref()))]
    NoSuchLock { id: String, current: Option<Box<LockRecord>> },
    #[error(
        "line {line} of the journal `{}` cannot be read: {why}. The journal says whether an apply was cut short; \
         compare the live space with the last plan (`genie-enhance drift`), then move the file away", path.display()
    )]
    JournalCorrupt { path: PathBuf, line: usize, why: String },
    #[error("an apply of plan {plan_id} from {at} has not been settled; run `genie-enhance apply` to recover it")]
    JournalPending { plan_id: String, at: String },
    #[error("there is no plan `{wanted}` in `{}`; {}", folder.display(), known_plans(known))]
    NoPlan { folder: PathBuf, wanted: String, known: Vec<String> },
    #[error("`{wanted}` may be any of these plans: {}; use more characters of the id", known.join(", "))]
    AmbiguousPlan { wanted: String, known: Vec<String> },
}

impl StoreError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

fn advice(good: Option<&(PathBuf, u64)>) -> String {
    match good {
        Some((path, serial)) => format!(
            "The backup `{}` (serial {serial}) is good; `genie-enhance state restore {serial}` puts it back",
            path.display()
        ),
        None => {
            "There is no good backup; `genie-enhance state repair` makes a new state from the live space".to_owned()
        }
    }
}

fn now_held(current: Option<&LockRecord>) -> String {
    current.map_or("somebody removed it".to_owned(), |record| format!("it is held by {record}"))
}

fn held_instead(current: Option<&LockRecord>) -> String {
    current.map_or("; nothing is locked".to_owned(), |record| format!("; the lock is {} by {record}", record.id))
}

fn known_plans(known: &[String]) -> String {
    match known {
        [] => "there are no plans yet: run `genie-enhance plan`".to_owned(),
        known => format!("these are there: {}", known.join(", ")),
    }
}
