//! [`Space`] → `space.yaml`, and the forms in which other tools keep a space.

use super::super::yaml::Emitter;
use super::read::{OVERFLOW, space_from_yaml};
use crate::model::{Diagnostic, Sidecar, Space, SpaceError, is_text_field, joined_text};
use serde_json::{Map, Value, json};

/// First line of each space file: editors complete and check by it. `init` and `import` put the
/// schemas in this place, which is committed with the project.
const MODELINE: &str = "# yaml-language-server: $schema=schemas/space.schema.json\n";

/// The fields beside the document, first in the file.
pub(in super::super) const SIDECAR: [&str; 4] = ["title", "description", "warehouse_id", "parent_path"];

/// Order of known keys, as real exports have it; by the list or field they belong to.
const ORDER: [(&str, &[&str]); 13] = [
    ("", &["version", "config", "data_sources", "instructions", "benchmarks"]),
    ("data_sources", &["tables", "metric_views"]),
    ("tables", TABLE),
    ("metric_views", TABLE),
    ("column_configs", COLUMN),
    ("instructions", &["text_instructions", "example_question_sqls", "sql_functions", "join_specs", "sql_snippets"]),
    ("example_question_sqls", &["id", "question", "sql", "parameters", "usage_guidance"]),
    ("parameters", &["name", "type_hint", "description", "default_value"]),
    ("join_specs", &["id", "left", "right", "sql", "comment", "instruction"]),
    ("sql_snippets", &["filters", "expressions", "measures"]),
    ("filters", SNIPPET),
    ("expressions", SNIPPET),
    ("measures", SNIPPET),
];
const TABLE: &[&str] = &["identifier", "description", "column_configs"];
const COLUMN: &[&str] = &[
    "column_name",
    "description",
    "synonyms",
    "exclude",
    "get_example_values",
    "build_value_dictionary",
    "enable_format_assistance",
    "enable_entity_matching",
];
const SNIPPET: &[&str] = &["id", "alias", "sql", "display_name", "instruction", "synonyms", "comment"];
/// Order of the keys of every other element.
const ELEMENT: &[&str] = &["id", "identifier", "question", "content", "answer", "format"];

/// The space in its human form. Text in several lines stands as a block; nothing of the document
/// is left out, and reading it back gives the same document.
pub fn space_to_yaml(space: &Space) -> String {
    let Sidecar { title, description, warehouse_id, parent_path } = &space.sidecar;
    let beside: Map<String, Value> = SIDECAR
        .into_iter()
        .zip([title, description, warehouse_id, parent_path])
        .filter(|(_, text)| !text.is_empty())
        .map(|(key, text)| (key.to_owned(), json!(text)))
        .collect();
    let document = Emitter::SPACE.map(&ordered_document(space), "", 0);
    format!("{MODELINE}{}{document}", Emitter::DATA.map(&beside, "", 0))
}

/// The document in the order of the human form, fields that would hide behind the sidecar's
/// names under `document`.
pub(in super::super) fn ordered_document(space: &Space) -> Map<String, Value> {
    let Value::Object(mut map) = ordered(space.document(), "") else { return Map::new() };
    let hidden: Vec<String> =
        map.keys().filter(|key| SIDECAR.contains(&key.as_str()) || *key == OVERFLOW).cloned().collect();
    let overflow: Map<String, Value> =
        hidden.into_iter().filter_map(|key| map.shift_remove(&key).map(|value| (key, value))).collect();
    if !overflow.is_empty() {
        map.insert(OVERFLOW.to_owned(), Value::Object(overflow));
    }
    map
}

/// Sorts the keys of every element: known ones as real exports have them, then the others.
fn ordered(value: &Value, list: &str) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| rank(list, key));
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), ordered(value, key))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| ordered(item, list)).collect()),
        other => other.clone(),
    }
}

/// The human form of one field: texts in one piece. For values written in one line.
pub(in super::super) fn human(value: &Value, list: &str, key: &str) -> Value {
    match value {
        Value::Array(items) => match joined_text(value) {
            Some(text) if is_text_field(list, key) && !items.is_empty() => Value::String(text),
            _ => Value::Array(items.iter().map(|item| human_element(item, key)).collect()),
        },
        other => human_element(other, key),
    }
}

fn human_element(value: &Value, list: &str) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), human(value, list, key))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| human_element(item, list)).collect()),
        other => other.clone(),
    }
}

/// Position of a key among the keys of an element of `list`.
pub(in super::super) fn rank(list: &str, key: &str) -> usize {
    let known = ORDER.iter().find(|(name, _)| *name == list).map_or(ELEMENT, |(_, keys)| *keys);
    known.iter().position(|name| *name == key).unwrap_or(known.len())
}

/// `space.yaml` for a `serialized_space` document, or for an object of the Genie API that holds
/// one beside `title`, `description`, `warehouse_id` and `parent_path`.
pub fn import(json: &str) -> Result<String, SpaceError> {
    let value: Value = serde_json::from_str(json.trim_start_matches('\u{feff}'))?;
    let space = match value.get("serialized_space") {
        Some(Value::String(serialized)) => Space::parse(serialized)?.with_sidecar(sidecar_of(&value)),
        Some(document @ Value::Object(_)) => Space::from_document(document.clone())?.with_sidecar(sidecar_of(&value)),
        _ => Space::from_document(value)?,
    };
    Ok(space_to_yaml(&space))
}

fn sidecar_of(value: &Value) -> Sidecar {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Sidecar {
        title: text("title"),
        description: text("description"),
        warehouse_id: text("warehouse_id"),
        parent_path: text("parent_path"),
    }
}

/// `serialized_space` for a `space.yaml`, as it is sent: current version, lists sorted.
pub fn export(yaml: &str, file: &str) -> Result<String, Vec<Diagnostic>> {
    let (space, _) = space_from_yaml(yaml, file)?;
    Ok(space.to_wire())
}
