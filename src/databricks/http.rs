//! Requests: sent, refused, sent again or not.

use super::error::{ClientError, ErrorKind, not_json};
use super::settings::Settings;
use super::tokens::Tokens;
use crate::limit::Backoff;
use bytes::Bytes;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// When a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resend {
    /// It changes nothing, or nothing more the second time.
    Freely,
    /// Only when it surely was not carried out: refused, or never sent.
    IfNotDone,
    Never,
}

/// One request to be made.
pub(super) struct Call<'a> {
    pub what: String,
    pub method: Method,
    /// Absolute path, percent-encoded.
    pub path: String,
    pub query: Vec<(&'a str, String)>,
    pub body: Body,
    pub resend: Resend,
    /// For one attempt; none means the setting.
    pub timeout: Option<Duration>,
    /// For all attempts; none means the setting.
    pub deadline: Option<Instant>,
}

pub(super) enum Body {
    None,
    Json(Value),
    Bytes(Bytes),
}

/// An answer of any status.
pub(super) struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub location: Option<String>,
    /// When the service answered, by its own clock.
    pub date: Option<jiff::Timestamp>,
    pub content_type: String,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl<'a> Call<'a> {
    pub fn get(what: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(what, Method::GET, path, Resend::Freely)
    }

    pub fn new(what: impl Into<String>, method: Method, path: impl Into<String>, resend: Resend) -> Self {
        let (what, path) = (what.into(), path.into());
        Self { what, method, path, query: Vec::new(), body: Body::None, resend, timeout: None, deadline: None }
    }

    pub fn query(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A body that cannot be written as JSON is a mistake in this program, and is sent as null.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Body::Json(serde_json::to_value(body).unwrap_or_default());
        self
    }

    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// Sends requests of one client.
pub(super) struct Http {
    client: reqwest::Client,
    /// Without credentials and without the workspace's headers, for links into other stores.
    plain: reqwest::Client,
    tokens: Tokens,
    settings: Settings,
    /// Each call has its own jitter.
    calls: AtomicU64,
}

impl Http {
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        install_crypto();
        let build = |builder: reqwest::ClientBuilder| {
            let builder = builder
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(10))
                .timeout(settings.request_timeout);
            // Plain HTTP on this machine needs no certificates, and to read all of the system's takes
            // longer than many a request.
            let plain = settings.is_local() && settings.host.starts_with("http://");
            let builder = if plain { builder.tls_certs_only([]) } else { builder };
            let builder = if settings.is_local() { builder.no_proxy() } else { builder };
            builder.build().map_err(|error| ClientError::new(ErrorKind::Connect, "set up HTTPS", chain(&error)))
        };
        let client = build(reqwest::Client::builder().user_agent(settings.user_agent()))?;
        let plain = build(reqwest::Client::builder())?;
        let tokens = Tokens::new(&settings, client.clone());
        Ok(Self { client, plain, tokens, settings, calls: AtomicU64::new(0) })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn plain(&self) -> &reqwest::Client {
        &self.plain
    }

    /// Sends a call and reads its answer as JSON; an empty answer is an empty object.
    pub async fn json<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ClientError> {
        let what = call.what.clone();
        let answer = self.send(call).await?;
        decode(&what, answer.status, &answer.body)
    }

    /// Sends a call, again where its rule allows it, until there is a 2xx answer or an error.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let seed = self.settings.seed.wrapping_add(self.calls.fetch_add(1, Ordering::Relaxed));
        let mut backoff = Backoff::new(self.settings.retry_wait, Duration::from_secs(30), seed);
        let end = Instant::now() + self.settings.retry_timeout;
        let end = call.deadline.map_or(end, |deadline| deadline.min(end));
        let mut renewed = false;
        loop {
            let error = match self.attempt(&call, end).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.kind == ErrorKind::Auth && error.status == Some(401) && !renewed {
                renewed = true;
                if self.tokens.forget().await {
                    continue;
                }
            }
            let wait = backoff.next_wait(error.retry_after);
            if !may_resend(&call, &error) || Instant::now() + wait >= end {
                return Err(error);
            }
            tracing::debug!(
                what = call.what,
                status = error.status,
                code = error.error_code,
                wait_ms = wait.as_millis(),
                "sending again"
            );
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &Call<'_>, end: Instant) -> Result<Answer, ClientError> {
        let token = self.tokens.bearer().await?;
        let left = end.saturating_duration_since(Instant::now());
        let timeout = call.timeout.unwrap_or(self.settings.request_timeout).min(left.max(Duration::from_millis(1)));
        let url = format!("{}{}", self.settings.host, call.path);
        let mut request = self.client.request(call.method.clone(), url).timeout(timeout);
        request = request.bearer_auth(token.expose_secret()).header("Accept", "application/json");
        if let Some(id) = &self.settings.workspace_id {
            request = request.header("X-Databricks-Workspace-Id", id);
        }
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        request = match &call.body {
            Body::None => request,
            Body::Json(value) => request.json(value),
            Body::Bytes(bytes) => request.header("Content-Type", "application/octet-stream").body(bytes.clone()),
        };
        let answer = exchange(&call.what, request).await?;
        check(&call.what, answer)
    }
}

