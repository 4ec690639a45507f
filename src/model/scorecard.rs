//! A scored suite.

use super::answer::Answer;
use super::json::Digest;
use super::verdict::{Outcome, Verdict};
use serde::{Deserialize, Serialize};

/// The outcome of every question for one space content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// Canonical digest of the space that was asked.
    pub space: Digest,
    /// In the order of the suite; none is missing.
    pub questions: Vec<ScoredQuestion>,
}

/// One question's answer and verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredQuestion {
    pub id: String,
    /// None when the question was not run.
    pub answer: Option<Answer>,
    pub verdict: Verdict,
    /// Seconds from asking to answer; none when it came from the cache.
    pub seconds: Option<f64>,
}

impl Scorecard {
    pub fn get(&self, id: &str) -> Option<&ScoredQuestion> {
        self.questions.iter().find(|question| question.id == id)
    }

    pub fn outcome(&self, id: &str) -> Option<Outcome> {
        self.get(id).map(|question| question.verdict.outcome)
    }

    pub fn count(&self, outcome: Outcome) -> usize {
        self.questions.iter().filter(|question| question.verdict.outcome == outcome).count()
    }

    pub fn correct(&self) -> usize {
        self.count(Outcome::Correct)
    }

    /// The fixed denominator: every question whose outcome says something about the space.
    pub fn total(&self) -> usize {
        self.questions.iter().filter(|question| question.verdict.outcome.counts()).count()
    }
}
