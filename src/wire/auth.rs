//! Host discovery and OAuth (reference 9.3, 9.4).

use super::lenient;
use serde::{Deserialize, Serialize};

/// `GET /.well-known/databricks-config`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<String>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub token_federation_default_oidc_audiences: Vec<String>,
}

/// `GET …/oidc/.well-known/oauth-authorization-server`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OidcMetadata {
    #[serde(deserialize_with = "lenient::nullable")]
    pub authorization_endpoint: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub token_endpoint: String,
}

/// Answer of a token endpoint. No `Debug`: it holds a secret.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenResponse {
    #[serde(deserialize_with = "lenient::nullable")]
    pub access_token: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub token_type: String,
    /// Seconds from now.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// A refusal of a token endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenError {
    #[serde(deserialize_with = "lenient::nullable")]
    pub error: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub error_description: String,
}
