//! Asking one question, once (reference 3).

use super::answers::{answer_of, last_query_id, last_sql};
use super::client::Client;
use super::error::{ClientError, ErrorKind};
use super::http::{Call, Resend, segment};
use crate::model::{Answer, NotRun};
use crate::wire::{FaultOf, Message, MessageError, MessageStatus, StartConversation, StartedConversation, fault_of};
use reqwest::Method;
use std::time::Duration;
use tokio::time::Instant;

/// How to wait for an answer.
#[derive(Clone, Debug)]
pub struct AskOptions {
    /// For the whole question.
    pub timeout: Duration,
    /// First wait between two looks; it grows by half each time.
    pub first_poll: Option<Duration>,
    pub longest_poll: Duration,
}

impl Default for AskOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(120), first_poll: None, longest_poll: Duration::from_secs(5) }
    }
}

/// One answered question.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub answer: Answer,
    pub conversation_id: String,
    pub message_id: String,
    /// The answer's query attachment, for [`Client::answer_rows`].
    pub attachment_id: Option<String>,
    /// From asking to the answer.
    pub seconds: f64,
    /// The SQL that Genie had written when it failed, if it got that far.
    pub failed_sql: Option<String>,
}

/// One attempt that brought no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{not_run}")]
pub struct AskFailure {
    pub not_run: NotRun,
    /// How often the question reached, or may have reached, the service: 0 or 1.
    pub attempts: u32,
    /// True if asking again may help and cannot ask twice for one answer.
    pub retryable: bool,
    /// True if the service said that too many questions were asked.
    pub rate_limited: bool,
    pub retry_after: Option<Duration>,
    /// The conversation and message to [`Client::resume`], where they are known.
    pub conversation: Option<(String, String)>,
    /// True if the answer may still come: what failed was only the waiting for it.
    pub pending: bool,
}

/// A question that the service has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub conversation_id: String,
    pub message_id: String,
}

impl AskFailure {
    fn new(not_run: NotRun, retryable: bool) -> Self {
        Self {
            not_run,
            attempts: 1,
            retryable,
            rate_limited: false,
            retry_after: None,
            conversation: None,
            pending: false,
        }
    }

    fn from_error(error: &ClientError) -> Self {
        Self {
            attempts: u32::from(!matches!(
                error.kind,
                ErrorKind::Connect | ErrorKind::RateLimited | ErrorKind::Refused | ErrorKind::Auth
            )),
            rate_limited: error.kind == ErrorKind::RateLimited,
            retry_after: error.retry_after,
            ..Self::new(NotRun::Service { message: error.to_string() }, error.is_transient())
        }
    }
}

impl Client {
    /// Asks a question in a new conversation and waits for the answer. One attempt: a refusal is
    /// the caller's to wait out. If the answer to the request itself is lost, the conversation
    /// is looked for, so that no question is asked twice unnoticed.
    pub async fn ask(&self, space_id: &str, question: &str, options: &AskOptions) -> Result<Asked, AskFailure> {
        let began = Instant::now();
        let thread = self.begin(space_id, question, options).await?;
        self.wait_for(space_id, thread.conversation_id, thread.message_id, began, options).await
    }

    /// Asks a question in a new conversation, without waiting for the answer: [`Client::resume`]
    /// does.
    pub async fn begin(&self, space_id: &str, question: &str, options: &AskOptions) -> Result<Thread, AskFailure> {
        let began = Instant::now();
        let started_at = jiff::Timestamp::now().as_millisecond();
        let body = StartConversation { content: question.to_owned(), enable_visualization: None };
        let path = format!("/api/2.0/genie/spaces/{}/start-conversation", segment(space_id));
        let call = Call::new("ask a question", Method::POST, path, Resend::Never)
            .json(&body)
            .deadline(began + options.timeout);
        let (conversation_id, message_id) = match self.http().json::<StartedConversation>(call).await {
            Ok(started) if !started.conversation_id.is_empty() && !started.message_id.is_empty() => {
                (started.conversation_id, started.message_id)
            }
            Ok(_) => {
                let message = "the service took the question but named no conversation".to_owned();
                return Err(AskFailure::new(NotRun::Unknown { message }, false));
            }
            Err(error) if error.outcome_unknown() => self.find_lost(space_id, question, started_at, &error).await?,
            Err(error) => return Err(AskFailure::from_error(&error)),
        };
        self.known().insert(conversation_id.clone());
        Ok(Thread { conversation_id, message_id })
    }

    /// Waits for the answer to a question that was asked before.
    pub async fn resume(
        &self,
        space_id: &str,
        conversation_id: &str,
        message_id: &str,
        options: &AskOptions,
    ) -> Result<Asked, AskFailure> {
        self.known().insert(conversation_id.to_owned());
        let (conversation, message) = (conversation_id.to_owned(), message_id.to_owned());
        self.wait_for(space_id, conversation, message, Instant::now(), options).await
    }

