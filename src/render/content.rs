//! A change's content as labelled texts, ready for a diff: SQL as SQL, joins and flags in words.

use super::escape::{visible, visible_line};
use crate::model::{Change, joined_text};
use serde_json::Value;

/// One part of an element on both sides; safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// None: the element has only this part.
    pub label: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Keys in reading order; others follow by name.
const ORDER: [&str; 16] = [
    "identifier",
    "column_name",
    "question",
    "left",
    "right",
    "display_name",
    "alias",
    "sql",
    "content",
    "description",
    "synonyms",
    "parameters",
    "comment",
    "instruction",
    "usage_guidance",
    "answer",
];

/// The parts that differ. Ids are left out: they are in the address.
pub(super) fn parts(change: &Change) -> Vec<Part> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    if !before.into_iter().chain(after).any(Value::is_object) {
        return vec![Part { label: None, before: before.map(text), after: after.map(text) }];
    }
    let field = |side: Option<&Value>, key: &str| match side {
        Some(Value::Object(map)) => map.get(key).map(text),
        _ => None,
    };
    let parts = keys(before, after).into_iter().map(|key| Part {
        before: field(before, &key),
        after: field(after, &key),
        label: Some(label(&key)),
    });
    parts.filter(|part| part.before != part.after).collect()
}

fn keys(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let of = |side: Option<&Value>| -> Vec<String> {
        side.and_then(Value::as_object).map_or(Vec::new(), |map| map.keys().cloned().collect())
    };
    let mut keys = of(before);
    keys.extend(of(after));
    keys.retain(|key| key != "id");
    keys.sort_by_key(|key| (ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len()), key.clone()));
    keys.dedup();
    keys
}

fn label(key: &str) -> String {
    visible_line(&key.replace('_', " "))
}

fn text(value: &Value) -> String {
    visible(&raw(value))
}

fn raw(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Array(items) => match joined_text(value) {
            Some(_) if is_join_sql(items) => join_sql(items),
            Some(text) if items.len() == 1 || text.contains('\n') => text,
            Some(_) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            None => pretty(value),
        },
        Value::Object(map) => match (map.get("identifier").and_then(Value::as_str), map.get("alias")) {
            (Some(identifier), None) if map.len() == 1 => identifier.to_owned(),
            (Some(identifier), Some(Value::String(alias))) if map.len() == 2 => format!("{identifier} as {alias}"),
            _ => pretty(value),
        },
        other => other.to_string(),
    }
}

/// A join's SQL is a condition and a marker such as `--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--`.
fn is_join_sql(items: &[Value]) -> bool {
    items.get(1).and_then(Value::as_str).is_some_and(|marker| marker.starts_with("--rt="))
}

fn join_sql(items: &[Value]) -> String {
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let marker = texts.get(1).map_or("", |marker| marker.trim_end_matches("--"));
    let kind = marker.rsplit("TYPE_").next().unwrap_or_default().to_lowercase().replace('_', " ");
    format!("{}\n{kind}", texts.first().map_or("", |sql| sql.trim_end()))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
