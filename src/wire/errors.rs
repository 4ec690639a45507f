//! Error bodies, in all the forms that Databricks services send (reference 9.6).

use super::lenient;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `{"error_code": "…", "message": "…"}` and its older relatives, read into one form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    #[serde(deserialize_with = "lenient::text_or_number")]
    pub error_code: String,
    #[serde(deserialize_with = "lenient::text_or_number")]
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::nullable")]
    pub details: Vec<Value>,
}

impl ErrorBody {
    pub fn new(error_code: &str, message: impl Into<String>) -> Self {
        Self { error_code: error_code.to_owned(), message: message.into(), details: Vec::new() }
    }

    /// Reads an error body; none if it is not JSON of a known form. Known forms: the current
    /// one, API 1.2 (`error`), SCIM (`detail`), OAuth (`error`, `error_description`).
    pub fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let map = value.as_object()?;
        let field = |name: &str| map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if map.contains_key("error_code") || map.contains_key("message") {
            return serde_json::from_value(value.clone()).ok();
        }
        match (field("error"), field("error_description").or_else(|| field("errorSummary"))) {
            (Some(code), Some(message)) => return Some(Self::new(code, message)),
            (Some(message), None) => return Some(Self::new("", message)),
            (None, _) => {}
        }
        if let Some(detail) = field("detail") {
            return Some(Self::new(field("scimType").unwrap_or_default(), detail));
        }
        let (code, summary) = (field("errorCode")?, field("errorSummary").unwrap_or_default());
        Some(Self::new(code, summary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_recorded_forms_are_read() {
        let cases = [
            (r#"{"error_code":"ABORTED","message":"m","details":[{"@type":"x"}]}"#, "ABORTED", "m"),
            (r#"{"message":"Etag mismatch: expected X, got Y"}"#, "", "Etag mismatch: expected X, got Y"),
            (r#"{"error_code":403,"message":"m","new":1}"#, "403", "m"),
            (r#"{"error":"old style"}"#, "", "old style"),
            (r#"{"error":"invalid_client","error_description":"bad"}"#, "invalid_client", "bad"),
            (r#"{"errorCode":"invalid_client","errorSummary":"bad"}"#, "invalid_client", "bad"),
            (r#"{"detail":"d","status":"404","scimType":"t"}"#, "t", "d"),
            (r#"{"error_code":"X","message":null,"details":null}"#, "X", ""),
        ];
        for (text, code, message) in cases {
            let body = ErrorBody::parse(text).unwrap_or_default();
            assert_eq!((body.error_code.as_str(), body.message.as_str()), (code, message), "{text}");
        }
        for text in ["<html>", "", "[]", r#"{"x":1}"#] {
            assert_eq!(ErrorBody::parse(text), None, "{text}");
        }
    }
}
