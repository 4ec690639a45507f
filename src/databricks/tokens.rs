//! Bearer tokens: obtained when first needed, kept, renewed before they expire.

use super::credentials::{Credentials, OidcSource};
use super::error::{ClientError, ErrorKind};
use super::settings::Settings;
use crate::wire::{HostMetadata, OidcMetadata, TokenResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The token of one client.
pub(super) struct Tokens {
    host: String,
    account_id: Option<String>,
    credentials: Credentials,
    http: reqwest::Client,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: SecretString,
    /// When to obtain the next one; none means never.
    renew_at: Option<Instant>,
}

/// The SDKs count a token as expired this long before it is.
const MARGIN: Duration = Duration::from_secs(40);
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const WHAT: &str = "authenticate";

impl Tokens {
    pub fn new(settings: &Settings, http: reqwest::Client) -> Self {
        Self {
            host: settings.host.clone(),
            account_id: settings.account_id.clone(),
            credentials: settings.credentials.clone(),
            http,
            kept: Mutex::new(None),
        }
    }

    /// A token that is valid now. Callers that come while one is being obtained wait for it.
    pub async fn bearer(&self) -> Result<SecretString, ClientError> {
        if let Credentials::Token(token) = &self.credentials {
            return Ok(token.clone());
        }
        let mut kept = self.kept.lock().await;
        match &*kept {
            Some(Kept { token, renew_at }) if renew_at.is_none_or(|at| Instant::now() < at) => Ok(token.clone()),
            _ => {
                let fresh = self.obtain().await?;
                let token = fresh.token.clone();
                *kept = Some(fresh);
                Ok(token)
            }
        }
    }

    /// Forgets the token that the workspace refused. True if another one can be obtained.
    pub async fn forget(&self) -> bool {
        *self.kept.lock().await = None;
        self.credentials.can_refresh()
    }

    async fn obtain(&self) -> Result<Kept, ClientError> {
        match &self.credentials {
            Credentials::Token(token) => Ok(Kept { token: token.clone(), renew_at: None }),
            Credentials::M2m { client_id, client_secret, scopes } => {
                let form = [("grant_type", "client_credentials".to_owned()), ("scope", scope(scopes))];
                let endpoint = self.discover().await?;
                self.token_endpoint(&endpoint, &form, Some((client_id, client_secret))).await
            }
            Credentials::Exchange { source, client_id, scopes } => {
                let endpoint = self.discover().await?;
                let subject = self.subject_token(source, &endpoint).await?;
                let mut form = vec![
                    ("grant_type", EXCHANGE.to_owned()),
                    ("subject_token", subject.expose_secret().trim().to_owned()),
                    ("subject_token_type", JWT.to_owned()),
                    ("scope", scope(scopes)),
                ];
                form.extend(client_id.iter().map(|id| ("client_id", id.clone())));
                self.token_endpoint(&endpoint, &form, None).await
            }
            Credentials::Cli { program, profile } => self.ask_cli(program, profile.as_deref()).await,
        }
    }

    async fn token_endpoint(
        &self,
        endpoint: &str,
        form: &[(&str, String)],
        basic: Option<(&String, &SecretString)>,
    ) -> Result<Kept, ClientError> {
        let mut request = self.http.post(endpoint).form(form);
        if let Some((id, secret)) = basic {
            request = request.basic_auth(id, Some(secret.expose_secret()));
        }
        let (status, text) = send(request).await?;
        if !(200..300).contains(&status) {
            let mut error = ClientError::from_answer(WHAT, status, &text, None);
            // A token endpoint refuses credentials with 400 or 401 alike.
            if matches!(error.kind, ErrorKind::Invalid | ErrorKind::Permission) {
                error.kind = ErrorKind::Auth;
            }
            return Err(error);
        }
        let answer: TokenResponse = serde_json::from_str(&text).unwrap_or_default();
        kept(answer.access_token, answer.expires_in.and_then(|seconds| u64::try_from(seconds).ok()))
    }

    /// Finds the token endpoint: the host's own metadata, else the classic address.
    async fn discover(&self) -> Result<String, ClientError> {
        let metadata: Option<HostMetadata> = self.get(&format!("{}/.well-known/databricks-config", self.host)).await?;
        let oidc = metadata.and_then(|metadata| metadata.oidc_endpoint).filter(|endpoint| !endpoint.is_empty());
        let oidc = oidc.map(|oidc| oidc.replace("{account_id}", self.account_id.as_deref().unwrap_or_default()));
        let classic = match &self.account_id {
            Some(account) if self.host.contains("//accounts.") => format!("{}/oidc/accounts/{account}", self.host),
            _ => format!("{}/oidc", self.host),
        };
        for base in oidc.into_iter().chain([classic]) {
            let url = format!("{}/.well-known/oauth-authorization-server", base.trim_end_matches('/'));
            let found: Option<OidcMetadata> = self.get(&url).await?;
            if let Some(found) = found.filter(|found| !found.token_endpoint.is_empty()) {
                return Ok(found.token_endpoint);
            }
        }
        Err(ClientError::new(ErrorKind::Auth, WHAT, "the host names no OAuth token endpoint"))
    }

    /// JSON from an unauthenticated address; none if it has none.
    async fn get<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<Option<T>, ClientError> {
        let (status, text) = send(self.http.get(url)).await?;
        Ok(if status == 200 { serde_json::from_str(&text).ok() } else { None })
    }

    async fn subject_token(&self, source: &OidcSource, endpoint: &str) -> Result<SecretString, ClientError> {
        let failed = |message: String| ClientError::new(ErrorKind::Auth, WHAT, message);
        match source {
            OidcSource::Env(token) => Ok(token.clone()),
            OidcSource::File(path) => tokio::fs::read_to_string(path)
                .await
                .map(SecretString::from)
                .map_err(|error| failed(format!("the identity token file {} cannot be read: {error}", path.display()))),
            OidcSource::GitHub { url, request_token, audience } => {
                let audience = audience.as_deref().unwrap_or(endpoint);
                let request = self.http.get(url).query(&[("audience", audience)]);
                let (status, text) = send(request.bearer_auth(request_token.expose_secret())).await?;
                let given: Option<GitHubToken> = serde_json::from_str(&text).ok().filter(|_| status == 200);
                given.map(|token| SecretString::from(token.value)).ok_or_else(|| {
                    failed(format!(
                        "GitHub gave no identity token (status {status}); the job needs `permissions: id-token: write`"
                    ))
                })
            }
        }
    }

    async fn ask_cli(&self, program: &Path, profile: Option<&str>) -> Result<Kept, ClientError> {
        let target = profile.map_or(["--host", self.host.as_str()], |profile| ["--profile", profile]);
        let command = tokio::process::Command::new(program)
            .args(["auth", "token"])
            .args(target)
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let failed = |message: String| ClientError::new(ErrorKind::Auth, WHAT, message);
        let shown = format!("`{} auth token {}`", program.display(), target.join(" "));
        let output = tokio::time::timeout(Duration::from_secs(30), command)
            .await
            .map_err(|_| failed(format!("{shown} did not end within 30 s")))?
            .map_err(|error| {
                failed(format!(
                    "{shown} cannot be run: {error}. Install the Databricks CLI, or set DATABRICKS_TOKEN, or \
                     DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET"
                ))
            })?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(failed(format!("{shown} failed: {}", words.trim())));
        }
        let answer: CliToken = serde_json::from_slice(&output.stdout)
            .map_err(|_| failed(format!("{shown} printed no token; the Databricks CLI must be 0.207.1 or newer")))?;
        let left = answer.expiry.map(|at| at.duration_since(jiff::Timestamp::now()).as_secs());
        kept(answer.access_token, left.map(|seconds| u64::try_from(seconds).unwrap_or(0)))
    }
}

