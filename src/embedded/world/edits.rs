//! Edits: what another user changes in a space, before or after the n-th request of a kind.

use super::faults::{When, route_matches};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// One edit, made once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// `METHOD /path` as in faults.
    #[schemars(regex(pattern = r"^(\S+ )?/\S*$"), example = &"PATCH /api/2.0/genie/spaces/*")]
    pub route: String,
    /// The how manieth matching request, from 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub nth: u64,
    /// Before or after the request.
    #[serde(default)]
    pub when: When,
    /// Title or id of the space; none means the one in the request's path.
    #[serde(default)]
    pub space: Option<String>,
    /// New title.
    #[serde(default)]
    pub title: Option<String>,
    /// New description.
    #[serde(default)]
    pub description: Option<String>,
    /// JSON pointers into the document with their new values; `null` removes, `/-` appends.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
}

fn one() -> u64 {
    1
}

/// Counts the requests that each edit waits for.
#[derive(Default)]
pub struct EditBook {
    edits: Vec<Edit>,
    seen: Mutex<Vec<u64>>,
}

impl EditBook {
    pub fn new(edits: Vec<Edit>) -> Self {
        let seen = Mutex::new(vec![0; edits.len()]);
        Self { edits, seen }
    }

    /// The edits due at this request; to be called once for each request and moment.
    pub fn due(&self, when: When, method: &str, path: &str) -> Vec<Edit> {
        if self.edits.is_empty() {
            return Vec::new();
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        for (edit, seen) in self.edits.iter().zip(seen.iter_mut()) {
            if edit.when == when && route_matches(&edit.route, method, path) {
                *seen += 1;
                if *seen == edit.nth {
                    due.push(edit.clone());
                }
            }
        }
        due
    }
}

/// Makes an edit's changes to a document; parents that are missing are created.
pub fn apply_edit(document: &mut Value, edit: &Edit) {
    for (pointer, value) in &edit.set {
        let mut segments: Vec<String> =
            pointer.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~")).collect();
        if let Some(last) = segments.pop() {
            put(document, &segments, &last, value);
        }
    }
}

fn put(document: &mut Value, parents: &[String], last: &str, value: &Value) {
    let mut place = document;
    for (at, segment) in parents.iter().enumerate() {
        let next_is_list = parents.get(at + 1).map_or(last, String::as_str) == "-";
        let empty = || if next_is_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        let next = match place {
            Value::Object(map) => Some(map.entry(segment.clone()).or_insert_with(empty)),
            Value::Array(items) => segment.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            _ => None,
        };
        let Some(next) = next else { return };
        place = next;
    }
    match place {
        Value::Object(map) if value.is_null() => {
            map.remove(last);
        }
        Value::Object(map) => {
            map.insert(last.to_owned(), value.clone());
        }
        Value::Array(items) => match last.parse::<usize>() {
            Ok(index) if index < items.len() && value.is_null() => {
                items.remove(index);
            }
            Ok(index) if index < items.len() => items[index] = value.clone(),
            _ => items.push(value.clone()),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn edits_come_once_and_change_what_they_name() {
        let text = "{route: 'PATCH /s/*', nth: 2, when: after, set: {/a/b: 1, /list/-: {id: x}, /gone: null}}";
        let book = EditBook::new(vec![serde_yaml::from_str(text).unwrap()]);
        let due = |when| book.due(when, "PATCH", "/s/1").len();
        assert_eq!([due(When::Before), due(When::After), due(When::After), due(When::After)], [0, 0, 1, 0]);
        let mut document = json!({"gone": 1});
        apply_edit(&mut document, &serde_yaml::from_str(text).unwrap());
        assert_eq!(document, json!({"a": {"b": 1}, "list": [{"id": "x"}]}));
    }
}
