//! Exit codes: a contract for scripts. Listed in `--help` and in the README.

use crate::databricks::ErrorKind;
use crate::ops::OpsError;
use crate::store::StoreError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `plan --detailed-exitcode`: nothing to change.
    Ok = 0,
    /// Failed for a reason without a code of its own.
    Failed = 1,
    /// With `--detailed-exitcode`: there is a change (`plan`), or drift (`drift`).
    Changes = 2,
    /// The command line or a declared file is wrong.
    Usage = 3,
    /// Not signed in, or not permitted.
    Denied = 4,
    /// The workspace or a service failed.
    Remote = 5,
    /// The ground moved: drift, a stale plan, a conflict.
    Stale = 6,
    /// A guard forbids it.
    Blocked = 7,
    /// Somebody else holds the lock.
    Locked = 8,
    /// Not confirmed, or interrupted.
    Cancelled = 9,
    /// Applied, but asking afterwards failed, and the change still stands.
    VerifyFailed = 10,
    /// Applied, asking afterwards failed, and the change was taken back.
    RolledBack = 11,
    /// Applied, and asking afterwards decided nothing.
    Inconclusive = 12,
}

impl Exit {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Failed,
        Self::Changes,
        Self::Usage,
        Self::Denied,
        Self::Remote,
        Self::Stale,
        Self::Blocked,
        Self::Locked,
        Self::Cancelled,
        Self::VerifyFailed,
        Self::RolledBack,
        Self::Inconclusive,
    ];

    /// The name that stands beside the code in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Changes => "changes",
            Self::Usage => "usage",
            Self::Denied => "denied",
            Self::Remote => "remote",
            Self::Stale => "stale",
            Self::Blocked => "blocked",
            Self::Locked => "locked",
            Self::Cancelled => "cancelled",
            Self::VerifyFailed => "verify-failed",
            Self::RolledBack => "rolled-back",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// What it says, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done; with --detailed-exitcode: nothing to change",
            Self::Failed => "failed for a reason without a code of its own",
            Self::Changes => {
                "there is something: a change (plan --detailed-exitcode), drift (drift \
                --detailed-exitcode), a file to lay out anew (fmt --check)"
            }
            Self::Usage => "the command line or a declared file is wrong",
            Self::Denied => "not signed in, or not permitted",
            Self::Remote => "the workspace or a service failed",
            Self::Stale => "the ground moved: drift, a stale plan, a conflict",
            Self::Blocked => "a guard forbids it",
            Self::Locked => "somebody else holds the lock",
            Self::Cancelled => "not confirmed, or interrupted",
            Self::VerifyFailed => "applied, but asking afterwards failed, and the change still stands",
            Self::RolledBack => "applied, asking afterwards failed, and the change was taken back",
            Self::Inconclusive => "applied, and asking afterwards decided nothing",
        }
    }

    pub fn of(error: &OpsError) -> Self {
        match error {
            OpsError::Declared(_)
            | OpsError::Usage { .. }
            | OpsError::Store(
                StoreError::NoPlan { .. } | StoreError::AmbiguousPlan { .. } | StoreError::Format { .. },
            ) => Self::Usage,
            OpsError::Client(error) if matches!(error.kind, ErrorKind::Auth | ErrorKind::Permission) => Self::Denied,
            OpsError::Client(_) => Self::Remote,
            OpsError::Store(StoreError::Busy(_) | StoreError::LockLost { .. }) => Self::Locked,
            OpsError::Stale { .. } | OpsError::Moved(_) | OpsError::Patch(_) => Self::Stale,
            OpsError::Blocked { .. } => Self::Blocked,
            OpsError::Store(StoreError::StateOld { .. }) => Self::Stale,
            OpsError::Store(_) | OpsError::Other { .. } => Self::Failed,
        }
    }
}

/// The contract as it stands under `--help`.
pub fn table() -> String {
    let lines = Exit::ALL.iter().map(|exit| format!("  {:>2}  {}", *exit as u8, exit.meaning()));
    format!(
        "Exit codes:\n{}\n\nExample: genie-enhance plan -f examples/game-kpi/genie.yaml",
        lines.collect::<Vec<_>>().join("\n")
    )
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
