//! What is kept of a space and of a conversation.

use crate::model::{Sidecar, Space, SpaceError};
use crate::wire;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A space as the workspace keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpaceRecord {
    pub id: String,
    pub sidecar: Sidecar,
    pub document: Value,
    /// Goes up when the document changes, and only then.
    pub etag: u64,
    pub created_by: String,
    /// RFC 3339.
    pub create_time: String,
    pub update_time: String,
    /// When it was trashed, in milliseconds since 1970.
    pub trashed_at: Option<i64>,
    pub grants: Vec<Grant>,
}

/// One direct permission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `user`, `group` or `service_principal`.
    pub kind: String,
    pub name: String,
    /// `CAN_READ`, `CAN_RUN`, `CAN_EDIT`, `CAN_MANAGE`.
    pub level: String,
}

impl SpaceRecord {
    /// The space as the analyst reads it.
    pub fn space(&self) -> Result<Space, SpaceError> {
        Ok(Space::from_document(self.document.clone())?.with_sidecar(self.sidecar.clone()))
    }

    /// As the API shows it; etag and document only where asked for and allowed.
    pub fn to_wire(&self, with_document: bool, with_etag: bool) -> wire::Space {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        wire::Space {
            space_id: self.id.clone(),
            title: self.sidecar.title.clone(),
            description: filled(&self.sidecar.description),
            warehouse_id: filled(&self.sidecar.warehouse_id),
            parent_path: filled(&self.sidecar.parent_path),
            create_time: Some(self.create_time.clone()),
            update_time: Some(self.update_time.clone()),
            etag: (with_document || with_etag).then(|| self.etag.to_string()),
            serialized_space: with_document.then(|| exported(&self.document)),
        }
    }
}

/// The document as the server writes it out: like real exports, two lists come in descending
/// order of their ids.
fn exported(document: &Value) -> String {
    let mut document = document.clone();
    for list in ["/config/sample_questions", "/benchmarks/questions"] {
        if let Some(Value::Array(items)) = document.pointer_mut(list) {
            items.sort_by(|a, b| id(b).cmp(id(a)));
        }
    }
    document.to_string()
}

fn id(item: &Value) -> &str {
    item.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// A conversation with its messages, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConversationRecord {
    pub id: String,
    pub space_id: String,
    pub title: String,
    pub created_by: String,
    /// Milliseconds since 1970.
    pub created: i64,
    pub messages: Vec<MessageRecord>,
}

/// A message with what is needed to answer it again after a crash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MessageRecord {
    pub message: wire::Message,
    /// Digest of the space content it was asked over; the content is kept beside.
    pub content: String,
    /// The how manieth time this question was asked over this content, from 0.
    pub count: u64,
    /// Number of the question in the workspace.
    pub number: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<wire::MessageComment>,
}

impl ConversationRecord {
    pub fn message(&self, id: &str) -> Option<&MessageRecord> {
        self.messages.iter().find(|record| record.message.message_id == id)
    }

    pub fn message_mut(&mut self, id: &str) -> Option<&mut MessageRecord> {
        self.messages.iter_mut().find(|record| record.message.message_id == id)
    }

    pub fn to_wire(&self) -> wire::Conversation {
        wire::Conversation {
            id: self.id.clone(),
            conversation_id: self.id.clone(),
            space_id: self.space_id.clone(),
            title: self.title.clone(),
            user_id: Some(crate::embedded::server::USER_ID),
            created_timestamp: Some(self.created),
            last_updated_timestamp: self.messages.last().and_then(|m| m.message.last_updated_timestamp),
        }
    }
}
