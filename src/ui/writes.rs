//! What the server answers to writing: each action behind the form token.

use super::actions::{ActionError, StartOptions};
use super::guard::{Refusal, is_plain_file_name};
use super::server::{App, refuse, refused, reply};
use super::show::{self, Tone};
use super::views;
use crate::model::Diagnostic;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A form's fields; a name may come more than once.
type Fields = BTreeMap<String, Vec<String>>;

/// `POST /do/{action}`.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Path(action): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "That is more than 2 MB.");
    };
    let raw = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/octet-stream");
    let mut fields = if raw { parse(query.unwrap_or_default().as_bytes()) } else { parse(&body) };
    let given = headers.get("x-csrf").and_then(|value| value.to_str().ok()).map(str::to_owned);
    if !app.secrets.is_csrf(&given.unwrap_or_else(|| take(&mut fields, "csrf"))) {
        return refused(Refusal::Stale);
    }
    let (status, markup) = match action.as_str() {
        "start" => told(app.actions.start_plan(start_options(&mut fields)).await),
        "stop" => told(app.actions.stop().await),
        "apply" => told(app.actions.apply(take(&mut fields, "typed").trim().to_owned()).await),
        "select" => told(app.actions.select_changes(fields.remove("ids").unwrap_or_default()).await),
        "rollback" => rollback(&app, &mut fields).await,
        "config" => config(&app, &mut fields).await,
        "benchmarks" => {
            let bytes = if raw { body.to_vec() } else { take(&mut fields, "text").into_bytes() };
            upload(&app, take(&mut fields, "name"), bytes).await
        }
        _ => return refuse(StatusCode::NOT_FOUND, "There is no such action."),
    };
    reply(&headers, status, markup)
}

fn parse(encoded: &[u8]) -> Fields {
    let mut fields = Fields::new();
    // The same decoder that axum's own forms use; what it cannot read leaves no field, and so no token.
    for (name, value) in decode(encoded) {
        fields.entry(name).or_default().push(value);
    }
    fields
}

/// Decodes `a=1&b=2`, percent signs and plus signs.
fn decode(encoded: &[u8]) -> Vec<(String, String)> {
    let pairs = encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            (plain(&pair[..at]), plain(pair.get(at + 1..).unwrap_or_default()))
        })
        .collect()
}

fn plain(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, code.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn take(fields: &mut Fields, name: &str) -> String {
    fields.remove(name).and_then(|mut values| values.pop()).unwrap_or_default()
}

fn start_options(fields: &mut Fields) -> StartOptions {
    let rounds = take(fields, "rounds").parse().ok().filter(|rounds| (1..=20).contains(rounds));
    StartOptions { fresh: !take(fields, "fresh").is_empty(), rounds }
}

fn told(reply: Result<String, ActionError>) -> (StatusCode, Markup) {
    match reply {
        Ok(message) => (StatusCode::OK, html! { p { (show::chip(Tone::Good, "done")) " " (show::prose(&message)) } }),
        Err(error) => failed(&error),
    }
}

fn failed(error: &ActionError) -> (StatusCode, Markup) {
    let (status, name) = match error {
        ActionError::Refused(_) => (StatusCode::CONFLICT, "refused"),
        ActionError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
    };
    (status, html! { p { (show::chip(Tone::Bad, name)) " " (show::prose(&error.to_string())) } })
}

fn not_like_this(message: &str) -> (StatusCode, Markup) {
    (StatusCode::BAD_REQUEST, html! { p { (show::chip(Tone::Bad, "refused")) " " (message) } })
}

async fn rollback(app: &App, fields: &mut Fields) -> (StatusCode, Markup) {
    let serial = take(fields, "serial");
    if take(fields, "typed").trim().trim_start_matches('#') != serial {
        return not_like_this("The typed number is another one; nothing was undone.");
    }
    match serial.parse() {
        Ok(serial) => told(app.actions.rollback(serial).await),
        Err(_) => not_like_this("That is no serial number."),
    }
}

async fn config(app: &App, fields: &mut Fields) -> (StatusCode, Markup) {
    // Browsers send line ends as CR LF, whatever the file had.
    let text = take(fields, "text").replace("\r\n", "\n");
    let found = match app.actions.validate_config(text.clone()).await {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let wrong = found.iter().any(Diagnostic::is_error);
    if wrong || take(fields, "what") != "save" {
        return findings(&found, "The configuration is good.");
    }
    told(app.actions.save_config(text).await)
}

async fn upload(app: &App, name: String, bytes: Vec<u8>) -> (StatusCode, Markup) {
    if !is_plain_file_name(&name) {
        return not_like_this("A plain file name ending in .yaml, .yml, .json or .md is needed.");
    }
    match app.actions.upload_benchmarks(name.clone(), bytes).await {
        Ok(found) => findings(&found, &format!("{name} was taken in.")),
        Err(error) => failed(&error),
    }
}

fn findings(found: &[Diagnostic], good: &str) -> (StatusCode, Markup) {
    let wrong = found.iter().any(Diagnostic::is_error);
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let markup = html! {
        p {
            @if wrong { (show::chip(Tone::Bad, "not taken")) " " (show::count(found.len(), "finding")) }
            @else { (show::chip(Tone::Good, "done")) " " (show::prose(good)) }
        }
        @if !found.is_empty() { (views::diagnostics(found)) }
    };
    (status, markup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_decode() {
        let fields = parse("ids=c-01&ids=c-02&text=%EC%96%B4+%2B%zz%4".as_bytes());
        assert_eq!(fields["ids"], ["c-01", "c-02"]);
        assert_eq!(fields["text"], ["어 +%zz%4"]);
        assert!(parse(b"&&=").contains_key(""));
    }
}
