//! Running SQL on a warehouse (reference 5).

use super::client::Client;
use super::error::{ClientError, ErrorKind};
use super::http::{Call, Resend, segment};
use super::sql_result::Reader;
use crate::model::ResultSet;
use crate::wire::{StatementParameter, StatementRequest, StatementResponse, StatementState};
use reqwest::Method;
use std::time::Duration;
use tokio::time::Instant;

pub(super) const STATEMENTS: &str = "/api/2.0/sql/statements";

/// How to run a statement.
#[derive(Clone, Debug)]
pub struct SqlOptions {
    /// For the whole statement with its result; then it is cancelled.
    pub timeout: Duration,
    pub row_limit: Option<u64>,
    pub byte_limit: Option<u64>,
    pub parameters: Vec<SqlParameter>,
    pub catalog: Option<String>,
    pub schema: Option<String>,
    /// Results through signed links instead of in the answer; for large ones. Chosen by itself
    /// when the service refuses an inline result for its size.
    pub external_links: bool,
    /// False for statements that write: these are not sent again once they may have run.
    pub read_only: bool,
}

/// A `:name` marker's value; no value is NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlParameter {
    pub name: String,
    pub value: Option<String>,
    /// `STRING`, `INT`, `DECIMAL(10,2)` …
    pub sql_type: String,
}

impl Default for SqlOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            row_limit: None,
            byte_limit: None,
            parameters: Vec::new(),
            catalog: None,
            schema: None,
            external_links: false,
            read_only: true,
        }
    }
}

/// Why a statement has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SqlRunError {
    /// The statement itself is wrong.
    #[error("{message}")]
    Sql { code: String, message: String, sql_state: Option<String> },
    /// The warehouse could not run it; another time it may.
    #[error("the warehouse failed with {code}: {message}. Try again later.")]
    Service { code: String, message: String },
    #[error("no result within {seconds} s; the statement was cancelled. Raise `scoring.sql.timeout`, or simplify it.")]
    Timeout { seconds: u64 },
    #[error(transparent)]
    Transport(#[from] ClientError),
}

impl SqlRunError {
    /// True if running it again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sql { .. } => false,
            Self::Service { .. } | Self::Timeout { .. } => true,
            Self::Transport(error) => error.is_transient(),
        }
    }
}

impl Client {
    /// Runs one statement and reads its whole result.
    pub async fn run_sql(&self, warehouse_id: &str, sql: &str, options: &SqlOptions) -> Result<ResultSet, SqlRunError> {
        let end = Instant::now() + options.timeout;
        match self.run_once(warehouse_id, sql, options, end).await {
            Err(SqlRunError::Sql { message, .. }) if is_too_large(&message) && !options.external_links => {
                let options = SqlOptions { external_links: true, ..options.clone() };
                self.run_once(warehouse_id, sql, &options, end).await
            }
            other => other,
        }
    }

    async fn run_once(
        &self,
        warehouse_id: &str,
        sql: &str,
        options: &SqlOptions,
        end: Instant,
    ) -> Result<ResultSet, SqlRunError> {
        let mut answer = self.submit(warehouse_id, sql, options, end).await?;
        let mut wait = if self.settings().is_local() { Duration::from_millis(5) } else { Duration::from_millis(500) };
        while matches!(answer.status.state, StatementState::Pending | StatementState::Running | StatementState::Unknown)
        {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || answer.statement_id.is_empty() {
                return Err(self.give_up(&answer.statement_id, options).await);
            }
            tokio::time::sleep(wait.min(left)).await;
            wait = wait.mul_f64(1.5).min(Duration::from_secs(5));
            let path = format!("{STATEMENTS}/{}", segment(&answer.statement_id));
            let read = self.http().json(Call::get("read a statement", path).deadline(end)).await;
            answer = match read {
                Ok(answer) => answer,
                Err(_) if Instant::now() >= end => return Err(self.give_up(&answer.statement_id, options).await),
                Err(error) => return Err(error.into()),
            };
        }
        match answer.status.state {
            StatementState::Succeeded => Ok(Reader::new(self, end).read(answer).await?),
            _ => Err(refusal(answer)),
        }
    }

