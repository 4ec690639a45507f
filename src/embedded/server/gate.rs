//! Before and after each request: faults, edits by others, the token, latency, the log.

use super::app::App;
use super::listener::Line;
use super::reply::ApiError;
use super::spaces::other_user_edits;
use crate::embedded::spaces::LogEntry;
use crate::embedded::world::{FaultEffect, When};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;

/// What a handler tells the log about its request.
#[derive(Clone, Debug, Default)]
pub(super) struct LogNote {
    pub question: Option<String>,
    pub content: Option<String>,
}

/// Puts a note for the log onto an answer.
pub(super) fn note(mut response: Response, note: LogNote) -> Response {
    response.extensions_mut().insert(note);
    response
}

/// The one middleware.
pub(super) async fn gate(
    State(app): State<Arc<App>>,
    ConnectInfo(line): ConnectInfo<Line>,
    mut request: Request,
    next: Next,
) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let _open = app.open();
    let number = app.request_number();
    tokio::time::sleep(app.world.delay(&app.world.latency.request, "request", number)).await;
    other_user_edits(&app, When::Before, &method, &path);
    if let Some(response) = strike(&app, &line, When::Before, &method, &path).await {
        log(&app, &method, &path, &response, false);
        return response;
    }
    if !is_open(&path) {
        match authenticate(&app, &request) {
            Ok(caller) => request.extensions_mut().insert(caller),
            Err(refusal) => return refusal.into_response(),
        };
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-databricks-org-id", HeaderValue::from_static(super::WORKSPACE_ID));
    other_user_edits(&app, When::After, &method, &path);
    log(&app, &method, &path, &response, response.status().is_success());
    strike(&app, &line, When::After, &method, &path).await.unwrap_or(response)
}

/// Discovery, tokens and signed links need no bearer token.
fn is_open(path: &str) -> bool {
    ["/.well-known/", "/oidc/", "/external/"].iter().any(|prefix| path.starts_with(prefix))
}

fn authenticate(app: &App, request: &Request) -> Result<super::app::Caller, ApiError> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
    let Some(token) = token else {
        let message = "Credential was not sent or was of an unsupported type for this API.";
        return Err(ApiError::new(401, "UNAUTHENTICATED", message));
    };
    app.caller(token).ok_or_else(|| ApiError::new(401, "UNAUTHENTICATED", "Invalid access token."))
}

/// Lets the faults of this moment strike; an answer means that it replaces the real one.
async fn strike(app: &App, line: &Line, when: When, method: &str, path: &str) -> Option<Response> {
    let mut replacement = None;
    for fault in app.faults.hits(when, method, path) {
        match fault.effect {
            FaultEffect::Delay => tokio::time::sleep(app.world.scaled(fault.delay)).await,
            FaultEffect::Reset => {
                line.cut();
                replacement = Some(ApiError::new(500, "UNKNOWN", "reset").into_response());
            }
            FaultEffect::Html => {
                let page = "<html><head><title>Sign in</title></head><body>Please sign in</body></html>";
                replacement = Some(Html(page).into_response());
            }
            FaultEffect::Status => {
                let error = ApiError::new(fault.status.unwrap_or(500), &fault.error_code, fault.message);
                replacement = Some(ApiError { retry_after: fault.retry_after, ..error }.into_response());
            }
            // Nothing is flushed, closed or answered: that is the point.
            FaultEffect::Kill => std::process::abort(),
        }
    }
    replacement
}

/// Questions, every change of a space, and what a model is asked leave a line.
fn log(app: &App, method: &str, path: &str, response: &Response, executed: bool) {
    if method == "GET" || !(asks_or_changes_a_space(path) || path.starts_with("/serving-endpoints/")) {
        return;
    }
    let note = response.extensions().get::<LogNote>().cloned().unwrap_or_default();
    let entry = LogEntry {
        seq: 0,
        method: method.to_owned(),
        path: path.to_owned(),
        status: response.status().as_u16(),
        executed,
        question: note.question,
        content: note.content,
    };
    if let Err(error) = app.store.locked(|locked| locked.append_log(entry)) {
        tracing::warn!(%error, "the request log could not be written");
    }
}

fn asks_or_changes_a_space(path: &str) -> bool {
    let asks = path.ends_with("/start-conversation") || path.ends_with("/messages") || path.ends_with("/eval-runs");
    let changes = !path.contains("/conversations") && !path.contains("/eval-runs");
    path.starts_with("/api/2.0/genie/spaces") && (asks || changes)
}
