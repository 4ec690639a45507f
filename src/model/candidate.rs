//! Candidates for a change, and why some of them did not make it.

use super::change::{Category, Change};
use serde::{Deserialize, Serialize};

/// One idea, not yet proved: changes that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Stable for the same content.
    pub id: String,
    pub category: Category,
    /// Applied together or not at all; in order.
    pub changes: Vec<Change>,
    /// Ids of the patterns behind it; empty for what a prompt alone proposed.
    pub patterns: Vec<String>,
    /// Question families behind it.
    pub support: usize,
    /// Failing questions that it should fix.
    pub targets: Vec<String>,
    /// One sentence for people.
    pub reason: String,
    /// `miner`, or the prompt's name and digest.
    pub provenance: String,
}

/// A candidate that is not part of the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    pub candidate: Candidate,
    pub reason: RejectionReason,
    /// One sentence for people, with names and figures.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionReason {
    /// A name is not in the catalog, or the SQL does not parse or run.
    NotGrounded,
    /// It carries a benchmark's answer.
    Leak,
    /// The space says it already.
    Duplicate,
    /// A limit of the service would be passed.
    Limit,
    /// It would overwrite a person's words.
    HumanText,
    /// Another candidate already stands at its address.
    Conflict,
    /// Tried, and no question got better.
    NoEffect,
    /// Tried, and a question got worse.
    Harm,
    /// Not needed: the plan is as good without it.
    Idle,
    /// Never tried, for want of questions, rounds or budget.
    NotTried,
    /// The policy excludes its category.
    Policy,
}