    async fn submit(
        &self,
        warehouse_id: &str,
        sql: &str,
        options: &SqlOptions,
        end: Instant,
    ) -> Result<StatementResponse, SqlRunError> {
        let limit = |value: Option<u64>| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        // The service waits 5 to 50 s; with less time than that, only polling keeps the limit.
        let wait = if options.timeout < Duration::from_secs(6) { "0s" } else { "5s" };
        let request = StatementRequest {
            byte_limit: limit(options.byte_limit),
            catalog: options.catalog.clone(),
            disposition: options.external_links.then(|| "EXTERNAL_LINKS".to_owned()),
            format: options.external_links.then(|| "JSON_ARRAY".to_owned()),
            on_wait_timeout: None,
            parameters: options.parameters.iter().map(wire_parameter).collect(),
            row_limit: limit(options.row_limit),
            schema: options.schema.clone(),
            statement: sql.to_owned(),
            wait_timeout: Some(wait.to_owned()),
            warehouse_id: warehouse_id.to_owned(),
        };
        let resend = if options.read_only { Resend::Freely } else { Resend::IfNotDone };
        let call = Call::new("run a statement", Method::POST, STATEMENTS, resend).json(&request).deadline(end);
        let answer = self.http().json(call).await;
        answer.map_err(|error| match error.kind {
            ErrorKind::Timeout if options.read_only && Instant::now() >= end => {
                SqlRunError::Timeout { seconds: options.timeout.as_secs() }
            }
            _ => SqlRunError::Transport(error),
        })
    }

    /// Cancels, as well as that goes: the service says that a cancel may silently fail.
    async fn give_up(&self, statement_id: &str, options: &SqlOptions) -> SqlRunError {
        if !statement_id.is_empty() {
            let path = format!("{STATEMENTS}/{}/cancel", segment(statement_id));
            let end = Instant::now() + Duration::from_secs(5);
            let call = Call::new("cancel a statement", Method::POST, path, Resend::Freely)
                .json(&serde_json::json!({}))
                .deadline(end);
            if let Err(error) = self.http().send(call).await {
                tracing::warn!(%error, "a statement that took too long could not be cancelled");
            }
        }
        SqlRunError::Timeout { seconds: options.timeout.as_secs() }
    }
}

fn wire_parameter(parameter: &SqlParameter) -> StatementParameter {
    StatementParameter {
        name: parameter.name.clone(),
        value: parameter.value.clone(),
        sql_type: Some(parameter.sql_type.clone()).filter(|text| !text.is_empty()),
    }
}

fn is_too_large(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("inline") && (message.contains("limit") || message.contains("size"))
}

/// A statement that ended without a result.
pub(super) fn refusal(answer: StatementResponse) -> SqlRunError {
    let error = answer.status.error.unwrap_or_default();
    let (code, message) = (error.error_code, error.message);
    match answer.status.state {
        StatementState::Canceled => {
            SqlRunError::Service { code: "CANCELLED".to_owned(), message: "the statement was cancelled".to_owned() }
        }
        StatementState::Closed => {
            SqlRunError::Service { code: "CLOSED".to_owned(), message: "the result is no longer there".to_owned() }
        }
        // An error class in brackets is about the SQL, whatever the code; without one, these
        // codes are about the service.
        _ if !message.trim_start().starts_with('[') && is_service(&code) => SqlRunError::Service { code, message },
        _ => SqlRunError::Sql { code, message, sql_state: answer.status.sql_state },
    }
}

fn is_service(code: &str) -> bool {
    [
        "ABORTED",
        "CANCELLED",
        "DEADLINE_EXCEEDED",
        "INTERNAL_ERROR",
        "IO_ERROR",
        "RESOURCE_EXHAUSTED",
        "SERVICE_UNDER_MAINTENANCE",
        "TEMPORARILY_UNAVAILABLE",
        "UNAUTHENTICATED",
        "UNKNOWN",
        "WORKSPACE_TEMPORARILY_UNAVAILABLE",
    ]
    .contains(&code)
}
