//! Genie space management (reference 1).

use super::lenient;
use serde::{Deserialize, Serialize};

/// A Genie space as the API sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Space {
    #[serde(deserialize_with = "lenient::nullable")]
    pub space_id: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<String>,
    /// Without the `/Workspace` prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_path: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
    /// Only with the document, and in the answer to a write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The document as JSON text; only on request and with CAN EDIT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serialized_space: Option<String>,
}

/// One page of spaces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpaceList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub spaces: Vec<Space>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// Body of create and update; absent fields stay as they are on update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpaceWrite {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The etag last read; the write is refused with 409 if the document has changed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serialized_space: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_bodies_decode_and_unknown_fields_do_not_matter() {
        let list: SpaceList = serde_json::from_str("{}").unwrap_or_default();
        assert!(list.spaces.is_empty() && list.next_page_token.is_none());
        let space: Space = serde_json::from_str(
            r#"{"space_id":"01f0f5c0b9b81968b0df658cb5d23ecf","title":null,"etag":"3","new":{"a":[]},
                "create_time":"2026-08-13T10:11:12.345Z","serialized_space":"{\"version\":2}"}"#,
        )
        .unwrap_or_default();
        assert_eq!((space.etag.as_deref(), space.title.as_str()), (Some("3"), ""));
        let write = SpaceWrite { etag: Some("1".into()), serialized_space: Some("{}".into()), ..SpaceWrite::default() };
        let text = serde_json::to_string(&write).unwrap_or_default();
        assert_eq!(text, r#"{"etag":"1","serialized_space":"{}"}"#);
    }
}
