//! A space: the `serialized_space` document and the fields beside it.
//!
//! The document is kept as JSON, so that a field this version does not know survives reading,
//! changing and writing. Typed reading goes through [`SpaceView`](super::SpaceView). Rules and
//! limits: Databricks' `serialized_space`, versions 1 and 2.

use super::json::{Digest, digest_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A Genie space's content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Space {
    pub sidecar: Sidecar,
    document: Value,
}

/// What the API keeps beside the document. The etag does not cover these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sidecar {
    pub title: String,
    pub description: String,
    pub warehouse_id: String,
    pub parent_path: String,
}

/// Why a text is not a space document.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    #[error("the space document is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    #[error("the space document is {0}, not a JSON object")]
    NotAnObject(&'static str),
    #[error("the space document has version {0}; this program knows versions 1 and 2")]
    Version(Value),
}

impl Space {
    /// An empty space of the current version.
    pub fn empty() -> Self {
        Self { sidecar: Sidecar::default(), document: json!({"version": 2, "data_sources": {}}) }
    }

    /// Reads `serialized_space`.
    pub fn parse(serialized: &str) -> Result<Self, SpaceError> {
        Self::from_document(serde_json::from_str(serialized)?)
    }

    pub fn from_document(document: Value) -> Result<Self, SpaceError> {
        let Value::Object(map) = &document else { return Err(SpaceError::NotAnObject(kind(&document))) };
        match map.get("version") {
            Some(version) if !matches!(version.as_i64(), Some(1 | 2)) => Err(SpaceError::Version(version.clone())),
            // A missing version is the server's to refuse; some exports in circulation lack it.
            _ => Ok(Self { sidecar: Sidecar::default(), document }),
        }
    }

