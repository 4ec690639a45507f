//! Answers and refusals.

use crate::wire::ErrorBody;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::io;

/// A refusal in the API's form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    pub status: u16,
    pub body: ErrorBody,
    /// Seconds.
    pub retry_after: Option<u64>,
}

pub(super) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub fn new(status: u16, error_code: &str, message: impl Into<String>) -> Self {
        Self { status, body: ErrorBody::new(error_code, message), retry_after: None }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_PARAMETER_VALUE", message)
    }

    pub fn permission(message: impl Into<String>) -> Self {
        Self::new(403, "PERMISSION_DENIED", message)
    }

    pub fn not_found(error_code: &str, message: impl Into<String>) -> Self {
        Self::new(404, error_code, message)
    }

    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// The folder failed: the workspace cannot work, and the caller should know why.
impl From<io::Error> for ApiError {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "the embedded workspace cannot use its folder");
        Self::new(500, "INTERNAL_ERROR", format!("The embedded workspace cannot use its folder: {error}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A JSON answer.
pub(super) fn json(value: &impl Serialize) -> Response {
    axum::Json(value).into_response()
}

/// `{}`.
pub(super) fn empty() -> Response {
    json(&serde_json::json!({}))
}

/// Reads a request's body; an empty one is an empty object.
pub(super) fn body<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::new(400, "MALFORMED_REQUEST", format!("Could not parse request object: {error}")))
}

/// One page of a list: the items after the token, and the token of the next page.
pub(super) fn page<T: Clone>(
    items: &[T],
    size: Option<i64>,
    token: Option<&str>,
    default_size: usize,
) -> ApiResult<(Vec<T>, Option<String>)> {
    let size = match size {
        None | Some(0) => default_size,
        Some(size) => usize::try_from(size)
            .map_err(|_| ApiError::invalid(format!("Page size must not be negative, but was {size}.")))?
            .min(1_000),
    };
    let from: usize = match token.filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => token.parse().map_err(|_| ApiError::invalid(format!("Invalid page token: {token}")))?,
    };
    let rest = items.get(from.min(items.len())..).unwrap_or_default();
    let next = (rest.len() > size).then(|| (from + size).to_string());
    Ok((rest.iter().take(size).cloned().collect(), next))
}
