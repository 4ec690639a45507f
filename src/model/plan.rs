//! A plan: exactly what `apply` will do, on what ground, and the evidence for it.

use super::benchmark::Suite;
use super::candidate::Rejection;
use super::change::{Action, Category, Change};
use super::json::Digest;
use super::verdict::Outcome;
use serde::{Deserialize, Serialize};

/// A whole plan. Its id is the digest of everything in it but the id itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub verdict: PlanVerdict,
    /// Why this verdict, in one or two sentences, with figures.
    pub verdict_reason: String,
    pub base: Base,
    pub score: ScorePair,
    pub questions: Vec<QuestionOutcome>,
    pub changes: Vec<PlannedChange>,
    pub rejections: Vec<Rejection>,
    pub guards: Vec<GuardOutcome>,
    pub evidence: Evidence,
    /// RFC 3339; the injected clock's time.
    pub created_at: String,
    pub expires_at: String,
    pub tool_version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanVerdict {
    Improved,
    NoChange,
    NotEnoughEvidence,
    Blocked,
}

impl PlanVerdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::NoChange => "no-change",
            Self::NotEnoughEvidence => "not-enough-evidence",
            Self::Blocked => "blocked",
        }
    }
}

/// What the plan stands on. `apply` refuses when any of it has moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    pub host: String,
    /// None: the space does not exist yet, apply creates it.
    pub space_id: Option<String>,
    pub title: String,
    pub warehouse_id: String,
    pub etag: Option<String>,
    /// Canonical digests of the live content; the document and the fields beside it.
    pub live: Option<Digest>,
    pub live_sidecar: Option<Digest>,
    /// Digests of the declared definition before and after this plan's changes are written in.
    pub definition_before: Option<Digest>,
    pub definition_after: Option<Digest>,
    /// Canonical digest of the content that is to stand there afterwards.
    pub target: Digest,
    pub config: Digest,
    pub benchmarks: Digest,
    pub as_of: Option<String>,
}

/// One change with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// `c-01`, `c-02` … in the plan's order.
    pub id: String,
    pub category: Category,
    pub action: Action,
    pub change: Change,
    pub reason: String,
    pub evidence: ChangeEvidence,
}

/// What was measured about one change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeEvidence {
    /// Ids of the patterns behind it.
    pub pattern: Vec<String>,
    /// Question families behind it.
    pub support: usize,
    /// Questions that fail again when this change (with its group) is taken out.
    pub fixes: Vec<String>,
    /// Questions that get better when it is taken out.
    pub breaks: Vec<String>,
    /// Ids of changes with which it achieves this jointly; empty when it works alone.
    pub group: Vec<String>,
    /// `measured`, `declared` (an edit of the definition) or `not-measured`.
    pub status: String,
    pub provenance: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    Learn,
    Holdout,
    /// Listed, but in neither: skipped, or its gold is at fault.
    Out,
}

/// One question before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionOutcome {
    pub id: String,
    pub split: Split,
    pub before: Outcome,
    pub after: Outcome,
    pub reason_before: String,
    pub reason_after: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScorePair {
    pub before: SplitScore,
    pub after: SplitScore,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitScore {
    pub learn: Score,
    pub holdout: Score,
}

/// Counts over a fixed denominator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    pub correct: usize,
    pub total: usize,
    pub needs_review: usize,
    pub not_run: usize,
}

impl Score {
    /// Share of right answers, 0 to 1; none of nothing.
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| self.correct as f64 / self.total as f64)
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self {
            correct: self.correct + other.correct,
            total: self.total + other.total,
            needs_review: self.needs_review + other.needs_review,
            not_run: self.not_run + other.not_run,
        }
    }

    /// Adds one question's outcome.
    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Correct => self.correct += 1,
            Outcome::NeedsReview => self.needs_review += 1,
            Outcome::NotRun => self.not_run += 1,
            Outcome::Incorrect | Outcome::NoSql | Outcome::BadSql | Outcome::BadGold => {}
        }
        if outcome.counts() {
            self.total += 1;
        }
    }
}

impl SplitScore {
    pub fn all(&self) -> Score {
        self.learn.plus(&self.holdout)
    }
}

/// How strict a guard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GuardLevel {
    Off,
    Advisory,
    Mandatory,
    /// As mandatory, and no waiver lifts it.
    Hard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuardStatus {
    Passed,
    Failed,
    Waived,
}

/// What one guard says of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardOutcome {
    pub rule: String,
    pub level: GuardLevel,
    pub status: GuardStatus,
    pub message: String,
}

/// The plan-wide figures behind the verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub wins: usize,
    pub losses: usize,
    /// One-sided exact p of the discordant learn-set questions.
    pub p_value: Option<f64>,
    /// 95 % interval of the learn set's gain, as shares: `[-0.02, 0.18]`.
    pub learn_interval: Option<[f64; 2]>,
    pub holdout_wins: usize,
    pub holdout_losses: usize,
    /// `shown`, `not-shown` or `unverified` (no holdout is possible).
    pub holdout: String,
    /// 95 % interval of the holdout's gain, as shares.
    pub holdout_interval: Option<[f64; 2]>,
    pub rounds: usize,
    pub questions_asked: usize,
    pub candidates_tried: usize,
    /// Repeats showed the same answers every time.
    pub noise_free: bool,
    /// Questions whose outcome was another one when asked again: they neither win nor lose.
    pub unsteady: Vec<String>,
    pub notes: Vec<String>,
}

impl Plan {
    /// The suite's questions that count as fixed: failing before, right afterwards.
    pub fn fixed(&self) -> Vec<&QuestionOutcome> {
        self.questions.iter().filter(|q| !q.before.is_correct() && q.after.is_correct()).collect()
    }

    /// Right before, not right afterwards.
    pub fn broken(&self) -> Vec<&QuestionOutcome> {
        self.questions.iter().filter(|q| q.before.is_correct() && !q.after.is_correct()).collect()
    }

    /// Applied, it makes a space that does not exist yet.
    pub fn creates(&self) -> bool {
        self.base.space_id.is_none()
    }

    /// Nothing but what people declared: it claims no gain.
    pub fn is_declared(&self) -> bool {
        self.changes.iter().all(|change| change.evidence.status == "declared")
    }

    /// Nothing was asked for it, as for a way back.
    pub fn is_unmeasured(&self) -> bool {
        self.questions.is_empty()
    }

    pub fn is_for(&self, suite: &Suite) -> bool {
        self.base.benchmarks == suite.digest()
    }
}
