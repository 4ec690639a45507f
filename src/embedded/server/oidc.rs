//! Discovery and OAuth (reference 9.3, 9.4): client credentials and token exchange.

use super::app::App;
use super::reply::json;
use super::{ADMIN, WORKSPACE_ID};
use crate::model::short_id;
use crate::wire::{HostMetadata, OidcMetadata, TokenError, TokenResponse};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::sync::Arc;

/// The client id of the one service principal; its secret is the administrator's token.
pub(crate) const CLIENT_ID: &str = "embedded-service-principal";
const LIFE_SECONDS: i64 = 3_600;

pub(super) async fn host(State(app): State<Arc<App>>) -> Response {
    json(&HostMetadata {
        oidc_endpoint: Some(format!("{}/oidc", app.url)),
        workspace_id: Some(WORKSPACE_ID.to_owned()),
        ..HostMetadata::default()
    })
}

pub(super) async fn metadata(State(app): State<Arc<App>>) -> Response {
    json(&OidcMetadata {
        authorization_endpoint: format!("{}/oidc/v1/authorize", app.url),
        token_endpoint: format!("{}/oidc/v1/token", app.url),
    })
}

pub(super) async fn token(State(app): State<Arc<App>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let form = form(&bytes);
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let refused = |error: &str, words: &str| {
        let body = TokenError { error: error.to_owned(), error_description: words.to_owned() };
        (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
    };
    match field("grant_type") {
        "client_credentials" => {
            let (id, secret) = basic(&headers).unwrap_or((field("client_id").into(), field("client_secret").into()));
            if id != CLIENT_ID || secret != app.token {
                return refused("invalid_client", "Client authentication failed");
            }
        }
        "urn:ietf:params:oauth:grant-type:token-exchange" => {
            // Any identity provider is trusted here as far as it knows the server's own token.
            if field("subject_token") != app.token {
                return refused("invalid_grant", "The subject token is not valid");
            }
        }
        other => return refused("unsupported_grant_type", &format!("grant_type '{other}' is not supported")),
    }
    let ends = jiff::Timestamp::now().as_second() + LIFE_SECONDS;
    json(&TokenResponse {
        access_token: app.oauth_token(ends),
        token_type: "Bearer".to_owned(),
        expires_in: Some(LIFE_SECONDS),
        scope: Some("all-apis".to_owned()),
    })
}

impl App {
    /// A token that any process with the same administrator's token recognises.
    fn oauth_token(&self, ends: i64) -> String {
        format!("oauth-{ends}-{}", short_id(&["oauth", ADMIN, &self.token, &ends.to_string()]))
    }

    pub(super) fn is_oauth_token(&self, token: &str) -> bool {
        let ends = token.strip_prefix("oauth-").and_then(|rest| rest.split('-').next()).and_then(|n| n.parse().ok());
        ends.is_some_and(|ends: i64| ends > jiff::Timestamp::now().as_second() && self.oauth_token(ends) == token)
    }
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

/// Reads a form body: `a=b&c=d`, percent-encoded.
fn form(bytes: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(if *byte == b'+' { b' ' } else { *byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
