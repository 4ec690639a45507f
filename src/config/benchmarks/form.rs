//! The shape of a benchmark file. The doc comments are the manual.

use crate::model::{ColumnPolicy, Question};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Benchmarks: questions with the SQL that answers them. A bare list of questions is read as well.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "Genie benchmarks")]
pub enum BenchmarksFile {
    Group(QuestionGroup),
    List(Vec<QuestionFile>),
}

/// Questions under a key.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionGroup {
    pub questions: Vec<QuestionFile>,
}

/// One question with its gold SQL.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionFile {
    /// Unique over all benchmark files; results are kept by it.
    #[schemars(length(min = 1, max = 200), example = &"dau-yesterday-1")]
    pub id: String,
    /// As a user would ask it, in any language.
    #[schemars(example = &"How many orders did we have yesterday?")]
    pub question: String,
    /// The gold SQL, in Databricks SQL.
    #[schemars(example = &"SELECT COUNT(*) AS orders FROM main.sales.orders")]
    pub sql: String,
    /// Further SQL that is as right as `sql`; an answer may agree with any of them.
    #[serde(default)]
    pub accepted: Vec<String>,
    /// Name shared by paraphrases of one question; they are never split between learn set and
    /// holdout. Default: questions with the same gold SQL belong together.
    #[serde(default)]
    pub family: String,
    /// Free word for reports, such as `trend`.
    #[serde(default)]
    pub category: String,
    /// Free word for reports, such as `easy`.
    #[serde(default)]
    pub difficulty: String,
    #[serde(default)]
    pub tags: Vec<String>,
    /// How much the question counts in the score, relative to the others.
    #[serde(default = "one")]
    #[schemars(range(min = 0.001, max = 1000.0))]
    pub weight: f64,
    /// The question asks for an order, so the rows' sequence counts.
    #[serde(default)]
    pub ordered: bool,
    /// Relative tolerance for numbers, in place of the comparator's own: 0.01 is one percent.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0), example = 0.01)]
    pub tolerance: Option<f64>,
    /// What to make of columns that the gold SQL does not have: `allow_extra` or `reject_extra`.
    #[serde(default)]
    pub columns: ColumnPolicy,
    /// 0.12 and 12 are the same answer.
    #[serde(default)]
    pub percent_ok: bool,
    /// A plan that loses this question is blocked.
    #[serde(default)]
    pub protected: bool,
    /// Leaves the question out, for this reason.
    #[serde(default)]
    #[schemars(example = &"the gold SQL has ties")]
    pub skip: Option<String>,
}

fn one() -> f64 {
    1.0
}

impl From<QuestionFile> for Question {
    fn from(file: QuestionFile) -> Self {
        Self {
            id: file.id,
            question: file.question,
            sql: file.sql,
            accepted: file.accepted,
            family: file.family,
            category: file.category,
            difficulty: file.difficulty,
            tags: file.tags,
            weight: file.weight,
            ordered: file.ordered,
            tolerance: file.tolerance,
            columns: file.columns,
            percent_ok: file.percent_ok,
            protected: file.protected,
            skip: file.skip,
        }
    }
}
