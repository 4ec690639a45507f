//! Everything a client needs to know.

use super::credentials::Credentials;
use std::time::Duration;

/// Settings of a [`Client`](super::Client).
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://<workspace>`, without a slash at its end.
    pub host: String,
    pub credentials: Credentials,
    /// `product/version`, the head of the User-Agent.
    pub product: String,
    /// From the profile or environment, if set there.
    pub warehouse_id: Option<String>,
    pub account_id: Option<String>,
    /// Sent along where it is set, for hosts that serve several workspaces.
    pub workspace_id: Option<String>,
    /// The CI system this runs in, for the User-Agent: `github`, `gitlab` …
    pub cicd: Option<String>,
    /// For one HTTP request with its answer.
    pub request_timeout: Duration,
    /// For one call with all its retries.
    pub retry_timeout: Duration,
    /// First wait between retries; it doubles.
    pub retry_wait: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Settings {
    pub fn new(host: &str, credentials: Credentials) -> Self {
        let host = normal_host(host);
        let local = is_local(&host);
        Self {
            host,
            credentials,
            product: concat!("genie-enhance/", env!("CARGO_PKG_VERSION")).to_owned(),
            warehouse_id: None,
            account_id: None,
            workspace_id: None,
            cicd: None,
            request_timeout: Duration::from_secs(60),
            retry_timeout: Duration::from_secs(if local { 20 } else { 300 }),
            retry_wait: if local { Duration::from_millis(20) } else { Duration::from_secs(1) },
            seed: 0,
        }
    }

    /// True for a workspace on this machine: polled faster, and never through a proxy.
    pub fn is_local(&self) -> bool {
        is_local(&self.host)
    }

    /// As the official SDKs form it: `genie-enhance/0.1.0 lang/rust os/linux auth/pat`.
    pub fn user_agent(&self) -> String {
        let auth = self.credentials.auth_type();
        let cicd = self.cicd.as_ref().map_or(String::new(), |name| format!(" cicd/{name}"));
        format!("{} lang/rust os/{} auth/{auth}{cicd}", self.product, std::env::consts::OS)
    }
}

/// Missing scheme → `https://`; slash at the end and `:443` go.
pub(super) fn normal_host(host: &str) -> String {
    let host = host.trim().trim_end_matches('/');
    let host = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
    match host.strip_suffix(":443") {
        Some(short) if short.starts_with("https://") => short.to_owned(),
        _ => host,
    }
}

fn is_local(host: &str) -> bool {
    let name = host.split("://").nth(1).unwrap_or(host);
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|local| name.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_brought_into_one_form() {
        assert_eq!(normal_host("adb-1.2.azuredatabricks.net/"), "https://adb-1.2.azuredatabricks.net");
        assert_eq!(normal_host("https://x.com:443"), "https://x.com");
        assert_eq!(normal_host("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert!(is_local("http://127.0.0.1:8080") && is_local("http://localhost"));
        assert!(!is_local("https://localhost.evil.com"));
    }
}
