//! Answering a question: statuses in their order, the analyst, the query, the attachments.

use super::app::{App, guard, now_ms};
use super::conversations::file;
use super::engine::{Reply, SqlFailure, StatementOptions, Thought};
use super::reply::ApiResult;
use super::results::MAX_ROWS;
use super::spaces::id;
use super::statement_wire::int;
use crate::embedded::spaces::{ConversationRecord, MessageRecord, content_name, table_names};
use crate::embedded::world::weaker_views;
use crate::model::{Catalog, ColumnProfile, ResultSet, Space, SpaceView};
use crate::wire::{
    Attachment, Message, MessageError, MessageStatus, QueryAttachment, QueryResultMetadata, TextAttachment,
    Thought as WireThought,
};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The part of an answer's time that each status takes, before the query runs.
const STEPS: [(MessageStatus, f64); 4] = [
    (MessageStatus::Submitted, 0.05),
    (MessageStatus::FilteringContext, 0.15),
    (MessageStatus::FetchingMetadata, 0.10),
    (MessageStatus::AskingAi, 0.50),
];
/// Weaker views tried before a struck question is answered with a question back.
const MAX_VIEWS: usize = 12;
/// Values of a dictionary may have at most this many characters, and a space this many
/// dictionaries (Genie's own limits).
const MAX_VALUE_CHARS: usize = 127;
const MAX_DICTIONARIES: usize = 120;

impl App {
    /// Answers a message in the background, unless this process does so already.
    pub fn answer_later(self: &Arc<Self>, conversation: &ConversationRecord, message: &MessageRecord) {
        let id = message.message.message_id.clone();
        if guard(&self.progress).insert(id.clone(), MessageStatus::Submitted).is_some() {
            return;
        }
        let (app, conversation, message) = (self.clone(), conversation.clone(), message.clone());
        self.spawn(async move {
            let done = app.answer(&message).await;
            if let Err(error) = app.keep_answer(&conversation, done) {
                tracing::error!(message = error.body.message, "an answer could not be kept");
            }
            guard(&app.progress).remove(&id);
        });
    }

    /// The finished message; nothing is kept.
    pub(super) async fn answer(self: &Arc<Self>, record: &MessageRecord) -> Message {
        let total = self.world.delay(&self.world.latency.answer, "answer", record.number);
        for (status, part) in STEPS {
            self.at(record, status, total.mul_f64(part)).await;
        }
        let mut message = record.message.clone();
        match self.reply(record).await {
            Ok(Reply::Ask { text, thoughts }) => {
                message.status = MessageStatus::Completed;
                message.attachments = Some(asking(record, text, &thoughts));
            }
            Ok(Reply::Sql { sql, description, thoughts }) => {
                self.at(record, MessageStatus::PendingWarehouse, total.mul_f64(0.05)).await;
                self.at(record, MessageStatus::ExecutingQuery, total.mul_f64(0.15)).await;
                let options = StatementOptions { row_limit: Some(MAX_ROWS), ..StatementOptions::default() };
                let (statement, outcome) = self.run_statement(&sql, options).await;
                let query = query(record, sql, description, &thoughts, statement);
                finish(&mut message, record, query, outcome);
            }
            Err(error) => fail(&mut message, "UNEXPECTED_REPLY_PROCESS_EXCEPTION", error),
        }
        message.last_updated_timestamp = Some(now_ms());
        message
    }

