//! Kinds of credentials.

use secrecy::SecretString;
use std::path::PathBuf;

/// How to obtain a bearer token. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A personal access token, or any ready bearer token.
    Token(SecretString),
    /// OAuth machine to machine: client credentials of a service principal.
    M2m {
        client_id: String,
        client_secret: SecretString,
        /// Empty means `all-apis`.
        scopes: Vec<String>,
    },
    /// `databricks auth token` of the Databricks CLI.
    Cli { program: PathBuf, profile: Option<String> },
    /// A federated identity token, exchanged for a workspace token.
    Exchange {
        source: OidcSource,
        /// None means an account-wide federation policy.
        client_id: Option<String>,
        scopes: Vec<String>,
    },
}

/// Where a federated identity token comes from.
#[derive(Clone, Debug)]
pub enum OidcSource {
    /// The value of an environment variable, read at start.
    Env(SecretString),
    /// A file, read at each exchange: whoever mounts it renews it.
    File(PathBuf),
    /// GitHub Actions gives one on request, in jobs with `id-token: write`.
    GitHub {
        url: String,
        request_token: SecretString,
        /// None means the address of the token endpoint.
        audience: Option<String>,
    },
}

impl Credentials {
    /// The official name of the kind, as `auth_type` and User-Agent spell it.
    pub fn auth_type(&self) -> &'static str {
        match self {
            Self::Token(_) => "pat",
            Self::M2m { .. } => "oauth-m2m",
            Self::Cli { .. } => "databricks-cli",
            Self::Exchange { source: OidcSource::Env(_), .. } => "env-oidc",
            Self::Exchange { source: OidcSource::File(_), .. } => "file-oidc",
            Self::Exchange { source: OidcSource::GitHub { .. }, .. } => "github-oidc",
        }
    }

    /// True if a new token can be obtained when the present one is refused.
    pub(super) fn can_refresh(&self) -> bool {
        !matches!(self, Self::Token(_))
    }
}
