//! The rows of an answer: kept for a while, run again, downloaded whole (reference 3.6).

use super::app::{App, Caller, now_ms};
use super::conversations::{Ids3, file, find_message};
use super::engine::StatementOptions;
use super::reply::{ApiError, ApiResult, json};
use crate::embedded::spaces::{ConversationRecord, MessageRecord};
use crate::wire::{DownloadStarted, Message, MessageStatus, QueryAttachment, QueryResponse};
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Genie gives at most this many rows of an answer.
pub(super) const MAX_ROWS: u64 = 5_000;

type Ids4 = Path<(String, String, String, String)>;
type Ids5 = Path<(String, String, String, String, String)>;

/// `…/attachments/{a}/query-result`, also without the attachment, as older clients ask.
pub(super) async fn query_result(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message, attachment)): Ids4,
) -> ApiResult<Response> {
    let asked = Asked::find(&app, &caller, (&space, &conversation, &message), Some(&attachment))?;
    asked.kept(&app).await
}

pub(super) async fn query_result_of_message(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
) -> ApiResult<Response> {
    Asked::find(&app, &caller, (&space, &conversation, &message), None)?.kept(&app).await
}

/// `…/execute-query`: runs the query again.
pub(super) async fn execute_query(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message, attachment)): Ids4,
) -> ApiResult<Response> {
    let asked = Asked::find(&app, &caller, (&space, &conversation, &message), Some(&attachment))?;
    asked.run_again(&app).await
}

pub(super) async fn execute_query_of_message(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
) -> ApiResult<Response> {
    Asked::find(&app, &caller, (&space, &conversation, &message), None)?.run_again(&app).await
}

/// `…/downloads`: runs the query again, without the limit of rows.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message, attachment)): Ids4,
) -> ApiResult<Response> {
    let asked = Asked::find(&app, &caller, (&space, &conversation, &message), Some(&attachment))?;
    let download_id = app.start_download(&asked.sql());
    let download_id_signature = app.signature(&download_id, 0);
    Ok(json(&DownloadStarted { download_id, download_id_signature }))
}

/// The signature that came with a download's id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DownloadQuery {
    download_id_signature: String,
}

pub(super) async fn downloaded(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message, attachment, download)): Ids5,
    Query(query): Query<DownloadQuery>,
) -> ApiResult<Response> {
    Asked::find(&app, &caller, (&space, &conversation, &message), Some(&attachment))?;
    if query.download_id_signature != app.signature(&download, 0) {
        return Err(ApiError::permission("The signature of the download is not valid."));
    }
    Ok(json(&QueryResponse { statement_response: app.statement(&download)? }))
}

/// A query attachment with the message it belongs to.
struct Asked {
    conversation: ConversationRecord,
    record: MessageRecord,
    query: QueryAttachment,
}

impl Asked {
    fn find(
        app: &App,
        caller: &Caller,
        (space, conversation, message): (&str, &str, &str),
        attachment: Option<&str>,
    ) -> ApiResult<Self> {
        let (conversation, record) = find_message(app, caller, space, conversation, message)?;
        let attachments = record.message.attachments.clone().unwrap_or_default();
        let wanted = |id: Option<&str>| attachment.is_none() || id == attachment;
        let query = attachments.into_iter().filter(|a| wanted(a.attachment_id.as_deref())).find_map(|a| a.query);
        let query = query.ok_or_else(|| {
            ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("Message {message} has no such query attachment."))
        })?;
        Ok(Self { conversation, record, query })
    }

    fn sql(&self) -> String {
        self.query.query.clone().unwrap_or_default()
    }

    /// The kept result; a server that was restarted in between makes it again.
    async fn kept(self, app: &Arc<App>) -> ApiResult<Response> {
        if app.is_expired(&self.record.message) {
            let message = "The query result has expired. Execute the query again to get a new one.";
            return Err(ApiError::new(400, "INVALID_STATE", message));
        }
        match self.query.statement_id.as_deref().and_then(|id| app.statement(id).ok()) {
            Some(statement_response) => Ok(json(&QueryResponse { statement_response })),
            None => self.run_again(app).await,
        }
    }

    async fn run_again(self, app: &Arc<App>) -> ApiResult<Response> {
        let options = StatementOptions { row_limit: Some(MAX_ROWS), ..StatementOptions::default() };
        let (id, _) = app.run_statement(&self.sql(), options).await;
        app.store.locked(|locked| -> ApiResult<()> {
            let Some(mut kept) = locked.read::<ConversationRecord>(&file(&self.conversation))? else { return Ok(()) };
            let Some(record) = kept.message_mut(&self.record.message.message_id) else { return Ok(()) };
            record.message.last_updated_timestamp = Some(now_ms());
            for query in record.message.attachments.iter_mut().flatten().filter_map(|a| a.query.as_mut()) {
                if query.statement_id == self.query.statement_id {
                    query.statement_id = Some(id.clone());
                }
            }
            Ok(locked.write(&file(&self.conversation), &kept)?)
        })?;
        Ok(json(&QueryResponse { statement_response: app.statement(&id)? }))
    }
}

impl App {
    /// A finished message as it stands now: results do not last for ever.
    pub fn as_of_now(&self, message: Message) -> Message {
        let status = if self.is_expired(&message) { MessageStatus::QueryResultExpired } else { message.status };
        Message { status, ..message }
    }

    fn is_expired(&self, message: &Message) -> bool {
        let Some(life) = self.world.result_life else { return false };
        let life = i64::try_from(self.world.scaled(life).as_millis()).unwrap_or(i64::MAX);
        let has_query = message.attachments.iter().flatten().any(|attachment| attachment.query.is_some());
        let since = message.last_updated_timestamp.unwrap_or_default();
        message.status == MessageStatus::Completed && has_query && now_ms() >= since.saturating_add(life)
    }
}
