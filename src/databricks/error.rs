//! What can go wrong between this program and a workspace, in words that say what to do.

use crate::wire::ErrorBody;
use std::time::Duration;

/// The kinds of failure that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No connection was made; nothing was sent.
    Connect,
    /// Sent, but the answer was lost: the outcome is unknown until it is read.
    Lost,
    /// Sent, and no answer in time: the outcome is unknown until it is read.
    Timeout,
    /// No valid credentials (401), or none could be obtained.
    Auth,
    Permission,
    NotFound,
    /// 409: somebody else was there first (an etag, a file that exists).
    Conflict,
    /// 429.
    RateLimited,
    /// 503 with an error body: the service refused and did nothing.
    Refused,
    /// 400 and other refusals of the request's content.
    Invalid,
    /// 501: not switched on in this workspace.
    Unsupported,
    /// Any other 5xx.
    Server,
    /// A redirect or an HTML page: this is not the workspace's API.
    NotApi,
    /// JSON of an unexpected shape.
    Decode,
}

/// One failed call.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.text())]
pub struct ClientError {
    pub kind: ErrorKind,
    /// The operation, as in `read space 01f0…`.
    pub what: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The service's own code, or empty.
    pub error_code: String,
    pub message: String,
    /// `Retry-After`, if the service sent one.
    pub retry_after: Option<Duration>,
}

impl ClientError {
    pub(super) fn new(kind: ErrorKind, what: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.to_owned(),
            status: None,
            error_code: String::new(),
            message: message.into(),
            retry_after: None,
        }
    }

    /// From an answer with an error status.
    pub(super) fn from_answer(what: &str, status: u16, body: &str, retry_after: Option<Duration>) -> Self {
        let parsed = ErrorBody::parse(body);
        let kind = match (status, &parsed) {
            (401, _) => ErrorKind::Auth,
            (403, _) => ErrorKind::Permission,
            (404, _) => ErrorKind::NotFound,
            (409, _) => ErrorKind::Conflict,
            (429, _) => ErrorKind::RateLimited,
            // Without a body of the service's own, a 503 may come from a proxy that gave up on a
            // request already under way.
            (503, Some(_)) => ErrorKind::Refused,
            (501, _) => ErrorKind::Unsupported,
            (500.., _) => ErrorKind::Server,
            (_, None) if body.trim_start().starts_with('<') => ErrorKind::NotApi,
            _ => ErrorKind::Invalid,
        };
        let body = parsed.unwrap_or_else(|| ErrorBody::new("", plain_text(body)));
        Self {
            kind,
            what: what.to_owned(),
            status: Some(status),
            error_code: body.error_code,
            message: body.message,
            retry_after,
        }
    }

    pub fn is_conflict(&self) -> bool {
        self.kind == ErrorKind::Conflict
    }

    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// True if the request may have been carried out although it failed here.
    pub fn outcome_unknown(&self) -> bool {
        match self.kind {
            ErrorKind::Lost | ErrorKind::Timeout | ErrorKind::Decode => true,
            ErrorKind::Server => self.status != Some(501),
            _ => false,
        }
    }

    /// True if the same request may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Connect
                | ErrorKind::Lost
                | ErrorKind::Timeout
                | ErrorKind::RateLimited
                | ErrorKind::Refused
                | ErrorKind::Server
        )
    }

    fn text(&self) -> String {
        let mut text = self.bare();
        if let Some(help) = self.help() {
            text.push_str(if text.ends_with(['.', '!', '?']) { " " } else { ". " });
            text.push_str(help);
        }
        text
    }

    /// What failed and why, without what to do about it.
    pub fn bare(&self) -> String {
        let mut text = format!("cannot {}: ", self.what);
        match (self.status, self.error_code.as_str()) {
            (Some(status), "") => text.push_str(&format!("the workspace answered {status}")),
            (Some(status), code) => text.push_str(&format!("the workspace answered {status} {code}")),
            (None, _) => {}
        }
        if !self.message.is_empty() {
            text.push_str(if self.status.is_some() { ": " } else { "" });
            text.push_str(&self.message);
        }
        text
    }

    /// What the reader can do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self.kind {
            ErrorKind::Connect => "Check the host, the network and the proxy settings.",
            ErrorKind::Lost | ErrorKind::Timeout => "The outcome is unknown; read again before repeating a change.",
            ErrorKind::Auth => "Check the token or the client secret, and that they belong to this host.",
            ErrorKind::Permission => {
                "Ask for the missing permission: CAN RUN to ask questions, CAN EDIT to read and change a space, \
                 CAN USE on the warehouse, SELECT on the tables."
            }
            ErrorKind::Conflict => "Somebody changed it in the meantime; read it again and decide anew.",
            ErrorKind::RateLimited => "The workspace's limit is reached; wait, or lower the rate.",
            ErrorKind::Refused | ErrorKind::Server => "The service is in trouble; try again later.",
            ErrorKind::Unsupported => "Ask the workspace's administrator to switch this feature on.",
            ErrorKind::NotApi => {
                "Check that the host is the workspace's own URL (https://<workspace>, without a path) and that no \
                 login page or proxy stands in front of it."
            }
            ErrorKind::Decode => "Report this answer; a newer version of this program may know its shape.",
            ErrorKind::NotFound | ErrorKind::Invalid => return None,
        })
    }
}

/// The gist of a body that is not JSON: its title if it is HTML, else its first line.
fn plain_text(body: &str) -> String {
    let between = |open: &str, close: &str| {
        let start = body.find(open)? + open.len();
        let end = start + body.get(start..)?.find(close)?;
        body.get(start..end).map(|text| text.trim().to_owned())
    };
    let text = match body.trim_start().starts_with('<') {
        true => between("<pre>", "</pre>")
            .or_else(|| between("<title>", "</title>"))
            .map_or_else(|| "an HTML page".to_owned(), |title| format!("an HTML page titled \"{title}\"")),
        false => body.trim().lines().next().unwrap_or_default().to_owned(),
    };
    text.chars().take(300).collect()
}

/// Describes a page that came with status 200 instead of JSON.
pub(super) fn not_json(what: &str, status: u16, body: &str) -> ClientError {
    let html = body.trim_start().starts_with('<');
    let kind = if html { ErrorKind::NotApi } else { ErrorKind::Decode };
    let message = if html { plain_text(body) } else { format!("text that is not JSON: {}", plain_text(body)) };
    ClientError { status: Some(status), ..ClientError::new(kind, what, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_why_and_what_to_do() {
        let error = ClientError::from_answer("change space 1", 409, r#"{"message":"Etag mismatch"}"#, None);
        assert!(error.is_conflict() && !error.outcome_unknown());
        assert_eq!(
            error.to_string(),
            "cannot change space 1: the workspace answered 409: Etag mismatch. Somebody changed it in the meantime; \
             read it again and decide anew."
        );
        let page = not_json("list spaces", 200, "<html><title> Sign in </title></html>");
        assert_eq!(page.kind, ErrorKind::NotApi);
        assert!(page.to_string().contains("an HTML page titled \"Sign in\""), "{page}");
    }

    #[test]
    fn a_503_of_a_proxy_is_not_a_refusal_of_the_service() {
        let own = ClientError::from_answer("x", 503, r#"{"error_code":"TEMPORARILY_UNAVAILABLE","message":"m"}"#, None);
        let proxy = ClientError::from_answer("x", 503, "<html>upstream</html>", None);
        assert_eq!((own.kind, proxy.kind), (ErrorKind::Refused, ErrorKind::Server));
        assert!(!own.outcome_unknown() && proxy.outcome_unknown());
    }
}
