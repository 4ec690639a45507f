//! SQL statement execution (reference 5).

use super::lenient;
use serde::{Deserialize, Serialize};

/// Body of `POST /api/2.0/sql/statements`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementRequest {
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub byte_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// `INLINE` (default) or `EXTERNAL_LINKS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// `JSON_ARRAY` (default), `ARROW_STREAM`, `CSV`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// `CONTINUE` (default) or `CANCEL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_wait_timeout: Option<String>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<StatementParameter>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub row_limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub statement: String,
    /// `0s`, or `5s` to `50s`; default `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_timeout: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub warehouse_id: String,
}

/// A `:name` marker's value; no value is NULL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementParameter {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Default `STRING`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub sql_type: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StatementState {
    Pending,
    Running,
    Succeeded,
    Failed,
    Canceled,
    /// Succeeded, but the result is no longer there.
    Closed,
    #[default]
    #[serde(other)]
    Unknown,
}

/// State, error and the first chunk of a statement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementResponse {
    #[serde(deserialize_with = "lenient::nullable")]
    pub statement_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub status: StatementStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ResultManifest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultData>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementStatus {
    #[serde(deserialize_with = "lenient::nullable")]
    pub state: StatementState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<StatementError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_state: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatementError {
    #[serde(deserialize_with = "lenient::text_or_number")]
    pub error_code: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultManifest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub schema: ResultSchema,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub total_chunk_count: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub chunks: Vec<ChunkInfo>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub total_row_count: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub total_byte_count: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub truncated: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultSchema {
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub column_count: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnDescription>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnDescription {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub type_text: String,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "String::is_empty")]
    pub type_name: String,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub type_precision: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub type_scale: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChunkInfo {
    #[serde(deserialize_with = "lenient::int64")]
    pub chunk_index: Option<i64>,
    #[serde(deserialize_with = "lenient::int64")]
    pub row_offset: Option<i64>,
    #[serde(deserialize_with = "lenient::int64")]
    pub row_count: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub byte_count: Option<i64>,
}

/// One chunk: rows, or a link to them. Absent rows are an empty chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultData {
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub chunk_index: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub row_offset: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub row_count: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub next_chunk_index: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_chunk_internal_link: Option<String>,
    /// Every cell is a text or null.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_array: Option<Vec<Vec<Option<String>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_links: Option<Vec<ExternalLink>>,
}

/// To be fetched without authorization.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalLink {
    #[serde(deserialize_with = "lenient::nullable")]
    pub external_link: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<String>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub chunk_index: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub row_offset: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub row_count: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub byte_count: Option<i64>,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub next_chunk_index: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_chunk_internal_link: Option<String>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub http_headers: std::collections::BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_answers_decode() {
        let ok = r#"{"statement_id":"01f0","status":{"state":"SUCCEEDED"},"manifest":{"format":"JSON_ARRAY",
          "schema":{"column_count":2,"columns":[{"name":"region","type_text":"STRING","type_name":"STRING","position":0},
          {"name":"v","type_text":"VARIANT","type_name":null,"position":1}]},"total_chunk_count":1,
          "chunks":[{"chunk_index":0,"row_offset":0,"row_count":2,"byte_count":88}],"total_row_count":"2","truncated":false},
          "result":{"chunk_index":0,"row_offset":0,"row_count":2,"data_array":[["EU","12"],["US",null]]}}"#;
        let answer: StatementResponse = serde_json::from_str(ok).unwrap_or_default();
        assert_eq!(answer.status.state, StatementState::Succeeded);
        assert_eq!(answer.manifest.and_then(|m| m.total_row_count), Some(2));
        assert_eq!(answer.result.and_then(|r| r.data_array).map(|rows| rows.len()), Some(2));
        let failed = r#"{"statement_id":"s","status":{"state":"FAILED","error":{"error_code":"BAD_REQUEST",
            "message":"[TABLE_OR_VIEW_NOT_FOUND] …"},"sql_state":"42P01"}}"#;
        let answer: StatementResponse = serde_json::from_str(failed).unwrap_or_default();
        assert_eq!(answer.status.sql_state.as_deref(), Some("42P01"));
        for empty in [r#"{"status":{"state":"SUCCEEDED"},"result":{}}"#, r#"{"status":{"state":"NEW"}}"#, "{}"] {
            assert!(serde_json::from_str::<StatementResponse>(empty).is_ok());
        }
    }
}
