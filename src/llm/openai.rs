//! Any endpoint that speaks OpenAI's chat form.

use super::chat::{Refusal, Transport};
use crate::limit::Backoff;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::Once;
use std::time::Duration;

/// `POST {base}/chat/completions` with a bearer key.
pub struct OpenAi {
    url: String,
    key: Option<SecretString>,
    model: String,
    http: reqwest::Client,
    attempts: u32,
}

impl OpenAi {
    /// `base` as the OpenAI clients take it: `https://host/v1`, or a workspace's
    /// `https://host/serving-endpoints`.
    pub fn new(base: &str, key: Option<SecretString>, model: &str, timeout: Duration) -> Result<Self, Refusal> {
        install_crypto();
        let builder = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none());
        let http = builder.build().map_err(|error| unreachable(&error))?;
        let url = format!("{}/chat/completions", base.trim_end_matches('/'));
        Ok(Self { url, key, model: model.to_owned(), http, attempts: 4 })
    }

    async fn attempt(&self, body: &Value) -> Result<Value, Refusal> {
        let mut request = self.http.post(&self.url).json(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let text = response.text().await.map_err(|error| unreachable(&error))?;
        let value: Option<Value> = serde_json::from_str(&text).ok();
        match (status, value) {
            (200..300, Some(value)) => Ok(value),
            (200..400, _) => Err(refusal(status, "an answer that is not JSON; check the endpoint's URL", None)),
            (_, value) => Err(refusal(status, &message_of(value.as_ref(), &text), retry_after)),
        }
    }
}

impl Transport for OpenAi {
    fn send(&self, mut body: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        body["model"] = Value::String(self.model.clone());
        async move {
            let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(20), 0);
            loop {
                match self.attempt(&body).await {
                    Err(refusal) if refusal.transient && backoff.attempts() + 1 < self.attempts => {
                        tokio::time::sleep(backoff.next_wait(refusal.retry_after)).await;
                    }
                    other => return other,
                }
            }
        }
        .boxed()
    }

    fn model(&self) -> &str {
        &self.model
    }
}

fn refusal(status: u16, message: &str, retry_after: Option<Duration>) -> Refusal {
    let transient = matches!(status, 408 | 429 | 500 | 502 | 503 | 504);
    Refusal { status: Some(status), message: format!("{status}: {message}"), transient, retry_after }
}

fn unreachable(error: &reqwest::Error) -> Refusal {
    // Without its URL, which may hold a key.
    let words = if error.is_timeout() { "no answer in time" } else { "no connection" };
    Refusal { status: None, message: words.to_owned(), transient: true, retry_after: None }
}

/// OpenAI's `{"error": {"message"}}`, Databricks' `{"message"}`, or the text.
fn message_of(value: Option<&Value>, text: &str) -> String {
    let found = value.and_then(|v| v.pointer("/error/message").or_else(|| v.get("message"))).and_then(Value::as_str);
    found.unwrap_or(text).chars().take(300).collect()
}

/// The TLS library wants one process-wide provider; a second one is not needed.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("a TLS provider was installed before");
        }
    });
}