    async fn at(&self, record: &MessageRecord, status: MessageStatus, wait: Duration) {
        guard(&self.progress).insert(record.message.message_id.clone(), status);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks the analyst, over the content the space had when the question was asked.
    async fn reply(self: &Arc<Self>, record: &MessageRecord) -> Result<Reply, String> {
        let document: Option<Value> =
            self.store.read(&content_name(&record.content)).map_err(|error| error.to_string())?;
        let document = document.ok_or("the content of the space is no longer there")?;
        let space = Space::from_document(document).map_err(|error| error.to_string())?;
        let catalog = self.catalog_for(&space).await;
        let (app, record) = (self.clone(), record.clone());
        let work = move || app.reply_with_noise(&space, &catalog, &record);
        tokio::task::spawn_blocking(work).await.map_err(|_| "the analyst broke down".to_owned())
    }

    fn reply_with_noise(&self, space: &Space, catalog: &Catalog, record: &MessageRecord) -> Reply {
        let question = &record.message.content;
        let reply = self.analyst.answer(space, catalog, question, self.as_of);
        let struck = self
            .world
            .noise
            .as_ref()
            .is_some_and(|n| n.strikes(self.world.seed, question, &record.content, record.count));
        if !struck {
            return reply;
        }
        let views = weaker_views(space, self.world.seed, question, record.count);
        let mut others = views.iter().take(MAX_VIEWS).map(|v| self.analyst.answer(v, catalog, question, self.as_of));
        others.find(|other| !same(other, &reply)).unwrap_or_else(|| Reply::Ask {
            text: "Could you say more precisely what you would like to know?".to_owned(),
            thoughts: Vec::new(),
        })
    }

    /// The space's tables, with profiles where the space switched them on.
    async fn catalog_for(&self, space: &Space) -> Catalog {
        let view = SpaceView::of(space);
        let mut tables: Vec<_> = self.tables_of(&table_names(space.document())).tables().cloned().collect();
        let mut dictionaries = 0;
        for table in &mut tables {
            let Some(said) = view.table(&table.full_name) else { continue };
            for column in &mut table.columns {
                let Some(config) = said.column(&column.name).filter(|config| config.format_assistance) else {
                    continue;
                };
                let dictionary = config.entity_matching && dictionaries < MAX_DICTIONARIES;
                dictionaries += usize::from(dictionary);
                let profile = self.profile(&table.full_name, &column.name).await;
                column.profile = profile.map(|profile| as_allowed(profile, dictionary));
            }
        }
        Catalog::new(tables)
    }

    /// Profiles are made once: the tables do not change while the server runs.
    async fn profile(&self, table: &str, column: &str) -> Option<ColumnProfile> {
        let key = (table.to_lowercase(), column.to_lowercase());
        let known = guard(&self.profiles).get(&key).cloned();
        if let Some(profile) = known {
            return profile;
        }
        let profile = self.engine.profile(table, column).await;
        if let Err(error) = &profile {
            tracing::debug!(table, column, %error, "a column has no profile");
        }
        let profile = profile.ok();
        guard(&self.profiles).insert(key, profile.clone());
        profile
    }

    fn keep_answer(&self, conversation: &ConversationRecord, done: Message) -> ApiResult<()> {
        self.store.locked(|locked| -> ApiResult<()> {
            // Deleted in the meantime: then there is nothing to keep.
            let Some(mut kept) = locked.read::<ConversationRecord>(&file(conversation))? else { return Ok(()) };
            if let Some(record) = kept.message_mut(&done.message_id) {
                let feedback = record.message.feedback.take();
                record.message = Message { feedback, ..done };
                locked.write(&file(conversation), &kept)?;
            }
            Ok(())
        })
    }
}

/// Format samples are the ends of the range; the dictionary is all values, but not too long ones.
fn as_allowed(mut profile: ColumnProfile, dictionary: bool) -> ColumnProfile {
    if dictionary {
        profile.values.retain(|value| value.chars().count() <= MAX_VALUE_CHARS);
    } else {
        profile.values.clear();
    }
    profile
}

/// Two replies with the same query, or both without one.
fn same(one: &Reply, other: &Reply) -> bool {
    match (one, other) {
        (Reply::Sql { sql: a, .. }, Reply::Sql { sql: b, .. }) => a == b,
        (Reply::Ask { .. }, Reply::Ask { .. }) => true,
        _ => false,
    }
}

fn thoughts_of(thoughts: &[Thought]) -> Vec<WireThought> {
    let wire = |thought: &Thought| WireThought {
        thought_type: format!("THOUGHT_TYPE_{}", thought.kind),
        content: thought.text.clone(),
    };
    thoughts.iter().map(wire).collect()
}

/// A question back, and the reasons as texts of the thinking phase after it.
fn asking(record: &MessageRecord, text: String, thoughts: &[Thought]) -> Vec<Attachment> {
    let attachment = |kind: &str, content: String, purpose: Option<&str>, phase: Option<&str>| Attachment {
        attachment_id: Some(id(kind, record.number)),
        text: Some(TextAttachment {
            id: Some(id(kind, record.number)),
            content,
            purpose: purpose.map(str::to_owned),
            phase: phase.map(str::to_owned),
        }),
        ..Attachment::default()
    };
    let mut all = vec![attachment("text", text, Some("FOLLOW_UP_QUESTION"), None)];
    let reasons = thoughts.iter().enumerate();
    all.extend(reasons.map(|(i, thought)| {
        attachment(&format!("thought {i}"), thought.text.clone(), None, Some("RESPONSE_PHASE_THINKING"))
    }));
    all
}

fn query(
    record: &MessageRecord,
    sql: String,
    description: String,
    thoughts: &[Thought],
    statement: String,
) -> QueryAttachment {
    QueryAttachment {
        id: Some(id("query", record.number)),
        title: Some(record.message.content.chars().take(80).collect()),
        description: Some(description),
        query: Some(sql),
        statement_id: Some(statement),
        thoughts: thoughts_of(thoughts),
        last_updated_timestamp: Some(now_ms()),
        ..QueryAttachment::default()
    }
}

fn finish(
    message: &mut Message,
    record: &MessageRecord,
    mut query: QueryAttachment,
    outcome: Result<Arc<ResultSet>, SqlFailure>,
) {
    match outcome {
        Ok(result) => {
            message.status = MessageStatus::Completed;
            query.query_result_metadata =
                Some(QueryResultMetadata { row_count: int(result.rows.len()), is_truncated: Some(result.truncated) });
        }
        Err(failure) => fail(message, "SQL_EXECUTION_EXCEPTION", failure.message),
    }
    let attachment_id = Some(id("attachment", record.number));
    message.attachments = Some(vec![Attachment { attachment_id, query: Some(query), ..Attachment::default() }]);
}

fn fail(message: &mut Message, error_type: &str, error: String) {
    message.status = MessageStatus::Failed;
    message.error = Some(MessageError { error_type: error_type.to_owned(), error });
}
