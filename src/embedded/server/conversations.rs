//! Conversations and messages (reference 3).

use super::USER_ID;
use super::app::{App, Caller, Level, guard, now_ms};
use super::gate::{LogNote, note};
use super::reply::{ApiError, ApiResult, body, empty, json, page};
use super::spaces::id;
use crate::embedded::spaces::{ConversationRecord, Locked, MessageRecord, SpaceRecord, content_name, is_id};
use crate::model::digest_json;
use crate::wire::{
    ConversationList, ConversationSummary, Feedback, Message, MessageList, MessageStatus, StartConversation,
    StartedConversation,
};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// Paging of the conversation lists.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    pub page_size: Option<i64>,
    pub page_token: Option<String>,
    include_all: Option<bool>,
}

/// A message that nobody answers any more is taken over after this time.
const ORPHAN_MS: i64 = 5_000;

pub(super) type Ids2 = Path<(String, String)>;
pub(super) type Ids3 = Path<(String, String, String)>;

pub(super) async fn start(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(space): Path<String>,
    bytes: Bytes,
) -> ApiResult<Response> {
    let (record, content) = prepare(&app, &caller, &space, &bytes)?;
    let (conversation, message, log) = app.store.locked(|locked| -> ApiResult<_> {
        let number = locked.next("questions")?;
        let mut conversation = ConversationRecord {
            id: id("conversation", number),
            space_id: space.clone(),
            title: content.clone(),
            created_by: caller.name.clone(),
            created: now_ms(),
            messages: Vec::new(),
        };
        let (message, log) = add_message(&app, locked, &mut conversation, &record, &content, number)?;
        Ok((conversation, message, log))
    })?;
    app.answer_later(&conversation, &message);
    let started = StartedConversation {
        conversation_id: conversation.id.clone(),
        message_id: message.message.message_id.clone(),
        conversation: Some(conversation.to_wire()),
        message: Some(message.message),
    };
    Ok(note(json(&started), log))
}

pub(super) async fn follow_up(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation)): Ids2,
    bytes: Bytes,
) -> ApiResult<Response> {
    let (record, content) = prepare(&app, &caller, &space, &bytes)?;
    let (conversation, message, log) = app.store.locked(|locked| -> ApiResult<_> {
        let mut conversation = find(&app, &caller, &space, &conversation)?;
        let number = locked.next("questions")?;
        let (message, log) = add_message(&app, locked, &mut conversation, &record, &content, number)?;
        Ok((conversation, message, log))
    })?;
    app.answer_later(&conversation, &message);
    Ok(note(json(&message.message), log))
}

/// Checks a question before it counts.
fn prepare(app: &App, caller: &Caller, space: &str, bytes: &[u8]) -> ApiResult<(SpaceRecord, String)> {
    let record = app.seen_space(space, caller, Level::Run)?;
    let request: StartConversation = body(bytes)?;
    if request.content.trim().is_empty() {
        return Err(ApiError::invalid("content must not be empty"));
    }
    app.take_quota()?;
    Ok((record, request.content))
}

fn add_message(
    app: &App,
    locked: &Locked<'_>,
    conversation: &mut ConversationRecord,
    space: &SpaceRecord,
    question: &str,
    number: u64,
) -> ApiResult<(MessageRecord, LogNote)> {
    let content = digest_json(&space.document).to_string();
    if !locked.exists(&content_name(&content)) {
        locked.write(&content_name(&content), &space.document)?;
    }
    // Counted only where it matters: each count is a file.
    let count = match &app.world.noise {
        Some(_) => locked.next(&format!("asked-{}", crate::model::short_id(&[&content, question])))?,
        None => 0,
    };
    let message_id = id("message", number);
    let now = now_ms();
    let message = Message {
        id: message_id.clone(),
        message_id,
        conversation_id: conversation.id.clone(),
        space_id: conversation.space_id.clone(),
        user_id: Some(USER_ID),
        content: question.to_owned(),
        status: MessageStatus::Submitted,
        created_timestamp: Some(now),
        last_updated_timestamp: Some(now),
        ..Message::default()
    };
    let record = MessageRecord { message, content: content.clone(), count, number, comments: Vec::new() };
    conversation.messages.push(record.clone());
    locked.write(&file(conversation), conversation)?;
    Ok((record, LogNote { question: Some(question.to_owned()), content: Some(content) }))
}

pub(super) fn file(conversation: &ConversationRecord) -> String {
    format!("conversations/{}/{}.json", conversation.space_id, conversation.id)
}

/// A conversation of the caller's own, or any for who may manage the space.
pub(super) fn find(app: &App, caller: &Caller, space: &str, conversation: &str) -> ApiResult<ConversationRecord> {
    let record = app.space(space, caller, Level::Run)?;
    let found: Option<ConversationRecord> = match is_id(conversation) {
        true => app.store.read(&format!("conversations/{space}/{conversation}.json"))?,
        false => None,
    };
    let manages = app.level_of(&record, caller) >= Level::Manage;
    found.filter(|found| manages || found.created_by == caller.name).ok_or_else(|| {
        ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("Conversation {conversation} does not exist."))
    })
}

