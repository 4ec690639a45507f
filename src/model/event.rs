//! Events: what happens during a run, for every display alike.

use super::cost::Cost;
use super::verdict::Outcome;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Check,
    Score,
    Learn,
    Generate,
    Prove,
    Measure,
    Apply,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Event {
    PhaseStarted {
        phase: Phase,
        message: String,
    },
    /// A batch of questions begins; `total` questions are to be answered, some from the cache.
    ScoringStarted {
        what: String,
        total: usize,
    },
    /// What a batch is expected to cost; `cached` of its questions are answered already.
    Estimated {
        cost: Cost,
        cached: usize,
    },
    /// What the run has cost so far.
    Spent {
        cost: Cost,
    },
    /// Something about a benchmark that its owner should know.
    GoldFinding {
        id: String,
        code: String,
        message: String,
    },
    QuestionAsked {
        id: String,
        question: String,
    },
    QuestionScored {
        id: String,
        outcome: Outcome,
        reason: String,
        cached: bool,
        done: usize,
        total: usize,
    },
    ScoringFinished {
        what: String,
        correct: usize,
        total: usize,
    },
    Breaker {
        state: String,
    },
    Waiting {
        why: String,
        seconds: f64,
    },
    PatternsLearnt {
        patterns: usize,
    },
    CandidatesMade {
        candidates: usize,
        rejected: usize,
    },
    TrialStarted {
        candidates: Vec<String>,
        questions: usize,
    },
    TrialFinished {
        candidates: Vec<String>,
        fixed: Vec<String>,
        broken: Vec<String>,
        kept: bool,
    },
    RoundFinished {
        round: usize,
        rounds: usize,
        correct: usize,
        total: usize,
    },
    ChangeApplied {
        id: String,
        status: String,
    },
    Note {
        message: String,
    },
    Warning {
        message: String,
    },
}