    /// The conversation with exactly this question that began at `since` (milliseconds since
    /// 1970) or later, other than those in `others`; for a question that was sent by a run which
    /// did not live to note where it went.
    pub async fn find(
        &self,
        space_id: &str,
        question: &str,
        since: i64,
        others: impl IntoIterator<Item = String>,
    ) -> Result<Option<Thread>, ClientError> {
        self.known().extend(others);
        let found = self.lost_conversation(space_id, question, since, self.until_arrived(since)).await?;
        Ok(found.map(|(conversation_id, message_id)| Thread { conversation_id, message_id }))
    }

    async fn find_lost(
        &self,
        space_id: &str,
        question: &str,
        started_at: i64,
        error: &ClientError,
    ) -> Result<(String, String), AskFailure> {
        match self.lost_conversation(space_id, question, started_at, self.until_begun()).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(AskFailure {
                attempts: 0,
                ..AskFailure::new(
                    NotRun::Service { message: format!("{error} (the space has no conversation with this question)") },
                    true,
                )
            }),
            Err(reading) => Err(AskFailure::new(
                NotRun::Unknown { message: format!("{error} And its conversation cannot be looked for: {reading}") },
                false,
            )),
        }
    }

    async fn wait_for(
        &self,
        space_id: &str,
        conversation: String,
        message: String,
        began: Instant,
        options: &AskOptions,
    ) -> Result<Asked, AskFailure> {
        let end = began + options.timeout;
        let ids = Some((conversation.clone(), message.clone()));
        let remote = Duration::from_secs(1);
        let first = options.first_poll;
        let local = Duration::from_millis(5);
        let is_local = first.is_none() && self.settings().is_local();
        let start = first.unwrap_or(if is_local { local } else { remote });
        // Most answers come within this; only after it are the looks spread out.
        let usual = if is_local { start } else { start * 20 };
        let mut wait = start;
        loop {
            tokio::time::sleep(wait.min(end.saturating_duration_since(Instant::now()))).await;
            wait = if began.elapsed() < usual { start } else { wait.mul_f64(1.5).min(options.longest_poll) };
            let read = self.message(space_id, &conversation, &message, end).await;
            let outcome = match read {
                Ok(found) if found.status.is_terminal() => finished(&found),
                Ok(found) if Instant::now() < end => {
                    // The query is written and runs: the answer is near, and a place at Genie
                    // must not stand idle for a long look.
                    if matches!(found.status, MessageStatus::PendingWarehouse | MessageStatus::ExecutingQuery) {
                        wait = wait.min(start / 4);
                    }
                    continue;
                }
                Err(error) if Instant::now() < end => {
                    Err(AskFailure { attempts: 1, pending: !error.is_not_found(), ..AskFailure::from_error(&error) })
                }
                Ok(_) | Err(_) => {
                    let timeout = NotRun::Timeout { seconds: options.timeout.as_secs() };
                    Err(AskFailure { pending: true, ..AskFailure::new(timeout, true) })
                }
            };
            let seconds = began.elapsed().as_secs_f64();
            return outcome
                .map(|Finished { answer, attachment_id, failed_sql }| Asked {
                    answer,
                    conversation_id: conversation,
                    message_id: message,
                    attachment_id,
                    seconds,
                    failed_sql,
                })
                .map_err(|failure| AskFailure { conversation: ids, ..failure });
        }
    }

    async fn message(
        &self,
        space_id: &str,
        conversation: &str,
        message: &str,
        end: Instant,
    ) -> Result<Message, ClientError> {
        let path = format!(
            "/api/2.0/genie/spaces/{}/conversations/{}/messages/{}",
            segment(space_id),
            segment(conversation),
            segment(message)
        );
        self.http().json(Call::get("read an answer", path).deadline(end)).await
    }
}

/// What a terminal message holds.
struct Finished {
    answer: Answer,
    attachment_id: Option<String>,
    failed_sql: Option<String>,
}

/// A terminal message into an answer, or into why there is none.
fn finished(message: &Message) -> Result<Finished, AskFailure> {
    match message.status {
        MessageStatus::Failed => failed(message),
        MessageStatus::Cancelled => {
            let message = "the question was cancelled in the workspace".to_owned();
            Err(AskFailure::new(NotRun::Service { message }, true))
        }
        // An expired result keeps its query, and the query is the answer.
        _ => Ok(Finished { answer: answer_of(message), attachment_id: last_query_id(message), failed_sql: None }),
    }
}

fn failed(message: &Message) -> Result<Finished, AskFailure> {
    let MessageError { error_type, error } = message.error.clone().unwrap_or_default();
    let fault = fault_of(&error_type, &error);
    if fault == FaultOf::Space {
        let answer = Answer::Failed { error_type, message: error };
        return Ok(Finished { answer, attachment_id: None, failed_sql: last_sql(message) });
    }
    let rate_limited = error_type.starts_with("RATE_LIMIT");
    let message = if error.is_empty() { error_type } else { format!("{error_type}: {error}") };
    let retryable = fault == FaultOf::ServiceForNow;
    Err(AskFailure { rate_limited, ..AskFailure::new(NotRun::Service { message }, retryable) })
}
