//! Verdicts: what a comparison found, and what it means for the score.

use serde::{Deserialize, Serialize};

/// What the deterministic comparator says of two results (rules: `compare`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Match,
    Mismatch,
    /// Rules cannot tell; a judge may.
    Undecided,
    /// Nothing to compare: the benchmark or the service is at fault.
    Invalid,
}

/// A comparison with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub verdict: Decision,
    /// One stable upper-case code, such as `VALUES_DIFFER`.
    pub reason: String,
    /// Further codes that qualify the verdict, such as `ROUNDED`.
    pub notes: Vec<String>,
    pub first_difference: Option<FirstDifference>,
}

/// The first place where the two results part, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstDifference {
    /// Row number in the gold result, from 1; none when the whole shape differs.
    pub row: Option<usize>,
    pub column: Option<String>,
    pub expected: String,
    pub actual: String,
}

/// Where a question ends up. Only `Correct` and the three failures say something about the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Correct,
    /// The answer's SQL ran and its result is another one.
    Incorrect,
    /// Asked back, or answered in words.
    NoSql,
    /// The answer's SQL does not run.
    BadSql,
    /// Neither the rules nor a judge could decide.
    NeedsReview,
    NotRun,
    /// The benchmark itself is at fault.
    BadGold,
}

impl Outcome {
    /// True for the outcomes that stand in the score's denominator.
    pub fn counts(self) -> bool {
        match self {
            Self::Correct | Self::Incorrect | Self::NoSql | Self::BadSql | Self::NeedsReview => true,
            Self::NotRun | Self::BadGold => false,
        }
    }

    pub fn is_correct(self) -> bool {
        self == Self::Correct
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Incorrect => "incorrect",
            Self::NoSql => "no-sql",
            Self::BadSql => "bad-sql",
            Self::NeedsReview => "needs-review",
            Self::NotRun => "not-run",
            Self::BadGold => "bad-gold",
        }
    }
}

/// The verdict on one question, with why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub outcome: Outcome,
    /// Stable code: the comparator's reason, or why the question was left out.
    pub reason: String,
    /// One sentence for people.
    pub detail: String,
    pub notes: Vec<String>,
    pub first_difference: Option<FirstDifference>,
    /// What Databricks' own benchmark would say: `GOOD`, `BAD` or `NEEDS_REVIEW`.
    pub native: String,
}
