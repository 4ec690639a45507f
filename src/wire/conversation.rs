//! The Genie conversation API (reference 3).

use super::lenient;
use super::statements::StatementResponse;
use serde::{Deserialize, Serialize};

/// Body of `start-conversation` and of a follow-up message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartConversation {
    pub content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_visualization: Option<bool>,
}

/// Answer of `start-conversation`. The SDKs index both ids.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartedConversation {
    #[serde(deserialize_with = "lenient::nullable")]
    pub conversation_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Conversation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// A conversation, in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    #[serde(deserialize_with = "lenient::nullable")]
    pub id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub conversation_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub space_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub title: String,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created_timestamp: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub last_updated_timestamp: Option<i64>,
}

/// A conversation, as listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConversationSummary {
    #[serde(deserialize_with = "lenient::nullable")]
    pub conversation_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub title: String,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created_timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConversationList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub conversations: Vec<ConversationSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub messages: Vec<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageStatus {
    Submitted,
    FilteringContext,
    FetchingMetadata,
    AskingAi,
    PendingWarehouse,
    ExecutingQuery,
    Completed,
    Failed,
    Cancelled,
    QueryResultExpired,
    /// A status this version does not know, such as `IN_PROGRESS` in the vendor's samples.
    #[default]
    #[serde(other)]
    Unknown,
}

impl MessageStatus {
    /// True once nothing more will change by waiting.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::QueryResultExpired)
    }
}

/// A question with what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    #[serde(deserialize_with = "lenient::nullable")]
    pub id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub message_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub conversation_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub space_id: String,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// The question.
    #[serde(deserialize_with = "lenient::nullable")]
    pub content: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub status: MessageStatus,
    #[serde(deserialize_with = "lenient::nullable")]
    pub attachments: Option<Vec<Attachment>>,
    pub error: Option<MessageError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created_timestamp: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub last_updated_timestamp: Option<i64>,
}

/// One of query, text or suggested questions, by which key is present.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// May be absent on text attachments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<QueryAttachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextAttachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_questions: Option<SuggestedQuestions>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryAttachment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement_id: Option<String>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<QueryParameter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_result_metadata: Option<QueryResultMetadata>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub thoughts: Vec<Thought>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub last_updated_timestamp: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryParameter {
    #[serde(deserialize_with = "lenient::nullable")]
    pub keyword: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryResultMetadata {
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub row_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_truncated: Option<bool>,
}

/// Why Genie answered as it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thought {
    /// `THOUGHT_TYPE_DESCRIPTION`, `_UNDERSTANDING`, `_DATA_SOURCING`, `_INSTRUCTIONS`, `_STEPS`.
    #[serde(deserialize_with = "lenient::nullable")]
    pub thought_type: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub content: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextAttachment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub content: String,
    /// `FOLLOW_UP_QUESTION` when Genie asks back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// `RESPONSE_PHASE_THINKING`, `RESPONSE_PHASE_VERIFYING`: not the answer itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuggestedQuestions {
    #[serde(deserialize_with = "lenient::nullable")]
    pub questions: Vec<String>,
}

/// Why a message failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageError {
    #[serde(rename = "type", deserialize_with = "lenient::nullable")]
    pub error_type: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub error: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feedback {
    /// `POSITIVE`, `NEGATIVE` or `NONE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Answer of `query-result` and `execute-query`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryResponse {
    #[serde(deserialize_with = "lenient::nullable")]
    pub statement_response: StatementResponse,
}

/// Answer of `downloads`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DownloadStarted {
    #[serde(deserialize_with = "lenient::nullable")]
    pub download_id: String,
    /// Goes along when the download is asked for.
    #[serde(deserialize_with = "lenient::nullable")]
    pub download_id_signature: String,
}

/// What somebody said about an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageComment {
    #[serde(deserialize_with = "lenient::nullable")]
    pub space_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub conversation_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub message_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub message_comment_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub content: String,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created_timestamp: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommentList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub comments: Vec<MessageComment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_start_answer_decodes() {
        let text = r#"{"conversation_id":"c","message_id":"m",
          "conversation":{"id":"c","conversation_id":"c","space_id":"s","title":"Which…","user_id":"12345",
                 "created_timestamp":1719769718,"last_updated_timestamp":1719769718},
          "message":{"id":"m","message_id":"m","status":"IN_PROGRESS","attachments":null,"error":null,
                 "query_result":null,"content":"Which…"}}"#;
        let started: StartedConversation = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(started.message_id, "m");
        assert_eq!(started.message.map(|m| m.status), Some(MessageStatus::Unknown));
        assert_eq!(started.conversation.and_then(|c| c.user_id), Some(12345));
    }

    #[test]
    fn odd_messages_never_fail() {
        for text in [
            "{}",
            r#"{"status":null,"attachments":[]}"#,
            r#"{"status":"SOMETHING_NEW","attachments":[{"viz":{"title":"t"}},{"text":{"content":"x","purpose":"NEW"}}]}"#,
            r#"{"status":"COMPLETED","created_timestamp":"17","attachments":[{"attachment_id":"a","query":{"query":"SELECT 1",
               "thoughts":null,"query_result_metadata":{"row_count":"5","is_truncated":false}}}]}"#,
        ] {
            assert!(serde_json::from_str::<Message>(text).is_ok(), "{text}");
        }
    }
}
