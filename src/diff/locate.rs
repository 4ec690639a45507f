//! How the lists of a space document are keyed, and reading at an address.

use super::text_lines;
use crate::model::{Address, Space};
use serde_json::Value;

/// The key field of a list's elements.
pub(super) enum ListKey {
    /// Objects, keyed by this field.
    Field(&'static str),
    /// A set of strings, keyed by the string itself.
    Member,
}

/// The key of the list named `name`, or none for a value that is treated as a whole.
pub(super) fn list_key(name: &str) -> Option<ListKey> {
    match name {
        "tables" | "metric_views" => Some(ListKey::Field("identifier")),
        "column_configs" => Some(ListKey::Field("column_name")),
        "parameters" => Some(ListKey::Field("name")),
        "sample_questions"
        | "text_instructions"
        | "example_question_sqls"
        | "sql_functions"
        | "join_specs"
        | "filters"
        | "expressions"
        | "measures"
        | "questions" => Some(ListKey::Field("id")),
        "synonyms" => Some(ListKey::Member),
        _ => None,
    }
}

/// Position of the element with this key. Names are compared as Databricks does, without case.
pub(super) fn position(items: &[Value], key: &ListKey, wanted: &str) -> Option<usize> {
    match key {
        ListKey::Member => items.iter().position(|item| item.as_str() == Some(wanted)),
        ListKey::Field("id") => items.iter().position(|item| item.get("id").and_then(Value::as_str) == Some(wanted)),
        ListKey::Field(field) => items.iter().position(|item| {
            item.get(field).and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        }),
    }
}

/// What stands at an address; none if there is nothing.
pub fn value_at(space: &Space, address: &Address) -> Option<Value> {
    let segments = address.segments();
    if segments.first().map(String::as_str) == Some("space") {
        let sidecar = serde_json::to_value(&space.sidecar).ok()?;
        return sidecar.get(segments.get(1)?).filter(|value| value.as_str() != Some("")).cloned();
    }
    if address.is_text_line() {
        let content = descend(space.document(), &segments[..4])?;
        let found = text_lines::contains(&crate::model::joined_text(content)?, &segments[4], &segments[5]);
        return found.then(|| Value::String(segments[5].clone()));
    }
    descend(space.document(), segments).cloned()
}

fn descend<'a>(document: &'a Value, segments: &[String]) -> Option<&'a Value> {
    let mut current = document;
    let mut list_name = "";
    for segment in segments {
        current = match current {
            Value::Object(map) => map.get(segment)?,
            Value::Array(items) => &items[position(items, &list_key(list_name)?, segment)?],
            _ => return None,
        };
        list_name = segment;
    }
    Some(current)
}
