//! Who may talk to the server: the secrets of one server process, and the checks of each request.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use sha2::{Digest, Sha256};

/// The secrets of one server process. Never shown on a page, but for the form token.
pub struct Secrets {
    /// In the link that is printed.
    token: String,
    /// In the cookie that the link is traded for.
    session: String,
    /// In every form.
    csrf: String,
    port: u16,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another name than the loopback one: the request came by way of somebody's DNS.
    Host,
    /// Sent by a page of another site.
    Origin,
    /// Neither the token nor the cookie.
    NotSignedIn,
    /// The form is not from this server process.
    Stale,
}

impl Refusal {
    pub fn message(self) -> &'static str {
        match self {
            Self::Host => "This server answers only under its loopback address.",
            Self::Origin => "This request comes from another site.",
            Self::NotSignedIn => "Open the link that `genie-enhance ui` printed.",
            Self::Stale => "This page is from an earlier start of the dashboard. Reload it and try again.",
        }
    }
}

impl Secrets {
    pub fn new(port: u16) -> Self {
        Self { token: secret(), session: secret(), csrf: secret(), port }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    pub fn is_token(&self, given: &str) -> bool {
        same(&self.token, given)
    }

    pub fn is_csrf(&self, given: &str) -> bool {
        same(&self.csrf, given)
    }

    /// Cookies do not keep ports apart, so the name does.
    fn cookie_name(&self) -> String {
        format!("genie_ui_{}", self.port)
    }

    pub fn cookie(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie_name(), self.session)
    }

    fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(key, value)| key == name && same(&self.session, value))
    }

    fn is_own_host(&self, host: &str) -> bool {
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host == format!("{name}:{}", self.port))
    }

    /// Checks where a request comes from: always, before anything else.
    pub fn check_place(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if headers.get_all(header::HOST).iter().count() != 1 || !text(header::HOST).is_some_and(|h| self.is_own_host(h))
        {
            return Err(Refusal::Host);
        }
        let reads = matches!(*method, Method::GET | Method::HEAD);
        match text(header::ORIGIN) {
            Some(origin) if origin.strip_prefix("http://").is_some_and(|host| self.is_own_host(host)) => Ok(()),
            // Browsers name the origin of every write; who does not is no page of ours.
            None if reads => Ok(()),
            _ => Err(Refusal::Origin),
        }
    }

    pub fn check_session(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.is_signed_in(headers) { Ok(()) } else { Err(Refusal::NotSignedIn) }
    }
}

/// 256 bits that nobody can guess, from the operating system's random numbers by way of uuid.
fn secret() -> String {
    let mut hash = Sha256::new();
    for _ in 0..6 {
        hash.update(uuid::Uuid::now_v7().as_bytes());
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares digests, so that the time it takes tells nothing about the secret.
fn same(secret: &str, given: &str) -> bool {
    Sha256::digest(secret.as_bytes()) == Sha256::digest(given.as_bytes())
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every response. The referrer policy is not the strictest one because that would make
/// browsers hide the origin of our own forms.
pub fn harden(headers: &mut HeaderMap) {
    let all = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in all {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}

/// A plain file name that may be taken in: no folders, nothing hidden, a known ending.
pub fn is_plain_file_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(stem, ending)| (stem.is_empty(), ending.to_ascii_lowercase()));
    let known = matches!(ending, Some((false, ending)) if ["yaml", "yml", "json", "md"].contains(&ending.as_str()));
    let plain = |c: char| c.is_alphanumeric() || " ._-()".contains(c);
    known
        && name.chars().count() <= 100
        && !name.starts_with(['.', ' ', '-'])
        && !name.contains("..")
        && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        for good in ["kpi.yaml", "질문 2025.json", "a-b_c(1).md"] {
            assert!(is_plain_file_name(good), "{good}");
        }
        for bad in [
            "../x.yaml",
            "a/b.yaml",
            "a\\b.yaml",
            ".yaml",
            "x",
            "x.sh",
            "a..yaml",
            "C:x.yaml",
            "x\0.yaml",
            "\u{202e}x.md",
        ] {
            assert!(!is_plain_file_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn secrets_differ() {
        let (one, two) = (Secrets::new(1), Secrets::new(1));
        assert_ne!(one.token(), two.token());
        assert_ne!(one.token(), one.csrf());
        assert_eq!(one.token().len(), 64);
        assert!(!one.is_token(""));
    }
}
