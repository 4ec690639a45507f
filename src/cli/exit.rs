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
}

impl Exit {
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
            OpsError::Stale { .. } | OpsError::Patch(_) => Self::Stale,
            OpsError::Blocked { .. } => Self::Blocked,
            OpsError::Store(_) | OpsError::Other { .. } => Self::Failed,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
