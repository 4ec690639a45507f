//! Comments on messages (reference 3.1).

use super::USER_ID;
use super::app::{App, Caller, now_ms};
use super::conversations::{Ids2, Ids3, ListQuery, file, find, find_message};
use super::reply::{ApiError, ApiResult, body, json, page};
use super::spaces::id;
use crate::wire::{CommentList, MessageComment};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::sync::Arc;

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
    bytes: Bytes,
) -> ApiResult<Response> {
    let sent: MessageComment = body(&bytes)?;
    if sent.content.trim().is_empty() {
        return Err(ApiError::invalid("content must not be empty"));
    }
    let comment = app.store.locked(|locked| -> ApiResult<MessageComment> {
        let (mut kept, _) = find_message(&app, &caller, &space, &conversation, &message)?;
        let comment = MessageComment {
            space_id: space.clone(),
            conversation_id: conversation.clone(),
            message_id: message.clone(),
            message_comment_id: id("comment", locked.next("comments")?),
            content: sent.content,
            created_timestamp: Some(now_ms()),
            user_id: Some(USER_ID),
        };
        if let Some(record) = kept.message_mut(&message) {
            record.comments.push(comment.clone());
        }
        locked.write(&file(&kept), &kept)?;
        Ok(comment)
    })?;
    Ok(json(&comment))
}

pub(super) async fn of_message(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
    Query(query): Query<ListQuery>,
) -> ApiResult<Response> {
    let (_, record) = find_message(&app, &caller, &space, &conversation, &message)?;
    listed(&record.comments, &query)
}

pub(super) async fn of_conversation(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation)): Ids2,
    Query(query): Query<ListQuery>,
) -> ApiResult<Response> {
    let conversation = find(&app, &caller, &space, &conversation)?;
    let comments: Vec<MessageComment> = conversation.messages.into_iter().flat_map(|record| record.comments).collect();
    listed(&comments, &query)
}

fn listed(comments: &[MessageComment], query: &ListQuery) -> ApiResult<Response> {
    let (comments, next_page_token) = page(comments, query.page_size, query.page_token.as_deref(), 100)?;
    Ok(json(&CommentList { comments, next_page_token }))
}
