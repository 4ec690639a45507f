//! JSON values as YAML text, in block style.

use super::scalar::{block, block_fits, double_quoted, inline};
use crate::model::{is_text_field, joined_text, split_lines};
use serde_json::{Map, Value};

/// Widest line for a list that is written as `[a, b]`.
const FLOW_WIDTH: usize = 100;

/// Writes values. For a space, text fields of a space document are written as one text:
/// see [`crate::config::space_to_yaml`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emitter {
    space: bool,
    /// Texts that end in blank lines may stand as blocks. Not where blank lines may follow, which
    /// would become part of the text.
    keep: bool,
}

impl Emitter {
    /// For whole space files.
    pub(crate) const SPACE: Self = Self { space: true, keep: true };
    /// For plain data.
    pub(crate) const DATA: Self = Self { space: false, keep: true };
    /// For parts of a space file.
    pub(crate) const SPACE_PART: Self = Self { space: true, keep: false };
    /// For plain data within a file.
    pub(crate) const DATA_PART: Self = Self { space: false, keep: false };

    /// The lines of a map, each key indented by `indent`.
    pub(crate) fn map(self, map: &Map<String, Value>, list: &str, indent: usize) -> String {
        let entries = map.iter().map(|(key, value)| self.entry(key, value, list, indent));
        entries.collect()
    }

    /// `key: value` with its line ends. `list` is the list or field that the map belongs to.
    pub(crate) fn entry(self, key: &str, value: &Value, list: &str, indent: usize) -> String {
        let pad = " ".repeat(indent);
        format!("{pad}{}:{}", inline(key, false), self.after_key(key, value, list, indent))
    }

    /// What follows `key:`, up to and with the line end.
    pub(crate) fn after_key(self, key: &str, value: &Value, list: &str, indent: usize) -> String {
        if self.space && is_text_field(list, key) {
            match value {
                Value::String(text) => return format!(" !!str {}\n", double_quoted(text)),
                Value::Array(items) if !items.is_empty() => {
                    if let Some(text) = standard_text(value) {
                        return self.text(&text, indent);
                    }
                }
                _ => {}
            }
        }
        match value {
            Value::Array(items) if items.is_empty() => " []\n".to_owned(),
            Value::Object(map) if map.is_empty() => " {}\n".to_owned(),
            Value::Array(items) => match short_list(key, items, indent) {
                Some(line) => format!(" {line}\n"),
                None => format!("\n{}", self.items(items, key, indent + 2)),
            },
            Value::Object(map) => format!("\n{}", self.map(map, key, indent + 2)),
            Value::String(text) => self.text(text, indent),
            other => format!(" {other}\n"),
        }
    }

    /// List items, each dash indented by `indent`.
    pub(crate) fn items(self, items: &[Value], list: &str, indent: usize) -> String {
        items.iter().map(|item| self.item(item, list, indent)).collect()
    }

    pub(crate) fn item(self, item: &Value, list: &str, indent: usize) -> String {
        let pad = " ".repeat(indent);
        match item {
            Value::Object(map) if !map.is_empty() => {
                let lines = self.map(map, list, indent + 2);
                // The first key stands on the dash's line.
                format!("{pad}- {}", lines.get(indent + 2..).unwrap_or_default())
            }
            Value::String(text) => format!("{pad}-{}", self.text(text, indent)),
            Value::Array(items) if !items.is_empty() => format!("{pad}-\n{}", self.items(items, list, indent + 2)),
            other => format!("{pad}- {}\n", flow(other)),
        }
    }

    fn text(self, text: &str, indent: usize) -> String {
        if !block_fits(text) || (!self.keep && text.ends_with("\n\n")) {
            return format!(" {}\n", inline(text, false));
        }
        let (header, lines) = block(text, indent + 2);
        format!(" {header}\n{lines}")
    }
}

/// The text, if the list is how the wire splits that text.
fn standard_text(value: &Value) -> Option<String> {
    let text = joined_text(value)?;
    let lines: Vec<Value> = split_lines(&text).into_iter().map(Value::String).collect();
    (value.as_array() == Some(&lines)).then_some(text)
}

/// Synonyms and tags read best in one line.
fn short_list(key: &str, items: &[Value], indent: usize) -> Option<String> {
    let words = ["synonyms", "tags"].contains(&key) && items.iter().all(Value::is_string);
    let line = words.then(|| flow_items(items))?;
    (indent + key.len() + line.chars().count() <= FLOW_WIDTH).then_some(line)
}

fn flow_items(items: &[Value]) -> String {
    format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
}

/// A value in one line, as it may stand inside `[]` or `{}`.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => inline(text, true),
        Value::Array(items) => flow_items(items),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("{}: {}", inline(key, true), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
