//! The Files API (reference 8.1).

use super::lenient;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectoryList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub contents: Vec<DirectoryEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DirectoryEntry {
    #[serde(deserialize_with = "lenient::nullable")]
    pub path: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub is_directory: bool,
    /// Bytes.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub file_size: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<i64>,
}
