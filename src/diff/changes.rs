//! The changes that lead from one space to another.

use super::locate::{ListKey, list_key};
use crate::model::{Address, Change, Space};
use serde_json::Value;

/// Changes that turn `before` into `after`, sorted by address. Compared are canonical forms:
/// order of lists, line splits and empty values make no difference.
pub fn diff(before: &Space, after: &Space) -> Vec<Change> {
    let mut changes = sidecar_changes(before, after);
    walk(&[], "", Some(&before.canonical()), Some(&after.canonical()), &mut changes);
    changes.sort_by(|a, b| a.address.cmp(&b.address));
    changes
}

fn sidecar_changes(before: &Space, after: &Space) -> Vec<Change> {
    let fields = [
        ("title", &before.sidecar.title, &after.sidecar.title),
        ("description", &before.sidecar.description, &after.sidecar.description),
        ("warehouse_id", &before.sidecar.warehouse_id, &after.sidecar.warehouse_id),
        ("parent_path", &before.sidecar.parent_path, &after.sidecar.parent_path),
    ];
    let value = |text: &String| (!text.is_empty()).then(|| Value::String(text.clone()));
    fields
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(field, old, new)| Change { address: Address::sidecar(field), before: value(old), after: value(new) })
        .collect()
}

/// Compares two values at the same address. Folders are entered even where one side lacks them,
/// so that a new section shows as its elements; an element that is new or gone is one change.
fn walk(path: &[String], list: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let keyed = path.last().and_then(|name| list_key(name));
    match keyed {
        Some(key) if is_list(before) && is_list(after) && has_keys(before, &key) && has_keys(after, &key) => {
            walk_list(path, &key, before, after, changes);
        }
        _ if enters(path, list, before, after) => walk_object(path, before, after, changes),
        _ => changes.push(Change {
            address: Address::from_segments(path),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn is_list(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_array)
}

fn has_keys(value: Option<&Value>, key: &ListKey) -> bool {
    let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names: Vec<Option<&str>> = items.iter().map(|item| name_of(item, key)).collect();
    let mut unique: Vec<&str> = names.iter().flatten().copied().collect();
    unique.sort_unstable();
    unique.dedup();
    unique.len() == items.len()
}

fn name_of<'a>(item: &'a Value, key: &ListKey) -> Option<&'a str> {
    match key {
        ListKey::Member => item.as_str(),
        ListKey::Field(field) => item.get(field).and_then(Value::as_str),
    }
}

/// Folders of the document are always entered; an element of a list only if it is on both sides.
fn enters(path: &[String], list: &str, before: Option<&Value>, after: Option<&Value>) -> bool {
    let both_objects = [before, after].iter().all(|value| value.is_none_or(Value::is_object));
    let folder = matches!(
        path.last().map(String::as_str),
        None | Some("config" | "data_sources" | "instructions" | "sql_snippets" | "benchmarks")
    );
    both_objects && (folder || (!list.is_empty() && before.is_some() && after.is_some()))
}

fn walk_object(path: &[String], before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    let keys = |value: Option<&Value>| -> Vec<String> {
        value.and_then(Value::as_object).map_or(Vec::new(), |map| map.keys().cloned().collect())
    };
    let mut names = keys(before);
    names.extend(keys(after));
    names.sort();
    names.dedup();
    for name in names {
        let child = |value: Option<&'_ Value>| value.and_then(|value| value.get(&name)).cloned();
        let (old, new) = (child(before), child(after));
        let path: Vec<String> = path.iter().cloned().chain([name]).collect();
        walk(&path, "", old.as_ref(), new.as_ref(), changes);
    }
}

fn walk_list(path: &[String], key: &ListKey, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (items(before), items(after));
    let mut names: Vec<String> =
        old.iter().chain(&new).filter_map(|item| name_of(item, key)).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    for name in names {
        let find = |items: &[Value]| items.iter().find(|item| name_of(item, key) == Some(&name)).cloned();
        let list = path.last().cloned().unwrap_or_default();
        let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        walk(&path, &list, find(&old).as_ref(), find(&new).as_ref(), changes);
    }
}
