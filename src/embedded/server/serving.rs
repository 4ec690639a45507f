//! Serving endpoints (reference 6) with scripted replies, as a stand-in for a model.

use super::app::{App, guard, now_ms};
use super::reply::{ApiError, ApiResult, body, json};
use crate::model::short_id;
use crate::wire::{ChatChoice, ChatMessage, ChatResponse, ChatUsage, EndpointList, ServingEndpoint};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json as value};
use std::sync::Arc;

/// One line of a script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripted {
    /// Answers only messages that contain this.
    #[serde(default)]
    contains: String,
    /// A text, or anything else as its JSON text; for an error status, the message.
    reply: Value,
    #[serde(default)]
    status: Option<u16>,
    /// How often it may be used; none means always.
    #[serde(default)]
    times: Option<u64>,
}

pub(super) async fn invoke(State(app): State<Arc<App>>, Path(name): Path<String>, bytes: Bytes) -> ApiResult<Response> {
    chat(&app, &name, &body(&bytes)?)
}

/// The OpenAI client's way: the endpoint's name is in the body.
pub(super) async fn completions(State(app): State<Arc<App>>, bytes: Bytes) -> ApiResult<Response> {
    let request: Value = body(&bytes)?;
    let name = request.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
    chat(&app, &name, &request)
}

pub(super) async fn list(State(app): State<Arc<App>>) -> Response {
    json(&EndpointList { endpoints: app.world.endpoints.keys().map(|name| shown(name)).collect() })
}

pub(super) async fn get(State(app): State<Arc<App>>, Path(name): Path<String>) -> ApiResult<Response> {
    if app.world.endpoints.contains_key(&name) { Ok(json(&shown(&name))) } else { Err(missing(&name)) }
}

fn shown(name: &str) -> ServingEndpoint {
    ServingEndpoint {
        name: name.to_owned(),
        task: Some("llm/v1/chat".to_owned()),
        state: value!({"ready": "READY", "config_update": "NOT_UPDATING"}),
    }
}

fn missing(name: &str) -> ApiError {
    ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("Serving endpoint with name {name} not found"))
}

fn chat(app: &App, name: &str, request: &Value) -> ApiResult<Response> {
    let endpoint = app.world.endpoints.get(name).ok_or_else(|| missing(name))?;
    if endpoint.structured_output == Some(false) && request.get("response_format").is_some() {
        return Err(ApiError::new(400, "BAD_REQUEST", "response_format is not supported by this endpoint."));
    }
    let messages = request.get("messages").map(Value::to_string).unwrap_or_default();
    // Escapes must not hide what a script looks for.
    let said: String = request
        .get("messages")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(|m| m.get("content").and_then(Value::as_str)).collect::<Vec<_>>().join("\n"))
        .unwrap_or_default();
    let script = script(&endpoint.replies)?;
    let mut uses = guard(&app.script_uses);
    let found = script.iter().enumerate().find(|(i, entry)| {
        let used = uses.get(&(name.to_owned(), *i)).copied().unwrap_or_default();
        said.contains(&entry.contains) && entry.times.is_none_or(|times| used < times)
    });
    let (index, entry) = found.ok_or_else(|| {
        ApiError::new(400, "BAD_REQUEST", format!("The script of {name} has no reply to these messages."))
    })?;
    *uses.entry((name.to_owned(), index)).or_default() += 1;
    let reply = entry.reply.as_str().map_or_else(|| entry.reply.to_string(), str::to_owned);
    if let Some(status) = entry.status.filter(|status| *status >= 400) {
        return Err(ApiError::new(status, if status == 429 { "REQUEST_LIMIT_EXCEEDED" } else { "BAD_REQUEST" }, reply));
    }
    Ok(json(&answer(name, &messages, reply)))
}

fn script(path: &std::path::Path) -> ApiResult<Vec<Scripted>> {
    let text = std::fs::read_to_string(path);
    let broken = |error: String| {
        ApiError::new(500, "INTERNAL_ERROR", format!("The script {} cannot be used: {error}", path.display()))
    };
    let text = text.map_err(|error| broken(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| broken(error.to_string()))
}

fn answer(name: &str, messages: &str, reply: String) -> ChatResponse {
    // About four characters to a token; what counts is that budgets see a number.
    let tokens = |text: &str| i64::try_from(text.len() / 4 + 1).unwrap_or(i64::MAX);
    let (prompt, completion) = (tokens(messages), tokens(&reply));
    ChatResponse {
        id: format!("chatcmpl_{}", short_id(&[name, messages])),
        object: "chat.completion".to_owned(),
        created: Some(now_ms() / 1_000),
        model: name.to_owned(),
        choices: vec![ChatChoice {
            index: Some(0),
            message: ChatMessage { role: "assistant".to_owned(), content: Value::String(reply) },
            finish_reason: Some("stop".to_owned()),
        }],
        usage: ChatUsage {
            prompt_tokens: Some(prompt),
            completion_tokens: Some(completion),
            total_tokens: Some(prompt + completion),
        },
    }
}
