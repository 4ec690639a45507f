//! Benchmarks: questions with their gold SQL, and the contract of each comparison.

use super::json::{Digest, digest_json};
use serde::{Deserialize, Serialize};

/// All questions of a run, in declared order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suite {
    pub questions: Vec<Question>,
}

impl Suite {
    /// Changes whenever anything that can change a verdict does.
    pub fn digest(&self) -> Digest {
        digest_json(&serde_json::to_value(self).unwrap_or_default())
    }

    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }
}

/// One question with its gold SQL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Unique within the suite.
    pub id: String,
    pub question: String,
    /// The gold SQL, in Databricks SQL.
    pub sql: String,
    /// Further SQL that is as right as `sql`; an answer may agree with any of them.
    pub accepted: Vec<String>,
    /// Paraphrases of one question share a family; they are never split between learn set and
    /// holdout. Empty: decided by equal gold SQL.
    pub family: String,
    pub category: String,
    pub difficulty: String,
    pub tags: Vec<String>,
    pub weight: f64,
    /// The question asks for an order, so the sequence of the sort keys counts.
    pub ordered: bool,
    /// Relative tolerance for numbers, in place of the comparator's own.
    pub tolerance: Option<f64>,
    pub columns: ColumnPolicy,
    /// 0.12 and 12 are the same answer.
    pub percent_ok: bool,
    /// A plan that loses this question is blocked.
    pub protected: bool,
    /// Left out, for this reason.
    pub skip: Option<String>,
}

/// What to make of answer columns that the gold does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnPolicy {
    /// Extra columns are welcome as long as the asked ones are right.
    #[default]
    AllowExtra,
    /// Extra columns are wrong, as in Databricks' own benchmark rules.
    RejectExtra,
}
