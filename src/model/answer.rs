//! What Genie answered to one question.

use serde::{Deserialize, Serialize};

/// One answer. A question that could not be asked is not an answer: see [`NotRun`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Answer {
    /// SQL, with what Genie said about it.
    Sql { sql: String, description: String, thoughts: Vec<String> },
    /// Words only: a clarification asked back, or a refusal.
    Text { text: String, asks_back: bool },
    /// Genie tried and failed on its own account (a wrong query, a context too long). The type
    /// is the API's `MessageError.type`.
    Failed { error_type: String, message: String },
}

impl Answer {
    pub fn sql(&self) -> Option<&str> {
        match self {
            Self::Sql { sql, .. } => Some(sql),
            Self::Text { .. } | Self::Failed { .. } => None,
        }
    }
}

/// Why a question has no answer. None of these says anything about the space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum NotRun {
    /// The benchmark says so.
    Skipped { why: String },
    /// The service refused or broke, after all retries.
    Service { message: String },
    /// No answer within the per-question timeout.
    Timeout { seconds: u64 },
    /// The circuit breaker was open.
    BreakerOpen,
    /// A budget was used up before the question's turn.
    Budget { what: String },
    /// The request was sent, its outcome is unknown and cannot be found again.
    Unknown { message: String },
    /// The run was stopped.
    Cancelled,
}

impl std::fmt::Display for NotRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Skipped { why } => write!(f, "skipped: {why}"),
            Self::Service { message } => write!(f, "the service failed: {message}"),
            Self::Timeout { seconds } => write!(f, "no answer within {seconds} s"),
            Self::BreakerOpen => f.write_str("the circuit breaker was open"),
            Self::Budget { what } => write!(f, "the budget of {what} was used up"),
            Self::Unknown { message } => write!(f, "outcome unknown: {message}"),
            Self::Cancelled => f.write_str("the run was stopped"),
        }
    }
}
