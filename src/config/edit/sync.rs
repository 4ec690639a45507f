//! Compares a file's tree with what it should say, and edits only where a change has an address.

use super::super::space::{SIDECAR, field_of, human, rank};
use super::super::yaml::{Data, Emitter, Entry, Node, flow, inline};
use super::layout::{Edit, Layout};
use crate::model::{Change, is_text_field, joined_text};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The edits that make `root` say `target` at the places of the changes; none if a place has a
/// form that cannot be edited.
pub(super) fn edits(
    layout: &Layout<'_>,
    root: &Node,
    target: &Map<String, Value>,
    changes: &[Change],
) -> Option<Vec<Edit>> {
    let mut sync = Sync { layout, changes, edits: Vec::new() };
    sync.map(root, target, "", &[])?;
    Some(sync.edits)
}

/// The key field of a list's elements, as `diff` keys them.
fn element_key(list: &str) -> Option<&'static str> {
    match list {
        "tables" | "metric_views" => Some("identifier"),
        "column_configs" => Some("column_name"),
        "parameters" => Some("name"),
        "sample_questions"
        | "text_instructions"
        | "example_question_sqls"
        | "sql_functions"
        | "join_specs"
        | "filters"
        | "expressions"
        | "measures"
        | "questions" => Some("id"),
        _ => None,
    }
}

struct Sync<'a> {
    layout: &'a Layout<'a>,
    changes: &'a [Change],
    edits: Vec<Edit>,
}

impl Sync<'_> {
    /// True if a change stands at, above or below this place.
    fn touched(&self, path: &[String]) -> bool {
        // Fields beside the document have addresses under `space`.
        let beside = path.len() == 1 && SIDECAR.contains(&path[0].as_str());
        self.changes.iter().any(|change| {
            let segments = change.address.segments();
            let segments = if beside && segments.first().is_some_and(|first| first == "space") {
                &segments[1..]
            } else {
                segments
            };
            segments.iter().zip(path).all(|(one, other)| one.eq_ignore_ascii_case(other))
        })
    }

    fn map(&mut self, node: &Node, target: &Map<String, Value>, list: &str, path: &[String]) -> Option<()> {
        let child = |key: &str| path.iter().cloned().chain([key.to_owned()]).collect::<Vec<_>>();
        for entry in node.entries() {
            let path = child(&entry.key);
            if !self.touched(&path) {
                continue;
            }
            match target.get(&entry.key) {
                Some(value) => self.entry(node, entry, value, list, &path)?,
                None => self.edits.push(self.layout.remove_entry(node, &entry.key)?),
            }
        }
        let mut new: Vec<(&String, &Value)> = target.iter().filter(|(key, _)| node.entry(key).is_none()).collect();
        new.sort_by_key(|(key, _)| order(list, key));
        for (key, value) in new {
            if self.touched(&child(key)) {
                self.edits.push(insert_entry(self.layout, node, key, value, list)?);
            }
        }
        Some(())
    }

    fn entry(&mut self, map: &Node, entry: &Entry, value: &Value, list: &str, path: &[String]) -> Option<()> {
        let key = entry.key.as_str();
        let current = if path.len() == 1 && SIDECAR.contains(&key) {
            entry.value.to_json()
        } else {
            field_of(&entry.value, list, key)
        };
        if same(&current, value, list, key) {
            return Some(());
        }
        match (&entry.value.data, value) {
            (Data::Map(entries), Value::Object(target)) if !entries.is_empty() && !target.is_empty() => {
                return self.map(&entry.value, target, key, path);
            }
            (Data::List(items), Value::Array(target)) if !items.is_empty() && !target.is_empty() => {
                if let Some(field) = element_key(key) {
                    return self.list(&entry.value, target, key, field, path);
                }
                if key == "synonyms" && self.members(&entry.value, target)? {
                    return Some(());
                }
            }
            _ => {}
        }
        let edit = match self.layout.is_flow(map) {
            true => self.layout.replace_flow(entry, &flow(&human(value, list, key)))?,
            false => {
                let indent = self.layout.indent(entry.key_at.start)?;
                let beside = path.len() == 1 && SIDECAR.contains(&key);
                let written = emitter(beside).after_key(key, value, list, indent);
                let line = if beside { value.clone() } else { human(value, list, key) };
                self.layout.replace_block(entry, &written, Some(&line))?
            }
        };
        self.edits.push(edit);
        Some(())
    }

    /// A list whose elements have a key of their own.
    fn list(&mut self, node: &Node, target: &[Value], list: &str, field: &str, path: &[String]) -> Option<()> {
        let name = |item: &Value| item.get(field).and_then(Value::as_str).map(str::to_owned);
        let names: Vec<String> = target.iter().map(name).collect::<Option<_>>()?;
        let own: Vec<&str> = node.items().iter().map(|item| item.get(field)?.text()).collect::<Option<_>>()?;
        let unique = |names: &[&str]| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        if !unique(&own) || !unique(&names.iter().map(String::as_str).collect::<Vec<_>>()) {
            return None;
        }
        for (at, item) in node.items().iter().enumerate() {
            let path: Vec<String> = path.iter().cloned().chain([own[at].to_owned()]).collect();
            if !self.touched(&path) {
                continue;
            }
            match names.iter().position(|name| name == own[at]).and_then(|found| target[found].as_object()) {
                Some(value) => self.map(item, value, list, &path)?,
                None => self.edits.push(self.layout.remove_item(node, at)?),
            }
        }
        for (name, value) in names.iter().zip(target).filter(|(name, _)| !own.contains(&name.as_str())) {
            let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
            if self.touched(&path) {
                let sorted = own.is_sorted();
                let after = if sorted { own.partition_point(|own| *own < name.as_str()) } else { own.len() };
                self.edits.push(self.insert_item(node, after, value, list)?);
            }
        }
        Some(())
    }

    /// A set of texts. False if it is better written as a whole: where edits of single items
    /// would meet.
    fn members(&mut self, node: &Node, target: &[Value]) -> Option<bool> {
        let own: Vec<Value> = node.items().iter().map(Node::to_json).collect();
        let gone: Vec<usize> = (0..own.len()).filter(|at| !target.contains(&own[*at])).collect();
        let meet = self.layout.is_flow(node) && !gone.is_empty() && (gone.len() > 1 || gone[0] + 1 == own.len());
        if gone.len() == own.len() || meet {
            return Some(false);
        }
        for at in gone {
            self.edits.push(self.layout.remove_item(node, at)?);
        }
        for value in target.iter().filter(|value| !own.contains(value)) {
            self.edits.push(self.insert_item(node, own.len(), value, "synonyms")?);
        }
        Some(true)
    }

    /// Puts an item in before the item at `position`, or behind the last one.
    fn insert_item(&self, node: &Node, position: usize, value: &Value, list: &str) -> Option<Edit> {
        let items = node.items();
        if self.layout.is_flow(node) {
            let end = self.layout.content_end(items.get(position.checked_sub(1)?)?);
            return Some(Edit { start: end, end, text: format!(", {}", flow(&human(value, list, ""))) });
        }
        let indent = self.layout.indent(self.layout.dash(items.first()?)?)?;
        let lines = Emitter::SPACE_PART.item(value, list, indent);
        match position.checked_sub(1).and_then(|before| items.get(before)) {
            Some(before) => self.layout.insert_lines(self.layout.content_end(before), &lines),
            None => self.layout.insert_before(self.layout.dash(items.first()?)?, &lines),
        }
    }
}