/// Sends once and reads the whole answer, whatever its status.
pub(super) async fn exchange(what: &str, request: reqwest::RequestBuilder) -> Result<Answer, ClientError> {
    let response = request.send().await.map_err(|error| transport(what, &error))?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let status = response.status().as_u16();
    let retry_after = header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let location = header("location").map(str::to_owned);
    let date = header("date").and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|date| date.timestamp());
    let content_type = header("content-type").unwrap_or_default().to_owned();
    let body = response.bytes().await.map_err(|error| transport(what, &error))?;
    Ok(Answer { status, retry_after, location, date, content_type, body })
}

fn check(what: &str, answer: Answer) -> Result<Answer, ClientError> {
    match answer.status {
        // A login page or a proxy's must not be taken for an answer, or for a file.
        200..300 if answer.content_type.starts_with("text/html") => Err(not_json(what, answer.status, &answer.text())),
        200..300 => Ok(answer),
        300..400 => {
            let target = answer.location.as_deref().unwrap_or("nowhere");
            // Query strings of login pages may hold state that is nobody's business.
            let target = target.split(['?', '#']).next().unwrap_or_default();
            let message = format!("a redirect to {target} instead of an answer of the API");
            Err(ClientError { status: Some(answer.status), ..ClientError::new(ErrorKind::NotApi, what, message) })
        }
        status => Err(ClientError::from_answer(what, status, &answer.text(), answer.retry_after)),
    }
}

pub(super) fn decode<T: DeserializeOwned>(what: &str, status: u16, body: &[u8]) -> Result<T, ClientError> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    let value: Value =
        serde_json::from_slice(body).map_err(|_| not_json(what, status, &String::from_utf8_lossy(body)))?;
    serde_json::from_value(value).map_err(|error| ClientError {
        status: Some(status),
        ..ClientError::new(ErrorKind::Decode, what, format!("JSON of an unexpected shape ({error})"))
    })
}

fn transport(what: &str, error: &reqwest::Error) -> ClientError {
    let kind = if error.is_connect() || error.is_builder() {
        ErrorKind::Connect
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Lost
    };
    ClientError::new(kind, what, chain(error))
}

/// The error with its causes, without the URL (its query may hold a signature).
fn chain(error: &reqwest::Error) -> String {
    let mut text = match (error.is_connect(), error.is_timeout()) {
        (true, _) => "no connection".to_owned(),
        (_, true) => "no answer in time".to_owned(),
        _ => "the connection broke".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

fn may_resend(call: &Call<'_>, error: &ClientError) -> bool {
    match call.resend {
        Resend::Freely => error.is_transient(),
        Resend::IfNotDone => {
            matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Refused | ErrorKind::Connect)
        }
        Resend::Never => false,
    }
}

/// One path segment, percent-encoded.
pub(super) fn segment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The TLS library wants one process-wide provider; installing it twice would be an error.
pub(super) fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("a TLS provider was installed before");
        }
    });
}
