//! Eval runs: a space's own benchmarks (reference 4).

use super::lenient;
use super::statements::StatementResponse;
use serde::{Deserialize, Serialize};

/// Body of create; without ids, all questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalRunRequest {
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub benchmark_question_ids: Vec<String>,
}

/// Status values: `NOT_STARTED`, `RUNNING`, `DONE`, `EVALUATION_FAILED`, `EVALUATION_CANCELLED`,
/// `EVALUATION_TIMEOUT`; kept as text because the API is Beta.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalRun {
    #[serde(deserialize_with = "lenient::nullable")]
    pub eval_run_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub eval_run_status: String,
    #[serde(deserialize_with = "lenient::int64")]
    pub num_questions: Option<i64>,
    #[serde(deserialize_with = "lenient::int64")]
    pub num_done: Option<i64>,
    #[serde(deserialize_with = "lenient::int64")]
    pub num_correct: Option<i64>,
    #[serde(deserialize_with = "lenient::int64")]
    pub num_needs_review: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub run_by_user: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created_timestamp: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub last_updated_timestamp: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalRunList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub eval_runs: Vec<EvalRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// One question of a run, as listed: without its assessment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalResult {
    #[serde(deserialize_with = "lenient::nullable")]
    pub result_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub space_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub benchmark_question_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benchmark_answer: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub status: String,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created_by_user: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalResultList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub eval_results: Vec<EvalResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// One question of a run with its assessment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalResultDetails {
    #[serde(deserialize_with = "lenient::nullable")]
    pub result_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub space_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub benchmark_question_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub eval_run_status: String,
    /// `GOOD`, `BAD` or `NEEDS_REVIEW`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessment: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub assessment_reasons: Vec<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub manual_assessment: bool,
    #[serde(deserialize_with = "lenient::nullable")]
    pub actual_response: Vec<EvalResponse>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub expected_response: Vec<EvalResponse>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalResponse {
    #[serde(deserialize_with = "lenient::nullable")]
    pub response: String,
    /// `SQL` or `TEXT`.
    #[serde(deserialize_with = "lenient::nullable")]
    pub response_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_execution_result: Option<StatementResponse>,
}