#[derive(Deserialize)]
struct CliToken {
    access_token: String,
    expiry: Option<jiff::Timestamp>,
}

#[derive(Deserialize)]
struct GitHubToken {
    value: String,
}

fn scope(scopes: &[String]) -> String {
    if scopes.is_empty() { "all-apis".to_owned() } else { scopes.join(" ") }
}

fn kept(token: String, seconds: Option<u64>) -> Result<Kept, ClientError> {
    if token.is_empty() {
        return Err(ClientError::new(ErrorKind::Auth, WHAT, "the token endpoint gave no access token"));
    }
    let renew_at = seconds.map(|seconds| {
        let life = Duration::from_secs(seconds);
        Instant::now() + life.saturating_sub(MARGIN.min(life / 4))
    });
    Ok(Kept { token: SecretString::from(token), renew_at })
}

/// Sends up to three times; obtaining a token changes nothing.
async fn send(request: reqwest::RequestBuilder) -> Result<(u16, String), ClientError> {
    let mut failure = ClientError::new(ErrorKind::Auth, WHAT, "no answer");
    for attempt in 0..3_u32 {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        }
        let Some(copy) = request.try_clone() else { break };
        match super::http::exchange(WHAT, copy).await {
            Ok(answer) if matches!(answer.status, 429 | 503) => {
                failure = ClientError::from_answer(WHAT, answer.status, &answer.text(), answer.retry_after);
            }
            Ok(answer) => return Ok((answer.status, answer.text())),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
