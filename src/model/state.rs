//! State: what was applied, by whom, and how to go back.

use super::json::Digest;
use super::space::Space;
use serde::{Deserialize, Serialize};

/// The state file of one project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Made once; a state of another lineage never replaces this one.
    pub lineage: String,
    /// Goes up by one with every write.
    pub serial: u64,
    pub host: String,
    /// The live space, once there is one.
    pub space_id: Option<String>,
    /// What was read back after the last write: what drift is measured against. None in states
    /// that were made without it.
    pub stands: Option<Space>,
    /// Oldest first.
    pub applied: Vec<AppliedRecord>,
}

impl State {
    pub fn new(lineage: String, host: String) -> Self {
        Self { lineage, serial: 0, host, space_id: None, stands: None, applied: Vec::new() }
    }

    pub fn last(&self) -> Option<&AppliedRecord> {
        self.applied.last()
    }
}

/// One applied plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedRecord {
    pub serial: u64,
    pub plan_id: String,
    /// RFC 3339.
    pub at: String,
    pub by: String,
    /// `yes` at the prompt, `--approve`, or `--auto-promote`.
    pub confirmed: String,
    pub changes: usize,
    pub score_before: String,
    pub score_after: String,
    /// What stood there before: the way back. None when the space was created.
    pub before: Option<Space>,
    pub before_digest: Option<Digest>,
    /// Canonical digest of what was read back after the write.
    pub after_digest: Digest,
    pub after_sidecar_digest: Digest,
    pub etag: String,
    /// `equal`, `migrated` or `lossy`.
    pub read_back: String,
    /// What asking afterwards has shown.
    pub verified: Verified,
}

/// What asking after an apply has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    #[default]
    NotAsked,
    Pass,
    Fail,
    Inconclusive,
    /// It failed, and the way back that was asked for has not been gone yet.
    RollbackPending,
}

impl Verified {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::RollbackPending => "rollback-pending",
        }
    }
}
