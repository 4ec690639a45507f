//! Model serving (reference 6). The chat itself — schemas, fall-backs, blocks — is in `llm`.

use super::client::Client;
use super::error::ClientError;
use super::http::{Call, Resend, segment};
use crate::wire::EndpointList;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

impl Client {
    /// Sends a chat body to a serving endpoint and returns its answer as it is. Asking a model
    /// twice changes nothing but the bill, so refusals and lost answers are retried.
    pub async fn invoke_endpoint(&self, endpoint: &str, body: &Value) -> Result<Value, ClientError> {
        let path = format!("/serving-endpoints/{}/invocations", segment(endpoint));
        let mut call = Call::new(format!("ask the model {endpoint}"), Method::POST, path, Resend::Freely).json(body);
        // Long answers take their time.
        call.timeout = Some(Duration::from_secs(180));
        self.http().json(call).await
    }

    /// Names of the chat endpoints that are ready.
    pub async fn chat_endpoints(&self) -> Result<Vec<String>, ClientError> {
        let list: EndpointList =
            self.http().json(Call::get("list serving endpoints", "/api/2.0/serving-endpoints")).await?;
        let ready = |state: &Value| state.get("ready").and_then(Value::as_str).is_none_or(|ready| ready == "READY");
        let chat = |task: Option<&str>| task.is_none_or(|task| task == "llm/v1/chat");
        let endpoints = list.endpoints.into_iter();
        Ok(endpoints.filter(|e| ready(&e.state) && chat(e.task.as_deref())).map(|e| e.name).collect())
    }
}