pub(super) fn find_message(
    app: &App,
    caller: &Caller,
    space: &str,
    conversation: &str,
    message: &str,
) -> ApiResult<(ConversationRecord, MessageRecord)> {
    let conversation = find(app, caller, space, conversation)?;
    let record = conversation
        .message(message)
        .cloned()
        .ok_or_else(|| ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("Message {message} does not exist.")))?;
    Ok((conversation, record))
}

pub(super) async fn get_message(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
) -> ApiResult<Response> {
    let (conversation, record) = find_message(&app, &caller, &space, &conversation, &message)?;
    let mut shown = record.message.clone();
    if !shown.status.is_terminal() {
        let running = guard(&app.progress).get(&message).copied();
        match running {
            Some(status) => shown.status = status,
            None => shown = adopt(&app, &caller, &conversation, &record)?,
        }
    }
    Ok(json(&app.as_of_now(shown)))
}

/// A message that this process is not answering: finished a moment ago, under way in another
/// process, or left behind by one that ended.
fn adopt(
    app: &Arc<App>,
    caller: &Caller,
    conversation: &ConversationRecord,
    record: &MessageRecord,
) -> ApiResult<Message> {
    let id = &record.message.message_id;
    let (_, again) = find_message(app, caller, &conversation.space_id, &conversation.id, id)?;
    let age = now_ms() - again.message.last_updated_timestamp.unwrap_or_default();
    if !again.message.status.is_terminal() && age > ORPHAN_MS {
        app.answer_later(conversation, record);
    }
    Ok(again.message)
}

pub(super) async fn list_messages(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation)): Ids2,
    Query(query): Query<ListQuery>,
) -> ApiResult<Response> {
    let conversation = find(&app, &caller, &space, &conversation)?;
    let progress = guard(&app.progress).clone();
    let shown: Vec<Message> = conversation
        .messages
        .into_iter()
        .map(|record| record.message)
        .map(|message| match progress.get(&message.message_id) {
            Some(status) if !message.status.is_terminal() => Message { status: *status, ..message },
            _ => app.as_of_now(message),
        })
        .collect();
    let (messages, next_page_token) = page(&shown, query.page_size, query.page_token.as_deref(), 100)?;
    Ok(json(&MessageList { messages, next_page_token }))
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(space): Path<String>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Response> {
    let all = query.include_all == Some(true);
    app.space(&space, &caller, if all { Level::Manage } else { Level::Run })?;
    let folder = format!("conversations/{space}");
    let mut ids = app.store.names(&folder)?;
    // Ids ascend with time; the newest come first.
    ids.reverse();
    let (ids, next_page_token) = page(&ids, query.page_size, query.page_token.as_deref(), 20)?;
    let mut conversations = Vec::new();
    for id in ids {
        let record: Option<ConversationRecord> = app.store.read(&format!("{folder}/{id}.json"))?;
        let own = record.filter(|record| all || record.created_by == caller.name);
        conversations.extend(own.map(|record| ConversationSummary {
            conversation_id: record.id,
            title: record.title,
            created_timestamp: Some(record.created),
            agent_type: Some("GENIE_CONVERSATION_TYPE_CHAT".to_owned()),
        }));
    }
    Ok(json(&ConversationList { conversations, next_page_token }))
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation)): Ids2,
) -> ApiResult<Response> {
    app.store.locked(|locked| -> ApiResult<()> {
        let conversation = find(&app, &caller, &space, &conversation)?;
        Ok(locked.remove(&file(&conversation))?)
    })?;
    Ok(empty())
}

pub(super) async fn delete_message(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
) -> ApiResult<Response> {
    app.store.locked(|locked| -> ApiResult<()> {
        let (mut conversation, _) = find_message(&app, &caller, &space, &conversation, &message)?;
        conversation.messages.retain(|record| record.message.message_id != message);
        Ok(locked.write(&file(&conversation), &conversation)?)
    })?;
    Ok(empty())
}

pub(super) async fn feedback(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, conversation, message)): Ids3,
    bytes: Bytes,
) -> ApiResult<Response> {
    let feedback: Feedback = body(&bytes)?;
    if !matches!(feedback.rating.as_deref(), Some("POSITIVE" | "NEGATIVE" | "NONE")) {
        return Err(ApiError::invalid("rating must be one of POSITIVE, NEGATIVE, NONE"));
    }
    app.store.locked(|locked| -> ApiResult<()> {
        let (mut conversation, _) = find_message(&app, &caller, &space, &conversation, &message)?;
        if let Some(record) = conversation.message_mut(&message) {
            record.message.feedback = Some(feedback);
        }
        Ok(locked.write(&file(&conversation), &conversation)?)
    })?;
    Ok(empty())
}
