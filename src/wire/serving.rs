//! Model serving, chat (reference 6).

use super::lenient;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Answer of a chat endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatResponse {
    #[serde(deserialize_with = "lenient::nullable")]
    pub id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub object: String,
    /// Seconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub model: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub choices: Vec<ChatChoice>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub usage: ChatUsage,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatChoice {
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub message: ChatMessage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatMessage {
    #[serde(deserialize_with = "lenient::nullable")]
    pub role: String,
    /// A text, or a list of blocks of which those of type `text` count.
    pub content: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatUsage {
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndpointList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub endpoints: Vec<ServingEndpoint>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServingEndpoint {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    /// `llm/v1/chat` for chat endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// `{"ready": "READY" | "NOT_READY"}`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub state: Value,
}