/// Where a key stands among those of its map in real exports.
fn order(list: &str, key: &str) -> usize {
    match SIDECAR.iter().position(|name| *name == key) {
        Some(at) if list.is_empty() => at,
        _ => SIDECAR.len() + rank(list, key),
    }
}

/// Puts a key into a map, behind the keys that stand before it in real exports.
pub(super) fn insert_entry(layout: &Layout<'_>, map: &Node, key: &str, value: &Value, list: &str) -> Option<Edit> {
    let beside = |key: &str| list.is_empty() && SIDECAR.contains(&key);
    let entries = map.entries();
    let before = entries.iter().rfind(|entry| order(list, &entry.key) <= order(list, key)).or(entries.first())?;
    let end = layout.entry_end(before);
    if layout.is_flow(map) {
        let written = flow(&human(value, list, key));
        return Some(Edit { start: end, end, text: format!(", {}: {written}", inline(key, true)) });
    }
    let indent = layout.indent(entries.first()?.key_at.start)?;
    layout.insert_lines(end, &emitter(beside(key)).entry(key, value, list, indent))
}

/// Fields beside the document are plain texts.
pub(super) fn emitter(beside: bool) -> Emitter {
    if beside { Emitter::DATA_PART } else { Emitter::SPACE_PART }
}

/// Two values that differ only in how a text is split into lines are the same.
fn same(current: &Value, target: &Value, list: &str, key: &str) -> bool {
    let text = |value: &Value| joined_text(value).filter(|_| is_text_field(list, key));
    current == target || text(current).is_some_and(|current| text(target) == Some(current))
}