    pub fn with_sidecar(mut self, sidecar: Sidecar) -> Self {
        self.sidecar = sidecar;
        self
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    pub fn document_mut(&mut self) -> &mut Value {
        &mut self.document
    }

    /// `serialized_space` as it is sent: current version, lists sorted as the server asks,
    /// nothing else touched.
    pub fn to_wire(&self) -> String {
        let mut document = self.document.clone();
        migrate(&mut document);
        sort_lists(&mut document);
        document.to_string()
    }

    /// The form in which two spaces are compared: migrated, sorted, texts split after each line
    /// end, and without the empty values that the server leaves out.
    pub fn canonical(&self) -> Value {
        let mut document = self.document.clone();
        migrate(&mut document);
        normalise_texts(&mut document, "");
        sort_lists(&mut document);
        sort_synonyms(&mut document);
        prune(&mut document);
        drop_bare_columns(&mut document);
        if let Value::Object(map) = &mut document {
            map.entry("data_sources").or_insert_with(|| json!({}));
        }
        document
    }

    /// Brings the document to the current version, as the server does on write.
    pub fn migrate(&mut self) {
        migrate(&mut self.document);
    }

    /// Digest of the canonical document, without the fields beside it.
    pub fn digest(&self) -> Digest {
        digest_json(&self.canonical())
    }

    pub fn sidecar_digest(&self) -> Digest {
        digest_json(&serde_json::to_value(&self.sidecar).unwrap_or_default())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Version 1 → 2, as the server does on write: two column flags have new names.
fn migrate(document: &mut Value) {
    let Value::Object(map) = document else { return };
    if map.get("version").and_then(Value::as_i64) == Some(1) {
        map.insert("version".to_owned(), json!(2));
        map.entry("data_sources").or_insert_with(|| json!({}));
        rename_flags(document);
    }
}

fn rename_flags(document: &mut Value) {
    for list in ["tables", "metric_views"] {
        let tables = document.pointer_mut(&format!("/data_sources/{list}")).and_then(Value::as_array_mut);
        for table in tables.into_iter().flatten() {
            let columns = table.get_mut("column_configs").and_then(Value::as_array_mut);
            for column in columns.into_iter().flatten().filter_map(Value::as_object_mut) {
                rename(column, "get_example_values", "enable_format_assistance");
                rename(column, "build_value_dictionary", "enable_entity_matching");
            }
        }
    }
}

fn rename(map: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(value) = map.shift_remove(old) {
        map.entry(new).or_insert(value);
    }
}

/// The lists that the server wants sorted, with their sort keys.
const SORTED: [(&str, &[&str]); 11] = [
    ("/config/sample_questions", &["id"]),
    ("/data_sources/tables", &["identifier"]),
    ("/data_sources/metric_views", &["identifier"]),
    ("/instructions/text_instructions", &["id"]),
    ("/instructions/example_question_sqls", &["id"]),
    ("/instructions/sql_functions", &["id", "identifier"]),
    ("/instructions/join_specs", &["id"]),
    ("/instructions/sql_snippets/filters", &["id"]),
    ("/instructions/sql_snippets/expressions", &["id"]),
    ("/instructions/sql_snippets/measures", &["id"]),
    ("/benchmarks/questions", &["id"]),
];

fn sort_lists(document: &mut Value) {
    for (pointer, keys) in SORTED {
        sort_by_keys(document.pointer_mut(pointer), keys);
    }
    for list in ["/data_sources/tables", "/data_sources/metric_views"] {
        let tables = document.pointer_mut(list).and_then(Value::as_array_mut);
        for table in tables.into_iter().flatten() {
            sort_by_keys(table.get_mut("column_configs"), &["column_name"]);
        }
    }
}

fn sort_by_keys(list: Option<&mut Value>, keys: &[&str]) {
    if let Some(Value::Array(items)) = list {
        items.sort_by_cached_key(|item| {
            keys.iter().map(|key| item.get(key).and_then(Value::as_str).unwrap_or("").to_owned()).collect::<Vec<_>>()
        });
    }
}

fn sort_synonyms(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, child) in map.iter_mut() {
                match child {
                    Value::Array(items) if key == "synonyms" => items.sort_by_key(ToString::to_string),
                    child => sort_synonyms(child),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(sort_synonyms),
        _ => {}
    }
}

/// Fields whose lists of strings are one text, split after each line end. `join_specs[].sql` is
/// not one of them: its two elements are a condition and a relationship marker.
const TEXT_FIELDS: [&str; 8] =
    ["description", "question", "sql", "content", "comment", "instruction", "usage_guidance", "evaluation_note"];

/// True if the field `key` of an element of the list `list` is one text in several lines.
pub fn is_text_field(list: &str, key: &str) -> bool {
    TEXT_FIELDS.contains(&key) && !(list == "join_specs" && key == "sql")
}

fn normalise_texts(value: &mut Value, list: &str) {
    match value {
        Value::Object(map) => {
            for (key, child) in map.iter_mut() {
                match joined_text(child) {
                    Some(text) if is_text_field(list, key) => *child = json!(split_lines(&text)),
                    _ => normalise_texts(child, key),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalise_texts(item, list)),
        _ => {}
    }
}

/// The text of a field that is a string or a list of strings.
pub fn joined_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => items.iter().map(|item| item.as_str()).collect::<Option<Vec<_>>>().map(|t| t.concat()),
        _ => None,
    }
}

/// A text as the wire writes it: one element for each line, every one but the last with its end.
pub fn split_lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Drops nulls, `false`, and empty texts, lists and objects, as the server's own exports do.
fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(prune);
            map.retain(|_, child| !is_default(child));
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

/// A column entry that holds nothing but its name says nothing; exports have some and lack others.
fn drop_bare_columns(document: &mut Value) {
    for list in ["/data_sources/tables", "/data_sources/metric_views"] {
        let tables = document.pointer_mut(list).and_then(Value::as_array_mut);
        for table in tables.into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(Value::Array(columns)) = table.get_mut("column_configs") else { continue };
            columns.retain(|column| {
                column.as_object().is_none_or(|map| map.len() != 1 || !map.contains_key("column_name"))
            });
            if columns.is_empty() {
                table.shift_remove("column_configs");
            }
        }
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_line_splits_and_empty_values_do_not_count() {
        let one = Space::parse(
            r#"{"version":2,"data_sources":{"tables":[{"identifier":"b"},{"identifier":"a","description":["x\ny"]}]}}"#,
        );
        let two = Space::parse(
            r#"{"version":2,"config":{"sample_questions":[]},"data_sources":{"tables":[{"identifier":"a",
                "description":["x\n","y"],"column_configs":[]},{"identifier":"b"}]}}"#,
        );
        let (one, two) = (one.expect("valid"), two.expect("valid"));
        assert_eq!(one.canonical(), two.canonical());
        assert_ne!(one.digest(), Space::empty().digest());
    }

    #[test]
    fn version_one_is_migrated_and_unknown_fields_stay() {
        let space = Space::parse(
            r#"{"version":1,"data_sources":{"tables":[{"identifier":"t","column_configs":[
                {"column_name":"c","get_example_values":true,"new_thing":{"x":0}}]}]}}"#,
        )
        .expect("valid");
        let column = space.canonical().pointer("/data_sources/tables/0/column_configs/0").cloned();
        assert_eq!(column, Some(json!({"column_name":"c","new_thing":{"x":0},"enable_format_assistance":true})));
    }

    #[test]
    fn other_versions_and_non_objects_are_refused() {
        assert!(matches!(Space::parse("[]"), Err(SpaceError::NotAnObject("a list"))));
        assert!(matches!(Space::parse(r#"{"version":7}"#), Err(SpaceError::Version(_))));
        assert!(matches!(Space::parse("{"), Err(SpaceError::NotJson(_))));
    }
}
