//! The rows of an answer as Genie got them (reference 3.6).

use super::ask::Asked;
use super::client::Client;
use super::error::{ClientError, ErrorKind};
use super::http::{Call, Resend, segment};
use super::sql::{SqlRunError, refusal};
use super::sql_result::Reader;
use crate::model::ResultSet;
use crate::wire::{QueryResponse, StatementResponse, StatementState};
use reqwest::Method;
use std::time::Duration;
use tokio::time::Instant;

impl Client {
    /// The rows of an answer's query, 5,000 at most. Results last for a while only; one that is
    /// gone is made again by running the same query.
    pub async fn answer_rows(
        &self,
        space_id: &str,
        asked: &Asked,
        timeout: Duration,
    ) -> Result<ResultSet, SqlRunError> {
        let Some(attachment) = &asked.attachment_id else {
            let message = "the answer has no query whose rows could be read";
            return Err(ClientError::new(ErrorKind::NotFound, "read an answer's rows", message).into());
        };
        let path = format!(
            "/api/2.0/genie/spaces/{}/conversations/{}/messages/{}/attachments/{}",
            segment(space_id),
            segment(&asked.conversation_id),
            segment(&asked.message_id),
            segment(attachment)
        );
        let end = Instant::now() + timeout;
        let read = || Call::get("read an answer's rows", format!("{path}/query-result")).deadline(end);
        let mut answer = match self.statement_of(read()).await {
            Ok(answer) if answer.status.state != StatementState::Closed => answer,
            Ok(_) => self.run_again(&path, end).await?,
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid) => {
                self.run_again(&path, end).await?
            }
            Err(error) => return Err(error.into()),
        };
        let mut wait = if self.settings().is_local() { Duration::from_millis(5) } else { Duration::from_secs(1) };
        while matches!(answer.status.state, StatementState::Pending | StatementState::Running | StatementState::Unknown)
        {
            if Instant::now() + wait >= end {
                return Err(SqlRunError::Timeout { seconds: timeout.as_secs() });
            }
            tokio::time::sleep(wait).await;
            wait = wait.mul_f64(1.5).min(Duration::from_secs(5));
            answer = self.statement_of(read()).await?;
        }
        match answer.status.state {
            StatementState::Succeeded => Ok(Reader::new(self, end).read(answer).await?),
            _ => Err(refusal(answer)),
        }
    }

    /// Runs an answer's query again: a read, so it may be sent as often as needed.
    async fn run_again(&self, path: &str, end: Instant) -> Result<StatementResponse, ClientError> {
        let call =
            Call::new("run an answer's query again", Method::POST, format!("{path}/execute-query"), Resend::Freely);
        self.statement_of(call.json(&serde_json::json!({})).deadline(end)).await
    }

    async fn statement_of(&self, call: Call<'_>) -> Result<StatementResponse, ClientError> {
        Ok(self.http().json::<QueryResponse>(call).await?.statement_response)
    }
}
