//! What is kept between runs: the state with its backups, locks and the journal of applying,
//! caches, the ledger of planning, plans and run folders; and the shared place of a state that
//! several machines work on. Everything that must survive a kill is written so that a reader sees the old or the new
//! content, never half of one.

mod atomic;
mod blobs;
mod cache;
mod claims;
mod error;
mod identity;
mod journal;
mod layout;
mod ledger;
mod lines;
mod lock;
mod plans;
mod runs;
mod shared;
mod state;

#[cfg(test)]
pub(crate) use atomic::crash;
pub use atomic::{write_atomic, write_whole};
pub use blobs::Blobs;
pub use cache::{AnswerKey, Cache, ResultKey, VerdictKey};
pub use claims::{Claim, Claims, Trace};
pub use error::StoreError;
pub use identity::Identity;
pub use journal::{Done, Intent, Journal, WriteOutcome};
pub use layout::Layout;
pub use ledger::{HoldoutLook, KeptEdit, Ledger, Proposed, RejectedMemory, Shadow};
pub use lock::{Lock, LockRecord, LockRequest, break_lock, list_locks};
pub use plans::{PlanStore, SavedPlan};
pub use runs::{RunFolder, list_runs};
pub use shared::{SharedLock, SharedState};
pub use state::{Backup, StateStore};
